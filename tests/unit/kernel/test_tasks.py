"""Tasks: what is enqueued is worked on once, in turn, with its children, and ends as it should."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from pydantic import BaseModel
from sqlalchemy import text

from kernel import context
from kernel.clock import now
from kernel.dead_letters import open_letters, redrive
from kernel.errors import AppError, Conflict, RateLimited, Unavailable
from kernel.events import DuplicateName
from kernel.ids import TenantId, uuid7
from kernel.task_control import open_tasks, purge_tasks
from kernel.tasks import (
    FailedTask,
    NewTask,
    Run,
    StaleLease,
    TaskCancelled,
    TaskFailure,
    Tasks,
    UnknownTask,
    cancel_tasks,
    queue_position,
)
from kernel.testing.events import Part, Rig, backed
from kernel.testing.notes import Note
from kernel.testing.postgres import DatabaseServer
from kernel.uow import UnitOfWork


class Number(BaseModel):
    n: int = 0


class Shop:
    """The service of these tests: what its handlers do is set by each test."""

    def __init__(self) -> None:
        self.work: Callable[[Run[Number]], Any] = self.nothing
        self.done: list[int] = []
        self.failures: list[tuple[FailedTask, TaskFailure]] = []

    async def nothing(self, run: Run[Number]) -> None: ...


tasks = Tasks("shop")


@tasks.on("shop.work", payload=Number)
async def work(run: Run[Number], shop: Shop) -> None:
    await shop.work(run)
    shop.done.append(run.payload.n)


@tasks.failed("shop.work")
async def work_failed(uow: UnitOfWork, task: FailedTask, failure: TaskFailure, shop: Shop) -> None:
    write(uow, f"failed {task.payload['n']}")
    shop.failures.append((task, failure))


@tasks.on("shop.parcel", payload=Number)
async def parcel(run: Run[Number], shop: Shop) -> None:
    shop.done.append(run.payload.n)


@tasks.failed("shop.parcel")
async def parcel_failed(uow: UnitOfWork, task: FailedTask, failure: TaskFailure, shop: Shop) -> None:
    shop.failures.append((task, failure))


def write(uow: UnitOfWork, words: str) -> None:
    uow.session.add(Note(tenant_id=uow.tenant, text=words))


async def write_later(uow: UnitOfWork, words: str) -> None:
    write(uow, words)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest_asyncio.fixture
async def rig(database_server: DatabaseServer, shop: Shop) -> AsyncIterator[Rig]:
    part = Part("shop", tasks=tasks, service=shop)
    async with backed(database_server, part, options={"places": {"io": 1}}) as rig:
        yield rig


async def enqueue(rig: Rig, tenant: TenantId, n: int = 0, **given: Any) -> UUID:
    async with rig["shop"].unit_of_work(tenant) as uow:
        return uow.enqueue(NewTask(given.pop("kind", "shop.work"), Number(n=n), **given))


async def row(rig: Rig, task: UUID, columns: str) -> Any:
    [found] = await rig.rows("shop", f"SELECT {columns} FROM tasks WHERE id = :id", id=task)
    return found


async def state(rig: Rig, task: UUID) -> str:
    return str((await row(rig, task, "state"))[0])


async def notes(rig: Rig) -> list[str]:
    return [one[0] for one in await rig.rows("shop", "SELECT text FROM notes ORDER BY text")]


# -- declaring --------------------------------------------------------------------------------------------------------


async def nobody(run: Run[Any], service: object) -> None:
    """A handler that is never called."""


def test_two_tasks_of_one_name_are_refused() -> None:
    declared = Tasks("shop")
    declared.on("shop.work", payload=Number)(nobody)
    with pytest.raises(DuplicateName, match=r"shop\.work"):
        declared.on("shop.work", payload=Number)(nobody)
    with pytest.raises(DuplicateName):
        declared.every("shop.work", cron="* * * * *")(nobody)


def test_a_handler_for_failures_of_a_kind_that_is_not_there_is_refused_at_start() -> None:
    declared = Tasks("shop")
    declared.failed("shop.wrok")(nobody)
    with pytest.raises(UnknownTask, match=r"shop\.wrok"):
        declared.check()


@pytest.mark.parametrize("cron", ["", "often", "61 * * * *", "* * * *", "0 0 31 2 *"])
def test_a_cron_expression_that_means_nothing_is_refused_when_it_is_declared(cron: str) -> None:
    with pytest.raises(ValueError, match="no cron expression"):
        Tasks("shop").every("shop.tick", cron=cron)(nobody)


async def test_a_task_nobody_handles_can_not_be_enqueued(rig: Rig, tenant: TenantId) -> None:
    rig["shop"].task_kinds = frozenset(kind.name for kind in tasks)
    with pytest.raises(UnknownTask, match=r"shop has no handler for tasks of kind shop\.wrok"):
        await enqueue(rig, tenant, kind="shop.wrok")


# -- one task ---------------------------------------------------------------------------------------------------------


async def test_a_handler_gets_its_payload_its_tenant_and_the_trace_of_whoever_enqueued_it(
    rig: Rig, shop: Shop, tenant: TenantId
) -> None:
    seen: list[Any] = []

    async def look(run: Run[Number]) -> None:
        here = context.current()
        seen.append((run.payload, run.tenant, run.group, run.attempt, here.tenant, here.actor, here.traceparent))

    shop.work = look
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    with context.bind(traceparent=trace):
        task = await enqueue(rig, tenant, 7, group="job")
    await rig.background.drain()
    assert seen == [(Number(n=7), tenant, "job", 1, tenant, "service:shop", trace)]
    assert await state(rig, task) == "done"


async def test_finish_commits_its_work_and_done_together(rig: Rig, shop: Shop, tenant: TenantId) -> None:
    shop.work = lambda run: run.finish(lambda uow: write_later(uow, "made"), result={"bytes": 3})
    task = await enqueue(rig, tenant)
    await rig.background.drain()
    assert await notes(rig) == ["made"]
    assert tuple(await row(rig, task, "state, result, progress")) == ("done", {"bytes": 3}, 1.0)


async def test_work_that_fails_in_finish_leaves_the_task_undone(rig: Rig, shop: Shop, tenant: TenantId) -> None:
    async def break_off(uow: UnitOfWork) -> None:
        write(uow, "made")
        raise Conflict

    shop.work = lambda run: run.finish(break_off)
    task = await enqueue(rig, tenant)
    await rig.background.drain()
    assert await notes(rig) == ["failed 0"]
    assert await state(rig, task) == "failed"


async def test_a_task_can_be_finished_once_only(rig: Rig, shop: Shop, tenant: TenantId) -> None:
    async def twice(run: Run[Number]) -> None:
        await run.finish(lambda uow: write_later(uow, "first"))
        with pytest.raises(StaleLease):
            await run.finish(lambda uow: write_later(uow, "second"))
        with pytest.raises(StaleLease):
            await run.write(lambda uow: write_later(uow, "third"))

    shop.work = twice
    await enqueue(rig, tenant)
    await rig.background.drain()
    assert await notes(rig) == ["first"]


async def test_writes_and_progress_in_the_middle_are_kept_although_the_attempt_fails(
    rig: Rig, shop: Shop, tenant: TenantId
) -> None:
    async def half(run: Run[Number]) -> None:
        await run.write(lambda uow: write_later(uow, "half"))
        await run.progress(0.5, {"segment": 3})
        await run.progress(7.0)
        raise Conflict

    shop.work = half
    task = await enqueue(rig, tenant)
    await rig.background.drain()
    assert await notes(rig) == ["failed 0", "half"]
    assert tuple(await row(rig, task, "progress, note")) == (1.0, {"segment": 3})


async def test_a_payload_its_model_no_longer_reads_fails_the_task_at_once(
    rig: Rig, shop: Shop, tenant: TenantId
) -> None:
    task = await enqueue(rig, tenant)
    async with rig["shop"].system() as uow:
        await uow.session.execute(text('UPDATE tasks SET payload = \'{"n": "many"}\''))
    await rig.background.drain()
    assert tuple(await row(rig, task, "state, attempts, error->>'code'")) == ("failed", 1, "unreadable_payload")
    assert shop.failures[0][0].payload == {"n": "many"}


# -- failing ----------------------------------------------------------------------------------------------------------


async def test_a_failing_task_is_tried_as_often_as_it_may_with_growing_waits(
    rig: Rig, shop: Shop, tenant: TenantId
) -> None:
    async def fail(run: Run[Number]) -> None:
        raise ConnectionError("password=hunter2")

    shop.work = fail
    task = await enqueue(rig, tenant, attempts=3)
    [worker] = [part for part in rig.background._parts() if type(part).__name__ == "TaskWorker"]
    for attempt, bound in ((1, 8), (2, 32)):
        assert await worker.step() == 1
        assert await worker.step() == 0
        found, attempts, wait, error = await row(
            rig, task, "state, attempts, extract(epoch FROM due_at - now()), error::text"
        )
        assert (found, attempts) == ("ready", attempt)
        assert 1 < wait <= bound
        assert "hunter2" not in error
        async with rig["shop"].system() as uow:
            await uow.session.execute(text("UPDATE tasks SET due_at = now()"))
    await worker.step()
    assert await state(rig, task) == "failed"
    [(failed, failure)] = shop.failures
    assert (failed.id, failed.kind, failed.tenant, failed.attempts) == (task, "shop.work", tenant, 3)
    assert (failure.code, failure.detail) == ("internal_error", AppError.title)
    assert await notes(rig) == ["failed 0"]
    async with rig["shop"].system() as uow:
        assert await open_letters(uow) == {("task", "shop.work"): 1}


async def test_a_refusal_fails_the_task_at_once_and_is_no_dead_letter(rig: Rig, shop: Shop, tenant: TenantId) -> None:
    async def refuse(run: Run[Number]) -> None:
        raise Conflict("It is not a video.")

    shop.work = refuse
    task = await enqueue(rig, tenant)
    await rig.background.drain()
    assert tuple(await row(rig, task, "state, attempts, error->>'detail'")) == ("failed", 1, "It is not a video.")
    async with rig["shop"].system() as uow:
        assert await open_letters(uow) == {}


@pytest.mark.parametrize("error", [RateLimited(retry_after=30), Unavailable(retry_after=30)])
async def test_f13_a_task_told_to_come_back_later_waits_that_long_and_loses_no_attempt(
    rig: Rig, shop: Shop, tenant: TenantId, error: AppError
) -> None:
    """F13."""

    async def refuse(run: Run[Number]) -> None:
        raise error

    shop.work = refuse
    task = await enqueue(rig, tenant, attempts=2)
    for _ in range(4):
        await rig.background.drain()
        found, attempts, wait = await row(rig, task, "state, attempts, extract(epoch FROM due_at - now())")
        assert (found, attempts) == ("ready", 0)
        assert 29 < wait <= 60
        async with rig["shop"].system() as uow:
            await uow.session.execute(text("UPDATE tasks SET due_at = now()"))


async def test_an_error_in_the_handler_of_failures_does_not_keep_the_task_open(
    rig: Rig, shop: Shop, tenant: TenantId
) -> None:
    async def refuse(run: Run[Number]) -> None:
        raise Conflict

    shop.work = refuse
    shop.failures = None  # type: ignore[assignment]  # what `work_failed` trips over, after it has written
    task = await enqueue(rig, tenant)
    await rig.background.drain()
    assert await state(rig, task) == "failed"
    assert await notes(rig) == []
    assert await rig.rows("shop", "SELECT id, error->>'exception' FROM dead_letters") == [
        (task, "builtins.AttributeError")
    ]


async def test_a_failed_task_sent_again_has_all_its_attempts(rig: Rig, shop: Shop, tenant: TenantId) -> None:
    broken = True

    async def fail(run: Run[Number]) -> None:
        if broken:
            raise ConnectionError

    shop.work = fail
    task = await enqueue(rig, tenant, attempts=2, key="one")
    await rig.background.drain(raise_errors=False)
    broken = False
    other = await enqueue(rig, tenant, key="one", due=now() + timedelta(hours=1))
    async with rig["shop"].system() as uow:
        assert await redrive(uow) == 0, "a newer task of the same key is open"
        await uow.session.execute(text("DELETE FROM tasks WHERE id = :id"), {"id": other})
        assert await redrive(uow, ids=[task]) == 1
    await rig.background.drain()
    assert tuple(await row(rig, task, "state, attempts")) == ("done", 1)


# -- order ------------------------------------------------------------------------------------------------------------


async def test_of_one_tenant_the_higher_priority_comes_first_and_then_the_earlier_due(
    rig: Rig, shop: Shop, tenant: TenantId
) -> None:
    past = now() - timedelta(minutes=1)
    for n, given in enumerate(({}, {"priority": 1}, {"due": past}, {"priority": 1, "due": past}, {"priority": -1})):
        await enqueue(rig, tenant, n, **given)
    await rig.background.drain()
    assert shop.done == [3, 1, 2, 0, 4]


async def test_a_task_is_not_claimed_before_it_is_due(rig: Rig, shop: Shop, tenant: TenantId) -> None:
    later = await enqueue(rig, tenant, 1, due=now() + timedelta(hours=1), priority=9)
    await enqueue(rig, tenant, 2)
    await rig.background.drain()
    assert shop.done == [2]
    assert await state(rig, later) == "ready"


async def test_t36_tenants_take_turns_whoever_came_first(rig: Rig, shop: Shop) -> None:
    tenants = [TenantId(uuid7()) for _ in range(3)]
    for index, tenant in enumerate(tenants):
        for n in range(4):
            await enqueue(rig, tenant, index * 10 + n, priority=5 if index == 0 else 0)
    await rig.background.drain()
    turns = [n // 10 for n in shop.done]
    assert all(sorted(turns[start : start + 3]) == [0, 1, 2] for start in range(0, 12, 3))


async def test_while_a_task_of_a_key_is_open_no_second_one_is_added(rig: Rig, shop: Shop, tenant: TenantId) -> None:
    async with rig["shop"].unit_of_work(tenant) as uow:
        for n in range(2):
            uow.enqueue(NewTask("shop.work", Number(n=n), key="k"))
    await enqueue(rig, tenant, 2, key="k")
    await enqueue(rig, tenant, 3, key="other")
    await enqueue(rig, tenant, 4, key="k", kind="shop.parcel")
    await enqueue(rig, TenantId(uuid7()), 5, key="k")
    await rig.background.drain()
    assert sorted(shop.done) == [0, 3, 4, 5]
    await enqueue(rig, tenant, 6, key="k")
    await rig.background.drain()
    assert shop.done[-1] == 6


async def test_where_a_task_stands_counts_its_own_tenants_and_the_turns_of_others(rig: Rig) -> None:
    busy, small = TenantId(uuid7()), TenantId(uuid7())
    ids = [await enqueue(rig, busy) for _ in range(10)]
    mine = [await enqueue(rig, small) for _ in range(2)]
    async with rig["shop"].system() as uow:
        assert [await queue_position(uow, task) for task in mine] == [1, 3]
        assert await queue_position(uow, ids[0]) == 1
        assert await queue_position(uow, ids[9]) == 9 + 2
        assert await open_tasks(uow) == {("shop.work", "ready"): 12}
        assert await queue_position(uow, uuid7()) is None
        await cancel_tasks(uow, group="none")
    await rig.background.drain()
    async with rig["shop"].system() as uow:
        assert await queue_position(uow, mine[0]) is None


# -- families ---------------------------------------------------------------------------------------------------------


async def family(rig: Rig, tenant: TenantId, children: int, **given: Any) -> tuple[UUID, list[UUID]]:
    async with rig["shop"].unit_of_work(tenant) as uow:
        parent = uow.enqueue(NewTask("shop.parcel", Number(n=99), pending=children, **given))
        parts = [uow.enqueue(NewTask("shop.work", Number(n=n), parent=parent, **given)) for n in range(children)]
    return parent, parts


async def test_a_parent_waits_until_its_children_are_done(rig: Rig, shop: Shop, tenant: TenantId) -> None:
    parent, _ = await family(rig, tenant, 3)
    async with rig["shop"].system() as uow:
        await uow.session.execute(text("UPDATE tasks SET priority = 9 WHERE id = :id"), {"id": parent})
    await rig.background.drain()
    assert shop.done == [0, 1, 2, 99]
    assert await state(rig, parent) == "done"


async def test_a_child_that_fails_fails_its_parent_and_cancels_its_siblings(
    rig: Rig, shop: Shop, tenant: TenantId
) -> None:
    async def refuse_the_second(run: Run[Number]) -> None:
        if run.payload.n == 1:
            raise Conflict("The second is broken.")

    shop.work = refuse_the_second
    parent, parts = await family(rig, tenant, 4)
    await rig.background.drain()
    assert [await state(rig, task) for task in parts] == ["done", "failed", "cancelled", "cancelled"]
    assert tuple(await row(rig, parent, "state, error->>'detail'")) == ("failed", "The second is broken.")
    assert [(task.id, failure.detail) for task, failure in shop.failures] == [
        (parts[1], "The second is broken."),
        (parent, "The second is broken."),
    ]
    assert shop.done == [0]


async def test_cancelling_a_group_cancels_its_families_and_nobody_elses(rig: Rig, shop: Shop, tenant: TenantId) -> None:
    parent, parts = await family(rig, tenant, 2, group="job")
    async with rig["shop"].unit_of_work(tenant) as uow:
        outside = uow.enqueue(NewTask("shop.work", Number(n=7), parent=parent))
    other = await enqueue(rig, tenant, 8, group="other job")
    async with rig["shop"].unit_of_work(tenant) as uow:
        assert await cancel_tasks(uow, group="job") == 4
        assert await cancel_tasks(uow, group="job") == 0
    assert {await state(rig, task) for task in (parent, *parts, outside)} == {"cancelled"}
    await rig.background.drain()
    assert shop.done == [8]
    assert await state(rig, other) == "done"
    assert shop.failures == []


async def test_a_tenant_can_not_cancel_anothers_group(rig: Rig, shop: Shop, tenant: TenantId) -> None:
    await enqueue(rig, tenant, 1, group="job")
    async with rig["shop"].unit_of_work(TenantId(uuid7())) as uow:
        assert await cancel_tasks(uow, group="job") == 0
    await rig.background.drain()
    assert shop.done == [1]


async def test_after_its_cancellation_a_running_task_writes_nothing_and_ends_as_cancelled(
    rig: Rig, shop: Shop, tenant: TenantId
) -> None:
    async def cancel_itself(run: Run[Number]) -> None:
        await run.write(lambda uow: write_later(uow, "before"))
        async with rig["shop"].unit_of_work(tenant) as uow:
            assert await cancel_tasks(uow, group="job") == 1
        for refused in (run.finish, run.write):
            with pytest.raises(TaskCancelled):
                await refused(lambda uow: write_later(uow, "after"))
        with pytest.raises(TaskCancelled):
            await run.progress(0.5)
        raise TaskCancelled

    shop.work = cancel_itself
    task = await enqueue(rig, tenant, group="job")
    await rig.background.drain()
    assert await state(rig, task) == "cancelled"
    assert await notes(rig) == ["before"]


async def test_tasks_that_a_running_one_adds_while_its_group_is_cancelled_are_cancelled_too(
    rig: Rig, shop: Shop, tenant: TenantId
) -> None:
    """The cancellation waits for the row the finishing task holds, and must see what that one left behind."""
    finishing = asyncio.Event()

    async def add_more(run: Run[Number]) -> None:
        async def slowly(uow: UnitOfWork) -> None:
            uow.enqueue(NewTask("shop.parcel", Number(n=50), group="job", due=now() + timedelta(hours=1)))
            finishing.set()
            await asyncio.sleep(0.2)

        await run.finish(slowly)

    async def cancel() -> int:
        await finishing.wait()
        async with rig["shop"].unit_of_work(tenant) as uow:
            return await cancel_tasks(uow, group="job")

    shop.work = add_more
    await enqueue(rig, tenant, 1, group="job")
    await enqueue(rig, tenant, 2, group="job", due=now() + timedelta(hours=1))
    cancelled, _ = await asyncio.gather(cancel(), rig.background.drain())
    assert cancelled == 2
    states = await rig.rows("shop", "SELECT kind, payload->>'n', state FROM tasks ORDER BY 1, 2")
    assert states == [("shop.parcel", "50", "cancelled"), ("shop.work", "1", "done"), ("shop.work", "2", "cancelled")]


async def test_ended_tasks_are_purged_when_they_are_old_and_open_ones_never(rig: Rig, tenant: TenantId) -> None:
    await enqueue(rig, tenant, 1)
    await rig.background.drain()
    await enqueue(rig, tenant, 2, due=now() + timedelta(days=1))
    async with rig["shop"].system() as uow:
        assert await purge_tasks(uow) == 0
        for (task,) in (await uow.session.execute(text("SELECT id FROM tasks"))).all():
            aged = UUID(int=task.int - (int(timedelta(days=60).total_seconds() * 1000) << 80))
            age = text("UPDATE tasks SET id = :aged, finished_at = finished_at - interval '60 days' WHERE id = :id")
            await uow.session.execute(age, {"aged": aged, "id": task})
        assert await purge_tasks(uow) == 1
