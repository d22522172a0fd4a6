"""What every transport must do, whatever carries the events (`kernel.transport.Transport`).

class TestLocalTransport(TransportContract):
    @pytest_asyncio.fixture
    async def carried(self, database_server): ...        # a Carried
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import text

from kernel import failpoints
from kernel.db import Database
from kernel.envelope import Envelope
from kernel.events import Event, Subscriptions
from kernel.ids import TenantId, uuid7
from kernel.testing.postgres import wait_until
from kernel.transport import Transport
from kernel.uow import UnitOfWork


class Told(Event):
    """An event of the contract's own."""

    type: ClassVar[str] = "contract.told"

    about: str
    number: int

    def key(self) -> str:
        return self.about


class Unheard(Event):
    """An event nobody subscribes to."""

    type: ClassVar[str] = "contract.unheard"


def subscriptions(service: str) -> Subscriptions:
    """A subscription of `Told`, whose handler is never called: the contract looks at the inbox."""
    events = Subscriptions(service)

    @events.on(Told)
    async def hear(event: Told, uow: UnitOfWork, service: Any) -> None:
        raise AssertionError("nothing handles events here")

    return events


@dataclass(slots=True)
class Carried:
    """A transport that reaches the inboxes of two services, both with `subscriptions(name)`."""

    transport: Transport
    databases: dict[str, Database]

    async def arrived(self, service: str) -> list[tuple[str, int]]:
        """Subject and number of what is in a service's inbox, in the order it came."""
        async with self.databases[service].system() as uow:
            rows = await uow.session.execute(text("SELECT envelope FROM inbox ORDER BY seq"))
            envelopes = [Envelope.model_validate(envelope) for envelope in rows.scalars()]
        return [(one.subject, one.data["number"]) for one in envelopes]

    async def wait_for(self, enough: Callable[[list[tuple[str, int]]], bool]) -> None:
        """Until both services' inboxes hold enough."""
        for service in self.databases:

            async def there(service: str = service) -> bool:
                return enough(await self.arrived(service))

            await wait_until(there)


def told(about: str, number: int, tenant: TenantId | None = None) -> Envelope:
    return Envelope.around(Told(about=about, number=number), source="contract", tenant=tenant or TenantId(uuid7()))


def of_key(arrived: Sequence[tuple[str, int]], about: str) -> list[int]:
    return [number for subject, number in arrived if subject == about]


class TransportContract:
    """Tests; a subclass gives the fixture `carried`."""

    async def test_every_subscriber_gets_every_event_whole(self, carried: Carried) -> None:
        envelope = told("a", 1)
        await carried.transport.publish([envelope])
        await carried.wait_for(lambda arrived: len(arrived) == 1)
        for database in carried.databases.values():
            async with database.system() as uow:
                row = (await uow.session.execute(text("SELECT event_id, tenant_id, key, envelope FROM inbox"))).one()
            assert (row.event_id, row.tenant_id, row.key) == (envelope.id, envelope.tenantid, "a")
            assert Envelope.model_validate(row.envelope) == envelope

    async def test_events_of_a_key_arrive_in_the_order_they_were_published(self, carried: Carried) -> None:
        for start in range(0, 60, 20):
            await carried.transport.publish([told(f"key {n % 3}", n) for n in range(start, start + 20)])
        await carried.wait_for(lambda arrived: len(arrived) == 60)
        for service in carried.databases:
            arrived = await carried.arrived(service)
            for key in range(3):
                assert of_key(arrived, f"key {key}") == list(range(key, 60, 3))

    async def test_an_event_published_twice_is_kept_once(self, carried: Carried) -> None:
        first, second = told("a", 1), told("a", 2)
        await carried.transport.publish([first])
        await carried.transport.publish([first, second, first])
        await carried.wait_for(lambda arrived: of_key(arrived, "a")[-1:] == [2])
        assert [await carried.arrived(service) for service in carried.databases] == [[("a", 1), ("a", 2)]] * 2

    async def test_what_nobody_subscribes_to_is_dropped(self, carried: Carried) -> None:
        unheard = Envelope.around(Unheard(), source="contract", tenant=TenantId(uuid7()))
        await carried.transport.publish([unheard, told("a", 1)])
        await carried.wait_for(lambda arrived: arrived == [("a", 1)])

    async def test_a_message_that_can_not_be_read_is_buried_and_the_next_go_on(self, carried: Carried) -> None:
        poison = [
            told("a", 1).model_copy(update={"dataversion": 99}),
            told("a", 2).model_copy(update={"tenantid": None}),
            told("a", 3).model_copy(update={"data": {"about": "a", "number": "many"}}),
        ]
        await carried.transport.publish([*poison, told("a", 4)])
        await carried.wait_for(lambda arrived: arrived == [("a", 4)])
        for database in carried.databases.values():
            async with database.system() as uow:
                letters = await uow.session.execute(text("SELECT error->>'code' FROM dead_letters"))
                assert sorted(letters.scalars()) == ["missing_tenant", "schema_invalid", "unknown_version"]

    async def test_publishers_at_the_same_time_lose_nothing(self, carried: Carried) -> None:
        batches = [[told(f"key {k}", n) for n in range(20)] for k in range(5)]
        await asyncio.gather(*(carried.transport.publish(batch) for batch in batches))
        await carried.wait_for(lambda arrived: len(arrived) == 100)
        for service in carried.databases:
            arrived = await carried.arrived(service)
            assert all(of_key(arrived, f"key {k}") == list(range(20)) for k in range(5))

    async def test_what_was_received_but_not_acknowledged_is_kept_once(self, carried: Carried) -> None:
        """F8: the consumer dies between writing the inbox and telling the transport."""
        envelope = told("a", 1)
        with failpoints.arm("inbox.received.before_ack=raise@1"):
            await asyncio.gather(carried.transport.publish([envelope]), return_exceptions=True)
            await carried.transport.publish([envelope, told("a", 2)])
            await carried.wait_for(lambda arrived: arrived == [("a", 1), ("a", 2)])
