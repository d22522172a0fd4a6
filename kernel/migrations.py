"""Schemas, roles and migrations: one history a service, run by the database's owner.

A service keeps its history in `services/<name>/migrations/versions/*.py`; a file of it reads:

    revision, down_revision = "0001", None

    def upgrade() -> None:
        create_kernel_tables(op)
        op.create_table("videos", sa.Column("id", sa.Uuid, primary_key=True), tenant(), ...)
        protect(op, "videos")

There is no downgrade: a release runs on the schema of the next one (expand, then contract), and a backup is the way
back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateIndex, CreateTable

from kernel.errors import AppError
from kernel.roles import ServiceRoles, scram_verifier
from kernel.secret import Secret
from kernel.tables import KERNEL

#: any constant of ours: two migrations at once wait for each other
_LOCK: Final = 0x4B52_4D49


class NewerSchema(AppError):
    """The database was migrated by a newer version of Keyreel."""

    code = "schema_newer"
    status = 500
    title = "The data was written by a newer version of Keyreel; run that version, or restore a backup of this one"


@dataclass(frozen=True, slots=True)
class History:
    """One service's migrations: its name and the folder of `versions/`."""

    service: str
    folder: Path

    def script(self) -> ScriptDirectory:
        """Alembic's view of the folder."""
        config = Config()
        config.set_main_option("script_location", str(self.folder).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        return ScriptDirectory.from_config(config)

    @property
    def head(self) -> str:
        """The newest revision this code knows."""
        return self.script().get_current_head() or ""

    def knows(self, revision: str) -> bool:
        """Whether this code has a revision; if not, a newer one made it."""
        return revision in {script.revision for script in self.script().walk_revisions()}


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did to one service."""

    service: str
    before: str | None
    after: str


async def migrate(owner_url: Secret, histories: Sequence[History], passwords: dict[str, Secret]) -> list[Migrated]:
    """Bring every service's roles, schema and tables up to this code. Safe to run again, and beside another run.

    `passwords` are those of the app roles, by service. Raises NewerSchema before anything is changed.
    """
    engine = create_async_engine(_async(owner_url), poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.begin() as connection:
            await connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            for history in histories:
                await connection.run_sync(_refuse_newer, history)
            return [
                await connection.run_sync(_migrate_one, history, passwords[history.service]) for history in histories
            ]
    finally:
        await engine.dispose()


async def make_roles(owner_url: Secret, services: Sequence[str], passwords: dict[str, Secret]) -> None:
    """Only the roles, for a database that is about to be restored."""
    engine = create_async_engine(_async(owner_url), poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.begin() as connection:
            for service in services:
                await connection.run_sync(_make_roles, ServiceRoles(service), passwords[service])
    finally:
        await engine.dispose()


async def pending(engine_url: Secret, histories: Sequence[History]) -> list[str]:
    """The services whose tables are older than this code."""
    engine = create_async_engine(_async(engine_url), poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.connect() as connection:
            return [one.service for one in histories if await connection.run_sync(_revision, one) != one.head]
    finally:
        await engine.dispose()


def _async(url: Secret) -> str:
    return "postgresql+asyncpg://" + url.reveal().partition("://")[2]


def _refuse_newer(connection: Connection, history: History) -> None:
    revision = _revision(connection, history)
    if revision is None:
        return
    if not history.knows(revision):
        raise NewerSchema


def _revision(connection: Connection, history: History) -> str | None:
    schema = ServiceRoles(history.service).schema
    there = connection.scalar(sa.text("SELECT to_regclass(:name)"), {"name": f"{schema}.alembic_version"})
    if there is None:
        return None
    revision: str | None = connection.scalar(sa.text(f"SELECT version_num FROM {schema}.alembic_version"))  # noqa: S608 - a checked name
    return revision


def _migrate_one(connection: Connection, history: History, password: Secret) -> Migrated:
    roles = ServiceRoles(history.service)
    _make_roles(connection, roles, password)
    connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {roles.schema}")
    before = _revision(connection, history)
    script = history.script()
    connection.exec_driver_sql(f"SET LOCAL search_path = {roles.schema}")
    with EnvironmentContext(Config(), script) as environment:
        environment.configure(
            connection=connection,
            version_table_schema=roles.schema,
            transactional_ddl=False,  # the caller's transaction holds all of it
            fn=lambda revision, context: script._upgrade_revs("head", revision),
        )
        environment.run_migrations()
    _grant(connection, roles)
    connection.exec_driver_sql("RESET search_path")
    return Migrated(history.service, before, history.head)


def _make_roles(connection: Connection, roles: ServiceRoles, password: Secret) -> None:
    for role, options in ((roles.app, "LOGIN"), (roles.system, "NOLOGIN")):
        known = connection.scalar(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
        if known is None:
            connection.exec_driver_sql(f"CREATE ROLE {role} {options} NOINHERIT NOBYPASSRLS NOCREATEDB NOCREATEROLE")
    connection.exec_driver_sql(f"ALTER ROLE {roles.app} PASSWORD '{scram_verifier(password)}'")
    connection.exec_driver_sql(f"GRANT {roles.system} TO {roles.app} WITH INHERIT FALSE, SET TRUE")


def _grant(connection: Connection, roles: ServiceRoles) -> None:
    """Both roles may use every table of the schema; which rows they see is the policies' business.

    A table without a tenant and without policies belongs to the system role alone.
    """
    both = f"{roles.app}, {roles.system}"
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {roles.schema} TO {both}")
    connection.exec_driver_sql(
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {roles.schema} TO {roles.system}"
    )
    connection.exec_driver_sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {roles.schema} TO {both}")
    tenanted = connection.scalars(
        sa.text(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = :schema AND c.relkind IN ('r', 'p') AND c.relrowsecurity"
        ),
        {"schema": roles.schema},
    )
    for table in tenanted.all():
        connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {roles.schema}.{table} TO {roles.app}")
    connection.exec_driver_sql(f"GRANT SELECT ON {roles.schema}.alembic_version TO {roles.app}")


# -- what a migration file calls ------------------------------------------------------------------------------------


def tenant(*, primary_key: bool = False) -> sa.Column[Any]:
    """The column that says whose row it is."""
    return sa.Column("tenant_id", sa.Uuid, nullable=False, primary_key=primary_key)


def create_kernel_tables(op: Operations | Any) -> None:
    """Outbox, inbox, dead letters, tasks and idempotency keys of a service, protected."""
    for table in KERNEL.all():
        op.execute(CreateTable(table))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            op.execute(CreateIndex(index))
        protect(op, table.name)


def protect(op: Operations | Any, *tables: str) -> None:
    """Row-level security: the app role sees its tenant's rows, the system role all, everybody else none."""
    schema = op.get_bind().scalar(sa.text("SELECT current_schema()"))
    for table in tables:
        # Unset, current_setting fails: a query without a tenant is an error and never an empty answer.
        own = "tenant_id = current_setting('app.tenant')::uuid"
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_tenant ON {table} TO {schema} USING ({own}) WITH CHECK ({own})")
        op.execute(f"CREATE POLICY every_tenant ON {table} TO {schema}_system USING (true) WITH CHECK (true)")
