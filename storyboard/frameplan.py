"""What is on screen at a frame, in numbers: `plan(timeline, frame)`.

Both renderers and the scrubbing preview draw from this; the TypeScript twin must give the same numbers with `==`, so
only + − × ÷, comparison and integer division are used.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import regex

from storyboard.captions import quantise
from storyboard.easing import EASINGS, ease_out, ease_out_back
from storyboard.timeline import (
    CaptionGroup,
    ClipPicture,
    ImagePicture,
    Layer,
    Timeline,
    TimelineMotion,
    TimelineScene,
)

_GRAPHEME = regex.compile(r"\X")

#: length of an overlay's animation and of a caption word's pop, in seconds
ANIMATION = 0.35
POP = 0.18


@dataclass(frozen=True, slots=True)
class View:
    """The part of the picture that fills the canvas, in fractions of the picture's width and height.

    May reach beyond 0…1 where the picture doesn't cover the canvas (contain, blur).
    """

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class LayerState:
    """An overlay at a frame: opacity 0…1, shift down in fractions of the canvas' height, scale about its middle."""

    index: int
    opacity: float
    shift: float
    scale: float


@dataclass(frozen=True, slots=True)
class SceneState:
    """A scene at a frame. `local` counts from its first frame; `clip_frame` is the frame of its clip, if it has one."""

    index: int
    local: int
    view: View | None
    clip_frame: int | None
    layers: tuple[LayerState, ...]


@dataclass(frozen=True, slots=True)
class CaptionState:
    """A caption group at a frame.

    `active` is the word being spoken (−1 before the first), `shown` how many have begun, `letters` how many grapheme
    clusters of the active word a typewriter has written, `scale` the size of the active word in a pop.
    """

    group: int
    active: int
    shown: int
    letters: int
    scale: float


@dataclass(frozen=True, slots=True)
class FramePlan:
    """The scene on screen, the one coming in with the transition's progress (0…1), and the caption."""

    scene: SceneState
    incoming: SceneState | None
    transition: str
    progress: float
    caption: CaptionState | None


def plan(timeline: Timeline, frame: int) -> FramePlan:
    """The numbers of one frame, 0 ≤ frame < timeline.frames."""
    index = scene_at(timeline, frame)
    scene = timeline.scenes[index]
    outgoing = scene.transition.frames
    elapsed = frame - (scene.start + scene.frames - outgoing)
    state = scene_state(timeline, index, frame)
    if outgoing == 0 or elapsed < 0:
        return FramePlan(state, None, "none", 0.0, caption_state(timeline, frame))
    incoming = scene_state(timeline, index + 1, frame)
    # The middle of each frame: the first is neither all old nor all new, and the two directions mirror each other.
    progress = (elapsed + 0.5) / outgoing
    return FramePlan(state, incoming, scene.transition.type, progress, caption_state(timeline, frame))


def scene_at(timeline: Timeline, frame: int) -> int:
    """The earliest scene on screen at a frame (during a transition that is the one going out)."""
    index = bisect_right(timeline.scenes, frame, key=lambda scene: scene.start) - 1
    before = timeline.scenes[index - 1] if index > 0 else None
    if before is not None and frame < before.start + before.frames:
        return index - 1
    return index


def scene_state(timeline: Timeline, index: int, frame: int) -> SceneState:
    scene = timeline.scenes[index]
    local = frame - scene.start
    picture = scene.picture
    view: View | None = None
    clip_frame: int | None = None
    if isinstance(picture, ImagePicture | ClipPicture):
        asset = timeline.asset(picture.asset)
        size = (float(asset.width or 1), float(asset.height or 1))
        canvas = (float(timeline.canvas.width), float(timeline.canvas.height))
        view = view_at(size, canvas, picture.fit, scene.motion, local, scene.frames)
        if isinstance(picture, ClipPicture):
            clip_frame = min(picture.trim + clip_offset(local, picture.speed), (asset.frames or 1) - 1)
    fps = timeline.canvas.fps
    layers = tuple(
        layer_state(position, layer, local - layer.start, fps)
        for position, layer in enumerate(scene.layers)
        if layer.start <= local < layer.start + layer.frames
    )
    return SceneState(index, local, view, clip_frame, layers)


def clip_offset(local: int, speed: float) -> int:
    """floor(local · speed) in integers: speeds have three decimals at most that matter."""
    return local * quantise(speed, 1000) // 1000


def zoom_at(motion: TimelineMotion, t: float) -> tuple[float, float, float]:
    """Zoom ≥ 1 and where the camera stands in the space that leaves free, 0…1 each way, at eased time t."""
    amount = motion.amount
    effect = motion.effect
    x, y = motion.focus_x, motion.focus_y
    if effect == "zoomIn":
        return 1.0 + amount * t, x, y
    if effect == "zoomOut":
        # An easing that overshoots must not zoom out beyond the picture's edge.
        return max(1.0, 1.0 + amount * (1.0 - t)), x, y
    along = min(1.0, max(0.0, t))
    back = 1.0 - along
    if effect == "panLeft":
        return 1.0 + amount, back, y
    if effect == "panRight":
        return 1.0 + amount, along, y
    if effect == "panUp":
        return 1.0 + amount, x, back
    if effect == "panDown":
        return 1.0 + amount, x, along
    return 1.0, x, y


def view_at(
    size: tuple[float, float],
    canvas: tuple[float, float],
    fit: str,
    motion: TimelineMotion,
    local: int,
    frames: int,
) -> View:
    """Where the camera looks: the picture is placed by `fit` (cover keeps the focus in sight, as CSS
    object-position does), then a camera of the canvas' shape moves over it."""
    width, height = size
    canvas_width, canvas_height = canvas
    across, down = canvas_width / width, canvas_height / height
    if fit == "fill":
        placed_width, placed_height, left, top = canvas_width, canvas_height, 0.0, 0.0
    else:
        scale = max(across, down) if fit == "cover" else min(across, down)
        placed_width, placed_height = width * scale, height * scale
        focus_x = motion.focus_x if fit == "cover" else 0.5
        focus_y = motion.focus_y if fit == "cover" else 0.5
        left = (canvas_width - placed_width) * focus_x
        top = (canvas_height - placed_height) * focus_y
    time = local / (frames - 1) if frames > 1 else 0.0
    zoom, along_x, along_y = zoom_at(motion, EASINGS[motion.easing](time))
    camera_width, camera_height = canvas_width / zoom, canvas_height / zoom
    camera_x = (canvas_width - camera_width) * along_x
    camera_y = (canvas_height - camera_height) * along_y
    return View(
        (camera_x - left) / placed_width,
        (camera_y - top) / placed_height,
        camera_width / placed_width,
        camera_height / placed_height,
    )


def is_still(scene: TimelineScene) -> bool:
    """Whether the scene's picture is the same in every frame (its layers may still move)."""
    moving = scene.motion.effect != "none" and scene.motion.amount > 0
    return not isinstance(scene.picture, ClipPicture) and not (moving and isinstance(scene.picture, ImagePicture))


def layer_state(index: int, layer: Layer, elapsed: int, fps: int) -> LayerState:
    """An overlay `elapsed` frames after it appeared."""
    length = max(1, min(quantise(ANIMATION, fps), layer.frames))
    entered = min(1.0, (elapsed + 1) / length)
    if layer.animation == "fadeIn":
        return LayerState(index, entered, 0.0, 1.0)
    if layer.animation == "fadeInOut":
        return LayerState(index, min(entered, min(1.0, (layer.frames - elapsed) / length)), 0.0, 1.0)
    if layer.animation == "slideUp":
        return LayerState(index, entered, (1.0 - ease_out(entered)) * 0.04, 1.0)
    if layer.animation == "popIn":
        return LayerState(index, min(1.0, entered * 2.0), 0.0, 0.6 + 0.4 * ease_out_back(entered))
    return LayerState(index, 1.0, 0.0, 1.0)


def caption_state(timeline: Timeline, frame: int) -> CaptionState | None:
    """The caption on screen. With the style "none" there are groups (subtitle files need them), but none shows."""
    if timeline.captions.style == "none":
        return None
    groups = timeline.captions.groups
    index = bisect_right(groups, frame, key=lambda group: group.start) - 1
    if index < 0 or frame >= groups[index].end:
        return None
    return group_state(index, groups[index], frame, timeline.canvas.fps)


def group_state(index: int, group: CaptionGroup, frame: int, fps: int) -> CaptionState:
    shown = sum(1 for word in group.words if word.start <= frame)
    if shown == 0:
        return CaptionState(index, -1, 0, 0, 1.0)
    word = group.words[shown - 1]
    elapsed = frame - word.start + 1
    clusters = len(_GRAPHEME.findall(word.text))
    letters = min(clusters, -(-clusters * elapsed // max(1, word.end - word.start)))
    entered = min(1.0, elapsed / max(1, quantise(POP, fps)))
    return CaptionState(index, shown - 1, shown, letters, 0.6 + 0.4 * ease_out_back(entered))
