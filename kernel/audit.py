"""Who did what, to what, why and from where. Recorded as an event; the service that owns the audit log keeps it."""

from __future__ import annotations

from typing import Any, ClassVar

from kernel.events import Event


class ActRecorded(Event):
    """One act of a person or program. Never a secret in `before` and `after`: they are what changed, as JSON.

    `actor` is as in `kernel.context.Context`; `target` names a thing (`member:<id>`); `address` is the client's.
    """

    type: ClassVar[str] = "audit.recorded"
    untenanted: ClassVar[bool] = True

    actor: str
    action: str
    target: str
    reason: str | None = None
    address: str | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
