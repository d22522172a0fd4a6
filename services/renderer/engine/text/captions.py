"""Caption styles: what of a group is drawn in a state, and in which colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.renderer.engine.picture import look
from services.renderer.engine.text import paint
from services.renderer.engine.text.layout import Block
from services.renderer.engine.text.paint import Pen, Rect, WordInk
from services.renderer.engine.text.skia_loader import skia
from storyboard.frameplan import CaptionState
from storyboard.timeline import TimelineFont


@dataclass(frozen=True, slots=True)
class LaidText:
    """A text laid out on the canvas: its block's top left is at pixel (x, y)."""

    x: int
    y: int
    block: Block
    words: tuple[WordInk, ...]
    font: TimelineFont
    pen: Pen
    #: all ink with strokes, and with shadows and boxes as well, in canvas pixels
    ink: Rect
    bounds: Rect


class CaptionDrawing:
    """One state of a caption group. Words stand where they do when all are shown, so nothing ever moves about."""

    def __init__(self, text: LaidText, active_colour: int, style: str, state: CaptionState) -> None:
        self._text = text
        self._active_colour = active_colour
        self._style = style
        self._at = state.active
        self._scale = state.scale
        self._words = list(text.words)
        self._popping: WordInk | None = None
        if style == "pop":
            self._words, self._popping = self._words[: self._at], self._words[self._at]
        elif style == "typewriter":
            written = paint.first_letters(self._words[self._at], text.block.size, text.font.weight, state.letters)
            self._words = [*self._words[: self._at], written]

    def shadow(self) -> NDArray[np.uint8]:
        text = self._text
        return paint.shadow_of(text.bounds, self._silhouette, text.block.size, text.pen.opacity)

    def draw(self, canvas: skia.Canvas) -> None:
        canvas.translate(self._text.x, self._text.y)
        if self._style == "box" and self._at >= 0:
            self._draw_boxed(canvas)
        else:
            self._draw_words(canvas)
        if self._popping:
            self._about(canvas, self._popping)
            paint.draw_strokes(canvas, [self._popping], self._text.pen)
            paint.draw_fills(canvas, [self._popping], self._text.pen.fill)

    def _silhouette(self, canvas: skia.Canvas) -> None:
        canvas.translate(self._text.x, self._text.y)
        paint.draw_silhouette(canvas, self._words, self._text.pen, self._text.block.size)
        if self._popping:
            self._about(canvas, self._popping)
            paint.draw_silhouette(canvas, [self._popping], self._text.pen, self._text.block.size)

    def _about(self, canvas: skia.Canvas, word: WordInk) -> None:
        x, y = word.ink.middle
        canvas.translate(x, y)
        canvas.scale(self._scale, self._scale)
        canvas.translate(-x, -y)

    def _draw_words(self, canvas: skia.Canvas) -> None:
        first = {"highlight": self._at, "karaoke": 0}.get(self._style)
        pen = self._text.pen
        paint.draw_strokes(canvas, self._words, pen)
        for index, word in enumerate(self._words):
            coloured = first is not None and first <= index <= self._at
            paint.draw_fills(canvas, [word], self._active_colour if coloured else pen.fill)

    def _draw_boxed(self, canvas: skia.Canvas) -> None:
        """The active word on a box, of even height for every word, its text black or white."""
        pen, size = self._text.pen, self._text.block.size
        active = self._words[self._at]
        others = [word for word in self._words if word is not active]
        left, right = active.word.left - look.BOX_PADDING * size, active.word.right + look.BOX_PADDING * size
        for other in (ink.word for ink in others if ink.word.baseline == active.word.baseline):
            # Words of scripts without spaces stand so close that the box must end where they begin.
            if other.right <= active.word.left + 1:
                left = max(left, min(other.right, active.word.left))
            elif other.left >= active.word.right - 1:
                right = min(right, max(other.left, active.word.right))
        box = skia.Rect(
            left,
            active.word.baseline - look.BOX_ASCENT * size,
            right,
            active.word.baseline + look.BOX_DESCENT * size,
        )
        radius = look.BOX_RADIUS * size
        canvas.drawRoundRect(box, radius, radius, skia.Paint(AntiAlias=True, Color=self._active_colour))
        paint.draw_strokes(canvas, others, pen)
        paint.draw_fills(canvas, others, pen.fill)
        paint.draw_fills(canvas, [active], paint.ink_on(self._active_colour))
