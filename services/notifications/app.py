"""The built service: what its routes, consumers and tasks share."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.clients.people import People
from kernel.service import Environment
from services.notifications.live import Hub


@dataclass(frozen=True, slots=True)
class Notifications:
    """The service in this process."""

    env: Environment
    hub: Hub

    def people(self) -> People:
        """Who answers for names and addresses."""
        return self.env.ask(People)  # type: ignore[type-abstract]  # asked by protocol


def build(env: Environment) -> Notifications:
    """Put the service together."""
    return Notifications(env, Hub(env.database))
