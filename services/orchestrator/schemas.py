"""What goes over HTTP: bodies that are accepted and views that are answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.events.jobs import JobFailure, JobState, Stage
from kernel.http.body import Body, Text
from services.orchestrator.from_text import Aspect
from storyboard.models import CaptionStyle

Mood = Literal["calm", "warm", "upbeat", "cinematic", "focus", "playful"]
Outcome = Literal["running", "ok", "failed", "cached"]

T = TypeVar("T")

#: characters of a pasted text: a narrator needs four hours for more
MAX_SCRIPT = 200_000
#: own pictures and clips of a storyboard made from a text
MAX_ASSETS = 500


class View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


# -- storyboards ------------------------------------------------------------------------------------------------------


class FromText(Body):
    """A pasted script or article. `assets` are own uploads in the order they are shown; samples fill the rest.

    `voice` is an id of `GET /voices`, or only its style (`warm`), which then speaks the text's language.
    """

    text: Annotated[str, Text(MAX_SCRIPT, lines=True)]
    title: Annotated[str, Text(200)] | None = None
    aspect: Aspect = "16:9"
    language: Annotated[str, Field(pattern=r"^(auto|[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)$")] = "auto"
    mood: Mood | Literal["none"] = "warm"
    voice: Annotated[str, Text(100)] | None = None
    caption_style: CaptionStyle = "highlight"
    assets: Annotated[list[UUID], Field(max_length=MAX_ASSETS)] = Field(default_factory=list)


class StoryboardBody(Body):
    """A whole `storyboard/1` document."""

    document: dict[str, Any]


class RowsBody(Body):
    """One video a row. Exactly one of `csv` and `jsonl`; `template` is a `storyboard/1` whose fields the rows fill."""

    csv: str | None = None
    jsonl: str | None = None
    template: dict[str, Any]

    @model_validator(mode="after")
    def _one_table(self) -> Self:
        if (self.csv is None) == (self.jsonl is None):
            raise PydanticCustomError("one_table", "Give the rows either as `csv` or as `jsonl`.")
        return self


class StoryboardView(View):
    """A storyboard at one version, with its document as it was saved."""

    id: UUID
    title: str
    version: int
    document: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class StoryboardSummary(View):
    id: UUID
    title: str
    version: int
    language: str
    width: int
    height: int
    scenes: int
    created_at: datetime
    updated_at: datetime


class VersionSummary(View):
    version: int
    title: str
    scenes: int
    created_at: datetime


class NoticeView(View):
    """Something that was decided while reading, worth knowing: where (a pointer), a code, a sentence."""

    pointer: str
    code: str
    message: str


class RowView(View):
    """What became of one row: the storyboard it made, or why it made none. Row 1 is the header of a CSV."""

    row: int
    storyboard_id: UUID | None
    problems: list[NoticeView]


class RowsReport(View):
    created: int
    refused: int
    rows: list[RowView]
    notices: list[NoticeView]


# -- jobs -------------------------------------------------------------------------------------------------------------


class JobBody(Body):
    """Which storyboard to make, and which version of it (the newest when left out)."""

    storyboard_id: UUID
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class CallView(View):
    """One call to a provider, built-in ones included. `cost_micros`: millionths of the currency unit."""

    connector: str
    operation: str
    outcome: Outcome
    milliseconds: int
    cost_micros: int
    scene: str | None


class JobView(View):
    """One run of a storyboard version. `progress` is 0…1 over the whole and never falls; times in UTC.

    `segments` are the pieces of the film; of the finished film, `segments_rendered` were drawn anew, which changed
    `scenes_rendered` of its scenes (none where only transitions changed). The rest was kept from before.
    `queue_position` counts the workspace's own jobs ahead, while queued; `seconds_left` is measured, None until there
    is enough to measure.
    """

    id: UUID
    storyboard_id: UUID
    version: int
    state: JobState
    stage: Stage | None
    progress: float
    scenes: int
    scenes_done: int
    segments: int
    segments_rendered: int
    scenes_rendered: int
    queue_position: int | None
    seconds_left: float | None
    failure: JobFailure | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobDetail(JobView):
    calls: list[CallView]


class CostLine(View):
    """What a source is expected to cost, in millionths of the currency unit; built-in ones cost nothing."""

    line: str
    amount: int
    currency: str = "USD"


class QuotaLeft(View):
    """None where the plan sets no limit."""

    videos: int | None
    render_seconds: int | None


class EstimateView(View):
    """What a run will take: `seconds` of film, as much `render_seconds` of the quota (whole ones)."""

    seconds: float
    render_seconds: int
    cost: list[CostLine]
    quota_left: QuotaLeft


# -- what can be chosen from ------------------------------------------------------------------------------------------


class Listed(View, Generic[T]):
    """A whole list, short enough not to come in pages."""

    items: list[T]


class VoiceView(View):
    """A voice; `id` goes into a storyboard's `voice`."""

    id: str
    connector: str
    language: str
    name: str
    style: str


class SampleView(View):
    """A picture or clip that comes with the studio; `reference` goes into a storyboard as `src`, `url` shows it."""

    reference: str
    url: str
    kind: Literal["image", "video"]
    title: str
    width: int
    height: int
    seconds: float | None
    licence: str
    author: str
