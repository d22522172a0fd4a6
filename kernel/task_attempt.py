"""One attempt at a task in this process: its handler, its heartbeat, and how it ends."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from typing import Any, Final, Literal

import structlog
from pydantic import ValidationError

from kernel import context
from kernel.db import Database
from kernel.errors import AppError, Unavailable
from kernel.failures import cause_of
from kernel.loops import Wake
from kernel.task_claim import Claimed
from kernel.task_lease import TaskLease
from kernel.tasks import Run, StaleLease, TaskCancelled, TaskKind, Tasks

log = structlog.get_logger(__name__)

Reason = Literal["cancel", "lost", "stop"]
Outcome = Literal["done", "retried", "failed", "cancelled", "lost", "handed_back"]

_RETRY_SECONDS: Final = 1.0


class UnreadablePayload(AppError):
    """A task's payload doesn't fit its handler's model any more."""

    code = "unreadable_payload"
    title = "This work was asked for in a form that is not understood any more"


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended, and with which error if with one."""

    outcome: Outcome
    error: BaseException | None = None


class Attempt:
    """Runs a claimed task's handler. `began` is the loop's time (`time.monotonic`) before the claim was sent."""

    def __init__(
        self, database: Database, tasks: Tasks, service: Any, claimed: Claimed, *, began: float, heartbeat: float
    ) -> None:
        self.claimed = claimed
        self.kind: TaskKind = tasks.get(claimed.kind)
        self._database = database
        self._service = service
        self._lease = TaskLease(database, tasks, service, claimed, self.kind.lease)
        self._every = min(heartbeat, self.kind.lease / 4)
        self._renewed = began
        self._ask_now = Wake()
        self._reason: Reason | None = None
        self._run: Run[Any] | None = None
        self._handler: asyncio.Task[None] | None = None

    def ask_now(self) -> None:
        """Something was cancelled: the heartbeat is due at once."""
        self._ask_now.ring()

    def stop(self, reason: Reason) -> None:
        """Asks the handler to end; the first reason counts."""
        if self._reason is None:
            self._reason = reason
        if self._run is not None:
            self._run.cancelled.set()
        if self._handler is not None and not self.kind.blocking:
            self._handler.cancel()

    async def hand_back(self) -> None:
        """Lets go of the task though its handler hasn't ended: what it still does is refused from now on."""
        await self._lease.hand_back()

    async def run(self) -> Ended:
        """From the handler's first line to the row's new state."""
        claimed = self.claimed
        with context.bind(
            tenant=claimed.tenant, actor=f"service:{self._database.service}", traceparent=claimed.traceparent
        ):
            keeper = asyncio.create_task(self._keep(), name=f"heartbeat {claimed.kind}")
            try:
                error = await self._handle()
                return await self._settle(error)
            finally:
                # Not cut off in the middle of its query: that would cost the connection.
                self._ask_now.close()
                await asyncio.wait([keeper], timeout=_RETRY_SECONDS)
                keeper.cancel()

    async def _handle(self) -> BaseException | None:
        claimed = self.claimed
        try:
            payload = self.kind.payload.model_validate(claimed.payload)
        except ValidationError as error:
            log.error("task_payload_unreadable", kind=claimed.kind, task_id=claimed.id, error=error.title)
            return UnreadablePayload()
        self._run = Run(
            id=claimed.id,
            kind=claimed.kind,
            payload=payload,
            tenant=claimed.tenant,
            group=claimed.group,
            attempt=claimed.attempts,
            token=claimed.token,
            lease=self._lease,
        )
        if self._reason is not None:
            return None
        self._handler = asyncio.create_task(self._call(self._run), name=f"task {claimed.kind}")
        await asyncio.wait([self._handler])
        if self._handler.cancelled():
            return asyncio.CancelledError()
        raised = self._handler.exception()
        return None if raised is None else cause_of(raised)

    async def _call(self, run: Run[Any]) -> None:
        await self.kind.handler(run, self._service)

    async def _settle(self, error: BaseException | None) -> Ended:
        """Writes down how it ended; while the database is away, until the lease is over."""
        while True:
            try:
                return await self._write_end(error)
            except StaleLease:
                return Ended("lost", error)
            except TaskCancelled:
                error = TaskCancelled()
            except Unavailable:
                if time.monotonic() > self._renewed + self.kind.lease:
                    return Ended("lost", error)
                await asyncio.sleep(random.uniform(0, _RETRY_SECONDS))  # noqa: S311 - jitter

    async def _write_end(self, error: BaseException | None) -> Ended:
        if self._lease.finished:
            if error is not None and not isinstance(error, asyncio.CancelledError):
                log.warning("task_failed_after_finish", kind=self.kind.name, error=type(error).__name__, exc_info=error)
            return Ended("done")
        if isinstance(error, StaleLease) or self._reason == "lost":
            return Ended("lost", error)
        if isinstance(error, TaskCancelled) or self._reason == "cancel":
            await self._lease.cancelled()
            return Ended("cancelled")
        # A coroutine that returned has done its work; code in a thread may have returned because it was asked to stop.
        if self._reason == "stop" and (error is not None or self.kind.blocking or self._handler is None):
            await self._lease.hand_back()
            return Ended("handed_back")
        if error is None:
            await self._lease.finish()
            return Ended("done")
        return Ended(await self._lease.fail(error), error)

    async def _keep(self) -> None:
        """Renews the lease; stops the handler when the task was cancelled or can't be known to be ours any more."""
        while self._reason is None:
            await self._ask_now.wait(self._every)
            if self._ask_now.closed:
                return
            while (answer := await self._ask()) is None:
                if time.monotonic() > self._renewed + self.kind.lease:
                    answer = "lost"
                    break
                await self._ask_now.pause(min(_RETRY_SECONDS, self._every))
                if self._ask_now.closed:
                    return
            if answer == "continue" or (answer == "lost" and self._lease.finishing):
                continue
            log.info("task_stopping", kind=self.kind.name, task_id=self.claimed.id, reason=answer)
            self.stop(answer)

    async def _ask(self) -> Literal["continue", "cancel", "lost"] | None:
        """One heartbeat; None when there was no answer before the lease ends."""
        sent = time.monotonic()
        try:
            async with asyncio.timeout(max(0.1, self._renewed + self.kind.lease - sent)):
                answer = await self._lease.heartbeat()
        except (Unavailable, TimeoutError) as error:
            log.warning(
                "heartbeat_unanswered", kind=self.kind.name, task_id=self.claimed.id, error=type(error).__name__
            )
            return None
        if answer == "continue":
            self._renewed = sent
        return answer
