"""B36, B37, F1, F2, T5: acts that are done once."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select, text

from kernel import failpoints
from kernel.http.idempotency import purge_keys
from kernel.ids import TenantId, uuid7
from kernel.tables import KERNEL
from kernel.testing.notes import Note
from kernel.testing.notes.service import Notes
from kernel.testing.studio import Member, RunningStudio

NOTES = "/api/v1/notes"


def key(value: str = "k-1") -> dict[str, str]:
    return {"idempotency-key": value}


async def counts(studio: RunningStudio) -> tuple[int, int, int]:
    """Notes, events and keys that are there."""
    async with studio.database().system() as uow:
        tables = (Note.__table__, KERNEL.outbox, KERNEL.idempotency)
        notes, events, keys = [await uow.session.scalar(select(func.count()).select_from(one)) or 0 for one in tables]
        return notes, events, keys


async def test_a_repeated_request_gets_the_first_answer(notes_studio: RunningStudio, owner: Member) -> None:
    first = await owner.client.post(NOTES, json={"text": "a"}, headers=key())
    again = await owner.client.post(NOTES, json={"text": "a"}, headers=key())
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.headers["location"] == again.headers["location"] == f"{NOTES}/{first.json()['id']}"
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert await counts(notes_studio) == (1, 1, 1)


async def test_without_a_key_every_request_is_an_act_of_its_own(notes_studio: RunningStudio, owner: Member) -> None:
    for text_ in ("a", "b"):
        assert (await owner.client.post(NOTES, json={"text": text_})).status_code == 201
    assert await counts(notes_studio) == (2, 2, 0)


async def test_b36_the_same_key_with_another_body_is_a_mismatch(notes_studio: RunningStudio, owner: Member) -> None:
    await owner.client.post(NOTES, json={"text": "a"}, headers=key())
    answer = await owner.client.post(NOTES, json={"text": "b"}, headers=key())
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_mismatch")
    assert await counts(notes_studio) == (1, 1, 1)


@pytest.mark.parametrize("value", ["", "x" * 256, "x" * 1024, "a\tb", "ü", "\x7f"])
async def test_b37_a_key_is_1_to_255_printable_characters(owner: Member, value: str) -> None:
    headers = [("idempotency-key", value.encode("latin-1"))]
    answer = await owner.client.post(NOTES, json={"text": "a"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_idempotency_key")


async def test_b37_two_keys_are_none(owner: Member) -> None:
    headers = [("idempotency-key", "a"), ("idempotency-key", "b")]
    answer = await owner.client.post(NOTES, json={"text": "a"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_idempotency_key")


async def test_b37_while_the_first_runs_the_second_is_told_to_wait(notes_studio: RunningStudio, owner: Member) -> None:
    service = notes_studio.service(Notes)
    service.slow = asyncio.Event()
    first = asyncio.create_task(owner.client.post(NOTES, json={"text": "a"}, headers=key()))
    async with asyncio.timeout(10):
        await service.acting.wait()
    second = await owner.client.post(NOTES, json={"text": "a"}, headers=key())
    assert second.status_code == 409
    assert second.json()["code"] == "in_progress"
    assert second.headers["retry-after"] == "1"
    service.slow.set()
    assert (await first).status_code == 201
    assert await counts(notes_studio) == (1, 1, 1)


async def test_of_many_at_once_one_acts(notes_studio: RunningStudio, owner: Member) -> None:
    answers = await asyncio.gather(
        *(owner.client.post(NOTES, json={"text": "a"}, headers=key()) for _ in range(8)), return_exceptions=False
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert await counts(notes_studio) == (1, 1, 1)


async def test_a_refused_act_leaves_the_key_free(notes_studio: RunningStudio, owner: Member) -> None:
    refused = await owner.client.post(NOTES, json={"text": "forbidden"}, headers=key())
    assert refused.json()["code"] == "note_refused"
    assert await counts(notes_studio) == (0, 0, 0)
    assert (await owner.client.post(NOTES, json={"text": "fine"}, headers=key())).status_code == 201


async def test_t5_a_key_of_another_workspace_means_nothing(notes_studio: RunningStudio, owner: Member) -> None:
    mine = await owner.client.post(NOTES, json={"text": "a"}, headers=key())
    other = notes_studio.as_member("owner", tenant=TenantId(uuid7()))
    theirs = await other.client.post(NOTES, json={"text": "b"}, headers=key())
    assert theirs.status_code == 201
    assert theirs.json()["id"] != mine.json()["id"]
    assert "idempotent-replayed" not in theirs.headers


@pytest.mark.parametrize("place", ["db.commit.before", "db.commit.after"])
async def test_f1_f2_after_a_failure_around_the_commit_a_retry_gives_one_act(
    notes_studio: RunningStudio, owner: Member, place: str
) -> None:
    with failpoints.arm(f"{place}=raise@1"):
        broken = await owner.client.post(NOTES, json={"text": "a"}, headers=key())
    assert broken.status_code == 500
    retried = await owner.client.post(NOTES, json={"text": "a"}, headers=key())
    assert retried.status_code == 201
    assert ("idempotent-replayed" in retried.headers) == (place == "db.commit.after")
    assert await counts(notes_studio) == (1, 1, 1)


async def test_keys_are_forgotten_after_a_day(notes_studio: RunningStudio, owner: Member) -> None:
    await owner.client.post(NOTES, json={"text": "a"}, headers=key("old"))
    async with notes_studio.database().system() as uow:
        await uow.session.execute(text("UPDATE idempotency SET created_at = now() - interval '25 hours'"))
    await owner.client.post(NOTES, json={"text": "b"}, headers=key("new"))
    async with notes_studio.database().system() as uow:
        assert await purge_keys(uow) == 1
    again = await owner.client.post(NOTES, json={"text": "b"}, headers=key("new"))
    assert again.headers["idempotent-replayed"] == "true"
