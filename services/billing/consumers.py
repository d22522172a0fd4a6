"""Which events change what is used."""

from __future__ import annotations

import math

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.events.assets import AssetRemoved, AssetUploaded
from contracts.events.billing import Quota
from contracts.events.jobs import JobChanged
from contracts.events.tenants import MemberChanged, TenantCreated, TenantDeleted
from contracts.events.videos import VideoPurged, VideoStored
from kernel.events import Subscriptions, current_envelope
from kernel.ids import TenantId
from kernel.uow import UnitOfWork
from services.billing import reservations, subscriptions
from services.billing.app import Billing
from services.billing.ledger import Source, book
from services.billing.models import Balance, Seat
from services.billing.thresholds import announce

events = Subscriptions("billing")


@events.on(TenantCreated)
async def tenant_created(event: TenantCreated, uow: UnitOfWork, service: Billing) -> None:
    """A new workspace is on the default plan."""
    await subscriptions.account(uow, _tenant(uow), service.default_plan)


@events.on(TenantDeleted)
async def tenant_deleted(event: TenantDeleted, uow: UnitOfWork, service: Billing) -> None:
    """Nothing starts any more and nothing is held; what was used stays in the ledger."""
    tenant = _tenant(uow)
    await subscriptions.account(uow, tenant, service.default_plan)
    await subscriptions.close(uow, tenant)
    await reservations.release_all(uow, tenant)
    await uow.session.execute(delete(Seat).where(Seat.tenant_id == tenant))
    await _count_members(uow, tenant)


@events.on(MemberChanged)
async def member_changed(event: MemberChanged, uow: UnitOfWork, service: Billing) -> None:
    """Counts the members anew."""
    tenant = _tenant(uow)
    await subscriptions.account(uow, tenant, service.default_plan)
    if event.role is None:
        await uow.session.execute(delete(Seat).where(Seat.tenant_id == tenant, Seat.user_id == event.user_id))
    else:
        seat = insert(Seat).values(tenant_id=tenant, user_id=event.user_id)
        await uow.session.execute(seat.on_conflict_do_nothing())
    await _count_members(uow, tenant)
    await announce(uow, tenant, service.default_plan, "members")


@events.on(VideoStored)
async def video_stored(event: VideoStored, uow: UnitOfWork, service: Billing) -> None:
    """A job ended well: it is charged, once, and its film takes room. NotFound: the job is not this workspace's."""
    tenant = _tenant(uow)
    await reservations.commit(uow, tenant, event.job_id, math.ceil(event.seconds), service.default_plan)
    await _store(uow, event.bytes)
    await announce(uow, tenant, service.default_plan, "videos", "render_seconds", "storage_bytes")


@events.on(JobChanged)
async def job_changed(event: JobChanged, uow: UnitOfWork, service: Billing) -> None:
    """A job that ended badly holds nothing. A reservation made after the fact (the job was retried) stays."""
    if event.state in ("failed", "cancelled"):
        await reservations.release(uow, _tenant(uow), event.job_id, opened_before=current_envelope().time)


@events.on(AssetUploaded)
async def asset_uploaded(event: AssetUploaded, uow: UnitOfWork, service: Billing) -> None:
    """An upload takes room."""
    await subscriptions.account(uow, _tenant(uow), service.default_plan)
    await _store(uow, event.bytes)
    await announce(uow, _tenant(uow), service.default_plan, "storage_bytes")


@events.on(AssetRemoved, VideoPurged)
async def bytes_freed(event: AssetRemoved | VideoPurged, uow: UnitOfWork, service: Billing) -> None:
    """What was deleted takes no room."""
    await subscriptions.account(uow, _tenant(uow), service.default_plan)
    await _store(uow, -event.bytes)


async def _store(uow: UnitOfWork, amount: int) -> None:
    envelope = current_envelope()
    quota: Quota = "storage_bytes"
    await book(uow, _tenant(uow), quota, amount, Source(envelope.type, envelope.id))


async def _count_members(uow: UnitOfWork, tenant: TenantId) -> None:
    count = select(func.count()).select_from(Seat).where(Seat.tenant_id == tenant).scalar_subquery()
    await uow.session.execute(update(Balance).where(Balance.tenant_id == tenant).values(members_used=count))


def _tenant(uow: UnitOfWork) -> TenantId:
    if uow.tenant is None:
        raise TypeError("these events are a workspace's")
    return uow.tenant
