"""What was called, and at whose cost."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from kernel.events import Event


class ApiCalled(Event):
    """One call to a provider, the keyless built-in ones included. `cached` calls reached no provider."""

    type: ClassVar[str] = "api.called"

    connector: str
    operation: str
    job_id: UUID | None
    outcome: Literal["ok", "failed", "cached"]
    milliseconds: int
    cost_micros: int = 0
    currency: str = "USD"


class KeyChanged(Event):
    """A connection's key was added, rotated, disabled, enabled, removed or found refused. Emitted by keyvault."""

    type: ClassVar[str] = "key.changed"

    connection_id: UUID
    connector: str
    change: Literal["added", "rotated", "disabled", "enabled", "removed", "rejected", "limited", "works"]
