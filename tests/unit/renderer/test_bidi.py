"""Directions of mixed text by the rules of UAX #9; the expected orders were checked against an independent one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.renderer.engine.text import bidi


def shown(text: str) -> str:
    base = bidi.base_level(text)
    return "".join(text[index] for index in bidi.visual_order(bidi.levels(text, base)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text", "plain text"),
        ("שלום", "םולש"),
        ("the word שלום here", "the word םולש here"),
        ("שלום abc עולם", "םלוע abc םולש"),
        ("מחיר 12.5% היום", "םויה 12.5% ריחמ"),
        ("סעיף 3-4", "3-4 ףיעס"),
        ("عام 1990-2026", "2026-1990 ماع"),
        ("זה (מבחן) טוב", "בוט )ןחבמ( הז"),
        ("a (שלום) b", "a (םולש) b"),
        ("שלום!", "!םולש"),
    ],
)
def test_mixed_text_is_reordered(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_the_first_letter_sets_the_direction() -> None:
    assert bidi.base_level("12, אב") == 1
    assert bidi.base_level("12, ab אב") == 0
    assert bidi.base_level("12 !", default=1) == 1


def test_overrides_in_user_text_have_no_effect() -> None:
    assert shown("\u202eabc\u202c").strip("\u202e\u202c") == "abc"


@given(st.text(max_size=60), st.sampled_from([0, 1]))
def test_every_character_keeps_its_place_in_some_order(text: str, base: int) -> None:
    levels = bidi.levels(text, base)
    assert len(levels) == len(text)
    assert sorted(bidi.visual_order(levels)) == list(range(len(text)))
