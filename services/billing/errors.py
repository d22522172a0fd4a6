"""What billing refuses, each with what is left and which plan helps.

BillingError
├── PaymentRequired        402  payment_required
├── FeatureNotInPlan       403  feature_not_in_plan
├── QuotaExceeded          429  quota_exceeded
│   └── ConcurrencyExceeded  429  concurrency_exceeded   retryable: a place is free when a job ends
└── UnknownPlan            422  unknown_plan

A job nobody reserved for is a `kernel.errors.NotFound`, as a foreign one is.
"""

from __future__ import annotations

from kernel.errors import AppError


class BillingError(AppError):
    """Base of billing's errors. Members of the problem beside the standard ones:

    `quota` and `limit` name what ran out, `remaining` says how much is left, `plan_hint` is the id of the cheapest plan
    that would do; each only where it is known.
    """

    code = "billing_error"

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


class PaymentRequired(BillingError):
    """The subscription is past due or has ended."""

    code = "payment_required"
    status = 402
    title = "The subscription needs attention before new videos can start"


class FeatureNotInPlan(BillingError):
    """The plan does not include what the job asks for."""

    code = "feature_not_in_plan"
    status = 403
    title = "The plan does not include this"


class QuotaExceeded(BillingError):
    """What the job would use is more than is left."""

    code = "quota_exceeded"
    status = 429
    title = "The plan's quota is used up"


class ConcurrencyExceeded(QuotaExceeded):
    """As many jobs run as the plan allows at once."""

    code = "concurrency_exceeded"
    title = "As many videos are being made as the plan allows at once"
    retryable = True


class UnknownPlan(BillingError):
    """There is no such plan, or it is no longer on offer."""

    code = "unknown_plan"
    status = 422
    title = "There is no such plan"
