"""Frames of a scenario by the fast compositor and by the reference, from the same prepared media."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
from golden_material import Material
from scenarios import Scenario
from similarity import Pixels, ssim

from services.renderer.engine import plan
from services.renderer.engine.ingest.prepare import Media
from services.renderer.engine.picture.compositor import Compositor
from services.renderer.engine.picture.media import Planes, Prepared
from services.renderer.engine.picture.planes import empty_planes
from services.renderer.engine.picture.reference import ReferenceCompositor, to_planes, to_rgb
from storyboard.timeline import Timeline


@dataclass(frozen=True)
class Likeness:
    """How a frame of the fast path compares with the reference: SSIM of luma, the largest difference of a plane's
    mean in chroma, in steps of 1/255."""

    shot: str
    ssim: float
    chroma: float
    fast: Planes
    reference: Planes


def prepared(timeline: Timeline, material: Material) -> dict[str, Prepared]:
    """The media of a timeline as the renderer's ingest makes them."""
    media = Media(material.cache, material.files, timeline, 1, threading.Event())
    return {**media.stills(plan.still_needs(timeline)), **media.clips(plan.clip_needs(timeline))}


@contextmanager
def compositor(timeline: Timeline, material: Material) -> Iterator[Compositor]:
    drawing = Compositor(timeline, prepared(timeline, material))
    try:
        yield drawing
    finally:
        drawing.close()


def draw(drawing: Compositor, timeline: Timeline, frame: int) -> Planes:
    """A frame of the fast path on fresh planes."""
    planes = empty_planes(timeline.canvas.width, timeline.canvas.height)
    drawing.draw(frame, planes)
    return planes


def likenesses(scenario: Scenario, material: Material) -> Iterator[Likeness]:
    """Each shot of a scenario drawn both ways."""
    timeline = scenario.timeline(material)
    media = prepared(timeline, material)
    fast, reference = Compositor(timeline, media), ReferenceCompositor(timeline, media)
    try:
        for shot in scenario.shots:
            number = scenario.frame(timeline, shot)
            ours, theirs = draw(fast, timeline, number), to_planes(reference.frame(number))
            chroma = max(abs(float(a.mean()) - float(b.mean())) for a, b in zip(ours[1:], theirs[1:], strict=True))
            yield Likeness(shot.name, ssim(ours[0], theirs[0]), chroma, ours, theirs)
    finally:
        fast.close()
        reference.close()


def picture(planes: Planes, longest: int | None = None) -> Pixels:
    """RGB of planes, made smaller by areas so that the longer side is `longest`."""
    rgb = to_rgb(planes)
    if longest is None:
        return rgb
    height, width = rgb.shape[:2]
    scale = longest / max(width, height)
    size = (round(width * scale), round(height * scale))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
