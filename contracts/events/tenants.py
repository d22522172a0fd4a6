"""What happens to workspaces, their members and their sessions. Emitted by auth."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from kernel.events import Event


class TenantCreated(Event):
    """A workspace exists; every service that keeps something per tenant makes its place."""

    type: ClassVar[str] = "tenant.created"

    owner_id: UUID
    locale: str


class TenantDeleted(Event):
    """A workspace is gone: jobs stop, keys are shredded, objects are erased."""

    type: ClassVar[str] = "tenant.deleted"


class MemberChanged(Event):
    """Someone joined, left or got another role; `role` is empty when they left."""

    type: ClassVar[str] = "member.changed"

    user_id: UUID
    role: Literal["owner", "editor", "reviewer", "viewer"] | None


class SignedIn(Event):
    """A new session of a member, once per workspace they belong to. `known_device` is false the first time."""

    type: ClassVar[str] = "session.started"

    user_id: UUID
    session_id: UUID
    known_device: bool


class SessionStolen(Event):
    """An old refresh token was used again: its whole family of sessions is closed."""

    type: ClassVar[str] = "session.stolen"

    user_id: UUID
    session_id: UUID
