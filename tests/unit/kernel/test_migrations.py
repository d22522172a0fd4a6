"""Schemas and roles: made once, made by whoever comes first, never half."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from kernel.db import Database
from kernel.ids import TenantId
from kernel.migrations import History, NewerSchema, Unprotected, migrate, pending
from kernel.roles import service_password, service_url
from kernel.secret import Secret
from kernel.testing.notes import NOTES
from kernel.testing.postgres import DatabaseServer

MASTER = Secret("the master secret of tests")
PASSWORDS = {name: service_password(MASTER, name) for name in ("notes", "pads")}

FIRST = """
import sqlalchemy as sa
from alembic import op
from kernel.migrations import create_kernel_tables, protect, tenant

revision, down_revision = "0001", None

def upgrade():
    create_kernel_tables(op)
    op.create_table("pads", tenant(), sa.Column("id", sa.Uuid, primary_key=True), sa.Column("text", sa.Text))
    protect(op, "pads")
"""
SECOND = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"

def upgrade():
    op.add_column("pads", sa.Column("colour", sa.Text))
    op.execute("UPDATE pads SET colour = 'red'")
"""
UNPROTECTED = """
import sqlalchemy as sa
from alembic import op
from kernel.migrations import tenant

revision, down_revision = "0002", "0001"

def upgrade():
    op.create_table("open_to_all", tenant(), sa.Column("id", sa.Uuid, primary_key=True))
"""
BROKEN = """
from alembic import op

revision, down_revision = "0002", "0001"

def upgrade():
    op.execute("CREATE TABLE half (id int)")
    op.execute("SELECT 1 FROM nowhere")
"""


def history(folder: Path, *scripts: str, service: str = "pads") -> History:
    versions = folder / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    for number, script in enumerate(scripts, start=1):
        (versions / f"{number:04}.py").write_text(script)
    return History(service, folder)


@pytest_asyncio.fixture
async def empty(database_server: DatabaseServer) -> AsyncIterator[Secret]:
    """The owner's address of a database with nothing in it."""
    async with database_server.fresh_url([]) as owner:
        yield owner


async def fetch(url: Secret, query: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(url.reveal())
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def tables(owner: Secret) -> set[str]:
    found = await fetch(owner, "SELECT tablename FROM pg_tables WHERE schemaname = 'keyreel_pads'")
    return {str(name) for (name,) in found}


async def test_a_migration_reports_what_it_did_and_does_it_once(empty: Secret, tmp_path: Path):
    pads = history(tmp_path / "pads", FIRST)

    (first,) = await migrate(empty, [pads], PASSWORDS)
    (second,) = await migrate(empty, [pads], PASSWORDS)
    (third,) = await migrate(empty, [history(tmp_path / "pads", FIRST, SECOND)], PASSWORDS)

    assert [(one.before, one.after) for one in (first, second, third)] == [
        (None, "0001"),
        ("0001", "0001"),
        ("0001", "0002"),
    ]
    kernels = {"outbox", "inbox", "dead_letters", "tasks", "idempotency"}
    assert await tables(empty) == kernels | {"pads", "alembic_version"}


async def test_migrations_that_start_together_wait_for_each_other(empty: Secret, tmp_path: Path):
    pads = history(tmp_path / "pads", FIRST, SECOND)

    reports = await asyncio.gather(*(migrate(empty, [pads, NOTES], PASSWORDS) for _ in range(4)))

    assert sorted(str(report[0].before) for report in reports) == ["0002", "0002", "0002", "None"]


@pytest.mark.parametrize(("script", "error"), [(BROKEN, ProgrammingError), (UNPROTECTED, Unprotected)])
async def test_a_migration_that_fails_or_leaves_a_tenants_table_open_changes_nothing(
    empty: Secret, tmp_path: Path, script: str, error: type[Exception]
):
    await migrate(empty, [history(tmp_path / "pads", FIRST)], PASSWORDS)
    before = await tables(empty)

    with pytest.raises(error):
        await migrate(empty, [NOTES, history(tmp_path / "pads", FIRST, script)], PASSWORDS)

    assert await tables(empty) == before
    assert await fetch(empty, "SELECT version_num FROM keyreel_pads.alembic_version") == [("0001",)]
    assert await fetch(empty, "SELECT 1 FROM pg_namespace WHERE nspname = 'keyreel_notes'") == []


async def test_a_newer_database_is_not_touched(empty: Secret, tmp_path: Path):
    await migrate(empty, [history(tmp_path / "new", FIRST, SECOND)], PASSWORDS)

    with pytest.raises(NewerSchema):
        await migrate(empty, [history(tmp_path / "old", FIRST)], PASSWORDS)

    assert await fetch(empty, "SELECT version_num FROM keyreel_pads.alembic_version") == [("0002",)]


async def test_pending_names_what_the_database_lacks_and_a_newer_one_lacks_nothing(empty: Secret, tmp_path: Path):
    old, new = history(tmp_path / "old", FIRST), history(tmp_path / "new", FIRST, SECOND)
    await migrate(empty, [old], PASSWORDS)
    pads = Database("pads", service_url(empty, "pads", PASSWORDS["pads"]))
    try:
        assert await pending(pads, old) == []
        assert await pending(pads, new) == ["0002"]
        await migrate(empty, [new], PASSWORDS)
        assert await pending(pads, new) == []
        assert await pending(pads, old) == []
    finally:
        await pads.close()


async def test_the_password_is_in_no_statement_the_server_may_log(empty: Secret, tmp_path: Path):
    await migrate(empty, [history(tmp_path / "pads", FIRST)], PASSWORDS)

    ((stored,),) = await fetch(empty, "SELECT rolpassword FROM pg_authid WHERE rolname = 'keyreel_pads'")
    assert str(stored).startswith("SCRAM-SHA-256$4096:")
    url = service_url(empty, "pads", PASSWORDS["pads"])
    assert await fetch(url, "SELECT session_user::text") == [("keyreel_pads",)]


async def test_the_roles_may_do_no_more_than_they_need(empty: Secret, tmp_path: Path):
    await migrate(empty, [history(tmp_path / "pads", FIRST)], PASSWORDS)

    rows = await fetch(
        empty,
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolinherit, rolcanlogin"
        " FROM pg_roles WHERE rolname LIKE 'keyreel\\_pads%' ORDER BY 1",
    )
    assert rows == [
        ("keyreel_pads", False, False, False, False, False, False, True),
        ("keyreel_pads_system", False, False, False, False, False, False, False),
    ]
    owned = await fetch(
        empty,
        "SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) LIKE 'keyreel\\_pads%'"
        " UNION ALL SELECT nspname FROM pg_namespace WHERE pg_get_userbyid(nspowner) LIKE 'keyreel\\_pads%'",
    )
    assert owned == []


async def test_an_owner_who_is_no_superuser_migrates_and_moves_the_rows_of_every_tenant(
    database_server: DatabaseServer, empty: Secret, tmp_path: Path, tenant: TenantId
):
    """As on a managed Postgres."""
    database = empty.reveal().rpartition("/")[2]
    # Roles belong to whoever makes them, in the whole cluster: this owner and its service have names of their own.
    landlord = f"landlord_{tenant.hex}"
    service = f"s_{tenant.hex}"
    await fetch(empty, f"CREATE ROLE {landlord} LOGIN CREATEROLE PASSWORD 'landlord'")
    await fetch(empty, f"ALTER DATABASE {database} OWNER TO {landlord}")
    owner = Secret(f"postgresql://{landlord}:landlord@127.0.0.1:{database_server.server.port}/{database}")
    passwords = {service: service_password(MASTER, service)}
    await migrate(owner, [history(tmp_path / "pads", FIRST, service=service)], passwords)
    pads = Database(service, service_url(empty, service, passwords[service]))
    try:
        async with pads.unit_of_work(tenant) as uow:
            await uow.session.execute(
                text("INSERT INTO pads (id, tenant_id) VALUES (gen_random_uuid(), :tenant)"), {"tenant": tenant}
            )

        await migrate(owner, [history(tmp_path / "pads", FIRST, SECOND, service=service)], passwords)

        async with pads.unit_of_work(tenant) as uow:
            assert (await uow.session.execute(text("SELECT colour FROM pads"))).scalars().all() == ["red"]
    finally:
        await pads.close()
