"""Storyboards over HTTP: kept in versions, refused with every reason, made from text and tables (B27-B35, B40)."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from kernel.ids import uuid7

API = "/api/v1"


async def test_a_saved_storyboard_is_read_back_as_it_was_written(desk: Any, board: dict[str, Any]) -> None:
    made = await desk.board(board)
    found = await desk.mine.client.get(f"{API}/storyboards/{made['id']}")
    assert found.json() == made
    assert found.json()["document"] == board
    assert found.headers["etag"] == '"1"'
    (saved,) = await desk.emitted("storyboard.saved")
    assert (saved["title"], saved["version"], saved["scenes"], saved["width"]) == ("Tea", 1, 2, 320)


async def test_an_edit_makes_a_new_version_and_keeps_the_old_one(desk: Any, board: dict[str, Any]) -> None:
    made = await desk.board(board)
    changed = {**board, "title": "More tea"}
    path = f"/storyboards/{made['id']}"
    saved = await desk.ask("PUT", path, json={"document": changed}, headers={"If-Match": '"1"'})
    assert (saved["version"], saved["title"]) == (2, "More tea")
    versions = await desk.ask("GET", f"{path}/versions")
    assert [(one["version"], one["title"]) for one in versions["items"]] == [(2, "More tea"), (1, "Tea")]
    assert (await desk.ask("GET", f"{path}/versions/1"))["document"] == board


async def test_two_who_edit_the_same_version_do_not_overwrite_each_other(desk: Any, board: dict[str, Any]) -> None:
    made = await desk.board(board)
    path, body = f"/storyboards/{made['id']}", {"document": board}
    await desk.ask("PUT", path, json=body, headers={"If-Match": '"1"'})
    problem = await desk.refused("PUT", path, json=body, headers={"If-Match": '"1"'})
    assert (problem["status"], problem["code"]) == (412, "version_conflict")
    problem = await desk.refused("PUT", path, json=body)
    assert (problem["status"], problem["code"]) == (428, "precondition_required")


async def test_what_is_no_storyboard_can_not_be_saved_whatever_version_is_expected(desk: Any) -> None:
    for name in ("from-text", "import-rows", "1", "' or 1=1", "x" * 200):
        answer = await desk.mine.client.put(f"{API}/storyboards/{name}", json={"document": {}})
        assert answer.status_code in (404, 405)
    problem = await desk.refused("DELETE", f"/storyboards/{uuid7()}")
    assert (problem["status"], problem["code"]) == (405, "method_not_allowed")


async def test_a_version_can_not_be_changed_in_the_database_either(desk: Any) -> None:
    await desk.board()
    with pytest.raises(Exception, match="never changed"):
        await desk.rows("UPDATE storyboard_versions SET title = 'other' RETURNING version")


async def test_a_copy_is_a_storyboard_of_its_own(desk: Any) -> None:
    made = await desk.board()
    copied = await desk.ask("POST", f"/storyboards/{made['id']}/duplicate", status=201)
    assert copied["id"] != made["id"]
    assert (copied["title"], copied["version"]) == ("Tea (2)", 1)
    listed = await desk.ask("GET", "/storyboards?sort=title")
    assert [one["title"] for one in listed["items"]] == ["Tea", "Tea (2)"]


async def test_a_foreign_storyboard_is_as_unknown_as_any(desk: Any) -> None:
    made = await desk.board()
    for path in ("", "/versions", "/versions/1"):
        foreign = await desk.refused("GET", f"/storyboards/{made['id']}{path}", by=desk.theirs)
        unknown = await desk.refused("GET", f"/storyboards/{uuid7()}{path}", by=desk.theirs)
        assert {**foreign, "request_id": None} == {**unknown, "request_id": None}
    assert (await desk.ask("GET", "/storyboards", by=desk.theirs))["items"] == []


# -- what is refused (B27-B35) ----------------------------------------------------------------------------------------


def scene(**members: Any) -> dict[str, Any]:
    return {"id": "a", "duration": 2, "visual": {"type": "color", "color": "#000000"}, **members}


def with_scenes(*scenes: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"version": "storyboard/1", "scenes": list(scenes), **members}


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("B27 no scenes", {"version": "storyboard/1"}, "/document/scenes", "missing_field"),
    ("B27 zero scenes", with_scenes(), "/document/scenes", "too_few"),
    (
        "B27 ten thousand scenes",
        with_scenes(*(scene(id=f"s{n}") for n in range(10_000))),
        "/document/scenes",
        "too_many",
    ),
    ("B28 duration 0", with_scenes(scene(duration=0)), "/document/scenes/0/duration", "invalid_range"),
    ("B28 duration -1", with_scenes(scene(duration=-1)), "/document/scenes/0/duration", "invalid_range"),
    ("B28 duration 10^9", with_scenes(scene(duration=10**9)), "/document/scenes/0/duration", "invalid_range"),
    (
        "B28 an overlay after the end",
        with_scenes(scene(overlays=[{"type": "text", "text": "late", "start": 3}])),
        "/document/scenes/0/overlays/0/start",
        "invalid_range",
    ),
    ("B29 0 x 0", with_scenes(scene(), canvas={"width": 0, "height": 0}), "/document/canvas/width", "invalid_output"),
    ("B29 odd", with_scenes(scene(), canvas={"width": 641}), "/document/canvas/width", "invalid_output"),
    ("B29 65535", with_scenes(scene(), canvas={"width": 65535}), "/document/canvas/width", "invalid_output"),
    ("B29 fps 0", with_scenes(scene(), canvas={"fps": 0}), "/document/canvas/fps", "invalid_output"),
    ("B29 fps 1000", with_scenes(scene(), canvas={"fps": 1000}), "/document/canvas/fps", "invalid_output"),
    (
        "B32 5,001 characters",
        with_scenes(scene(narration={"text": "x" * 5001})),
        "/document/scenes/0/narration/text",
        "text_too_long",
    ),
    (
        "B33 a colour with more",
        with_scenes(scene(visual={"type": "color", "color": "red;drop"})),
        "/document/scenes/0/visual/color",
        "invalid_colour",
    ),
    (
        "B33 a short colour",
        with_scenes(scene(visual={"type": "color", "color": "#12"})),
        "/document/scenes/0/visual/color",
        "invalid_colour",
    ),
    (
        "B34 fields in a circle",
        with_scenes(scene(), fields=[{"name": "A", "default": "{{B}}"}, {"name": "B", "default": "{{A}}"}]),
        "/document/fields/0/default",
        "cyclic_reference",
    ),
    (
        "B35 a field nobody declared",
        with_scenes(scene(narration={"text": "Hello {{NAME}}"})),
        "/document/scenes/0/narration/text",
        "missing_variable",
    ),
]


@pytest.mark.parametrize(("document", "pointer", "code"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
async def test_a_storyboard_with_mistakes_is_refused_with_the_place(
    desk: Any, document: dict[str, Any], pointer: str, code: str
) -> None:
    problem = await desk.refused("POST", "/storyboards", json={"document": document})
    assert problem["status"] == 422
    assert (pointer, code) in [(one["pointer"], one["code"]) for one in problem["errors"]]
    assert await desk.rows("SELECT id FROM storyboards") == []


async def test_a_storyboard_nested_too_deep_is_refused_before_it_is_read(desk: Any) -> None:
    deep: dict[str, Any] = {}
    for _ in range(100):
        deep = {"x": deep}
    problem = await desk.refused("POST", "/storyboards", json={"document": with_scenes(scene(visual=deep))})
    assert (problem["status"], problem["code"]) == (400, "too_deep")


async def test_all_mistakes_are_told_at_once(desk: Any) -> None:
    wrong = with_scenes(scene(duration=0), scene(id="b", visual={"type": "color", "color": "nope"}), title="x" * 300)
    problem = await desk.refused("POST", "/storyboards", json={"document": wrong})
    assert [one["pointer"] for one in problem["errors"]] == [
        "/document/scenes/0/duration",
        "/document/scenes/1/visual/color",
        "/document/title",
    ]


@pytest.mark.parametrize(
    "said",
    ["':[];,%{}\\", "{{7*7}} {{config}}", "مرحبا 👩‍👩‍👧‍👦 שלום", "x" * 5000],
    ids=["B31 filter syntax", "B35 injection", "B32 right to left, emoji", "B32 5,000 characters"],
)
async def test_b31_captions_of_any_text_are_kept_as_they_are(desk: Any, said: str) -> None:
    made = await desk.board(with_scenes(scene(narration={"text": said})))
    assert made["document"]["scenes"][0]["narration"]["text"] == said


async def test_a_template_that_wants_values_can_be_kept_but_not_run(desk: Any) -> None:
    fields = [{"name": "PRODUCT", "required": True}]
    made = await desk.board(with_scenes(scene(narration={"text": "Buy {{PRODUCT}}"}), fields=fields))
    problem = await desk.refused("POST", "/jobs", json={"storyboard_id": made["id"]})
    assert (problem["status"], problem["code"]) == (422, "missing_variable")
    assert problem["errors"][0]["pointer"] == "/fields/0"


# -- from text --------------------------------------------------------------------------------------------------------


async def test_a_pasted_text_becomes_a_storyboard_in_its_own_language(desk: Any) -> None:
    text = "Le thé est fait de feuilles et d'eau chaude. On le boit partout dans le monde, le matin comme le soir."
    asked = {"text": text, "aspect": "9:16", "mood": "upbeat", "caption_style": "karaoke"}
    made = await desk.ask("POST", "/storyboards/from-text", json=asked, status=201)
    document = made["document"]
    assert document["language"] == "fr"
    assert (document["canvas"]["width"], document["canvas"]["height"]) == (1080, 1920)
    assert (document["music"]["mood"], document["captions"]["style"]) == ("upbeat", "karaoke")


async def test_a_voice_can_be_chosen_and_music_left_out(desk: Any) -> None:
    asked = {"text": "Tea is made of leaves.", "voice": "soft", "mood": "none"}
    made = await desk.ask("POST", "/storyboards/from-text", json=asked, status=201)
    assert made["document"]["voice"]["voice"] == "soft"
    assert "music" not in made["document"]
    await desk.ask("POST", f"/storyboards/{made['id']}/estimate")


async def test_own_uploads_come_first_in_their_order(desk: Any) -> None:
    clip = {"kind": "video", "sha256": "b" * 64, "width": 640, "height": 360, "seconds": 9.0, "hasAudio": True}
    own = [desk.uploads.add(desk.tenant), desk.uploads.add(desk.tenant, described=clip)]
    asked = {
        "text": "One sentence about tea. And one more about cups.\n\nThe end of it.",
        "assets": [str(o) for o in own],
    }
    made = await desk.ask("POST", "/storyboards/from-text", json=asked, status=201)
    sources = [one["visual"].get("src") for one in made["document"]["scenes"]]
    assert sources[:2] == [f"asset:{one}" for one in own]


async def test_an_upload_of_someone_else_is_as_unknown_as_any(desk: Any) -> None:
    foreign = desk.uploads.add(desk.theirs.tenant)
    for asset in (foreign, uuid7()):
        asked = {"text": "Some words.", "assets": [str(asset)]}
        problem = await desk.refused("POST", "/storyboards/from-text", json=asked)
        assert (problem["status"], problem["code"]) == (422, "unknown_reference")
        assert problem["errors"][0]["pointer"] == "/assets/0"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"text": "   "}, "blank"),
        ({"text": "🙂 🙃"}, "blank"),
        ({"text": "Words.", "aspect": "3:1"}, "unknown_choice"),
        ({"text": "Words.", "voice": "shouting"}, "unknown_reference"),
        ({"text": "Words.", "language": "xq"}, "speech_language_unavailable"),
        ({"text": "Words.", "tenant_id": "x"}, "unknown_field"),
    ],
)
async def test_a_text_that_says_nothing_or_asks_for_the_unknown_is_refused(
    desk: Any, asked: dict[str, Any], code: str
) -> None:
    problem = await desk.refused("POST", "/storyboards/from-text", json=asked)
    assert (problem["status"], problem["code"]) == (422, code)


# -- rows (B40) -------------------------------------------------------------------------------------------------------

TEMPLATE = with_scenes(
    scene(narration={"text": "Try {{PRODUCT}} for {{PRICE}}."}),
    title="{{PRODUCT}}",
    fields=[{"name": "PRODUCT", "required": True}, {"name": "PRICE", "default": "nothing"}],
)


async def rows_of(desk: Any, **body: Any) -> dict[str, Any]:
    report: dict[str, Any] = await desk.ask(
        "POST", "/storyboards/import-rows", json={"template": TEMPLATE, **body}, status=201
    )
    return report


async def test_each_row_of_a_table_becomes_a_storyboard(desk: Any) -> None:
    report = await rows_of(desk, csv="product,price\nTea,3 €\nCups,\n=cmd|' /C calc'!A0,1\n")
    assert (report["created"], report["refused"]) == (3, 0)
    titles = []
    for row in report["rows"]:
        made = await desk.ask("GET", f"/storyboards/{row['storyboard_id']}")
        titles.append((row["row"], made["title"], made["document"]["scenes"][0]["narration"]["text"]))
    assert titles == [
        (2, "Tea", "Try Tea for 3 €."),
        (3, "Cups", "Try Cups for nothing."),
        (4, "=cmd|' /C calc'!A0", "Try =cmd|' /C calc'!A0 for 1."),
    ]


async def test_a_row_that_can_not_be_used_is_reported_and_the_others_are_made(desk: Any) -> None:
    report = await rows_of(desk, jsonl='{"PRODUCT": "Tea"}\n{"PRODUCT": "' + "x" * 300 + '"}\n')
    assert (report["created"], report["refused"]) == (1, 1)
    assert report["rows"][1]["row"] == 2
    assert report["rows"][1]["storyboard_id"] is None
    assert report["rows"][1]["problems"][0]["pointer"] == "/title"


async def test_a_table_with_another_delimiter_and_a_mark_in_front_is_read_and_told_so(desk: Any) -> None:
    report = await rows_of(desk, csv="\ufeffproduct;price\r\nTea;3\r\n")
    assert report["created"] == 1
    assert "delimiter_assumed" in [notice["code"] for notice in report["notices"]]


@pytest.mark.parametrize(
    ("csv", "code"),
    [
        ("", "no_rows"),
        ("product,price\n", "no_rows"),
        ("1,2\nTea,3\n", "header_missing"),
        ('product,price\n"Tea,3\n', "unbalanced_quotes"),
        ("product,price\nTea,3,4\n", "malformed_row"),
        ("product,colour\nTea,red\n", "unknown_variable"),
        ("price\n3\n", "missing_variable"),
        ("product\n" + "Tea\n" * 501, "too_many_rows"),
        ("product\n" + "Tea\n" * 1_000_000, "too_many_rows"),
    ],
)
async def test_a_table_nothing_can_be_made_from_is_refused_with_the_row(desk: Any, csv: str, code: str) -> None:
    problem = await desk.refused("POST", "/storyboards/import-rows", json={"template": TEMPLATE, "csv": csv})
    assert (problem["status"], problem["code"]) == (422, "invalid_rows")
    assert problem["errors"][0]["code"] == code
    assert await desk.rows("SELECT id FROM storyboards") == []


async def test_a_template_with_mistakes_is_refused_with_the_place(desk: Any) -> None:
    wrong = copy.deepcopy(TEMPLATE)
    wrong["scenes"][0]["duration"] = 0
    problem = await desk.refused("POST", "/storyboards/import-rows", json={"template": wrong, "csv": "product\nTea\n"})
    assert problem["errors"][0]["pointer"] == "/template/scenes/0/duration"


@pytest.mark.parametrize("tables", [{}, {"csv": "product\nTea\n", "jsonl": '{"PRODUCT": "Tea"}'}])
async def test_rows_come_from_exactly_one_table(desk: Any, tables: dict[str, str]) -> None:
    problem = await desk.refused("POST", "/storyboards/import-rows", json={"template": TEMPLATE, **tables})
    assert problem["status"] == 422


# -- what can be chosen from ------------------------------------------------------------------------------------------


async def test_the_voices_of_a_language_can_be_listed(desk: Any) -> None:
    found = await desk.ask("GET", "/voices?language=fr-CA")
    assert {voice["id"] for voice in found["items"]} >= {"fr-fr:warm", "fr-fr:soft"}
    assert all(voice["language"].startswith("fr") for voice in found["items"])


async def test_samples_are_found_by_their_words_and_shown_to_anyone(desk: Any) -> None:
    found = await desk.ask("GET", "/samples?query=montagne&language=fr")
    first = found["items"][0]
    assert first["reference"] == "sample:mountains-dusk"
    assert first["title"] == "Montagnes au crépuscule"
    shown = await desk.here.client.get(first["url"])
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert (await desk.refused("GET", "/samples/none/file"))["code"] == "not_found"


@pytest.mark.parametrize("path", ["/storyboards", "/jobs", "/voices", "/samples"])
async def test_nobody_reads_without_signing_in(desk: Any, path: str) -> None:
    answer = await desk.here.client.get(API + path)
    assert answer.status_code == 401


async def test_a_viewer_reads_and_does_not_write(desk: Any) -> None:
    made = await desk.board()
    viewer = desk.here.as_member("viewer", tenant=desk.tenant)
    await desk.ask("GET", f"/storyboards/{made['id']}", by=viewer)
    problem = await desk.refused("POST", "/jobs", by=viewer, json={"storyboard_id": made["id"]})
    assert (problem["status"], problem["code"]) == (403, "missing_scope")
