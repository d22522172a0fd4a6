"""Text to pixels with Skia: glyph runs with a stroke under them and a soft shadow under that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from services.renderer.engine.picture import look
from services.renderer.engine.text.fonts import Face
from services.renderer.engine.text.layout import Block, PlacedPiece, PlacedWord
from services.renderer.engine.text.shaping import Piece, font_of, is_emoji_face
from services.renderer.engine.text.skia_loader import skia

#: from this weight on, a fall-back face that has no bold is thickened
_BOLD = 600
#: how much Skia thickens an outline at most, on each side, in ems
_EMBOLDENED = 1 / 48
#: shadows are blurred at a size at which their sigma is about this many pixels
_SHARPEST = 2.0


@dataclass(frozen=True, slots=True)
class Raster:
    """Premultiplied RGBA pixels (height, width, 4) whose top left is at pixel (x, y) of the canvas; may hang out."""

    x: int
    y: int
    rgba: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Rect:
    left: float
    top: float
    right: float
    bottom: float

    def union(self, other: Rect) -> Rect:
        return Rect(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def grown(self, by: float) -> Rect:
        return Rect(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def moved(self, x: float, y: float) -> Rect:
        return Rect(self.left + x, self.top + y, self.right + x, self.bottom + y)

    def scaled(self, factor: float) -> Rect:
        """Scaled about its own middle."""
        x, y = self.middle
        across, down = (self.right - self.left) / 2 * factor, (self.bottom - self.top) / 2 * factor
        return Rect(x - across, y - down, x + across, y + down)

    @property
    def middle(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class _Run:
    blob: skia.TextBlob
    emoji: bool


@dataclass(frozen=True, slots=True)
class WordInk:
    """A word ready to be drawn; `ink` bounds its pixels without stroke and shadow (its advance, if it has none)."""

    word: PlacedWord
    runs: tuple[_Run, ...]
    ink: Rect


@dataclass(frozen=True, slots=True)
class Pen:
    """Colours as 0xAARRGGBB; stroke width in pixels on each side of the outline."""

    fill: int
    stroke: int
    stroke_width: float

    @property
    def opacity(self) -> float:
        """Of the fill, 0…1."""
        return (self.fill >> 24) / 255


def argb(colour: str) -> int:
    """#RRGGBB or #RRGGBBAA as 0xAARRGGBB."""
    value = int(colour[1:7], 16)
    return (int(colour[7:9] or "ff", 16) << 24) | value


def ink_on(colour: int) -> int:
    """Black or white, whichever has the higher contrast on the colour (WCAG 2 relative luminance)."""
    linear = []
    for shift in (16, 8, 0):
        part = ((colour >> shift) & 0xFF) / 255
        linear.append(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 0xFF000000 if (luminance + 0.05) ** 2 > 1.05 * 0.05 else 0xFFFFFFFF


@lru_cache(maxsize=1)
def _manager() -> skia.FontMgr:
    return skia.FontMgr.New_Custom_Empty()


@lru_cache(maxsize=128)
def _typeface(face: Face) -> skia.Typeface:
    return _manager().makeFromFile(str(face.path))


def _font(face: Face, size: float, weight: int) -> skia.Font:
    font = skia.Font(_typeface(face), size)
    font.setSubpixel(True)
    font.setLinearMetrics(True)
    font.setBaselineSnap(False)
    font.setHinting(skia.FontHinting.kNone)
    font.setEdging(skia.Font.Edging.kAntiAlias)
    font.setEmbolden(weight >= _BOLD > face.weight and not is_emoji_face(face))
    return font


def inked(block: Block, weight: int) -> tuple[WordInk, ...]:
    """The words of a block as glyph runs."""
    return tuple(_word_ink(word, block.size, weight) for word in block.words)


def _word_ink(word: PlacedWord, size: float, weight: int) -> WordInk:
    runs, bounds = [], None
    for placed in word.pieces:
        piece = placed.piece
        font = _font(piece.face, size, weight)
        runs.append(_Run(_blob(placed, size, font, piece.glyphs, None), is_emoji_face(piece.face)))
        for glyph, x, y in zip(_glyph_bounds(font, piece, size), piece.xs, piece.ys, strict=True):
            if glyph is not None:
                moved = glyph.moved(placed.x + x * size, placed.y + y * size)
                bounds = moved if bounds is None else bounds.union(moved)
    return WordInk(word, tuple(runs), bounds or Rect(word.left, word.baseline - size / 2, word.right, word.baseline))


def _glyph_bounds(font: skia.Font, piece: Piece, size: float) -> list[Rect | None]:
    """The ink of each glyph about its origin, in pixels; None for spaces. Exact for outlines (Skia's are rounded)."""
    if is_emoji_face(piece.face):
        rects = [Rect(rect.left(), rect.top(), rect.right(), rect.bottom()) for rect in font.getBounds(piece.glyphs)]
        return [rect if rect.right > rect.left else None for rect in rects]
    shaped = font_of(piece.face)
    unit = size / shaped.face.upem
    fatter = size * _EMBOLDENED if font.isEmbolden() else 0.0
    found: list[Rect | None] = []
    for glyph in piece.glyphs:
        extents = shaped.get_glyph_extents(glyph)
        if extents is None or not extents.width:
            found.append(None)
            continue
        left, top = extents.x_bearing * unit, -extents.y_bearing * unit
        # Heights are negative: font units grow upwards.
        found.append(Rect(left, top, left + extents.width * unit, top - extents.height * unit).grown(fatter))
    return found


def first_letters(ink: WordInk, size: float, weight: int, letters: int) -> WordInk:
    """The word with its first grapheme clusters only, each where it stands in the whole word."""
    runs = []
    for placed in ink.word.pieces:
        keep = [index for index, letter in enumerate(placed.piece.letters) if letter < letters]
        if keep:
            font = _font(placed.piece.face, size, weight)
            glyphs = [placed.piece.glyphs[index] for index in keep]
            runs.append(_Run(_blob(placed, size, font, glyphs, keep), is_emoji_face(placed.piece.face)))
    return WordInk(ink.word, tuple(runs), ink.ink)


def _blob(
    placed: PlacedPiece, size: float, font: skia.Font, glyphs: Sequence[int], keep: Sequence[int] | None
) -> skia.TextBlob:
    piece = placed.piece
    points = [
        skia.Point(placed.x + piece.xs[index] * size, placed.y + piece.ys[index] * size)
        for index in (range(len(piece.glyphs)) if keep is None else keep)
    ]
    builder = skia.TextBlobBuilder()
    builder.allocRunPos(font, list(glyphs), points)
    return builder.make()


def raster(bounds: Rect, draw: Callable[[skia.Canvas], None], shadow: NDArray[np.uint8] | None = None) -> Raster:
    """What `draw` draws in canvas coordinates over a shadow (alpha, as `shadow_of` gives it), within `bounds`."""
    x, y, width, height = _whole(bounds)
    rgba = np.zeros((height, width, 4), np.uint8)
    if shadow is not None:
        rgba[..., 3] = shadow
    canvas = _surface(rgba, skia.kRGBA_8888_ColorType).getCanvas()
    canvas.translate(-x, -y)
    draw(canvas)
    return Raster(x, y, rgba)


def shadow_of(bounds: Rect, draw: Callable[[skia.Canvas], None], size: float, opacity: float) -> NDArray[np.uint8]:
    """The alpha (height, width) of a blurred black silhouette of what `draw` draws, a little lower than it."""
    x, y, width, height = _whole(bounds)
    sigma = look.SHADOW_SIGMA * size
    # What is smooth can be made small: blurring costs by pixels and by sigma.
    shrink = max(1, int(sigma / _SHARPEST))
    small = np.zeros((-(-height // shrink), -(-width // shrink)), np.uint8)
    canvas = _surface(small, skia.kAlpha_8_ColorType).getCanvas()
    canvas.scale(1 / shrink, 1 / shrink)
    canvas.translate(-x, -y + look.SHADOW_SHIFT * size)
    draw(canvas)
    blurred = cv2.GaussianBlur(small, (0, 0), sigma / shrink, borderType=cv2.BORDER_CONSTANT)
    if shrink > 1:
        whole = (small.shape[1] * shrink, small.shape[0] * shrink)
        blurred = cv2.resize(blurred, whole, interpolation=cv2.INTER_LINEAR_EXACT)[:height, :width]
    return np.asarray(cv2.LUT(blurred, np.rint(np.arange(256) * (look.SHADOW_OPACITY * opacity)).astype(np.uint8)))


def _whole(bounds: Rect) -> tuple[int, int, int, int]:
    """x, y, width and height of the bounds rounded outwards to whole pixels."""
    x, y = int(np.floor(bounds.left)), int(np.floor(bounds.top))
    return x, y, max(1, int(np.ceil(bounds.right)) - x), max(1, int(np.ceil(bounds.bottom)) - y)


def _surface(pixels: NDArray[np.uint8], colour_type: skia.ColorType) -> skia.Surface:
    info = skia.ImageInfo.Make(pixels.shape[1], pixels.shape[0], colour_type, skia.kPremul_AlphaType)
    return skia.Surface.MakeRasterDirect(info, pixels, pixels.strides[0])


def shadow_reach(size: float) -> float:
    """How far from its text a shadow can be seen, in pixels, at most."""
    return size * (3 * look.SHADOW_SIGMA + look.SHADOW_SHIFT + look.SHADOW_SPREAD)


def draw_silhouette(canvas: skia.Canvas, words: Sequence[WordInk], pen: Pen, size: float) -> None:
    """Words with their strokes, all black; a little fatter if they have none, for light text on a light picture."""
    draw_strokes(canvas, words, Pen(0xFF000000, 0xFF000000, max(pen.stroke_width, look.SHADOW_SPREAD * size)))
    draw_fills(canvas, words, 0xFF000000)


def draw_strokes(canvas: skia.Canvas, words: Sequence[WordInk], pen: Pen) -> None:
    """Outlines with round joins; colour emoji have none."""
    if pen.stroke_width <= 0:
        return
    paint = skia.Paint(
        AntiAlias=True,
        Color=pen.stroke,
        Style=skia.Paint.kStroke_Style,
        # Half of it lies under the fill.
        StrokeWidth=2 * pen.stroke_width,
        StrokeJoin=skia.Paint.kRound_Join,
        StrokeCap=skia.Paint.kRound_Cap,
    )
    for ink in words:
        for run in ink.runs:
            if not run.emoji:
                canvas.drawTextBlob(run.blob, 0, 0, paint)


def draw_fills(canvas: skia.Canvas, words: Sequence[WordInk], colour: int) -> None:
    paint = skia.Paint(AntiAlias=True, Color=colour)
    # Emoji keep their own colours, but are as translucent as the text around them.
    emoji = skia.Paint(AntiAlias=True, Color=(colour & 0xFF000000))
    for ink in words:
        for run in ink.runs:
            canvas.drawTextBlob(run.blob, 0, 0, emoji if run.emoji else paint)
