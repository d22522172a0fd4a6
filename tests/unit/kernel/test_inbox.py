"""The inbox: each event exactly once per subscription, in order per key; what fails waits, dies and comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from pydantic import BaseModel
from sqlalchemy import text

from kernel import failpoints
from kernel.dead_letters import discard, letter_of, open_letters, redrive
from kernel.envelope import MAX_BYTES, Envelope
from kernel.errors import AppError, Conflict, Unavailable
from kernel.events import Event, Subscriptions
from kernel.ids import TenantId, uuid7
from kernel.inbox import Inbox, inbox_lag, purge_inbox
from kernel.inbox_worker import HEADS, InboxWorker
from kernel.tasks import NewTask
from kernel.testing.events import Part, Rig, backed
from kernel.testing.notes import Note, NoteWritten
from kernel.testing.postgres import DatabaseServer, wait_until
from kernel.uow import UnitOfWork


class Said(Event):
    type: ClassVar[str] = "thing.said"

    about: str
    number: int = 0

    def key(self) -> str:
        return self.about


class Payload(BaseModel):
    number: int


AGE = text("""
    UPDATE inbox SET event_id = :aged, handled_at = handled_at - interval '60 days' WHERE event_id = :id
""")

Act = Callable[[Said, UnitOfWork], Awaitable[None]]


def acting(act: Act) -> Subscriptions:
    """One subscription, `reader.act`."""
    events = Subscriptions("reader")

    @events.on(Said, name="act")
    async def handle(event: Said, uow: UnitOfWork, service: Any) -> None:
        await act(event, uow)

    return events


def note(uow: UnitOfWork, words: str) -> None:
    uow.session.add(Note(tenant_id=uow.tenant, text=words))


async def say(rig: Rig, tenant: TenantId, *numbers: int, about: str = "a") -> None:
    """Into the reader's inbox, past outbox and relay."""
    envelopes = [Envelope.around(Said(about=about, number=n), source="sender", tenant=tenant) for n in numbers]
    await rig.transport.publish(envelopes)


async def notes(rig: Rig) -> list[str]:
    return [row[0] for row in await rig.rows("reader", "SELECT text FROM notes ORDER BY text")]


async def waiting(rig: Rig) -> int:
    [(count,)] = await rig.rows("reader", "SELECT count(*) FROM inbox WHERE handled_at IS NULL")
    return int(count)


async def hurry(rig: Rig) -> None:
    async def due(uow: UnitOfWork) -> None:
        await uow.session.execute(text("UPDATE inbox SET due_at = now()"))

    await rig["reader"].transact(None, due)


def worker(rig: Rig, **options: Any) -> InboxWorker:
    return InboxWorker(rig["reader"], rig.parts[0].events, None, **options)


async def test_effects_events_and_tasks_of_a_handler_commit_with_handled(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    async def act(event: Said, uow: UnitOfWork) -> None:
        note(uow, event.about)
        uow.emit(NoteWritten(note_id=uuid7()))
        uow.enqueue(NewTask("reader.work", Payload(number=event.number)))

    async with backed(database_server, Part("reader", events=acting(act))) as rig:
        await say(rig, tenant, 1)
        for step, expected in (("raise", 0), ("", 1)):
            with failpoints.arm(f"inbox.handled.before_commit={step}" if step else ""):
                await worker(rig).step()
            counts = [len(await rig.rows("reader", f"SELECT 1 FROM {table}")) for table in ("notes", "outbox", "tasks")]
            assert counts == [expected] * 3
            assert await waiting(rig) == 1 - expected
            await hurry(rig)


async def test_f8_a_crash_anywhere_leaves_one_effect(database_server: DatabaseServer, tenant: TenantId) -> None:
    """F8: before the commit nothing is kept, after it the event is not handled again."""

    async def act(event: Said, uow: UnitOfWork) -> None:
        note(uow, f"{event.about} {uuid7()}")

    async with backed(database_server, Part("reader", events=acting(act))) as rig:
        for number, point in enumerate(("inbox.handled.before_commit", "db.commit.before", "db.commit.after")):
            await say(rig, tenant, 1, about=f"{number}")
            with failpoints.arm(f"{point}=raise@2" if point.startswith("db") else f"{point}=raise@1"):
                await asyncio.gather(worker(rig).step(), return_exceptions=True)
        await hurry(rig)
        await worker(rig).step()
        assert [words[0] for words in await notes(rig)] == ["0", "1", "2"]


async def test_later_events_of_a_key_wait_behind_a_failing_one_and_other_keys_go_on(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    broken = True

    async def act(event: Said, uow: UnitOfWork) -> None:
        if broken and event.about == "a" and event.number == 2:
            raise ConnectionError
        note(uow, f"{event.about}{event.number}")

    async with backed(database_server, Part("reader", events=acting(act))) as rig:
        await say(rig, tenant, 1, 2, 3)
        await say(rig, tenant, 1, 2, about="b")
        for _ in range(3):
            await worker(rig).step()
        assert await notes(rig) == ["a1", "b1", "b2"]
        broken = False
        await hurry(rig)
        await worker(rig).step()
        assert await notes(rig) == ["a1", "a2", "a3", "b1", "b2"]


async def test_keys_are_handled_side_by_side_and_one_key_never_twice_at_a_time(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    at_work: list[str] = []
    order: list[str] = []
    together = 0

    async def act(event: Said, uow: UnitOfWork) -> None:
        nonlocal together
        assert event.about not in at_work
        at_work.append(event.about)
        together = max(together, len(at_work))
        await asyncio.sleep(0.01)
        at_work.remove(event.about)
        order.append(f"{event.about}{event.number}")

    async with backed(database_server, Part("reader", events=acting(act))) as rig:
        for key in "abcd":
            await say(rig, tenant, *range(5), about=key)
        running = [asyncio.create_task(worker(rig, parallel=3).run()) for _ in range(2)]
        await wait_until(lambda: len(order) == 20)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    assert together > 1
    for key in "abcd":
        assert [one for one in order if one[0] == key] == [f"{key}{number}" for number in range(5)]


async def test_a_failing_event_is_tried_five_times_with_growing_waits_and_then_buried(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    async def act(event: Said, uow: UnitOfWork) -> None:
        note(uow, "kept nowhere")
        if event.number == 1:
            raise RuntimeError("password=hunter2")

    async with backed(database_server, Part("reader", events=acting(act))) as rig:
        await say(rig, tenant, 1)
        waits = []
        for attempt in range(1, 6):
            await worker(rig).step()
            [(attempts, wait, error)] = await rig.rows(
                "reader", "SELECT attempts, extract(epoch FROM due_at - now()), error FROM inbox"
            )
            assert attempts == attempt
            assert error["code"] == "internal_error"
            assert error["exception"] == "builtins.RuntimeError"
            assert "hunter2" not in json.dumps(error)
            waits.append(float(wait))
            assert await worker(rig).step() == 0
            await hurry(rig)
        assert all(1 < wait <= bound for wait, bound in zip(waits, (8, 32, 128, 300), strict=False))
        assert await waiting(rig) == 0
        assert await notes(rig) == []
        [letter] = await rig.rows("reader", "SELECT id, source, name, tenant_id, attempts FROM dead_letters")
        [(event_id,)] = await rig.rows("reader", "SELECT event_id FROM inbox")
        assert letter == (letter_of("reader.act", event_id), "event", "reader.act", tenant, 5)


async def test_an_error_that_will_not_pass_buries_the_event_at_once_and_its_key_goes_on(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    async def act(event: Said, uow: UnitOfWork) -> None:
        if event.number == 1:
            raise Conflict("Not in this state.")
        note(uow, str(event.number))

    async with backed(database_server, Part("reader", events=acting(act))) as rig:
        await say(rig, tenant, 1, 2)
        await worker(rig).step()
        await worker(rig).step()
        assert await notes(rig) == ["2"]
        [(code, detail)] = await rig.rows("reader", "SELECT error->>'code', error->>'detail' FROM dead_letters")
        assert (code, detail) == (Conflict.code, "Not in this state.")


async def test_an_error_that_says_when_to_come_back_costs_no_attempt(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    async def act(event: Said, uow: UnitOfWork) -> None:
        raise Unavailable(retry_after=30)

    async with backed(database_server, Part("reader", events=acting(act))) as rig:
        await say(rig, tenant, 1)
        for _ in range(7):
            await worker(rig).step()
            [(attempts, wait)] = await rig.rows(
                "reader", "SELECT attempts, extract(epoch FROM due_at - now()) FROM inbox"
            )
            assert attempts == 0
            assert 29 < wait <= 45
            await hurry(rig)
        assert await waiting(rig) == 1


async def test_an_error_of_a_task_group_counts_as_what_went_wrong_in_it(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    async def refuse() -> None:
        raise Conflict("Not now.")

    async def act(event: Said, uow: UnitOfWork) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(refuse())

    async with backed(database_server, Part("reader", events=acting(act))) as rig:
        await say(rig, tenant, 1)
        await worker(rig).step()
        [(code,)] = await rig.rows("reader", "SELECT error->>'code' FROM dead_letters")
        assert code == Conflict.code


async def test_a_dead_letter_sent_again_is_handled_before_later_events_of_its_key(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    broken = True
    order: list[int] = []

    async def act(event: Said, uow: UnitOfWork) -> None:
        if broken:
            raise Conflict
        order.append(event.number)

    async with backed(database_server, Part("reader", events=acting(act))) as rig:
        await say(rig, tenant, 1)
        await worker(rig).step()
        await say(rig, tenant, 2)
        broken = False
        async with rig["reader"].system() as uow:
            assert await open_letters(uow) == {("event", "reader.act"): 1}
            assert await redrive(uow, name="reader.other") == 0
            assert await redrive(uow, name="reader.act") == 1
            assert await redrive(uow, name="reader.act") == 0
            assert await open_letters(uow) == {}
        await worker(rig).step()
    assert order == [1, 2]


async def test_a_letter_that_dies_again_is_one_letter(database_server: DatabaseServer, tenant: TenantId) -> None:
    async def act(event: Said, uow: UnitOfWork) -> None:
        raise Conflict

    async with backed(database_server, Part("reader", events=acting(act))) as rig:
        await say(rig, tenant, 1)
        for _ in range(2):
            await worker(rig).step()
            async with rig["reader"].system() as uow:
                assert await redrive(uow) == 1
        await worker(rig).step()
        assert await rig.rows("reader", "SELECT redriven_at FROM dead_letters") == [(None,)]


async def test_a_discarded_letter_stays_with_its_reason_and_is_not_sent_again(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    async def act(event: Said, uow: UnitOfWork) -> None:
        raise Conflict

    async with backed(database_server, Part("reader", events=acting(act))) as rig:
        await say(rig, tenant, 1)
        await worker(rig).step()
        [(letter,)] = await rig.rows("reader", "SELECT id FROM dead_letters")
        async with rig["reader"].system() as uow:
            with pytest.raises(ValueError, match="reason"):
                await discard(uow, reason=" ", ids=[letter])
            assert await discard(uow, reason="made by a test", ids=[letter]) == 1
            assert await redrive(uow) == 0
        assert await rig.rows("reader", "SELECT discard_reason FROM dead_letters") == [("made by a test",)]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"{not json", "schema_invalid"),
        (b"\x00\xff\xfe", "schema_invalid"),
        (b'{"specversion":"1.0"}', "schema_invalid"),
        (b'{"a":"' + b"x" * 2 * MAX_BYTES + b'"}', "message_too_large"),
        (b"", "schema_invalid"),
    ],
    ids=["bad JSON", "binary", "no envelope", "2 MB", "nothing"],
)
async def test_f10_poison_is_kept_with_the_reason_once_and_the_next_message_goes_on(
    database_server: DatabaseServer, tenant: TenantId, raw: bytes, code: str
) -> None:
    """F10."""

    async def act(event: Said, uow: UnitOfWork) -> None:
        note(uow, event.about)

    async with backed(database_server, Part("reader", events=acting(act))) as rig:
        inbox = Inbox(rig["reader"], rig.parts[0].events)
        good = Envelope.around(Said(about="good"), source="sender", tenant=tenant)
        for _ in range(2):
            await inbox.receive([raw, json.dumps(good.as_json()).encode()])
        await rig.background.drain()
        assert await notes(rig) == ["good"]
        [(found, size)] = await rig.rows("reader", "SELECT error->>'code', length(envelope::text) FROM dead_letters")
        assert found == code
        assert size < 5000
        async with rig["reader"].system() as uow:
            assert await redrive(uow) == 0


async def test_a_message_of_a_newer_version_can_be_sent_again_once_it_is_known(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    async def act(event: Said, uow: UnitOfWork) -> None:
        note(uow, event.about)

    async with backed(database_server, Part("reader", events=acting(act))) as rig:
        newer = Envelope.around(Said(about="newer"), source="sender", tenant=tenant).model_copy(
            update={"dataversion": 2}
        )
        await rig.transport.publish([newer])
        await rig.background.drain()
        assert await waiting(rig) == 0
        Said.data_version = 2
        try:
            async with rig["reader"].system() as uow:
                assert await redrive(uow, ids=[letter_of("reader.act", newer.id)]) == 1
            await rig.background.drain()
        finally:
            del Said.data_version
        assert await notes(rig) == ["newer"]


@pytest.mark.parametrize("seed", range(3))
async def test_f11_duplicates_delays_and_reordering_end_as_an_ordered_run_does(
    database_server: DatabaseServer, tenant: TenantId, seed: int
) -> None:
    """F11: per key, the sequence of what was handled is the sequence of what was said."""
    handled: dict[str, list[int]] = {}

    async def act(event: Said, uow: UnitOfWork) -> None:
        note(uow, f"{event.about} {event.number}")
        uow.after_commit(lambda: handled.setdefault(event.about, []).append(event.number))

    async with backed(database_server, Part("reader", events=acting(act)), unreliable=seed) as rig:
        for number in range(40):
            async with rig["reader"].unit_of_work(tenant) as uow:
                for key in "abcde":
                    uow.emit(Said(about=key, number=number))
            if number % 7 == 0:
                await rig.background.drain()
            if number % 13 == 0:
                await rig.transport.release()  # type: ignore[attr-defined]
        await rig.background.drain()
        await rig.transport.release()  # type: ignore[attr-defined]
        await rig.background.drain()
        assert handled == {key: list(range(40)) for key in "abcde"}
        assert len(await notes(rig)) == 200


async def test_f32_a_collision_in_a_handler_is_tried_again_at_once_and_costs_no_attempt(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    """F32."""

    async def act(event: Said, uow: UnitOfWork) -> None:
        note(uow, event.about)

    async with backed(database_server, Part("reader", events=acting(act))) as rig:
        for number in range(20):
            await say(rig, tenant, 1, about=f"{number}")
        while await waiting(rig):
            with failpoints.arm("db.serialization=raise40001%20"):
                await worker(rig).step()
            await hurry(rig)
        assert len(await notes(rig)) == 20
        assert await rig.rows("reader", "SELECT DISTINCT attempts FROM inbox") == [(0,)]


async def test_a_worker_that_stops_in_the_middle_leaves_the_event_unhandled(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    began = asyncio.Event()

    async def act(event: Said, uow: UnitOfWork) -> None:
        note(uow, event.about)
        began.set()
        await asyncio.sleep(60)

    async with backed(database_server, Part("reader", events=acting(act))) as rig:
        await say(rig, tenant, 1)
        running = asyncio.create_task(worker(rig).run())
        await began.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert await notes(rig) == []
        assert await rig.rows("reader", "SELECT attempts, handled_at FROM inbox") == [(0, None)]


async def test_handled_rows_are_purged_when_they_are_old_and_waiting_ones_never(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    async def act(event: Said, uow: UnitOfWork) -> None: ...

    async with backed(database_server, Part("reader", events=acting(act))) as rig:
        events = rig.parts[0].events
        await say(rig, tenant, 1)
        await rig.background.drain()
        await say(rig, tenant, 2)
        async with rig["reader"].system() as uow:
            assert await purge_inbox(uow, events) == 0
            for (event_id,) in (await uow.session.execute(text("SELECT event_id FROM inbox"))).all():
                aged = UUID(int=event_id.int - (int(timedelta(days=60).total_seconds() * 1000) << 80))
                await uow.session.execute(AGE, {"aged": aged, "id": event_id})
            assert await purge_inbox(uow, events) == 1
            lag = await inbox_lag(uow)
        assert lag["reader.act"][0] == 1


BACKLOG = text("""
    INSERT INTO inbox (subscription, event_id, tenant_id, key, envelope)
    SELECT 'reader.act', gen_random_uuid(), CAST(:tenant AS uuid), 'key ' || n, '{}'
    FROM generate_series(1, :count) AS n
""")


async def test_of_a_backlog_only_the_first_few_events_are_looked_at(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    """Right after it came, while the table's statistics know nothing of it. Counted in pages read, not in time."""

    async def act(event: Said, uow: UnitOfWork) -> None: ...

    async with backed(database_server, Part("reader", events=acting(act))) as rig:
        async with rig["reader"].system() as uow:
            await uow.session.execute(BACKLOG, {"tenant": str(tenant), "count": 20_000})
        async with rig["reader"].system() as uow:
            given = {"subscriptions": ["reader.act"], "active": [], "limit": 8}
            explained = text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {HEADS.text}")
            [plan] = (await uow.session.execute(explained, given)).scalar_one()
    assert plan["Plan"]["Actual Rows"] == 8
    assert plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"] < 200


class Odd(AppError):
    code = "odd"


async def test_drain_raises_the_error_behind_the_first_dead_letter(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    async def act(event: Said, uow: UnitOfWork) -> None:
        raise Odd

    async with backed(database_server, Part("reader", events=acting(act))) as rig:
        await say(rig, tenant, 1)
        with pytest.raises(Odd):
            await rig.background.drain()
        await say(rig, tenant, 2)
        await rig.background.drain(raise_errors=False)
