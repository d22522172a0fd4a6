"""Services put together: who answers what, what is started and stopped, and what is refused at the start."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Protocol

import asyncpg
import pytest
from fastapi import APIRouter
from sqlalchemy import text

from kernel.audit import ActRecorded
from kernel.db import Database
from kernel.events import Event, Subscriptions
from kernel.http import api_router
from kernel.secret import Secret
from kernel.service import ServiceSpec, StartRefused, Unanswered, check_whole, derive_key
from kernel.tasks import Run, Tasks, Tick
from kernel.testing.notes import NoteWritten
from kernel.testing.notes.service import ROLES, SPEC, Notes
from kernel.testing.postgres import DatabaseServer
from kernel.testing.studio import studio
from kernel.uow import UnitOfWork


class Weather(Protocol):
    """A question of a test."""

    def now(self) -> str: ...


class Sunny:
    def now(self) -> str:
        return "sunny"


class Unheard(Event):
    type: ClassVar[str] = "nobody.emits"


async def test_a_service_asks_whoever_answers_in_this_process(database_server: DatabaseServer, tmp_path: Path) -> None:
    spec = replace(SPEC, answers={Weather: lambda notes: Sunny()})
    async with studio(spec, server=database_server, folder=tmp_path) as s:
        assert s.service(Notes).env.ask(Weather).now() == "sunny"  # type: ignore[type-abstract]


async def test_a_question_nobody_answers_is_named(database_server: DatabaseServer, tmp_path: Path) -> None:
    async with studio(SPEC, server=database_server, folder=tmp_path) as s:
        with pytest.raises(Unanswered, match="Weather"):
            s.service(Notes).env.ask(Weather)  # type: ignore[type-abstract]


async def test_loops_run_while_the_studio_does_and_are_begun_again_when_they_fail(
    database_server: DatabaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kernel.service._RESTART_SECONDS", 0.01)
    begun = asyncio.Event()
    stopped: list[str] = []
    tries = 0

    async def loop(service: Any) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RuntimeError("once")
        begun.set()
        await asyncio.Event().wait()

    async def stop(service: Any) -> None:
        stopped.append(type(service).__name__)

    async with studio(replace(SPEC, loops=[loop], stop=stop), server=database_server, folder=tmp_path):
        async with asyncio.timeout(5):
            await begun.wait()
    assert tries == 2
    assert stopped == ["Notes"]


async def test_what_was_started_is_stopped_when_a_later_one_fails(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    stopped: list[str] = []

    async def stop(service: Any) -> None:
        stopped.append("first")

    async def start(service: Any) -> None:
        raise StartRefused("no")

    second = ServiceSpec(name="second", build=lambda env: env, migrations=SPEC.migrations, start=start)
    # Both histories are the same files; each has its own schema.
    with pytest.raises(StartRefused):
        async with studio(replace(SPEC, stop=stop), second, server=database_server, folder=tmp_path):
            raise AssertionError("it must not start")
    assert stopped == ["first"]


async def test_two_of_one_name_are_refused(database_server: DatabaseServer, tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="notes"):
        async with studio(SPEC, SPEC, server=database_server, folder=tmp_path):
            raise AssertionError("it must not start")


async def test_two_tasks_of_one_name_are_refused(database_server: DatabaseServer, tmp_path: Path) -> None:
    def with_task(service: str) -> Tasks:
        tasks = Tasks(service)

        async def work(run: Run[Tick], service: Any) -> None: ...

        tasks.on("notes.work", payload=Tick)(work)
        return tasks

    other = replace(SPEC, name="other", routers=(), tasks=with_task("other"))
    with pytest.raises(StartRefused, match=r"notes\.work"):
        async with studio(replace(SPEC, tasks=with_task("notes")), other, server=database_server, folder=tmp_path):
            raise AssertionError("it must not start")


def test_a_subscription_to_an_event_nobody_emits_is_refused() -> None:
    events = Subscriptions("listener")

    @events.on(Unheard)
    async def hear(event: Unheard, uow: UnitOfWork, service: Any) -> None: ...

    listener = ServiceSpec(name="listener", build=lambda env: env, migrations=SPEC.migrations, events=events)
    with pytest.raises(StartRefused, match=r"nobody\.emits"):
        check_whole([SPEC, listener])
    check_whole([replace(SPEC, emits=(NoteWritten, Unheard)), listener])


def test_everyone_may_listen_to_the_audit_log() -> None:
    events = Subscriptions("listener")

    @events.on(ActRecorded)
    async def hear(event: ActRecorded, uow: UnitOfWork, service: Any) -> None: ...

    check_whole([ServiceSpec(name="listener", build=lambda env: env, migrations=SPEC.migrations, events=events)])


async def test_routes_that_skip_the_strict_bodies_are_refused(database_server: DatabaseServer, tmp_path: Path) -> None:
    lax = APIRouter(prefix="/api/v1")

    @lax.get("/lax")
    async def lax_route() -> None: ...

    outer = api_router("outer")
    outer.include_router(lax)
    for router in (lax, outer):
        with pytest.raises(TypeError, match="/lax"):
            async with studio(replace(SPEC, routers=[router]), server=database_server, folder=tmp_path):
                raise AssertionError("it must not start")


async def test_events_reach_their_subscribers_when_the_test_says_so(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    events = Subscriptions("notes")
    heard: list[NoteWritten] = []

    @events.on(NoteWritten)
    async def hear(event: NoteWritten, uow: UnitOfWork, service: Notes) -> None:
        heard.append(event)

    spec = replace(SPEC, events=events)
    async with studio(spec, server=database_server, folder=tmp_path, roles=ROLES) as s:
        made = await s.as_member("owner").client.post("/api/v1/notes", json={"text": "a"})
        assert heard == []
        assert await s.drain() > 0
        assert [str(event.note_id) for event in heard] == [made.json()["id"]]


async def test_readiness_asks_the_database_and_liveness_does_not(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    async with studio(SPEC, server=database_server, folder=tmp_path) as s:
        assert (await s.client.get("/readyz")).json() == {"ready": True, "reasons": []}
        await empty_version(s.database(), database_server)
        missing = await s.client.get("/readyz")
        assert missing.status_code == 503
        assert missing.json()["reasons"] == ["notes: 1 migrations are to be run (keyreel migrate)."]
        assert (await s.client.get("/healthz")).status_code == 200


async def empty_version(database: Database, server: DatabaseServer) -> None:
    """Makes the database forget that it was migrated."""
    name = database.engine.url.database
    connection = await asyncpg.connect(server.server.url(name or "").reveal())
    try:
        await connection.execute("DELETE FROM keyreel_notes.alembic_version")
    finally:
        await connection.close()


async def test_f33_with_every_connection_in_use_readiness_is_red_and_requests_fail_fast(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    async with studio(SPEC, server=database_server, folder=tmp_path, roles=ROLES) as s:
        owner = s.as_member("owner")
        units = [s.database().unit_of_work(s.tenant) for _ in range(15)]
        for unit in units:
            uow = await unit.__aenter__()
            await uow.session.execute(text("SELECT 1"))
        try:
            async with asyncio.timeout(10):
                busy, ready, alive = await asyncio.gather(
                    owner.client.get("/api/v1/notes"), s.client.get("/readyz"), s.client.get("/healthz")
                )
        finally:
            for unit in units:
                await unit.__aexit__(None, None, None)
        assert (busy.status_code, busy.json()["code"], busy.headers["retry-after"]) == (503, "busy", "1")
        assert ready.status_code == 503
        assert alive.status_code == 200
        assert (await owner.client.get("/api/v1/notes")).status_code == 200


def test_keys_of_different_purposes_have_nothing_in_common() -> None:
    root = Secret("root")
    assert derive_key(root, "a").reveal() != derive_key(root, "b").reveal()
    assert derive_key(root, "a").reveal() == derive_key(Secret("root"), "a").reveal()
    assert derive_key(Secret("other"), "a").reveal() != derive_key(root, "a").reveal()
    assert len(derive_key(root, "a").reveal()) == 44
