"""Who a request is from: sessions asked anew, roles, networks, and tenants that only the token names (T6–T9)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from kernel.auth import Sessions, Standing
from kernel.errors import Unavailable
from kernel.ids import TenantId, uuid7
from kernel.secret import Secret
from kernel.testing.notes.service import READ, ROLES, SPEC
from kernel.testing.postgres import DatabaseServer
from kernel.testing.studio import Member, RunningStudio, studio

WHOAMI = "/api/v1/whoami"


class Clock:
    """Moves only when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
async def running(database_server: DatabaseServer, tmp_path: Path) -> AsyncIterator[RunningStudio]:
    async with studio(SPEC, server=database_server, folder=tmp_path, roles=ROLES) as one:
        yield one


@pytest.fixture
def clock(running: RunningStudio) -> Clock:
    """The time by which answers about sessions and keys grow old."""
    clock = Clock()
    authenticator = running.app.state.authenticator
    authenticator._standings._clock = clock
    authenticator._keys._clock = clock
    return clock


async def status(member: Member, path: str = WHOAMI) -> int:
    return (await member.client.get(path)).status_code


async def test_a_session_is_asked_about_once_in_three_seconds(running: RunningStudio, clock: Clock) -> None:
    owner = running.as_member("owner")
    for _ in range(5):
        assert await status(owner) == 200
    assert running.sessions.asked == 1
    clock.seconds += 3.1
    assert await status(owner) == 200
    assert running.sessions.asked == 2


async def test_many_requests_at_once_are_one_question(running: RunningStudio) -> None:
    owner = running.as_member("owner")
    assert await asyncio.gather(*(status(owner) for _ in range(20))) == [200] * 20
    assert running.sessions.asked == 1


async def test_t7_a_member_who_was_removed_is_out_within_five_seconds(running: RunningStudio, clock: Clock) -> None:
    owner = running.as_member("owner")
    assert await status(owner) == 200
    running.end_session(owner)
    clock.seconds += 3.1
    assert await status(owner) == 401


async def test_t8_a_role_that_was_taken_is_gone_although_the_token_names_its_scopes(
    running: RunningStudio, clock: Clock
) -> None:
    member = running.as_member("owner")
    assert (await member.client.post("/api/v1/notes", json={"text": "a"})).status_code == 201
    running.change_role(member, "viewer")
    clock.seconds += 3.1
    answer = await member.client.post("/api/v1/notes", json={"text": "b"})
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")
    assert "notes:write" in answer.json()["detail"]


async def test_t8_sessions_of_one_person_in_two_workspaces_are_apart(running: RunningStudio) -> None:
    user = uuid7()
    here = running.as_member("owner", user_id=user)
    there = running.as_member("viewer", user_id=user, tenant=TenantId(uuid7()))
    made = (await here.client.post("/api/v1/notes", json={"text": "a"})).json()
    assert (await there.client.get(f"/api/v1/notes/{made['id']}")).status_code == 404
    assert (await there.client.post("/api/v1/notes", json={"text": "a"})).status_code == 403


async def test_t6_only_the_token_names_the_tenant(running: RunningStudio) -> None:
    owner, victim = running.as_member("owner"), TenantId(uuid7())
    headers = {
        "x-tenant-id": str(victim),
        "x-workspace-id": str(victim),
        "x-user-id": str(victim),
        "cookie": f"tenant={victim}; tenant_id={victim}",
    }
    answer = await owner.client.get(f"{WHOAMI}?tenant_id={victim}&tenant={victim}", headers=headers)
    assert answer.json() == {"tenant": str(owner.tenant), "actor": f"user:{owner.user_id}", "address": "127.0.0.1"}
    refused = await owner.client.post("/api/v1/notes", json={"text": "a", "tenant_id": str(victim)})
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_field")


@pytest.mark.parametrize(
    ("networks", "expected"), [(("127.0.0.0/8",), 200), (("203.0.113.0/24", "::1"), 403), (("203.0.113.9",), 403)]
)
async def test_t9_a_workspace_admits_only_its_networks(
    running: RunningStudio, networks: tuple[str, ...], expected: int
) -> None:
    member = running.as_member("owner", networks=networks)
    answer = await member.client.get(WHOAMI, headers={"x-forwarded-for": "203.0.113.9"})
    assert answer.status_code == expected
    if expected == 403:
        assert answer.json()["code"] == "address_not_allowed"


async def test_a_stolen_token_reaches_no_one_elses_standing(running: RunningStudio) -> None:
    """A standing of another tenant than the token's, whatever `Sessions` answers, is none."""
    owner = running.as_member("owner")
    standing = running.sessions.standings[owner.session_id]

    async def wrong(session_id: UUID, user_id: UUID, tenant: TenantId) -> Standing:
        return replace(standing, tenant=TenantId(uuid7()))

    running.sessions.of_session = wrong  # type: ignore[method-assign]
    assert await status(owner) == 401


async def test_while_nobody_can_be_asked_what_is_known_holds_for_a_minute(running: RunningStudio, clock: Clock) -> None:
    known, unknown = running.as_member("owner"), running.as_member("owner")
    assert await status(known) == 200

    async def down(*_: object) -> Standing | None:
        raise Unavailable

    running.sessions.of_session = down  # type: ignore[method-assign]
    clock.seconds += 30
    assert await status(known) == 200
    answer = await unknown.client.get(WHOAMI)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    clock.seconds += 31
    assert await status(known) == 503


async def test_a_new_signing_key_is_looked_up_and_unknown_ones_are_not_asked_for_each_time(
    running: RunningStudio, clock: Clock
) -> None:
    sessions, asked = running.sessions, 0
    owner = running.as_member("owner")
    assert await status(owner) == 200
    real = sessions.public_keys

    async def counted() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        return await real()

    sessions.public_keys = counted  # type: ignore[method-assign]
    sessions.key = type(sessions.key).generate()
    newcomer = running.as_member("owner")
    clock.seconds += 3.1
    assert await status(newcomer) == 200
    assert asked == 1
    sessions.key = type(sessions.key).generate()
    for _ in range(10):
        assert await status(running.as_member("owner")) == 401
    assert asked == 1


class TokenSessions:
    """Knows one API token."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing

    async def of_session(self, session_id: UUID, user_id: UUID, tenant: TenantId) -> Standing | None:
        return None

    async def of_token(self, token: Secret) -> Standing | None:
        return self.standing if token == Secret("kr_good") else None

    async def public_keys(self) -> dict[str, Any]:
        return {"keys": []}


async def test_an_api_token_has_its_own_scopes_and_name_in_the_audit_log(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    token_id = uuid7()
    standing = Standing(TenantId(uuid7()), uuid7(), "owner", frozenset({READ}), token_id=token_id)
    answers = {Sessions: TokenSessions(standing)}
    async with studio(SPEC, server=database_server, folder=tmp_path, answers=answers) as s:
        good = {"authorization": "Bearer kr_good"}
        assert (await s.client.get(WHOAMI, headers=good)).json()["actor"] == f"token:{token_id}"
        assert (await s.client.get("/api/v1/notes", headers=good)).status_code == 200
        refused = await s.client.post("/api/v1/notes", json={"text": "a"}, headers=good)
        assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
        for wrong in ("kr_wrong", "kr_", "kr_goo", "kr_good ", "KR_good"):
            assert (await s.client.get(WHOAMI, headers={"authorization": f"Bearer {wrong}"})).status_code == 401, wrong


@pytest.mark.slow
async def test_t22_mixed_requests_never_cross(running: RunningStudio) -> None:
    """Two workspaces ask the same addresses at once, some hang up in the middle; nobody sees the other's."""
    members = [running.as_member("owner"), running.as_member("owner", tenant=TenantId(uuid7()))]
    for number, member in enumerate(members):
        for index in range(3):
            await member.client.post("/api/v1/notes", json={"text": f"{number}-{index}"})

    async def look(number: int, turn: int) -> None:
        member = members[number]
        try:
            async with asyncio.timeout(0.001 if turn % 7 == 0 else None):
                who = (await member.client.get(WHOAMI)).json()
                page = (await member.client.get("/api/v1/notes")).json()
        except TimeoutError:
            return
        assert who["tenant"] == str(member.tenant)
        assert [item["text"] for item in page["items"]] == [f"{number}-{index}" for index in range(3)]

    for batch in range(50):
        await asyncio.gather(*(look(turn % 2, batch * 20 + turn) for turn in range(20)))


async def test_no_answer_of_the_api_may_be_kept_by_a_shared_cache(running: RunningStudio) -> None:
    answer = await running.as_member("owner").client.get(WHOAMI)
    assert answer.headers["cache-control"] == "no-store"
    assert "authorization" in answer.headers["vary"].lower()
