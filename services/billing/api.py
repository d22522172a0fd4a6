"""The routes: what plans there are, which one a workspace is on, what it has used; and an operator's hand on it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from contracts.permissions import Scope
from kernel.auth import Caller, require
from kernel.errors import NotFound
from kernel.http.problems import problems
from kernel.http.routes import api_router
from kernel.ids import TenantId
from kernel.service import service_of
from services.billing import subscriptions
from services.billing.app import LIMITS, Billing
from services.billing.errors import UnknownPlan
from services.billing.models import Balance, Plan, Subscription
from services.billing.schemas import LimitsOut, PlanGrant, PlanOut, PlansOut, QuotaOut, QuotasOut, SubscriptionOut
from services.billing.thresholds import used

router = api_router("billing")

Service = Annotated[Billing, Depends(service_of(Billing))]
Reads = Annotated[Caller, Depends(require(Scope.BILLING_READ))]
GrantsPlans = Annotated[Caller, Depends(require(Scope.OPERATOR_PLANS))]


@router.get("/plans")
async def list_plans(service: Service) -> PlansOut:
    """Every plan on offer, cheapest first. Open to everybody."""
    async with service.database.system() as uow:
        return PlansOut(items=[_plan(plan) for plan in await subscriptions.plans(uow)])


@router.get("/subscription")
async def get_subscription(caller: Reads, service: Service) -> SubscriptionOut:
    """The workspace's plan, its status and the period that quotas count in."""
    here = await service.account(caller.tenant)
    return _subscription(here.subscription, here.balance)


@router.get("/quotas")
async def get_quotas(caller: Reads, service: Service) -> QuotasOut:
    """What the workspace has used of each quota of its plan, what running jobs hold, and the limits."""
    here = await service.account(caller.tenant)
    reserved = {"videos": here.balance.videos_reserved, "render_seconds": here.balance.render_seconds_reserved}
    items = [
        QuotaOut(quota=quota, used=amount, reserved=reserved.get(quota, 0), limit=getattr(here.plan, quota))
        for quota, amount in used(here.balance).items()
    ]
    return QuotasOut(plan=here.plan.id, period_end=here.balance.period_end, items=items)


@router.put("/operator/tenants/{tenant_id}/plan", responses=problems(NotFound, UnknownPlan))
async def grant_plan(tenant_id: UUID, grant: PlanGrant, caller: GrantsPlans, service: Service) -> SubscriptionOut:
    """Put a workspace on a plan from now on. Recorded in the audit log, with the plan before and the reason."""
    tenant = TenantId(tenant_id)
    async with service.database.operator_unit_of_work(reason=grant.reason or "grant of a plan") as uow:
        before = await uow.session.get(Subscription, (tenant,))
        plan_before = before.plan_id if before else None
        subscription = await subscriptions.grant(uow, tenant, grant.plan)
        uow.audit(
            "plan.granted",
            f"workspace:{tenant}",
            reason=grant.reason,
            before={"plan": plan_before},
            after={"plan": subscription.plan_id},
            tenant=tenant,
        )
    here = await service.account(tenant)
    return _subscription(here.subscription, here.balance)


def _plan(plan: Plan) -> PlanOut:
    return PlanOut(
        id=plan.id,
        name=plan.name,
        monthly_price_cents=plan.monthly_price_cents,
        currency=plan.currency,
        limits=LimitsOut(**{name: getattr(plan, name) for name in LIMITS}),
        features=plan.features,
    )


def _subscription(subscription: Subscription, balance: Balance) -> SubscriptionOut:
    return SubscriptionOut(
        plan=subscription.plan_id,
        status=subscription.status,
        period_start=balance.period_start,
        period_end=balance.period_end,
    )
