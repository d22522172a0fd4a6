"""What the renderer keeps: each render of a job, and how far each of its segments is."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantScoped, base_for


class Base(base_for("renderer")):  # type: ignore[misc]  # a base made per service
    """Tables of the schema `renderer`."""

    __abstract__ = True


class Render(TenantScoped, Base):
    """One job's render. `generation` counts its plans: tasks of an earlier one do nothing.

    state      running · done · failed · withdrawn
    files      asset reference → object key, as told by `assets.fetched`
    replans    how often it was planned anew since it was last begun
    encoder    name, engine, options and device of the chosen encoder; None until there is a plan
    timeline   key of the timeline's part; None until there is a plan
    progressed when progress was last told
    tidied     its leftovers in the store were removed
    """

    __tablename__ = "renders"

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    storyboard_id: Mapped[UUID]
    version: Mapped[int]
    state: Mapped[str] = mapped_column(Text)
    generation: Mapped[int]
    replans: Mapped[int] = mapped_column(default=0)
    storyboard_key: Mapped[str] = mapped_column(Text)
    resolution_key: Mapped[str] = mapped_column(Text)
    attributions_key: Mapped[str | None] = mapped_column(Text)
    files: Mapped[dict[str, str]] = mapped_column(JSONB)
    software_only: Mapped[bool] = mapped_column(default=False)
    encoder: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    reason: Mapped[str] = mapped_column(Text, default="")
    timeline: Mapped[str | None] = mapped_column(Text)
    scenes: Mapped[int] = mapped_column(default=0)
    segments: Mapped[int] = mapped_column(default=0)
    sound_done: Mapped[bool] = mapped_column(default=False)
    film_key: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    progressed_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    tidied: Mapped[bool] = mapped_column(default=False)


class SegmentRow(TenantScoped, Base):
    """One segment of a render's current plan: those that look alike share a row. `drawn` counts its finished frames.

    `anew` is false for a segment that was in the cache when the render was planned. `joins`: it is a transition.
    """

    __tablename__ = "segments"
    __table_args__ = (ForeignKeyConstraint(["job_id"], ["renders.job_id"], ondelete="CASCADE"),)

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    scene: Mapped[int]
    frames: Mapped[int]
    drawn: Mapped[int] = mapped_column(default=0)
    done: Mapped[bool] = mapped_column(default=False)
    anew: Mapped[bool] = mapped_column(default=True)
    joins: Mapped[bool] = mapped_column(default=False)
