"""Sampling through a view: the quick way stands where the exact one does."""

import numpy as np
import pytest

from services.renderer.engine.picture.sampling import PADDING, pad, reduce_to_views, warp, warp_padded
from storyboard.frameplan import View

SIZE = (320, 180)
VIEWS = [View(0.1 + n * 0.0137, 0.08 + n * 0.0071, 0.7 - n * 0.01, 0.7 - n * 0.01) for n in range(12)]


def ramp(width: int, height: int) -> np.ndarray:
    """A plane whose value tells where it was sampled: 0…255 from left to right."""
    return np.tile(np.linspace(0, 255, width), (height, 1)).round().astype(np.uint8)


def planes(width: int, height: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    half = ramp(width // 2, height // 2)
    return ramp(width, height), half, half.copy()


@pytest.mark.parametrize("view", VIEWS)
def test_a_padded_warp_samples_where_the_exact_one_does(view):
    reduced, origin, extent = reduce_to_views(planes(640, 360), VIEWS, SIZE)
    padded, moved = pad(reduced, origin)
    quick, exact = np.zeros(SIZE[::-1], np.uint8), np.zeros(SIZE[::-1], np.uint8)
    warp_padded(padded[0], quick, view, extent, moved)
    warp(reduced[0], exact, view, extent, origin)
    assert np.abs(quick.astype(int) - exact).max() <= 1


def test_a_padded_warp_shows_the_edge_repeated_beyond_the_picture():
    reduced, origin, extent = reduce_to_views(planes(320, 180), [View(0.0, 0.0, 1.0, 1.0)], SIZE)
    padded, moved = pad(reduced, origin)
    drawn = np.zeros(SIZE[::-1], np.uint8)
    warp_padded(padded[0], drawn, View(0.25, 0.0, 1.0, 1.0), extent, moved)
    assert drawn[:, -1].min() == 255
    assert padded[0].shape == (180 + 2 * PADDING, 320 + 2 * PADDING)


def test_a_camera_farther_out_than_the_padding_falls_back_to_the_exact_warp():
    reduced, origin, extent = reduce_to_views(planes(320, 180), [View(0.0, 0.0, 1.0, 1.0)], SIZE)
    padded, moved = pad(reduced, origin)
    drawn, exact = np.zeros(SIZE[::-1], np.uint8), np.zeros(SIZE[::-1], np.uint8)
    far = View(-2.0, -2.0, 5.0, 5.0)
    warp_padded(padded[0], drawn, far, extent, moved)
    warp(padded[0], exact, far, extent, moved)
    assert np.array_equal(drawn, exact)
