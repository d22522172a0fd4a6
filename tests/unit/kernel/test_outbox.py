"""The relay: everything that was committed leaves, in order, at least once (F3, F4, F7, F10)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text

from kernel import failpoints
from kernel.clock import now
from kernel.envelope import Envelope
from kernel.events import Event, Subscriptions
from kernel.failpoints import FailpointHit
from kernel.ids import TenantId, uuid7
from kernel.outbox import Relay, outbox_lag, purge_outbox, replay
from kernel.testing.events import Part, Rig, backed
from kernel.testing.notes import Note
from kernel.testing.postgres import DatabaseServer, wait_until
from kernel.transport import TransportDown
from kernel.uow import UnitOfWork


class Numbered(Event):
    type: ClassVar[str] = "number.said"

    about: str
    number: int

    def key(self) -> str:
        return self.about


class Recorder:
    """A transport that keeps what it gets; while `down`, it takes nothing."""

    def __init__(self) -> None:
        self.batches: list[list[Envelope]] = []
        self.down = False
        self.held: asyncio.Event | None = None

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        if self.down:
            raise TransportDown
        if self.held is not None:
            await self.held.wait()
        self.batches.append(list(envelopes))

    @property
    def numbers(self) -> list[int]:
        return [envelope.data["number"] for batch in self.batches for envelope in batch]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest_asyncio.fixture
async def sender(database_server: DatabaseServer) -> AsyncIterator[Rig]:
    async with backed(database_server, Part("sender")) as rig:
        yield rig


async def say(rig: Rig, tenant: TenantId, *numbers: int, about: str = "a") -> None:
    async with rig["sender"].unit_of_work(tenant) as uow:
        for number in numbers:
            uow.emit(Numbered(about=about, number=number))


async def unsent(rig: Rig) -> int:
    async with rig["sender"].system() as uow:
        return (await outbox_lag(uow))[0]


async def test_everything_leaves_once_in_the_order_it_was_stated(
    sender: Rig, recorder: Recorder, tenant: TenantId
) -> None:
    relay = Relay(sender["sender"], recorder, batch=7)
    for start in range(0, 30, 3):
        await say(sender, tenant, start, start + 1, start + 2)
    assert [await relay.step() for _ in range(6)] == [7, 7, 7, 7, 2, 0]
    assert recorder.numbers == list(range(30))
    assert await unsent(sender) == 0


async def test_what_was_rolled_back_never_leaves(sender: Rig, recorder: Recorder, tenant: TenantId) -> None:
    with pytest.raises(ZeroDivisionError):
        async with sender["sender"].unit_of_work(tenant) as uow:
            uow.emit(Numbered(about="a", number=1))
            raise ZeroDivisionError
    assert await Relay(sender["sender"], recorder).step() == 0


async def test_f3_a_crash_between_publishing_and_marking_publishes_again(
    sender: Rig, recorder: Recorder, tenant: TenantId
) -> None:
    """F3."""
    await say(sender, tenant, 1, 2)
    relay = Relay(sender["sender"], recorder)
    with failpoints.arm("outbox.published.before_mark=raise@1"):
        with pytest.raises(FailpointHit):
            await relay.step()
        assert await unsent(sender) == 2
        assert await relay.step() == 2
    assert recorder.numbers == [1, 2, 1, 2]
    assert [one.id for one in recorder.batches[0]] == [one.id for one in recorder.batches[1]]


async def test_f3_an_event_published_twice_has_one_effect(database_server: DatabaseServer, tenant: TenantId) -> None:
    """F3, with the inbox behind it."""
    events = Subscriptions("reader")

    @events.on(Numbered)
    async def keep(event: Numbered, uow: UnitOfWork, service: object) -> None:
        uow.session.add(Note(tenant_id=uow.tenant, text=str(uuid7())))

    async with backed(database_server, Part("sender"), Part("reader", events=events)) as rig:
        await say(rig, tenant, 1, 2)
        with failpoints.arm("outbox.published.before_mark=raise@1"), pytest.raises(FailpointHit):
            await rig.background.drain()
        await rig.background.drain()
        assert len(await rig.rows("reader", "SELECT * FROM notes")) == 2


async def test_f4_a_long_transaction_that_holds_a_lower_place_loses_nothing(
    sender: Rig, recorder: Recorder, tenant: TenantId
) -> None:
    """F4: rows are numbered at insert and seen at commit; what commits late leaves late, but leaves."""
    relay = Relay(sender["sender"], recorder)
    async with sender["sender"].unit_of_work(tenant) as late:
        late.emit(Numbered(about="late", number=1))
        await late.flush()
        await say(sender, tenant, 2, 3)
        await relay.step()
        assert recorder.numbers == [2, 3]
    await relay.step()
    assert recorder.numbers == [2, 3, 1]


async def test_f4_of_two_relays_one_works_and_the_order_of_each_key_is_kept(
    sender: Rig, recorder: Recorder, tenant: TenantId
) -> None:
    """F4: both run all the time, with rows being added."""
    relays = [Relay(sender["sender"], recorder, batch=5, poll=0.05) for _ in range(2)]
    running = [asyncio.create_task(relay.run()) for relay in relays]
    try:
        for number in range(60):
            await say(sender, tenant, number, about=f"key {number % 4}")
        await wait_until(lambda: len(recorder.numbers) == 60)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    for key in range(4):
        assert [number for number in recorder.numbers if number % 4 == key] == list(range(key, 60, 4))


async def test_a_second_relay_does_nothing_while_the_first_publishes(
    sender: Rig, recorder: Recorder, tenant: TenantId
) -> None:
    await say(sender, tenant, 1)
    recorder.held = asyncio.Event()
    first = asyncio.create_task(Relay(sender["sender"], recorder).step())
    await wait_until(lambda: _locked(sender))
    assert await Relay(sender["sender"], recorder).step() == 0
    recorder.held.set()
    assert await first == 1
    assert recorder.numbers == [1]


async def _locked(rig: Rig) -> bool:
    return bool(await rig.rows("sender", "SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"))


async def test_f5_while_the_transport_is_down_events_wait_and_nothing_is_lost(
    sender: Rig, recorder: Recorder, tenant: TenantId
) -> None:
    """F5: stating facts goes on all the time; a running relay tries again by itself."""
    recorder.down = True
    relay = asyncio.create_task(Relay(sender["sender"], recorder, poll=0.05).run())
    try:
        for number in range(5):
            await say(sender, tenant, number)
        await asyncio.sleep(0.3)
        assert await unsent(sender) == 5
        recorder.down = False
        await wait_until(lambda: recorder.numbers == list(range(5)))
    finally:
        relay.cancel()
        await asyncio.gather(relay, return_exceptions=True)


async def test_a_running_relay_is_woken_by_the_commit(sender: Rig, recorder: Recorder, tenant: TenantId) -> None:
    """With an hour between polls only the notice can have woken it."""
    relay = asyncio.create_task(Relay(sender["sender"], recorder, poll=3600).run())
    try:
        for number in range(3):
            await say(sender, tenant, number)
            await wait_until(lambda number=number: recorder.numbers == list(range(number + 1)))
    finally:
        relay.cancel()
        await asyncio.gather(relay, return_exceptions=True)


async def test_f10_a_row_that_can_not_be_read_is_buried_and_the_next_leave(
    sender: Rig, recorder: Recorder, tenant: TenantId
) -> None:
    """F10, from this side: rows are made by the program, but a restore or a hand may spoil one."""
    await say(sender, tenant, 1, 2)
    async with sender["sender"].system() as uow:
        await uow.session.execute(text("UPDATE outbox SET envelope = '{\"odd\": true}' WHERE seq = 1"))
    assert await Relay(sender["sender"], recorder).step() == 2
    assert recorder.numbers == [2]
    [letter] = await sender.rows("sender", "SELECT name, tenant_id, envelope, error->>'code' FROM dead_letters")
    assert letter == ("outbox", tenant, {"odd": True}, "schema_invalid")


async def test_f7_replay_states_again_what_was_stated_since(sender: Rig, recorder: Recorder, tenant: TenantId) -> None:
    """F7: the broker lost a topic; consumers that have an event drop it, the others converge."""
    relay = Relay(sender["sender"], recorder)
    await say(sender, tenant, 1)
    await relay.step()
    middle = now()
    await say(sender, tenant, 2, 3)
    await relay.step()
    recorder.batches.clear()
    async with sender["sender"].system() as uow:
        assert await replay(uow, since=middle, topics=["other.topic"]) == 0
        assert await replay(uow, since=middle) == 2
    await relay.step()
    assert recorder.numbers == [2, 3]


async def test_old_rows_are_purged_and_unsent_ones_never(sender: Rig, recorder: Recorder, tenant: TenantId) -> None:
    await say(sender, tenant, 1)
    await Relay(sender["sender"], recorder).step()
    await say(sender, tenant, 2)
    async with sender["sender"].system() as uow:
        old = "UPDATE outbox SET id = :id, sent_at = sent_at - interval '30 days' WHERE seq = :seq"
        for seq in (1, 2):
            aged = UUID(int=uuid7().int - (int(timedelta(days=30).total_seconds() * 1000) << 80))
            await uow.session.execute(text(old), {"id": aged, "seq": seq})
        assert await purge_outbox(uow) == 1
    assert await unsent(sender) == 1
