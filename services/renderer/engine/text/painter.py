"""Captions, text overlays and pictures as rasters for a compositor: `TextPainter`.

Laid out once per text, drawn once per distinct state. The same input gives the same bytes on every machine: only the
shipped fonts are used, without hinting. Text is only ever drawn, never interpreted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from services.renderer.engine.picture import look
from services.renderer.engine.text import paint
from services.renderer.engine.text.captions import CaptionDrawing, LaidText
from services.renderer.engine.text.layout import Block, lay_out, measured
from services.renderer.engine.text.paint import Pen, Raster, Rect
from services.renderer.engine.text.shaping import Token, shape
from services.renderer.engine.text.skia_loader import skia
from services.renderer.engine.text.tokens import paragraphs_of
from storyboard.frameplan import CaptionState, LayerState
from storyboard.timeline import CaptionGroup, ImageLayer, TextLayer, TimelineCaptions, TimelineFont, TimelineLogo

__all__ = ["Raster", "TextPainter"]

T = TypeVar("T")

#: how many are kept: layouts of caption groups and overlays, drawn states, pictures, shadows
_LAYOUTS = 32
_RASTERS = 8
_SPRITES = 4
_SHADOWS = 2


class _Recent(Generic[T]):
    """The values used last, by key; an owner object is kept alive with each, so that its id can be part of the key."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[Hashable, tuple[object, T]] = OrderedDict()

    def get(self, key: Hashable) -> T | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[1]

    def put(self, key: Hashable, owner: object, value: T) -> T:
        self._entries[key] = (owner, value)
        if len(self._entries) > self._capacity:
            self._entries.popitem(last=False)
        return value


class TextPainter:
    """Draws for one canvas of `width` × `height` pixels in one language (BCP 47). Not for several threads."""

    def __init__(self, width: int, height: int, language: str) -> None:
        self._width = width
        self._height = height
        self._language = language
        self._texts: _Recent[LaidText] = _Recent(_LAYOUTS)
        self._sprites: _Recent[NDArray[np.uint8]] = _Recent(_SPRITES)
        self._rasters: _Recent[Raster] = _Recent(_RASTERS)
        self._shadows: _Recent[NDArray[np.uint8]] = _Recent(_SHADOWS)

    def caption(self, captions: TimelineCaptions, group: CaptionGroup, state: CaptionState) -> Raster | None:
        """A caption group in a state; None if the style shows nothing."""
        style = captions.style
        if style == "none" or not group.words or (style in ("pop", "typewriter") and state.shown == 0):
            return None
        drawn = {
            "block": (),
            "pop": (state.shown, state.scale),
            "typewriter": (state.active, state.letters),
        }.get(style, (state.active,))
        key = (id(captions), id(group), drawn)
        known = self._rasters.get(key)
        if known is None:
            text = self._caption_text(captions, group)
            drawing = CaptionDrawing(text, paint.argb(captions.active_color), style, state)
            shadow = self._caption_shadow((id(captions), id(group)), drawing, captions, group)
            known = self._rasters.put(key, (captions, group), paint.raster(text.bounds, drawing.draw, shadow))
        return known

    def _caption_shadow(
        self, key: Hashable, drawing: CaptionDrawing, captions: TimelineCaptions, group: CaptionGroup
    ) -> NDArray[np.uint8]:
        """The shadow, kept where it is the same in all states: words neither come nor move."""
        if captions.style in ("pop", "typewriter"):
            return drawing.shadow()
        known = self._shadows.get(key)
        return self._shadows.put(key, (captions, group), drawing.shadow()) if known is None else known

    def caption_box(self, captions: TimelineCaptions, group: CaptionGroup) -> tuple[int, int, int, int]:
        """x, y, width and height of all the group's ink in canvas pixels, strokes included, shadows not."""
        ink = self._caption_text(captions, group).ink
        x, y = int(np.floor(ink.left)), int(np.floor(ink.top))
        return x, y, int(np.ceil(ink.right)) - x, int(np.ceil(ink.bottom)) - y

    def layer(self, layer: TextLayer, state: LayerState | None) -> Raster | None:
        """A text overlay at the scale of its state. Its opacity and shift are left to the compositor."""
        text = self._layer_text(layer)
        scale = state.scale if state else 1.0
        if not text.words or scale <= 0:
            return None
        key = (id(layer), scale)
        known = self._rasters.get(key)
        if known is None:
            box = Rect(text.x, text.y, text.x + text.block.width, text.y + text.block.height)
            middle = box.middle
            bounds = _scaled_about(text.bounds, middle, scale)

            def scaled(canvas: skia.Canvas) -> None:
                canvas.translate(*middle)
                canvas.scale(scale, scale)
                canvas.translate(text.x - middle[0], text.y - middle[1])

            def silhouette(canvas: skia.Canvas) -> None:
                scaled(canvas)
                paint.draw_silhouette(canvas, text.words, text.pen, text.block.size)

            def draw(canvas: skia.Canvas) -> None:
                scaled(canvas)
                paint.draw_strokes(canvas, text.words, text.pen)
                paint.draw_fills(canvas, text.words, text.pen.fill)

            shadow = paint.shadow_of(bounds, silhouette, text.block.size * scale, text.pen.opacity)
            known = self._rasters.put(key, layer, paint.raster(bounds, draw, shadow))
        return known

    def picture(
        self, rgba: NDArray[np.uint8], layer: ImageLayer | TimelineLogo, state: LayerState | None = None
    ) -> Raster:
        """Straight RGBA pixels (height, width, 4) at the layer's place and size, with the layer's own opacity; that
        of its state and the shift are left to the compositor. A layer's pixels are read once."""
        sprite = self._sprite(rgba, layer)
        height, width = sprite.shape[:2]
        x, y = self._picture_middle(layer, width, height)
        scale = state.scale if state else 1.0
        if scale != 1.0:
            width, height = max(1, round(width * scale)), max(1, round(height * scale))
            sprite = _resized(sprite, width, height)
        return Raster(round(x - width / 2), round(y - height / 2), sprite)

    def _sprite(self, rgba: NDArray[np.uint8], layer: ImageLayer | TimelineLogo) -> NDArray[np.uint8]:
        """The picture at its unscaled size on the canvas, premultiplied."""
        key = id(layer)
        known = self._sprites.get(key)
        if known is None:
            width = max(1, round(layer.width * self._width))
            height = max(1, round(width * rgba.shape[0] / rgba.shape[1]))
            opacity = layer.opacity if isinstance(layer, ImageLayer) else 1.0
            known = self._sprites.put(key, layer, _resized(_premultiplied(rgba, opacity), width, height))
        return known

    def _picture_middle(self, layer: ImageLayer | TimelineLogo, width: int, height: int) -> tuple[float, float]:
        if isinstance(layer, ImageLayer):
            return _anchored(layer, layer.x * self._width, width), layer.y * self._height
        margin = look.LOGO_MARGIN * min(self._width, self._height)
        left, top = layer.corner.endswith("Left"), layer.corner.startswith("top")
        x = margin + width / 2 if left else self._width - margin - width / 2
        y = margin + height / 2 if top else self._height - margin - height / 2
        return x, y

    def _caption_text(self, captions: TimelineCaptions, group: CaptionGroup) -> LaidText:
        key = (id(captions), id(group))
        known = self._texts.get(key)
        if known is not None:
            return known
        font = captions.font
        tokens = [Token(word.text, word.glued) for word in group.words]
        shaped = shape(tokens, font.family, font.weight, self._language)
        top, bottom = look.caption_margins(self._width, self._height)
        em = self._pixels(font.size)
        block = lay_out(
            [measured(shaped, [token.glued for token in tokens], self._gap(captions))],
            em,
            # The outline and the box around a word belong to the line.
            max(1.0, look.CAPTION_WIDTH * self._width - 2 * self._room(captions, em)),
            self._height - top - bottom,
            look.caption_lines(self._width, self._height),
            "center",
        )
        x = (self._width - block.width) / 2
        y = {
            "top": top,
            "center": (self._height - block.height) / 2,
            "bottom": self._height - bottom - block.height,
        }[captions.position]
        # What reaches further than shadows do: the box, or a word that pops beyond its size for a moment.
        extra = {"box": look.BOX_PADDING * block.size + 1, "pop": 0.03 * block.width}.get(captions.style, 0.0)
        return self._texts.put(key, (captions, group), self._text(x, y, block, font, extra))

    def _gap(self, captions: TimelineCaptions) -> float:
        """The least space between words, in ems: outlines and boxes must not touch the neighbour."""
        beside = look.BOX_PADDING if captions.style == "box" else captions.font.stroke_width / captions.font.size
        return look.WORD_GAP + beside

    def _room(self, captions: TimelineCaptions, em: float) -> float:
        padding = look.BOX_PADDING * em if captions.style == "box" else 0.0
        return max(padding, self._pixels(captions.font.stroke_width))

    def _layer_text(self, layer: TextLayer) -> LaidText:
        key = (id(layer),)
        known = self._texts.get(key)
        if known is not None:
            return known
        font = layer.font
        paragraphs = []
        for tokens in paragraphs_of(layer.text):
            shaped = shape(tokens, font.family, font.weight, self._language)
            paragraphs.append(measured(shaped, [token.glued for token in tokens]))
        stroke = self._pixels(font.stroke_width)
        block = lay_out(
            paragraphs,
            self._pixels(font.size),
            max(1.0, layer.width * self._width - 2 * stroke),
            look.OVERLAY_HEIGHT * self._height,
            None,
            layer.anchor,
        )
        x = _anchored(layer, layer.x * self._width, block.width) - block.width / 2
        y = layer.y * self._height - block.height / 2
        return self._texts.put(key, layer, self._text(x, y, block, font, 0.0))

    def _text(self, x: float, y: float, block: Block, font: TimelineFont, extra: float) -> LaidText:
        left, top = round(x), round(y)
        words = paint.inked(block, font.weight)
        # Strokes shrink with text that was made smaller to fit.
        shrunk = block.size / self._pixels(font.size)
        pen = Pen(paint.argb(font.color), paint.argb(font.stroke), self._pixels(font.stroke_width) * shrunk)
        ink = words[0].ink if words else Rect(0, 0, block.width, block.height)
        for word in words:
            ink = ink.union(word.ink)
        ink = ink.moved(left, top).grown(pen.stroke_width)
        reach = paint.shadow_reach(block.size) + extra
        return LaidText(left, top, block, words, font, pen, ink, ink.grown(reach))

    def _pixels(self, vmin: float) -> float:
        return vmin / 100 * min(self._width, self._height)


def _anchored(layer: TextLayer | ImageLayer, x: float, width: float) -> float:
    """The middle of a box whose anchor is at x."""
    return x + {"left": width / 2, "center": 0.0, "right": -width / 2}[layer.anchor]


def _scaled_about(rect: Rect, middle: tuple[float, float], scale: float) -> Rect:
    x, y = middle
    return Rect(
        x + (rect.left - x) * scale,
        y + (rect.top - y) * scale,
        x + (rect.right - x) * scale,
        y + (rect.bottom - y) * scale,
    )


def _premultiplied(rgba: NDArray[np.uint8], opacity: float) -> NDArray[np.uint8]:
    alpha = np.rint(rgba[..., 3:] * np.float32(opacity)).astype(np.uint16)
    premultiplied = np.empty(rgba.shape, np.uint8)
    premultiplied[..., :3] = (rgba[..., :3] * alpha + 127) // 255
    premultiplied[..., 3:] = alpha
    return premultiplied


def _resized(rgba: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Averaged over areas when made smaller, bicubic when made larger; colours never exceed their alpha."""
    if rgba.shape[:2] == (height, width):
        return rgba
    smaller = width <= rgba.shape[1]
    resized = np.asarray(
        cv2.resize(rgba, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC), np.uint8
    )
    resized[..., :3] = np.minimum(resized[..., :3], resized[..., 3:])
    return resized
