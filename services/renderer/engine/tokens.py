"""Where a line of a text overlay may break: at spaces, and between letters of scripts that use none."""

from __future__ import annotations

import regex

from services.renderer.engine.shaping import Token

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
        tokens.extend(Token(unit, index > 0) for index, unit in enumerate(units))
    return tokens
