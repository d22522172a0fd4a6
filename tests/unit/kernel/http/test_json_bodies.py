"""B1–B6 and B13: what a body may be is decided before any model or handler sees it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from kernel.testing.studio import Member

NOTES = "/api/v1/notes"
JSON = {"content-type": "application/json"}


async def refusal(member: Member, content: bytes, content_type: str = "application/json") -> tuple[int, str]:
    answer = await member.client.post(NOTES, content=content, headers={"content-type": content_type})
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   ",
        b"{",
        b'{"text": "a",}',
        b'\xef\xbb\xbf{"text": "a"}',
        b'{"text": NaN}',
        b'{"text": "a", "stars": Infinity}',
        b'{"text": "a", "stars": -Infinity}',
        b'{"text": "a", "stars": 1e999}',
        b'{"text": "a", "stars": ' + b"9" * 5000 + b"}",
        b"{'text': 'a'}",
        b'{"text": "a"} {"text": "b"}',
        b'{"text": "\xff"}',
        b'{"text": "a\nb"}',
        '{"text": "a"}'.encode("utf-16"),
    ],
)
async def test_b1_what_is_not_json_is_malformed(owner: Member, content: bytes) -> None:
    assert await refusal(owner, content) == (400, "malformed_json")


@pytest.mark.parametrize("content", [b'{"text": "a", "text": "b"}', b'{"text": "a", "tags": {"x": 1, "x": 1}}'])
async def test_b2_a_name_that_stands_twice_is_refused_at_any_depth(owner: Member, content: bytes) -> None:
    assert await refusal(owner, content) == (400, "duplicate_key")


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 10_000,
        b"[" * 10_000 + b"]" * 10_000,
        b'{"tags":' * 100 + b"1" + b"}" * 100,
        b'{"text": "' + b"[" * 10 + b'", "tags": ' + b"[" * 65 + b"]" * 65 + b"}",
    ],
)
async def test_b3_nesting_is_counted_before_parsing(owner: Member, content: bytes) -> None:
    assert await refusal(owner, content) == (400, "too_deep")


async def test_b3_brackets_in_texts_are_no_nesting(owner: Member) -> None:
    body = {"text": '[[[["{{{{' * 20, "tags": {'\\"[': ["]"]}}
    answer = await owner.client.post(NOTES, json=body)
    assert answer.status_code == 201


async def test_b3_64_levels_are_fine(owner: Member) -> None:
    content = b'{"text": "a", "tags": {"deep": ' + b"[" * 62 + b"]" * 62 + b"}}"
    assert (await owner.client.post(NOTES, content=content, headers=JSON)).status_code == 201


async def test_b3_a_body_that_says_it_is_too_large_is_refused_unread(owner: Member) -> None:
    read = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(10 * 16):
            read += 65_536
            yield b" " * 65_536

    headers = JSON | {"content-length": str(10 * 1024 * 1024)}
    answer = await owner.client.post(NOTES, content=chunks(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert "1 MiB" in answer.json()["detail"]


async def test_b3_a_body_that_does_not_say_how_large_it_is_is_cut_off(owner: Member) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"text": "'
        for _ in range(100):
            yield b"x" * 65_536

    answer = await owner.client.post(NOTES, content=chunks(), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_b3_a_million_numbers_are_too_large(owner: Member) -> None:
    content = json.dumps({"text": "a", "tags": {"x": [1] * 1_000_000}}).encode()
    assert await refusal(owner, content) == (413, "body_too_large")


async def test_b3_a_route_may_have_its_own_limit(owner: Member) -> None:
    made = (await owner.client.post(NOTES, json={"text": "a"})).json()
    large = {"text": "a", "tags": {"x": "y" * 2048}}
    answer = await owner.client.put(f"{NOTES}/{made['id']}", json=large, headers={"if-match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert "2 KiB" in answer.json()["detail"]


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "application/jsonp",
        "application/xml",
        "",
    ],
)
async def test_b4_b13_only_json_in_utf_8_is_taken(owner: Member, content_type: str) -> None:
    assert await refusal(owner, b'{"text": "a"}', content_type) == (415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; Charset=UTF-8", "application/x+json"])
async def test_json_may_be_declared_in_any_usual_way(owner: Member, content_type: str) -> None:
    answer = await owner.client.post(NOTES, content=b'{"text": "a"}', headers={"content-type": content_type})
    assert answer.status_code == 201


async def test_b4_compressed_bodies_are_not_unpacked(owner: Member) -> None:
    headers = JSON | {"content-encoding": "gzip"}
    answer = await owner.client.post(NOTES, content=b"\x1f\x8b\x08", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("field", ["is_admin", "tenant_id", "role"])
async def test_b5_an_unknown_field_is_refused_by_name(owner: Member, field: str) -> None:
    answer = await owner.client.post(NOTES, json={"text": "a", field: "x"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_field")
    assert answer.json()["errors"][0]["pointer"] == f"/{field}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a\\u0000b", "invalid_text"),
        ("\\ud800", "invalid_text"),
        ("a\\udfffb", "invalid_text"),
        ("a\\u202eb", "invalid_text"),
        ("a\\u2066b", "invalid_text"),
        ("a\\u0007b", "invalid_text"),
        ("a\\nb", "invalid_text"),
        ("x" * 201, "too_long"),
        ("x" * 1_000_000, "too_long"),
        ("", "blank"),
        ("   ", "blank"),
        ("\\u200b\\u00a0\\u3000", "blank"),
    ],
)
async def test_b6_texts_that_are_none_are_refused(owner: Member, text: str, code: str) -> None:
    content = b'{"text": "' + text.encode() + b'"}'
    answer = await owner.client.post(NOTES, content=content, headers=JSON)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, code)
    assert problem["errors"] == [{"pointer": "/text", "code": code, "message": problem["detail"]}]


@pytest.mark.parametrize("text", ["שלום", "العربية\u200f", "👩‍👩‍👧‍👦", "naïve café", "100 % ' or 1=1 --"])
async def test_texts_of_every_script_are_kept_as_they_are(owner: Member, text: str) -> None:
    answer = await owner.client.post(NOTES, json={"text": f" {text} "})
    assert answer.json()["text"] == text


@pytest.mark.parametrize("name", ["\\u0000", "\\ud800"])
async def test_b6_names_and_values_that_no_model_describes_are_looked_at_too(owner: Member, name: str) -> None:
    for content in (f'{{"text": "a", "tags": {{"{name}": 1}}}}', f'{{"text": "a", "tags": {{"x": ["{name}"]}}}}'):
        answer = await owner.client.post(NOTES, content=content.encode(), headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_text")
    assert answer.json()["errors"][0]["pointer"] == "/tags/x/0"


async def test_a_wrong_type_is_named_without_repeating_the_value(owner: Member) -> None:
    answer = await owner.client.post(NOTES, json={"text": 7, "stars": "secret-value"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid_type")
    assert [error["pointer"] for error in problem["errors"]] == ["/text", "/stars"]
    assert "secret-value" not in answer.text


@pytest.mark.parametrize("stars", ["1", True, 1.5, None, [1], {}])
async def test_a_number_is_a_number(owner: Member, stars: object) -> None:
    answer = await owner.client.post(NOTES, json={"text": "a", "stars": stars})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_type")


async def test_violations_of_several_kinds_share_the_general_code(owner: Member) -> None:
    answer = await owner.client.post(NOTES, json={"text": " ", "wrong": 1})
    assert answer.json()["code"] == "invalid_input"
    assert {error["code"] for error in answer.json()["errors"]} == {"blank", "unknown_field"}
