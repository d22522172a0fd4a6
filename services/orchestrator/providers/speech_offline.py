"""Speech without an account and without a network, with the exact time of every word.

The engine is eSpeak NG (GPL-3.0-or-later, out of the `espeakng-loader` wheel). It runs in a process of its
own, `espeak_child`, and is never loaded into this one: see the licence notice there.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import regex

from kernel.sandbox import MIB, Limits, discover, python_argv
from services.orchestrator import errors
from services.orchestrator.providers import speech_text, speech_timing

_log = logging.getLogger(__name__)

CONNECTOR_ID = "speech-offline"
MAX_CHARACTERS = 20_000
SLOWEST, FASTEST = 0.5, 2.0

# The longest text takes seconds; one hour of speech is 160 MB.
_LIMITS = Limits(cpu_seconds=120, wall_seconds=300.0, address_space_bytes=2048 * MIB, file_size_bytes=512 * MIB)
_WORDS_PER_MINUTE = 158  # at speed 1.0: the pace of a calm narrator


@dataclass(frozen=True, slots=True)
class _Style:
    variant: str  # a voice variant of the engine: formants, breath and spectral tilt
    pitch: int  # 0…99, 50 is the variant's own
    range: int  # 0…99, liveliness of the melody


# Chosen by measuring each of the engine's variants on the same sentences: a falling spectrum (little energy above
# 3 kHz, where the synthetic buzz sits), no clipped peaks, a melody of some semitones.
_STYLES = {
    "warm": _Style(variant="m7", pitch=48, range=52),
    "clear": _Style(variant="max", pitch=50, range=48),
    "soft": _Style(variant="f2", pitch=46, range=66),
    "bright": _Style(variant="f4", pitch=54, range=64),
}
DEFAULT_STYLE = "warm"

# BCP 47 tags whose voice has another name in the engine
_ALIASES = {"en": "en-us", "fr": "fr-fr", "no": "nb", "nn": "nb", "zh": "cmn", "iw": "he", "in": "id", "zh-hk": "yue",
            "zh-mo": "yue", "es-mx": "es-419", "es-us": "es-419", "es-ar": "es-419", "tl": "id"}  # fmt: skip
# Listed by the engine but of no use: tests, transliterations, invented languages, and two that lack their dictionary
_HIDDEN = {"xex", "piqd", "en-shaw", "fa-latn", "cmn-latn-pinyin", "chr-US-Qaaa-x-west", "qdb", "qya", "sjn", "py",
           "fo", "kaa"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice: `id` is what `synthesise` takes, e.g. "fr-fr:warm"."""

    id: str
    language: str
    name: str
    style: str


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word as it is written, with its punctuation, and when it is heard (seconds)."""

    text: str
    start: float
    end: float
    space_before: bool = True  # false inside scripts that are written without spaces


@dataclass(frozen=True, slots=True)
class Speech:
    """A WAV file (22,050 Hz, mono, 16 bit), its length in seconds and its words."""

    path: Path
    seconds: float
    words: tuple[SpokenWord, ...]


def voices() -> tuple[Voice, ...]:
    """Every voice there is: each language in each style."""
    return tuple(
        Voice(id=f"{language}:{style}", language=language, name=f"{known.name}, {style}", style=style)
        for language, known in _languages().items()
        for style in _STYLES
    )


def check(language: str, voice: str | None) -> None:
    """Raises SpeechLanguageUnavailable or SpeechVoiceUnknown, as `synthesise` would."""
    _choose(language, voice)


def synthesise(text: str, *, language: str, voice: str | None = None, speed: float = 1.0, out: Path) -> Speech:
    """Speak `text` into the WAV file `out`. The same request gives the same bytes.

    language: BCP 47; a region the engine lacks falls back to the language. voice: an id of `voices()`, a bare
    style ("warm", "clear", "soft", "bright") or None. speed: 0.5…2.0 times the usual pace, limited to that.
    Markup in the text is removed, never obeyed; the words are those of `speech_text.clean(text, language)`.

    Raises SpeechTextEmpty (nothing pronounceable), SpeechTextTooLong, SpeechTextUnreadable,
    SpeechLanguageUnavailable, SpeechVoiceUnknown, SpeechFailed.
    """
    if len(text) > MAX_CHARACTERS:
        raise errors.SpeechTextTooLong(
            f"One narration takes up to {MAX_CHARACTERS:,} characters and this one has {len(text):,}. "
            "Split it into several scenes."
        )
    engine_language, style = _choose(language, voice)
    cleaned = speech_text.clean(text, engine_language)
    units = speech_text.units(cleaned, engine_language)
    if not any(unit.pronounced for unit in units):
        raise errors.SpeechTextEmpty(
            "The text has no letters or numbers to read. Write some words, or leave the narration out."
        )
    if engine_language == "ja" and regex.search(r"\p{Han}", cleaned):
        raise errors.SpeechTextUnreadable(
            "The offline voice reads Japanese in kana only, not kanji. Write the narration in kana, or connect a "
            "speech provider."
        )
    spoken, starts = speech_timing.spoken_text(units)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".speech-") as scratch:
        wav = Path(scratch) / "speech.wav"
        answer = _ask(
            {
                "do": "speak",
                "text": spoken,
                "voice": f"{_languages()[engine_language].file}+{style.variant}",
                "rate": round(_WORDS_PER_MINUTE * min(FASTEST, max(SLOWEST, speed))),
                "pitch": style.pitch,
                "range": style.range,
                "wordGap": 0,
                "out": str(wav),
            },
            writable=[Path(scratch)],
        )
        wav.replace(out)
    spans = speech_timing.intervals(
        units,
        starts,
        words=[(position, sample) for position, sample in answer["words"]],
        pauses=[(first, last) for first, last in answer["pauses"]],
        samples=answer["samples"],
        rate=answer["rate"],
    )
    return Speech(
        path=out,
        seconds=round(answer["samples"] / answer["rate"], 3),
        words=tuple(
            SpokenWord(unit.text, start, end, unit.space_before)
            for unit, (start, end) in zip(units, spans, strict=True)
        ),
    )


def _choose(language: str, voice: str | None) -> tuple[str, _Style]:
    """The engine's language and the style for a request."""
    style = DEFAULT_STYLE
    if voice:
        head, _, tail = voice.rpartition(":")
        style = tail
        if style not in _STYLES or (head and head not in _languages()):
            raise errors.SpeechVoiceUnknown(
                f"There is no offline voice {voice!r}. Take one of: {', '.join(_STYLES)}, "
                "alone or after a language, as in fr-fr:warm."
            )
        if head:
            return head, _STYLES[style]
    return _resolve(language), _STYLES[style]


def _resolve(language: str) -> str:
    """RFC 4647 lookup: the tag itself, then the tag without its last part, and so on."""
    known = _languages()
    parts = language.strip().replace("_", "-").lower().split("-")
    for length in range(len(parts), 0, -1):
        tag = "-".join(parts[:length])
        if tag in _ALIASES:
            return _ALIASES[tag]
        if tag in known:
            return tag
    there = ", ".join(sorted({tag.split("-")[0] for tag in known}))
    raise errors.SpeechLanguageUnavailable(
        f"The offline voice does not speak {language!r}. It speaks: {there}. Choose one of these, or connect a "
        "speech provider."
    )


@dataclass(frozen=True, slots=True)
class _Language:
    name: str  # in English
    file: str  # what the engine calls its voice


@lru_cache(maxsize=1)
def _languages() -> dict[str, _Language]:
    """The engine's languages by tag; asked once in the life of the process."""
    listed = _ask({"do": "voices"}, writable=())["voices"]
    found: dict[str, _Language] = {}
    for entry in listed:
        if entry["language"] not in _HIDDEN:
            found.setdefault(entry["language"], _Language(entry["name"], entry["file"]))
    return found


def _ask(request: dict[str, Any], *, writable: Sequence[Path]) -> dict[str, Any]:
    """One request to the engine's process, which sees the interpreter, the engine and `writable`, and no network."""
    child = python_argv("services.orchestrator.providers.espeak_child")
    done = discover().run(
        child.argv,
        read_only=child.read_only,
        writable=writable,
        env=child.env,
        stdin=json.dumps(request).encode(),
        limits=_LIMITS,
    )
    if not done.ok or done.stdout_truncated:
        _log.error("the speech engine ended with code %s: %s", done.returncode, done.stderr_tail or done.stdout[:200])
        raise errors.SpeechFailed
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
