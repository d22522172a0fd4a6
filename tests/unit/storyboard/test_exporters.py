"""Timeline → SRT, VTT, ASS, credits and OpenTimelineIO."""

from __future__ import annotations

import json

import opentimelineio as otio
import pysubs2
import pytest

from storyboard import Resolution, compile_storyboard, parse_storyboard
from storyboard.exporters import (
    Attribution,
    credits_json,
    credits_text,
    export_ass,
    export_otio,
    export_srt,
    export_vtt,
)
from storyboard.exporters.captions import milliseconds
from storyboard.literal import disarmed, restored
from storyboard.timeline import fingerprint

ASSETS = {
    "asset:a": {"kind": "image", "sha256": "a" * 64, "width": 1600, "height": 900},
    "asset:v": {"kind": "video", "sha256": "b" * 64, "width": 1920, "height": 1080, "seconds": 9, "hasAudio": True},
    "asset:n": {"kind": "audio", "sha256": "c" * 64, "seconds": 2.5},
    "asset:m": {"kind": "audio", "sha256": "d" * 64, "seconds": 30},
}
NASTY = "Hi {\\b1} a<b <3 --> \\N &amp; end"


def timeline(text="Hello big world.", style="highlight", **members):
    scenes = [
        {
            "id": "a",
            "narration": {"text": text},
            "visual": {"type": "image", "src": "asset:a"},
            "transition": {"type": "fade", "duration": 0.5},
            "overlays": [
                {"type": "text", "text": "Title"},
                {"type": "image", "src": "asset:a", "start": 0.5, "duration": 1},
            ],
        },
        {
            "id": "b",
            "duration": 3,
            "visual": {"type": "video", "src": "asset:v", "speed": 1.5, "volume": 0.5, "trim": 0.2},
            "transition": {"type": "wipeUp", "duration": 0.3},
        },
        {"id": "c", "duration": 1, "visual": {"type": "gradient", "colors": ["#000000", "#ffffff"]}},
    ]
    board = {
        "version": "storyboard/1",
        "title": "Tea, for 2",
        "captions": {"style": style, "maxWords": 20},
        "brand": {"logo": "asset:a"},
        "music": {"src": "asset:m"},
        "scenes": scenes,
        **members,
    }
    resolved = {"assets": ASSETS, "takes": {"a": {"src": "asset:n", "seconds": 2.5}}, "fonts": {"Inter": "0" * 64}}
    return compile_storyboard(parse_storyboard(board), Resolution.model_validate(resolved)).timeline


def test_srt_and_vtt_are_written_to_the_letter():
    made = timeline("Hello you. Bye & <3!")
    first, second = made.captions.groups
    assert (first.start, second.end) == (0, 75)
    time = milliseconds(first.end, 30)
    assert export_srt(made) == (
        f"1\n00:00:00,000 --> 00:00:01,{time - 1000:03d}\nHello you.\n\n"
        f"2\n00:00:01,{time - 1000:03d} --> 00:00:02,500\nBye & <\u20603!\n\n"
    )
    assert export_vtt(made).startswith("WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.")
    assert "\nBye &amp; &lt;3!\n" in export_vtt(made)


@pytest.mark.parametrize(("frame", "fps", "time"), [(1, 30, 33), (2, 30, 67), (1, 24, 42), (863_999, 60, 14_399_983)])
def test_frames_are_rounded_to_milliseconds(frame, fps, time):
    assert milliseconds(frame, fps) == time


@pytest.mark.parametrize("text", ["{\\b1}", "<i>x</i>", "a --> b", "{x} < y -> --", "<", "plain"])
def test_markup_is_disarmed_and_restored(text):
    assert restored(disarmed(text)) == text
    assert ("\u2060" in disarmed(text)) == (text in ("{\\b1}", "<i>x</i>", "a --> b"))


@pytest.mark.parametrize("style", ["block", "highlight", "karaoke", "pop", "typewriter", "box"])
def test_ass_reads_back_with_the_same_text_and_times_in_every_style(style):
    made = timeline(style=style)
    read = pysubs2.SSAFile.from_string(export_ass(made), format_="ass")
    assert [(event.start, event.end, event.plaintext) for event in read] == [(0, 2500, "Hello big world.")]
    assert (read.info["PlayResX"], read.info["PlayResY"]) == ("1080", "1920")


def test_ass_shows_markup_literally():
    text = export_ass(timeline(NASTY, style="block"))
    assert text.rstrip().endswith(",,Hi \\{\\\u2060b1\\} a<b <3 --> \\\u2060N &amp; end")


def test_ass_styles_are_the_captions_look():
    font = {"family": "Inter", "size": 5, "weight": 800, "color": "#11223380", "stroke": "#445566", "strokeWidth": 0.5}
    captions = {"style": "karaoke", "position": "top", "font": font, "active": {"color": "#ff0000"}}
    style = pysubs2.SSAFile.from_string(export_ass(timeline(captions=captions)), format_="ass").styles["Default"]
    assert (style.fontname, style.fontsize, style.bold, style.outline) == ("Inter", 54, True, 5.4)
    assert style.alignment == pysubs2.Alignment.TOP_CENTER
    assert style.primarycolor == pysubs2.Color(255, 0, 0, 0)
    assert style.secondarycolor == pysubs2.Color(0x11, 0x22, 0x33, 0x7F)
    assert style.outlinecolor == pysubs2.Color(0x44, 0x55, 0x66, 0)


def test_ass_karaoke_fills_each_word_for_as_long_as_it_is_said():
    made = timeline("Hello big world.", style="karaoke")
    line = export_ass(made).rstrip().splitlines()[-1]
    lengths = [int(part.split("}")[0]) for part in line.split("{\\kf")[1:]]
    assert len(lengths) == 3
    assert sum(lengths) == 250


def test_ass_highlight_colours_each_word_from_its_start_to_its_end():
    made = timeline("One two", style="highlight")
    word = made.captions.groups[0].words[1]
    start, end = milliseconds(word.start, 30), milliseconds(word.end, 30)
    tags = rf"{{\1c&HFFFFFF&\t({start},{start + 1},\1c&H00CCFF&)\t({end},{end + 1},\1c&HFFFFFF&)}}two"
    assert export_ass(made).rstrip().endswith(tags)


def test_credits_name_title_author_source_and_licence_of_what_is_used():
    made = timeline()
    known = [
        Attribution(asset="asset:m", title="Song", author="Bo"),
        Attribution(asset="asset:unused", title="Nothing"),
        Attribution(
            asset="asset:a",
            title="Cup",
            author="Ann",
            licence="CC BY 4.0",
            licence_url="https://creativecommons.org/licenses/by/4.0/",
            page_url="https://example.org/1",
            source="Pexels",
        ),
        Attribution(asset="asset:v"),
    ]
    assert credits_text(made, known) == (
        "Tea, for 2\n\n"
        "“Cup” by Ann, Pexels (https://example.org/1). CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/).\n"
        "Untitled.\n"
        "“Song” by Bo.\n\n"
        "Without attribution: asset:n\n"
    )
    document = json.loads(credits_json(made, known))
    assert document["fingerprint"] == fingerprint(made)
    assert [credit["asset"] for credit in document["credits"]] == ["asset:a", "asset:v", "asset:m"]
    assert document["credits"][0]["licenceUrl"] == "https://creativecommons.org/licenses/by/4.0/"
    assert document["withoutAttribution"] == ["asset:n"]


def test_otio_cuts_in_the_middle_of_overlaps_and_keeps_the_length():
    made = timeline()
    document = otio.adapters.read_from_string(export_otio(made, {"asset:v": "media/b.mp4"}), "otio_json")
    scenes = document.tracks[0]
    kinds = [type(child).__name__ for child in scenes]
    assert kinds == ["Clip", "Transition", "Clip", "Transition", "Clip"]
    a, fade, b, wipe, c = scenes
    assert (fade.in_offset.value, fade.out_offset.value) == (7, 8)
    assert (wipe.in_offset.value, wipe.out_offset.value) == (4, 5)
    assert fade.transition_type == "SMPTE_Dissolve"
    assert a.source_range.duration.value == 90 - 8
    assert b.source_range.start_time.value == 6 + int(7 * 1.5)
    assert b.source_range.duration.value == 90 - 7 - 5
    assert c.source_range.duration.value == 30 - 4
    assert document.duration() == otio.opentime.RationalTime(made.frames, 30)
    assert b.media_reference.target_url == "media/b.mp4"
    assert b.effects[0].time_scalar == 1.5
    assert isinstance(a.media_reference, otio.schema.MissingReference)
    assert a.media_reference.metadata["keyreel"]["sha256"] == "a" * 64
    assert c.media_reference.generator_kind == "Gradient"
    assert document.metadata["keyreel"]["fingerprint"] == fingerprint(made)


def test_otio_has_tracks_for_overlays_voices_sounds_and_music_and_captions_as_markers():
    made = timeline()
    document = otio.adapters.read_from_string(export_otio(made), "otio_json")
    assert [(track.name, track.kind) for track in document.tracks] == [
        ("Scenes", "Video"),
        ("Overlays", "Video"),
        ("Overlays 2", "Video"),
        ("Overlays 3", "Video"),
        ("Narration", "Audio"),
        ("Clip sound", "Audio"),
        ("Music", "Audio"),
    ]
    sound = document.tracks[5]
    assert [type(child).__name__ for child in sound] == ["Gap", "Clip"]
    assert sound[0].duration().value == made.sounds[0].start
    assert document.tracks[6][0].metadata["keyreel"]["fadeOut"] == 45
    (marker,) = document.tracks.markers
    assert (marker.name, marker.marked_range.duration.value) == ("Hello big world.", 75)
