"""Schemas, roles and migrations: one history a service, run by the database's owner.

A service keeps its history in `services/<name>/migrations/versions/*.py`; a file of it reads:

    import sqlalchemy as sa
    from alembic import op
    from kernel.migrations import create_kernel_tables, protect, tenant

    revision, down_revision = "0001", None

    def upgrade() -> None:
        create_kernel_tables(op)
        op.create_table("videos", sa.Column("id", sa.Uuid, primary_key=True), tenant(), ...)
        op.create_index("ix_videos_tenant_id", "videos", ["tenant_id"])
        protect(op, "videos")

What the roles may touch follows from the tables: a table with row-level security is granted to both, any other to the
system role alone. A table with a `tenant_id` that is not protected is refused, and with it the whole migration.

There is no downgrade: a release runs on the schema of the next one (expand, then contract), and a backup is the way
back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

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

if TYPE_CHECKING:
    from kernel.db import Database

#: any constant of ours: two migrations at once wait for each other
_LOCK: Final = 0x4B52_4D49

UNPROTECTED: Final = sa.text("""
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind IN ('r', 'p') AND a.attname = 'tenant_id'
    AND NOT (c.relrowsecurity AND c.relforcerowsecurity
             AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polname = 'own_tenant')
             AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polname = 'every_tenant'))
    ORDER BY 1
""")
"""Tables of a schema that any tenant could read: those with a `tenant_id` and no row-level security."""


class NewerSchema(AppError):
    """The database was migrated by a newer version of Keyreel."""

    code = "schema_newer"
    status = 500
    title = "The data was written by a newer version of Keyreel; run that version, or restore a backup of this one"


class Unprotected(Exception):
    """A migration left a table with a `tenant_id` that every tenant could read: a mistake of the program."""


@dataclass(frozen=True, slots=True)
class History:
    """One service's migrations: its name and the folder of `versions/`."""

    service: str
    folder: Path

    def script(self) -> ScriptDirectory:
        """Alembic's view of the folder."""
        return ScriptDirectory(str(self.folder))

    @property
    def head(self) -> str:
        """The newest revision this code knows."""
        return self.script().get_current_head() or ""

    def knows(self, revision: str) -> bool:
        """Whether this code has a revision; if not, a newer one made it."""
        return revision in {script.revision for script in self.script().walk_revisions()}


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did to one service: its revision before (None: it was not there) and after."""

    service: str
    before: str | None
    after: str


async def migrate(owner_url: Secret, histories: Sequence[History], passwords: dict[str, Secret]) -> list[Migrated]:
    """Brings every service's roles, schema and tables up to this code, in one transaction.

    Safe to run again, and beside another run. `passwords` are those of the app roles, by service.

    Raises:
        NewerSchema, Unprotected: nothing was changed.
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


async def pending(database: Database, history: History) -> list[str]:
    """The revisions of this code that a service's database lacks, oldest first: it is ready when there are none.

    A newer database lacks none: code runs on the schema of the release after it.

    Raises:
        DatabaseBusy, DatabaseUnavailable.
    """
    async with database.system() as uow:
        revision = await (await uow.session.connection()).run_sync(_revision, history)
    script = history.script()
    known = [one.revision for one in script.walk_revisions()]
    if revision is not None and revision not in known:
        return []
    return [one for one in reversed(known) if one not in _ancestry(script, revision)]


def _ancestry(script: ScriptDirectory, revision: str | None) -> set[str]:
    return {one.revision for one in script.iterate_revisions(revision, "base")} if revision else set()


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
            # As alembic.command.upgrade does, which wants an env.py in every service.
            fn=lambda revision, context: script._upgrade_revs("head", revision),
        )
        environment.run_migrations()
    if unprotected := connection.scalars(UNPROTECTED, {"schema": roles.schema}).all():
        raise Unprotected(f"{history.service}: call protect(op, …) for {', '.join(unprotected)}")
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
    # An owner who is no superuser is under the policies too, and migrations move rows of all tenants.
    connection.exec_driver_sql(f"GRANT {roles.system} TO CURRENT_USER WITH INHERIT TRUE")


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
    """The column that says whose row it is, as `kernel.db.TenantScoped` declares it."""
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
