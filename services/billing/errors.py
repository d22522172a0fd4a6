"""What billing refuses. What a plan doesn't allow, others pass on: `contracts.problems`, each with what is left.

AppError
├── contracts.problems.PlanRefusal: PaymentRequired, FeatureNotInPlan, QuotaExceeded, ConcurrencyExceeded
└── UnknownPlan            422  unknown_plan

A job nobody reserved for is a `kernel.errors.NotFound`, as a foreign one is.
"""

from __future__ import annotations

from contracts.problems import ConcurrencyExceeded, FeatureNotInPlan, PaymentRequired, PlanRefusal, QuotaExceeded
from kernel.errors import AppError

__all__ = [
    "ConcurrencyExceeded",
    "FeatureNotInPlan",
    "PaymentRequired",
    "PlanRefusal",
    "QuotaExceeded",
    "UnknownPlan",
]


class UnknownPlan(AppError):
    """There is no such plan, or it is no longer on offer."""

    code = "unknown_plan"
    status = 422
    title = "There is no such plan"
