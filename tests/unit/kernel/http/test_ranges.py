"""B12: ranges of files, whatever the header says, and conditional requests."""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.http.errors import RangeNotSatisfiable
from kernel.http.ranges import ByteRange, content_disposition, parse_range
from kernel.ids import TenantId, uuid7
from kernel.objects import ObjectKey, Stored
from kernel.testing.studio import Member, RunningStudio

CONTENT = bytes(range(256)) * 4


@pytest.mark.parametrize(
    ("field", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, 1000),
        ("bytes=10-19", 10, 20),
        ("bytes=990-5000", 990, 1000),
        ("bytes=-1", 999, 1000),
        ("bytes=-5000", 0, 1000),
        (" bytes = 1 - 2 ", 1, 3),
        ("bytes=0-9999999999999999999", 0, 1000),
    ],
)
def test_a_range_is_inclusive_and_cut_at_the_end(field: str, start: int, end: int) -> None:
    assert parse_range(field, 1000) == ByteRange(start, end)


@pytest.mark.parametrize(
    "field",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "bytes=a-b",
        "bytes=0-1,3-4",
        "bytes=1-2,",
        "items=0-5",
        "bytes=0x1-2",
        "bytes=+1-2",
        "bytes=1.0-2",
        "bytes=٣-٤",
        "bytes=0-" + "9" * 100,
    ],
)
def test_b12_what_is_not_one_range_is_ignored(field: str | None) -> None:
    if field == "bytes=٣-٤":
        field = field.encode().decode("latin-1")
    assert parse_range(field, 1000) is None


@pytest.mark.parametrize("field", ["bytes=1000-", "bytes=1000-1001", "bytes=-0", "bytes=9999999999999999999-"])
def test_b12_a_range_outside_the_file_can_not_be_satisfied(field: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as refused:
        parse_range(field, 1000)
    assert refused.value.headers["Content-Range"] == "bytes */1000"


def test_an_empty_file_has_no_ranges() -> None:
    with pytest.raises(RangeNotSatisfiable):
        parse_range("bytes=0-", 0)


@given(field=st.text(max_size=80), size=st.integers(0, 10**12))
def test_b12_any_text_is_a_range_inside_the_file_or_none(field: str, size: int) -> None:
    try:
        found = parse_range("bytes=" + field, size)
    except RangeNotSatisfiable:
        return
    assert found is None or 0 <= found.start < found.end <= size


def test_b12_a_thousand_ranges_cost_nothing() -> None:
    fields = [
        "bytes=" + ",".join(f"{n}-{n + 1}" for n in range(1000)),
        "bytes=" + "0-," * 100_000,
        "bytes=" + " " * 10**6,
    ]
    began = time.process_time()
    for field in fields:
        assert parse_range(field, 10**9) is None
    assert time.process_time() - began < 0.05  # the bound of the bad-input matrix


@dataclass
class File:
    member: Member
    address: str
    stored: Stored


@pytest.fixture
async def file(notes_studio: RunningStudio, owner: Member) -> File:
    note_id: UUID = uuid7()
    key = ObjectKey.of(owner.tenant, "notes", str(note_id))
    stored = await notes_studio.ports.objects.put_bytes(key, CONTENT, content_type="video/mp4")
    return File(owner, f"/api/v1/notes/{note_id}/file", stored)


async def test_a_file_is_sent_whole_with_what_players_need(file: File) -> None:
    answer = await file.member.client.get(file.address)
    assert answer.status_code == 200
    assert answer.content == CONTENT
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["cache-control"].startswith("private")
    assert answer.headers["etag"] == f'"{file.stored.etag}"'


@pytest.mark.parametrize(("field", "part"), [("bytes=5-9", CONTENT[5:10]), ("bytes=-3", CONTENT[-3:])])
async def test_a_part_of_a_file_is_sent_as_206(file: File, field: str, part: bytes) -> None:
    answer = await file.member.client.get(file.address, headers={"range": field})
    start = CONTENT.index(part) if field != "bytes=-3" else len(CONTENT) - 3
    assert answer.status_code == 206
    assert answer.content == part
    assert answer.headers["content-range"] == f"bytes {start}-{start + len(part) - 1}/{len(CONTENT)}"


async def test_b12_a_range_outside_is_a_416_problem(file: File) -> None:
    answer = await file.member.client.get(file.address, headers={"range": "bytes=5000-"})
    assert (answer.status_code, answer.json()["code"]) == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"


async def test_b12_several_ranges_get_the_whole_file(file: File) -> None:
    answer = await file.member.client.get(file.address, headers={"range": "bytes=" + "0-1," * 999 + "0-1"})
    assert (answer.status_code, answer.content) == (200, CONTENT)


async def test_head_tells_and_sends_nothing(file: File) -> None:
    whole = await file.member.client.head(file.address)
    part = await file.member.client.head(file.address, headers={"range": "bytes=0-9"})
    assert (whole.status_code, whole.content, whole.headers["content-length"]) == (200, b"", str(len(CONTENT)))
    assert (part.status_code, part.content, part.headers["content-length"]) == (206, b"", "10")


async def test_what_the_client_has_is_not_sent_again(file: File) -> None:
    first = await file.member.client.get(file.address)
    for condition in (
        {"if-none-match": first.headers["etag"]},
        {"if-none-match": f'"x", W/{first.headers["etag"]}'},
        {"if-none-match": "*"},
        {"if-modified-since": first.headers["last-modified"]},
    ):
        answer = await file.member.client.get(file.address, headers=condition)
        assert (answer.status_code, answer.content) == (304, b""), condition
    for condition in (
        {"if-none-match": '"x"'},
        {"if-modified-since": "Mon, 01 Jan 2001 00:00:00 GMT"},
        {"if-modified-since": "x"},
    ):
        assert (await file.member.client.get(file.address, headers=condition)).status_code == 200, condition


async def test_a_range_of_an_older_file_gets_the_whole_new_one(file: File) -> None:
    first = await file.member.client.get(file.address)
    for condition, status in (
        (first.headers["etag"], 206),
        (first.headers["last-modified"], 206),
        ('"old"', 200),
        (f"W/{first.headers['etag']}", 200),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 200),
        ("garbage", 200),
    ):
        answer = await file.member.client.get(file.address, headers={"range": "bytes=0-9", "if-range": condition})
        assert answer.status_code == status, condition


async def test_a_file_whose_bytes_are_gone_is_a_problem_and_no_cut_off_answer(
    notes_studio: RunningStudio, file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def still_there(key: ObjectKey) -> Stored:
        return file.stored

    monkeypatch.setattr(notes_studio.ports.objects, "stat", still_there)
    await notes_studio.ports.objects.delete([file.stored.key])
    answer = await file.member.client.get(file.address)
    assert (answer.status_code, answer.json()["code"]) == (410, "object_missing")


async def test_a_file_of_another_workspace_is_not_found(notes_studio: RunningStudio, file: File) -> None:
    attacker = notes_studio.as_member("owner", tenant=TenantId(uuid7()))
    assert (await attacker.client.get(file.address)).status_code == 404


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("Film.mp4", "attachment; filename=\"Film.mp4\"; filename*=UTF-8''Film.mp4"),
        ("Été 1.mp4", "attachment; filename=\"_t_ 1.mp4\"; filename*=UTF-8''%C3%89t%C3%A9%201.mp4"),
        ('a"b\\c/d.mp4', "attachment; filename=\"a_b_c_d.mp4\"; filename*=UTF-8''a_b_c_d.mp4"),
        (
            "a\r\nSet-Cookie: x=1.mp4",
            "attachment; filename=\"a__Set-Cookie: x=1.mp4\"; filename*=UTF-8''a__Set-Cookie%3A%20x%3D1.mp4",
        ),
        ("../../x", "attachment; filename=\".._.._x\"; filename*=UTF-8''.._.._x"),
        (None, "attachment"),
    ],
)
def test_b13_a_file_name_can_not_leave_its_header(name: str | None, header: str) -> None:
    assert content_disposition(name, download=True) == header
