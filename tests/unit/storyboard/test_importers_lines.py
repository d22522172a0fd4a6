"""Text, SRT and VTT → storyboard."""

from __future__ import annotations

import pytest

from storyboard import Resolution, StoryboardInvalid, compile_storyboard, parse_storyboard
from storyboard.importers import import_srt, import_text, import_vtt

FONTS = Resolution(fonts={"Inter": "1" * 64})


def compiled(imported):
    return compile_storyboard(parse_storyboard(imported.storyboard), FONTS).timeline


def narrations(imported):
    return [scene.get("narration", {}).get("text") for scene in imported.storyboard["scenes"]]


def durations(imported):
    return [scene["duration"] for scene in imported.storyboard["scenes"]]


def notices(imported):
    return [(notice.pointer, notice.code) for notice in imported.notices]


def wrong(read, data):
    with pytest.raises(StoryboardInvalid) as caught:
        read(data)
    return [(violation.pointer, violation.code) for violation in caught.value.violations]


def srt(*cues):
    return "\n".join(f"{number}\n{timing}\n{text}\n" for number, (timing, text) in enumerate(cues, 1))


def test_a_blank_line_begins_a_scene_and_lines_within_stay_together():
    imported = import_text("  One\ntwo  \n \t\n\n\nThree", title="My  film", language="de")
    assert narrations(imported) == ["One\ntwo", "Three"]
    board = parse_storyboard(imported.storyboard)
    assert (board.title, board.language) == ("My film", "de")
    assert [scene.duration for scene in board.scenes] == ["auto", "auto"]
    assert board.scenes[0].visual != board.scenes[1].visual
    assert imported.notices == ()


def test_the_same_text_always_gets_the_same_pictures():
    text = "\n\n".join("x" * 9)
    assert import_text(text) == import_text(text.encode())


def test_text_limits_name_the_line():
    long = "x" * 5001
    assert wrong(import_text, f"ok\n\n{long}\n\n{long}") == [("/line/3", "text_too_long"), ("/line/5", "text_too_long")]
    assert wrong(import_text, "x\n\n" * 501) == [("/line/1001", "too_many")]
    assert wrong(import_text, " \n\t\n") == [("", "blank")]
    assert wrong(import_text, b"\x00\x01\x02") == [("", "not_text")]
    assert wrong(import_text, b"x" * (8 * 1024 * 1024 + 1)) == [("", "body_too_large")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_b47_text_in_unicode_encodings_is_read_without_a_word(encoding):
    imported = import_text("Grüße, 茶 🍵".encode(encoding))
    assert narrations(imported) == ["Grüße, 茶 🍵"]
    assert imported.notices == ()


def test_b47_latin_1_is_read_with_a_notice():
    imported = import_text("Grüße – “Tee”".encode("cp1252"))
    assert narrations(imported) == ["Grüße – “Tee”"]
    assert notices(imported) == [("", "encoding_assumed")]


def test_control_characters_are_left_out_with_the_first_ones_line():
    imported = import_text("a\n\nb\x1b[0m\u202ec")
    assert narrations(imported) == ["a", "b[0mc"]
    assert notices(imported) == [("/line/3", "characters_removed")]


def test_fields_in_the_text_are_declared_and_stand_for_themselves():
    imported = import_text("Hello {{NAME}}, {{7*7}} {{NAME}}")
    assert imported.storyboard["fields"] == [{"name": "NAME", "default": "NAME"}]
    assert notices(imported) == [("/fields", "fields_declared")]
    parsed = parse_storyboard(imported.storyboard, {"NAME": "Ann"})
    assert parsed.scenes[0].narration.text == "Hello Ann, {{7*7}} Ann"


def test_cues_become_silent_scenes_at_their_times():
    imported = import_srt(
        srt(("00:00:01,000 --> 00:00:02,500", "One\ntwo"), ("00:00:02,500 --> 00:00:04,000", "Three"))
    )
    assert narrations(imported) == [None, "One\ntwo", "Three"]
    assert durations(imported) == [1.0, 1.5, 1.5]
    timeline = compiled(imported)
    assert timeline.frames == 120
    assert [(group.start, group.end) for group in timeline.captions.groups] == [(30, 75), (75, 120)]
    assert timeline.narration == ()


def test_a_short_gap_lengthens_the_cue_before_and_a_long_one_is_a_scene():
    imported = import_srt(
        srt(
            ("00:00:00,000 --> 00:00:01,000", "a"),
            ("00:00:01,200 --> 00:00:02,000", "b"),
            ("00:00:02,300 --> 00:00:03,000", "c"),
        )
    )
    assert narrations(imported) == ["a", "b", None, "c"]
    assert durations(imported) == [1.2, 0.8, 0.3, 0.7]
    scenes = imported.storyboard["scenes"]
    assert scenes[1]["visual"] == scenes[2]["visual"]


def test_durations_are_whole_frames_to_the_millisecond():
    assert durations(import_srt(srt(("00:00:00,000 --> 00:00:01,040", "a")))) == [1.033]


def test_rounding_to_frames_does_not_add_up():
    cues = [
        (f"00:{s // 60:02d}:{s % 60:02d},017 --> 00:{(s + 1) // 60:02d}:{(s + 1) % 60:02d},017", "x")
        for s in range(400)
    ]
    assert compiled(import_srt(srt(*cues))).frames == 400 * 30 + 1  # 400.017 s


def test_b47_overlapping_cues_end_when_the_next_begins():
    imported = import_srt(srt(("00:00:00,000 --> 00:00:03,000", "a"), ("00:00:02,000 --> 00:00:04,000", "b")))
    assert durations(imported) == [2.0, 2.0]
    assert notices(imported) == [("/line/6", "cues_overlap")]


def test_b47_cues_that_begin_together_are_shown_together_and_unordered_ones_sorted():
    imported = import_srt(
        srt(
            ("00:00:01,000 --> 00:00:02,000", "late"),
            ("00:00:00,000 --> 00:00:01,000", "a"),
            ("00:00:00,010 --> 00:00:00,500", "b"),
        )
    )
    assert narrations(imported) == ["a\nb", "late"]
    assert notices(imported) == [("/line/10", "cues_joined")]


@pytest.mark.parametrize(
    ("timing", "code"),
    [
        ("25:61:61,000 --> 26:00:00,000", "invalid_time"),
        ("00:00:61,000 --> 00:02:00,000", "invalid_time"),
        ("00:00:00,000 --> 00:61:00,000", "invalid_time"),
        ("-00:00:01,000 --> 00:00:01,000", "invalid_time"),
        ("00:00:02,000 --> 00:00:01,000", "invalid_range"),
        ("00:00:01,000 --> 00:00:01,000", "invalid_range"),
        ("00:00:01,000 --> 04:00:00,001", "invalid_range"),
        ("one --> two", "malformed_cue"),
        ("1:2 --> 3", "invalid_time"),
    ],
)
def test_b47_impossible_times_name_their_line(timing, code):
    good = ("00:00:00,000 --> 00:00:01,000", "x")
    place = "/line/5" if code == "malformed_cue" else "/line/6"
    assert wrong(import_srt, srt(good, (timing, "y"))) == [(place, code)]


def test_b47_every_broken_cue_is_reported_at_once():
    found = wrong(
        import_srt, srt(("00:00:99,000 --> 00:00:99,000", "x"), ("nonsense", "y"), ("00:00:02,0 --> 00:00:01,0", "z"))
    )
    assert found == [("/line/2", "invalid_time"), ("/line/5", "malformed_cue"), ("/line/10", "invalid_range")]


def test_b47_html_and_override_tags_are_left_out_with_a_notice():
    imported = import_srt(
        srt(("00:00:00,000 --> 00:00:01,000", "{\\an8}<i>Hi</i> <font color='#ff0000'>you</font> <3 {x}"))
    )
    assert narrations(imported) == ["Hi you <3 {x}"]
    assert notices(imported) == [("/line/3", "markup_removed")]


def test_b47_a_forgotten_blank_line_or_number_does_not_lose_a_cue():
    text = "00:00:00,000 --> 00:00:01,000\na\n2\n00:00:01,000 --> 00:00:02,000\nb\nc\n00:00:02,000 --> 00:00:03,000\nd"
    assert narrations(import_srt(text)) == ["a", "b\nc", "d"]


def test_b47_windows_line_ends_and_encoding_are_understood():
    data = srt(("00:00:00,000 --> 00:00:01,000", "Café")).replace("\n", "\r\n").encode("latin-1")
    imported = import_srt(data)
    assert narrations(imported) == ["Café"]
    assert notices(imported) == [("", "encoding_assumed")]


def test_empty_cues_are_left_out_and_a_file_without_any_is_refused():
    imported = import_srt(srt(("00:00:00,000 --> 00:00:01,000", "<i></i>"), ("00:00:01,000 --> 00:00:02,000", "x")))
    assert narrations(imported) == [None, "x"]
    assert ("/line/2", "empty_cue") in notices(imported)
    assert wrong(import_srt, "") == [("", "no_cues")]
    assert wrong(import_vtt, "WEBVTT\n\nNOTE nothing") == [("", "no_cues")]


def test_too_many_cues_and_too_long_ones_are_refused():
    cue = ("00:00:00,000 --> 00:00:01,000", "x" * 5001)
    assert wrong(import_srt, srt(cue)) == [("/line/2", "text_too_long")]
    many = [(f"00:{n // 60:02d}:{n % 60:02d},000 --> 00:{n // 60:02d}:{n % 60:02d},500", "x") for n in range(251)]
    assert wrong(import_srt, srt(*many)) == [("", "too_many")]


def test_vtt_headers_comments_settings_and_references_are_understood():
    text = (
        "WEBVTT - title\n\nSTYLE\n::cue { color: red }\n\nNOTE\na comment\n\nintro\n"
        "00:00.000 --> 00:01.000 position:10% align:start\n<v Ann>a &lt; b &amp;&nbsp;{\\b1} <00:00:00.500>c\n"
    )
    imported = import_vtt(text)
    assert narrations(imported) == ["a < b & {\\b1} c"]
    assert notices(imported) == [("/line/3", "styling_removed"), ("/line/11", "markup_removed")]
    assert notices(import_vtt(text.removeprefix("WEBVTT - title")))[0] == ("/line/1", "header_missing")


def test_vtt_references_cannot_smuggle_in_control_characters():
    imported = import_vtt("WEBVTT\n\n00:00.000 --> 00:01.000\na&#7;&#x202e;&#0;b")
    parse_storyboard(imported.storyboard)
    assert narrations(imported) == ["a\ufffdb"]
