"""Files that ingest made: where they lie and how to read them. No media library is needed to speak of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PreparedStill:
    """Raw planes of an opaque picture, or straight RGBA if `has_alpha`. Even width and height, in pixels."""

    path: str
    width: int
    height: int
    has_alpha: bool


@dataclass(frozen=True, slots=True)
class PreparedClip:
    """A constant-rate mezzanine that holds frames [first, first + frames) of the asset."""

    path: str
    width: int
    height: int
    first: int
    frames: int


Prepared = PreparedStill | PreparedClip
