"""What was found, made and measured for a storyboard: the compiler's second input.

Asset references are the storyboard's own (`asset:…`, `sample:…`, `file:…`); nothing here is a path or an address.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from storyboard.models import Model

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
TimingMethod = Literal["provider", "alignment", "proportional"]


class ResolvedAsset(Model):
    """One usable file. `width` × `height` in pixels as shown (after rotation); `seconds` of clips and sound."""

    kind: Literal["image", "video", "audio"]
    sha256: Sha256
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    has_audio: bool = False


class TakeWord(Model):
    """A spoken word with its interval in seconds from the beginning of the recording."""

    text: str
    start: float
    end: float


class Take(Model):
    """The recording of one scene's narration. Without words, timing is spread in proportion to what is spoken."""

    src: str
    seconds: float
    words: tuple[TakeWord, ...] = ()
    method: TimingMethod = "proportional"
    confidence: float = Field(default=0.5, ge=0, le=1)


class Resolution(Model):
    """Everything the compiler needs to know of the world outside the storyboard."""

    assets: dict[str, ResolvedAsset] = Field(default_factory=dict)
    #: scene id → reference of the media chosen for it, where the storyboard names none
    visuals: dict[str, str] = Field(default_factory=dict)
    #: scene id → recording of its narration
    takes: dict[str, Take] = Field(default_factory=dict)
    #: reference of the music chosen for the storyboard's mood
    music: str | None = None
    #: families that can be drawn → digest of the files that draw them, fall-backs included
    fonts: dict[str, Sha256] = Field(default_factory=dict)
