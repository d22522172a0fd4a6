"""The timeline cut into segments that are rendered and cached on their own.

A *body* is a piece of one scene, a *join* the frames of a transition. They partition the timeline. `content` holds
every layer visible in the segment, with times relative to the segment or the scene and nothing else, so that a scene
that only moves in time keeps its segments.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import rfc8785

from storyboard.timeline import CaptionGroup, ImageLayer, Timeline, TimelineScene

#: a body is cut into pieces of about this many seconds, so that an edit re-renders little and workers share a scene
PIECE_SECONDS = 3
#: no piece is shorter than this, seconds
SHORTEST_SECONDS = 1

Json = object


@dataclass(frozen=True, slots=True)
class Segment:
    """Frames [start, start + frames) of the timeline. `scene` is the one on screen, in a join the one going out."""

    index: int
    kind: Literal["body", "join"]
    scene: int
    start: int
    frames: int

    @property
    def end(self) -> int:
        return self.start + self.frames

    @property
    def scenes(self) -> tuple[int, ...]:
        return (self.scene,) if self.kind == "body" else (self.scene, self.scene + 1)


def segments(timeline: Timeline) -> tuple[Segment, ...]:
    """The timeline's segments in order; together they cover each frame once."""
    result: list[Segment] = []
    incoming = 0
    for index, scene in enumerate(timeline.scenes):
        outgoing = scene.transition.frames
        start, end = scene.start + incoming, scene.start + scene.frames - outgoing
        cuts = [*_cuts(timeline, index, start, end), end]
        for cut in cuts:
            if cut > start:
                result.append(Segment(len(result), "body", index, start, cut - start))
                start = cut
        if outgoing:
            result.append(Segment(len(result), "join", index, end, outgoing))
        incoming = outgoing
    return tuple(result)


def _cuts(timeline: Timeline, scene: int, start: int, end: int) -> Iterator[int]:
    """Where a body is cut: where a caption changes if one does near, so that no caption spans two pieces."""
    piece = PIECE_SECONDS * timeline.canvas.fps
    shortest = SHORTEST_SECONDS * timeline.canvas.fps
    changes = [group.start for group in _groups_between(timeline, start, end) if group.scene == scene]
    while end - start > piece + shortest:
        near = [
            change for change in changes if start + shortest <= change <= start + piece and end - change >= shortest
        ]
        start = near[-1] if near else start + piece
        yield start


def _groups_between(timeline: Timeline, start: int, end: int) -> tuple[CaptionGroup, ...]:
    """The caption groups visible in [start, end); groups stand in order and never overlap."""
    groups = timeline.captions.groups
    first = bisect_right(groups, start, key=lambda group: group.end)
    return groups[first : bisect_left(groups, end, key=lambda group: group.start)]


def content(timeline: Timeline, segment: Segment) -> dict[str, Json]:
    """Everything that decides the segment's frames, as JSON."""
    canvas = timeline.canvas
    captions = [
        {
            "start": group.start - segment.start,
            "end": group.end - segment.start,
            "words": [
                [word.text, word.start - group.start, word.end - group.start, word.glued] for word in group.words
            ],
        }
        for group in _groups_between(timeline, segment.start, segment.end)
    ]
    style = timeline.captions.model_dump(mode="json", by_alias=True, exclude={"groups"})
    return {
        "canvas": canvas.model_dump(mode="json", by_alias=True),
        "language": timeline.language,
        "kind": segment.kind,
        "frames": segment.frames,
        "scenes": [_visible(timeline, timeline.scenes[index], segment) for index in segment.scenes],
        "transition": timeline.scenes[segment.scene].transition.type if segment.kind == "join" else None,
        "captions": {"style": style, "groups": captions} if captions and style["style"] != "none" else None,
        "logo": [_digest(timeline, timeline.logo.asset), timeline.logo.corner, timeline.logo.width]
        if timeline.logo
        else None,
        "fonts": [font.sha256 for font in timeline.fonts],
        "codec": timeline.output.codec,
        "quality": timeline.output.quality,
    }


def content_hash(timeline: Timeline, segment: Segment) -> str:
    """SHA-256 of the segment's content, in hex. A renderer adds its own version and encoder to make a cache key."""
    return hashlib.sha256(rfc8785.dumps(content(timeline, segment))).hexdigest()  # type: ignore[arg-type]


def _digest(timeline: Timeline, asset: str) -> str:
    return timeline.asset(asset).sha256


def _visible(timeline: Timeline, scene: TimelineScene, segment: Segment) -> dict[str, Json]:
    """A scene as far as it shows in [start, end): positions count from the scene's own first frame."""
    first, last = segment.start - scene.start, segment.end - scene.start
    picture = scene.picture.model_dump(mode="json", by_alias=True)
    if "asset" in picture:
        asset = timeline.asset(picture["asset"])
        picture["asset"] = [asset.sha256, asset.width, asset.height, asset.frames]
    moving = scene.motion.effect != "none"
    layers = []
    for layer in scene.layers:
        if layer.start < last and layer.start + layer.frames > first:
            drawn = layer.model_dump(mode="json", by_alias=True)
            if isinstance(layer, ImageLayer):
                drawn["asset"] = _digest(timeline, layer.asset)
            layers.append(drawn)
    # A still picture without layers looks the same wherever the segment lies in the scene.
    still = picture["type"] != "video" and not moving and not layers
    return {
        "picture": picture,
        "motion": scene.motion.model_dump(mode="json", by_alias=True)
        if moving
        else [scene.motion.focus_x, scene.motion.focus_y],
        "layers": layers,
        "first": None if still else first,
        "frames": scene.frames if moving else None,
    }
