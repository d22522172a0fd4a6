"""Everything a process does without being asked: relays, inboxes, tasks and upkeep of the services it is made of.

    background = Background([Backed(database, service, events, tasks), …], transport)
    await background.start()          # or `async with background:`
    await background.stop()           # within seconds; tasks under way are handed back

In tests nothing runs by itself; `drain` takes what there is step by step until nothing is left.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Protocol, Self

import structlog
from sqlalchemy import text

from kernel.db import Database
from kernel.events import DuplicateName, Subscriptions
from kernel.http.idempotency import purge_keys
from kernel.inbox import purge_inbox
from kernel.inbox_worker import PARALLEL, InboxWorker
from kernel.loops import Wake, repeat
from kernel.outbox import Relay, outbox_lag, purge_outbox
from kernel.periodic import add_tick
from kernel.task_control import open_tasks, purge_tasks
from kernel.task_worker import HEARTBEAT_SECONDS, PATIENCE_SECONDS, STOP_SECONDS, TaskWorker
from kernel.tasks import Concurrency, Tasks
from kernel.telemetry import OUTBOX_LAG, TASKS_OPEN
from kernel.transport import Transport

log = structlog.get_logger(__name__)

_MEASURE_SECONDS: Final = 15.0
_PURGE_SECONDS: Final = 3600.0
_ROUNDS: Final = 10_000
_STOP_SECONDS: Final = STOP_SECONDS + 1.0

# What failed waits for its next attempt; a test has no time for that.
_HURRY: Final = (
    text("UPDATE inbox SET due_at = now() WHERE handled_at IS NULL AND attempts > 0 AND due_at > now()"),
    text("UPDATE tasks SET due_at = now() WHERE state = 'ready' AND attempts > 0 AND due_at > now()"),
)


class _Part(Protocol):
    """`run` works until `stop` or cancelled, `step` once."""

    async def run(self) -> None: ...

    def stop(self) -> None: ...

    async def step(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Backed:
    """A service as its background sees it. `service` is what handlers get."""

    database: Database
    service: Any
    events: Subscriptions
    tasks: Tasks


class Background:
    """Start it in the event loop it is stopped in."""

    def __init__(
        self,
        services: Sequence[Backed],
        transport: Transport,
        *,
        places: Mapping[Concurrency, int] | None = None,
        parallel: int = PARALLEL,
        heartbeat: float = HEARTBEAT_SECONDS,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        """`places` and `parallel` bound what each service does at a time: tasks by pool, and event handlers.

        Raises:
            DuplicateName: two subscriptions or two kinds of task share a name.
            UnknownTask: `@tasks.failed` names a kind that isn't there.
        """
        check(services)
        self._services = tuple(services)
        self._running: list[asyncio.Task[None]] = []
        self._errors: list[tuple[str, BaseException]] = []
        self._relays = [Relay(one.database, transport) for one in services]
        self._inboxes = [
            InboxWorker(one.database, one.events, one.service, parallel=parallel, on_dead=self._note)
            for one in services
            if len(one.events)
        ]
        self._workers = [
            TaskWorker(
                one.database,
                one.tasks,
                one.service,
                places=places,
                heartbeat=heartbeat,
                patience=patience,
                on_dead=self._note,
            )
            for one in services
            if len(one.tasks)
        ]
        self._noting = False
        self._patience = patience
        self._upkeep = (Wake(), Wake())

    async def start(self) -> None:
        """Starts everything; returns at once."""
        loops: list[Coroutine[Any, Any, None]] = [part.run() for part in self._parts()]
        loops += [repeat("measure", self._measure, self._upkeep[0], _MEASURE_SECONDS)]
        loops += [repeat("purge", self._purge, self._upkeep[1], _PURGE_SECONDS)]
        for wake in self._upkeep:
            wake.open()
        self._running = [asyncio.create_task(loop) for loop in loops]

    async def stop(self) -> None:
        """Stops everything within seconds: events under way are handled, tasks that take longer are handed back."""
        running, self._running = self._running, []
        if not running:
            return
        for part in self._parts():
            part.stop()
        for wake in self._upkeep:
            wake.close()
        await asyncio.wait(running, timeout=self._patience + _STOP_SECONDS)
        for task in running:
            task.cancel()
        for result in await asyncio.gather(*running, return_exceptions=True):
            if isinstance(result, Exception):
                log.error("background_failed", error=type(result).__name__, exc_info=result)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _parts(self) -> list[_Part]:
        return [*self._relays, *self._inboxes, *self._workers]

    # -- for tests ------------------------------------------------------------------------------------------------

    async def drain(self, *, raise_errors: bool = True) -> int:
        """Relays, handles and works until every service is idle; how many steps of events and tasks that took.

        Waits of failed attempts are skipped; what is due later for another reason stays. With `raise_errors` the error
        behind the first dead letter is raised at the end. A task's own refusal (an `AppError` that is not retryable) is
        an answer and makes no dead letter.
        """
        self._errors.clear()
        self._noting = True
        done = 0
        try:
            for _ in range(_ROUNDS):
                round_ = 0
                for part in self._parts():
                    while count := await part.step():
                        round_ += count
                done += round_
                if not round_ and not await self._hurry():
                    break
            if self._errors and raise_errors:
                raise self._errors[0][1]
            return done
        finally:
            self._noting = False

    async def tick(self, kind: str) -> None:
        """Makes a periodic task due now; `drain` runs it."""
        for one in self._services:
            if kind in one.tasks:
                async with one.database.system() as uow:
                    await uow.session.execute(_DROP_TICK, {"kind": kind})
                    await add_tick(uow, one.tasks.get(kind), (await uow.session.execute(_NOW)).scalar_one())
                return
        raise KeyError(kind)

    async def _hurry(self) -> int:
        hurried = 0
        for one in self._services:
            async with one.database.system() as uow:
                for statement in _HURRY:
                    hurried += (await uow.session.execute(statement)).rowcount  # type: ignore[attr-defined]
        return hurried

    def _note(self, name: str, error: BaseException) -> None:
        if self._noting:
            self._errors.append((name, error))

    # -- upkeep ---------------------------------------------------------------------------------------------------

    async def _measure(self) -> int:
        for one in self._services:
            async with one.database.system() as uow:
                OUTBOX_LAG.labels(one.database.service).set((await outbox_lag(uow))[1])
                counts = await open_tasks(uow)
            for kind in one.tasks:
                for state in ("ready", "running"):
                    TASKS_OPEN.labels(kind.name, state).set(counts.get((kind.name, state), 0))
        return 0

    async def _purge(self) -> int:
        for one in self._services:
            async with one.database.system() as uow:
                await purge_outbox(uow)
                await purge_inbox(uow, one.events)
                await purge_tasks(uow)
                await purge_keys(uow)
        return 0


_NOW: Final = text("SELECT clock_timestamp()")
_DROP_TICK: Final = text("DELETE FROM tasks WHERE kind = :kind AND state = 'ready'")


def check(services: Sequence[Backed]) -> None:
    """Start-up validation across services. Raises DuplicateName, UnknownTask."""
    subscriptions = Counter(subscription.name for one in services for subscription in one.events)
    kinds = Counter(kind.name for one in services for kind in one.tasks)
    for what, names in (("subscriptions", subscriptions), ("tasks", kinds)):
        for name, count in names.items():
            if count > 1:
                raise DuplicateName(f"two {what} are named {name}")
    for one in services:
        one.tasks.check()
