"""Telling a workspace that a quota is nearly or wholly used: once a level and period."""

from __future__ import annotations

from typing import Final, Literal

from sqlalchemy.dialects.postgresql import insert

from contracts.events.billing import Quota, QuotaReached
from kernel.ids import TenantId
from kernel.uow import UnitOfWork
from services.billing.models import Balance, Notice
from services.billing.subscriptions import account

_LEVELS: Final[tuple[Literal[80, 100], ...]] = (80, 100)


def used(balance: Balance) -> dict[Quota, int]:
    """What is used of every quota."""
    return {
        "videos": balance.videos_used,
        "render_seconds": balance.render_seconds_used,
        "storage_bytes": max(0, balance.storage_bytes_used),
        "members": balance.members_used,
        "concurrent_jobs": balance.open_jobs,
    }


async def announce(uow: UnitOfWork, tenant: TenantId, default_plan: str, *quotas: Quota) -> None:
    """Emits QuotaReached for each level that use of the given quotas has passed and nobody was told of."""
    here = await account(uow, tenant, default_plan)
    for quota in quotas:
        limit: int | None = getattr(here.plan, quota)
        taken = used(here.balance)[quota]
        if not limit:
            continue
        for percent in _LEVELS:
            if taken * 100 >= limit * percent and await _first(uow, tenant, quota, percent, here.balance):
                uow.emit(
                    QuotaReached(
                        quota=quota,
                        percent=percent,
                        used=taken,
                        limit=limit,
                        period=here.balance.period_start.isoformat(),
                    ),
                    tenant=tenant,
                )


async def _first(uow: UnitOfWork, tenant: TenantId, quota: Quota, percent: int, balance: Balance) -> bool:
    notice = insert(Notice).values(tenant_id=tenant, quota=quota, percent=percent, period_start=balance.period_start)
    added = await uow.session.execute(notice.on_conflict_do_nothing().returning(Notice.quota))
    return added.one_or_none() is not None
