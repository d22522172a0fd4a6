"""Music without an account and without a network: composed from a mood and a seed, played by our own instruments.

Notes, sounds and room are all computed here, so the result is Keyreel's own and free of anybody's rights.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services.orchestrator import errors
from services.orchestrator.providers.music_score import MOODS, Mood, write_score

CONNECTOR_ID = "music-offline"
SHORTEST, LONGEST = 1.0, 4 * 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class Music:
    """A WAV file: 48 kHz, stereo, 16 bit, about -19 LUFS, faded in and out."""

    path: Path
    seconds: float
    mood: Mood
    bpm: float
    loop: tuple[float, float] | None  # seconds between which it can be repeated without a seam; only in long pieces


def compose(*, mood: Mood, seconds: float, seed: int, out: Path) -> Music:
    """Write a piece of exactly `seconds` (1 s to 4 h) into `out`. The same request gives the same bytes.

    Pieces over 150 s repeat a middle part of 16 bars. Raises MusicRequestInvalid for an unknown mood or a length
    outside the limits.
    """
    if mood not in MOODS:
        raise errors.MusicRequestInvalid(f"There is no mood {mood!r}. Take one of: {', '.join(MOODS)}.")
    if not SHORTEST <= seconds <= LONGEST:
        raise errors.MusicRequestInvalid("Music can last from 1 second to 4 hours.")
    from services.orchestrator.providers import music_render  # numpy is loaded only when music is made

    score = write_score(mood, seconds, seed)
    music_render.render(score, seconds, out)
    bar = 240 / score.bpm
    loop = (score.cycle[0] * bar, score.cycle[1] * bar) if score.cycle else None
    return Music(path=out, seconds=seconds, mood=mood, bpm=score.bpm, loop=loop)
