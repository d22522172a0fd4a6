"""What must always be so of every service's events, tasks and tables, counted.

Each number is 0 once what is under way has ended; `keyreel check-invariants` prints them beside those that a service
counts itself (`ServiceSpec.invariants`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select, text

from kernel.db import Database
from kernel.ids import TenantId, uuid7
from kernel.migrations import UNPROTECTED
from kernel.tables import KERNEL
from kernel.uow import UnitOfWork

#: as long as an event may wait for the relay, and a task for somebody to notice that its worker is gone
_PATIENCE: Final = timedelta(seconds=60)

_OF_TENANTS: Final = text("""
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND c.relrowsecurity
      AND a.attname = 'tenant_id' ORDER BY 1
""")


async def kernel_invariants(database: Database) -> dict[str, int]:
    """I1: tasks nobody took back from a lost worker. I7: events not sent. I9: tables and rows open to strangers."""
    async with database.system() as uow:
        found = {
            "unsent_events": await _unsent(uow),
            "abandoned_tasks": await _abandoned(uow),
            "unprotected_tables": len(
                (await uow.session.scalars(UNPROTECTED, {"schema": database.roles.schema})).all()
            ),
        }
        tables = list(await uow.session.scalars(_OF_TENANTS))
    return found | {"rows_shown_to_a_stranger": await _shown_to_a_stranger(database, tables)}


async def _unsent(uow: UnitOfWork) -> int:
    outbox = KERNEL.outbox.c
    waiting = outbox.sent_at.is_(None) & (outbox.created_at < func.clock_timestamp() - _PATIENCE)
    return await uow.session.scalar(select(func.count()).select_from(KERNEL.outbox).where(waiting)) or 0


async def _abandoned(uow: UnitOfWork) -> int:
    tasks = KERNEL.tasks.c
    lost = (tasks.state == "running") & (tasks.lease_until < func.clock_timestamp() - _PATIENCE)
    return await uow.session.scalar(select(func.count()).select_from(KERNEL.tasks).where(lost)) or 0


async def _shown_to_a_stranger(database: Database, tables: Sequence[str]) -> int:
    """Rows that the app role sees for a tenant that has none. The names are the catalogue's own."""
    async with database.unit_of_work(TenantId(uuid7())) as uow:
        # Whoever logged in (the owner sees everything), it is the app role that is looked through.
        await uow.session.execute(select(func.set_config("role", database.roles.app, True)))
        counts = [
            await uow.session.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0  # noqa: S608
            for name in tables
        ]
    return sum(counts)
