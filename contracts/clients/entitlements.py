"""`entitlements`: may this job run, on what is left of the plan? Answered by billing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from kernel.ids import TenantId


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a job will use, estimated before it runs. `height` is the lines of the shorter side."""

    render_seconds: int
    height: int
    videos: int = 1


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a workspace may do now: plan name, limits (None: unlimited) and use by quota, features of the plan."""

    plan: str
    limits: dict[str, int | None] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    features: frozenset[str] = frozenset()


class Entitlements(Protocol):
    """All are idempotent by job id, so that a caller that died in the middle just asks again.

    If billing is down: nothing new starts (503, retryable); what has its reservation goes on.
    """

    async def reserve(self, tenant: TenantId, job_id: UUID, wanted: Wanted) -> None:
        """Hold a place for the job. Raises QuotaExceeded (429), FeatureNotInPlan (403) or PaymentRequired (402)."""

    async def commit(self, tenant: TenantId, job_id: UUID, render_seconds: int) -> None:
        """Turn the reservation into use of what the job really took."""

    async def release(self, tenant: TenantId, job_id: UUID) -> None:
        """Give the place back: the job failed or was cancelled."""

    async def allowance(self, tenant: TenantId) -> Allowance:
        """The plan, its limits and what is used."""
