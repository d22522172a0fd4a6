"""Where a line of a text overlay may break: at spaces, between letters of scripts that use none, in endless words."""

from __future__ import annotations

import regex

from services.renderer.engine.text.shaping import Token

#: grapheme clusters of the longest word that isn't broken, and of the parts of a longer one
LONGEST = 60
_PART = 12

_CLUSTER = regex.compile(r"\X")
# A unit keeps its closing marks and what precedes it opening; only Han and kana may be parted from a neighbour.
_UNIT = regex.compile(
    r"[\p{Ps}\p{Pi}]*(?:[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]"
    r"|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])\X)+?(?=[\p{Ps}\p{Pi}]*[\p{Script=Han}"
    r"\p{Script=Hiragana}\p{Script=Katakana}]|\Z))[\p{Pe}\p{Pf}\p{Po}\p{Pd}\p{M}々ーぁぃぅぇぉっゃゅょァィゥェォッャュョ]*"
)


def paragraphs_of(text: str) -> list[list[Token]]:
    """The lines of a text, each in tokens; an empty line is an empty list."""
    return [_tokens(line) for line in text.splitlines()]


def _tokens(line: str) -> list[Token]:
    tokens: list[Token] = []
    for word in line.split():
        units = [match.group() for match in _UNIT.finditer(word)]
        # What the pattern can't divide stays whole.
        units = units if "".join(units) == word else [word]
        parts = [part for unit in units for part in _parts(unit)]
        tokens.extend(Token(part, index > 0) for index, part in enumerate(parts))
    return tokens


def _parts(unit: str) -> list[str]:
    """A unit no line could hold, such as a long address, in parts; any other whole."""
    clusters = _CLUSTER.findall(unit)
    if len(clusters) <= LONGEST:
        return [unit]
    return ["".join(clusters[start : start + _PART]) for start in range(0, len(clusters), _PART)]
