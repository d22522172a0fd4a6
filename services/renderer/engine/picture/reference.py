"""The reference compositor: whole frames in RGB, drawn with Skia from the same plan the fast compositor draws from.

Written for being right, not for speed: it is what the fast path and the browser are compared with. Prepared media are
8-bit YUV 4:2:0, BT.709, limited range; their chroma is taken as sited in the middle of each 2 × 2 block (what swscale
assumes of files that don't say) and enlarged bicubically.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from services.renderer.engine.picture import look
from services.renderer.engine.picture.media import ClipReader, Planes, Prepared, PreparedStill, read_planes, read_rgba
from services.renderer.engine.text.paint import argb
from services.renderer.engine.text.painter import Raster, TextPainter
from services.renderer.engine.text.skia_loader import skia
from storyboard.frameplan import LayerState, SceneState, View, plan, view_at
from storyboard.timeline import (
    ClipPicture,
    ColorPicture,
    GradientPicture,
    ImagePicture,
    TextLayer,
    Timeline,
    TimelineMotion,
    TimelineScene,
)

Pixels = NDArray[np.uint8]

#: ITU-R BT.709-6
_KR, _KB = 0.2126, 0.0722
_KG = 1.0 - _KR - _KB
_LINEAR = skia.SamplingOptions(skia.FilterMode.kLinear)


def to_rgb(planes: Planes) -> Pixels:
    """Limited-range BT.709 planes → RGB (height, width, 3)."""
    luma, blue, red = planes
    size = (luma.shape[1], luma.shape[0])
    y = (luma.astype(np.float32) - 16.0) * (255.0 / 219.0)
    cb, cr = (
        (cv2.resize(plane.astype(np.float32), size, interpolation=cv2.INTER_CUBIC) - 128.0) * (255.0 / 224.0)
        for plane in (blue, red)
    )
    r = y + 2.0 * (1.0 - _KR) * cr
    b = y + 2.0 * (1.0 - _KB) * cb
    g = (y - _KR * r - _KB * b) / _KG
    return _bytes(np.dstack([r, g, b]))


def to_planes(rgb: Pixels) -> Planes:
    """RGB (height, width, 3) of even size → limited-range BT.709 planes, chroma averaged over 2 × 2 blocks."""
    r, g, b = (rgb[..., channel].astype(np.float32) for channel in range(3))
    y = _KR * r + _KG * g + _KB * b
    half = (rgb.shape[1] // 2, rgb.shape[0] // 2)
    cb, cr = (
        cv2.resize(difference, half, interpolation=cv2.INTER_AREA) * (224.0 / 255.0) + 128.0
        for difference in ((b - y) / (2.0 * (1.0 - _KB)), (r - y) / (2.0 * (1.0 - _KR)))
    )
    return _bytes(y * (219.0 / 255.0) + 16.0), _bytes(cb), _bytes(cr)


def _bytes(values: NDArray[np.float32]) -> Pixels:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


class ReferenceCompositor:
    """Draws any frame of a timeline. `media` holds the prepared file of each asset by its id."""

    def __init__(self, timeline: Timeline, media: Mapping[str, Prepared]) -> None:
        self._timeline = timeline
        self._media = media
        self._width, self._height = timeline.canvas.width, timeline.canvas.height
        self._painter = TextPainter(self._width, self._height, timeline.language)
        self._readers: dict[int, ClipReader] = {}
        self._stills: dict[int, Pixels] = {}
        self._closest: dict[str, tuple[float, float]] = {}

    def frame(self, number: int) -> Pixels:
        """Frame `number` as RGB (height, width, 3), 0 ≤ number < timeline.frames."""
        planned = plan(self._timeline, number)
        picture = self._scene(planned.scene)
        if planned.incoming is not None:
            incoming = self._scene(planned.incoming)
            picture = mixed(planned.transition, planned.progress, picture, incoming)
        surface = _surface(picture)
        canvas = surface.getCanvas()
        captions, state = self._timeline.captions, planned.caption
        if state is not None:
            _paste(canvas, self._painter.caption(captions, captions.groups[state.group], state))
        if self._timeline.logo is not None:
            logo = self._timeline.logo
            _paste(canvas, self._painter.picture(self._rgba(logo.asset), logo))
        return np.ascontiguousarray(picture[..., :3])

    def close(self) -> None:
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()

    def _scene(self, state: SceneState) -> Pixels:
        scene = self._timeline.scenes[state.index]
        pixels = np.zeros((self._height, self._width, 4), np.uint8)
        canvas = _surface(pixels).getCanvas()
        canvas.drawColor(0xFF000000)
        canvas.drawPaint(skia.Paint(Color=argb(self._timeline.canvas.background)))
        picture = scene.picture
        if isinstance(picture, ColorPicture):
            canvas.drawPaint(skia.Paint(Color=argb(picture.color)))
        elif isinstance(picture, GradientPicture):
            canvas.drawPaint(skia.Paint(Shader=_gradient(picture, self._width, self._height)))
        elif state.view is not None:
            self._draw_view(canvas, scene, picture.fit, self._source(state, scene), state.view)
        for layer_state in state.layers:
            self._draw_layer(canvas, scene, layer_state)
        return pixels

    def _source(self, state: SceneState, scene: TimelineScene) -> Pixels:
        """The scene's picture in RGBA, premultiplied, never much larger than it is seen."""
        if state.clip_frame is not None and isinstance(scene.picture, ClipPicture):
            if state.index not in self._readers:
                prepared = self._media[scene.picture.asset]
                if isinstance(prepared, PreparedStill):
                    raise TypeError("a clip is needed, not a still")
                self._readers[state.index] = ClipReader(prepared)
            rgb = to_rgb(self._readers[state.index].frame(state.clip_frame))
            return self._reduced(_opaque(rgb), scene)
        if state.index not in self._stills and isinstance(scene.picture, ImagePicture):
            rgba = self._rgba(scene.picture.asset)
            alpha = rgba[..., 3:].astype(np.uint16)
            colours = ((rgba[..., :3] * alpha + 127) // 255).astype(np.uint8)
            self._stills[state.index] = self._reduced(np.dstack([colours, rgba[..., 3]]), scene)
        return self._stills[state.index]

    def _reduced(self, pixels: Pixels, scene: TimelineScene) -> Pixels:
        """Averaged down by areas to 1:1 at the scene's closest view, so that linear sampling misses no detail."""
        if scene.id not in self._closest:
            views = [self._view(scene, n) for n in range(scene.frames)]
            self._closest[scene.id] = (min(view.width for view in views), min(view.height for view in views))
        across, down = self._closest[scene.id]
        height, width = pixels.shape[:2]
        size = (min(width, math.ceil(self._width / across)), min(height, math.ceil(self._height / down)))
        return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)

    def _view(self, scene: TimelineScene, local: int, fit: str | None = None, still: bool = False) -> View:
        picture = scene.picture
        if not isinstance(picture, ImagePicture | ClipPicture):
            raise TypeError("only pictures and clips have a view")
        asset = self._timeline.asset(picture.asset)
        motion = scene.motion
        if still:
            motion = TimelineMotion(
                effect="none", amount=0, focus_x=motion.focus_x, focus_y=motion.focus_y, easing="linear"
            )
        size = (float(asset.width or 1), float(asset.height or 1))
        canvas = (float(self._width), float(self._height))
        return view_at(size, canvas, fit or picture.fit, motion, local, scene.frames)

    def _draw_view(self, canvas: skia.Canvas, scene: TimelineScene, fit: str, source: Pixels, view: View) -> None:
        if fit == "blur":
            self._draw_backdrop(canvas, scene, source)
        image = _image(source)
        matrix = self._matrix(source, view)
        if fit in ("cover", "fill"):
            clamp = skia.TileMode.kClamp
            canvas.drawPaint(skia.Paint(Shader=image.makeShader(clamp, clamp, _LINEAR, matrix)))
            return
        canvas.save()
        canvas.concat(matrix)
        canvas.drawImage(image, 0, 0, _LINEAR, skia.Paint(AntiAlias=True))
        canvas.restore()

    def _draw_backdrop(self, canvas: skia.Canvas, scene: TimelineScene, source: Pixels) -> None:
        """The picture in cover, without motion, out of focus and darker."""
        clamp = skia.TileMode.kClamp
        image = _image(source)
        covering = np.zeros((self._height, self._width, 4), np.uint8)
        matrix = self._matrix(source, self._view(scene, 0, "cover", still=True))
        _surface(covering).getCanvas().drawPaint(skia.Paint(Shader=image.makeShader(clamp, clamp, _LINEAR, matrix)))
        sigma = look.BLUR_SIGMA * min(self._width, self._height)
        blurred = cv2.GaussianBlur(covering, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
        blurred[..., :3] = np.rint(blurred[..., :3] * look.BLUR_LIGHT)
        canvas.drawImage(_image(blurred), 0, 0)

    def _matrix(self, source: Pixels, view: View) -> skia.Matrix:
        """From pixels of the source to pixels of the canvas."""
        height, width = source.shape[:2]
        across, down = self._width / (view.width * width), self._height / (view.height * height)
        return skia.Matrix.MakeAll(across, 0, -view.x * width * across, 0, down, -view.y * height * down, 0, 0, 1)

    def _draw_layer(self, canvas: skia.Canvas, scene: TimelineScene, state: LayerState) -> None:
        layer = scene.layers[state.index]
        if isinstance(layer, TextLayer):
            drawn = self._painter.layer(layer, state)
        else:
            drawn = self._painter.picture(self._rgba(layer.asset), layer, state)
        _paste(canvas, drawn, state.opacity, round(state.shift * self._height))

    def _rgba(self, asset: str) -> Pixels:
        """A still as straight RGBA."""
        prepared = self._media[asset]
        if not isinstance(prepared, PreparedStill):
            raise TypeError("a still is needed, not a clip")
        return np.asarray(read_rgba(prepared)) if prepared.has_alpha else _opaque(to_rgb(read_planes(prepared)))


def mixed(transition: str, progress: float, outgoing: Pixels, incoming: Pixels) -> Pixels:
    """The transition's picture at a progress of 0…1 from two RGBA pictures of the same size, as `look` defines it."""
    height, width = outgoing.shape[:2]
    if transition == "fade":
        return _blend(outgoing, incoming, np.float32(progress))
    if transition in ("fadeBlack", "fadeWhite"):
        arrived, left = look.dip(progress)
        colour = np.full_like(outgoing, 0 if transition == "fadeBlack" else 255)
        colour[..., 3] = 255
        return _blend(colour, incoming if arrived else outgoing, np.float32(left))
    result = outgoing.copy()
    if transition.startswith("wipe"):
        left, top, right, bottom = look.wipe_rect(transition, progress, width, height)
        result[top:bottom, left:right] = incoming[top:bottom, left:right]
    elif transition.startswith("slide"):
        moved = look.slide_offset(transition, progress, width, height)
        canvas = _surface(result).getCanvas()
        for pixels, (x, y) in (
            (outgoing, moved),
            (incoming, look.incoming_offset(transition, moved, width, height)),
        ):
            canvas.drawImage(_image(pixels), x, y)
    elif transition == "circleOpen":
        inner, outer = look.circle_radius(progress, width, height)
        rows, columns = np.ogrid[0:height, 0:width]
        distance = np.hypot(columns + 0.5 - width / 2, rows + 0.5 - height / 2)
        share = np.clip((outer - distance) / (outer - inner), 0.0, 1.0).astype(np.float32)
        return _blend(outgoing, incoming, share[..., None])
    else:
        return incoming.copy()
    return result


def _blend(below: Pixels, above: Pixels, share: np.float32 | NDArray[np.float32]) -> Pixels:
    """`share` of the one above, the rest of the one below."""
    return np.rint(below + (above.astype(np.float32) - below) * share).astype(np.uint8)


def _gradient(picture: GradientPicture, width: int, height: int) -> skia.Shader:
    """As CSS Images 3, section 3.1: through the middle at the angle, so long that corners have the pure end colours."""
    angle = math.radians(picture.angle)
    across, up = math.sin(angle), math.cos(angle)
    half = (abs(width * across) + abs(height * up)) / 2
    start = skia.Point(width / 2 - across * half, height / 2 + up * half)
    end = skia.Point(width / 2 + across * half, height / 2 - up * half)
    colours = [argb(colour) for colour in picture.colors]
    premultiplied = skia.GradientShader.Flags.kInterpolateColorsInPremul_Flag
    return skia.GradientShader.MakeLinear([start, end], colours, flags=premultiplied)


def _opaque(rgb: Pixels) -> Pixels:
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])


def _surface(pixels: Pixels) -> skia.Surface:
    """Draws straight into RGBA pixels."""
    info = skia.ImageInfo.Make(pixels.shape[1], pixels.shape[0], skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType)
    return skia.Surface.MakeRasterDirect(info, pixels, pixels.strides[0])


def _image(pixels: Pixels) -> skia.Image:
    """A view of premultiplied RGBA pixels, which must outlive it."""
    return skia.Image.fromarray(pixels, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType, copy=False)


def _paste(canvas: skia.Canvas, raster: Raster | None, opacity: float = 1.0, shift: int = 0) -> None:
    if raster is None:
        return
    paint = skia.Paint(Alphaf=opacity) if opacity < 1.0 else None
    canvas.drawImage(_image(raster.rgba), raster.x, raster.y + shift, skia.SamplingOptions(), paint)
