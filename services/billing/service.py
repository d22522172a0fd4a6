"""Billing on one screen: its routes, the events it acts on, the question it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, cast

from contracts.clients.entitlements import Entitlements
from contracts.events.billing import JobCharged, PlanChanged, QuotaReached
from kernel.service import Environment, ServiceSpec
from services.billing.api import router
from services.billing.app import Billing
from services.billing.consumers import events
from services.billing.errors import (
    ConcurrencyExceeded,
    FeatureNotInPlan,
    PaymentRequired,
    QuotaExceeded,
    UnknownPlan,
)
from services.billing.invariants import invariants


class BillingSettings(Protocol):
    """What billing reads of the studio's settings."""

    @property
    def default_plan(self) -> str:
        """The plan a new workspace is on."""
        ...


def build(env: Environment) -> Billing:
    """Put the service together."""
    settings = cast(BillingSettings, env.settings)
    return Billing(env.database, settings.default_plan)


SPEC = ServiceSpec(
    name="billing",
    routers=[router],
    events=events,
    migrations=Path(__file__).parent / "migrations",
    build=build,
    emits=(PlanChanged, QuotaReached, JobCharged),
    errors=(PaymentRequired, FeatureNotInPlan, QuotaExceeded, ConcurrencyExceeded, UnknownPlan),
    answers={Entitlements: lambda billing: billing},
    invariants=invariants,
)
