"""timeline/1: what a renderer plays. Absolute integer frames, assets by SHA-256, every default filled in.

Paint order, first at the bottom: canvas background · scene picture (visual under motion, then overlays) · the next
scene's picture through the transition · captions · logo. The SHA-256 of the canonical JSON (RFC 8785) of this model
without nulls is the render fingerprint.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

import rfc8785
from pydantic import Field

from storyboard.fields import Colour
from storyboard.models import (
    Animation,
    CaptionStyle,
    Codec,
    Corner,
    Duck,
    Easing,
    Fit,
    Model,
    MotionEffect,
    Position,
    Quality,
    TransitionType,
)
from storyboard.resolution import Sha256, TimingMethod

Frames = Annotated[int, Field(ge=0)]


class TimelineCanvas(Model):
    width: int
    height: int
    fps: int
    background: Colour


class TimelineAsset(Model):
    id: str
    kind: Literal["image", "video", "audio"]
    sha256: Sha256
    width: int | None = None
    height: int | None = None
    #: length of a clip in whole frames of the canvas' frame rate
    frames: int | None = None


class TimelineFont(Model):
    """Sizes in vmin; `color` and `stroke` with or without alpha."""

    family: str
    weight: int
    size: float
    color: Colour
    stroke: Colour
    stroke_width: float


class ImagePicture(Model):
    type: Literal["image"] = "image"
    asset: str
    fit: Fit


class ClipPicture(Model):
    """Frame n of the scene shows frame trim + floor(n · speed) of the clip, both at the canvas' frame rate;
    past its end the last frame stays."""

    type: Literal["video"] = "video"
    asset: str
    fit: Fit
    trim: Frames
    speed: float


class ColorPicture(Model):
    type: Literal["color"] = "color"
    color: Colour


class GradientPicture(Model):
    type: Literal["gradient"] = "gradient"
    colors: tuple[Colour, ...]
    angle: float


Picture = Annotated[ImagePicture | ClipPicture | ColorPicture | GradientPicture, Field(discriminator="type")]


class TimelineMotion(Model):
    effect: MotionEffect
    amount: float
    focus_x: float
    focus_y: float
    easing: Easing


class _TimelineOverlay(Model):
    """`start` in frames of the scene; `x`, `y` place the anchor: the middle of the box or of its left or right edge."""

    start: Frames
    frames: Frames
    x: float
    y: float
    width: float
    anchor: Literal["center", "left", "right"]
    animation: Animation


class TextLayer(_TimelineOverlay):
    type: Literal["text"] = "text"
    text: str
    font: TimelineFont


class ImageLayer(_TimelineOverlay):
    type: Literal["image"] = "image"
    asset: str
    opacity: float


Layer = Annotated[TextLayer | ImageLayer, Field(discriminator="type")]


class TimelineTransition(Model):
    """Over the last `frames` of its scene, which are the first of the next."""

    type: TransitionType
    frames: Frames


class TimelineScene(Model):
    """On screen from frame `start` for `frames`, its transitions included."""

    id: str
    start: Frames
    frames: Annotated[int, Field(ge=1)]
    picture: Picture
    motion: TimelineMotion
    layers: tuple[Layer, ...]
    transition: TimelineTransition


class CaptionWord(Model):
    """Absolute frames; `glued` words follow the one before without a space (scripts that use none)."""

    text: str
    start: Frames
    end: Frames
    glued: bool = False


class CaptionGroup(Model):
    """Words shown together in [start, end), absolute frames."""

    scene: int
    start: Frames
    end: Frames
    words: tuple[CaptionWord, ...]


class TimelineCaptions(Model):
    style: CaptionStyle
    position: Position
    font: TimelineFont
    active_color: Colour
    groups: tuple[CaptionGroup, ...]


class NarrationClip(Model):
    """A recording on screen for [start, start + frames), and how its words were timed."""

    scene: int
    asset: str
    start: Frames
    frames: Frames
    method: TimingMethod
    confidence: float


class SoundClip(Model):
    """The sound of a clip on screen: from `trim` (frames of the clip) at `speed`, for `frames` from `start`."""

    scene: int
    asset: str
    start: Frames
    frames: Frames
    trim: Frames
    speed: float
    volume: float


class TimelineMusic(Model):
    asset: str
    volume: float
    fade_in: Frames
    fade_out: Frames
    loop: bool
    duck: Duck


class TimelineLogo(Model):
    asset: str
    corner: Corner
    width: float


class FontDigest(Model):
    family: str
    sha256: Sha256


class TimelineOutput(Model):
    codec: Codec
    quality: Quality
    poster: Frames


class Timeline(Model):
    version: Literal["timeline/1"] = "timeline/1"
    title: str
    language: str
    seed: int
    canvas: TimelineCanvas
    frames: Annotated[int, Field(ge=1)]
    assets: tuple[TimelineAsset, ...]
    fonts: tuple[FontDigest, ...]
    scenes: tuple[TimelineScene, ...]
    captions: TimelineCaptions
    narration: tuple[NarrationClip, ...]
    sounds: tuple[SoundClip, ...]
    music: TimelineMusic | None = None
    logo: TimelineLogo | None = None
    output: TimelineOutput

    def asset(self, identifier: str) -> TimelineAsset:
        """The asset of that id; KeyError if the timeline has none."""
        for asset in self.assets:
            if asset.id == identifier:
                return asset
        raise KeyError(identifier)

    @property
    def seconds(self) -> float:
        return self.frames / self.canvas.fps


def canonical(model: Model) -> bytes:
    """RFC 8785 canonical JSON of a model, camelCase, members without value left out."""
    return rfc8785.dumps(model.model_dump(mode="json", by_alias=True, exclude_none=True))


def fingerprint(model: Model) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical(model)).hexdigest()
