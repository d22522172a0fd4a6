"""Long work: what a service does in the background, and how it is handed out.

    tasks = Tasks("renderer")

    @tasks.on("render.segment", payload=SegmentPayload, concurrency="cpu", blocking=True)
    async def segment(run: Run[SegmentPayload], renderer: Renderer) -> None:
        film = await asyncio.to_thread(renderer.draw, run.payload, stop=run.cancelled)
        await run.finish(lambda uow: renderer.keep(uow, film))      # the work's result and "done": one transaction

    @tasks.every("storage.empty-trash", cron="*/10 * * * *")
    async def empty_trash(run: Run[Tick], storage: Storage) -> None: ...

    uow.enqueue(NewTask("render.segment", SegmentPayload(...), group=str(job.id)))

A worker leases a task (60 s) and renews the lease while it works. Whoever takes over an expired lease gets a higher
token, and every write through `run` is refused once the token is no longer the task's: a worker that slept through
its lease can't do harm. An attempt that fails is tried again with backoff unless its `AppError` is not retryable; an
error with a `retry_after` (seconds) costs no attempt. See kernel/task_queue.py for the table, kernel/task_worker.py for
the process.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar
from uuid import UUID

from cronsim import CronSim, CronSimError
from pydantic import BaseModel, ConfigDict

from kernel.errors import AppError
from kernel.events import DuplicateName
from kernel.failures import Failure as TaskFailure
from kernel.ids import TenantId
from kernel.task_control import cancel_tasks, queue_position

if TYPE_CHECKING:
    from kernel.uow import UnitOfWork

P = TypeVar("P", bound=BaseModel)
Concurrency = Literal["cpu", "io"]
"""Which of a process's two pools runs it: `cpu` has a place per core, `io` several more."""
Work = Callable[["UnitOfWork"], Awaitable[None]]

LEASE_SECONDS = 60.0


class StaleLease(AppError):
    """The task was given to another worker meanwhile; nothing was written."""

    code = "stale_lease"
    status = 409
    title = "This task is another worker's now"


class TaskCancelled(AppError):
    """The task was cancelled; nothing was written. A handler lets it pass."""

    code = "task_cancelled"
    status = 409
    title = "This task was cancelled"


class UnknownTask(AppError):
    """A task was enqueued that no handler of its service can run: a mistake of the program."""

    code = "unknown_task"


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to enqueue with `uow.enqueue`.

    Args:
        kind: names the handler: "render.segment".
        payload: what the handler gets; kept as JSON. Never a secret.
        key: while a task of this kind, key and tenant is open, another one is not added.
        parent: the task that waits for this one.
        pending: how many children must be done before this task is claimable.
        priority: higher is claimed first, among the tasks of one tenant and kind.
        due: not claimed before; None: at once.
        attempts: how often it is tried in all.
        group: what `cancel_tasks` takes: a job's id, as a rule.
    """

    kind: str
    payload: BaseModel
    key: str | None = None
    parent: UUID | None = None
    pending: int = 0
    priority: int = 0
    due: datetime | None = None
    attempts: int = 5
    group: str | None = None


class Tick(BaseModel):
    """The payload of a periodic task: the time it was planned for (UTC)."""

    model_config = ConfigDict(frozen=True)

    scheduled: datetime


@dataclass(frozen=True, slots=True)
class FailedTask:
    """A task that failed for good, for `@tasks.failed`. `payload` is its JSON: the model may be what was wrong."""

    id: UUID
    kind: str
    tenant: TenantId | None
    group: str | None
    payload: dict[str, Any]
    attempts: int


class Lease(Protocol):
    """What a `Run` needs of the queue: fenced writes (implemented in kernel/task_queue.py)."""

    async def finish(self, work: Work | None, result: dict[str, Any] | None) -> None: ...
    async def write(self, work: Work) -> None: ...
    async def progress(self, fraction: float, note: dict[str, Any] | None) -> None: ...


@dataclass(slots=True)
class Run(Generic[P]):
    """One attempt at a task, in the hands of its handler.

    `cancelled` is set when the task was cancelled, its lease was lost or the process stops: code in a thread watches
    it. A handler that is a plain coroutine is cancelled as well (`asyncio.CancelledError`), unless declared `blocking`.
    """

    id: UUID
    kind: str
    payload: P
    tenant: TenantId | None
    group: str | None
    attempt: int
    token: int
    lease: Lease
    cancelled: threading.Event = field(default_factory=threading.Event)

    async def finish(self, work: Work | None = None, *, result: dict[str, Any] | None = None) -> None:
        """Marks the task done and runs `work(uow)` in the same transaction; `uow` is the task's tenant's.

        `work` may run more than once (a serialization failure is retried); only one run is kept.

        Raises:
            StaleLease, TaskCancelled: nothing was written.
        """
        await self.lease.finish(work, result)

    async def write(self, work: Work) -> None:
        """Runs `work(uow)` in a transaction that is kept only while this attempt holds the task.

        Raises:
            StaleLease, TaskCancelled: nothing was written.
        """
        await self.lease.write(work)

    async def progress(self, fraction: float, note: dict[str, Any] | None = None) -> None:
        """Keeps how far the task is (0 to 1) and a note for whoever shows it.

        Raises:
            StaleLease, TaskCancelled.
        """
        await self.lease.progress(fraction, note)


Handler = Callable[[Run[P], Any], Awaitable[None]]
"""`async def handler(run, service)`; `service` is what the owner's `ServiceSpec.build` made."""
FailedHandler = Callable[["UnitOfWork", FailedTask, TaskFailure, Any], Awaitable[None]]
"""`async def failed(uow, task, failure, service)`, inside the transaction that marks the task as failed."""
_H = TypeVar("_H", bound=Callable[..., Awaitable[None]])


@dataclass(frozen=True, slots=True)
class TaskKind:
    """A declared handler. `lease` in seconds; `cron` only for periodic kinds (UTC)."""

    name: str
    payload: type[BaseModel]
    handler: Handler[Any]
    concurrency: Concurrency
    lease: float
    blocking: bool
    cron: str | None = None

    def next_tick(self, after: datetime) -> datetime:
        """The first time of a periodic kind later than `after` (aware, UTC)."""
        if self.cron is None:
            raise TypeError(f"{self.name} is not periodic")
        return next(CronSim(self.cron, after))


class Tasks:
    """The long work a service can do."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._kinds: dict[str, TaskKind] = {}
        self._failed: dict[str, FailedHandler] = {}

    def on(
        self,
        kind: str,
        *,
        payload: type[BaseModel],
        concurrency: Concurrency = "io",
        lease: float = LEASE_SECONDS,
        blocking: bool = False,
    ) -> Callable[[_H], _H]:
        """Declares the handler of a kind of task.

        Args:
            payload: the model the task's JSON is read with.
            lease: seconds a worker may be silent before another takes over.
            blocking: the handler watches `run.cancelled` itself and is never cancelled from outside.

        Raises:
            DuplicateName: the kind has a handler already.
        """

        def register(handler: _H) -> _H:
            self._add(TaskKind(kind, payload, handler, concurrency, lease, blocking))
            return handler

        return register

    def every(
        self, kind: str, *, cron: str, concurrency: Concurrency = "io", lease: float = LEASE_SECONDS
    ) -> Callable[[_H], _H]:
        """Declares periodic work: `cron` in UTC, five fields, or six with seconds first. Runs with no tenant.

        However many processes there are, a tick runs once and ticks never overlap; of ticks missed while nothing ran,
        one is caught up.

        Raises:
            DuplicateName: the kind has a handler already.
            ValueError: `cron` can't be read.
        """

        def register(handler: _H) -> _H:
            try:
                CronSim(cron, datetime.min)
            except CronSimError as error:
                raise ValueError(f"{kind}: {cron!r} is no cron expression: {error}") from error
            self._add(TaskKind(kind, Tick, handler, concurrency, lease, blocking=False, cron=cron))
            return handler

        return register

    def failed(self, kind: str) -> Callable[[_H], _H]:
        """Declares what happens, in the same transaction, when a task of `kind` fails for good (not when cancelled)."""

        def register(handler: _H) -> _H:
            if kind in self._failed:
                raise DuplicateName(f"two handlers are declared for failed tasks of {kind}")
            self._failed[kind] = handler
            return handler

        return register

    def _add(self, kind: TaskKind) -> None:
        if kind.name in self._kinds:
            raise DuplicateName(f"two tasks are named {kind.name}")
        self._kinds[kind.name] = kind

    def __iter__(self) -> Iterator[TaskKind]:
        return iter(self._kinds.values())

    def __len__(self) -> int:
        return len(self._kinds)

    def __contains__(self, kind: object) -> bool:
        return kind in self._kinds

    def get(self, kind: str) -> TaskKind:
        """The declared kind. UnknownTask: there is none."""
        try:
            return self._kinds[kind]
        except KeyError:
            raise UnknownTask(f"{self.service} has no handler for tasks of kind {kind}") from None

    def on_failed(self, kind: str) -> FailedHandler | None:
        """What runs when a task of `kind` fails for good, if anything."""
        return self._failed.get(kind)

    def of(self, concurrency: Concurrency) -> tuple[str, ...]:
        """The kinds that one pool runs."""
        return tuple(one.name for one in self if one.concurrency == concurrency)

    def check(self) -> None:
        """Start-up validation: every `@tasks.failed` names a declared kind. Raises UnknownTask."""
        for kind in self._failed:
            self.get(kind)


__all__ = [
    "Concurrency",
    "FailedTask",
    "Lease",
    "NewTask",
    "Run",
    "StaleLease",
    "TaskCancelled",
    "TaskFailure",
    "TaskKind",
    "Tasks",
    "Tick",
    "UnknownTask",
    "cancel_tasks",
    "queue_position",
]
