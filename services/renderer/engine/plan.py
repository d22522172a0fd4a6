"""What has to be done to render a timeline: which media in which form, which segments under which cache keys. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import version
from typing import TypeVar

from services.renderer.engine.encode.encoders import Encoder
from services.renderer.engine.toolchain import ffmpeg_identity
from storyboard.models import Model
from storyboard.segments import Segment, content_hash, segments
from storyboard.timeline import ClipPicture, ImageLayer, ImagePicture, Timeline, TimelineScene

T = TypeVar("T", bound=Model)

#: changes whenever the engine draws or encodes differently: every cached segment is then made anew
ENGINE_VERSION = "3"


@dataclass(frozen=True, slots=True)
class ClipNeed:
    """The frames [first, first + frames) of a clip at the canvas' rate, reduced to `scale` ≤ 1 of its size."""

    asset: str
    first: int
    frames: int
    scale: float


@dataclass(frozen=True, slots=True)
class SegmentJob:
    """A segment and the address of its file; segments of the same address look the same."""

    segment: Segment
    key: str


def digest(*parts: object) -> str:
    """SHA-256 over parts of JSON, in hex."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def segment_jobs(timeline: Timeline, encoder: Encoder) -> tuple[SegmentJob, ...]:
    """Every segment in order, with its cache key: engine and encoder, their builds and settings, visible content."""
    builds = [version(name) for name in ("av", "opencv-python-headless", "skia-python")]
    if encoder.device:  # encoded by the FFmpeg program
        builds.append(ffmpeg_identity())
    settings = [ENGINE_VERSION, builds, encoder.name, encoder.options]
    return tuple(
        SegmentJob(segment, digest(settings, content_hash(timeline, segment))) for segment in segments(timeline)
    )


def still_needs(timeline: Timeline) -> tuple[str, ...]:
    """Ids of the pictures that are drawn."""
    needed = {scene.picture.asset for scene in timeline.scenes if isinstance(scene.picture, ImagePicture)}
    needed |= {layer.asset for scene in timeline.scenes for layer in scene.layers if isinstance(layer, ImageLayer)}
    if timeline.logo is not None:
        needed.add(timeline.logo.asset)
    return tuple(sorted(needed))


def clip_needs(timeline: Timeline) -> tuple[ClipNeed, ...]:
    """For each clip the frames and the size its scenes together ask for, in whole seconds."""
    needs: dict[str, ClipNeed] = {}
    fps = timeline.canvas.fps
    for scene in timeline.scenes:
        picture = scene.picture
        if not isinstance(picture, ClipPicture):
            continue
        asset = timeline.asset(picture.asset)
        available = asset.frames or 1
        first = min(picture.trim, available - 1) // fps * fps
        last = min(picture.trim + int((scene.frames - 1) * picture.speed) + 1, available)
        last = min(-(-last // fps) * fps, available)
        scale = _scale(timeline, scene, asset.width or 1, asset.height or 1)
        known = needs.get(asset.id)
        if known is not None:
            first, last = min(first, known.first), max(last, known.first + known.frames)
            scale = max(scale, known.scale)
        needs[asset.id] = ClipNeed(asset.id, first, last - first, scale)
    return tuple(needs[asset] for asset in sorted(needs))


def _scale(timeline: Timeline, scene: TimelineScene, width: int, height: int) -> float:
    """How much of the clip's resolution the scene shows at its closest: 1 is all of it."""
    across, down = timeline.canvas.width / width, timeline.canvas.height / height
    fit = getattr(scene.picture, "fit", "cover")
    placed = min(across, down) if fit in ("contain", "blur") else max(across, down)
    zoom = 1.0 + (scene.motion.amount if scene.motion.effect != "none" else 0.0)
    # Steps of a twentieth, so that a small change of the zoom doesn't mean a new mezzanine.
    return min(1.0, -(-placed * zoom * 20 // 1) / 20)


def preview_timeline(timeline: Timeline, short_side: int = 360) -> Timeline:
    """The same timeline on a small canvas in draft quality: type and positions are relative, so it looks the same."""
    canvas = timeline.canvas
    factor = min(1.0, short_side / min(canvas.width, canvas.height))
    size = {"width": _even(canvas.width * factor), "height": _even(canvas.height * factor)}
    return _with(
        timeline,
        canvas=_with(canvas, **size),
        output=_with(timeline.output, codec="h264", quality="draft"),
    )


def _with(model: T, **changes: object) -> T:
    return model.model_copy(update=changes)


def _even(value: float) -> int:
    return max(2, round(value / 2) * 2)
