"""The services a studio is made of, in the order they start."""

from __future__ import annotations

from importlib import import_module

from kernel.service import ServiceSpec

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


def spec(name: str) -> ServiceSpec:
    """One service's spec. Loaded when asked for, so that a process loads only the services it runs."""
    found: ServiceSpec = import_module(f"services.{name}.service").SPEC
    return found


def specs(names: tuple[str, ...] = NAMES) -> list[ServiceSpec]:
    """The specs of these services, in order."""
    return [spec(name) for name in names]
