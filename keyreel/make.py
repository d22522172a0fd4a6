"""From pasted text to a storyboard that needs no key: scenes, sample pictures, an offline voice, captions and music."""

from __future__ import annotations

from typing import Literal, get_args

from services.orchestrator.providers import cards, samples, script_offline

Aspect = Literal["16:9", "9:16", "1:1", "4:5"]
Json = object

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


def storyboard_from_text(
    text: str,
    *,
    aspect: Aspect = "16:9",
    language: str = "en",
    mood: str = "warm",
    caption_style: str = "highlight",
    title: str | None = None,
    seed: int = 0,
) -> dict[str, Json]:
    """storyboard/1 for a pasted text, as JSON. The same text and seed give the same storyboard.

    Every scene gets a sample picture or clip that fits its words, headings become title cards. Raises ValueError if
    the text has no words.
    """
    parts = script_offline.split_script(text, language=language)
    if not parts:
        raise ValueError("the text has no words")
    width, height = SIZES[aspect]
    used: list[str] = []
    scenes: list[dict[str, Json]] = []
    for index, part in enumerate(parts):
        scene: dict[str, Json] = {
            "id": f"s{index + 1}",
            "narration": {"text": part.text},
            "transition": {"type": _TRANSITIONS[index % len(_TRANSITIONS)], "duration": 0.4},
        }
        if part.heading:
            scene |= cards.title_card(part.heading[:_LONGEST_HEADING], seed=seed + index)
        else:
            sample = samples.pick(part.text, language=language, used=used, seed=seed)
            used.append(sample.id)
            scene["visual"] = {"type": "upload", "src": f"sample:{sample.id}"}
            if sample.kind == "image":
                scene["motion"] = {"effect": _MOTIONS[index % len(_MOTIONS)], "amount": 0.12}
        scenes.append(scene)
    # The music comes back and rings out after the last word.
    scenes[-1]["narration"] = {"text": parts[-1].text, "padEnd": 1.8}
    return {
        "version": "storyboard/1",
        "title": (title or parts[0].heading or " ".join(parts[0].text.split()[:8]))[:200],
        "language": language,
        "seed": seed,
        "canvas": {"width": width, "height": height, "fps": 30},
        "voice": {"connector": "speech-offline"},
        "captions": {"style": caption_style, "position": "bottom", "maxWords": 4},
        "music": {"mood": mood, "volume": 0.3},
        "scenes": scenes,
    }


def guess_language(text: str) -> str:
    """The language of a text as BCP 47, among those the offline voice speaks; English if it can't be told."""
    import py3langid

    code: str = py3langid.classify(text)[0]
    return code if code in _spoken_languages() else "en"


def _spoken_languages() -> set[str]:
    from services.orchestrator.providers import speech_offline

    return {voice.language.partition("-")[0] for voice in speech_offline.voices()}
