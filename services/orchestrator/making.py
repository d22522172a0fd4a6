"""Speech and music made without a key: what a storyboard asks for, under which address it is kept, how it is made.

Used by the studio's fetch task and by the command line alike. The same request gives the same bytes, so whatever lies
at an address never has to be made again. Blocking: speech runs in a sandboxed process, music in this thread.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from services.orchestrator.providers import samples
from storyboard import Resolution, Storyboard, Take, compile_storyboard
from storyboard.models import Scene, StockVisual, Voice
from storyboard.words import spoken_text

SPEECH = "speech-offline"
MUSIC = "music-offline"
#: music longer than this is repeated instead of composed on, seconds
_LONGEST_MUSIC = 600.0
#: part of the address of everything spoken and composed here
_VERSION = 1


def address(*parts: object) -> str:
    """SHA-256 over parts of JSON, in hex."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


# -- speech -----------------------------------------------------------------------------------------------------------


def recorded(scene: Scene) -> bool:
    """Whether the narration is the tenant's own recording."""
    return scene.narration is not None and scene.narration.src is not None


def to_speak(board: Storyboard) -> Iterator[tuple[int, Scene, str]]:
    """The scenes somebody has to speak, with their position and the words without markup."""
    if board.voice is None:
        return
    for index, scene in enumerate(board.scenes):
        if scene.narration is not None and not recorded(scene) and (text := spoken_text(scene.narration.text)):
            yield index, scene, text


def speech_key(text: str, language: str, voice: Voice) -> str:
    return address("speech", _VERSION, text, language, voice.voice, voice.speed)


def speech_reference(key: str) -> str:
    return f"asset:speech-{key[:16]}"


def speak(text: str, language: str, voice: Voice, out: Path) -> Take:
    """Speak into the WAV file `out`; the take names it by `speech_reference`. Raises the errors of `speech_offline`."""
    from services.orchestrator.providers import speech_offline

    speech = speech_offline.synthesise(text, language=language, voice=voice.voice, speed=voice.speed, out=out)
    words = tuple({"text": word.text, "start": word.start, "end": word.end} for word in speech.words)
    return Take.model_validate(
        {
            "src": speech_reference(speech_key(text, language, voice)),
            "seconds": speech.seconds,
            "words": words,
            "method": "provider",
            "confidence": 1,
        }
    )


# -- music ------------------------------------------------------------------------------------------------------------


def music_mood(board: Storyboard) -> str | None:
    """The mood to compose in; None where a track of one's own is played, or nothing that can be heard."""
    music = board.music
    return music.mood if music is not None and music.src is None and music.volume > 0 else None


def music_seconds(board: Storyboard, resolution: Resolution) -> float:
    """How long the music has to be: known once everything else is. Raises StoryboardInvalid, as compiling does."""
    silent = board.model_copy(update={"music": None})
    return min(compile_storyboard(silent, resolution).timeline.seconds, _LONGEST_MUSIC)


def music_key(mood: str, seed: int, seconds: float) -> str:
    return address("music", _VERSION, mood, seed, seconds)


def music_reference(key: str) -> str:
    return f"asset:music-{key[:16]}"


def compose(mood: str, seconds: float, seed: int, out: Path) -> None:
    """Compose into the WAV file `out`. Raises MusicRequestInvalid."""
    from services.orchestrator.providers import music_offline

    music_offline.compose(mood=mood, seconds=seconds, seed=seed, out=out)  # type: ignore[arg-type]  # checked there


# -- pictures ---------------------------------------------------------------------------------------------------------


def chosen_samples(board: Storyboard) -> dict[str, str]:
    """For each scene that searches among the bundled samples the reference of one, by scene id; none twice while
    there are others."""
    used: list[str] = []
    chosen: dict[str, str] = {}
    for scene in board.scenes:
        visual = scene.visual
        if not isinstance(visual, StockVisual) or visual.src is not None:
            continue
        if samples.CONNECTOR_ID not in visual.connectors:
            continue
        sample = samples.pick(visual.query, language=board.language, used=used, seed=board.seed, media=visual.media)
        used.append(sample.id)
        chosen[scene.id] = sample_reference(sample)
    return chosen


def sample_reference(sample: samples.Sample) -> str:
    return f"sample:{sample.id}"
