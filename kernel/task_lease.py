"""How a task ends, and how it is kept: every write asks whether the task is still this attempt's.

The fence is the first statement of each transaction: it locks the task's row, checks id, token and state, and renews
the lease. So nothing an outdated worker does is kept, and nobody takes the task over in the middle of a write.
"""

from __future__ import annotations

import random
from typing import Any, Final, Literal

import structlog
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from kernel import failpoints
from kernel.backoff import backoff
from kernel.db import Database
from kernel.dead_letters import bury
from kernel.errors import AppError, Unavailable
from kernel.failures import Failure, is_retryable, throttled_for
from kernel.task_claim import Claimed
from kernel.task_control import cancel_ids, family_of
from kernel.tasks import FailedTask, StaleLease, TaskCancelled, Tasks, Work
from kernel.uow import UnitOfWork

log = structlog.get_logger(__name__)

failpoints.declare("tasks.finish.before_commit", "a task's result and 'done' are written, nothing is committed")

Heartbeat = Literal["continue", "cancel", "lost"]
_LONGEST_THROTTLE: Final = 30.0

_FENCE: Final = text("""
    UPDATE tasks SET lease_until = clock_timestamp() + make_interval(secs => :lease)
    WHERE id = :id AND token = :token AND state = 'running'
    RETURNING cancel_requested
""")
# A row that is locked is being written by its own worker or taken over by another: the next heartbeat will tell.
_HEARTBEAT: Final = text("""
    WITH mine AS (
        SELECT id FROM tasks WHERE id = :id AND token = :token AND state = 'running' FOR UPDATE SKIP LOCKED
    ), renewed AS (
        UPDATE tasks SET lease_until = clock_timestamp() + make_interval(secs => :lease)
        FROM mine WHERE tasks.id = mine.id
    )
    SELECT cancel_requested FROM tasks WHERE id = :id AND token = :token AND state = 'running'
""")
_PROGRESS: Final = text("""
    UPDATE tasks SET progress = :fraction, note = coalesce(:note, note) WHERE id = :id
""").bindparams(bindparam("note", type_=JSONB(none_as_null=True)))
_DONE: Final = text("""
    UPDATE tasks SET state = 'done', progress = 1, result = :result, finished_at = clock_timestamp(), error = NULL
    WHERE id = :id
""").bindparams(bindparam("result", type_=JSONB(none_as_null=True)))
_CHILD_DONE: Final = text("""
    UPDATE tasks SET pending = greatest(pending - 1, 0)
    WHERE id = :parent AND state = 'ready' AND pending > 0
    RETURNING pending
""")
_CANCELLED: Final = text("UPDATE tasks SET state = 'cancelled', finished_at = clock_timestamp() WHERE id = :id")
_AGAIN: Final = text("""
    UPDATE tasks SET
        state = 'ready', attempts = attempts - :uncounted, error = :error,
        due_at = clock_timestamp() + make_interval(secs => :wait)
    WHERE id = :id
""").bindparams(bindparam("error", type_=JSONB(none_as_null=True)))
_HAND_BACK: Final = text("""
    UPDATE tasks SET state = 'ready', attempts = attempts - 1
    WHERE id = :id AND token = :token AND state = 'running' AND NOT cancel_requested
""")
_FAILED: Final = text("""
    UPDATE tasks SET state = 'failed', error = :error, finished_at = clock_timestamp()
    WHERE id = ANY(:ids) AND state IN ('ready', 'running')
    RETURNING id, kind, tenant_id, group_id, payload, attempts
""").bindparams(bindparam("error", type_=JSONB))
_ANCESTORS: Final = text("""
    WITH RECURSIVE up AS (
        SELECT parent_id AS id FROM tasks WHERE id = :id AND parent_id IS NOT NULL
        UNION SELECT tasks.parent_id FROM up JOIN tasks ON tasks.id = up.id WHERE tasks.parent_id IS NOT NULL
    )
    SELECT id FROM up
""")
_WAKE: Final = text("SELECT pg_notify(current_schema() || '_tasks', 'ready')")


class WorkerLost(AppError):
    """The process that had the task fell silent for longer than its lease, on every attempt."""

    code = "worker_lost"
    title = "The process that did this stopped answering, several times"
    retryable = True


class TaskLease:
    """One attempt's hold on a task (`kernel.tasks.Lease`, and what the worker needs beyond)."""

    def __init__(self, database: Database, tasks: Tasks, service: Any, claimed: Claimed, seconds: float) -> None:
        self._database = database
        self._tasks = tasks
        self._service = service
        self._claimed = claimed
        self._mine = {"id": claimed.id, "token": claimed.token, "lease": seconds}
        self.finishing = False
        """The handler has called `finish` and it may have been committed: "lost" no longer means anything."""
        self.finished = False

    # -- what a handler does --------------------------------------------------------------------------------------

    async def finish(self, work: Work | None = None, result: dict[str, Any] | None = None) -> None:
        """See `Run.finish`."""

        async def done(uow: UnitOfWork) -> None:
            await self._fence(uow)
            if work is not None:
                await work(uow)
            await uow.session.execute(_DONE, {"id": self._claimed.id, "result": result})
            if self._claimed.parent is not None:
                pending = await uow.session.scalar(_CHILD_DONE, {"parent": self._claimed.parent})
                if pending == 0:
                    await uow.session.execute(_WAKE)
            failpoints.hit("tasks.finish.before_commit")

        self.finishing = True
        try:
            await self._database.transact(self._claimed.tenant, done)
            self.finished = True
        finally:
            self.finishing = self.finished

    async def write(self, work: Work) -> None:
        """See `Run.write`."""

        async def fenced(uow: UnitOfWork) -> None:
            await self._fence(uow)
            await work(uow)

        await self._database.transact(self._claimed.tenant, fenced)

    async def progress(self, fraction: float, note: dict[str, Any] | None = None) -> None:
        """See `Run.progress`."""

        async def tell(uow: UnitOfWork) -> None:
            given = {"id": self._claimed.id, "fraction": min(1.0, max(0.0, fraction)), "note": note}
            await uow.session.execute(_PROGRESS, given)

        await self.write(tell)

    # -- what its worker does -------------------------------------------------------------------------------------

    async def heartbeat(self) -> Heartbeat:
        """Renews the lease and says whether to go on."""
        async with self._database.system() as uow:
            row = (await uow.session.execute(_HEARTBEAT, self._mine)).one_or_none()
        if row is None:
            return "lost"
        return "cancel" if row.cancel_requested else "continue"

    async def hand_back(self) -> None:
        """The worker stops: another one takes the task, and this attempt doesn't count."""

        async def let_go(uow: UnitOfWork) -> None:
            await uow.session.execute(_HAND_BACK, self._mine)
            await uow.session.execute(_WAKE)

        await self._database.transact(None, let_go)

    async def cancelled(self) -> None:
        """The handler has stopped after the task was cancelled. Raises StaleLease."""

        async def end(uow: UnitOfWork) -> None:
            if (await uow.session.execute(_FENCE, self._mine)).one_or_none() is None:
                raise StaleLease
            await uow.session.execute(_CANCELLED, {"id": self._claimed.id})

        await self._database.transact(self._claimed.tenant, end)

    async def fail(self, error: BaseException) -> Literal["retried", "failed"]:
        """The attempt failed: the task is tried again later, or given up. Raises StaleLease, TaskCancelled."""
        throttled = throttled_for(error)
        claimed = self._claimed
        if throttled is None and (not is_retryable(error) or claimed.attempts >= claimed.max_attempts):
            await self._give_up(error)
            return "failed"
        wait = backoff(claimed.attempts) if throttled is None else _throttle(throttled, claimed.token)
        again = {"id": claimed.id, "uncounted": int(throttled is not None), "wait": wait}

        async def later(uow: UnitOfWork) -> None:
            await self._fence(uow)
            await uow.session.execute(_AGAIN, again | {"error": Failure.of(error).as_json()})

        await self._database.transact(claimed.tenant, later)
        return "retried"

    async def _give_up(self, error: BaseException) -> None:
        async def end(uow: UnitOfWork) -> None:
            await self._fence(uow)
            await give_up(uow, self._tasks, self._service, self._claimed, error)

        await self._database.transact(self._claimed.tenant, end)

    async def _fence(self, uow: UnitOfWork) -> None:
        row = (await uow.session.execute(_FENCE, self._mine)).one_or_none()
        if row is None:
            raise StaleLease
        if row.cancel_requested:
            raise TaskCancelled


async def give_up(uow: UnitOfWork, tasks: Tasks, service: Any, claimed: Claimed, error: BaseException) -> None:
    """Fails a task for good, and with it the parents that wait for it; its open relatives are cancelled.

    What `@tasks.failed` declares runs here, in the same transaction; if that fails itself, the task has failed all the
    same. A dead letter is kept of either, unless the error is the handler's own answer (an `AppError` that is not
    retryable: a fact, not a fault) or the task is periodic and comes again anyway.
    """
    failure = Failure.of(error)
    ancestors = (await uow.session.execute(_ANCESTORS, {"id": claimed.id})).scalars().all()
    ids = [claimed.id, *ancestors]
    rows = (await uow.session.execute(_FAILED, {"ids": ids, "error": failure.as_json()})).all()
    relatives = [one for one in await family_of(uow, ids) if one not in ids]
    await cancel_ids(uow, relatives)
    if is_retryable(error) and tasks.get(claimed.kind).cron is None:
        await _bury(
            uow,
            FailedTask(claimed.id, claimed.kind, claimed.tenant, claimed.group, claimed.payload, claimed.attempts),
            failure,
        )
    # The task itself before its parents: only it knows what failed.
    for row in sorted(rows, key=lambda row: ids.index(row[0])):
        await _tell(uow, tasks, service, FailedTask(*row), failure)


async def _tell(uow: UnitOfWork, tasks: Tasks, service: Any, task: FailedTask, failure: Failure) -> None:
    handler = tasks.on_failed(task.kind)
    if handler is None:
        return
    try:
        async with uow.session.begin_nested():
            await handler(uow, task, failure, service)
    except Unavailable:  # the database's own troubles, collisions among them: all of this is tried again
        raise
    except Exception as broken:
        log.exception("task_failed_handler_failed", kind=task.kind, task_id=task.id)
        await _bury(uow, task, Failure.of(broken))


async def _bury(uow: UnitOfWork, task: FailedTask, failure: Failure) -> None:
    await bury(
        uow,
        letter=task.id,
        source="task",
        name=task.kind,
        tenant=task.tenant,
        envelope=task.payload,
        error=failure,
        attempts=task.attempts,
    )


def _throttle(seconds: float, tries: int) -> float:
    """At least what the other side asked for; when it goes on refusing, up to half a minute more, at random."""
    return seconds + random.uniform(0, min(_LONGEST_THROTTLE, 2.0 ** min(tries, 10)))  # noqa: S311 - jitter
