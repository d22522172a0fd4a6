"""Analytics on one screen: its route and the events it counts."""

from __future__ import annotations

from pathlib import Path

from kernel.service import ServiceSpec
from services.analytics.api import router
from services.analytics.app import build
from services.analytics.consumers import events
from services.analytics.errors import InvalidPeriod

SPEC = ServiceSpec(
    name="analytics",
    routers=[router],
    events=events,
    migrations=Path(__file__).parent / "migrations",
    build=build,
    errors=(InvalidPeriod,),
)
