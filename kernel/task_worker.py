"""A process' hands for one service's long work: claims tasks while it has places, and looks after the queue.

Looking after means what any worker may do for all of them: taking back tasks whose lease has run out, and adding the
next ticks of periodic ones.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import structlog

from kernel.db import Database
from kernel.failures import is_retryable
from kernel.loops import Wake, noticing, repeat
from kernel.periodic import plan_ticks
from kernel.task_attempt import Attempt, Ended
from kernel.task_claim import claim
from kernel.task_expiry import take_back_expired
from kernel.tasks import Concurrency, Tasks
from kernel.telemetry import TASK_SECONDS
from kernel.telemetry import TASKS as ATTEMPTS

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS: Final = 15.0
POLL_SECONDS: Final = 1.0
UPKEEP_SECONDS: Final = 5.0
PATIENCE_SECONDS: Final = 1.0
"""How long a stopping worker lets tasks end by themselves."""
STOP_SECONDS: Final = 3.0
"""How long it then waits for handlers that were asked to stop."""


def default_places() -> dict[Concurrency, int]:
    """As many tasks at a time as this process may use cores, and several more that mostly wait."""
    return {"cpu": max(1, len(os.sched_getaffinity(0))), "io": 8}


class TaskWorker:
    """Works on one service's tasks in this process; other processes may do the same at the same time."""

    def __init__(
        self,
        database: Database,
        tasks: Tasks,
        service: Any,
        *,
        places: Mapping[Concurrency, int] | None = None,
        heartbeat: float = HEARTBEAT_SECONDS,
        poll: float = POLL_SECONDS,
        patience: float = PATIENCE_SECONDS,
        on_dead: Callable[[str, BaseException], None] | None = None,
    ) -> None:
        """`service` is what handlers get; `on_dead(kind, error)` is told of every dead letter. Times are seconds."""
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._database = database
        self._tasks = tasks
        self._service = service
        self._places = {**default_places(), **(places or {})}
        self._heartbeat = heartbeat
        self._poll = poll
        self._patience = patience
        self._on_dead = on_dead
        self._leases = _leases(tasks)
        self._upkeep = Wake()
        self._wakes: dict[Concurrency, Wake] = {pool: Wake() for pool in self._leases}
        self._attempts: dict[asyncio.Task[None], Attempt] = {}

    async def run(self) -> None:
        """Works until `stop`, and then hands back what isn't done within moments."""
        channel = f"{self._database.roles.schema}_tasks"
        name = self._database.service
        try:
            async with noticing(self._database, channel, self._heard), asyncio.TaskGroup() as group:
                group.create_task(repeat(f"{name} upkeep", self.look_after, self._upkeep, UPKEEP_SECONDS))
                for pool, wake in self._wakes.items():
                    group.create_task(repeat(f"{name} {pool} tasks", partial(self._take, pool), wake, self._poll))
        finally:
            await self._let_go()
            for wake in (self._upkeep, *self._wakes.values()):
                wake.open()

    def stop(self) -> None:
        """Lets `run` return, within `patience` and a few seconds."""
        for wake in (self._upkeep, *self._wakes.values()):
            wake.close()

    async def step(self) -> int:
        """Claims what is due, as much as there are places, and waits for its end; how many. For tests."""
        claimed = 0
        for pool in self._wakes:
            while await self._take(pool):
                claimed += 1
        if self._attempts:
            await asyncio.wait(list(self._attempts))
        return claimed

    async def look_after(self) -> int:
        """Takes back tasks of workers that fell silent and plans periodic ones; how many were taken back."""
        await self._database.transact(None, lambda uow: plan_ticks(uow, self._tasks))
        taken = await take_back_expired(self._database, self._tasks, self._service)
        if taken:
            self._heard("ready")
        return taken

    def _heard(self, payload: str) -> None:
        """A notice: "ready", there are tasks to claim; "cancel", running ones were cancelled; "" can mean either."""
        if payload != "cancel":
            for wake in self._wakes.values():
                wake.ring()
        if payload != "ready":
            for attempt in self._attempts.values():
                attempt.ask_now()

    async def _take(self, pool: Concurrency) -> int:
        """Claims one task for `pool` if it has a place free, and starts on it."""
        if sum(one.kind.concurrency == pool for one in self._attempts.values()) >= self._places[pool]:
            return 0
        began = time.monotonic()
        claimed = await self._database.transact(None, lambda uow: claim(uow, self._leases[pool], worker=self.name))
        if claimed is None:
            return 0
        attempt = Attempt(self._database, self._tasks, self._service, claimed, began=began, heartbeat=self._heartbeat)
        task = asyncio.create_task(self._see_through(attempt), name=f"attempt {claimed.kind}")
        self._attempts[task] = attempt
        task.add_done_callback(lambda done: self._release(done, pool))
        return 1

    def _release(self, task: asyncio.Task[None], pool: Concurrency) -> None:
        self._attempts.pop(task, None)
        self._wakes[pool].ring()

    async def _see_through(self, attempt: Attempt) -> None:
        began = time.monotonic()
        claimed = attempt.claimed
        try:
            ended = await attempt.run()
        except Exception as error:  # the row stays as it is and its lease runs out: somebody tries again
            log.exception("task_attempt_broke", kind=claimed.kind, task_id=claimed.id)
            ended = Ended("lost", error)
        ATTEMPTS.labels(claimed.kind, ended.outcome).inc()
        TASK_SECONDS.labels(claimed.kind).observe(time.monotonic() - began)
        known = {"kind": claimed.kind, "task_id": claimed.id, "attempt": claimed.attempts, "outcome": ended.outcome}
        if ended.outcome in ("retried", "failed", "lost"):
            code = getattr(ended.error, "code", None)
            unforeseen = ended.error if code is None else None
            log.warning("task_ended", **known, code=code, exc_info=unforeseen)
        else:
            log.debug("task_ended", **known)
        if ended.outcome == "failed" and ended.error is not None and is_retryable(ended.error) and self._on_dead:
            self._on_dead(claimed.kind, ended.error)
        if attempt.kind.cron is not None:
            await self._database.transact(None, lambda uow: plan_ticks(uow, self._tasks))

    async def _let_go(self) -> None:
        """Waits a moment, then asks handlers to stop, then lets go of the tasks of those that don't."""
        if self._attempts:
            await asyncio.wait(list(self._attempts), timeout=self._patience)
        for attempt in self._attempts.values():
            attempt.stop("stop")
        if self._attempts:
            await asyncio.wait(list(self._attempts), timeout=STOP_SECONDS)
        for attempt in list(self._attempts.values()):
            await attempt.hand_back()


def _leases(tasks: Tasks) -> dict[Concurrency, dict[str, float]]:
    """The kinds of each pool that has any, with their leases in seconds."""
    pools: tuple[Concurrency, ...] = ("cpu", "io")
    found = {pool: {kind: tasks.get(kind).lease for kind in tasks.of(pool)} for pool in pools}
    return {pool: leases for pool, leases in found.items() if leases}
