"""A process that relays, receives and handles events: event_process.py, until it is killed.

Addresses of the databases come by the environment. It states nothing itself. `reader` writes one note an event: where
the event stands in its key, and who handled it.
"""

from __future__ import annotations

import asyncio
import os
from typing import ClassVar

from adapters.events_local import LocalTransport
from kernel.background import Backed, Background
from kernel.db import Database
from kernel.events import Event, Subscriptions
from kernel.ids import uuid7
from kernel.inbox import Inbox
from kernel.secret import Secret
from kernel.tasks import Tasks
from kernel.testing.notes import Note
from kernel.uow import UnitOfWork


class Said(Event):
    type: ClassVar[str] = "chaos.said"

    about: str
    number: int

    def key(self) -> str:
        return self.about


events = Subscriptions("reader")


@events.on(Said)
async def keep(event: Said, uow: UnitOfWork, service: object) -> None:
    uow.session.add(Note(id=uuid7(), tenant_id=uow.tenant, text=f"{event.about} {event.number} {uuid7()}"))
    await uow.flush()
    await asyncio.sleep(0.005)  # so that a kill finds something under way


async def main() -> None:
    sender = Database("sender", Secret(os.environ["CHAOS_SENDER_URL"]))
    reader = Database("reader", Secret(os.environ["CHAOS_READER_URL"]))
    services = [
        Backed(sender, None, Subscriptions("sender"), Tasks("sender")),
        Backed(reader, None, events, Tasks("reader")),
    ]
    async with Background(services, LocalTransport([Inbox(reader, events)])):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
