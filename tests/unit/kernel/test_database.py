"""Connections, collisions and notices of one service's database."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import asyncpg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from kernel.db import Collision, Database, DatabaseBusy, DatabaseUnavailable
from kernel.ids import TenantId, uuid7
from kernel.roles import service_password, service_url
from kernel.secret import Secret
from kernel.testing.notes import NOTES, Note
from kernel.testing.postgres import DatabaseServer
from kernel.uow import UnitOfWork


async def texts(database: Database, tenant: TenantId) -> list[str]:
    async with database.unit_of_work(tenant) as uow:
        return list(await uow.session.scalars(select(Note.text).order_by(Note.id)))


async def test_two_that_lock_each_other_out_both_succeed(notes: Database, tenant: TenantId):
    first, second = Note(tenant_id=tenant, text="a"), Note(tenant_id=tenant, text="b")
    async with notes.unit_of_work(tenant) as uow:
        uow.session.add_all([first, second])
    both_hold_one = asyncio.Barrier(2)
    runs = 0

    async def append(ids: list, mark: str) -> None:
        once = True

        async def work(uow: UnitOfWork) -> None:
            nonlocal once, runs
            runs += 1
            for note_id in ids:
                note = await uow.session.get_one(Note, note_id, with_for_update=True)
                note.text += mark
                await uow.session.flush()
                if once:
                    once = False
                    await both_hold_one.wait()

        await notes.transact(tenant, work)

    async with asyncio.timeout(20):
        await asyncio.gather(append([first.id, second.id], "1"), append([second.id, first.id], "2"))

    assert sorted(sorted(text) for text in await texts(notes, tenant)) == [["1", "2", "a"], ["1", "2", "b"]]
    assert runs == 3


async def test_work_that_collides_every_time_ends_as_busy_after_four_tries(notes: Database, tenant: TenantId):
    tries = 0

    async def work(uow: UnitOfWork) -> None:
        nonlocal tries
        tries += 1
        await uow.session.execute(text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$"))

    with pytest.raises(DatabaseBusy) as busy:
        await notes.transact(tenant, work)

    assert tries == 4
    assert (busy.value.status, busy.value.retryable, busy.value.retry_after) == (503, True, 1)


async def test_outside_of_transact_a_collision_is_told_as_busy(notes: Database, tenant: TenantId):
    with pytest.raises(Collision):
        async with notes.unit_of_work(tenant) as uow:
            await uow.session.execute(text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$"))


async def test_what_work_waits_to_do_is_done_once_though_it_ran_twice(notes: Database, tenant: TenantId):
    tries, called = 0, []

    async def work(uow: UnitOfWork) -> str:
        nonlocal tries
        tries += 1
        uow.after_commit(lambda: called.append(tries))
        uow.session.add(Note(tenant_id=tenant, text="once"))
        await uow.session.flush()
        if tries == 1:
            await uow.session.execute(text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$"))
        return "done"

    assert await notes.transact(tenant, work) == "done"
    assert called == [2]
    assert await texts(notes, tenant) == ["once"]


async def test_errors_that_say_something_about_the_data_pass_through(notes: Database, tenant: TenantId):
    with pytest.raises(IntegrityError):
        async with notes.unit_of_work(tenant) as uow:
            uow.session.add_all([Note(tenant_id=tenant, text="same"), Note(tenant_id=tenant, text="same")])
    with pytest.raises(DBAPIError) as failed:
        async with notes.unit_of_work(tenant) as uow:
            await uow.session.execute(text("SELECT 1 / 0"))
    assert "division by zero" in str(failed.value)


async def test_an_error_of_the_database_never_repeats_values(notes: Database, tenant: TenantId):
    with pytest.raises(IntegrityError) as failed:
        async with notes.unit_of_work(tenant) as uow:
            uow.session.add_all([Note(tenant_id=tenant, text="canary-4711") for _ in range(2)])

    assert "hidden" in str(failed.value)
    assert "[parameters: (" not in str(failed.value)


async def test_a_query_that_takes_too_long_is_ended(database_server: DatabaseServer, tenant: TenantId):
    async with database_server.fresh([NOTES], statement_timeout=0.2) as databases:
        with pytest.raises(DatabaseBusy):
            async with databases["notes"].unit_of_work(tenant) as uow:
                await uow.session.execute(text("SELECT pg_sleep(30)"))
        assert await texts(databases["notes"], tenant) == []


async def test_work_that_is_cancelled_leaves_nothing_and_gives_its_connection_back(
    database_server: DatabaseServer, tenant: TenantId
):
    async with database_server.fresh([NOTES], pool_size=1, max_overflow=0) as databases:
        notes = databases["notes"]

        async def endless() -> None:
            async with notes.unit_of_work(tenant) as uow:
                uow.session.add(Note(tenant_id=tenant, text="never"))
                await uow.session.flush()
                await uow.session.execute(text("SELECT pg_sleep(30)"))

        for _ in range(3):
            task = asyncio.create_task(endless())
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await texts(notes, tenant) == []


async def test_a_server_that_is_not_there_is_told_as_unavailable(tenant: TenantId):
    notes = Database("notes", Secret("postgresql://keyreel_notes:x@127.0.0.1:1/none"))
    with pytest.raises(DatabaseUnavailable) as gone:
        async with notes.unit_of_work(tenant):
            raise AssertionError("entered without a database")
    with pytest.raises(DatabaseUnavailable):
        await notes.ping()
    await notes.close()

    assert (gone.value.code, gone.value.status, gone.value.retryable) == ("database_unavailable", 503, True)
    assert "127.0.0.1" not in gone.value.detail


async def test_a_connection_that_broke_while_it_was_idle_goes_unnoticed(notes: Database, tenant: TenantId):
    assert await texts(notes, tenant) == []
    await _break_connections(notes)

    assert await texts(notes, tenant) == []


async def test_a_connection_that_breaks_in_the_middle_is_told_as_unavailable_once(notes: Database, tenant: TenantId):
    with pytest.raises(DatabaseUnavailable):
        async with notes.unit_of_work(tenant) as uow:
            uow.session.add(Note(tenant_id=tenant, text="lost"))
            await uow.session.flush()
            await _break_connections(notes)

    assert await texts(notes, tenant) == []


async def test_a_listener_hears_every_notice_and_is_told_to_look_after_a_lost_connection(notes: Database):
    async with asyncio.timeout(20), aclosing(notes.listen("news")) as payloads:
        assert await anext(payloads) == ""
        async with notes.system() as uow:
            uow.notify("news", "one")
            uow.notify("news", "two")
        assert [await anext(payloads), await anext(payloads)] == ["one", "two"]

        await _break_connections(notes, name="%-listen")
        assert await anext(payloads) == ""
        async with notes.system() as uow:
            uow.notify("news", "three")
        assert await anext(payloads) == "three"


async def test_listeners_of_one_database_share_a_connection(notes: Database):
    async with (
        asyncio.timeout(20),
        aclosing(notes.listen("a")) as first,
        aclosing(notes.listen("a")) as second,
        aclosing(notes.listen("b")) as third,
    ):
        assert [await anext(one) for one in (first, second, third)] == ["", "", ""]
        async with notes.system() as uow:
            uow.notify("a", "x")
            uow.notify("b", "y")
            listening = await uow.session.scalar(
                text("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%-listen'")
            )
        assert [await anext(one) for one in (first, second, third)] == ["x", "x", "y"]
        assert listening == 1


async def test_a_listener_that_reads_slowly_is_told_to_look_at_everything(notes: Database):
    async with asyncio.timeout(30), aclosing(notes.listen("flood")) as payloads:
        assert await anext(payloads) == ""
        for start in range(0, 3_000, 500):
            async with notes.system() as uow:
                for number in range(start, start + 500):
                    uow.notify("flood", str(number))
        heard = []
        while not heard or heard[-1] != "2999":
            heard.append(await anext(payloads))

    assert len(heard) <= 1_001
    assert "" in heard


async def test_the_password_of_a_service_opens_its_own_role_only(database_server: DatabaseServer):
    async with database_server.fresh_url([NOTES]) as owner:
        wrong = Database("notes", service_url(owner, "notes", service_password(Secret("another master"), "notes")))
        with pytest.raises(Exception, match="password authentication failed"):
            await wrong.ping()
        await wrong.close()


async def test_units_of_work_run_side_by_side(notes: Database):
    async def write(tenant: TenantId) -> int:
        async with notes.unit_of_work(tenant) as uow:
            uow.session.add(Note(tenant_id=tenant, text="mine"))
        async with notes.unit_of_work(tenant) as uow:
            return (await uow.session.execute(select(func.count()).select_from(Note))).scalar_one()

    assert await asyncio.gather(*(write(TenantId(uuid7())) for _ in range(60))) == [1] * 60


async def _break_connections(database: Database, name: str = "%") -> None:
    """Ends the server's side of every connection of this database but the one that asks."""
    url = database.engine.url.set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND usename = session_user AND application_name LIKE $1",
            name,
        )
    finally:
        await connection.close()
