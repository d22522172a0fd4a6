"""Takes tasks back from workers that fell silent: any worker does it for all, so nobody's end matters."""

from __future__ import annotations

from typing import Any, Final, Literal

import structlog
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from kernel.db import Database
from kernel.failures import Failure
from kernel.ids import TenantId
from kernel.task_claim import Claimed
from kernel.task_lease import WorkerLost, give_up
from kernel.tasks import Tasks
from kernel.uow import UnitOfWork

log = structlog.get_logger(__name__)

_EXPIRED: Final = text("""
    SELECT id, kind, tenant_id, group_id, payload, attempts, max_attempts, token, parent_id, traceparent FROM tasks
    WHERE state = 'running' AND lease_until < clock_timestamp() AND kind = ANY(:kinds)
    ORDER BY lease_until LIMIT 50
""")
# Nobody's token is asked for, the lease is: it may have been renewed or taken back since it was seen.
_STILL_EXPIRED: Final = text("""
    SELECT cancel_requested FROM tasks
    WHERE id = :id AND token = :token AND state = 'running' AND lease_until < clock_timestamp()
    FOR UPDATE SKIP LOCKED
""")
_CANCELLED: Final = text("UPDATE tasks SET state = 'cancelled', finished_at = clock_timestamp() WHERE id = :id")
_AGAIN: Final = text("""
    UPDATE tasks SET state = 'ready', error = :error, due_at = clock_timestamp() WHERE id = :id
""").bindparams(bindparam("error", type_=JSONB))
_WAKE: Final = text("SELECT pg_notify(current_schema() || '_tasks', 'ready')")


_END_LEASES: Final = text("""
    UPDATE tasks SET lease_until = clock_timestamp() WHERE state = 'running' AND lease_until > clock_timestamp()
""")


async def end_leases(database: Database) -> int:
    """Ends every lease at once, for a process that knows it is the only one: whoever held one is gone. How many."""
    async with database.system() as uow:
        result = await uow.session.execute(_END_LEASES)
    return int(result.rowcount)  # type: ignore[attr-defined]  # a CursorResult, as for every UPDATE


async def take_back_expired(database: Database, tasks: Tasks, service: Any) -> int:
    """Ends every attempt whose lease has run out, of kinds this process knows; how many.

    The task waits for another worker, or has failed with `worker_lost` when this was its last attempt, or ends as
    cancelled when that was asked for.
    """
    async with database.system() as uow:
        rows = (await uow.session.execute(_EXPIRED, {"kinds": [kind.name for kind in tasks]})).all()
    taken = 0
    for row in rows:
        claimed = Claimed(*row)
        outcome = await _take_back(database, tasks, service, claimed)
        if outcome is not None:
            taken += 1
            log.warning("task_worker_lost", kind=claimed.kind, task_id=claimed.id, outcome=outcome)
    return taken


async def _take_back(
    database: Database, tasks: Tasks, service: Any, claimed: Claimed
) -> Literal["ready", "failed", "cancelled"] | None:
    tenant: TenantId | None = claimed.tenant

    async def end(uow: UnitOfWork) -> Literal["ready", "failed", "cancelled"] | None:
        held = {"id": claimed.id, "token": claimed.token}
        row = (await uow.session.execute(_STILL_EXPIRED, held)).one_or_none()
        if row is None:
            return None
        if row.cancel_requested:
            await uow.session.execute(_CANCELLED, {"id": claimed.id})
            return "cancelled"
        if claimed.attempts >= claimed.max_attempts:
            await give_up(uow, tasks, service, claimed, WorkerLost())
            return "failed"
        await uow.session.execute(_AGAIN, {"id": claimed.id, "error": Failure.of(WorkerLost()).as_json()})
        await uow.session.execute(_WAKE)
        return "ready"

    return await database.transact(tenant, end)
