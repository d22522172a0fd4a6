"""Whether a service's models say what its migrations made."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, Table
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from kernel.roles import ServiceRoles
from kernel.secret import Secret


async def drift(owner_url: Secret, service: str, metadata: MetaData) -> list[str]:
    """What would have to be migrated to make the database as the models are; empty if they agree.

    Tables, columns, their types and whether NULL is allowed are compared. Indexes, constraints and defaults are the
    migrations' alone: models need not repeat them.
    """
    schema = ServiceRoles(service).schema
    engine = create_async_engine(
        "postgresql+asyncpg://" + owner_url.reveal().partition("://")[2],
        poolclass=NullPool,
        connect_args={"server_settings": {"search_path": schema}},
    )
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_compare, metadata)
    finally:
        await engine.dispose()


def _compare(connection: Connection, metadata: MetaData) -> list[str]:
    options: dict[str, Any] = {"compare_type": True, "include_object": _compared}
    context = MigrationContext.configure(connection, opts=options)
    return [_told(difference) for difference in compare_metadata(context, metadata)]


def _compared(thing: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
    return kind == "column" or (kind == "table" and name != "alembic_version")


def _told(difference: Any) -> str:
    """One line per difference; alembic gives tuples, and lists of tuples for what concerns one column."""
    if isinstance(difference, list):
        return "; ".join(_told(one) for one in difference)
    return " ".join(part.name if isinstance(part, Table) else str(part) for part in difference if part is not None)
