"""Planes seen through a view: cropped and reduced once, then warped with sub-pixel precision for every frame.

Samples lie in the middle of their squares; chroma samples in the middle of 2 × 2 luma samples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from services.renderer.engine.picture.media import Plane, Planes
from storyboard.frameplan import View

#: pixels kept around a crop, so that interpolation at its edge finds neighbours
_MARGIN = 4
#: luma samples by which the edges of a still under a moving camera are repeated outwards; even
PADDING = 160
#: how many samples more than wanted a resize may make, and how many scales are tried for its place
_EXTRA = 64
_SCALES_TRIED = 12
#: the largest error in place that is accepted, in samples
_FINEST = 0.06
#: how near a whole sample an edge has to be to count as one
_WHOLE = 0.01


def reduce_to_views(
    planes: Planes, views: list[View], size: tuple[int, int]
) -> tuple[Planes, tuple[float, float], tuple[float, float]]:
    """Crop to what the views see and reduce by area to 1:1 at the closest view on a canvas of `size`.

    Returns the planes, the origin of the crop and the size of the whole picture, both in reduced luma samples.
    """
    height, width = planes[0].shape
    left = _down(min(view.x for view in views) * width - _MARGIN, width)
    top = _down(min(view.y for view in views) * height - _MARGIN, height)
    right = _up(max(view.x + view.width for view in views) * width + _MARGIN, width)
    bottom = _up(max(view.y + view.height for view in views) * height + _MARGIN, height)
    scale_x = min(1.0, size[0] / (min(view.width for view in views) * width))
    scale_y = min(1.0, size[1] / (min(view.height for view in views) * height))
    reduced_width = max(2, round((right - left) * scale_x / 2) * 2)
    reduced_height = max(2, round((bottom - top) * scale_y / 2) * 2)
    exact_x, exact_y = reduced_width / (right - left), reduced_height / (bottom - top)
    result = []
    for index, plane in enumerate(planes):
        step = 1 if index == 0 else 2
        crop = plane[top // step : bottom // step, left // step : right // step]
        target = (reduced_width // step, reduced_height // step)
        same = (crop.shape[1], crop.shape[0]) == target
        result.append(np.ascontiguousarray(crop) if same else cv2.resize(crop, target, interpolation=cv2.INTER_AREA))
    return (result[0], result[1], result[2]), (left * exact_x, top * exact_y), (width * exact_x, height * exact_y)


def _down(value: float, limit: int) -> int:
    return min(max(0, math.floor(value)) & ~1, limit - 2)


def _up(value: float, limit: int) -> int:
    return max(2, min(limit, (math.ceil(value) + 1) & ~1))


def warp(
    source: Plane,
    target: Plane,
    view: View,
    extent: tuple[float, float],
    origin: tuple[float, float],
    border: int | None = None,
) -> None:
    """Draw the part of a plane that `view` names over the whole target.

    `extent` is the size of the whole picture and `origin` where the plane begins in it, in the plane's samples.
    Outside the picture is a value, or its edge repeated (None).
    """
    _warp_region(source, target, _matrix(target, view, extent, origin), border)


def warp_inside(
    source: Plane, target: Plane, view: View, extent: tuple[float, float], origin: tuple[float, float]
) -> None:
    """Draw as `warp` does, but only where the picture is, its edges anti-aliased over what the target holds."""
    height, width = target.shape
    left, right = -view.x / view.width * width, (1.0 - view.x) / view.width * width
    top, bottom = -view.y / view.height * height, (1.0 - view.y) / view.height * height
    x, y = max(0, math.floor(left)), max(0, math.floor(top))
    region = target[y : min(height, math.ceil(bottom)), x : min(width, math.ceil(right))]
    if not region.size:
        return
    rows, columns = region.shape
    edges = [
        (region[0], y + 1 - top),
        (region[-1], bottom - (y + rows - 1)),
        (region[:, 0], x + 1 - left),
        (region[:, -1], right - (x + columns - 1)),
    ]
    partly = [(line, share, line.astype(np.float32)) for line, share in edges if share < 1.0]
    matrix = _matrix(target, view, extent, origin)
    matrix[:, 2] += matrix[:, :2] @ (x, y)
    _warp_region(source, region, matrix, None)
    for line, share, below in partly:
        line[:] = np.rint(below + (line - below) * share)


def pad(planes: Planes, origin: tuple[float, float]) -> tuple[Planes, tuple[float, float]]:
    """Planes with their edges repeated outwards as far as `warp_padded` looks, and the origin moved with them."""
    padded = []
    for index, plane in enumerate(planes):
        room = PADDING if index == 0 else PADDING // 2
        padded.append(cv2.copyMakeBorder(plane, room, room, room, room, cv2.BORDER_REPLICATE))
    return (padded[0], padded[1], padded[2]), (origin[0] - PADDING, origin[1] - PADDING)


def warp_padded(
    source: Plane, target: Plane, view: View, extent: tuple[float, float], origin: tuple[float, float]
) -> None:
    """Draw as `warp` does, from a padded plane, in half the time: by a plain resize of a slightly larger part.

    A resize only knows whole samples, but there are many pairs of sizes near the wanted scale, and many places to cut
    the result: one of them lies within hundredths of a sample of where the camera stands.
    """
    rows, columns = target.shape
    scale_x, scale_y = view.width * extent[0] / columns, view.height * extent[1] / rows
    across = _whole_crop(view.x * extent[0] - origin[0], scale_x, columns, source.shape[1])
    down = _whole_crop(view.y * extent[1] - origin[1], scale_y, rows, source.shape[0])
    if across is None or down is None:
        warp(source, target, view, extent, origin)
        return
    crop = source[down.first : down.first + down.size, across.first : across.first + across.size]
    made = _scratch(rows, columns)[: down.made, : across.made]
    cv2.resize(crop, (across.made, down.made), dst=made, interpolation=cv2.INTER_LINEAR)
    np.copyto(target, made[down.skip : down.skip + rows, across.skip : across.skip + columns])


@lru_cache(maxsize=2)
def _scratch(rows: int, columns: int) -> Plane:
    """Room for a resize, kept: fresh memory costs as much as the resize itself. One thread at a time draws."""
    return np.empty((rows + _EXTRA, columns + _EXTRA), np.uint8)


@dataclass(frozen=True, slots=True)
class _Crop:
    """`size` samples from `first` make `made`, of which those after the first `skip` are wanted."""

    first: int
    size: int
    made: int
    skip: int


def _whole_crop(start: float, scale: float, count: int, available: int) -> _Crop | None:
    """Whole numbers by which a resize samples at start + (i + ½) · scale for i < count, in the middle exactly so.

    None if nothing fits into the samples there are.
    """
    made = np.arange(count + 4, count + _EXTRA)
    size = np.rint(made * scale)
    stretch = np.abs(size / made - scale) * count / 2
    best = np.argsort(stretch)[:_SCALES_TRIED]
    made, size, stretch = made[best, None], size[best, None], stretch[best, None]
    skip = np.arange(1, _EXTRA - 3)[None, :]
    step = size / made
    first = start + scale * count / 2 - (skip + count / 2) * step
    whole = np.rint(first)
    error = np.abs(first - whole) + stretch
    usable = (skip < made - count) & (whole >= 0) & (whole + size <= available)
    error = np.where(usable, error, np.inf)
    row, column = divmod(int(np.argmin(error)), error.shape[1])
    if error[row, column] > _FINEST:
        return None
    return _Crop(int(whole[row, column]), int(size[row, 0]), int(made[row, 0]), int(skip[0, column]))


def _matrix(target: Plane, view: View, extent: tuple[float, float], origin: tuple[float, float]) -> NDArray[np.float64]:
    """From samples of the target to samples of the source."""
    height, width = target.shape
    scale_x, scale_y = view.width * extent[0] / width, view.height * extent[1] / height
    return np.array(
        [
            [scale_x, 0.0, view.x * extent[0] - origin[0] + scale_x / 2 - 0.5],
            [0.0, scale_y, view.y * extent[1] - origin[1] + scale_y / 2 - 0.5],
        ]
    )


def _warp_region(source: Plane, region: Plane, matrix: NDArray[np.float64], border: int | None) -> None:
    cv2.warpAffine(
        source,
        matrix,
        (region.shape[1], region.shape[0]),
        dst=region,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE if border is None else cv2.BORDER_CONSTANT,
        borderValue=(border or 0,),
    )


def resize_whole(source: Plane, target: Plane, view: View) -> bool:
    """Draw a still view by whole samples: crop where the picture is larger, place where it is smaller.

    False for an enlarged picture whose edges don't fall on whole samples: there a rounding would be seen.
    """
    height, width = source.shape
    rows, columns = target.shape
    left, right = view.x * width, (view.x + view.width) * width
    top, bottom = view.y * height, (view.y + view.height) * height
    scale_x, scale_y = columns / (right - left), rows / (bottom - top)
    enlarged = scale_x > 1.001 or scale_y > 1.001
    if enlarged and any(abs(edge - round(edge)) > _WHOLE for edge in (left, right, top, bottom)):
        return False
    crop_left, crop_right = max(0, round(left)), min(width, round(right))
    crop_top, crop_bottom = max(0, round(top)), min(height, round(bottom))
    x, y = round((crop_left - left) * scale_x), round((crop_top - top) * scale_y)
    wide = min(round((crop_right - crop_left) * scale_x), columns - x)
    tall = min(round((crop_bottom - crop_top) * scale_y), rows - y)
    crop = source[crop_top:crop_bottom, crop_left:crop_right]
    region = target[y : y + tall, x : x + wide]
    if crop.shape == region.shape:
        np.copyto(region, crop)
    else:
        cv2.resize(crop, (wide, tall), dst=region, interpolation=cv2.INTER_LINEAR if enlarged else cv2.INTER_AREA)
    return True
