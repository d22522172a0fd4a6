"""Words of a narration: as they are shown, as they are spoken, and when.

Timing without a provider's own is spread in proportion to what has to be pronounced: each character weighs what its
script makes of it (a Han character is a syllable, an Arabic letter carries an unwritten vowel, a digit is a word).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from storyboard.resolution import TakeWord

#: characters pronounced in a second at ordinary speed, in units of `weight`
WEIGHT_PER_SECOND = 15.0

_TAG = regex.compile(r"</?[A-Za-z][^<>]{0,200}>")
_LINK = regex.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_MARKS = regex.compile(r"(?<![\w*_~`])[*_~`]+(?=\S)|(?<=\S)[*_~`]+(?![\w*_~`])|^\s{0,3}#{1,6}\s+", regex.MULTILINE)
# A no-break space stays: it keeps "10 000 €" and "Oui !" one word.
_SPACE = regex.compile(r"[\s--\u00a0\u202f]+", regex.V1)
_PRONOUNCED = regex.compile(r"[\p{L}\p{N}%&@€$£¥+=°]")
_UNPRONOUNCED = regex.compile(
    r"[[\p{Extended_Pictographic}\p{So}\p{Sk}\p{Co}\u200d\ufe0e\ufe0f\u20e3]--[°©®™0-9#*]]+", regex.V1
)
_UNSPACED = "".join(
    rf"\p{{Script={script}}}" for script in ("Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar")
)
_UNSPACED_END = regex.compile(rf"[{_UNSPACED}ー々][\p{{P}}\p{{M}}]*\Z")
_UNSPACED_START = regex.compile(rf"[\p{{Ps}}\p{{Pi}}]*[{_UNSPACED}ー々]")
# One unit of a script without spaces: Han one by one, kana by up to four, others by grapheme clusters; opening marks
# stay with what follows, closing marks with what precedes.
_UNIT = regex.compile(
    rf"[\p{{Ps}}\p{{Pi}}]*(?:\p{{Script=Han}}[々ー]?|[\p{{Script=Hiragana}}\p{{Script=Katakana}}ー]{{1,4}}"
    rf"|(?:(?![{_UNSPACED}])\X)+|\X)[\p{{Pe}}\p{{Pf}}\p{{Po}}\p{{Pd}}]*"
)
_SENTENCE_END = regex.compile(r"[.!?…。\uff0e\uff01\uff1f।؟\u0589\u06d4\u104b\u1362\u17d4][\p{Pe}\p{Pf}\"']*\Z")
_PAUSE = regex.compile(r"[,;:،、\uff0c\uff1b\uff1a–—][\p{Pe}\p{Pf}\"']*\Z")
_WEIGHTS = (
    (regex.compile(r"\p{Script=Han}"), 3.0),
    (regex.compile(r"\p{Script=Hangul}"), 2.5),
    (regex.compile(r"[\p{Script=Hiragana}\p{Script=Katakana}]"), 2.0),
    (regex.compile(r"\p{N}"), 3.0),
    (regex.compile(r"[%&@€$£¥+=°]"), 4.0),
    (regex.compile(r"[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}]"), 1.4),
    (regex.compile(r"\p{L}"), 1.0),
    (regex.compile(r"\p{Mc}"), 0.5),
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word as shown, with its interval in seconds."""

    text: str
    start: float
    end: float
    glued: bool


def clean_text(text: str) -> str:
    """The text without markup (HTML tags, Markdown emphasis, headings and links), white space folded."""
    text = _LINK.sub(r"\1", _TAG.sub(" ", text))
    return _folded(_MARKS.sub("", text))


def spoken_text(text: str) -> str:
    """The cleaned text without what nobody pronounces (emoji, ornaments)."""
    return _folded(_UNPRONOUNCED.sub(" ", clean_text(text)))


def _folded(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def caption_words(text: str) -> list[str]:
    """The cleaned text in units that appear one by one; what isn't pronounced stays with the word before it."""
    units: list[str] = []
    for token in clean_text(text).split(" "):
        parts = _UNIT.findall(token) if regex.search(rf"[{_UNSPACED}]", token) else [token]
        for part in parts:
            if part and not _PRONOUNCED.search(part) and units:
                units[-1] += part if part is not parts[0] else f" {part}"
            elif part:
                units.append(part)
    return units


def is_glued(before: str, after: str) -> bool:
    """Whether `after` is written next to `before` without a space."""
    return bool(_UNSPACED_END.search(before) and _UNSPACED_START.match(after))


def ends_sentence(word: str) -> bool:
    return bool(_SENTENCE_END.search(word))


def weight(word: str) -> float:
    """How long a word takes to say, in plain letters; a pause after it counts too."""
    total = 1.0
    for char in word:
        for pattern, value in _WEIGHTS:
            if pattern.match(char):
                total += value
                break
    if ends_sentence(word):
        return total + 5.0
    return total + 2.0 if _PAUSE.search(word) else total


def reading_seconds(text: str) -> float:
    """How long the text takes to say at an ordinary speed."""
    return sum(weight(word) for word in caption_words(text)) / WEIGHT_PER_SECOND


def spread(words: Sequence[str], seconds: float) -> list[Word]:
    """Words over an interval, in proportion to their weight."""
    weights = [weight(word) for word in words]
    total = sum(weights)
    timed: list[Word] = []
    passed = 0.0
    for index, (word, share) in enumerate(zip(words, weights, strict=True)):
        start = seconds * passed / total
        passed += share
        glued = index > 0 and is_glued(words[index - 1], word)
        timed.append(Word(word, start, seconds * passed / total, glued))
    return timed


def timed_words(text: str, seconds: float, spoken: Sequence[TakeWord]) -> list[Word]:
    """The words of `text` with their times: from `spoken` where there are any, else spread over `seconds`.

    Where the speaker's words are as many as ours, ours are shown (they keep emoji and punctuation) at their times;
    otherwise the speaker's own are.
    """
    shown = caption_words(text)
    if not spoken:
        return spread(shown, seconds) if shown else []
    texts = shown if len(shown) == len(spoken) else [word.text for word in spoken]
    return [
        Word(text, word.start, word.end, index > 0 and is_glued(texts[index - 1], text))
        for index, (text, word) in enumerate(zip(texts, spoken, strict=True))
    ]
