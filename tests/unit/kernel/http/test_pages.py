"""B8, B9, T5: pages by key; limits, sorts and cursors that are not ours."""

from __future__ import annotations

import base64
import time

import pytest

from kernel.ids import TenantId, uuid7
from kernel.testing.studio import Member, RunningStudio

NOTES = "/api/v1/notes"


@pytest.fixture
async def written(owner: Member) -> list[str]:
    texts = [f"note {number:02}" for number in range(7)]
    for text in texts:
        assert (await owner.client.post(NOTES, json={"text": text})).status_code == 201
    return texts


async def read_all(member: Member, query: str) -> list[str]:
    texts: list[str] = []
    cursor = None
    while True:
        page = (await member.client.get(f"{NOTES}?{query}" + (f"&cursor={cursor}" if cursor else ""))).json()
        texts += [item["text"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            return texts


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
async def test_the_pages_of_a_list_are_the_list(owner: Member, written: list[str], limit: int) -> None:
    assert await read_all(owner, f"limit={limit}&sort=text") == written
    assert await read_all(owner, f"limit={limit}&sort=-text") == written[::-1]
    assert sorted(await read_all(owner, f"limit={limit}&sort=-id")) == written


async def test_a_row_added_before_the_cursor_moves_nothing(owner: Member, written: list[str]) -> None:
    first = (await owner.client.get(f"{NOTES}?limit=3")).json()
    await owner.client.post(NOTES, json={"text": "a first one"})
    second = (await owner.client.get(f"{NOTES}?limit=3&cursor={first['next']}")).json()
    assert [item["text"] for item in first["items"] + second["items"]] == written[:6]


async def test_an_empty_list_has_no_next_page(owner: Member) -> None:
    assert (await owner.client.get(NOTES)).json() == {"items": [], "next": None}


@pytest.mark.parametrize("limit", ["0", "-1", "101", "1000000000", "9" * 400, "1.5", "x", "", "NaN"])
async def test_b8_a_limit_is_1_to_100(owner: Member, limit: str) -> None:
    answer = await owner.client.get(f"{NOTES}?limit={limit}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_limit")


@pytest.mark.parametrize("cursor", ["x", "%00", "null", "AAAA", "====", base64.urlsafe_b64encode(b"x" * 60).decode()])
async def test_b8_a_made_up_cursor_is_refused(owner: Member, written: list[str], cursor: str) -> None:
    answer = await owner.client.get(NOTES, params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


async def test_b8_a_changed_cursor_is_refused(owner: Member, written: list[str]) -> None:
    cursor = (await owner.client.get(f"{NOTES}?limit=3")).json()["next"]
    for position in range(0, len(cursor), 7):
        changed = cursor[:position] + ("A" if cursor[position] != "A" else "B") + cursor[position + 1 :]
        answer = await owner.client.get(NOTES, params={"cursor": changed})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor"), position


async def test_b8_a_cursor_of_another_sort_is_refused(owner: Member, written: list[str]) -> None:
    cursor = (await owner.client.get(f"{NOTES}?limit=3&sort=text")).json()["next"]
    answer = await owner.client.get(NOTES, params={"cursor": cursor, "sort": "-text"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


async def test_b8_a_cursor_of_the_day_before_is_refused(
    owner: Member, written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cursor = (await owner.client.get(f"{NOTES}?limit=3")).json()["next"]
    later = time.time() + 25 * 3600
    monkeypatch.setattr("kernel.http.pages.time.time", lambda: later)
    answer = await owner.client.get(NOTES, params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


async def test_t5_a_cursor_of_another_workspace_is_refused(
    notes_studio: RunningStudio, owner: Member, written: list[str]
) -> None:
    cursor = (await owner.client.get(f"{NOTES}?limit=3")).json()["next"]
    attacker = notes_studio.as_member("owner", tenant=TenantId(uuid7()))
    answer = await attacker.client.get(NOTES, params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("sort", ["password", "text;drop", "text,id", "--text", "-", "TEXT", "tenant_id", "1"])
async def test_b9_an_unknown_sort_is_refused_and_the_known_ones_named(owner: Member, sort: str) -> None:
    answer = await owner.client.get(NOTES, params={"sort": sort})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_sort")
    assert "id, text" in answer.json()["detail"]


async def test_b9_five_hundred_filters_are_too_many(owner: Member) -> None:
    answer = await owner.client.get(NOTES, params=[("filter", str(number)) for number in range(500)])
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_filters")
