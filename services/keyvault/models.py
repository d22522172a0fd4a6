"""What keyvault keeps in the database: that a key was given, never the key."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, func
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantScoped, base_for


class Base(base_for("keyvault")):  # type: ignore[misc]  # a base made per service
    """Tables of the schema `keyreel_keyvault`."""

    __abstract__ = True


class Connection(TenantScoped, Base):
    """A workspace's key for a connector. Its value is sealed in the key store, under this id and `version`.

    `verdict` is what the provider said last: unknown, works, limited, rejected.
    """

    __tablename__ = "connections"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    connector: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    base_url: Mapped[str | None] = mapped_column(Text)
    last_four: Mapped[str | None] = mapped_column(Text)
    enabled: Mapped[bool]
    verdict: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    last_used_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
