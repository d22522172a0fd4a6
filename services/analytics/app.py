"""The built service."""

from __future__ import annotations

from dataclasses import dataclass

from kernel.service import Environment


@dataclass(frozen=True, slots=True)
class Analytics:
    """The service in this process."""

    env: Environment


def build(env: Environment) -> Analytics:
    """Put the service together."""
    return Analytics(env)
