"""Lines of text: breaking, balancing, shrinking to fit, and where each word stands.

Shaping is done once in ems; everything here scales, so a text that is too wide is made smaller as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from services.renderer.engine.picture import look
from services.renderer.engine.text import bidi
from services.renderer.engine.text.shaping import Piece, Shaped, font_of, is_emoji_face

Align = Literal["left", "center", "right"]

#: a face of a fall-back may ask for this much more height than the family's line height
_TALLEST = 1.35


@dataclass(frozen=True, slots=True)
class PlacedPiece:
    """A piece with its origin on the baseline, in pixels of the block."""

    piece: Piece
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A token's pieces, and the box of its advance: [left, right) by [top, bottom) of its line, in pixels."""

    pieces: tuple[PlacedPiece, ...]
    left: float
    right: float
    baseline: float


@dataclass(frozen=True, slots=True)
class Block:
    """Laid-out text: `size` of an em in pixels after shrinking; words in the order of reading, the origin at the top
    left of a box of `width` × `height` pixels."""

    size: float
    width: float
    height: float
    lines: int
    words: tuple[PlacedWord, ...]


@dataclass(frozen=True, slots=True)
class _Paragraph:
    shaped: Shaped
    #: advance of each token and the space before it, in ems
    advances: tuple[float, ...]
    gaps: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    paragraph: _Paragraph
    first: int
    last: int
    width: float


def measured(shaped: Shaped, glued: Sequence[bool], least_gap: float = 0.0) -> _Paragraph:
    """Widths of the tokens and of the spaces between them, which are at least `least_gap` ems."""
    space = max(shaped.space, least_gap)
    advances = [0.0] * len(glued)
    for piece in shaped.pieces:
        advances[piece.token] += piece.advance
    gaps = tuple(0.0 if index == 0 or joined else space for index, joined in enumerate(glued))
    return _Paragraph(shaped, tuple(advances), gaps)


def lay_out(
    paragraphs: Sequence[_Paragraph],
    size: float,
    width: float,
    height: float,
    max_lines: int | None,
    align: Align,
) -> Block:
    """Break at spaces into as few lines as fit `width`, of about the same length; text that needs more than
    `max_lines`, is taller than `height` or holds a word wider than `width` is made smaller. Sizes in pixels."""
    pitch = max((_pitch(paragraph.shaped) for paragraph in paragraphs), default=look.LINE_HEIGHT)

    def fits(scale: float) -> bool:
        room = width / (size * scale)
        if any(max(paragraph.advances, default=0.0) > room for paragraph in paragraphs):
            return False
        count = sum(len(_greedy(paragraph, room)) for paragraph in paragraphs)
        return count * pitch * size * scale <= height and (max_lines is None or count <= max_lines)

    scale = _largest(fits)
    size *= scale
    lines = [line for paragraph in paragraphs for line in _balanced(paragraph, width / size)]
    return _placed(lines, size, pitch * size, align)


def _largest(fits: Callable[[float], bool]) -> float:
    """The largest scale ≤ 1 that fits, to a thousandth of itself."""
    if fits(1.0):
        return 1.0
    low, high = 0.0, 1.0
    while high - low > 0.001 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _pitch(shaped: Shaped) -> float:
    """Line height in ems: more where a fall-back face is taller than Latin ones."""
    tallest = look.LINE_HEIGHT
    for face in {piece.face for piece in shaped.pieces if not is_emoji_face(piece.face)}:
        font = font_of(face)
        extents = font.get_font_extents("ltr")
        tallest = max(tallest, min(_TALLEST, (extents.ascender - extents.descender) / font.face.upem))
    return tallest


def _greedy(paragraph: _Paragraph, room: float) -> list[_Line]:
    """Lines filled one after the other; a word wider than `room` gets a line to itself."""
    lines: list[_Line] = []
    first, used = 0, 0.0
    for index, advance in enumerate(paragraph.advances):
        wider = used + paragraph.gaps[index] + advance if index > first else advance
        if index > first and wider > room:
            lines.append(_Line(paragraph, first, index, used))
            first, wider = index, advance
        used = wider
    lines.append(_Line(paragraph, first, len(paragraph.advances), used))
    return lines


def _balanced(paragraph: _Paragraph, room: float) -> list[_Line]:
    """As many lines as filling them up takes, but the widest as narrow as can be."""
    lines = _greedy(paragraph, room)
    if len(lines) == 1:
        return lines
    low, high = max(paragraph.advances), room
    while high - low > 0.01:
        middle = (low + high) / 2
        low, high = (low, middle) if len(_greedy(paragraph, middle)) <= len(lines) else (middle, high)
    return _greedy(paragraph, high)


def _placed(lines: Sequence[_Line], size: float, pitch: float, align: Align) -> Block:
    width = max((line.width for line in lines), default=0.0) * size
    words: list[PlacedWord] = []
    for number, line in enumerate(lines):
        spare = width - line.width * size
        left = {"left": 0.0, "center": spare / 2, "right": spare}[align]
        # Capitals stand in the middle of their line: 0.73 em is the cap height of Inter, near that of most faces.
        baseline = number * pitch + (pitch + 0.73 * size) / 2
        words.extend(_line_words(line, size, left, baseline))
    return Block(size, width, len(lines) * pitch, len(lines), tuple(words))


def _line_words(line: _Line, size: float, left: float, baseline: float) -> list[PlacedWord]:
    shaped = line.paragraph.shaped
    items: list[tuple[int, float, Piece | int]] = []
    for token in range(line.first, line.last):
        if token > line.first and (gap := line.paragraph.gaps[token]):
            items.append((shaped.space_levels[token], gap, token))
        items.extend((piece.level, piece.advance, piece) for piece in shaped.pieces if piece.token == token)
    placed: dict[int, list[PlacedPiece]] = {token: [] for token in range(line.first, line.last)}
    x = left
    for index in bidi.visual_order([level for level, _, _ in items]):
        _, advance, item = items[index]
        if isinstance(item, Piece):
            placed[item.token].append(PlacedPiece(item, x, baseline))
        x += advance * size
    return [
        PlacedWord(
            tuple(pieces),
            min((piece.x for piece in pieces), default=left),
            max((piece.x + piece.piece.advance * size for piece in pieces), default=left),
            baseline,
        )
        for pieces in placed.values()
    ]
