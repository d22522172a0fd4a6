"""What the orchestrator keeps: storyboards and their versions, jobs, calls to providers, and what those made."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from contracts.events.jobs import JobFailure, JobState, Stage
from kernel.db import TenantScoped, base_for
from services.orchestrator.states import Act, transition


class Base(base_for("orchestrator")):  # type: ignore[misc]  # a base made per service
    """Tables of the schema `orchestrator`."""

    __abstract__ = True


class StoryboardRow(TenantScoped, Base):
    """A storyboard as of its newest version."""

    __tablename__ = "storyboards"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    width: Mapped[int]
    height: Mapped[int]
    scenes: Mapped[int]
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class VersionRow(TenantScoped, Base):
    """One version of a storyboard: written once, never changed."""

    __tablename__ = "storyboard_versions"
    __table_args__ = (ForeignKeyConstraint(["storyboard_id"], ["storyboards.id"], ondelete="CASCADE"),)

    storyboard_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    scenes: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Job(TenantScoped, Base):
    """One run of a storyboard version. Its state changes by `act` alone.

    attempt        1, and one more with every retry
    reservation    open: billing may hold a place for it; closed: it surely doesn't, or the place was used
    wanted_*       what the reservation asks for: seconds of film, lines of the shorter side
    task_id        the fetch task of this attempt
    state_since    since when it is in its state
    heard_at       when somebody last said something of it
    told_at        when `job.changed` was last emitted
    paced_*        from when and from which progress the speed is measured
    """

    __tablename__ = "jobs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    storyboard_id: Mapped[UUID]
    version: Mapped[int]
    attempt: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(Text)
    stage: Mapped[str | None] = mapped_column(Text)
    progress: Mapped[float] = mapped_column(default=0.0)
    scenes: Mapped[int]
    scenes_done: Mapped[int] = mapped_column(default=0)
    segments: Mapped[int] = mapped_column(default=0)
    segments_rendered: Mapped[int] = mapped_column(default=0)
    scenes_rendered: Mapped[int] = mapped_column(default=0)
    failure_code: Mapped[str | None] = mapped_column(Text)
    failure_detail: Mapped[str | None] = mapped_column(Text)
    failure_scene: Mapped[str | None] = mapped_column(Text)
    reservation: Mapped[str] = mapped_column(Text, default="open")
    wanted_seconds: Mapped[int]
    wanted_height: Mapped[int]
    task_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    state_since: Mapped[datetime]
    heard_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    paced_at: Mapped[datetime | None]
    paced_from: Mapped[float] = mapped_column(default=0.0)
    tidied: Mapped[bool] = mapped_column(default=False)

    def act(self, act: Act, at: datetime) -> None:
        """Follow a transition. Raises InvalidJobState."""
        self.state = transition(self.job_state, act)
        self.state_since = self.heard_at = at

    @property
    def job_state(self) -> JobState:
        return cast(JobState, self.state)

    @property
    def current_stage(self) -> Stage | None:
        return cast("Stage | None", self.stage)

    @property
    def failure(self) -> JobFailure | None:
        if self.failure_code is None:
            return None
        return JobFailure(code=self.failure_code, detail=self.failure_detail or "", scene=self.failure_scene)


class Call(TenantScoped, Base):
    """One call to a provider: a row before it is made (`running`), finished after it.

    `request` is the address of what was asked for: a job that is resumed finds what it has asked already.
    """

    __tablename__ = "calls"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    job_id: Mapped[UUID]
    request: Mapped[str] = mapped_column(Text)
    connector: Mapped[str] = mapped_column(Text)
    operation: Mapped[str] = mapped_column(Text)
    scene: Mapped[str | None] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    milliseconds: Mapped[int] = mapped_column(default=0)
    cost_micros: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Product(TenantScoped, Base):
    """What a provider made, in the object store: found again by its address, made once. `take` only of speech."""

    __tablename__ = "products"
    tenant_in_key = True

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    object_key: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    seconds: Mapped[float]
    take: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime] = mapped_column(server_default=func.now())
