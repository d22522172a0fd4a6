"""Refusals that more than one service gives: raised by the owner of the question, passed on by whoever asked it.

PlanRefusal
├── PaymentRequired        402  payment_required
├── FeatureNotInPlan       403  feature_not_in_plan
└── QuotaExceeded          429  quota_exceeded
    └── ConcurrencyExceeded  429  concurrency_exceeded   retryable: a place is free when a job ends
"""

from __future__ import annotations

from kernel.errors import AppError


class PlanRefusal(AppError):
    """Base of what a plan doesn't allow. Members of the problem beside the standard ones:

    `quota` and `limit` name what ran out, `remaining` says how much is left, `plan_hint` is the id of the cheapest plan
    that would do; each only where it is known.
    """

    code = "plan_refusal"

    def __init__(
        self,
        detail: str | None = None,
        *,
        quota: str | None = None,
        limit: int | None = None,
        remaining: int | None = None,
        plan_hint: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.quota = quota
        self.limit = limit
        self.remaining = remaining
        self.plan_hint = plan_hint

    def problem(self) -> dict[str, object]:
        members = {"quota": self.quota, "limit": self.limit, "remaining": self.remaining, "plan_hint": self.plan_hint}
        return super().problem() | {name: value for name, value in members.items() if value is not None}


class PaymentRequired(PlanRefusal):
    """The subscription is past due or has ended."""

    code = "payment_required"
    status = 402
    title = "The subscription needs attention before new videos can start"


class FeatureNotInPlan(PlanRefusal):
    """The plan does not include what the job asks for."""

    code = "feature_not_in_plan"
    status = 403
    title = "The plan does not include this"


class QuotaExceeded(PlanRefusal):
    """What the job would use is more than is left."""

    code = "quota_exceeded"
    status = 429
    title = "The plan's quota is used up"


class ConcurrencyExceeded(QuotaExceeded):
    """As many jobs run as the plan allows at once."""

    code = "concurrency_exceeded"
    title = "As many videos are being made as the plan allows at once"
    retryable = True
