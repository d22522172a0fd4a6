"""Roll-ups per workspace and day, in UTC. Every number is a sum of events, each counted once."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantScoped, base_for


class Base(base_for("analytics")):  # type: ignore[misc]  # a base made per service
    """Tables of the schema `analytics`."""

    __abstract__ = True


class DailyCalls(TenantScoped, Base):
    """Calls to one connector on one day. Costs are millionths of `currency`."""

    __tablename__ = "daily_calls"
    tenant_in_key = True

    day: Mapped[date] = mapped_column(primary_key=True)
    connector: Mapped[str] = mapped_column(Text, primary_key=True)
    currency: Mapped[str] = mapped_column(Text, primary_key=True)
    ok: Mapped[int] = mapped_column(BigInteger)
    failed: Mapped[int] = mapped_column(BigInteger)
    cached: Mapped[int] = mapped_column(BigInteger)
    milliseconds: Mapped[int] = mapped_column(BigInteger)
    cost_micros: Mapped[int] = mapped_column(BigInteger)


class DailyVideos(TenantScoped, Base):
    """Videos made on one day, what they took, and how many jobs ended badly."""

    __tablename__ = "daily_videos"
    tenant_in_key = True

    day: Mapped[date] = mapped_column(primary_key=True)
    ready: Mapped[int] = mapped_column(BigInteger)
    failed: Mapped[int] = mapped_column(BigInteger)
    cancelled: Mapped[int] = mapped_column(BigInteger)
    render_seconds: Mapped[int] = mapped_column(BigInteger)
    bytes: Mapped[int] = mapped_column(BigInteger)
