"""The ledger: every use of a quota as a row with its one cause, and the sums that must equal the balances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Select, text, update
from sqlalchemy.dialects.postgresql import insert

from contracts.events.billing import Quota
from kernel.ids import TenantId
from kernel.uow import UnitOfWork
from services.billing.models import Balance, LedgerEntry

_USED: Final = {
    "videos": Balance.videos_used,
    "render_seconds": Balance.render_seconds_used,
    "storage_bytes": Balance.storage_bytes_used,
}


@dataclass(frozen=True, slots=True)
class Source:
    """What caused a use: a job, or an event by its type."""

    kind: str
    id: UUID


async def book(uow: UnitOfWork, tenant: TenantId, quota: Quota, amount: int, source: Source) -> bool:
    """Adds `amount` to the use of a quota, in ledger and balance; False if this source was booked before.

    The balance's period must be the present one (`subscriptions.account`).
    """
    period = Select(Balance.period_start).where(Balance.tenant_id == tenant).scalar_subquery()
    row = (
        insert(LedgerEntry)
        .values(
            tenant_id=tenant,
            quota=quota,
            amount=amount,
            period_start=period,
            source=source.kind,
            source_id=source.id,
        )
        .on_conflict_do_nothing()
        .returning(LedgerEntry.seq)
    )
    if (await uow.session.execute(row)).one_or_none() is None:
        return False
    column = _USED[quota]
    await uow.session.execute(update(Balance).where(Balance.tenant_id == tenant).values({column: column + amount}))
    return True


_RECOUNT: Final = text(
    """
    SELECT b.tenant_id
    FROM balances b
    LEFT JOIN LATERAL (
        SELECT coalesce(sum(amount) FILTER (WHERE quota = 'videos'), 0) AS videos,
               coalesce(sum(amount) FILTER (WHERE quota = 'render_seconds'), 0) AS seconds,
               coalesce(sum(amount) FILTER (WHERE quota = 'storage_bytes'), 0) AS bytes
        FROM ledger l
        WHERE l.tenant_id = b.tenant_id AND (l.quota = 'storage_bytes' OR l.period_start = b.period_start)
    ) used ON true
    LEFT JOIN LATERAL (
        SELECT coalesce(sum(r.videos), 0) AS videos, coalesce(sum(r.render_seconds), 0) AS seconds, count(*) AS jobs
        FROM reservations r WHERE r.tenant_id = b.tenant_id AND r.state = 'open'
    ) held ON true
    LEFT JOIN LATERAL (SELECT count(*) AS members FROM seats s WHERE s.tenant_id = b.tenant_id) seated ON true
    WHERE (b.videos_used, b.render_seconds_used, b.storage_bytes_used, b.videos_reserved, b.render_seconds_reserved,
           b.open_jobs, b.members_used)
        IS DISTINCT FROM
          (used.videos, used.seconds, used.bytes, held.videos, held.seconds, held.jobs, seated.members)
    """
)

_MISCHARGED: Final = text(
    """
    SELECT r.tenant_id, r.job_id
    FROM reservations r
    LEFT JOIN ledger l ON l.tenant_id = r.tenant_id AND l.source = 'job' AND l.source_id = r.job_id
    GROUP BY r.tenant_id, r.job_id, r.state
    HAVING count(*) FILTER (WHERE l.quota = 'videos') <> (r.state = 'committed')::int
        OR count(*) FILTER (WHERE l.quota = 'render_seconds') <> (r.state = 'committed')::int
    UNION
    SELECT l.tenant_id, l.source_id FROM ledger l
    WHERE l.source = 'job' AND NOT EXISTS (
        SELECT FROM reservations r WHERE r.tenant_id = l.tenant_id AND r.job_id = l.source_id
    )
    """
)


async def unequal_balances(uow: UnitOfWork) -> list[UUID]:
    """Workspaces whose balance is not what ledger, open reservations and seats add up to (I4). In the system role."""
    return list((await uow.session.scalars(_RECOUNT)).all())


async def mischarged_jobs(uow: UnitOfWork) -> list[tuple[UUID, UUID]]:
    """Workspace and id of jobs charged other than once if committed, or at all if not (I3). In the system role."""
    return [(row.tenant_id, row.job_id) for row in await uow.session.execute(_MISCHARGED)]
