"""Leases and fencing tokens: whoever lost a task writes nothing, whatever happens in whatever order (I8, F26, F45)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from pydantic import BaseModel
from sqlalchemy import text

from kernel import failpoints
from kernel.db import Database, DatabaseBusy
from kernel.errors import Conflict
from kernel.ids import TenantId, uuid7
from kernel.task_claim import CLAIM, Claimed, claim
from kernel.task_expiry import end_leases, take_back_expired
from kernel.task_lease import TaskLease
from kernel.tasks import FailedTask, NewTask, Run, StaleLease, TaskCancelled, TaskFailure, Tasks, cancel_tasks
from kernel.testing.events import Part, Rig, backed
from kernel.testing.notes import Note
from kernel.testing.postgres import DatabaseServer
from kernel.uow import UnitOfWork

LEASE = 60.0


class Nothing(BaseModel):
    pass


tasks = Tasks("shop")


@tasks.on("shop.work", payload=Nothing)
async def work(run: Run[Nothing], service: object) -> None:
    """Never called: these tests are the workers."""


@tasks.failed("shop.work")
async def work_failed(uow: UnitOfWork, task: FailedTask, failure: TaskFailure, service: object) -> None:
    uow.session.add(Note(tenant_id=uow.tenant, text=f"failed {task.id}"))


@pytest_asyncio.fixture
async def rig(database_server: DatabaseServer) -> AsyncIterator[Rig]:
    async with backed(database_server, Part("shop", tasks=tasks)) as rig:
        yield rig


@pytest.fixture
def database(rig: Rig) -> Database:
    return rig["shop"]


async def enqueue(database: Database, tenant: TenantId, **given: Any) -> UUID:
    async with database.unit_of_work(tenant) as uow:
        return uow.enqueue(NewTask("shop.work", Nothing(), **given))


async def take(database: Database, worker: str = "w") -> tuple[Claimed, TaskLease] | None:
    claimed = await database.transact(None, lambda uow: claim(uow, {"shop.work": LEASE}, worker=worker))
    return None if claimed is None else (claimed, TaskLease(database, tasks, None, claimed, LEASE))


async def must_take(database: Database) -> tuple[Claimed, TaskLease]:
    taken = await take(database)
    assert taken is not None
    return taken


async def expire(database: Database, task: UUID | None = None) -> None:
    async with database.system() as uow:
        expired = text("""
            UPDATE tasks SET lease_until = clock_timestamp() - interval '1 s'
            WHERE state = 'running' AND (CAST(:id AS uuid) IS NULL OR id = :id)
        """)
        await uow.session.execute(expired, {"id": task})


async def column(rig: Rig, name: str) -> Any:
    [(value,)] = await rig.rows("shop", f"SELECT {name} FROM tasks")
    return value


def noting(words: str) -> Any:
    async def write(uow: UnitOfWork) -> None:
        uow.session.add(Note(tenant_id=uow.tenant, text=words))

    return write


async def notes(rig: Rig) -> list[str]:
    return [row[0] for row in await rig.rows("shop", "SELECT text FROM notes ORDER BY text")]


async def test_f47_a_claim_is_a_lease_by_the_databases_clock(rig: Rig, database: Database, tenant: TenantId) -> None:
    """F47: the worker's own clock is nowhere in it."""
    await enqueue(database, tenant)
    claimed, _ = await must_take(database)
    assert (claimed.attempts, claimed.token) == (1, 1)
    left = float(await column(rig, "extract(epoch FROM lease_until - clock_timestamp())"))
    assert LEASE - 5 < left <= LEASE
    assert await take(database) is None


async def test_a_heartbeat_renews_the_lease_and_tells_what_to_do(
    rig: Rig, database: Database, tenant: TenantId
) -> None:
    task = await enqueue(database, tenant, group="job")
    _, lease = await must_take(database)
    await expire(database)
    assert await lease.heartbeat() == "continue"
    assert float(await column(rig, "extract(epoch FROM lease_until - clock_timestamp())")) > LEASE - 5
    async with database.unit_of_work(tenant) as uow:
        await cancel_tasks(uow, group="job")
    assert await lease.heartbeat() == "cancel"
    await lease.cancelled()
    assert await lease.heartbeat() == "lost"
    assert (await column(rig, "id"), await column(rig, "state")) == (task, "cancelled")


async def test_every_write_renews_the_lease(rig: Rig, database: Database, tenant: TenantId) -> None:
    await enqueue(database, tenant)
    _, lease = await must_take(database)
    await expire(database)
    await lease.progress(0.5)
    assert await take_back_expired(database, tasks, None) == 0


async def test_f26_of_two_that_hold_a_task_only_the_higher_token_commits(
    rig: Rig, database: Database, tenant: TenantId
) -> None:
    """F26: forced expiry, both go on working."""
    await enqueue(database, tenant)
    first, old = await must_take(database)
    await expire(database)
    assert await take_back_expired(database, tasks, None) == 1
    second, new = await must_take(database)
    assert (first.id, second.token, second.attempts) == (second.id, first.token + 1, 2)
    for refused in (
        old.finish(noting("old")),
        old.write(noting("old")),
        old.progress(1.0),
        old.cancelled(),
        old.fail(Conflict()),
    ):
        with pytest.raises(StaleLease):
            await refused
    await old.hand_back()
    assert await old.heartbeat() == "lost"
    assert (await column(rig, "state"), await column(rig, "token")) == ("running", 2)
    await new.finish(noting("new"))
    assert await notes(rig) == ["new"]


async def test_nobody_takes_a_task_over_in_the_middle_of_a_write(
    rig: Rig, database: Database, tenant: TenantId
) -> None:
    """The fence is the first statement and holds the row until the commit, although the lease runs out meanwhile."""
    await enqueue(database, tenant)
    _, lease = await must_take(database)
    began, go_on = asyncio.Event(), asyncio.Event()

    async def slow(uow: UnitOfWork) -> None:
        began.set()
        await go_on.wait()
        await noting("slow")(uow)

    finishing = asyncio.create_task(lease.finish(slow))
    await began.wait()
    assert await take_back_expired(database, tasks, None) == 0
    assert await lease.heartbeat() == "continue"
    go_on.set()
    await finishing
    assert await notes(rig) == ["slow"]


async def test_a_crash_in_finish_leaves_nothing_and_the_task_is_done_again(
    rig: Rig, database: Database, tenant: TenantId
) -> None:
    await enqueue(database, tenant)
    _, lease = await must_take(database)
    with failpoints.arm("tasks.finish.before_commit=raise"), pytest.raises(failpoints.FailpointHit):
        await lease.finish(noting("once"))
    assert not lease.finished
    assert await notes(rig) == []
    await lease.finish(noting("once"))
    assert await notes(rig) == ["once"]


async def test_a_task_whose_workers_all_fell_silent_fails_with_worker_lost(
    rig: Rig, database: Database, tenant: TenantId
) -> None:
    task = await enqueue(database, tenant, attempts=2)
    for attempt in (1, 2):
        claimed, _ = await must_take(database)
        assert claimed.attempts == attempt
        await expire(database)
        assert await take_back_expired(database, tasks, None) == 1
    assert await column(rig, "state") == "failed"
    assert await column(rig, "error->>'code'") == "worker_lost"
    assert await notes(rig) == [f"failed {task}"]
    assert await rig.rows("shop", "SELECT id FROM dead_letters") == [(task,)]


async def test_a_cancelled_task_whose_worker_fell_silent_ends_as_cancelled(
    rig: Rig, database: Database, tenant: TenantId
) -> None:
    await enqueue(database, tenant, group="job")
    await must_take(database)
    async with database.unit_of_work(tenant) as uow:
        assert await cancel_tasks(uow, group="job") == 1
    await expire(database)
    await take_back_expired(database, tasks, None)
    assert await column(rig, "state") == "cancelled"
    assert await take(database) is None


async def test_f46_two_that_take_expired_tasks_back_take_each_once(
    rig: Rig, database: Database, tenant: TenantId
) -> None:
    """F46: no leader; everybody looks after the queue."""
    for _ in range(10):
        await enqueue(database, tenant)
        await must_take(database)
    await expire(database)
    counts = await asyncio.gather(*(take_back_expired(database, tasks, None) for _ in range(4)))
    assert sum(counts) == 10
    assert await rig.rows("shop", "SELECT DISTINCT state, attempts, token FROM tasks") == [("ready", 1, 1)]


async def test_a_lease_renewed_at_the_last_moment_is_not_taken_back(
    rig: Rig, database: Database, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enqueue(database, tenant)
    _, lease = await must_take(database)
    await expire(database)
    transact = database.transact

    async def heartbeat_first(*given: Any, **options: Any) -> Any:
        assert await lease.heartbeat() == "continue"
        return await transact(*given, **options)

    monkeypatch.setattr(database, "transact", heartbeat_first)
    assert await take_back_expired(database, tasks, None) == 0
    monkeypatch.undo()
    await lease.finish(noting("mine"))


async def test_the_tenant_with_the_fewest_tasks_running_is_next_whoever_had_the_last_turn(
    rig: Rig, database: Database
) -> None:
    slow, quick = TenantId(uuid7()), TenantId(uuid7())
    for _ in range(4):
        for tenant in (slow, quick):
            await enqueue(database, tenant)
    first, _ = await must_take(database)
    assert first.tenant == slow
    for _ in range(4):
        claimed, lease = await must_take(database)
        assert claimed.tenant == quick
        await lease.finish()


FILL = text("""
    INSERT INTO tasks (id, kind, tenant_id, payload, state, started_at, finished_at, due_at)
    SELECT gen_random_uuid(), 'shop.work', CAST(:tenant AS uuid), '{}', :state, now(), now(), now() - interval '1 h'
    FROM generate_series(1, :count)
""")


async def test_a_claim_looks_at_few_rows_however_many_wait_or_are_done(database: Database) -> None:
    """Counted in pages read, not in time; the time is measured in tests/bench/studio/claim.py."""
    async with database.system() as uow:
        for tenant in (uuid7() for _ in range(5)):
            for state, count in (("done", 5_000), ("ready", 2_000)):
                await uow.session.execute(FILL, {"tenant": str(tenant), "state": state, "count": count})
    async with database.system() as uow:
        given = {"kinds": ["shop.work"], "leases": [LEASE], "worker": "w"}
        explained = text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {CLAIM.text}")
        [plan] = (await uow.session.execute(explained, given)).scalar_one()
    assert plan["Plan"]["Actual Rows"] == 1
    assert plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"] < 300


async def test_a_task_handed_back_is_claimable_at_once_and_the_attempt_does_not_count(
    rig: Rig, database: Database, tenant: TenantId
) -> None:
    await enqueue(database, tenant, attempts=1)
    for token in (1, 2, 3):
        claimed, lease = await must_take(database)
        assert (claimed.attempts, claimed.token) == (1, token)
        await lease.hand_back()
        with pytest.raises(StaleLease):
            await lease.write(noting("late"))
    assert await column(rig, "attempts") == 0


async def test_many_workers_at_once_claim_each_task_once(rig: Rig, database: Database) -> None:
    tenants = [TenantId(uuid7()) for _ in range(5)]
    for n in range(60):
        await enqueue(database, tenants[n % 5])

    async def all_there_are() -> list[UUID]:
        mine = []
        while (taken := await take(database)) is not None:
            mine.append(taken[0].id)
        return mine

    taken = [task for mine in await asyncio.gather(*(all_there_are() for _ in range(8))) for task in mine]
    left = [row[0] for row in await rig.rows("shop", "SELECT id FROM tasks WHERE state = 'ready'")]
    assert len(taken) == len(set(taken))
    assert len(taken) + len(left) == 60
    while (more := await take(database)) is not None:
        assert more[0].id in left
        left.remove(more[0].id)
    assert left == []


@pytest.mark.slow
async def test_f45_cancelled_or_done_has_one_winner_each_time(rig: Rig, database: Database, tenant: TenantId) -> None:
    """F45, five hundred times: who wins the row decides, and the loser knows."""
    dice = random.Random(45)
    winners = {"done": 0, "cancelled": 0}
    for round_ in range(500):
        group = f"job {round_}"
        await enqueue(database, tenant, group=group)
        _, lease = await must_take(database)

        async def finish(lease: TaskLease = lease, group: str = group) -> str:
            await asyncio.sleep(dice.random() * 0.004)
            try:
                await lease.finish(noting(group))
            except TaskCancelled:
                await lease.cancelled()
                return "cancelled"
            return "done"

        async def cancel(group: str = group) -> int:
            await asyncio.sleep(dice.random() * 0.004)
            return await database.transact(tenant, lambda uow: cancel_tasks(uow, group=group))

        ended, cancelled = await asyncio.gather(finish(), cancel())
        assert cancelled == (1 if ended == "cancelled" else 0)
        winners[ended] += 1
    states = dict(await rig.rows("shop", "SELECT state, count(*) FROM tasks GROUP BY state"))
    assert states == winners
    assert len(await notes(rig)) == winners["done"]
    assert min(winners.values()) > 0, "the race was none"


@dataclass
class Model:
    """What a random run saw: who holds which token, and what was accepted."""

    held: list[tuple[Claimed, TaskLease]] = field(default_factory=list)
    tokens: dict[UUID, list[int]] = field(default_factory=dict)
    finished: list[tuple[UUID, int]] = field(default_factory=list)
    written: list[tuple[UUID, int]] = field(default_factory=list)


async def act(dice: random.Random, database: Database, tenant: TenantId, model: Model) -> None:
    """One random act of one of many workers, on a task it holds or believes to hold."""
    name = dice.choices(
        ["claim", "heartbeat", "write", "finish", "fail", "expire", "take back", "hand back", "cancel"],
        [6, 3, 4, 2, 1, 2, 2, 1, 0.3],
    )[0]
    if name == "claim":
        taken = await take(database)
        if taken is not None:
            model.held.append(taken)
            model.tokens.setdefault(taken[0].id, []).append(taken[0].token)
    elif name == "expire":
        await expire(database)
    elif name == "take back":
        await take_back_expired(database, tasks, None)
    elif model.held:
        claimed, lease = dice.choice(model.held)
        mark = (claimed.id, claimed.token)
        if name == "heartbeat":
            await lease.heartbeat()
        elif name == "write":
            await lease.write(noting(f"write {claimed.id} {claimed.token} {uuid7()}"))
            model.written.append(mark)
        elif name == "finish":
            await lease.finish(noting(f"finish {claimed.id} {claimed.token}"))
            model.finished.append(mark)
        elif name == "fail":
            await lease.fail(ConnectionError() if dice.random() < 0.7 else Conflict())
        elif name == "hand back":
            await lease.hand_back()
        elif name == "cancel":
            await database.transact(tenant, lambda uow: cancel_tasks(uow, group="job"))


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_workers_do_tokens_grow_and_a_task_is_finished_once(
    rig: Rig, database: Database, tenant: TenantId, seed: int
) -> None:
    """Random acts, three at a time, on eight tasks; outdated workers go on trying."""
    dice = random.Random(seed)
    model = Model()
    ids = [await enqueue(database, tenant, attempts=50, group="job" if n == 0 else None) for n in range(8)]
    for _ in range(80):
        acts = [act(dice, database, tenant, model) for _ in range(3)]
        for result in await asyncio.gather(*acts, return_exceptions=True):
            assert result is None or isinstance(result, StaleLease | TaskCancelled | DatabaseBusy), repr(result)
        async with database.system() as uow:
            await uow.session.execute(text("UPDATE tasks SET due_at = now() WHERE state = 'ready'"))
    for task, tokens in model.tokens.items():
        assert len(set(tokens)) == len(tokens), "a token was given twice"
        [(last,)] = await rig.rows("shop", "SELECT token FROM tasks WHERE id = :id", id=task)
        assert sorted(tokens) == list(range(1, last + 1))
    finished = [task for task, _ in model.finished]
    assert len(set(finished)) == len(finished), "a task was finished twice"
    done = {row[0]: row[1] for row in await rig.rows("shop", "SELECT id, token FROM tasks WHERE state = 'done'")}
    assert dict(model.finished) == done
    kept = await notes(rig)
    assert sorted(words for words in kept if words.startswith("finish")) == sorted(
        f"finish {task} {token}" for task, token in model.finished
    )
    assert sum(words.startswith("write") for words in kept) == len(model.written)
    last_write: dict[UUID, int] = {}
    for words in sorted((words for words in kept if words.startswith("write")), key=lambda words: words.split()[3]):
        _, task, token, _ = words.split()
        assert int(token) >= last_write.get(UUID(task), 0), "a lower token wrote after a higher one"
        last_write[UUID(task)] = int(token)
    assert set(done) <= set(ids)


async def test_who_is_alone_need_not_wait_for_the_leases_of_the_dead(
    rig: Rig, database: Database, tenant: TenantId
) -> None:
    await enqueue(database, tenant)
    _claimed, lease = await must_take(database)
    assert await take_back_expired(database, tasks, None) == 0
    assert await end_leases(database) == 1
    assert await end_leases(database) == 0
    assert await take_back_expired(database, tasks, None) == 1
    assert await column(rig, "state") == "ready"
    with pytest.raises(StaleLease):
        await lease.finish(noting("too late"), None)
    assert await notes(rig) == []
