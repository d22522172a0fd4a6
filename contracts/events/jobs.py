"""What happens to a job: one run of a storyboard version towards a finished video. Emitted by the orchestrator."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from kernel.events import Event

JobState = Literal["draft", "reserving", "queued", "fetching", "rendering", "uploading", "ready", "failed", "cancelled"]
Stage = Literal["script", "voice", "media", "captions", "render", "store"]


class StoryboardSaved(Event):
    """A version of a storyboard was kept; version 1 is the draft of a new video."""

    type: ClassVar[str] = "storyboard.saved"

    storyboard_id: UUID
    version: int
    title: str
    language: str
    width: int
    height: int
    scenes: int


class JobRequested(Event):
    """A job has its reservation and may start. Key: the job."""

    type: ClassVar[str] = "job.requested"

    job_id: UUID
    storyboard_id: UUID
    version: int

    def key(self) -> str:
        return str(self.job_id)


class JobFailure(BaseModel):
    """Why a job failed, in words for the client."""

    model_config = ConfigDict(frozen=True)

    code: str
    detail: str
    scene: str | None = None


class JobChanged(Event):
    """A job's state, stage or progress as of now. Key: the job, so that later ones never overtake.

    `progress` is 0..1 over the whole job and never falls; `scenes_done` counts the scenes whose current stage is done.
    `scenes_rendered` counts those that were drawn anew, once the film is there. `queue_position` counts the jobs ahead,
    while queued.
    """

    type: ClassVar[str] = "job.changed"

    job_id: UUID
    storyboard_id: UUID
    version: int
    state: JobState
    stage: Stage | None = None
    progress: float = 0.0
    scenes: int = 0
    scenes_done: int = 0
    segments: int = 0
    segments_rendered: int = 0
    scenes_rendered: int = 0
    queue_position: int | None = None
    seconds_left: float | None = None
    failure: JobFailure | None = None

    def key(self) -> str:
        return str(self.job_id)
