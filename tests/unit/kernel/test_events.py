"""Events from `uow.emit` to the handler: once, in order, whole."""

from __future__ import annotations

from typing import ClassVar

import pytest
from sqlalchemy import select

from kernel.events import Event, Subscriptions
from kernel.ids import TenantId
from kernel.testing.events import Part, backed
from kernel.testing.notes import Note
from kernel.testing.postgres import DatabaseServer
from kernel.uow import UnitOfWork


class Sent(Event):
    type: ClassVar[str] = "letter.sent"
    about: str
    number: int = 0

    def key(self) -> str:
        return self.about


async def test_a_handler_gets_what_was_emitted(database_server: DatabaseServer, tenant: TenantId) -> None:
    events = Subscriptions("reader")

    @events.on(Sent)
    async def keep(event: Sent, uow: UnitOfWork, service: object) -> None:
        uow.session.add(Note(tenant_id=uow.tenant, text=event.about))

    async with backed(database_server, Part("sender"), Part("reader", events=events)) as rig:
        async with rig["sender"].unit_of_work(tenant) as uow:
            uow.emit(Sent(about="a"))
        await rig.background.drain()
        async with rig["reader"].unit_of_work(tenant) as uow:
            assert (await uow.session.scalars(select(Note.text))).all() == ["a"]
        rows = await rig.rows("reader", "SELECT * FROM inbox")
        print(rows)
        print(await rig.rows("sender", "SELECT * FROM outbox"))
