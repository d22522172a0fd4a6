"""Which plan a workspace is on. One that billing has not heard of yet gets its subscription when first asked for.

All functions run inside a unit of work of the workspace, or of the system role with its tenant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from contracts.events.billing import PlanChanged
from kernel.clock import now
from kernel.errors import NotFound
from kernel.ids import TenantId
from kernel.uow import UnitOfWork
from services.billing.errors import UnknownPlan
from services.billing.models import Balance, Notice, Plan, Subscription
from services.billing.periods import period_at


@dataclass(frozen=True, slots=True)
class Account:
    """A workspace's subscription, its plan in the subscribed version, and its balance in the present period."""

    subscription: Subscription
    plan: Plan
    balance: Balance


async def plans(uow: UnitOfWork) -> Sequence[Plan]:
    """The newest version of each plan on offer, cheapest first."""
    newest = select(Plan).ext(distinct_on(Plan.id)).order_by(Plan.id, Plan.version.desc())
    found = (await uow.session.scalars(newest)).all()
    return sorted((plan for plan in found if plan.offered), key=lambda plan: (plan.monthly_price_cents, plan.id))


async def plan_on_offer(uow: UnitOfWork, plan_id: str) -> Plan:
    """The newest version of a plan. Raises UnknownPlan, with those there are."""
    offered = await plans(uow)
    for plan in offered:
        if plan.id == plan_id:
            return plan
    raise UnknownPlan(f"There is no plan of that name; there are {', '.join(plan.id for plan in offered)}.")


async def account(uow: UnitOfWork, tenant: TenantId, default_plan: str) -> Account:
    """The workspace's account, made on `default_plan` if there is none, its period brought up to now."""
    found = await _read(uow, tenant)
    if found is None:
        await _begin(uow, tenant, default_plan)
        found = await _read(uow, tenant)
    if found is None:
        raise NotFound
    subscription, plan, balance = found
    if balance.period_end <= now():
        await roll_over(uow, tenant)
        await uow.session.refresh(balance)
    return Account(subscription, plan, balance)


async def roll_over(uow: UnitOfWork, tenant: TenantId) -> None:
    """Begins the present period if the balance is still in an earlier one; whoever comes first does it, once."""
    at = now()
    subscription = await uow.session.get(Subscription, (tenant,))
    if subscription is None:
        return
    start, end = period_at(subscription.started_at, at)
    await uow.session.execute(
        update(Balance)
        .where(Balance.tenant_id == tenant, Balance.period_end <= at)
        .values(period_start=start, period_end=end, videos_used=0, render_seconds_used=0)
    )


async def grant(uow: UnitOfWork, tenant: TenantId, plan_id: str) -> Subscription:
    """Puts a workspace on the newest version of a plan, active from now on. Raises UnknownPlan, NotFound.

    Periods and use stay; it will be told anew of levels it reaches.
    """
    plan = await plan_on_offer(uow, plan_id)
    query = select(Subscription).where(Subscription.tenant_id == tenant).with_for_update()
    subscription: Subscription | None = await uow.session.scalar(query)
    if subscription is None or subscription.status == "closed":
        raise NotFound
    changed = (subscription.plan_id, subscription.plan_version) != (plan.id, plan.version)
    subscription.plan_id, subscription.plan_version = plan.id, plan.version
    subscription.status, subscription.changed_at = "active", now()
    await uow.session.execute(delete(Notice).where(Notice.tenant_id == tenant))
    if changed:
        uow.emit(PlanChanged(plan=plan.id), tenant=tenant)
    return subscription


async def close(uow: UnitOfWork, tenant: TenantId) -> None:
    """Ends a deleted workspace's subscription for good; the ledger stays."""
    await uow.session.execute(
        update(Subscription).where(Subscription.tenant_id == tenant).values(status="closed", changed_at=now())
    )


async def _begin(uow: UnitOfWork, tenant: TenantId, default_plan: str) -> None:
    plan = await plan_on_offer(uow, default_plan)
    at = now()
    start, end = period_at(at, at)
    await uow.session.execute(
        insert(Subscription)
        .values(
            tenant_id=tenant, plan_id=plan.id, plan_version=plan.version, status="active", started_at=at, changed_at=at
        )
        .on_conflict_do_nothing()
    )
    await uow.session.execute(
        insert(Balance).values(tenant_id=tenant, period_start=start, period_end=end).on_conflict_do_nothing()
    )


async def _read(uow: UnitOfWork, tenant: TenantId) -> Row[Subscription, Plan, Balance] | None:
    result = await uow.session.execute(
        select(Subscription, Plan, Balance)
        .join(Plan, (Plan.id == Subscription.plan_id) & (Plan.version == Subscription.plan_version))
        .join(Balance, Balance.tenant_id == Subscription.tenant_id)
        .where(Subscription.tenant_id == tenant)
        .execution_options(populate_existing=True)
    )
    return result.one_or_none()
