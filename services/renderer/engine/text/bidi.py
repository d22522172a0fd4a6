"""Directions of mixed text: the Unicode bidirectional algorithm (UAX #9) for one paragraph.

Explicit embeddings, overrides and isolates have no effect here, as if they weren't there: a caption is a few words, and
invisible controls must not reorder what a viewer reads. Everything implicit (rules W1–W7, N0–N2, I1–I2, L2) is done.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_PAIRS = "()[]{}༺༻༼༽⁅⁆⁽⁾₍₎⌈⌉⌊⌋❨❩❪❫❬❭❮❯❰❱❲❳❴❵⟦⟧⟨⟩⟪⟫⟬⟭⟮⟯〈〉《》「」『』【】〔〕〖〗〘〙〚〛（）［］｛｝｢｣"
_CLOSING = {_PAIRS[i]: _PAIRS[i + 1] for i in range(0, len(_PAIRS), 2)}
_STRONG = {"L": "L", "R": "R", "EN": "R", "AN": "R"}
_IGNORED = frozenset({"BN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_NEUTRAL = frozenset({"ON", "WS", "S", "B"})


def base_level(text: str, default: int = 0) -> int:
    """0 if the first letter is written left to right, 1 if right to left, `default` if there is none (P2, P3)."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind == "L":
            return 0
        if kind in ("R", "AL"):
            return 1
    return default


def levels(text: str, base: int) -> list[int]:
    """The embedding level of each character: even runs left to right, odd right to left."""
    direction = "R" if base else "L"
    kinds = [unicodedata.bidirectional(char) or "L" for char in text]
    _resolve_weak(kinds, direction)
    _resolve_brackets(text, kinds, direction)
    _resolve_neutral(kinds, direction)
    if base:
        return [2 if kind in ("L", "EN", "AN") else 1 for kind in kinds]
    return [{"R": 1, "EN": 2, "AN": 2}.get(kind, 0) for kind in kinds]


def visual_order(line: Sequence[int]) -> list[int]:
    """Indices of a line's items from left to right, by their levels (rule L2)."""
    order = list(range(len(line)))
    for level in range(max(line, default=0), 0, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and line[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = end + 1
    return order


def _resolve_weak(kinds: list[str], direction: str) -> None:
    before = direction
    for index, kind in enumerate(kinds):  # W1; what has no effect takes after its neighbour too
        if kind == "NSM" or kind in _IGNORED:
            kinds[index] = before
        before = kinds[index]
    strong = direction
    for index, kind in enumerate(kinds):  # W2, W3
        if kind in ("L", "R", "AL"):
            strong = kind
        if kind == "EN" and strong == "AL":
            kinds[index] = "AN"
        elif kind == "AL":
            kinds[index] = "R"
    for index in range(1, len(kinds) - 1):  # W4
        around = kinds[index - 1]
        if around == kinds[index + 1] and (
            (around == "EN" and kinds[index] in ("ES", "CS")) or (around == "AN" and kinds[index] == "CS")
        ):
            kinds[index] = around
    _resolve_terminators(kinds)
    strong = direction
    for index, kind in enumerate(kinds):  # W6, W7
        if kind in ("ES", "ET", "CS"):
            kinds[index] = "ON"
        elif kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[index] = "L"


def _resolve_terminators(kinds: list[str]) -> None:
    """W5: signs such as % and € next to a number belong to it."""
    index = 0
    while index < len(kinds):
        end = index
        while end < len(kinds) and kinds[end] == "ET":
            end += 1
        if end > index and "EN" in (kinds[index - 1] if index else "", kinds[end] if end < len(kinds) else ""):
            kinds[index:end] = ["EN"] * (end - index)
        index = end + 1


def _resolve_brackets(text: str, kinds: list[str], direction: str) -> None:
    """N0: both brackets of a pair take the direction of what they hold."""
    opened: list[tuple[str, int]] = []
    pairs: list[tuple[int, int]] = []
    for index, char in enumerate(text):
        if kinds[index] != "ON":
            continue
        if char in _CLOSING:
            opened.append((_CLOSING[char], index))
            continue
        for depth in range(len(opened) - 1, -1, -1):
            if opened[depth][0] == char:
                pairs.append((opened[depth][1], index))
                del opened[depth:]
                break
    for start, end in sorted(pairs):
        resolved = _bracket_kind(kinds, start, end, direction)
        for bracket in (start, end) if resolved else ():
            kinds[bracket] = resolved
            # Marks on a bracket go with it.
            for mark in range(bracket + 1, len(text)):
                if unicodedata.bidirectional(text[mark]) != "NSM":
                    break
                kinds[mark] = resolved


def _bracket_kind(kinds: list[str], start: int, end: int, direction: str) -> str:
    """The direction of a pair of brackets, "" if nothing between them has one."""
    inside = {_STRONG[kind] for kind in kinds[start + 1 : end] if kind in _STRONG}
    if not inside or direction in inside:
        return direction if inside else ""
    before = next((_STRONG[kind] for kind in reversed(kinds[:start]) if kind in _STRONG), direction)
    return before if before in inside else direction


def _resolve_neutral(kinds: list[str], direction: str) -> None:
    """N1, N2: what has no direction of its own takes that of both neighbours, or the paragraph's."""
    index = 0
    while index < len(kinds):
        if kinds[index] not in _NEUTRAL:
            index += 1
            continue
        end = index
        while end < len(kinds) and kinds[end] in _NEUTRAL:
            end += 1
        before = _STRONG[kinds[index - 1]] if index else direction
        after = _STRONG[kinds[end]] if end < len(kinds) else direction
        kinds[index:end] = [before if before == after else direction] * (end - index)
        index = end
