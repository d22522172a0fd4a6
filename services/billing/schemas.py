"""What billing's routes take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from contracts.events.billing import Quota
from kernel.http.body import Body, Text


class LimitsOut(BaseModel):
    """The quotas of a plan; null means unlimited. `max_height` counts the lines of the shorter side."""

    videos: int | None = Field(description="films a month")
    render_seconds: int | None = Field(description="seconds of film rendered a month")
    storage_bytes: int | None
    members: int | None
    concurrent_jobs: int | None
    max_height: int | None


class PlanOut(BaseModel):
    id: str
    name: str
    monthly_price_cents: int
    currency: str = Field(description="ISO 4217")
    limits: LimitsOut
    features: list[str]


class PlansOut(BaseModel):
    """Every plan on offer, cheapest first."""

    items: list[PlanOut]


class SubscriptionOut(BaseModel):
    plan: str
    status: str = Field(description="active, past_due, cancelled or closed")
    period_start: datetime
    period_end: datetime


class QuotaOut(BaseModel):
    """Use of one quota. `reserved` is held by jobs that have not ended; `limit` null means unlimited."""

    quota: Quota
    used: int
    reserved: int
    limit: int | None


class QuotasOut(BaseModel):
    plan: str
    period_end: datetime
    items: list[QuotaOut]


class PlanGrant(Body):
    """An operator puts a workspace on a plan. `reason` is kept in the audit log."""

    plan: Annotated[str, Text(40)]
    reason: Annotated[str, Text(500)] | None = None
