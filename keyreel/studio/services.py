"""The services a studio is made of, in the order they start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from kernel.service import ServiceSpec
from keyreel.studio.errors import StudioRefused

NAMES: tuple[str, ...] = (
    "auth",
    "billing",
    "keyvault",
    "storage",
    "orchestrator",
    "renderer",
    "analytics",
    "notifications",
)


@dataclass(frozen=True, slots=True)
class Share:
    """What one process does of a studio: whose routes it serves, whose events and tasks it works on."""

    serve: tuple[str, ...] = NAMES
    work: tuple[str, ...] = NAMES


WHOLE: Final = Share()


def known(names: Sequence[str]) -> tuple[str, ...]:
    """These services, all of them if none is named. Raises StudioRefused for one that there isn't."""
    for name in names:
        if name not in NAMES:
            raise StudioRefused(f"No service is called {name}. There are {', '.join(NAMES)}.")
    return tuple(names) or NAMES


def spec(name: str) -> ServiceSpec:
    """One service's spec. Loaded when asked for, so that a process loads only the services it runs."""
    found: ServiceSpec = import_module(f"services.{name}.service").SPEC
    return found


def specs(names: tuple[str, ...] = NAMES) -> list[ServiceSpec]:
    """The specs of these services, in order."""
    return [spec(name) for name in names]
