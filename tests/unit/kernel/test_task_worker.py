"""Running workers: woken, fair, cancelled within moments, stopped within seconds, and periodic without doubles."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel
from sqlalchemy import text

from kernel.clock import now
from kernel.ids import TenantId, uuid7
from kernel.periodic import add_tick, plan_ticks, tick_id
from kernel.task_worker import TaskWorker
from kernel.tasks import NewTask, Run, Tasks, Tick, cancel_tasks
from kernel.testing.events import Part, Rig, backed
from kernel.testing.postgres import DatabaseServer, wait_until
from kernel.uow import UnitOfWork


class Number(BaseModel):
    n: int = 0


class Desk:
    """The service of these tests."""

    def __init__(self) -> None:
        self.work: Callable[[Run[Any]], Any] = self.nothing
        self.runs: list[Run[Any]] = []
        self.ends: list[tuple[int, str]] = []

    async def nothing(self, run: Run[Any]) -> None: ...


def declare(lease: float = 60.0) -> Tasks:
    """`desk.coroutine` is cancelled from outside, `desk.blocking` watches `run.cancelled` in a thread."""
    tasks = Tasks("desk")

    async def work(run: Run[Number], desk: Desk) -> None:
        desk.runs.append(run)
        try:
            await desk.work(run)
        except asyncio.CancelledError:
            desk.ends.append((run.payload.n, "cancelled"))
            raise
        desk.ends.append((run.payload.n, "returned"))

    tasks.on("desk.coroutine", payload=Number, lease=lease)(work)
    tasks.on("desk.blocking", payload=Number, lease=lease, blocking=True)(work)
    tasks.on("desk.cpu", payload=Number, lease=lease, concurrency="cpu")(work)
    return tasks


@asynccontextmanager
async def desk_of(
    server: DatabaseServer, tasks: Tasks | None = None, **options: Any
) -> AsyncIterator[tuple[Rig, Desk]]:
    desk = Desk()
    part = Part("desk", tasks=tasks or declare(), service=desk)
    async with backed(server, part, options={"patience": 0.05, **options}) as rig:
        yield rig, desk


async def enqueue(rig: Rig, tenant: TenantId, n: int = 0, kind: str = "desk.coroutine", **given: Any) -> UUID:
    async with rig["desk"].unit_of_work(tenant) as uow:
        return uow.enqueue(NewTask(kind, Number(n=n), **given))


async def row(rig: Rig, task: UUID, columns: str = "state, attempts") -> tuple[Any, ...]:
    [found] = await rig.rows("desk", f"SELECT {columns} FROM tasks WHERE id = :id", id=task)
    return tuple(found)


async def forever(run: Run[Any]) -> None:
    await asyncio.sleep(3600)


async def watching(run: Run[Any]) -> None:
    """Code in a thread that ends when it is asked to, without saying why."""
    assert await asyncio.to_thread(run.cancelled.wait, 60)


@pytest.mark.parametrize(("kind", "work"), [("desk.coroutine", forever), ("desk.blocking", watching)])
async def test_a_running_task_hears_of_its_cancellation_and_ends_as_cancelled(
    database_server: DatabaseServer, tenant: TenantId, kind: str, work: Any
) -> None:
    """By the notice: with its heartbeat a minute away nothing else can have told it."""
    async with desk_of(database_server, declare(lease=240), heartbeat=60) as (rig, desk):
        desk.work = work
        task = await enqueue(rig, tenant, kind=kind, group="job")
        async with rig.background:
            await wait_until(lambda: len(desk.runs) == 1)
            async with rig["desk"].unit_of_work(tenant) as uow:
                assert await cancel_tasks(uow, group="job") == 1

            async def cancelled() -> bool:
                return (await row(rig, task))[0] == "cancelled"

            await wait_until(cancelled)
        assert desk.runs[0].cancelled.is_set()


async def test_a_task_cancelled_while_notices_are_lost_hears_of_it_at_its_heartbeat(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    async with desk_of(database_server, heartbeat=0.1) as (rig, desk):
        desk.work = forever
        task = await enqueue(rig, tenant)
        worker = TaskWorker(rig["desk"], rig.parts[0].tasks, desk, heartbeat=0.1)
        step = asyncio.create_task(worker.step())
        await wait_until(lambda: len(desk.runs) == 1)
        async with rig["desk"].system() as uow:
            await uow.session.execute(text("UPDATE tasks SET cancel_requested = true"))
        await step
        assert await row(rig, task) == ("cancelled", 1)


async def test_a_handler_that_has_finished_its_task_may_tidy_up_undisturbed(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    async with desk_of(database_server, heartbeat=0.05) as (rig, desk):

        async def finish_then_tidy(run: Run[Number]) -> None:
            await run.finish()
            async with rig["desk"].unit_of_work(tenant) as uow:
                assert await cancel_tasks(uow, group="job") == 0
            await asyncio.sleep(0.3)

        desk.work = finish_then_tidy
        task = await enqueue(rig, tenant, group="job")
        async with rig.background:
            await wait_until(lambda: desk.ends == [(0, "returned")])
        assert await row(rig, task) == ("done", 1)


@pytest.mark.parametrize(("kind", "work"), [("desk.coroutine", forever), ("desk.blocking", watching)])
async def test_a_stopping_worker_hands_its_tasks_back_and_the_attempt_does_not_count(
    database_server: DatabaseServer, tenant: TenantId, kind: str, work: Any
) -> None:
    async with desk_of(database_server) as (rig, desk):
        desk.work = work
        tasks = [await enqueue(rig, tenant, n, kind) for n in range(3)]
        await rig.background.start()
        await wait_until(lambda: len(desk.runs) == 3)
        began = time.monotonic()
        await rig.background.stop()
        assert time.monotonic() - began < 5
        assert len(desk.ends) == 3, "handlers were left running"
        assert [await row(rig, task) for task in tasks] == [("ready", 0)] * 3
        desk.work = desk.nothing
        await rig.another().drain()
        assert [await row(rig, task) for task in tasks] == [("done", 1)] * 3


async def test_a_handler_that_does_not_stop_loses_its_task_all_the_same(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    async with desk_of(database_server) as (rig, desk):
        released = asyncio.Event()

        async def deaf(run: Run[Number]) -> None:
            await released.wait()

        desk.work = deaf
        task = await enqueue(rig, tenant, kind="desk.blocking")
        await rig.background.start()
        await wait_until(lambda: len(desk.runs) == 1)
        await rig.background.stop()
        assert await row(rig, task) == ("ready", 0)
        released.set()
        await wait_until(lambda: desk.ends == [(0, "returned")])
        assert await row(rig, task) == ("ready", 0)


async def test_a_short_task_may_end_while_its_worker_stops(database_server: DatabaseServer, tenant: TenantId) -> None:
    async with desk_of(database_server, patience=5.0) as (rig, desk):
        desk.work = lambda run: asyncio.sleep(0.3)
        task = await enqueue(rig, tenant)
        await rig.background.start()
        await wait_until(lambda: len(desk.runs) == 1)
        await rig.background.stop()
        assert await row(rig, task) == ("done", 1)


async def test_f48_a_worker_cut_off_from_the_database_stops_its_handler_within_the_lease(
    database_server: DatabaseServer, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F48: heartbeats get no answer; somebody else may have the task by now."""
    tasks = declare(lease=0.6)
    async with desk_of(database_server, tasks) as (rig, desk):
        desk.work = forever
        await enqueue(rig, tenant)
        claimed_by = TaskWorker(rig["desk"], tasks, desk)
        step = asyncio.create_task(claimed_by.step())
        await wait_until(lambda: len(desk.runs) == 1)

        async def no_answer(self: Any) -> str:
            await asyncio.sleep(3600)
            return "continue"

        monkeypatch.setattr("kernel.task_lease.TaskLease.heartbeat", no_answer)
        cut_off = time.monotonic()
        await step
        assert desk.ends == [(0, "cancelled")]
        assert time.monotonic() - cut_off < 0.6 + 2
        monkeypatch.undo()
        desk.work = desk.nothing
        await asyncio.sleep(0.7)
        worker = TaskWorker(rig["desk"], tasks, desk)
        assert await worker.look_after() == 1
        await worker.step()
        assert [run.token for run in desk.runs] == [1, 2]


async def test_a_long_task_keeps_its_lease_by_heartbeats(database_server: DatabaseServer, tenant: TenantId) -> None:
    tasks = declare(lease=0.8)
    async with desk_of(database_server, tasks) as (rig, desk):
        desk.work = lambda run: asyncio.sleep(2.5)
        task = await enqueue(rig, tenant)
        other = TaskWorker(rig["desk"], tasks, desk)
        step = asyncio.create_task(TaskWorker(rig["desk"], tasks, desk).step())
        while not step.done():
            assert await other.look_after() == 0
            await asyncio.sleep(0.05)
        assert await row(rig, task) == ("done", 1)


async def test_each_pool_runs_as_many_tasks_as_it_has_places(database_server: DatabaseServer, tenant: TenantId) -> None:
    async with desk_of(database_server, places={"cpu": 1, "io": 3}) as (rig, desk):
        at_work = {"desk.cpu": 0, "desk.coroutine": 0}
        most = dict(at_work)

        async def count(run: Run[Number]) -> None:
            at_work[run.kind] += 1
            most[run.kind] = max(most[run.kind], at_work[run.kind])
            await asyncio.sleep(0.05)
            at_work[run.kind] -= 1

        desk.work = count
        for n in range(8):
            for kind in at_work:
                await enqueue(rig, tenant, n, kind)
        async with rig.background:
            await wait_until(lambda: len(desk.ends) == 16)
        assert most == {"desk.cpu": 1, "desk.coroutine": 3}


async def test_a_worker_is_woken_by_the_commit_that_enqueues(database_server: DatabaseServer, tenant: TenantId) -> None:
    async with desk_of(database_server) as (rig, desk):
        worker = TaskWorker(rig["desk"], rig.parts[0].tasks, desk, poll=3600, patience=0.05)
        running = asyncio.create_task(worker.run())
        try:
            for n in range(3):
                await enqueue(rig, tenant, n)
                await wait_until(lambda n=n: (n, "returned") in desk.ends)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


# -- turns ------------------------------------------------------------------------------------------------------------


def jain(shares: list[float]) -> float:
    """Jain's fairness index: 1 when all are equal, 1/n when one has everything
    (R. Jain, D. Chiu, W. Hawe, "A quantitative measure of fairness", DEC-TR-301, 1984)."""
    return sum(shares) ** 2 / (len(shares) * sum(share * share for share in shares))


@pytest.mark.slow
@pytest.mark.parametrize("places", [1, 2, 3])
async def test_f53_a_thousand_tasks_of_one_tenant_keep_the_others_from_nothing(
    database_server: DatabaseServer, places: int
) -> None:
    """F53, counted in tasks rather than seconds: between two of a small tenant's come at most one of each other's."""
    loud, small = TenantId(uuid7()), [TenantId(uuid7()) for _ in range(3)]
    async with desk_of(database_server, places={"io": places}) as (rig, desk):
        async with rig["desk"].unit_of_work(loud) as uow:
            for _ in range(1000):
                uow.enqueue(NewTask("desk.coroutine", Number()))
        for tenant in small:
            async with rig["desk"].unit_of_work(tenant) as uow:
                for _ in range(20):
                    uow.enqueue(NewTask("desk.coroutine", Number()))
        async with rig.background:
            await wait_until(lambda: len(desk.runs) >= 200, seconds=60)
        started = [run.tenant for run in desk.runs]
        crowd = started[: 4 * 20]
        assert jain([crowd.count(tenant) for tenant in (loud, *small)]) >= 0.95
        for tenant in small:
            last = max(index for index, owner in enumerate(started) if owner == tenant)
            assert last < 20 * 4 + 4 * places, "it waited longer than its turns"


# -- periodic ---------------------------------------------------------------------------------------------------------


def ticking(cron: str) -> tuple[Tasks, list[Run[Tick]]]:
    tasks, runs = Tasks("desk"), []

    @tasks.every("desk.tick", cron=cron)
    async def tick(run: Run[Tick], desk: Desk) -> None:
        runs.append(run)
        await asyncio.sleep(0.05)

    return tasks, runs


@pytest.mark.slow
async def test_each_tick_runs_once_however_many_processes_there_are(database_server: DatabaseServer) -> None:
    tasks, runs = ticking("* * * * * *")
    async with desk_of(database_server, tasks) as (rig, _):
        others = [rig.another() for _ in range(2)]
        for background in (rig.background, *others):
            await background.start()
        await wait_until(lambda: len(runs) >= 5, seconds=20)
        for background in (rig.background, *others):
            await background.stop()
        planned = [run.payload.scheduled for run in runs]
        assert len(set(planned)) == len(planned)
        assert planned == sorted(planned)
        assert all(run.tenant is None and run.attempt == 1 for run in runs)
        assert all(one.microsecond == 0 for one in planned)


async def test_planning_at_the_same_time_adds_one_tick(database_server: DatabaseServer) -> None:
    tasks, _ = ticking("0 3 * * *")
    async with desk_of(database_server, tasks) as (rig, _):
        await asyncio.gather(*(rig["desk"].transact(None, lambda uow: plan_ticks(uow, tasks)) for _ in range(8)))
        [(due,)] = await rig.rows("desk", "SELECT due_at FROM tasks")
    assert (due.hour, due.minute) == (3, 0)
    assert now() < due <= now() + timedelta(days=1)


async def test_a_tick_that_has_run_is_not_added_again_by_a_process_with_a_slow_clock(
    database_server: DatabaseServer,
) -> None:
    tasks, runs = ticking("* * * * *")
    scheduled = datetime(2026, 1, 1, 12, tzinfo=UTC)
    async with desk_of(database_server, tasks) as (rig, _):
        for _ in range(2):

            async def add(uow: UnitOfWork) -> None:
                await add_tick(uow, tasks.get("desk.tick"), scheduled)

            await rig["desk"].transact(None, add)
            await rig.background.drain()
    assert [run.payload.scheduled for run in runs] == [scheduled]


async def test_of_ticks_missed_while_nothing_ran_one_is_caught_up(database_server: DatabaseServer) -> None:
    tasks, runs = ticking("* * * * *")
    async with desk_of(database_server, tasks) as (rig, _):
        yesterday = now() - timedelta(days=1)
        await rig["desk"].transact(None, lambda uow: add_tick(uow, tasks.get("desk.tick"), yesterday))
        await rig["desk"].transact(None, lambda uow: plan_ticks(uow, tasks))
        await rig.background.drain()
        assert [run.payload.scheduled for run in runs] == [yesterday]
        [(due,)] = await rig.rows("desk", "SELECT due_at FROM tasks WHERE state = 'ready'")
        assert due > now() - timedelta(seconds=1)


async def test_a_tick_that_fails_is_no_dead_letter_and_the_next_one_comes(database_server: DatabaseServer) -> None:
    tasks = Tasks("desk")

    @tasks.every("desk.tick", cron="* * * * *")
    async def tick(run: Run[Tick], desk: Desk) -> None:
        raise ConnectionError

    async with desk_of(database_server, tasks) as (rig, _):
        await rig.background.tick("desk.tick")
        await rig.background.drain(raise_errors=False)
        assert await rig.rows("desk", "SELECT state FROM tasks ORDER BY id") == [("failed",), ("ready",)]
        assert await rig.rows("desk", "SELECT * FROM dead_letters") == []


def test_the_id_of_a_tick_is_of_its_time_and_kind() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    ids = [tick_id("a.b", at), tick_id("a.c", at), tick_id("a.b", at + timedelta(seconds=1))]
    assert len(set(ids)) == 3
    assert ids[0] == tick_id("a.b", at)
    assert [one.version for one in ids] == [7, 7, 7]
    assert max(ids[:2]) < ids[2]
