"""From pasted text to a storyboard that needs no key: scenes, own or sample media, offline voice, captions, music."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from services.orchestrator.making import SPEECH
from services.orchestrator.providers import cards, samples, script_offline

Aspect = Literal["16:9", "9:16", "1:1", "4:5"]

#: canvas sizes at 1080 lines of the shorter side
SIZES: dict[Aspect, tuple[int, int]] = {
    "16:9": (1920, 1080),
    "9:16": (1080, 1920),
    "1:1": (1080, 1080),
    "4:5": (1080, 1350),
}
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
_LONGEST_HEADING = 120
_MOTIONS = ("zoomIn", "panRight", "zoomOut", "panLeft")
_TRANSITIONS = ("fade", "slideLeft", "fade", "wipeLeft")
#: how long a picture is shown that no words are left for, seconds
_SILENT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class OwnMedia:
    """A file of the author's: its reference, and whether it is a picture (as far as is known) or a clip."""

    reference: str
    kind: Literal["image", "video"] = "image"


def storyboard_from_text(
    text: str,
    *,
    aspect: Aspect = "16:9",
    language: str = "en",
    mood: str | None = "warm",
    voice: str | None = None,
    caption_style: str = "highlight",
    title: str | None = None,
    seed: int = 0,
    own: Sequence[OwnMedia] = (),
) -> dict[str, Any]:
    """storyboard/1 for a pasted text, as JSON. The same arguments give the same storyboard.

    voice: what `speech_offline.synthesise` takes. mood: of the music; None for no music.

    Headings become title cards. Every other scene shows the next of `own`, and when those are used up a sample that
    fits its words; of `own` none is left out: what no words are left for is shown in silence. Raises ValueError if the
    text has no words.
    """
    parts = script_offline.split_script(text, language=language)
    if not parts:
        raise ValueError("the text has no words")
    width, height = SIZES[aspect]
    left = list(own)
    used: list[str] = []
    scenes: list[dict[str, Any]] = []
    for index, part in enumerate(parts):
        scene = _scene(index, narration={"text": part.text})
        if part.heading:
            scene |= cards.title_card(part.heading[:_LONGEST_HEADING], seed=seed + index)
        elif left:
            scene |= _shown(left.pop(0), index)
        else:
            sample = samples.pick(part.text, language=language, used=used, seed=seed)
            used.append(sample.id)
            scene |= _shown(OwnMedia(f"sample:{sample.id}", sample.kind), index)
        scenes.append(scene)
    # The music comes back and rings out after the last word.
    scenes[-1]["narration"] = {"text": parts[-1].text, "padEnd": 1.8}
    silent = left[: script_offline.MAX_SCENES - len(scenes)]
    scenes += [_scene(len(parts) + n, duration=_SILENT_SECONDS) | _shown(each, n) for n, each in enumerate(silent)]
    document: dict[str, Any] = {
        "version": "storyboard/1",
        "title": (title or parts[0].heading or " ".join(parts[0].text.split()[:8]))[:200],
        "language": language,
        "seed": seed,
        "canvas": {"width": width, "height": height, "fps": 30},
        "voice": {"connector": SPEECH} | ({} if voice is None else {"voice": voice}),
        "captions": {"style": caption_style, "position": "bottom", "maxWords": 4},
        "scenes": scenes,
    }
    if mood is not None:
        document["music"] = {"mood": mood, "volume": 0.3}
    return document


def _scene(index: int, **members: Any) -> dict[str, Any]:
    transition = {"type": _TRANSITIONS[index % len(_TRANSITIONS)], "duration": 0.4}
    return {"id": f"s{index + 1}", **members, "transition": transition}


def _shown(media: OwnMedia, index: int) -> dict[str, Any]:
    """A picture that moves, or a clip that does so by itself."""
    shown: dict[str, Any] = {"visual": {"type": "upload", "src": media.reference}}
    if media.kind == "image":
        shown["motion"] = {"effect": _MOTIONS[index % len(_MOTIONS)], "amount": 0.12}
    return shown


def guess_language(text: str) -> str:
    """The language of a text as BCP 47, among those the offline voice speaks; English if it can't be told."""
    import py3langid

    code: str = py3langid.classify(text)[0]
    return code if code in _spoken_languages() else "en"


def _spoken_languages() -> set[str]:
    from services.orchestrator.providers import speech_offline

    return {voice.language.partition("-")[0] for voice in speech_offline.voices()}
