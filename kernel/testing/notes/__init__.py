"""A service with one table, for tests of the kernel itself: `History`, models and an event."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Final
from uuid import UUID

from sqlalchemy import Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantScoped, base_for
from kernel.events import Event
from kernel.ids import uuid7
from kernel.migrations import History

NOTES: Final = History("notes", Path(__file__).parent / "migrations")


class Base(base_for("notes")):  # type: ignore[misc]  # a base made per service
    __abstract__ = True


class Note(TenantScoped, Base):
    """Something a tenant wrote down. `text` is unique within a tenant."""

    __tablename__ = "notes"
    __table_args__ = (UniqueConstraint("tenant_id", "text"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    text: Mapped[str] = mapped_column(Text)


class NoteWritten(Event):
    type: ClassVar[str] = "note.written"

    note_id: UUID
