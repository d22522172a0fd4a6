"""A slow camera moves evenly: each frame by what the plan says, to a fraction of a pixel."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from drawing import compositor, draw
from golden_material import Material
from scenarios import Scenario, upload

from storyboard.frameplan import View, plan
from storyboard.timeline import Timeline

WIDTH, HEIGHT = 1280, 720
#: a window is compared at these places of the canvas
PLACES = [(0.5, 0.6), (0.25, 0.7), (0.75, 0.7), (0.4, 0.8)]
WINDOW = 256
FURTHEST_RMS = 0.25


def displacement(before: View, after: View, x: float, y: float) -> tuple[float, float]:
    """By how many canvas pixels what was at (x, y), fractions of the canvas, has moved."""
    across, down = before.x + x * before.width, before.y + y * before.height
    return ((across - after.x) / after.width - x) * WIDTH, ((down - after.y) / after.height - y) * HEIGHT


def deviations(timeline: Timeline, material: Material, frames: range) -> Iterator[float]:
    """Distances between measured and planned displacement of successive frames, in pixels."""
    window = cv2.createHanningWindow((WINDOW, WINDOW), cv2.CV_32F)
    with compositor(timeline, material) as drawing:
        drawn = {number: draw(drawing, timeline, number)[0].astype(np.float32) for number in frames}
    views = {number: plan(timeline, number).scene.view for number in frames}
    for number in frames[1:]:
        before, after = views[number - 1], views[number]
        assert before is not None and after is not None
        for x, y in PLACES:
            left, top = round(x * WIDTH - WINDOW / 2), round(y * HEIGHT - WINDOW / 2)
            old, new = (drawn[at][top : top + WINDOW, left : left + WINDOW] for at in (number - 1, number))
            (right, down), _ = cv2.phaseCorrelate(old - old.mean(), new - new.mean(), window)
            asked = displacement(before, after, x, y)
            yield float(np.hypot(right - asked[0], down - asked[1]))


@pytest.mark.slow
@pytest.mark.parametrize("easing", ["linear", "easeInOut"])
@pytest.mark.parametrize("effect", ["panLeft", "panDown", "zoomIn", "zoomOut"])
def test_a_slow_camera_moves_by_what_was_planned(effect: str, easing: str, material: Material) -> None:
    motion = {"effect": effect, "amount": 0.1, "easing": easing}
    scene = {"id": "s", "duration": 4.0, "visual": upload("photo.jpg"), "motion": motion}
    canvas = {"width": WIDTH, "height": HEIGHT, "fps": 30}
    board = {"version": "storyboard/1", "canvas": canvas, "scenes": [scene]}
    timeline = Scenario("motion", "", board, ()).timeline(material)
    found = np.array(list(deviations(timeline, material, range(30, 60))))
    assert np.sqrt((found**2).mean()) <= FURTHEST_RMS
