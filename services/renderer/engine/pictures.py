"""Scene pictures on planes: a still under a moving camera, a clip, a colour, a gradient.

A still is cropped to what its camera ever sees, reduced by area so that it is never sampled below 1:1 at the largest
zoom, and then warped once a frame, each plane with sub-pixel precision.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

import cv2
import numpy as np

from services.renderer.engine import look
from services.renderer.engine.media import (
    ClipReader,
    Plane,
    Planes,
    Prepared,
    PreparedClip,
    PreparedStill,
    read_planes,
    read_rgba,
)
from services.renderer.engine.planes import (
    colour_yuv,
    copy_into,
    empty_planes,
    fill,
    flat_planes,
    over,
    premultiply,
    rgba_planes,
)
from storyboard.frameplan import SceneState, View, is_still, view_at
from storyboard.timeline import ClipPicture, ColorPicture, GradientPicture, Timeline, TimelineMotion, TimelineScene

#: pixels kept around a crop, so that interpolation at its edge finds neighbours
_MARGIN = 4
#: how near a whole sample an edge has to be to count as one
_WHOLE = 0.01


class Picture(Protocol):
    """Draws a scene's picture over the whole canvas."""

    def draw(self, state: SceneState, canvas: Planes) -> None: ...

    def close(self) -> None: ...


def open_picture(timeline: Timeline, index: int, media: Mapping[str, Prepared]) -> Picture:
    """The picture of a scene, ready to draw any of its frames."""
    scene = timeline.scenes[index]
    canvas = timeline.canvas
    size = (canvas.width, canvas.height)
    background = over(canvas.background, "#000000")
    picture = scene.picture
    if isinstance(picture, ColorPicture):
        return _Held(flat_planes(*size, over(picture.color, _hex(background))))
    if isinstance(picture, GradientPicture):
        return _Held(_gradient_planes(picture, size, background))
    prepared = media[picture.asset]
    if isinstance(picture, ClipPicture) and isinstance(prepared, PreparedClip):
        return _Clip(prepared, scene, size, background)
    if not isinstance(prepared, PreparedStill):
        raise TypeError(f"{picture.type} needs another kind of file")
    still = _Still(prepared, timeline, scene, size, background)
    if not is_still(scene):
        return still
    planes = empty_planes(*size)
    still.draw_view(still.views[0], planes)
    return _Held(planes)


def _hex(rgb: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb)


class _Held:
    """The same planes in every frame."""

    def __init__(self, planes: Planes) -> None:
        self._planes = planes

    def draw(self, state: SceneState, canvas: Planes) -> None:
        copy_into(self._planes, canvas)

    def close(self) -> None:
        return None


def _gradient_planes(picture: GradientPicture, size: tuple[int, int], background: tuple[int, int, int]) -> Planes:
    """A linear gradient as CSS Images 3 section 3.1 draws it: the line through the centre at `angle`, long enough
    that the corners get the first and last colour exactly."""
    width, height = size
    angle = math.radians(picture.angle)
    across, up = math.sin(angle), math.cos(angle)
    length = abs(width * across) + abs(height * up)
    x = np.arange(width, dtype=np.float32) + 0.5 - width / 2
    y = np.arange(height, dtype=np.float32) + 0.5 - height / 2
    position = np.clip((x[None, :] * across - y[:, None] * up) / length + 0.5, 0.0, 1.0)
    stops = [over(colour, _hex(background)) for colour in picture.colors]
    places = np.linspace(0.0, 1.0, len(stops))
    rgba = np.empty((height, width, 4), np.uint8)
    # A fixed pattern of ± half a step breaks the bands that eight bits would show in a slow gradient.
    rows, columns = np.indices((height, width), dtype=np.float32)
    noise = np.modf(52.9829189 * np.modf(0.06711056 * columns + 0.00583715 * rows)[0])[0] - 0.5
    for channel in range(3):
        values = np.interp(position, places, [stop[channel] for stop in stops])
        rgba[..., channel] = np.clip(np.rint(values + noise), 0, 255)
    rgba[..., 3] = 255
    return rgba_planes(rgba)[0]


def _opaque_planes(still: PreparedStill, background: tuple[int, int, int]) -> Planes:
    """A still's planes; one with transparency stands on the canvas' background."""
    if not still.has_alpha:
        return read_planes(still)
    rgba = premultiply(read_rgba(still))
    planes, coverage = rgba_planes(rgba)
    base = colour_yuv(background)
    chroma = cv2.resize(coverage, (still.width // 2, still.height // 2), interpolation=cv2.INTER_AREA)
    for plane, value, cover in zip(planes, base, (coverage, chroma, chroma), strict=True):
        plane[:] = np.clip(plane + (value * (255.0 - cover) / 255.0 + 0.5), 0, 255)
    return planes


class _Still:
    """A still picture seen by a camera that moves."""

    def __init__(
        self,
        still: PreparedStill,
        timeline: Timeline,
        scene: TimelineScene,
        size: tuple[int, int],
        background: tuple[int, int, int],
    ) -> None:
        asset = timeline.asset(getattr(scene.picture, "asset", ""))
        natural = (float(asset.width or still.width), float(asset.height or still.height))
        self._fit = getattr(scene.picture, "fit", "cover")
        canvas = (float(size[0]), float(size[1]))
        count = 1 if is_still(scene) else scene.frames
        self.views = [view_at(natural, canvas, self._fit, scene.motion, n, scene.frames) for n in range(count)]
        planes = _opaque_planes(still, background)
        self._backdrop = _blurred(planes, size, scene.motion) if self._fit == "blur" else None
        self._border = colour_yuv(background)
        self._planes, self._origin, self._extent = _prepared(planes, self.views, size)

    def draw(self, state: SceneState, canvas: Planes) -> None:
        if state.view is not None:
            self.draw_view(state.view, canvas)

    def draw_view(self, view: View, canvas: Planes) -> None:
        if self._backdrop is not None:
            copy_into(self._backdrop, canvas)
        for index, (source, target) in enumerate(zip(self._planes, canvas, strict=True)):
            step = 1 if index == 0 else 2
            extent = (self._extent[0] / step, self._extent[1] / step)
            origin = (self._origin[0] / step, self._origin[1] / step)
            border = None if self._fit == "blur" else self._border[index] if self._fit == "contain" else -1
            _warp(source, target, view, extent, origin, border)

    def close(self) -> None:
        return None


def _warp(
    source: Plane,
    target: Plane,
    view: View,
    extent: tuple[float, float],
    origin: tuple[float, float],
    border: int | None,
) -> None:
    """Draw the part of a plane that `view` names over the whole target.

    `extent` is the size of the whole picture and `origin` where the plane begins in it, in the plane's samples.
    Outside the picture: a value, the edge repeated (−1), or what the target held (None).
    """
    height, width = target.shape
    scale_x, scale_y = view.width * extent[0] / width, view.height * extent[1] / height
    matrix = np.array(
        [
            [scale_x, 0.0, view.x * extent[0] - origin[0] + scale_x / 2 - 0.5],
            [0.0, scale_y, view.y * extent[1] - origin[1] + scale_y / 2 - 0.5],
        ]
    )
    mode = cv2.BORDER_TRANSPARENT if border is None else cv2.BORDER_REPLICATE if border < 0 else cv2.BORDER_CONSTANT
    cv2.warpAffine(
        source,
        matrix,
        (width, height),
        dst=target,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=mode,
        borderValue=(max(border or 0, 0),),
    )


def _prepared(
    planes: Planes, views: list[View], size: tuple[int, int]
) -> tuple[Planes, tuple[float, float], tuple[float, float]]:
    """Crop to what the views see and reduce to 1:1 at the closest view.

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


def _blurred(planes: Planes, size: tuple[int, int], motion: TimelineMotion) -> Planes:
    """The picture in cover, out of focus and darker: what stands behind one that doesn't fill the canvas.

    Blurred at an eighth of the size and enlarged: a wide blur has no finer detail to lose.
    """
    width, height = size
    small_size = (max(2, width // 16 * 2), max(2, height // 16 * 2))
    still = TimelineMotion(effect="none", amount=0, focus_x=motion.focus_x, focus_y=motion.focus_y, easing="linear")
    natural = (float(planes[0].shape[1]), float(planes[0].shape[0]))
    view = view_at(natural, (float(width), float(height)), "cover", still, 0, 1)
    reduced, origin, extent = _prepared(planes, [view], small_size)
    result = empty_planes(*size)
    sigma = look.BLUR_SIGMA * min(small_size)
    for index, (source, target) in enumerate(zip(reduced, result, strict=True)):
        step = 1 if index == 0 else 2
        small = np.empty((small_size[1] // step, small_size[0] // step), np.uint8)
        _warp(source, small, view, (extent[0] / step, extent[1] / step), (origin[0] / step, origin[1] / step), -1)
        soft = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_REPLICATE)
        cv2.resize(soft, (target.shape[1], target.shape[0]), dst=target, interpolation=cv2.INTER_LINEAR)
    _darken(result, look.BLUR_LIGHT)
    return result


def _darken(planes: Planes, brightness: float) -> None:
    """Multiply the picture's light by `brightness`: luma towards 16, chroma towards 128."""
    for plane, zero in zip(planes, (16.0, 128.0, 128.0), strict=True):
        cv2.convertScaleAbs(plane, dst=plane, alpha=brightness, beta=zero * (1.0 - brightness))


class _Clip:
    """A clip under a camera; without motion its frames are only cropped or resized."""

    def __init__(
        self,
        clip: PreparedClip,
        scene: TimelineScene,
        size: tuple[int, int],
        background: tuple[int, int, int],
    ) -> None:
        self._reader = ClipReader(clip)
        self._size = size
        self._scene = scene
        self._fit = getattr(scene.picture, "fit", "cover")
        self._border = colour_yuv(background)
        self._moving = scene.motion.effect != "none" and scene.motion.amount > 0

    def draw(self, state: SceneState, canvas: Planes) -> None:
        if state.view is None or state.clip_frame is None:
            return
        planes = self._reader.frame(state.clip_frame)
        if self._fit == "blur":
            copy_into(_blurred(planes, self._size, self._scene.motion), canvas)
        if self._fit == "contain" and not self._moving:
            fill(canvas, self._border)
        for index, (source, target) in enumerate(zip(planes, canvas, strict=True)):
            if not self._moving and _resize(source, target, state.view):
                continue
            height, width = source.shape
            border = None if self._fit == "blur" else self._border[index] if self._fit == "contain" else -1
            _warp(source, target, state.view, (float(width), float(height)), (0.0, 0.0), border)

    def close(self) -> None:
        self._reader.close()


def _resize(source: Plane, target: Plane, view: View) -> bool:
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
