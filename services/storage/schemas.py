"""The shapes of storage's HTTP API. Sizes are bytes, times RFC 3339 UTC, `*_url` short-lived media addresses."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.events.jobs import JobFailure, JobState
from kernel.http.body import Body, Text
from services.storage.settings import BULK_MAX, MOST_PARTS, SHARE_HOURS_MAX

AssetState = Literal["uploading", "probing", "ready", "refused"]
AssetKind = Literal["image", "video", "audio"]
Review = Literal["pending", "validated", "rejected"]
BulkAction = Literal["trash", "restore", "purge", "validate", "reject", "reopen"]

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


# -- uploads and assets ------------------------------------------------------------------------------------------------


class NewUpload(Body):
    """A file to upload: `bytes` its exact size, `content_type` its media type, `sha256` of the whole where known."""

    filename: Annotated[str, Text(255)]
    bytes: int = Field(ge=0, le=1 << 50)
    content_type: Annotated[str, Text(100)]
    sha256: Sha256 | None = None


class PartAddress(BaseModel):
    """Where to `PUT` a part: relative addresses are the studio's own and need the access token."""

    number: int
    bytes: int
    address: str
    headers: dict[str, str]


class ReceivedPart(BaseModel):
    number: int
    etag: str
    bytes: int


class UploadOut(BaseModel):
    """An unfinished upload; its id is the asset's. Parts in `received` needn't be sent again."""

    id: UUID
    filename: str
    bytes: int
    content_type: str
    part_bytes: int
    parts: list[PartAddress]
    received: list[ReceivedPart]
    expires_at: datetime


class PartOut(BaseModel):
    """A part that is safely kept."""

    etag: str


class CompletedPart(Body):
    number: int = Field(ge=1, le=MOST_PARTS)
    etag: Annotated[str, Text(200)]


class Completion(Body):
    """Every part in order, each with the etag its `PUT` was answered with."""

    parts: list[CompletedPart] = Field(min_length=1, max_length=MOST_PARTS)


class Refusal(BaseModel):
    """Why an upload can't be used, in words for its owner."""

    code: str
    detail: str


class AssetOut(BaseModel):
    """An uploaded file. `kind`, size in pixels and `seconds` are known once it is `ready`.

    `missing`: the store has lost the file.
    """

    id: UUID
    filename: str
    content_type: str
    kind: AssetKind | None
    bytes: int
    state: AssetState
    width: int | None
    height: int | None
    seconds: float | None
    refusal: Refusal | None
    missing: bool
    thumbnail_url: str | None
    file_url: str | None
    created_at: datetime


# -- the library -------------------------------------------------------------------------------------------------------


class VideoOut(BaseModel):
    """A video of the library; its id is the storyboard's.

    `status`, `progress` and `failure` are of the newest job (`draft` without one). `version` is the storyboard's
    newest, `film_version` the one the film was made of. `seconds`, `bytes` and addresses are of the film; null while
    there is none.
    `missing`: the store has lost the film.
    """

    id: UUID
    title: str
    status: JobState
    review: Review
    job_id: UUID | None
    progress: float
    failure: JobFailure | None
    version: int
    film_version: int | None
    seconds: float | None
    width: int
    height: int
    bytes: int | None
    missing: bool
    poster_url: str | None
    file_url: str | None
    srt_url: str | None
    vtt_url: str | None
    credits_url: str | None
    created_at: datetime
    updated_at: datetime
    trashed_at: datetime | None
    purge_at: datetime | None


class FilmOut(BaseModel):
    """One rendition of a video; its id is the job's that made it. `shown`: it is the one the library plays."""

    id: UUID
    version: int
    shown: bool
    missing: bool
    seconds: float
    width: int
    height: int
    fps: int
    bytes: int
    poster_url: str | None
    file_url: str | None
    srt_url: str | None
    vtt_url: str | None
    credits_url: str | None
    created_at: datetime


class VideoChange(Body):
    """What can be changed in the library: the title (videos:write), the review (videos:review)."""

    title: Annotated[str, Text(200)] | None = None
    review: Review | None = None

    @model_validator(mode="after")
    def _something(self) -> VideoChange:
        if self.title is None and self.review is None:
            raise PydanticCustomError("missing", "Give a title or a review.")
        return self


class Bulk(Body):
    """One act on many videos. `reopen` puts the review back to pending."""

    action: BulkAction
    ids: list[UUID] = Field(min_length=1, max_length=BULK_MAX)


class BulkItem(BaseModel):
    """How it went for one: `code` and `detail` say why not."""

    id: UUID
    done: bool
    code: str | None = None
    detail: str | None = None


class BulkOut(BaseModel):
    items: list[BulkItem]


# -- share links -------------------------------------------------------------------------------------------------------


class NewShare(Body):
    expires_in_hours: int = Field(ge=1, le=SHARE_HOURS_MAX)


class ShareOut(BaseModel):
    """A link to a video. `opened` counts how often its page was loaded."""

    id: UUID
    expires_at: datetime
    created_at: datetime
    opened: int


class NewShareOut(ShareOut):
    """The link itself is in this answer only."""

    url: str


class SharedVideo(BaseModel):
    """What somebody with the link sees."""

    title: str
    seconds: float
    width: int
    height: int
    file_url: str
    poster_url: str
    vtt_url: str | None
    expires_at: datetime
