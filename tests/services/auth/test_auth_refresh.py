"""Refresh tokens: single use, tabs that race, theft."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from services.auth.testing import House

Advance = Callable[[timedelta], None]


async def test_a_refresh_replaces_the_cookie_and_the_access_token(house: House) -> None:
    ada = await house.member("ada@example.com")
    before, access = ada.refresh_token, ada.session["access_token"]

    answer = await ada.post("/auth/refresh", {})

    assert answer.status_code == 200
    assert ada.refresh_token != before
    assert ada.session["access_token"] != access
    assert (await ada.get("/me")).status_code == 200


async def test_tabs_that_refresh_at_once_get_the_same_successor(house: House) -> None:
    ada = await house.member("ada@example.com")
    token = ada.refresh_token
    tabs = [house.browser() for _ in range(6)]
    for tab in tabs:
        tab.refresh_token = token

    answers = await asyncio.gather(*(tab.post("/auth/refresh", {}) for tab in tabs))

    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({_cookie(answer) for answer in answers}) == 1
    assert len(await house.run("SELECT 1 FROM refresh_tokens")) == 2


async def test_a_replay_within_thirty_seconds_gets_the_newest_token_of_the_line(house: House, advance: Advance) -> None:
    ada = await house.member("ada@example.com")
    first = ada.refresh_token
    await ada.post("/auth/refresh", {})
    await ada.post("/auth/refresh", {})
    newest = ada.refresh_token
    advance(timedelta(seconds=29))

    slow_tab = house.browser()
    slow_tab.refresh_token = first
    answer = await slow_tab.post("/auth/refresh", {})

    assert answer.status_code == 200
    assert _cookie(answer) == newest


async def test_a_replay_after_thirty_one_seconds_ends_the_family_and_its_owner_hears(
    house: House, advance: Advance
) -> None:
    ada = await house.member("ada@example.com")
    stolen = ada.refresh_token
    await ada.post("/auth/refresh", {})
    advance(timedelta(seconds=31))

    thief = house.browser()
    thief.refresh_token = stolen
    replayed = await thief.post("/auth/refresh", {})
    owner = await ada.post("/auth/refresh", {})

    assert (replayed.status_code, replayed.json()["code"]) == (401, "session_ended")
    assert (owner.status_code, owner.json()["code"]) == (401, "session_ended")
    [(tenant, data)] = await house.emitted("session.stolen")
    assert (tenant, data["user_id"]) == (ada.workspace, str(ada.user_id))
    letter = (await house.letters("ada@example.com"))[-1]
    assert letter.subject == "We closed one of your sessions"
    assert "Firefox on Linux" in letter.text
    assert [reason for (reason,) in await house.run("SELECT end_reason FROM sessions")] == ["stolen"]


async def test_a_theft_ends_one_session_and_leaves_the_others(house: House, advance: Advance) -> None:
    ada = await house.member("ada@example.com")
    phone = house.browser()
    await house.sign_in("ada@example.com", browser=phone)
    stolen = ada.refresh_token
    await ada.post("/auth/refresh", {})
    advance(timedelta(seconds=31))
    ada.refresh_token = stolen
    await ada.post("/auth/refresh", {})

    assert (await phone.post("/auth/refresh", {})).status_code == 200


async def test_signing_out_ends_the_session_and_drops_the_cookie(house: House) -> None:
    ada = await house.member("ada@example.com")
    token = ada.refresh_token

    assert (await ada.post("/auth/sign-out")).status_code == 204
    assert ada.refresh_token is None
    assert (await ada.post("/auth/sign-out")).status_code == 204
    ada.refresh_token = token
    assert (await ada.post("/auth/refresh", {})).json()["code"] == "session_ended"


async def test_a_session_that_is_not_used_for_thirty_days_ends_and_one_that_is_used_goes_on(
    house: House, advance: Advance
) -> None:
    ada, bob = await house.member("ada@example.com"), await house.member("bob@example.com")
    advance(timedelta(days=20))
    assert (await ada.post("/auth/refresh", {})).status_code == 200
    advance(timedelta(days=11))

    assert (await bob.post("/auth/refresh", {})).json()["code"] == "session_ended"
    assert (await ada.post("/auth/refresh", {})).status_code == 200


async def test_refreshing_goes_on_in_another_workspace_and_stays_there(house: House) -> None:
    owner = await house.member("owner@example.com")
    bob = await house.member("bob@example.com")
    own = bob.workspace
    await owner.post("/invitations", {"email": "bob@example.com", "role": "viewer"})
    await bob.post("/invitations/accept", {"token": await house.token("bob@example.com")})

    await bob.post("/auth/refresh", {"workspace_id": str(owner.workspace)})
    assert (bob.workspace, bob.session["workspace"]["role"]) == (owner.workspace, "viewer")
    assert "members:write" not in bob.session["scopes"]
    await bob.post("/auth/refresh", {})
    assert bob.workspace == owner.workspace
    await bob.post("/auth/refresh", {"workspace_id": str(own)})
    assert (bob.workspace, bob.session["workspace"]["role"]) == (own, "owner")


async def test_t8_anothers_workspace_can_not_be_told_from_one_that_does_not_exist(house: House) -> None:
    ada, eve = await house.member("ada@example.com"), await house.member("eve@example.com")
    before = eve.refresh_token

    foreign = await eve.post("/auth/refresh", {"workspace_id": str(ada.workspace)})
    unknown = await eve.post("/auth/refresh", {"workspace_id": str(uuid4())})

    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    assert eve.refresh_token == before
    assert (await eve.post("/auth/refresh", {})).status_code == 200


async def test_without_a_cookie_or_with_a_foreign_one_there_is_no_session(house: House) -> None:
    nobody = house.browser()

    assert (await nobody.post("/auth/refresh", {})).json()["code"] == "session_ended"
    nobody.refresh_token = "x" * 43
    assert (await nobody.post("/auth/refresh", {})).json()["code"] == "session_ended"


async def test_no_refresh_token_can_be_read_in_the_database(house: House) -> None:
    ada = await house.member("ada@example.com")
    first = ada.refresh_token
    await ada.post("/auth/refresh", {})

    rows = await house.run("SELECT token_hash::text FROM refresh_tokens")

    for token in (first, ada.refresh_token):
        assert token and all(token.encode().hex() not in row[0] for row in rows)


def _cookie(answer: object) -> str:
    cookies = answer.headers.get_list("set-cookie")  # type: ignore[attr-defined]
    return next(c for c in cookies if c.startswith("__Host-keyreel-refresh=")).partition("=")[2].partition(";")[0]
