"""Caption groups: which words stand on screen together, and from which frame to which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storyboard.timeline import CaptionGroup, CaptionWord
from storyboard.words import Word, ends_sentence

#: a group stays this long after its last word, so that it doesn't flicker away (seconds)
HOLD = 0.2
#: a shorter gap between two groups is filled by the first (seconds)
BRIDGE = 0.4
#: a longer silence ends a group (seconds)
SILENCE = 0.7
#: at most this many characters of a group, two short lines on a portrait canvas
MAX_CHARACTERS = 42


def quantise(seconds: float, fps: int) -> int:
    """Seconds to whole frames: floor(t · fps + 0.5), which Python and JavaScript compute alike."""
    return int(seconds * fps + 0.5)


@dataclass(frozen=True, slots=True)
class Window:
    """Where captions of a scene may stand: absolute frames; `body_end` is where its outgoing transition begins."""

    scene: int
    speech_start: int
    body_end: int
    end: int


def group_words(words: Sequence[Word], max_words: int, fps: int, window: Window) -> list[CaptionGroup]:
    """Words in groups of at most `max_words` (two glued ones count as one), broken at sentences and silences."""
    groups = [group for phrase in _phrases(words) for group in _balanced(phrase, max_words)]
    framed = _framed(groups, fps, window)
    return [
        CaptionGroup(scene=window.scene, start=group[0].start, end=end, words=tuple(group))
        for group, end in zip(framed, _ends(framed, fps, window), strict=True)
    ]


def _phrases(words: Sequence[Word]) -> list[list[Word]]:
    """Words between sentence ends and silences."""
    phrases: list[list[Word]] = []
    for word in words:
        last = phrases[-1][-1] if phrases else None
        if last is None or ends_sentence(last.text) or word.start - last.end > SILENCE:
            phrases.append([])
        phrases[-1].append(word)
    return phrases


def _share(word: Word) -> float:
    return 0.5 if word.glued else 1.0


def _balanced(phrase: Sequence[Word], max_words: int) -> list[list[Word]]:
    """As few groups as `max_words` allows, of about the same size: five words make three and two, not four and one."""
    left = sum(_share(word) for word in phrase)
    fewest = -int(-left // max_words)
    groups: list[list[Word]] = []
    size = 0.0
    length = 0
    limit = 0.0
    for word in phrase:
        if not groups or size + _share(word) > limit or length + len(word.text) > MAX_CHARACTERS:
            limit = min(float(max_words), -(-left // max(1, fewest - len(groups))))
            groups.append([])
            size, length = 0.0, 0
        groups[-1].append(word)
        size += _share(word)
        left -= _share(word)
        length += len(word.text) + 1
    return groups


def _framed(groups: Sequence[Sequence[Word]], fps: int, window: Window) -> list[list[CaptionWord]]:
    """Absolute frames for each word: in order, at least one frame each, inside the window."""
    framed: list[list[CaptionWord]] = []
    earliest = window.speech_start
    for group in groups:
        members: list[CaptionWord] = []
        for index, word in enumerate(group):
            start = max(earliest, window.speech_start + quantise(word.start, fps))
            end = min(max(start + 1, window.speech_start + quantise(word.end, fps)), window.end)
            if start >= window.end:
                break
            members.append(CaptionWord(text=word.text, start=start, end=end, glued=word.glued and index > 0))
            earliest = start + 1
        if members:
            framed.append(members)
    return framed


def _ends(groups: Sequence[Sequence[CaptionWord]], fps: int, window: Window) -> list[int]:
    ends: list[int] = []
    for index, group in enumerate(groups):
        spoken = group[-1].end
        # The hold never runs into the transition: an edit of the last caption must not touch the join.
        limit = window.body_end if spoken <= window.body_end else window.end
        if index + 1 == len(groups):
            ends.append(min(spoken + quantise(HOLD, fps), limit))
            continue
        following = groups[index + 1][0].start
        held = following if following - spoken <= quantise(BRIDGE, fps) else spoken + quantise(HOLD, fps)
        ends.append(max(group[0].start + 1, min(held, following)))
    return ends
