"""What commits together, and what a rollback takes with it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from kernel import context
from kernel.clock import now
from kernel.db import Database
from kernel.envelope import Envelope, MissingTenant
from kernel.ids import TenantId, uuid7
from kernel.tables import KERNEL
from kernel.tasks import NewTask
from kernel.testing.notes import Note, NoteWritten

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Payload(BaseModel):
    number: int = 1


async def outbox(database: Database) -> list[Envelope]:
    async with database.system() as uow:
        rows = await uow.session.execute(select(KERNEL.outbox.c.envelope).order_by(KERNEL.outbox.c.seq))
        return [Envelope.model_validate(envelope) for envelope in rows.scalars()]


async def count(database: Database, table: str) -> int:
    async with database.system() as uow:
        return (await uow.session.execute(select(func.count()).select_from(getattr(KERNEL, table)))).scalar_one()


async def test_a_change_its_event_and_its_task_are_kept_together(notes: Database, tenant: TenantId):
    note = Note(id=uuid7(), tenant_id=tenant, text="hello")
    due = now() + timedelta(hours=1)
    with context.bind(traceparent=TRACE):
        async with notes.unit_of_work(tenant) as uow:
            uow.session.add(note)
            uow.emit(NoteWritten(note_id=note.id))
            task = NewTask("notes.index", Payload(number=7), group="g", priority=3, due=due, attempts=2, pending=1)
            task_id = uow.enqueue(task)

    (envelope,) = await outbox(notes)
    assert (envelope.type, envelope.source, envelope.tenantid) == ("note.written", "notes", tenant)
    assert (envelope.subject, envelope.traceparent) == (str(tenant), TRACE)
    assert envelope.open(NoteWritten).note_id == note.id
    async with notes.system() as uow:
        row = (await uow.session.execute(select(KERNEL.tasks))).one()
    assert (row.id, row.kind, row.tenant_id, row.payload) == (task_id, "notes.index", tenant, {"number": 7})
    assert (row.group_id, row.priority, row.due_at, row.max_attempts, row.pending) == ("g", 3, due, 2, 1)
    assert (row.state, row.attempts, row.token, row.traceparent) == ("ready", 0, 0, TRACE)


async def test_an_error_takes_change_event_task_and_notice_back(notes: Database, tenant: TenantId):
    called: list[str] = []
    with pytest.raises(RuntimeError, match="changed my mind"):
        async with notes.unit_of_work(tenant) as uow:
            uow.session.add(Note(tenant_id=tenant, text="hello"))
            uow.emit(NoteWritten(note_id=uuid7()))
            uow.enqueue(NewTask("notes.index", Payload()))
            uow.after_commit(lambda: called.append("committed"))
            await uow.flush()
            raise RuntimeError("changed my mind")

    assert (await count(notes, "outbox"), await count(notes, "tasks"), called) == (0, 0, [])
    async with notes.unit_of_work(tenant) as uow:
        assert (await uow.session.scalars(select(Note))).all() == []


async def test_a_savepoint_takes_with_it_what_was_said_inside(notes: Database, tenant: TenantId):
    kept, lost = uuid7(), uuid7()
    async with notes.unit_of_work(tenant) as uow:
        uow.session.add(Note(tenant_id=tenant, text="taken"))
        uow.emit(NoteWritten(note_id=kept))
        with pytest.raises(IntegrityError):
            async with uow.session.begin_nested():
                async with uow.session.begin_nested():  # kept by itself, but inside what is lost
                    uow.emit(NoteWritten(note_id=lost))
                uow.enqueue(NewTask("notes.index", Payload()))
                uow.session.add(Note(tenant_id=tenant, text="taken"))
                await uow.session.flush()
        async with uow.session.begin_nested():
            uow.enqueue(NewTask("notes.index", Payload(number=2)))

    assert [envelope.open(NoteWritten).note_id for envelope in await outbox(notes)] == [kept]
    assert await count(notes, "tasks") == 1


async def test_events_leave_in_the_order_they_were_stated(notes: Database, tenant: TenantId):
    stated = [uuid7() for _ in range(50)]
    async with notes.unit_of_work(tenant) as uow:
        for note_id in stated:
            uow.emit(NoteWritten(note_id=note_id))

    assert [envelope.open(NoteWritten).note_id for envelope in await outbox(notes)] == stated


async def test_while_a_task_is_open_its_key_is_taken_for_its_tenant_only(notes: Database, tenant: TenantId):
    async def add(owner: TenantId, kind: str = "notes.index") -> UUID:
        async with notes.unit_of_work(owner) as uow:
            return uow.enqueue(NewTask(kind, Payload(), key="nightly"))

    first = await add(tenant)
    await add(tenant)
    await add(tenant, "notes.other")
    await add(TenantId(uuid7()))
    assert await count(notes, "tasks") == 3

    async with notes.system() as uow:
        await uow.session.execute(KERNEL.tasks.update().where(KERNEL.tasks.c.id == first).values(state="done"))
    await add(tenant)
    assert await count(notes, "tasks") == 4


async def test_many_tasks_are_left_at_once_and_those_of_one_key_are_one(notes: Database, tenant: TenantId):
    async with notes.unit_of_work(tenant) as uow:
        for number in range(20):
            uow.enqueue(NewTask("notes.index", Payload(number=number), key=str(number % 5)))
            uow.enqueue(NewTask("notes.index", Payload(number=number)))

    assert await count(notes, "tasks") == 25


async def test_untenanted_tasks_of_one_key_are_one(notes: Database):
    for _ in range(2):
        async with notes.system() as uow:
            uow.enqueue(NewTask("notes.tidy", Payload(), key="nightly"))

    assert await count(notes, "tasks") == 1


async def test_a_commit_wakes_the_relay_and_the_workers_and_a_rollback_does_not(notes: Database, tenant: TenantId):
    async def heard(channel: str, ready: asyncio.Event) -> str:
        async with aclosing(notes.listen(channel)) as payloads:
            assert await anext(payloads) == ""
            ready.set()
            return await anext(payloads)

    channels = ("keyreel_notes_outbox", "keyreel_notes_tasks", "mine")
    signals = [asyncio.Event() for _ in channels]
    async with asyncio.timeout(10):
        listeners = [
            asyncio.create_task(heard(channel, ready)) for channel, ready in zip(channels, signals, strict=True)
        ]
        for ready in signals:
            await ready.wait()
        with pytest.raises(RuntimeError):
            async with notes.unit_of_work(tenant) as uow:
                uow.notify("mine", "rolled back")
                raise RuntimeError
        async with notes.unit_of_work(tenant) as uow:
            uow.emit(NoteWritten(note_id=uuid7()))
            uow.enqueue(NewTask("notes.index", Payload()))
            uow.notify("mine", "committed")

        assert await asyncio.gather(*listeners) == ["", "ready", "committed"]


async def test_what_waits_for_the_commit_runs_after_it(notes: Database, tenant: TenantId):
    order: list[str] = []
    async with notes.unit_of_work(tenant) as uow:
        uow.after_commit(lambda: order.append("after"))
        order.append("inside")

    assert order == ["inside", "after"]


async def test_a_flush_shows_the_unit_its_own_tasks_but_is_refused_in_a_savepoint(notes: Database, tenant: TenantId):
    async with notes.unit_of_work(tenant) as uow:
        uow.enqueue(NewTask("notes.index", Payload()))
        await uow.flush()
        assert (await uow.session.execute(select(func.count()).select_from(KERNEL.tasks))).scalar_one() == 1
        async with uow.session.begin_nested():
            with pytest.raises(RuntimeError, match="savepoint"):
                await uow.flush()

    assert await count(notes, "tasks") == 1


async def test_an_event_of_a_tenant_needs_one(notes: Database, tenant: TenantId):
    async with notes.system() as uow:
        with pytest.raises(MissingTenant):
            uow.emit(NoteWritten(note_id=uuid7()))
        uow.emit(NoteWritten(note_id=uuid7()), tenant=tenant)
    async with notes.system(tenant) as uow:
        uow.emit(NoteWritten(note_id=uuid7()))

    assert [envelope.tenantid for envelope in await outbox(notes)] == [tenant, tenant]


async def test_an_act_is_recorded_with_who_did_it_and_from_where(notes: Database, tenant: TenantId):
    with context.bind(actor="user:1", address="203.0.113.7"):
        async with notes.unit_of_work(tenant) as uow:
            uow.audit("note.deleted", "note:1", reason="asked to", before={"text": "x"})
    async with notes.unit_of_work(tenant) as uow:
        uow.audit("note.expired", "note:2")

    by_person, by_program = (envelope.data for envelope in await outbox(notes))
    assert (by_person["actor"], by_person["address"], by_person["reason"]) == ("user:1", "203.0.113.7", "asked to")
    assert (by_person["action"], by_person["target"], by_person["before"]) == ("note.deleted", "note:1", {"text": "x"})
    assert (by_program["actor"], by_program["address"]) == ("service:notes", None)


async def test_an_operators_look_across_tenants_is_recorded_even_when_it_fails(notes: Database, tenant: TenantId):
    async with notes.unit_of_work(tenant) as uow:
        uow.session.add(Note(tenant_id=tenant, text="hello"))
    with context.bind(actor="operator:9"), pytest.raises(RuntimeError):
        async with notes.operator_unit_of_work(reason="ticket 12") as uow:
            assert len((await uow.session.scalars(select(Note))).all()) == 1
            raise RuntimeError

    (envelope,) = await outbox(notes)
    assert (envelope.data["actor"], envelope.data["reason"], envelope.tenantid) == ("operator:9", "ticket 12", None)
    with pytest.raises(ValueError, match="reason"):
        async with notes.operator_unit_of_work(reason=" "):
            raise AssertionError("entered without a reason")
