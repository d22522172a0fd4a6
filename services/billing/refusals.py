"""Why a job may not start, in words: what ran out, what is left, which plan would do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from contracts.clients.entitlements import Wanted
from contracts.events.billing import Quota
from kernel.uow import UnitOfWork
from services.billing.errors import (
    ConcurrencyExceeded,
    FeatureNotInPlan,
    PaymentRequired,
    PlanRefusal,
    QuotaExceeded,
)
from services.billing.models import Plan
from services.billing.subscriptions import Account, plans

_STATUS_IN_WORDS = {
    "past_due": "The last payment for the subscription failed. Renew it, and new videos can start again.",
    "cancelled": "The subscription has ended. Choose a plan, and new videos can start again.",
    "closed": "This workspace was closed.",
}


async def why(uow: UnitOfWork, account: Account, wanted: Wanted) -> PlanRefusal:
    """The error for a job that the balance has no place for; the account's row is locked."""
    offered = await plans(uow)
    plan, balance = account.plan, account.balance
    if account.subscription.status != "active":
        return PaymentRequired(_STATUS_IN_WORDS[account.subscription.status])
    if plan.max_height is not None and wanted.height > plan.max_height:
        hint = _cheapest(offered, plan, lambda other: other.max_height, wanted.height)
        return FeatureNotInPlan(
            f"The plan {plan.name} goes up to {plan.max_height} lines, this video has {wanted.height}."
            + _advice(hint, "choose a smaller format"),
            quota="max_height",
            limit=plan.max_height,
            plan_hint=hint.id if hint else None,
        )
    if plan.concurrent_jobs is not None and balance.open_jobs >= plan.concurrent_jobs:
        hint = _cheapest(offered, plan, lambda other: other.concurrent_jobs, balance.open_jobs + 1)
        return ConcurrencyExceeded(
            f"{_count(plan.concurrent_jobs, 'video')} at once is what the plan {plan.name} allows."
            + _advice(hint, "wait for one to be ready"),
            quota="concurrent_jobs",
            limit=plan.concurrent_jobs,
            remaining=0,
            plan_hint=hint.id if hint else None,
        )
    needs: Sequence[tuple[Quota, int | None, int, int, Callable[[Plan], int | None], str]] = (
        ("videos", plan.videos, balance.videos_used + balance.videos_reserved, wanted.videos, _videos, "video"),
        (
            "render_seconds",
            plan.render_seconds,
            balance.render_seconds_used + balance.render_seconds_reserved,
            wanted.render_seconds,
            _render_seconds,
            "second",
        ),
    )
    for quota, limit, taken, more, of_plan, unit in needs:
        if limit is not None and taken + more > limit:
            hint = _cheapest(offered, plan, of_plan, taken + more)
            left = max(0, limit - taken)
            return QuotaExceeded(
                f"{_count(left, unit)} of the month's {limit} are left, and this needs {more}."
                + _advice(hint, f"wait until {balance.period_end:%d %B}, when the next month begins"),
                quota=quota,
                limit=limit,
                remaining=left,
                plan_hint=hint.id if hint else None,
            )
    hint = _cheapest(offered, plan, lambda other: other.storage_bytes, balance.storage_bytes_used + 1)
    return QuotaExceeded(
        "The workspace's storage is full, so there is no room for the finished video."
        + _advice(hint, "delete videos or uploads you no longer need"),
        quota="storage_bytes",
        limit=plan.storage_bytes,
        remaining=0,
        plan_hint=hint.id if hint else None,
    )


def _videos(plan: Plan) -> int | None:
    return plan.videos


def _render_seconds(plan: Plan) -> int | None:
    return plan.render_seconds


def _cheapest(offered: Sequence[Plan], present: Plan, limit: Callable[[Plan], int | None], needed: int) -> Plan | None:
    """The first of the plans, cheapest first, whose limit is enough."""
    for plan in offered:
        allowed = limit(plan)
        if plan.id != present.id and (allowed is None or allowed >= needed):
            return plan
    return None


def _advice(hint: Plan | None, otherwise: str) -> str:
    if hint is None:
        return f" {otherwise[0].upper()}{otherwise[1:]}."
    return f" {otherwise[0].upper()}{otherwise[1:]}, or change to the plan {hint.name}."


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"
