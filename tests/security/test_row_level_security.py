"""T17: one tenant's rows are out of another's reach in the database itself, whatever the query says.

Against the real migrations of every service of the studio, and the notes service for attempts at writing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kernel.db import Database
from kernel.ids import TenantId, uuid7
from kernel.migrations import History
from kernel.tables import KERNEL
from kernel.testing.notes import NOTES, Note, NoteWritten
from kernel.testing.postgres import DatabaseServer

SERVICES = Path(__file__).parents[2] / "services"
STUDIO = [History(folder.parent.name, folder) for folder in sorted(SERVICES.glob("*/migrations"))]
A, B = (TenantId(UUID(f"0190a000-0000-7000-8000-00000000000{end}")) for end in "ab")

TENANT_TABLES = """
    SELECT n.nspname, c.relname, c.relrowsecurity AND c.relforcerowsecurity AS forced
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE n.nspname LIKE 'keyreel\\_%' AND c.relkind IN ('r', 'p') AND a.attname = 'tenant_id' ORDER BY 1, 2
"""


@pytest_asyncio.fixture
async def services(database_server: DatabaseServer) -> AsyncIterator[dict[str, Database]]:
    """Every service, each with one connection, so that whatever is left on it meets the next user."""
    async with database_server.fresh([*STUDIO, NOTES], pool_size=1, max_overflow=0) as databases:
        async with databases["notes"].unit_of_work(B) as uow:
            uow.session.add(Note(tenant_id=B, text="a canary of B"))
            uow.emit(NoteWritten(note_id=uuid7()))
        yield databases


@pytest_asyncio.fixture
async def notes(database_server: DatabaseServer) -> AsyncIterator[Database]:
    """The notes service alone, with a row of B."""
    async with database_server.fresh([NOTES], pool_size=1, max_overflow=0) as databases:
        async with databases["notes"].unit_of_work(B) as uow:
            uow.session.add(Note(tenant_id=B, text="a canary of B"))
        yield databases["notes"]


async def _raw(database: Database) -> asyncpg.Connection:
    """A connection of the app role, past everything the kernel does."""
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return await asyncpg.connect(url, server_settings={"search_path": database.roles.schema})


async def _tables(database_server: DatabaseServer, services: dict[str, Database]) -> list[asyncpg.Record]:
    owner = database_server.server.url(services["notes"].engine.url.database or "")
    connection = await asyncpg.connect(owner.reveal())
    try:
        return await connection.fetch(TENANT_TABLES)
    finally:
        await connection.close()


async def test_t17_every_table_with_a_tenant_forces_row_level_security_with_the_same_two_policies(
    database_server: DatabaseServer, services: dict[str, Database]
):
    owner = await asyncpg.connect(database_server.server.url(services["notes"].engine.url.database or "").reveal())
    try:
        tables = await owner.fetch(TENANT_TABLES)
        policies = await owner.fetch(
            "SELECT schemaname, tablename, policyname, permissive, roles, cmd, qual, with_check FROM pg_policies"
        )
    finally:
        await owner.close()
    own = "(tenant_id = (current_setting('app.tenant'::text))::uuid)"

    assert len(tables) >= len(services) * len(KERNEL.all())
    assert [f"{row['nspname']}.{row['relname']}" for row in tables if not row["forced"]] == []
    for table in tables:
        schema = table["nspname"]
        found = {
            (one["policyname"], tuple(one["roles"]), one["cmd"], one["qual"], one["with_check"])
            for one in policies
            if (one["schemaname"], one["tablename"]) == (schema, table["relname"])
        }
        assert found == {
            ("own_tenant", (schema,), "ALL", own, own),
            ("every_tenant", (f"{schema}_system",), "ALL", "true", "true"),
        }, f"{schema}.{table['relname']}"


async def test_t17_without_a_tenant_every_tenants_table_is_an_error_and_never_rows(
    database_server: DatabaseServer, services: dict[str, Database]
):
    tables = await _tables(database_server, services)
    for database in services.values():
        mine = [row["relname"] for row in tables if row["nspname"] == database.roles.schema]
        assert len(mine) >= len(KERNEL.all())
        connection = await _raw(database)
        try:
            for table in mine:
                with pytest.raises(asyncpg.UndefinedObjectError, match=r"app\.tenant"):
                    await connection.fetch(f"SELECT * FROM {table}")
            # Once set in a transaction, it is empty afterwards rather than unknown.
            async with connection.transaction():
                await connection.execute("SELECT set_config('app.tenant', $1, true)", str(A))
            for table in mine:
                with pytest.raises(asyncpg.InvalidTextRepresentationError):
                    await connection.fetch(f"SELECT * FROM {table}")
        finally:
            await connection.close()


async def test_t17_a_raw_select_of_a_sees_no_row_of_b_in_any_table(
    database_server: DatabaseServer, services: dict[str, Database]
):
    for row in await _tables(database_server, services):
        database = services[row["nspname"].removeprefix("keyreel_")]
        async with database.unit_of_work(A) as uow:
            assert (await uow.session.execute(text(f"SELECT * FROM {row['relname']}"))).all() == []
    async with services["notes"].unit_of_work(B) as uow:
        assert len((await uow.session.execute(text("SELECT * FROM notes"))).all()) == 1
        assert len((await uow.session.execute(text("SELECT * FROM outbox"))).all()) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE notes SET text = 'mine now'",
        "UPDATE notes SET tenant_id = current_setting('app.tenant')::uuid",
        "DELETE FROM notes",
        f"SELECT * FROM notes WHERE tenant_id = '{B}' OR true",
        f"SELECT * FROM notes WHERE tenant_id = '{B}' FOR UPDATE",
        "WITH gone AS (DELETE FROM notes RETURNING *) SELECT * FROM gone",
    ],
)
async def test_t17_a_reaches_no_row_of_b_with(notes: Database, statement: str):
    async with notes.unit_of_work(A) as uow:
        result = await uow.session.execute(text(statement))
        assert (result.all() if result.returns_rows else result.rowcount) in ([], 0)

    async with notes.unit_of_work(B) as uow:
        assert (await uow.session.execute(text("SELECT text FROM notes"))).scalars().all() == ["a canary of B"]


@pytest.mark.parametrize(
    "statement",
    [
        f"INSERT INTO notes (id, tenant_id, text) VALUES (gen_random_uuid(), '{B}', 'planted')",
        f"UPDATE notes SET tenant_id = '{B}'",
        f"INSERT INTO outbox (id, tenant_id, topic, key, envelope) VALUES (gen_random_uuid(), '{B}', 'x', 'x', '{{}}')",
        "INSERT INTO outbox (id, topic, key, envelope) VALUES (gen_random_uuid(), 'x', 'x', '{}')",
        "ALTER TABLE notes DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE notes NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY own_tenant ON notes",
        "TRUNCATE notes",
        "DROP TABLE notes",
        "CREATE TABLE mine (id int)",
        "UPDATE alembic_version SET version_num = 'x'",
        "SET ROLE keyreel_owner",
        "SET ROLE pg_read_all_data",
        "SELECT * FROM pg_authid",
        "COPY notes TO PROGRAM 'cat'",
        "SELECT pg_read_file('/etc/passwd')",
    ],
)
async def test_t17_the_app_role_is_refused(notes: Database, statement: str):
    async with notes.unit_of_work(A) as uow:
        uow.session.add(Note(tenant_id=A, text="of A"))

    with pytest.raises(DBAPIError, match=r"permission denied|row-level security|must be owner|must be able to"):
        async with notes.unit_of_work(A) as uow:
            await uow.session.execute(text(statement))


async def test_t17_a_pooled_connection_carries_neither_tenant_nor_role_over(notes: Database):
    for error in (RuntimeError("the program"), asyncio.CancelledError()):
        with pytest.raises(type(error)):
            async with notes.unit_of_work(B):
                raise error
        with pytest.raises(type(error)):
            async with notes.system(B):
                raise error
    with pytest.raises(DBAPIError):
        async with notes.system(B) as uow:
            await uow.session.execute(text("SELECT 1 / 0"))
    async with notes.engine.connect() as same:
        left = (await same.execute(text("SELECT current_user, current_setting('app.tenant', true)"))).one()
        with pytest.raises(DBAPIError, match="uuid"):
            await same.execute(text("SELECT * FROM notes"))

    assert (left[0], left[1] or "") == ("keyreel_notes", "")
    async with notes.unit_of_work(A) as uow:
        assert (await uow.session.execute(text("SELECT * FROM notes"))).all() == []


async def test_t17_the_role_of_one_service_reads_nothing_in_the_schema_of_another(services: dict[str, Database]):
    for role in ("keyreel_auth", "keyreel_auth_system"):
        with pytest.raises(DBAPIError, match="permission denied to set role"):
            async with services["notes"].unit_of_work(A) as uow:
                await uow.session.execute(text(f"SET ROLE {role}"))
    names = list(services)
    for name, other in zip(names, [*names[1:], names[0]], strict=True):
        database, foreign = services[name], services[other].roles.schema
        for system in (False, True):
            with pytest.raises(DBAPIError, match=f"permission denied for schema {foreign}"):
                async with database.system() if system else database.unit_of_work(A) as uow:
                    await uow.session.execute(text(f"SELECT * FROM {foreign}.outbox"))


async def test_t17_tables_without_a_tenant_are_closed_to_units_of_a_tenant(
    database_server: DatabaseServer, services: dict[str, Database]
):
    owner = await asyncpg.connect(database_server.server.url(services["auth"].engine.url.database or "").reveal())
    try:
        untenanted = await owner.fetch(
            "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'keyreel_auth'::regnamespace AND c.relkind = 'r'"
            " AND NOT c.relrowsecurity AND c.relname <> 'alembic_version'"
        )
    finally:
        await owner.close()

    assert {"users", "sessions"} <= {row["relname"] for row in untenanted}
    for row in untenanted:
        with pytest.raises(DBAPIError, match="permission denied for table"):
            async with services["auth"].unit_of_work(A) as uow:
                await uow.session.execute(text(f"SELECT * FROM {row['relname']}"))
