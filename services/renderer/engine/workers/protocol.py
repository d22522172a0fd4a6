"""What the render process and its sandboxed workers say to each other: one JSON object a line.

Requests name files in folders the worker was given; answers are progress, then one done or one failed.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from services.renderer.engine.encode.encoders import Encoder
from services.renderer.engine.ingest.prepared import PreparedClip, PreparedStill
from services.renderer.engine.sound.soundtrack import MusicTrack, PlacedSound
from storyboard.segments import Segment


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Open(_Message):
    """Read a timeline and where its prepared media lie; later requests are about it."""

    op: Literal["open"] = "open"
    timeline: str
    stills: dict[str, PreparedStill]
    clips: dict[str, PreparedClip]


class RenderSegment(_Message):
    op: Literal["segment"] = "segment"
    segment: Segment
    encoder: Encoder
    path: str


class Join(_Message):
    """Put segment files and a sound track together without encoding again."""

    op: Literal["join"] = "join"
    segments: tuple[str, ...]
    audio: str | None
    fps: int
    metadata: dict[str, str]
    path: str


class Poster(_Message):
    """Draw one frame as a JPEG."""

    op: Literal["poster"] = "poster"
    frame: int
    path: str


class Mix(_Message):
    """Mix sounds and music into raw float samples."""

    op: Literal["mix"] = "mix"
    sounds: tuple[PlacedSound, ...]
    music: MusicTrack | None
    samples: int
    path: str


class ProbeEncoder(_Message):
    """Encode a few frames; the answer says why that failed, or nothing."""

    op: Literal["probe"] = "probe"
    encoder: Encoder
    path: str


Request = Annotated[
    Open | RenderSegment | Join | Poster | Mix | ProbeEncoder,
    Field(discriminator="op"),
]


class Advanced(_Message):
    """Work goes on: frames of picture (segments, join) or sound (mix) that are done of the request."""

    kind: Literal["progress"] = "progress"
    frames: int


class Done(_Message):
    """`text` is the answer of a probe."""

    kind: Literal["done"] = "done"
    text: str = ""


class Failed(_Message):
    """A typed error by its code, with a sentence for people."""

    kind: Literal["failed"] = "failed"
    code: str
    detail: str


Answer = Annotated[Advanced | Done | Failed, Field(discriminator="kind")]

REQUEST: TypeAdapter[Request] = TypeAdapter(Request)
ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)
