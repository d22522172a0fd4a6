"""Pasted text with own pictures becomes a storyboard."""

from __future__ import annotations

from services.orchestrator.from_text import OwnMedia, guess_language, storyboard_from_text
from storyboard import parse_storyboard

TEXT = """# Tea

Tea is made of leaves and hot water. It was first drunk in China, a very long time ago,
by people who were cold and had nothing else to drink that day.

Today it is drunk everywhere. Some like it black, some with milk, and some with a slice of lemon in it.

In winter it keeps the hands warm, and in summer it is poured over ice and left to stand in the shade for an hour.
"""


def shown(document: dict) -> list[str | None]:
    return [scene["visual"].get("src") for scene in document["scenes"]]


def test_own_pictures_come_in_their_order_and_samples_fill_the_rest() -> None:
    document = storyboard_from_text(TEXT, own=[OwnMedia("asset:a"), OwnMedia("asset:b", "video")])
    sources = [source for source in shown(document) if source]
    assert sources[:2] == ["asset:a", "asset:b"]
    assert len(sources) > 2
    assert all(source.startswith("sample:") for source in sources[2:])
    parse_storyboard(document)


def test_a_clip_of_ones_own_does_not_get_a_motion_on_top() -> None:
    document = storyboard_from_text(TEXT, own=[OwnMedia("asset:a", "video")])
    scene = next(scene for scene in document["scenes"] if scene["visual"].get("src") == "asset:a")
    assert "motion" not in scene


def test_no_own_picture_is_left_out_when_the_text_is_short() -> None:
    own = [OwnMedia(f"asset:{n}") for n in range(4)]
    document = storyboard_from_text("Only a few words.", own=own)
    assert shown(document) == [f"asset:{n}" for n in range(4)]
    assert [scene.get("duration") for scene in document["scenes"]] == [None, 3.0, 3.0, 3.0]
    parse_storyboard(document)


def test_the_same_text_gives_the_same_storyboard() -> None:
    assert storyboard_from_text(TEXT, seed=7) == storyboard_from_text(TEXT, seed=7)


def test_the_language_of_a_text_is_told_by_its_words() -> None:
    assert guess_language("Le thé est fait de feuilles et d'eau chaude, et on le boit partout.") == "fr"
    assert guess_language("Tea is made of leaves and hot water, and people drink it everywhere.") == "en"
