"""Notifications on one screen: the routes, the events it acts on, its letters, the hub that wakes open pages."""

from __future__ import annotations

from pathlib import Path

from kernel.service import ServiceSpec
from services.notifications.api import router
from services.notifications.app import Notifications, build
from services.notifications.consumers import events
from services.notifications.errors import AlwaysOn
from services.notifications.worker import tasks


async def listen(service: Notifications) -> None:
    """Wake open pages as long as the process lives."""
    await service.hub.run()


SPEC = ServiceSpec(
    name="notifications",
    routers=[router],
    events=events,
    tasks=tasks,
    migrations=Path(__file__).parent / "migrations",
    build=build,
    loops=[listen],
    errors=(AlwaysOn,),
)
