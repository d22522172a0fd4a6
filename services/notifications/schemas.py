"""What goes over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from kernel.http.body import Body
from services.notifications.kinds import Kind


class NotificationOut(BaseModel):
    """One notification. The reader's language has a sentence for each kind, which `params` fill."""

    id: UUID
    kind: Kind
    params: dict[str, Any]
    read_at: datetime | None
    created_at: datetime


class Unread(BaseModel):
    """How many notifications wait to be read."""

    count: int


class PreferenceItem(Body):
    """How to hear of one kind."""

    kind: Kind
    in_app: bool
    email: bool


class Preferences(Body):
    """How to hear of every kind."""

    items: Annotated[list[PreferenceItem], Field(max_length=len(Kind))]
