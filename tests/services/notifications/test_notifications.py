"""Notifications on a real database: who is told, how, and what an open page hears."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import UUID

import httpx2
from sqlalchemy import text

from contracts.clients.people import People, Person
from contracts.events.billing import QuotaReached
from contracts.events.jobs import JobChanged, JobFailure, StoryboardSaved
from contracts.events.tenants import MemberChanged, SignedIn, TenantDeleted
from contracts.events.videos import VideoStored
from contracts.permissions import SCOPES_OF
from kernel.events import Event
from kernel.ids import TenantId, uuid7
from kernel.testing.postgres import DatabaseServer
from kernel.testing.studio import Member, RunningStudio, studio
from services.notifications.service import SPEC


class Directory:
    """Answers `People` for the test: everybody who was added."""

    def __init__(self) -> None:
        self.people: dict[UUID, Person] = {}

    async def of(self, tenant: TenantId, user_ids: Sequence[UUID]) -> dict[UUID, Person]:
        return {one: self.people[one] for one in user_ids if one in self.people}


async def state_facts(s: RunningStudio, *events: Event, tenant: TenantId | None = None) -> None:
    """As if the services that emit them had, one after the other: facts of different keys overtake each other."""
    for event in events:
        async with s.database().system() as uow:
            uow.emit(event, tenant=tenant or s.tenant)
        await s.drain()


def joined(member: Member) -> MemberChanged:
    return MemberChanged(user_id=member.user_id, role=member.role)


def failed(title_of: UUID) -> JobChanged:
    failure = JobFailure(code="render_crashed", detail="Rendering stopped.")
    return JobChanged(job_id=uuid7(), storyboard_id=title_of, version=1, state="failed", failure=failure)


def saved(video: UUID, title: str) -> StoryboardSaved:
    return StoryboardSaved(
        storyboard_id=video, version=1, title=title, language="en", width=1920, height=1080, scenes=3
    )


async def test_makers_are_told_of_a_ready_video_and_viewers_are_not(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    answers = {People: Directory()}
    async with studio(SPEC, server=database_server, folder=tmp_path, roles=SCOPES_OF, answers=answers) as s:
        editor, viewer = s.as_member("editor"), s.as_member("viewer")
        video = uuid7()
        stored = VideoStored(job_id=uuid7(), video_id=video, version=1, title="Tea", bytes=10, seconds=12.0)
        await state_facts(s, joined(editor), joined(viewer), stored)

        told = (await editor.client.get("/api/v1/notifications")).json()["items"]
        assert [(one["kind"], one["params"]["title"]) for one in told] == [("video_ready", "Tea")]
        assert (await viewer.client.get("/api/v1/notifications")).json()["items"] == []

        assert (await editor.client.get("/api/v1/notifications/unread")).json() == {"count": 1}
        assert (await viewer.client.post(f"/api/v1/notifications/{told[0]['id']}/read")).status_code == 404
        assert (await editor.client.post(f"/api/v1/notifications/{told[0]['id']}/read")).status_code == 204
        assert (await editor.client.get("/api/v1/notifications?unread=true")).json()["items"] == []


async def test_a_failed_video_is_named_in_a_letter_in_the_readers_language(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    directory = Directory()
    async with studio(SPEC, server=database_server, folder=tmp_path, roles=SCOPES_OF, answers={People: directory}) as s:
        owner = s.as_member("owner")
        directory.people[owner.user_id] = Person(owner.user_id, "Ana", "ana@example.com", "fr")
        video = uuid7()
        await state_facts(s, joined(owner), saved(video, "Le thé"), failed(video))
        [mail] = s.mails
        assert mail.to == "ana@example.com"
        assert mail.subject == "« Le thé » n'a pas pu être créée"
        assert f"/videos/{video}" in mail.text


async def test_preferences_decide_the_ways_and_danger_can_not_be_switched_off(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    directory = Directory()
    async with studio(SPEC, server=database_server, folder=tmp_path, roles=SCOPES_OF, answers={People: directory}) as s:
        owner = s.as_member("owner")
        directory.people[owner.user_id] = Person(owner.user_id, "Ana", "ana@example.com", "en")
        quiet = [{"kind": "video_failed", "in_app": True, "email": False}]
        answer = await owner.client.put("/api/v1/notification-preferences", json={"items": quiet})
        assert {"kind": "video_failed", "in_app": True, "email": False} in answer.json()["items"]
        video = uuid7()
        await state_facts(s, joined(owner), saved(video, "Tea"), failed(video))
        assert s.mails == []
        assert len((await owner.client.get("/api/v1/notifications")).json()["items"]) == 1

        loud = [{"kind": "session_stolen", "in_app": False, "email": False}]
        refused = await owner.client.put("/api/v1/notification-preferences", json={"items": loud})
        assert (refused.status_code, refused.json()["code"]) == (422, "always_on")


async def test_a_sign_in_from_a_known_device_is_no_news(database_server: DatabaseServer, tmp_path: Path) -> None:
    answers = {People: Directory()}
    async with studio(SPEC, server=database_server, folder=tmp_path, roles=SCOPES_OF, answers=answers) as s:
        owner = s.as_member("owner")
        known = SignedIn(user_id=owner.user_id, session_id=uuid7(), known_device=True)
        new = SignedIn(user_id=owner.user_id, session_id=uuid7(), known_device=False)
        await state_facts(s, joined(owner), known, new)
        told = (await owner.client.get("/api/v1/notifications")).json()["items"]
        assert [one["params"]["session_id"] for one in told] == [str(new.session_id)]


async def test_t26_another_workspace_hears_nothing_and_a_deleted_one_is_forgotten(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    answers = {People: Directory()}
    async with studio(SPEC, server=database_server, folder=tmp_path, roles=SCOPES_OF, answers=answers) as s:
        owner = s.as_member("owner")
        stranger = s.as_member("owner", tenant=TenantId(uuid7()))
        reached = QuotaReached(quota="videos", percent=80, used=8, limit=10, period="2026-11")
        await state_facts(s, joined(owner), reached)
        await state_facts(s, joined(stranger), tenant=stranger.tenant)
        assert len((await owner.client.get("/api/v1/notifications")).json()["items"]) == 1
        assert (await stranger.client.get("/api/v1/notifications")).json()["items"] == []
        await state_facts(s, TenantDeleted())
        assert (await owner.client.get("/api/v1/notifications")).json()["items"] == []


async def _read(lines: AsyncIterator[str], count: int) -> list[tuple[str, str, object]]:
    """(id, event, data) of the next `count` events."""
    found: list[tuple[str, str, object]] = []
    fields: dict[str, str] = {}
    async for line in lines:
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif not line and fields:
            found.append((fields.get("id", ""), fields["event"], json.loads(fields["data"])))
            fields = {}
            if len(found) == count:
                return found
    raise AssertionError("the stream ended")


async def test_an_open_page_hears_what_happens_and_one_that_was_away_hears_what_it_missed(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    answers = {People: Directory()}
    async with (
        studio(SPEC, server=database_server, folder=tmp_path, roles=SCOPES_OF, answers=answers) as s,
        s.served() as address,
        httpx2.AsyncClient(base_url=address, timeout=20) as web,
    ):
        owner = s.as_member("owner")
        video = uuid7()
        job = JobChanged(job_id=uuid7(), storyboard_id=video, version=1, state="rendering", progress=0.5)
        async with web.stream("GET", "/api/v1/events", headers=owner.headers) as events:
            assert events.headers["content-type"].startswith("text/event-stream")
            lines = events.aiter_lines()
            [first] = await _read(lines, 1)
            assert first[1] == "resync"
            async with asyncio.TaskGroup() as together:
                heard = together.create_task(_read(lines, 1))
                together.create_task(state_facts(s, job))
        number, kind, data = heard.result()[0]
        assert (kind, data["progress"], data["state"]) == ("job", 0.5, "rendering")  # type: ignore[index]

        await state_facts(s, saved(video, "Tea"))
        await state_facts(s, saved(uuid7(), "Theirs"), tenant=TenantId(uuid7()))
        headers = {**owner.headers, "Last-Event-ID": number}
        async with web.stream("GET", "/api/v1/events", headers=headers) as events:
            [missed] = await _read(events.aiter_lines(), 1)
        assert missed[1:] == ("video", {"video_id": str(video), "change": "saved"})


async def test_a_page_that_was_away_for_too_long_is_told_to_read_again(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    answers = {People: Directory()}
    async with (
        studio(SPEC, server=database_server, folder=tmp_path, roles=SCOPES_OF, answers=answers) as s,
        s.served() as address,
        httpx2.AsyncClient(base_url=address, timeout=20) as web,
    ):
        owner = s.as_member("owner")
        await state_facts(s, saved(uuid7(), "Tea"), saved(uuid7(), "Coffee"))
        async with s.database().system() as uow:
            await uow.session.execute(text("UPDATE live_events SET created_at = now() - interval '1 day'"))
        await s.tick("notifications.forget")
        await state_facts(s, saved(uuid7(), "Milk"))
        headers = {**owner.headers, "Last-Event-ID": "1"}
        async with web.stream("GET", "/api/v1/events", headers=headers) as events:
            [first] = await _read(events.aiter_lines(), 1)
        assert first[1] == "resync"
