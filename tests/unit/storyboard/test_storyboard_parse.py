"""parse_storyboard: what is refused, all at once, with the right pointers and codes."""

from __future__ import annotations

import json

import pytest

from storyboard import StoryboardInvalid, parse_storyboard

BLACK = {"type": "color", "color": "#000000"}
SCENE = {"id": "a", "duration": 2, "visual": BLACK}


def board(*scenes, **members):
    return {"version": "storyboard/1", **members, "scenes": list(scenes) or [SCENE]}


def scene(**members):
    return board({**SCENE, **members})


def wrong(document, values=None):
    with pytest.raises(StoryboardInvalid) as caught:
        parse_storyboard(document, values)
    return [(violation.pointer, violation.code) for violation in caught.value.violations]


def test_a_minimal_storyboard_gets_every_default():
    parsed = parse_storyboard(board())
    assert (parsed.canvas.width, parsed.canvas.height, parsed.canvas.fps) == (1080, 1920, 30)
    assert parsed.captions.style == "highlight"
    assert parsed.scenes[0].transition.type == "none"
    assert parsed.scenes[0].duration == 2.0


def test_camel_case_members_bytes_and_text_are_read_alike():
    document = scene(narration={"text": "x", "padStart": 1.5})
    for given in (document, json.dumps(document), json.dumps(document).encode()):
        assert parse_storyboard(given).scenes[0].narration.pad_start == 1.5


def test_colours_are_lower_cased_and_newlines_unified():
    parsed = parse_storyboard(scene(visual={"type": "color", "color": "#FFCC0080"}, narration={"text": "a\r\nb\rc"}))
    assert parsed.scenes[0].visual.color == "#ffcc0080"
    assert parsed.scenes[0].narration.text == "a\nb\nc"


def test_every_error_comes_at_once_in_the_order_of_the_document():
    document = {
        "version": "storyboard/2",
        "scenes": [
            {"id": "a", "duration": -1, "visual": {"type": "color", "color": "red"}, "extra": 1},
            {"id": "a", "duration": 1, "visual": {"type": "image", "src": "http://x"}},
        ],
        "title": 5,
        "a/b~c": 1,
    }
    assert wrong(document) == [
        ("/version", "invalid_choice"),
        ("/scenes/0/duration", "invalid_range"),
        ("/scenes/0/visual/color", "invalid_colour"),
        ("/scenes/0/extra", "unknown_field"),
        ("/scenes/1/id", "duplicate_id"),
        ("/scenes/1/visual/src", "invalid_format"),
        ("/title", "invalid_type"),
        ("/a~1b~0c", "unknown_field"),
    ]


def test_the_error_says_where_and_how_many():
    with pytest.raises(StoryboardInvalid, match=r"^/version: This member is required\. \(and 1 more\)$"):
        parse_storyboard({})


def test_more_than_a_thousand_errors_are_cut_off_without_taking_long():
    document = {**board(), **{f"x{number}": 1 for number in range(20_000)}}
    assert len(wrong(document)) == 1000


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, [("/version", "missing_field"), ("/scenes", "missing_field")]),
        ({"version": "storyboard/1", "scenes": []}, [("/scenes", "too_few")]),
        (board(*({**SCENE, "id": f"s{n}", "duration": 1} for n in range(10_000))), [("/scenes", "too_many")]),
    ],
)
def test_b27_missing_no_or_too_many_scenes(document, expected):
    assert wrong(document) == expected


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 0.0001, 14400.001, 1e9])
def test_b28_a_scene_of_impossible_length_is_an_invalid_range(seconds):
    assert ("/scenes/0/duration", "invalid_range") in wrong(scene(duration=seconds))


def test_b28_an_overlay_that_starts_after_its_scene_ends_is_an_invalid_range():
    late = {"type": "text", "text": "x", "start": 2}
    assert wrong(scene(overlays=[{"type": "text", "text": "x", "start": 1.999}, late])) == [
        ("/scenes/0/overlays/1/start", "invalid_range")
    ]


def test_b28_transitions_must_fit_into_the_scene_between_them():
    def three(middle):
        fade = {"type": "fade", "duration": 0.1}
        return board(
            {**SCENE, "transition": fade},
            {**SCENE, "id": "b", "duration": middle, "transition": {"type": "fade", "duration": 0.2}},
            {**SCENE, "id": "c"},
        )

    parse_storyboard(three(0.3))  # in binary 0.1 + 0.2 is more
    assert wrong(three(0.299)) == [("/scenes/1/duration", "invalid_range")]


def test_b28_the_last_scenes_transition_leads_nowhere_and_is_not_counted():
    parse_storyboard(scene(transition={"type": "fade", "duration": 60}))


def test_b28_auto_needs_narration_or_a_clip():
    expected = [("/scenes/0/duration", "invalid_range")]
    assert wrong(board({"id": "a", "visual": BLACK})) == expected
    assert wrong(scene(duration="auto", visual={"type": "image", "src": "asset:a"})) == expected
    parse_storyboard(scene(duration="auto", narration={"text": "x"}))
    parse_storyboard(scene(duration="auto", visual={"type": "video", "src": "asset:a"}))


def test_b28_the_whole_is_at_most_four_hours_less_the_overlaps():
    def two(second, overlap):
        first = {**SCENE, "duration": 14_000, "transition": {"type": "fade", "duration": overlap}}
        return board(first, {**SCENE, "id": "b", "duration": second})

    parse_storyboard(two(500, 100))
    assert wrong(two(501, 100)) == [("/scenes", "invalid_range")]


@pytest.mark.parametrize(
    ("canvas", "members"),
    [
        ({"width": 0, "height": 0}, ["width", "height"]),
        ({"width": 1, "height": 1}, ["width", "height"]),
        ({"width": 1081}, ["width"]),
        ({"width": 65535, "height": 65535}, ["width", "height"]),
        ({"fps": 0}, ["fps"]),
        ({"fps": 1000}, ["fps"]),
        ({"fps": 29}, ["fps"]),
    ],
)
def test_b29_impossible_canvases_are_an_invalid_output(canvas, members):
    assert wrong(board(canvas=canvas)) == [(f"/canvas/{name}", "invalid_output") for name in members]


@pytest.mark.parametrize("colour", ["red;drop", "#12", "#gggggg", "#000000ff0", "rgba(0,0,0,2)", ""])
def test_b33_colours_are_hex_or_refused(colour):
    assert wrong(scene(visual={"type": "color", "color": colour})) == [("/scenes/0/visual/color", "invalid_colour")]


@pytest.mark.parametrize(
    "text", ["':[];,%{}\\", "$(id) `id` ${HOME}", "{{7*7}} {{config}}", "مرحبا 👩‍👩‍👧 e\u0301", "x" * 5000]
)
def test_b31_b32_any_text_of_5000_characters_is_kept_as_it_is(text):
    assert parse_storyboard(scene(narration={"text": text})).scenes[0].narration.text == text


def test_b32_longer_text_is_too_long():
    assert wrong(scene(narration={"text": "x" * 5001})) == [("/scenes/0/narration/text", "text_too_long")]
    assert wrong(scene(overlays=[{"type": "text", "text": "x" * 501}])) == [
        ("/scenes/0/overlays/0/text", "text_too_long")
    ]


@pytest.mark.parametrize("text", ["\x00", "\x1b[0m", "\x85", "\u202e", "\ud800", "\ufffe"])
def test_control_characters_are_refused_by_name(text):
    with pytest.raises(StoryboardInvalid, match=f"U\\+{ord(text[0]):04X}"):
        parse_storyboard(scene(narration={"text": f"a{text}"}))


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"seed": "7"}, "/seed"),
        ({"seed": True}, "/seed"),
        ({"seed": 7.5}, "/seed"),
        ({"music": {"loop": "yes"}}, "/music/loop"),
        ({"music": {"volume": "0.5"}}, "/music/volume"),
        ({"captions": {"font": {"size": "5"}}}, "/captions/font/size"),
        ({"canvas": None}, "/canvas"),
        ({"brand": {"fonts": "Inter"}}, "/brand/fonts"),
    ],
)
def test_b35_values_of_another_type_are_not_converted(members, pointer):
    assert wrong(board(**members)) == [(pointer, "invalid_type")]


@pytest.mark.parametrize("seconds", ["3", "soon", None, True, [1], 10**400])
def test_b35_a_duration_is_auto_or_a_number(seconds):
    assert [place for place, _ in wrong(scene(duration=seconds))] == ["/scenes/0/duration"]


@pytest.mark.parametrize("number", ["1e400", "1" + "0" * 400, "-1e400"])
def test_numbers_too_large_for_a_double_are_refused_wherever_they_stand(number):
    document = json.dumps(scene(transition={"type": "fade", "duration": "@"}, motion={"amount": "@"}))
    places = [place for place, _ in wrong(document.replace('"@"', number))]
    assert "/scenes/0/transition/duration" in places
    assert "/scenes/0/motion/amount" in places


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "malformed_json"),
        ("{version: 1}", "malformed_json"),
        ('{"a": 1,}', "malformed_json"),
        ('{"a": NaN}', "malformed_json"),
        ('{"a": Infinity}', "malformed_json"),
        ('{"a": ' + "9" * 5000 + "}", "malformed_json"),
        ("\ufeff{}", "malformed_json"),
        (b"\xff", "malformed_json"),
        ('{"a": 1, "b": 2, "a": 3}', "duplicate_key"),
        ('{"x": {"a": 1, "a": 1}}', "duplicate_key"),
        ("[]", "invalid_type"),
        ("null", "invalid_type"),
        ("[" * 65 + "]" * 65, "too_deep"),
        ('{"a": "' + "x" * (8 * 1024 * 1024) + '"}', "body_too_large"),
    ],
)
def test_json_is_read_strictly(text, code):
    assert wrong(text) == [("", code)]


def test_malformed_json_says_line_and_column():
    with pytest.raises(StoryboardInvalid, match="line 2, column 8"):
        parse_storyboard('{\n "a":  }')


def test_brackets_in_strings_are_no_depth_and_integral_fractions_are_integers():
    parsed = parse_storyboard(json.dumps(board(title="[" * 100, seed="@")).replace('"@"', "7.0"))
    assert parsed.title == "[" * 100
    assert parsed.seed == 7


def test_b34_nesting_is_bounded_for_parsed_documents_too():
    nested: object = 1
    for _ in range(5000):
        nested = {"x": nested}
    assert wrong(board(extra=nested)) == [("", "too_deep")]
