"""B7, B10, B11: addresses, ids, methods and hosts that are wrong; and that no answer tells what it must not."""

from __future__ import annotations

import json
import re
from statistics import median
from time import perf_counter
from typing import Any
from uuid import uuid4

import pytest

from kernel.errors import AppError, Conflict, InvalidInput, NotFound, RateLimited, Violation
from kernel.http.problems import FIELD_CODES, VIOLATIONS, catalogue, problems
from kernel.ids import TenantId, uuid7
from kernel.testing.notes.service import NoteRefused
from kernel.testing.studio import Member, RunningStudio

NOTES = "/api/v1/notes"


def without_request_id(text: str) -> dict[str, Any]:
    problem: dict[str, Any] = json.loads(text)
    assert problem.pop("request_id")
    return problem


async def test_a_problem_says_what_happened_and_where_to_look(owner: Member) -> None:
    answer = await owner.client.post(NOTES, json={"text": "forbidden"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:keyreel:problem:note_refused",
        "title": NoteRefused.title,
        "status": 422,
        "code": "note_refused",
        "detail": NoteRefused.title,
        "request_id": answer.headers["x-request-id"],
    }


@pytest.mark.parametrize(
    "note_id",
    [
        "x",
        "' or 1=1",
        "123",
        "9" * 400,
        "00000000-0000-0000-0000-00000000000g",
        "%00",
        "%ff%fe",
        "{note_id}",
        "ⅷ" * 36,
    ],
)
async def test_b7_a_malformed_id_is_answered_as_an_unknown_one(owner: Member, note_id: str) -> None:
    unknown = await owner.client.get(f"{NOTES}/{uuid4()}")
    malformed = await owner.client.get(f"{NOTES}/{note_id}")
    assert (unknown.status_code, malformed.status_code) == (404, 404)
    assert without_request_id(unknown.text) == without_request_id(malformed.text)
    assert len(unknown.content) == len(malformed.content)
    assert {*unknown.headers} == {*malformed.headers}


async def test_b7_an_id_in_capitals_is_the_same_id(owner: Member) -> None:
    made = (await owner.client.post(NOTES, json={"text": "a"})).json()
    assert (await owner.client.get(f"{NOTES}/{made['id'].upper()}")).status_code == 200


async def test_t1_a_foreign_id_is_answered_as_an_unknown_one(notes_studio: RunningStudio, owner: Member) -> None:
    made = (await owner.client.post(NOTES, json={"text": "a"})).json()
    attacker = notes_studio.as_member("owner", tenant=TenantId(uuid7()))
    foreign = await attacker.client.get(f"{NOTES}/{made['id']}")
    unknown = await attacker.client.get(f"{NOTES}/{uuid4()}")
    assert foreign.status_code == unknown.status_code == 404
    assert without_request_id(foreign.text) == without_request_id(unknown.text)


@pytest.mark.slow
async def test_t35_foreign_and_unknown_ids_take_the_same_time(notes_studio: RunningStudio, owner: Member) -> None:
    """Compares ranks, not durations: the area under the ROC curve of a guess by time is at most 0.6."""
    attacker = notes_studio.as_member("owner", tenant=TenantId(uuid7()))
    made = (await owner.client.post(NOTES, json={"text": "a"})).json()
    foreign: list[float] = []
    unknown: list[float] = []
    for _ in range(500):
        for times, note_id in ((foreign, made["id"]), (unknown, str(uuid4()))):
            began = perf_counter()
            await attacker.client.get(f"{NOTES}/{note_id}")
            times.append(perf_counter() - began)
    wins = sum(a > b for a in foreign for b in unknown) / (len(foreign) * len(unknown))
    assert max(wins, 1 - wins) <= 0.6, (median(foreign), median(unknown))


async def test_addresses_that_do_not_exist_are_not_found(notes_studio: RunningStudio) -> None:
    for path in (
        "/api/v1/nothing",
        "/api",
        "/api/",
        "/media/x",
        "/api/v1/notes/",
        "/.well-known/x",
        f"{NOTES}/..%2f..%2fetc",
    ):
        answer = await notes_studio.client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/api/v1/notes", {"GET", "POST"}),
        ("TRACE", "/api/v1/notes", {"GET", "POST"}),
        ("PATCH", "/api/v1/whoami", {"GET"}),
        ("CONNECT", "/api/v1/whoami", {"GET"}),
        ("POST", "/", {"GET", "HEAD"}),
        # a path of its own, although an id could stand in its last place
        ("PUT", "/api/v1/notes/live", {"GET"}),
        ("OPTIONS", "/api/v1/notes/live", {"GET"}),
    ],
)
async def test_b10_other_methods_are_named(owner: Member, method: str, path: str, allow: set[str]) -> None:
    answer = await owner.client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == allow


async def test_b10_a_header_can_not_change_the_method(owner: Member) -> None:
    headers = {"x-http-method-override": "PUT", "x-method-override": "PUT", "x-http-method": "PUT"}
    answer = await owner.client.get("/api/v1/whoami?_method=DELETE", headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost@evil.example", "", "a b", "[::1"]
)
async def test_b11_a_foreign_host_is_refused(notes_studio: RunningStudio, host: str) -> None:
    answer = await notes_studio.client.get("/api/v1/whoami", headers={"host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "unknown_host")


async def test_b11_two_hosts_are_refused(notes_studio: RunningStudio) -> None:
    answer = await notes_studio.client.get("/", headers=[("host", "localhost"), ("host", "evil.example")])
    assert (answer.status_code, answer.json()["code"]) == (421, "unknown_host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "localhost."])
async def test_this_machine_and_the_base_url_are_ours(notes_studio: RunningStudio, host: str) -> None:
    assert (await notes_studio.client.get("/", headers={"host": host})).status_code == 200


async def test_probes_answer_to_any_host(notes_studio: RunningStudio) -> None:
    assert (await notes_studio.client.get("/healthz", headers={"host": "10.1.2.3:8080"})).status_code == 200


async def test_an_error_nobody_foresaw_says_nothing_of_itself(owner: Member, capfd: pytest.CaptureFixture[str]) -> None:
    answer = await owner.client.get("/api/v1/failure")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert not re.search(r"hunter2|/srv|RuntimeError|Traceback", answer.text)
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_catalogue_tells_of_every_problem_once() -> None:
    entries = catalogue([NoteRefused])
    codes = [entry.code for entry in entries]
    assert len(codes) == len(set(codes))
    assert {"not_found", "note_refused", "malformed_json", "rate_limited"} <= set(codes)
    assert all(entry.text and entry.title and 400 <= entry.status < 600 for entry in entries)


def test_every_code_of_a_field_is_explained() -> None:
    assert {code for code, _ in VIOLATIONS.values()} <= set(FIELD_CODES)


def test_two_errors_of_one_code_and_two_statuses_are_refused() -> None:
    class Other(AppError):
        """Another."""

        code = "note_refused"
        status = 409

    with pytest.raises(ValueError, match="note_refused"):
        catalogue([NoteRefused, Other])


def test_a_route_declares_errors_of_one_status_together() -> None:
    class Gone(Conflict):
        """It is gone."""

        code = "gone_too"

    declared = problems(Conflict, Gone, NotFound)
    assert declared[409]["x-codes"] == ["invalid_state", "gone_too"]
    assert declared[404]["x-codes"] == ["not_found"]


def test_an_input_error_takes_the_code_its_violations_share() -> None:
    one = Violation("/a", "too_long", "At most 3.")
    assert InvalidInput(violations=(one, one)).problem()["code"] == "too_long"
    assert InvalidInput(violations=(one, Violation("/b", "blank", "…"))).problem()["code"] == "invalid_input"
    assert InvalidInput().problem()["code"] == "invalid_input"


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "1 second"), (59, "59 seconds"), (61, "2 minutes"), (3600, "1 hour"), (3601, "2 hours")]
)
def test_a_refusal_for_speed_says_when_to_try_again(seconds: int, words: str) -> None:
    error = RateLimited(retry_after=seconds)
    assert error.detail.endswith(f"try again in {words}.")
    assert error.retry_after == seconds
