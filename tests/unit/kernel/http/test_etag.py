"""Edits under a condition: nobody's change is lost."""

from __future__ import annotations

from uuid import uuid4

import pytest

from kernel.testing.studio import Member

NOTES = "/api/v1/notes"


@pytest.fixture
async def note(owner: Member) -> tuple[str, str]:
    made = (await owner.client.post(NOTES, json={"text": "a"})).json()
    read = await owner.client.get(f"{NOTES}/{made['id']}")
    return f"{NOTES}/{made['id']}", read.headers["etag"]


async def test_an_edit_of_the_version_one_read_is_made(owner: Member, note: tuple[str, str]) -> None:
    address, tag = note
    answer = await owner.client.put(address, json={"text": "b"}, headers={"if-match": tag})
    assert answer.json()["text"] == "b"
    assert (await owner.client.get(address)).headers["etag"] != tag


async def test_of_two_edits_of_one_version_the_second_is_refused(owner: Member, note: tuple[str, str]) -> None:
    address, tag = note
    await owner.client.put(address, json={"text": "b"}, headers={"if-match": tag})
    answer = await owner.client.put(address, json={"text": "c"}, headers={"if-match": tag})
    assert (answer.status_code, answer.json()["code"]) == (412, "version_conflict")
    assert (await owner.client.get(address)).json()["text"] == "b"


async def test_an_edit_without_a_condition_is_refused(owner: Member, note: tuple[str, str]) -> None:
    answer = await owner.client.put(note[0], json={"text": "b"})
    assert (answer.status_code, answer.json()["code"]) == (428, "precondition_required")


async def test_what_is_not_there_is_not_found_with_or_without_a_condition(owner: Member) -> None:
    for name in (str(uuid4()), "no-id"):
        answer = await owner.client.put(f"{NOTES}/{name}", json={"text": "b"})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("field", ["W/{}", "{}x", "x", "", '"', ",", '"other"', "{0}{0}"])
async def test_what_is_not_the_versions_tag_does_not_match(owner: Member, note: tuple[str, str], field: str) -> None:
    address, tag = note
    condition = field.replace("{0}", "").replace("{}", tag) if field != "{}x" else tag[:-1] + 'x"'
    answer = await owner.client.put(address, json={"text": "b"}, headers={"if-match": condition})
    assert (answer.status_code, answer.json()["code"]) == (412, "version_conflict")


@pytest.mark.parametrize("field", ["{}", '"other", {}', "*", ' {} , "x"'])
async def test_one_of_several_tags_is_enough(owner: Member, note: tuple[str, str], field: str) -> None:
    address, tag = note
    answer = await owner.client.put(address, json={"text": "b"}, headers={"if-match": field.format(tag)})
    assert answer.status_code == 200
