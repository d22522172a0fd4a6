"""What billing keeps: plans, who is on which, what is used and held, and a ledger of every use."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantScoped, base_for


class Base(base_for("billing")):  # type: ignore[misc]  # a base made per service
    """Tables of the schema `keyreel_billing`."""

    __abstract__ = True


class Plan(Base):
    """One version of a plan; of each plan the highest version is on offer, if `offered`. None: unlimited.

    A change of a plan is a new version: who subscribed to an older one keeps it.
    """

    __tablename__ = "plans"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    monthly_price_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(Text)
    offered: Mapped[bool]
    videos: Mapped[int | None]
    render_seconds: Mapped[int | None]
    storage_bytes: Mapped[int | None] = mapped_column(BigInteger)
    members: Mapped[int | None]
    concurrent_jobs: Mapped[int | None]
    max_height: Mapped[int | None]
    features: Mapped[list[Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Subscription(TenantScoped, Base):
    """Which version of which plan a workspace is on. `status`: active, past_due, cancelled, closed.

    Periods are months from `started_at` on, so that a change of plan does not move them.
    """

    __tablename__ = "subscriptions"
    tenant_in_key = True

    plan_id: Mapped[str] = mapped_column(Text)
    plan_version: Mapped[int]
    status: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class Balance(TenantScoped, Base):
    """Use of every quota, one row a workspace, so that one UPDATE decides over all of them.

    `*_used` of videos and render seconds count the period, which rolls over when it is first touched after its end.
    `*_reserved` and `open_jobs` are held by jobs that have not ended, whatever period they began in.
    """

    __tablename__ = "balances"
    tenant_in_key = True

    period_start: Mapped[datetime]
    period_end: Mapped[datetime]
    videos_used: Mapped[int] = mapped_column(server_default="0")
    videos_reserved: Mapped[int] = mapped_column(server_default="0")
    render_seconds_used: Mapped[int] = mapped_column(server_default="0")
    render_seconds_reserved: Mapped[int] = mapped_column(server_default="0")
    open_jobs: Mapped[int] = mapped_column(server_default="0")
    storage_bytes_used: Mapped[int] = mapped_column(BigInteger, server_default="0")
    members_used: Mapped[int] = mapped_column(server_default="0")


class Reservation(TenantScoped, Base):
    """What one job holds (`open`), gave back (`released`) or used (`committed`, which is final)."""

    __tablename__ = "reservations"
    tenant_in_key = True

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    videos: Mapped[int]
    render_seconds: Mapped[int]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class LedgerEntry(TenantScoped, Base):
    """One use of one quota, for one cause; never changed and never deleted. Negative amounts give back (storage).

    `source` is what caused it: `job` with the job's id, or the type of an event with the event's id.
    """

    __tablename__ = "ledger"

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    quota: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(BigInteger)
    period_start: Mapped[datetime]
    source: Mapped[str] = mapped_column(Text)
    source_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Seat(TenantScoped, Base):
    """A member of a workspace, as told by auth."""

    __tablename__ = "seats"
    tenant_in_key = True

    user_id: Mapped[UUID] = mapped_column(primary_key=True)


class Notice(TenantScoped, Base):
    """That a workspace was told of a level of a quota in a period."""

    __tablename__ = "notices"
    tenant_in_key = True

    quota: Mapped[str] = mapped_column(Text, primary_key=True)
    percent: Mapped[int] = mapped_column(primary_key=True)
    period_start: Mapped[datetime] = mapped_column(primary_key=True)
