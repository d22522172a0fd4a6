"""What happens to plans and quotas. Emitted by billing."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from kernel.events import Event

Quota = Literal["videos", "render_seconds", "storage_bytes", "members", "concurrent_jobs"]


class PlanChanged(Event):
    """A workspace is on another plan from now on."""

    type: ClassVar[str] = "plan.changed"

    plan: str


class QuotaReached(Event):
    """Use of a quota passed 80 or 100 percent; once per quota, level and period."""

    type: ClassVar[str] = "quota.reached"

    quota: Quota
    percent: Literal[80, 100]
    used: int
    limit: int
    period: str


class JobCharged(Event):
    """A job's reservation was committed with what it really used. Exactly one per job that ended well."""

    type: ClassVar[str] = "job.charged"

    job_id: UUID
    render_seconds: int

    def key(self) -> str:
        return str(self.job_id)
