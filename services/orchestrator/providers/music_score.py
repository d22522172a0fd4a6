"""Background music written as notes: moods, chords, voice-leading, arrangement. Pure Python, no sound.

A piece is an arc: it opens with few voices, gathers, thins out and rests on its tonic. Time is counted in
beats (four to a bar); `music_render` turns it into sound.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

Mood = Literal["calm", "warm", "upbeat", "cinematic", "focus", "playful"]
BEATS = 4  # to a bar

_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_LYDIAN = (0, 2, 4, 6, 7, 9, 11)
_MINOR = (0, 2, 3, 5, 7, 8, 10)
_DORIAN = (0, 2, 3, 5, 7, 9, 10)

LONGEST_THROUGH_COMPOSED = 150.0  # seconds; longer pieces repeat their middle
_CYCLE_BARS = 16
_INTRO_BARS = 4


@dataclass(frozen=True, slots=True)
class Note:
    """beat and beats: onset and length in beats from the start; pitch: MIDI number; velocity 0…1; pan −1…1."""

    voice: str
    beat: float
    beats: float
    pitch: int
    velocity: float
    pan: float = 0.0


@dataclass(frozen=True, slots=True)
class Score:
    """`repeats` times the bars of `cycle` are heard in a row; cycle is None when nothing repeats."""

    bpm: float
    bars: int  # before the last chord
    notes: tuple[Note, ...]
    reverb: float
    cycle: tuple[int, int] | None = None
    repeats: int = 1


@dataclass(frozen=True, slots=True)
class _Style:
    bpm: tuple[int, int]
    scales: tuple[tuple[int, ...], ...]
    progressions: tuple[tuple[int, ...], ...]  # scale degrees from 0, one a bar
    chord: tuple[int, ...]  # scale steps above the root
    layers: tuple[tuple[str, int], ...]  # a pattern below, and the energy (1…3) from which it plays
    reverb: float


_STYLES: dict[Mood, _Style] = {
    "calm": _Style((64, 72), (_MAJOR, _LYDIAN), ((0, 4, 5, 3), (0, 2, 3, 0), (3, 0, 4, 5), (0, 5, 1, 3)), (0, 2, 4, 8),
                   (("pad", 1), ("piano_broken", 1), ("bass_long", 2), ("bells", 3), ("melody_piano", 3)), 0.5),
    "warm": _Style((78, 86), (_MAJOR,), ((0, 5, 1, 4), (3, 2, 1, 0), (0, 3, 5, 4), (5, 3, 0, 4)), (0, 2, 4, 6),
                   (("pad", 1), ("keys_comp", 1), ("bass_groove", 2), ("shaker", 2), ("guitar_arpeggio", 2),
                    ("melody_keys", 3)), 0.32),
    "upbeat": _Style((108, 118), (_MAJOR,), ((0, 4, 5, 3), (5, 3, 0, 4), (0, 3, 5, 4), (3, 0, 4, 5)), (0, 2, 4),
                     (("guitar_arpeggio", 1), ("pad", 1), ("bass_eighths", 2), ("kick_four", 2), ("claps", 2),
                      ("hats", 3), ("melody_pluck", 3)), 0.24),
    "cinematic": _Style((70, 78), (_MINOR,), ((0, 5, 2, 6), (0, 3, 5, 4), (5, 6, 0, 0), (0, 2, 5, 6)), (0, 2, 4),
                        (("strings", 1), ("piano_broken", 1), ("bass_long", 1), ("ostinato", 2), ("drums_low", 2),
                         ("melody_strings", 3)), 0.48),
    "focus": _Style((90, 98), (_DORIAN, _MAJOR), ((0, 0, 3, 3), (0, 3, 0, 4), (0, 5, 3, 3), (1, 1, 0, 0)), (0, 2, 4, 6),
                    (("pad", 1), ("pluck_pattern", 1), ("bass_long", 2), ("kick_soft", 2), ("hats_soft", 3),
                     ("bells", 3)), 0.36),
    "playful": _Style((104, 114), (_MAJOR,), ((0, 5, 1, 4), (0, 3, 0, 4), (0, 1, 4, 0), (0, 2, 3, 4)), (0, 2, 4),
                      (("mallet_pattern", 1), ("bass_bounce", 1), ("pizzicato_offbeat", 2), ("snaps", 2), ("shaker", 2),
                       ("melody_mallet", 3)), 0.2),
}  # fmt: skip

MOODS = tuple(_STYLES)


def write_score(mood: Mood, seconds: float, seed: int) -> Score:
    """A piece of about `seconds`: the tempo bends so that the last chord falls on a bar line."""
    style = _STYLES[mood]
    rng = random.Random(f"{mood}/{seed}")  # noqa: S311 - music, not secrets
    bar_seconds = 60 * BEATS / rng.randint(*style.bpm)
    ringing = min(1.25 * bar_seconds, 0.3 * seconds)  # the last chord
    bars = max(1, round((seconds - ringing) / bar_seconds))
    cycle: tuple[int, int] | None = None
    repeats = 1
    if seconds > LONGEST_THROUGH_COMPOSED:
        repeats = max(2, round((bars - _INTRO_BARS) / _CYCLE_BARS)) - 1
        bars = _INTRO_BARS + (repeats + 1) * _CYCLE_BARS
    bar_seconds = min(1.15 * bar_seconds, max(0.85 * bar_seconds, (seconds - ringing) / bars))
    bar_seconds = round(bar_seconds * 1000) / 1000  # a whole number of samples at any usual rate
    if seconds > LONGEST_THROUGH_COMPOSED:
        # the cycle is written twice; the second time it begins in the echo of its own end, so it can be repeated
        cycle = (_INTRO_BARS + _CYCLE_BARS, _INTRO_BARS + 2 * _CYCLE_BARS)
        bars = cycle[1]
    piece = _Piece(style, rng)
    notes = [note for bar in range(bars) for note in piece.bar(bar, _energy(bar, bars, cycle), cycle)]
    notes += piece.ending(bars)
    return Score(60 * BEATS / bar_seconds, bars, tuple(notes), style.reverb, cycle, repeats)


def _energy(bar: int, bars: int, cycle: tuple[int, int] | None) -> int:
    if cycle:
        position = (bar - _INTRO_BARS) % _CYCLE_BARS // 4
        return 1 if bar < _INTRO_BARS else (2, 3, 3, 2)[position]
    if bars <= 4:
        return 2
    if bar < min(4, bars // 4):
        return 1
    if bar >= bars - 1:
        return 1
    return (2, 3, 3, 2, 3)[(bar - min(4, bars // 4)) // 4 % 5]


class _Piece:
    """Key, chords and motifs of one piece, drawn once; `bar` writes them out."""

    def __init__(self, style: _Style, rng: random.Random) -> None:
        self._style = style
        self._rng = rng
        self._tonic = rng.choice((48, 50, 51, 53, 55, 57))
        self._scale = rng.choice(style.scales)
        first, second = rng.sample(style.progressions, 2)
        self._degrees = (*first, *first, *second, *first)
        self._voicings = self._lead_voices()
        self._contour = [rng.choice((0, 1, 2, 2, 3, 4)) for _ in range(8)]
        self._rhythm = rng.choice(((0, 1.5, 2), (0, 1, 2.5), (0.5, 2, 3), (0, 2), (0, 1, 3)))
        self._figure = rng.choice(((0, 2, 1, 3), (0, 1, 2, 3), (0, 2, 3, 1), (3, 1, 2, 0)))
        self._feel = [0.9 + 0.1 * rng.random() for _ in range(16)]  # one touch for each sixteenth, the same in all bars

    def _pitch(self, degree: int) -> int:
        octave, step = divmod(degree, 7)
        return self._tonic + 12 * octave + self._scale[step]

    def _lead_voices(self) -> list[tuple[int, ...]]:
        """For each chord the inversion whose voices move least from the chord before, between E3 and E5."""
        voicings: list[tuple[int, ...]] = []
        before: tuple[int, ...] = ()
        for degree in self._degrees:
            tones = [self._pitch(degree + step) % 12 for step in self._style.chord]
            candidates = []
            for lowest in range(52, 64):
                if lowest % 12 in tones:
                    voicing = tuple(sorted(lowest + (tone - lowest) % 12 for tone in tones))
                    candidates.append(voicing)
            target = before or (55, 60, 64, 67)[: len(tones)]
            before = min(candidates, key=lambda v: (sum(abs(a - b) for a, b in zip(v, target, strict=True)), v))
            voicings.append(before)
        return voicings

    def bar(self, bar: int, energy: int, cycle: tuple[int, int] | None) -> list[Note]:
        index = bar if cycle is None else (bar - _INTRO_BARS) % _CYCLE_BARS
        chord = self._voicings[index % len(self._voicings)]
        root = self._pitch(self._degrees[index % len(self._degrees)])
        notes: list[Note] = []
        for pattern, least in self._style.layers:
            if energy >= least:
                notes += self._pattern(pattern, chord, root, index)
        start = bar * BEATS
        return [
            Note(n.voice, start + n.beat, n.beats, n.pitch, n.velocity * self._feel[int(n.beat * 4) % 16], n.pan)
            for n in notes
        ]

    def ending(self, bars: int) -> list[Note]:
        chord = self._voicings[0]
        voices = {pattern.split("_")[0] for pattern, _ in self._style.layers}
        sustained = "strings" if "strings" in voices else "pad"
        struck = next(v for v in ("piano", "keys", "mallet", "guitar", "pluck") if v in voices)
        notes = [Note(sustained, bars * BEATS, 5, pitch, 0.7) for pitch in chord]
        notes += [Note(struck, bars * BEATS + 0.12 * i, 5, p, 0.6, 0.3 * (i - 1)) for i, p in enumerate(chord)]
        return [*notes, Note("bass", bars * BEATS, 4, self._tonic - 12, 0.7)]

    def _pattern(self, name: str, chord: tuple[int, ...], root: int, index: int) -> list[Note]:
        low = root - 12 if root - 12 >= 33 else root
        low = low - 12 if low > 50 else low
        fifth = low + 7
        if name.startswith("melody_"):
            return self._melody(name.removeprefix("melody_"), chord, index)
        match name:
            case "pad" | "strings":
                return [Note(name, 0, BEATS, pitch, 0.75) for pitch in chord]
            case "piano_broken":
                order = [low + 12, *(chord[i % len(chord)] for i in self._figure), chord[-1] + (12 if index % 2 else 0)]
                return [
                    Note("piano", 0.5 * i * 1.5, 2.5, p, 0.62 - 0.04 * i, -0.25 + 0.1 * i)
                    for i, p in enumerate(order[:5])
                ]
            case "keys_comp":
                hits = ((0, 1.4), (1.5, 0.9), (2.5, 1.4)) if index % 2 else ((0, 2.4), (2.5, 1.2))
                return [Note("keys", at, length, p, 0.55) for at, length in hits for p in chord]
            case "guitar_arpeggio":
                ladder = [*chord, chord[0] + 12]
                steps = [ladder[(self._figure[i % 4] + (i // 4)) % len(ladder)] for i in range(8)]
                return [
                    Note("guitar", i / 2, 1.2, p + 12 * (p < 58), 0.5 + 0.12 * (i % 4 == 0), 0.35)
                    for i, p in enumerate(steps)
                ]
            case "pluck_pattern":
                steps = [chord[self._figure[i % 4] % len(chord)] + (12 if i in (3, 6, 11) else 0) for i in range(16)]
                return [
                    Note("pluck", i / 4, 0.5, p, 0.34 + 0.14 * (i % 4 == 0), -0.4 + 0.8 * (i % 2))
                    for i, p in enumerate(steps)
                    if i % 4 != 3 or index % 2
                ]
            case "mallet_pattern":
                beats = (0, 0.5, 1.5, 2, 3, 3.5) if index % 2 else (0, 1, 1.5, 2.5, 3)
                return [
                    Note("mallet", at, 0.6, chord[self._figure[i % 4] % len(chord)] + 12, 0.55, -0.2 + 0.1 * i)
                    for i, at in enumerate(beats)
                ]
            case "pizzicato_offbeat":
                return [Note("pizzicato", at, 0.3, p, 0.4, 0.4) for at in (0.5, 1.5, 2.5, 3.5) for p in chord[:2]]
            case "ostinato":
                return [
                    Note("spiccato", i / 2, 0.4, p, 0.42 + 0.14 * (i % 4 == 0), -0.35)
                    for i in range(8)
                    for p in (chord[0], chord[1 + i % 2])
                ]
            case "bells":
                return [Note("bell", 1 + (index % 2), 2, chord[-1] + 12, 0.32, 0.45)] if index % 2 == 0 else []
            case "bass_long":
                return [Note("bass", 0, 3.8, low, 0.75)]
            case "bass_groove":
                return [
                    Note("bass", 0, 1.3, low, 0.8),
                    Note("bass", 1.5, 0.9, low, 0.6),
                    Note("bass", 2.5, 1.3, fifth if index % 2 else low, 0.65),
                ]
            case "bass_eighths":
                return [
                    Note(
                        "bass",
                        i / 2,
                        0.42,
                        low + (12 if i == 7 and index % 4 == 3 else 0),
                        0.72 if i % 2 == 0 else 0.55,
                    )
                    for i in range(8)
                ]
            case "bass_bounce":
                return [
                    Note("bass", at, 0.5, p, 0.75)
                    for at, p in ((0, low), (1, fifth), (2, low), (3, fifth if index % 2 else low + 12))
                ]
            case "kick_four":
                return [Note("kick", at, 1, 36, 0.8) for at in range(BEATS)]
            case "kick_soft":
                return [Note("kick", at, 1, 36, 0.55) for at in (0, 2.5)]
            case "claps":
                return [Note("clap", at, 1, 60, 0.5, 0.1) for at in (1, 3)]
            case "snaps":
                return [Note("snap", at, 1, 60, 0.55, -0.25) for at in (1, 3)]
            case "hats":
                return [Note("hat", i / 2, 1, 60, 0.34 if i % 2 else 0.2, 0.3) for i in range(8)]
            case "hats_soft":
                return [Note("hat", i + 0.5, 1, 60, 0.2, 0.3) for i in range(4)]
            case "shaker":
                return [Note("shaker", i / 4, 1, 60, (0.3, 0.12, 0.22, 0.12)[i % 4], -0.35) for i in range(16)]
            case "drums_low":
                fill = ((0, 0.8), (2.5, 0.35), (3, 0.5)) if index % 4 == 3 else ((0, 0.75),)
                return [Note("drum", at, 2, 36, v) for at, v in fill]
        raise ValueError(f"no pattern {name!r}")

    def _melody(self, voice: str, chord: tuple[int, ...], index: int) -> list[Note]:
        """A motif of two bars on chord tones: stated, answered, then a bar of rest."""
        if index % 4 == 3:
            return []
        notes = []
        for i, at in enumerate(self._rhythm):
            step = self._contour[(i + 3 * (index % 2)) % len(self._contour)]
            pitch = chord[step % len(chord)] + 12 * (1 + step // len(chord))
            while pitch > 84:
                pitch -= 12
            nxt = self._rhythm[i + 1] if i + 1 < len(self._rhythm) else BEATS
            notes.append(Note(voice, at, (nxt - at) * 0.95, pitch, 0.5 - 0.04 * i, 0.12))
        return notes
