"""Transitions on planes: what `look` defines, at whole pixels of luma and the same or the one before in chroma.

Each function paints the mix of `old` and `new` at `progress` (0…1) into `out`; the three never share memory.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from services.renderer.engine.picture import look
from services.renderer.engine.picture.media import Plane, Planes
from services.renderer.engine.picture.planes import colour_yuv, copy_into

BLACK = colour_yuv((0, 0, 0))
WHITE = colour_yuv((255, 255, 255))


def blend(kind: str, old: Planes, new: Planes, progress: float, out: Planes) -> None:
    """Paint the transition `kind` (of storyboard/1) at `progress`."""
    if kind == "fade":
        _cross(old, new, progress, out)
    elif kind in ("fadeBlack", "fadeWhite"):
        _through(BLACK if kind == "fadeBlack" else WHITE, old, new, progress, out)
    elif kind.startswith("slide"):
        _slide(kind, old, new, progress, out)
    elif kind.startswith("wipe"):
        _wipe(kind, old, new, progress, out)
    elif kind == "circleOpen":
        _circle(old, new, progress, out)
    else:
        copy_into(new, out)


def _cross(old: Planes, new: Planes, progress: float, out: Planes) -> None:
    for a, b, target in zip(old, new, out, strict=True):
        cv2.addWeighted(a, 1.0 - progress, b, progress, 0.0, dst=target)


def _through(yuv: tuple[int, int, int], old: Planes, new: Planes, progress: float, out: Planes) -> None:
    arrived, light = look.dip(progress)
    for a, value, target in zip(new if arrived else old, yuv, out, strict=True):
        cv2.convertScaleAbs(a, dst=target, alpha=light, beta=value * (1.0 - light))


def _slide(kind: str, old: Planes, new: Planes, progress: float, out: Planes) -> None:
    """Both scenes move by the same whole number of pixels, chroma in steps of two; the new one pushes."""
    height, width = out[0].shape
    gone = look.slide_offset(kind, progress, width, height)
    coming = look.incoming_offset(kind, gone, width, height)
    for index, (a, b, target) in enumerate(zip(old, new, out, strict=True)):
        step = 1 if index == 0 else 2
        _place(a, target, gone[0] // step, gone[1] // step)
        _place(b, target, coming[0] // step, coming[1] // step)


def _place(source: Plane, target: Plane, dx: int, dy: int) -> None:
    """Copy what of the source falls inside the target when it is moved by (dx, dy)."""
    rows, columns = target.shape
    top, bottom, left, right = max(0, dy), min(rows, rows + dy), max(0, dx), min(columns, columns + dx)
    if top < bottom and left < right:
        target[top:bottom, left:right] = source[top - dy : bottom - dy, left - dx : right - dx]


def _wipe(kind: str, old: Planes, new: Planes, progress: float, out: Planes) -> None:
    """A hard edge passes over the picture; the new scene is behind it."""
    height, width = out[0].shape
    left, top, right, bottom = look.wipe_rect(kind, progress, width, height)
    copy_into(old, out)
    for index, (b, target) in enumerate(zip(new, out, strict=True)):
        step = 1 if index == 0 else 2
        rows, columns = slice(top // step, bottom // step), slice(left // step, right // step)
        target[rows, columns] = b[rows, columns]


@lru_cache(maxsize=4)
def _distances(width: int, height: int, step: int) -> NDArray[np.float32]:
    """Distance of each sample from the canvas' centre, in luma pixels."""
    x = (np.arange(width // step, dtype=np.float32) + 0.5) * step - width / 2
    y = (np.arange(height // step, dtype=np.float32) + 0.5) * step - height / 2
    distances: NDArray[np.float32] = np.hypot(x[None, :], y[:, None])
    return distances


def _circle(old: Planes, new: Planes, progress: float, out: Planes) -> None:
    height, width = out[0].shape
    inner, outer = look.circle_radius(progress, width, height)
    weights = [np.clip((outer - _distances(width, height, step)) / (outer - inner), 0.0, 1.0) for step in (1, 2)]
    for index, (a, b, target) in enumerate(zip(old, new, out, strict=True)):
        weight = weights[min(index, 1)]
        target[:] = cv2.blendLinear(a, b, 1.0 - weight, weight)
