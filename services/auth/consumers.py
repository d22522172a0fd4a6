"""What auth does when something happened elsewhere: it keeps the audit log of all services."""

from __future__ import annotations

from kernel.audit import ActRecorded
from kernel.events import Subscriptions, current_envelope
from kernel.uow import UnitOfWork
from services.auth import audit_log
from services.auth.auth import Auth

events = Subscriptions("auth")


@events.on(ActRecorded, system=True)
async def keep_act(event: ActRecorded, uow: UnitOfWork, auth: Auth) -> None:
    """One entry an act, at the end of its tenant's chain."""
    await audit_log.append(uow, event, current_envelope())
