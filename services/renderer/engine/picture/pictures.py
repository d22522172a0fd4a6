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
from numpy.typing import NDArray

from services.renderer.engine.picture import look
from services.renderer.engine.picture.media import (
    ClipReader,
    Planes,
    Prepared,
    PreparedClip,
    PreparedStill,
    read_planes,
    read_rgba,
)
from services.renderer.engine.picture.planes import (
    colour_yuv,
    copy_into,
    empty_planes,
    exact_yuv,
    fill,
    flat_planes,
    halve,
    over,
    premultiply,
    rgba_planes,
)
from services.renderer.engine.picture.sampling import pad, reduce_to_views, resize_whole, warp, warp_inside, warp_padded
from storyboard.frameplan import SceneState, View, is_still, view_at
from storyboard.timeline import ClipPicture, ColorPicture, GradientPicture, Timeline, TimelineMotion, TimelineScene

#: Y, Cb, Cr of black
_BLACK = (16, 128, 128)
#: errors of floating point in a view, far below a pixel
_ROUNDING = 1e-9


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
    # Y, Cb and Cr are linear in R, G and B: between two stops they run as straight as the colours do.
    stops = np.array([exact_yuv(over(colour, _hex(background))) for colour in picture.colors])
    places = np.linspace(0.0, 1.0, len(stops))
    planes = empty_planes(width, height)
    for index, plane in enumerate(planes):
        step = 1 if index == 0 else 2
        x = (np.arange(plane.shape[1], dtype=np.float32) + 0.5) * step - width / 2
        y = (np.arange(plane.shape[0], dtype=np.float32) + 0.5) * step - height / 2
        position = (x[None, :] * across - y[:, None] * up) / length + 0.5
        plane[:] = np.rint(np.interp(position, places, stops[:, index]) + _dither(plane.shape, index))
    return planes


def _dither(shape: tuple[int, ...], index: int) -> NDArray[np.float32]:
    """A fixed pattern of ± half a step, which breaks the bands that eight bits would show in a slow gradient.

    Interleaved gradient noise: J. Jimenez, "Next Generation Post Processing in Call of Duty: Advanced Warfare",
    SIGGRAPH 2014; moved on for each plane, so that they don't err together.
    """
    rows = np.arange(shape[0], dtype=np.float32)[:, None] + 5.588238 * index
    columns = np.arange(shape[1], dtype=np.float32)[None, :] + 5.588238 * index
    noise: NDArray[np.float32] = np.modf(52.9829189 * np.modf(0.06711056 * columns + 0.00583715 * rows)[0])[0]
    return noise - np.float32(0.5)


def _read(still: PreparedStill) -> tuple[Planes, Planes | None]:
    """A still's planes and, if it has transparency, its coverage 0…255; the planes are premultiplied with that."""
    if not still.has_alpha:
        return read_planes(still), None
    planes, coverage = rgba_planes(premultiply(read_rgba(still)))
    half = halve(coverage)
    return planes, (coverage, half, half)


def _opaque(planes: Planes, coverage: Planes, yuv: tuple[int, int, int]) -> Planes:
    """A picture with transparency, standing on a colour."""
    for plane, value, cover in zip(planes, yuv, coverage, strict=True):
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
        self._background = colour_yuv(background)
        planes, coverage = _read(still)
        self._backdrop: Planes | None = None
        if self._fit == "blur":
            self._backdrop = _backdrop(planes, coverage, size, scene.motion, self._background)
        elif coverage is not None:
            planes, coverage = _opaque(planes, coverage, self._background), None
        self._planes, self._origin, self._extent = reduce_to_views(planes, self.views, size)
        self._padded = self._fit in ("cover", "fill") and count > 1
        if self._padded:
            self._planes, self._origin = pad(self._planes, self._origin)
        self._coverage = None if coverage is None else reduce_to_views(coverage, self.views, size)[0]

    def draw(self, state: SceneState, canvas: Planes) -> None:
        if state.view is not None:
            self.draw_view(state.view, canvas)

    def draw_view(self, view: View, canvas: Planes) -> None:
        covered = self._coverage is None and _fills(view)
        if self._backdrop is not None and not covered:
            copy_into(self._backdrop, canvas)
        elif self._fit == "contain" and not covered:
            fill(canvas, self._background)
        for index, (source, target) in enumerate(zip(self._planes, canvas, strict=True)):
            step = 1 if index == 0 else 2
            extent = (self._extent[0] / step, self._extent[1] / step)
            origin = (self._origin[0] / step, self._origin[1] / step)
            if self._coverage is not None:
                drawn, cover = np.empty_like(target), np.empty_like(target)
                warp(source, drawn, view, extent, origin, border=0)
                warp(self._coverage[index], cover, view, extent, origin, border=0)
                cv2.add(cv2.multiply(target, cv2.bitwise_not(cover), scale=1.0 / 255.0), drawn, dst=target)
            elif self._fit in ("contain", "blur"):
                warp_inside(source, target, view, extent, origin)
            elif self._padded:
                warp_padded(source, target, view, extent, origin)
            else:
                warp(source, target, view, extent, origin)

    def close(self) -> None:
        return None


def _fills(view: View) -> bool:
    """Whether the picture covers the whole canvas, but for rounding."""
    first, last = -_ROUNDING, 1.0 + _ROUNDING
    return min(view.x, view.y) >= first and max(view.x + view.width, view.y + view.height) <= last


def _backdrop(
    planes: Planes,
    coverage: Planes | None,
    size: tuple[int, int],
    motion: TimelineMotion,
    background: tuple[int, int, int],
) -> Planes:
    """The picture in cover, out of focus and darker: what stands behind one that doesn't fill the canvas.

    Where the picture is transparent, the background shows at full light.
    """
    blurred = _out_of_focus(planes, size, motion)
    light = look.BLUR_LIGHT
    if coverage is None:
        for plane, black in zip(blurred, _BLACK, strict=True):
            cv2.convertScaleAbs(plane, dst=plane, alpha=light, beta=black * (1.0 - light))
        return blurred
    covered = _out_of_focus(coverage, size, motion)
    for plane, cover, black, below in zip(blurred, covered, _BLACK, background, strict=True):
        share = cover / np.float32(255.0)
        plane[:] = np.clip(np.rint(plane * light + black * (1.0 - light) * share + below * (1.0 - share)), 0, 255)
    return blurred


def _out_of_focus(planes: Planes, size: tuple[int, int], motion: TimelineMotion) -> Planes:
    """The picture in cover without motion, blurred at an eighth of the size and enlarged: a wide blur has no finer
    detail to lose."""
    width, height = size
    small_size = (max(2, width // 16 * 2), max(2, height // 16 * 2))
    still = TimelineMotion(effect="none", amount=0, focus_x=motion.focus_x, focus_y=motion.focus_y, easing="linear")
    natural = (float(planes[0].shape[1]), float(planes[0].shape[0]))
    view = view_at(natural, (float(width), float(height)), "cover", still, 0, 1)
    reduced, origin, extent = reduce_to_views(planes, [view], small_size)
    result = empty_planes(*size)
    sigma = look.BLUR_SIGMA * min(small_size)
    for index, (source, target) in enumerate(zip(reduced, result, strict=True)):
        step = 1 if index == 0 else 2
        small = np.empty((small_size[1] // step, small_size[0] // step), np.uint8)
        warp(source, small, view, (extent[0] / step, extent[1] / step), (origin[0] / step, origin[1] / step))
        soft = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_REPLICATE)
        cv2.resize(soft, (target.shape[1], target.shape[0]), dst=target, interpolation=cv2.INTER_LINEAR)
    return result


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
        self._background = colour_yuv(background)
        self._moving = scene.motion.effect != "none" and scene.motion.amount > 0

    def draw(self, state: SceneState, canvas: Planes) -> None:
        view = state.view
        if view is None or state.clip_frame is None:
            return
        planes = self._reader.frame(state.clip_frame)
        inside = self._fit in ("contain", "blur") and not _fills(view)
        if inside and self._fit == "blur":
            copy_into(_backdrop(planes, None, self._size, self._scene.motion, self._background), canvas)
        elif inside:
            fill(canvas, self._background)
        for source, target in zip(planes, canvas, strict=True):
            if not self._moving and resize_whole(source, target, view):
                continue
            height, width = source.shape
            draw = warp_inside if inside else warp
            draw(source, target, view, (float(width), float(height)), (0.0, 0.0))

    def close(self) -> None:
        self._reader.close()
