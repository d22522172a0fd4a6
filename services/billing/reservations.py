"""What a job holds of the quotas, from before it starts until it has ended.

    (none) ──reserve──▶ open ──commit──▶ committed        (final: charged once)
                        │  ▲                ▲
                     release reserve        │
                        ▼  │                │
                      released ────commit───┘

All acts are idempotent by job. Many reservations at once are decided by one conditional UPDATE of the workspace's
balance, so that they can't take more places than there are. A film that was delivered is charged even if its job was
given up meanwhile: who delivers decides, and `commit` has the last word.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from contracts.clients.entitlements import Wanted
from contracts.events.billing import JobCharged
from kernel import failpoints
from kernel.clock import now
from kernel.errors import NotFound
from kernel.ids import TenantId
from kernel.uow import UnitOfWork
from services.billing import refusals
from services.billing.ledger import Source, book
from services.billing.models import Balance, Reservation
from services.billing.subscriptions import account

failpoints.declare("billing.reserve.held", "a place is held in the balance, nothing is committed")
failpoints.declare("billing.commit.booked", "a job is booked in the ledger, nothing is committed")

_HOLD: Final = text(
    """
    UPDATE balances b
    SET videos_reserved = b.videos_reserved + :videos,
        render_seconds_reserved = b.render_seconds_reserved + :render_seconds,
        open_jobs = b.open_jobs + 1
    FROM subscriptions s JOIN plans p ON p.id = s.plan_id AND p.version = s.plan_version
    WHERE b.tenant_id = :tenant AND s.tenant_id = b.tenant_id AND s.status = 'active'
      AND (p.max_height IS NULL OR :height <= p.max_height)
      AND (p.concurrent_jobs IS NULL OR b.open_jobs < p.concurrent_jobs)
      AND (p.videos IS NULL OR b.videos_used + b.videos_reserved + :videos <= p.videos)
      AND (p.render_seconds IS NULL
           OR b.render_seconds_used + b.render_seconds_reserved + :render_seconds <= p.render_seconds)
      AND (p.storage_bytes IS NULL OR b.storage_bytes_used < p.storage_bytes)
    RETURNING b.tenant_id
    """
)


async def reserve(uow: UnitOfWork, tenant: TenantId, job_id: UUID, wanted: Wanted, default_plan: str) -> None:
    """Holds a place for the job; nothing more if it has one, or was charged already.

    Raises PaymentRequired, FeatureNotInPlan, QuotaExceeded or ConcurrencyExceeded, and then holds nothing.
    """
    await account(uow, tenant, default_plan)
    at = now()
    values = {"state": "open", "videos": wanted.videos, "render_seconds": wanted.render_seconds, "opened_at": at}
    opened = (
        insert(Reservation)
        .values(tenant_id=tenant, job_id=job_id, **values)
        .on_conflict_do_update(
            index_elements=[Reservation.tenant_id, Reservation.job_id],
            set_={**values, "closed_at": None},
            where=Reservation.state == "released",
        )
        .returning(Reservation.job_id)
    )
    if (await uow.session.execute(opened)).one_or_none() is None:
        return
    amounts = {"videos": wanted.videos, "render_seconds": wanted.render_seconds, "height": wanted.height}
    if (await uow.session.execute(_HOLD, {"tenant": tenant, **amounts})).one_or_none() is None:
        # Under a lock nothing moves between finding out why and saying so; if a place came free just now, it is ours.
        query = select(Balance).where(Balance.tenant_id == tenant).with_for_update()
        await uow.session.execute(query)
        if (await uow.session.execute(_HOLD, {"tenant": tenant, **amounts})).one_or_none() is None:
            raise await refusals.why(uow, await account(uow, tenant, default_plan), wanted)
    failpoints.hit("billing.reserve.held")


async def commit(uow: UnitOfWork, tenant: TenantId, job_id: UUID, render_seconds: int, default_plan: str) -> bool:
    """Charges the job with one film and what it really took; False if it was charged before.

    Raises NotFound for a job that never had a reservation here.
    """
    await account(uow, tenant, default_plan)
    reservation = await _locked(uow, tenant, job_id)
    if reservation is None:
        raise NotFound
    if reservation.state == "committed":
        return False
    if reservation.state == "open":
        await _give_back(uow, tenant, reservation)
    reservation.state, reservation.closed_at = "committed", now()
    await uow.session.flush()
    source = Source("job", job_id)
    await book(uow, tenant, "videos", reservation.videos, source)
    await book(uow, tenant, "render_seconds", render_seconds, source)
    uow.emit(JobCharged(job_id=job_id, render_seconds=render_seconds), tenant=tenant)
    failpoints.hit("billing.commit.booked")
    return True


async def release(uow: UnitOfWork, tenant: TenantId, job_id: UUID, *, opened_before: datetime | None = None) -> bool:
    """Gives the job's place back; False if it holds none. `opened_before` spares a reservation made since (a retry)."""
    reservation = await _locked(uow, tenant, job_id)
    if reservation is None or reservation.state != "open":
        return False
    if opened_before is not None and reservation.opened_at >= opened_before:
        return False
    await _give_back(uow, tenant, reservation)
    reservation.state, reservation.closed_at = "released", now()
    await uow.session.flush()
    return True


async def release_all(uow: UnitOfWork, tenant: TenantId) -> None:
    """Gives back every place of a workspace that was deleted."""
    query = select(Reservation.job_id).where(Reservation.tenant_id == tenant, Reservation.state == "open")
    for job_id in (await uow.session.scalars(query)).all():
        await release(uow, tenant, job_id)


async def _locked(uow: UnitOfWork, tenant: TenantId, job_id: UUID) -> Reservation | None:
    """The reservation, its row locked: of a commit and a release at the same moment, one waits and sees the other."""
    query = select(Reservation).where(Reservation.tenant_id == tenant, Reservation.job_id == job_id).with_for_update()
    found: Reservation | None = await uow.session.scalar(query.execution_options(populate_existing=True))
    return found


async def _give_back(uow: UnitOfWork, tenant: TenantId, reservation: Reservation) -> None:
    await uow.session.execute(
        update(Balance)
        .where(Balance.tenant_id == tenant)
        .values(
            videos_reserved=Balance.videos_reserved - reservation.videos,
            render_seconds_reserved=Balance.render_seconds_reserved - reservation.render_seconds,
            open_jobs=Balance.open_jobs - 1,
        )
    )
