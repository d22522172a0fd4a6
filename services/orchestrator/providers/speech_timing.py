"""When each unit of a text is heard, from the word events of a speech engine."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from services.orchestrator.providers.speech_text import Unit

_SHORTEST = 0.02  # seconds; events closer than this belong to one sound
_PAUSE_SLACK = 0.03  # seconds between the end of a pause and the word event after it (a glottal onset)


def spoken_text(units: Sequence[Unit]) -> tuple[str, list[int]]:
    """The text for the engine, and for each unit the index of its first character in it."""
    text = ""
    starts = []
    for unit in units:
        if unit.paragraph_before:
            text += "\n\n"
        elif unit.space_before and unit.spoken:
            text += " "
        starts.append(len(text))
        text += unit.spoken
    return text, starts


def intervals(
    units: Sequence[Unit],
    starts: Sequence[int],
    *,
    words: Sequence[tuple[int, int]],
    pauses: Sequence[tuple[int, int]],
    samples: int,
    rate: int,
) -> list[tuple[float, float]]:
    """(start, end) in seconds for each unit: rising, not overlapping, none empty.

    words: (position in the spoken text, sample) of every word event, in the order of the sound.
    pauses: (first, last) samples without sound. A unit ends where its sound ends, not where the next begins.
    Units without an event of their own (words the engine reads in one breath, marks, emoji) share the time
    of the unit before them by their length in characters.
    """
    onsets = _onsets(units, starts, words, int(_SHORTEST * rate))
    spans: list[tuple[float, float]] = []
    groups = sorted(onsets)
    for number, first in enumerate(groups):
        following = groups[number + 1] if number + 1 < len(groups) else len(units)
        begin = onsets[first]
        limit = onsets[following] if following < len(units) else samples
        end = _sound_end(begin, limit, pauses, int(_PAUSE_SLACK * rate))
        members = units[first:following]
        weights = [max(1, len(unit.spoken)) if unit.pronounced else 1 for unit in members]
        total, done = sum(weights), 0
        for weight in weights:
            left = begin + (end - begin) * done / total
            done += weight
            right = begin + (end - begin) * done / total
            spans.append((round(left / rate, 3), round(right / rate, 3)))
    return spans


def _onsets(
    units: Sequence[Unit], starts: Sequence[int], words: Sequence[tuple[int, int]], least: int
) -> dict[int, int]:
    """First sample of each unit that has an event. Unit 0 always has one, so that every unit has a group."""
    pronounced = [index for index, unit in enumerate(units) if unit.pronounced]
    positions = [starts[index] for index in pronounced]
    onsets: dict[int, int] = {}
    latest, latest_sample = -1, -least
    for position, sample in words:
        index = pronounced[max(0, bisect_right(positions, position) - 1)]
        # numbers give events with positions inside the number: only the first one is the onset
        if index > latest and sample - latest_sample >= least:
            onsets[index] = sample
            latest, latest_sample = index, sample
    if onsets:
        leading = min(onsets)
        onsets[0] = onsets.pop(leading)
    return onsets or {0: 0}


def _sound_end(begin: int, limit: int, pauses: Sequence[tuple[int, int]], slack: int) -> int:
    """Where the sound that began at `begin` stops, when the next begins at `limit`."""
    index = bisect_right(pauses, (limit, limit)) - 1
    end = limit
    while index >= 0 and pauses[index][1] >= end - slack and pauses[index][0] > begin:
        end = pauses[index][0]
        index -= 1
    return end
