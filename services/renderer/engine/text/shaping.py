"""From characters to positioned glyphs: faces are chosen by grapheme cluster, runs are shaped by HarfBuzz.

Lengths are in ems of the nominal size, y grows downwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import regex
import uharfbuzz

from services.renderer.engine.text import bidi, fonts
from services.renderer.engine.text.fonts import Face

_CLUSTER = regex.compile(r"\X")
_EMOJI = regex.compile(r"\p{Emoji_Presentation}|\p{Emoji}\uFE0F|\p{Regional_Indicator}")
_TEXT_STYLE = "\ufe0e"
#: fonts for Latin replace -> by an arrow and != by ≠ in context; text is shown as it was written
_LITERAL = {"calt": False}


@dataclass(frozen=True, slots=True)
class Token:
    """A word, in the order of reading; a glued one follows the one before without a space."""

    text: str
    glued: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """Glyphs of one token in one face and one direction, from left to right.

    `letters` holds for each glyph the number of its grapheme cluster within the token.
    """

    token: int
    face: Face
    level: int
    glyphs: tuple[int, ...]
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    letters: tuple[int, ...]
    advance: float


@dataclass(frozen=True, slots=True)
class Shaped:
    """A paragraph: the pieces in the order of reading, the level of the space before each token, its base level."""

    pieces: tuple[Piece, ...]
    space_levels: tuple[int, ...]
    space: float
    base: int


@dataclass(frozen=True, slots=True)
class _Cluster:
    """A grapheme cluster: `start` in the paragraph's text, `letter` counts within its token."""

    start: int
    end: int
    token: int
    letter: int
    face: Face
    level: int


@lru_cache(maxsize=128)
def font_of(face: Face) -> uharfbuzz.Font:
    return uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(face.path))))


def is_emoji_face(face: Face) -> bool:
    return face in fonts.library().emoji


def shape(tokens: Sequence[Token], family: str, weight: int, language: str) -> Shaped:
    """Shape a paragraph. Without a letter that tells, its direction is left to right."""
    text, starts = _joined(tokens)
    base = bidi.base_level(text)
    levels = bidi.levels(text, base)
    clusters = _clusters(text, tokens, starts, levels, family, weight)
    pieces: list[Piece] = []
    first = 0
    while first < len(clusters):
        last = first + 1
        while last < len(clusters) and _continues(clusters[last - 1], clusters[last]):
            last += 1
        pieces.extend(_shape_run(text, clusters[first:last], language))
        first = last
    # The space before a token is the character before its start; a glued token has none.
    spaces = tuple(
        levels[start - 1] if start and not token.glued else base for token, start in zip(tokens, starts, strict=True)
    )
    return Shaped(tuple(pieces), spaces, _space(family, weight), base)


def _joined(tokens: Sequence[Token]) -> tuple[str, list[int]]:
    text = ""
    starts = []
    for token in tokens:
        text += "" if token.glued or not text else " "
        starts.append(len(text))
        text += token.text
    return text, starts


def _clusters(
    text: str, tokens: Sequence[Token], starts: Sequence[int], levels: Sequence[int], family: str, weight: int
) -> list[_Cluster]:
    found = []
    for index, (token, start) in enumerate(zip(tokens, starts, strict=True)):
        for letter, match in enumerate(_CLUSTER.finditer(token.text)):
            at = start + match.start()
            face = face_for(match.group(), family, weight)
            found.append(_Cluster(at, start + match.end(), index, letter, face, levels[at]))
    return found


def _continues(before: _Cluster, after: _Cluster) -> bool:
    return before.end == after.start and before.face == after.face and before.level == after.level


@lru_cache(maxsize=8192)
def face_for(cluster: str, family: str, weight: int) -> Face:
    """The face that draws a grapheme cluster; the family's own if none can."""
    faces = fonts.chain(family, weight)
    needed = fonts.visible(cluster)
    wants_emoji = _EMOJI.search(cluster) is not None and _TEXT_STYLE not in cluster
    if wants_emoji and (emoji := _emoji_face(cluster, needed)):
        return emoji
    for face in faces:
        if needed <= fonts.coverage(face):
            return face
    return _emoji_face(cluster, needed) or next(
        (face for face in faces if ord(cluster[0]) in fonts.coverage(face)), faces[0]
    )


def _emoji_face(cluster: str, needed: set[int]) -> Face | None:
    """The slice that draws the cluster in the fewest glyphs: a family or a flag as the one picture it is."""
    able = [face for face in fonts.library().emoji if needed <= fonts.coverage(face)]
    return min(able, key=lambda face: len(_buffer(cluster, face, 0, "").glyph_infos), default=None)


@lru_cache(maxsize=256)
def _space(family: str, weight: int) -> float:
    face = fonts.chain(family, weight)[0]
    font = font_of(face)
    advance = font.get_glyph_h_advance(font.get_nominal_glyph(0x20) or 0)
    return float(advance) / float(font.face.upem)


@lru_cache(maxsize=1)
def _chosen_faces() -> frozenset[Face]:
    return frozenset(face for faces in fonts.library().families.values() for face in faces)


def _buffer(text: str, face: Face, level: int, language: str) -> uharfbuzz.Buffer:
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if level % 2 else "ltr"
    if language:
        buffer.language = language
    uharfbuzz.shape(font_of(face), buffer, _LITERAL if face in _chosen_faces() else None)
    return buffer


def _shape_run(text: str, clusters: Sequence[_Cluster], language: str) -> list[Piece]:
    """Clusters of one face and level, shaped together so that letters join, then told apart by token."""
    head = clusters[0]
    buffer = _buffer(text[head.start : clusters[-1].end], head.face, head.level, language)
    upem = font_of(head.face).face.upem
    owner = {cluster.start - head.start + offset: cluster for cluster in clusters for offset in _offsets(cluster)}
    groups: dict[int, list[tuple[int, float, float, float, int]]] = {}
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        cluster = owner[info.cluster]
        groups.setdefault(cluster.token, []).append(
            (
                info.codepoint,
                position.x_offset / upem,
                -position.y_offset / upem,
                position.x_advance / upem,
                cluster.letter,
            )
        )
    pieces = []
    for token in sorted(groups):
        x = 0.0
        xs = []
        for _, shift, _, advance, _ in groups[token]:
            xs.append(x + shift)
            x += advance
        glyphs, _, ys, _, letters = zip(*groups[token], strict=True)
        pieces.append(Piece(token, head.face, head.level, glyphs, tuple(xs), ys, letters, x))
    return pieces


def _offsets(cluster: _Cluster) -> range:
    return range(cluster.end - cluster.start)
