"""Words of a narration and when they are said; caption groups made of them."""

from __future__ import annotations

import pytest

from storyboard.captions import BRIDGE, HOLD, SILENCE, Window, group_words, quantise
from storyboard.resolution import TakeWord
from storyboard.words import (
    Word,
    caption_words,
    clean_text,
    ends_sentence,
    is_glued,
    reading_seconds,
    spoken_text,
    spread,
    timed_words,
    weight,
)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  a \n b\u00a0c ", "a b\u00a0c"),
        ("<b>a</b> <br/>b", "a b"),
        ("a < b > c <3", "a < b > c <3"),
        ("**bold** _it_ `code` ~~x~~", "bold it code x"),
        ("snake_case 2*3*4", "snake_case 2*3*4"),
        ("# Title\ntext", "Title text"),
        ("a [link](https://x.org/a_b) ![pic](y.png)", "a link pic"),
        ("{\\b1} {{7*7}}", "{\\b1} {{7*7}}"),
        ("", ""),
    ],
)
def test_markup_is_cleaned_and_everything_else_kept(text, clean):
    assert clean_text(text) == clean


def test_emoji_are_shown_and_not_spoken():
    assert spoken_text("tea 🍵 time 👩‍👩‍👧 3 © #1") == "tea time 3 © #1"
    assert caption_words("tea 🍵 time") == ["tea 🍵", "time"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("one — two", ["one —", "two"]),
        ("茶很好", ["茶", "很", "好"]),
        ("「東京」へ。", ["「東", "京」", "へ。"]),
        ("iPhoneを買う", ["iPhone", "を", "買", "う"]),
        ("한국어 말", ["한국어", "말"]),
        ("e\u0301a", ["e\u0301a"]),
        ("", []),
        ("— a", ["—", "a"]),
    ],
)
def test_caption_units_follow_the_script(text, words):
    assert caption_words(text) == words


def test_no_character_is_lost_between_text_and_units():
    text = "「東京」へ、行く。 Tea 🍵 ok! ชาร้อน"
    assert "".join(caption_words(text)).replace(" ", "") == text.replace(" ", "")


def test_only_scripts_without_spaces_are_glued():
    assert is_glued("茶", "好")
    assert is_glued("茶。", "「好")
    assert not is_glued("tea", "茶")
    assert not is_glued("茶", "tea")
    assert not is_glued("a", "b")


@pytest.mark.parametrize("mark", [".", "!", "?", "…", "。", "\uff01", "\uff1f", "।", "؟", "។", "။", '."', "!)"])
def test_sentence_ends_in_many_scripts(mark):
    assert ends_sentence(f"x{mark}")
    assert not ends_sentence(f"x{mark}y")


def test_weights_are_what_a_script_makes_of_a_character():
    assert weight("tea") == 4
    assert weight("茶") == 4
    assert weight("お茶") == 6
    assert weight("10") == 7
    assert weight("tea,") == 6
    assert weight("茶\uff0c") == 6
    assert weight("tea.") == 9
    assert weight("שלום") == pytest.approx(1 + 4 * 1.4)


def test_words_fill_the_time_in_proportion_to_their_weight():
    first, second = spread(["tea", "warming"], 6)
    assert (first.start, first.end, second.start, second.end) == (0, 2, 2, 6)


def test_reading_takes_a_fifteenth_of_a_second_for_each_unit_of_weight():
    assert reading_seconds("tea tea.") == pytest.approx(13 / 15)
    assert reading_seconds("<b></b>") == 0


def test_the_speakers_times_are_taken_with_our_spelling_if_the_count_agrees():
    said = [TakeWord(text="why", start=0.1, end=0.3), TakeWord(text="tea", start=0.4, end=0.9)]
    assert timed_words("**Why** tea? 🍵", 5, said) == [Word("Why", 0.1, 0.3, False), Word("tea? 🍵", 0.4, 0.9, False)]
    assert [word.text for word in timed_words("Why not tea?", 5, said)] == ["why", "tea"]
    assert timed_words("🤷", 2, ())[0] == Word("🤷", 0, 2, False)
    assert timed_words("<b></b>", 2, ()) == []


WINDOW = Window(scene=3, speech_start=100, body_end=1000, end=1030)


def words(*spans):
    return [Word(f"w{index}", start, end, False) for index, (start, end) in enumerate(spans)]


def groups(items, size=4, window=WINDOW):
    return [(g.start, g.end, " ".join(w.text for w in g.words)) for g in group_words(items, size, 100, window)]


def test_five_words_of_four_at_most_are_three_and_two():
    items = words(*((n, n + 0.9) for n in range(5)))
    assert [text for _, _, text in groups(items)] == ["w0 w1 w2", "w3 w4"]
    assert [text for _, _, text in groups(items, size=5)] == ["w0 w1 w2 w3 w4"]
    assert [text for _, _, text in groups(items, size=1)] == ["w0", "w1", "w2", "w3", "w4"]


def test_two_glued_words_count_as_one():
    items = [Word("茶", n, n + 0.9, n > 0) for n in range(7)]
    (group,) = group_words(items, 4, 100, WINDOW)
    assert [word.glued for word in group.words] == [False] + [True] * 6


def test_sentences_and_silences_end_a_group():
    sentence = [Word("Yes.", 0, 0.5, False), Word("No", 0.5, 1, False)]
    assert [text for _, _, text in groups(sentence)] == ["Yes.", "No"]
    assert len(groups(words((0, 1), (1 + SILENCE, 3)))) == 1
    assert len(groups(words((0, 1), (1.01 + SILENCE, 3)))) == 2


def test_a_group_is_no_longer_than_two_lines():
    items = [Word("x" * 20, n, n + 1, False) for n in range(4)]
    assert [len(text) for _, _, text in groups(items)] == [41, 41]


def test_a_group_holds_a_moment_bridges_a_short_gap_and_leaves_a_long_one():
    bridged = groups(words((0, 1), (1 + BRIDGE, 2)), size=1)
    assert bridged[0][:2] == (100, 100 + 140)
    apart = groups(words((0, 1), (1.1 + BRIDGE, 2)), size=1)
    assert apart[0][:2] == (100, 200 + int(HOLD * 100))
    assert apart[1][:2] == (250, 300 + int(HOLD * 100))


def test_the_last_group_never_holds_into_the_transition_unless_it_is_spoken_there():
    assert groups(words((0, 8.95)))[0][1] == 1000
    assert groups(words((0, 9.1)))[0][1] == 1030


def test_words_beyond_the_scene_are_cut_and_squeezed_words_get_a_frame_each():
    found = group_words(words((0, 0), (0, 0), (9.29, 99), (9.3, 99)), 4, 100, WINDOW)
    assert [(word.start, word.end) for word in found[0].words] == [(100, 101), (101, 102)]
    assert [(word.start, word.end) for group in found[1:] for word in group.words] == [(1029, 1030)]


@pytest.mark.parametrize(
    ("seconds", "fps", "frames"),
    [(0.05, 30, 2), (0.25, 30, 8), (0.016, 30, 0), (0.5, 25, 13), (1.005, 60, 60), (0, 24, 0)],
)
def test_seconds_become_frames_with_halves_up(seconds, fps, frames):
    assert quantise(seconds, fps) == frames
