"""What notifications keeps: who is a member, what each was told and wants to be told, and what happened lately."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantScoped, base_for


class Base(base_for("notifications")):  # type: ignore[misc]  # a base made per service
    """Tables of the schema `notifications`."""

    __abstract__ = True


class Member(TenantScoped, Base):
    """A member of a workspace, as told by auth's events."""

    __tablename__ = "members"
    tenant_in_key = True

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(Text)


class VideoTitle(TenantScoped, Base):
    """What a video is called, so that a sentence can name it."""

    __tablename__ = "video_titles"
    tenant_in_key = True

    video_id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)


class Notification(TenantScoped, Base):
    """One thing one person was told. `params` fill the sentence the reader's language has for the kind."""

    __tablename__ = "notifications"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    read_at: Mapped[datetime | None]


class Preference(TenantScoped, Base):
    """How one person wants to hear of a kind; no row means the kind's default."""

    __tablename__ = "preferences"
    tenant_in_key = True

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    in_app: Mapped[bool]
    email: Mapped[bool]


class LiveEvent(TenantScoped, Base):
    """What a page of this workspace should know at once. `user_id` limits it to one person.

    `seq` grows in the order of commits within a workspace, so that "everything after n" misses nothing.
    """

    __tablename__ = "live_events"

    seq: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
