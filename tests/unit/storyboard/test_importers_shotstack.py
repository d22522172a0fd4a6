"""Shotstack Edit JSON → storyboard."""

from __future__ import annotations

import json

import pytest

from storyboard import Resolution, StoryboardInvalid, compile_storyboard, parse_storyboard
from storyboard.importers import import_shotstack

IMAGE = {"type": "image", "src": "https://example.org/a.jpg"}
VIDEO = {"type": "video", "src": "https://example.org/b.mp4"}
TITLE = {"type": "title", "text": "Hello"}
REFERENCES = {"https://example.org/a.jpg": "asset:a", "https://example.org/b.mp4": "asset:b"}


def clip(asset, start=0, length=4, **members):
    return {"asset": asset, "start": start, "length": length, **members}


def edit(*tracks, output=None, merge=None, **timeline):
    document = {
        "timeline": {"tracks": [{"clips": list(clips)} for clips in tracks], **timeline},
        "output": output or {},
    }
    return json.dumps({**document, **({"merge": merge} if merge else {})})


def imported(*tracks, **members):
    result = import_shotstack(edit(*tracks, **members), references=REFERENCES)
    parse_storyboard(result.storyboard)
    return result


def scenes(*tracks, **members):
    return imported(*tracks, **members).storyboard["scenes"]


def notices(result):
    return [(notice.pointer, notice.code) for notice in result.notices]


def wrong(document):
    with pytest.raises(StoryboardInvalid) as caught:
        import_shotstack(document if isinstance(document, str) else json.dumps(document))
    return [(violation.pointer, violation.code) for violation in caught.value.violations]


def test_clips_one_after_the_other_become_scenes():
    first, second = scenes([clip(IMAGE, 0, 2), clip({**VIDEO, "trim": 1.5, "volume": 0.5}, 2, 3)])
    assert first["visual"] == {"type": "image", "src": "asset:a", "fit": "cover"}
    assert second["visual"] == {
        "type": "video",
        "src": "asset:b",
        "fit": "cover",
        "trim": 1.5,
        "speed": 1.0,
        "volume": 0.5,
    }
    assert (first["duration"], second["duration"]) == (2, 3)


@pytest.mark.parametrize(
    ("theirs", "ours"), [("crop", "cover"), ("cover", "fill"), ("contain", "contain"), (None, "cover")]
)
def test_their_crop_is_our_cover_and_their_cover_our_fill(theirs, ours):
    members = {"fit": theirs} if theirs else {}
    assert scenes([clip(IMAGE, **members)])[0]["visual"]["fit"] == ours


def test_a_fit_without_counterpart_is_reported():
    assert notices(imported([clip(IMAGE, fit="none")])) == [("/timeline/tracks/0/clips/0/fit", "unsupported_member")]


@pytest.mark.parametrize(
    ("theirs", "ours", "amount"),
    [
        ("zoomIn", "zoomIn", 0.12),
        ("zoomOutFast", "zoomOut", 0.25),
        ("slideLeft", "panRight", 0.12),
        ("slideRightSlow", "panLeft", 0.06),
        ("slideUp", "panDown", 0.12),
        ("slideDown", "panUp", 0.12),
    ],
)
def test_a_picture_that_slides_one_way_is_a_camera_that_pans_the_other(theirs, ours, amount):
    motion = scenes([clip(IMAGE, effect=theirs)])[0]["motion"]
    assert (motion["effect"], motion["amount"]) == (ours, amount)


def test_the_first_track_lies_on_top_and_what_it_hides_continues_under_it():
    found = imported([clip(IMAGE, 2, 2)], [clip({**VIDEO, "trim": 1, "speed": 2}, 0, 6)])
    assert [
        (scene["visual"]["src"], scene["duration"], scene["visual"].get("trim")) for scene in found.storyboard["scenes"]
    ] == [
        ("asset:b", 2, 1),
        ("asset:a", 2, None),
        ("asset:b", 2, 9),
    ]
    hidden = imported([clip(IMAGE, 0, 5)], [clip(VIDEO, 1, 2)])
    assert notices(hidden) == [("/timeline/tracks/1/clips/0", "clip_hidden")]


def test_gaps_show_the_background():
    found = scenes([clip(IMAGE, 1, 1), clip(IMAGE, 3, 1)], background="#AABBCC")
    assert [scene["visual"].get("color") for scene in found] == ["#aabbcc", None, "#aabbcc", None]


def test_transitions_keep_everything_at_its_time():
    track = [clip(IMAGE, 0, 3), clip(VIDEO, 3, 3, transition={"in": "wipeLeftFast"}), clip(IMAGE, 6, 2)]
    found = imported(track)
    assert found.storyboard["scenes"][0]["transition"] == {"type": "wipeLeft", "duration": 0.5}
    timeline = compile_storyboard(
        parse_storyboard(found.storyboard),
        Resolution.model_validate(
            {
                "assets": {
                    "asset:a": {"kind": "image", "sha256": "a" * 64, "width": 10, "height": 10},
                    "asset:b": {"kind": "video", "sha256": "b" * 64, "width": 10, "height": 10, "seconds": 9},
                },
                "fonts": {"Inter": "1" * 64},
            }
        ),
    ).timeline
    assert [scene.start for scene in timeline.scenes] == [0, 75, 150]
    assert timeline.frames == 200


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("fade", ("fade", 1)),
        ("fadeSlow", ("fade", 2)),
        ("carouselUpFast", ("slideUp", 0.5)),
        ("slideRight", ("slideRight", 1)),
        ("reveal", ("wipeRight", 1)),
    ],
)
def test_transitions_have_counterparts(theirs, ours):
    first, _ = scenes([clip(IMAGE, 0, 3, transition={"out": theirs}), clip(IMAGE, 3, 3)])
    assert (first["transition"]["type"], first["transition"]["duration"]) == ours


def test_transitions_without_counterpart_or_partner_are_reported():
    found = imported([clip(IMAGE, 0, 3, transition={"in": "fade", "out": "shuffleTopRight"}), clip(IMAGE, 3, 3)])
    assert found.storyboard["scenes"][0]["transition"]["type"] == "fade"
    assert notices(found) == [
        ("/timeline/tracks/0/clips/0/transition/out", "transition_replaced"),
        ("/timeline/tracks/0/clips/0/transition/in", "transition_dropped"),
    ]


def test_titles_become_overlays_of_every_scene_they_stand_over():
    title = {**TITLE, "color": "#80FFCC00", "size": "x-large", "position": "bottomLeft", "offset": {"x": 0.1, "y": 0.2}}
    first, second = scenes([clip(title, 1, 3, transition={"in": "slideUp"})], [clip(IMAGE, 0, 2), clip(IMAGE, 2, 4)])
    overlay = first["overlays"][0]
    assert overlay["font"] == {"size": 9.5, "color": "#ffcc0080"}
    assert (overlay["x"], overlay["y"], overlay["anchor"]) == (0.2, 0.7, "left")
    assert (overlay["start"], overlay["duration"], overlay["animation"]) == (1, 1, "slideUp")
    rest = second["overlays"][0]
    assert (rest["start"], rest["duration"], rest["animation"]) == (0, 2, "none")


def test_text_in_pixels_becomes_percent_of_the_shorter_side():
    text = {
        "type": "text",
        "text": "Hi",
        "font": {"size": 72, "weight": 640, "family": "X", "color": "#ff0000"},
        "stroke": {"width": 7.2},
    }
    found = imported([clip(text)], [clip(IMAGE)], output={"resolution": "hd"})
    font = found.storyboard["scenes"][0]["overlays"][0]["font"]
    assert font == {"size": 10, "weight": 600, "color": "#ff0000", "stroke": "#000000", "strokeWidth": 1}
    assert notices(found) == [("/timeline/tracks/0/clips/0/asset/font/family", "unsupported_member")]


def test_upper_tracks_paint_over_lower_ones_and_small_pictures_are_overlays():
    found = scenes([clip(TITLE)], [clip(IMAGE, scale=0.3, position="topRight", opacity=0.5)], [clip(VIDEO)])
    picture, title = found[0]["overlays"]
    assert picture["type"] == "image"
    assert (picture["width"], picture["opacity"], picture["anchor"]) == (0.3, 0.5, "right")
    assert title["type"] == "text"


def test_what_has_no_counterpart_is_reported_and_never_dropped_in_silence():
    found = imported(
        [
            clip({"type": "html", "html": "<p>"}),
            clip({"type": "luma", "src": "x"}),
            clip({"type": "audio", "src": "x"}),
        ],
        [clip(VIDEO, scale=0.4), clip({**TITLE, "style": "vogue", "background": "#000000"})],
        [clip(IMAGE, filter="greyscale", transform={})],
        output={"fps": 48, "destinations": [], "format": "gif"},
        fonts=[],
    )
    assert set(notices(found)) == {
        ("/timeline/fonts", "unsupported_member"),
        ("/output/destinations", "unsupported_member"),
        ("/output/format", "unsupported_member"),
        ("/output/fps", "frame_rate_changed"),
        ("/timeline/tracks/0/clips/0/asset", "unsupported_asset"),
        ("/timeline/tracks/0/clips/1/asset", "unsupported_asset"),
        ("/timeline/tracks/0/clips/2/asset", "unsupported_asset"),
        ("/timeline/tracks/1/clips/0", "unsupported_asset"),
        ("/timeline/tracks/1/clips/1/asset/style", "unsupported_member"),
        ("/timeline/tracks/1/clips/1/asset/background", "unsupported_member"),
        ("/timeline/tracks/2/clips/0/filter", "unsupported_member"),
        ("/timeline/tracks/2/clips/0/transform", "unsupported_member"),
    }


def test_automatic_starts_and_ends_are_worked_out_and_unknown_lengths_assumed():
    found = imported([clip(TITLE, 1, "end")], [clip(VIDEO, 0, "auto"), clip(IMAGE, "auto", 3)])
    first, second = found.storyboard["scenes"]
    assert (first["duration"], second["duration"]) == (5, 3)
    assert [scene["overlays"][0]["duration"] for scene in (first, second)] == [4, 3]
    assert notices(found) == [("/timeline/tracks/1/clips/0/length", "length_assumed")]


@pytest.mark.parametrize(
    ("output", "size"),
    [
        ({}, (1280, 720)),
        ({"resolution": "1080", "aspectRatio": "9:16"}, (1080, 1920)),
        ({"resolution": "1080", "aspectRatio": "1:1"}, (1080, 1080)),
        ({"resolution": "1080", "aspectRatio": "4:5"}, (864, 1080)),
        ({"resolution": "4k"}, (3840, 2160)),
        ({"size": {"width": 601, "height": 10000}}, (602, 4096)),
    ],
)
def test_output_sizes(output, size):
    canvas = imported([clip(IMAGE)], output=output).storyboard["canvas"]
    assert (canvas["width"], canvas["height"], canvas["fps"]) == (*size, 25)


def test_merge_fields_stay_in_texts_and_are_put_in_elsewhere():
    merge = [
        {"find": "first name", "replace": "Ann"},
        {"find": "PIC", "replace": "https://example.org/a.jpg"},
        {"find": "LEN", "replace": 3},
    ]
    title = {**TITLE, "text": "Hi {{ first name }} {{OTHER}}"}
    found = imported([clip(title)], [clip({"type": "image", "src": "{{ PIC }}"}, 0, "{{LEN}}")], merge=merge)
    scene = found.storyboard["scenes"][0]
    assert scene["visual"]["src"] == "asset:a"
    assert found.storyboard["fields"] == [
        {"name": "FIRST_NAME", "default": "Ann"},
        {"name": "OTHER", "default": "OTHER"},
    ]
    parsed = parse_storyboard(found.storyboard, {"FIRST_NAME": "Bob"})
    assert parsed.scenes[0].overlays[0].text == "Hi Bob OTHER"


def test_unknown_addresses_get_references_of_their_own_and_never_enter_the_storyboard():
    secret = "https://user:pw@example.org/x.mp4?token=1"
    found = import_shotstack(
        edit([clip({**VIDEO, "src": secret})], soundtrack={"src": secret, "effect": "fadeOut", "volume": 0.3})
    )
    assert list(found.media.values()) == [secret]
    assert "token" not in json.dumps(found.storyboard)
    music = found.storyboard["music"]
    assert (music["src"], music["volume"], music["fadeIn"], music["fadeOut"]) == (*found.media, 0.3, 0, 2)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{", [("", "malformed_json")]),
        ("[]", [("", "invalid_type")]),
        ({}, [("/timeline", "missing_field")]),
        ({"timeline": {"tracks": []}}, [("/timeline/tracks", "missing_field")]),
        ({"timeline": {"tracks": [5, {"clips": [5]}]}}, [
            ("/timeline/tracks/0/clips", "missing_field"),
            ("/timeline/tracks/1/clips/0/asset", "missing_field"),
        ]),
        (edit([clip(TITLE, "soon"), clip(IMAGE, -1), clip(IMAGE, 0, 0), clip({"type": "image"})]), [
            ("/timeline/tracks/0/clips/0/start", "invalid_type"),
            ("/timeline/tracks/0/clips/1/start", "invalid_range"),
            ("/timeline/tracks/0/clips/2/length", "invalid_range"),
            ("/timeline/tracks/0/clips/3/asset/src", "missing_field"),
        ]),
        (edit([clip({"type": "html"})]), [("/timeline/tracks", "missing_field")]),
        (edit([clip({**TITLE, "text": "x" * 501})]), [("/timeline/tracks/0/clips/0/asset/text", "text_too_long")]),
        (edit([clip(IMAGE, 0, 20_000)]), [("/timeline", "invalid_range")]),
        (edit([clip(IMAGE, n, 1) for n in range(501)]), [("/timeline/tracks", "too_many")]),
        (edit([clip(IMAGE, n, 1) for n in range(2001)]), [("/timeline/tracks/0/clips", "too_many")]),
        (edit([clip(IMAGE)], soundtrack={}), [("/timeline/soundtrack/src", "missing_field")]),
    ],
)  # fmt: skip
def test_broken_edits_are_refused_with_pointers_into_them(document, expected):
    assert wrong(document) == expected
