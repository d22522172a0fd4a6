"""Signing in with a password: one answer for every failure, limits without lock-out, cookies no script can read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import argon2
import pytest

from adapters.limits_memory import MemoryLimits
from kernel.errors import Unavailable
from kernel.ports import Limit, LimiterDown, Verdict
from kernel.secret import Secret
from kernel.testing.postgres import DatabaseServer
from services.auth import testing
from services.auth.service import SPEC
from services.auth.testing import PASSWORD, House


async def test_b14_unknown_wrong_disabled_and_unverified_answer_alike(house: House) -> None:
    await house.member("ada@example.com")
    await house.member("gone@example.com")
    await house.run("UPDATE users SET disabled_at = now() WHERE email = 'gone@example.com' RETURNING id")
    await house.register(house.browser(), "waiting@example.com")

    answers = [
        await house.sign_in("ada@example.com", "another long password here"),
        await house.sign_in("nobody@example.com"),
        await house.sign_in("gone@example.com"),
        await house.sign_in("waiting@example.com"),
        await house.sign_in("not an address"),
    ]

    bodies = {tuple(sorted((answer.json() | {"request_id": ""}).items())) for answer in answers}
    assert len(bodies) == 1
    assert {answer.status_code for answer in answers} == {401}
    assert answers[0].json()["code"] == "invalid_credentials"
    assert len({tuple(sorted(answer.headers)) for answer in answers}) == 1


async def test_b14_every_failure_verifies_one_argon2_hash(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.member("ada@example.com")
    verified: list[str] = []
    real = argon2.PasswordHasher.verify

    def counting(self: argon2.PasswordHasher, kept: str, password: str) -> bool:
        verified.append(kept)
        return real(self, kept, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counting)
    for email in ("ada@example.com", "nobody@example.com", "not an address"):
        await house.sign_in(email, "another long password here")

    assert [kept.rpartition("$")[0].rpartition("$")[0] for kept in verified] == ["$argon2id$v=19$m=65536,t=3,p=4"] * 3


async def test_b15_a_password_counts_to_its_last_character(house: House) -> None:
    long = "a long sentence that nobody would guess, written out to the 73rd letter: "
    assert len(long) == 73
    await house.member("ada@example.com", password=long + "x")

    assert (await house.sign_in("ada@example.com", long + "y")).status_code == 401
    assert (await house.sign_in("ada@example.com", long + "x")).status_code == 200


async def test_b15_a_megabyte_of_password_is_refused_before_it_is_hashed(house: House) -> None:
    answer = await house.sign_in("ada@example.com", "x" * 1_000_000)

    assert (answer.status_code, answer.json()["code"]) == (422, "too_long")


async def test_a_password_is_the_same_however_its_letters_are_composed(house: House) -> None:
    await house.member("ada@example.com", password="café crème sur la terrasse")

    assert (await house.sign_in("ada@example.com", "cafe\u0301 cre\u0300me sur\u00a0la terrasse")).status_code == 200


async def test_a_hash_of_older_parameters_is_made_anew_at_sign_in(house: House) -> None:
    await house.member("ada@example.com")
    old = argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    await house.run("UPDATE users SET password_hash = :old RETURNING id", old=old)

    assert (await house.sign_in("ada@example.com")).status_code == 200
    [(kept,)] = await house.run("SELECT password_hash FROM users")

    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert (await house.sign_in("ada@example.com")).status_code == 200


async def test_the_refresh_token_is_in_a_cookie_no_script_can_read_and_nowhere_else(house: House) -> None:
    browser = house.browser()
    await house.member("ada@example.com")

    answer = await house.sign_in("ada@example.com", browser=browser)

    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("__Host-keyreel-refresh="))
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert browser.refresh_token and browser.refresh_token not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["expires_in"] == 600


async def test_a_request_from_another_site_is_refused(house: House) -> None:
    ada = await house.member("ada@example.com")
    session = ada.session

    for path, body in (
        ("/auth/sign-in", {"email": "ada@example.com", "password": PASSWORD}),
        ("/auth/refresh", {}),
        ("/auth/sign-out", None),
    ):
        for origin in ("https://evil.example", "null", "http://localhost:8080", "http://localhost.evil.example"):
            answer = await ada.post(path, body, headers={"Origin": origin})
            assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed"), (path, origin)
    without = await ada.client.post("/api/v1/auth/refresh", json={})

    assert without.json()["code"] == "origin_not_allowed"
    assert (await ada.post("/auth/refresh", {})).status_code == 200
    assert ada.session["user"] == session["user"]


async def test_a_new_browser_is_told_from_one_seen_before(house: House) -> None:
    ada = await house.member("ada@example.com")
    await ada.post("/auth/sign-out")

    await house.sign_in("ada@example.com", browser=ada)
    await house.sign_in("ada@example.com")

    started = await house.emitted("session.started")
    assert [data["known_device"] for _, data in started] == [True, True, False]
    assert {tenant for tenant, _ in started} == {ada.workspace}


async def test_a_sign_in_is_told_to_every_workspace_of_the_person(house: House) -> None:
    owner = await house.member("owner@example.com")
    bob = await house.join(owner, "bob@example.com", "viewer")
    before = len(await house.emitted("session.started"))

    await house.sign_in("bob@example.com")

    told = (await house.emitted("session.started"))[before:]
    assert {tenant for tenant, _ in told} == {owner.workspace, bob.workspace} | {
        ref_id for (ref_id,) in await house.run("SELECT tenant_id FROM memberships WHERE user_id = :u", u=bob.user_id)
    }
    assert len({data["session_id"] for _, data in told}) == 1


@asynccontextmanager
async def _limited(server: DatabaseServer, folder: Path, limits: Any) -> AsyncIterator[House]:
    async with testing.house(SPEC, server=server, folder=folder, limits=limits) as opened:
        yield opened


async def test_guessing_is_slowed_down_and_nobody_is_locked_out(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    time = 0.0
    async with _limited(database_server, tmp_path, MemoryLimits(clock=lambda: time)) as house:
        await house.member("ada@example.com")

        answers = [await house.sign_in("ada@example.com", "another long password here") for _ in range(12)]
        refused = await house.sign_in("ada@example.com")
        time += 11
        later = await house.sign_in("ada@example.com")

    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(refused.headers["retry-after"]) <= 10
    assert later.status_code == 200


async def test_an_unknown_account_is_slowed_down_like_a_known_one(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    async with _limited(database_server, tmp_path, MemoryLimits(clock=lambda: 0.0)) as house:
        answers = [await house.sign_in("nobody@example.com") for _ in range(11)]

    assert [answer.status_code for answer in answers] == [401] * 10 + [429]


async def test_letters_to_one_address_are_limited_without_telling(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    async with _limited(database_server, tmp_path, MemoryLimits(clock=lambda: 0.0)) as house:
        answers = [await house.register(house.browser(), "ada@example.com") for _ in range(7)]
        letters = await house.letters("ada@example.com")

    assert {(answer.status_code, answer.content) for answer in answers} == {(202, b"{}")}
    assert len(letters) == 5


class _Down:
    async def take(self, bucket: str, limit: Limit, cost: int = 1) -> Verdict:
        raise LimiterDown


async def test_nobody_signs_in_while_the_limiter_is_down(database_server: DatabaseServer, tmp_path: Path) -> None:
    async with _limited(database_server, tmp_path, _Down()) as house:
        answer = await house.sign_in("ada@example.com")

    assert (answer.status_code, answer.json()["code"]) == (503, "limiter_unavailable")


async def test_a_reset_closes_every_session_and_the_letter_works_once(house: House) -> None:
    ada = await house.member("ada@example.com")
    other = house.browser()
    await house.sign_in("ada@example.com", browser=other)

    forgotten = await house.browser().post("/auth/password/forgot", {"email": "ADA@example.com"})
    token = await house.token("ada@example.com")
    by_get = await ada.get(f"/auth/password/reset?token={token}")
    weak = await ada.post("/auth/password/reset", {"token": token, "password": "password123456789"})
    done = await ada.post("/auth/password/reset", {"token": token, "password": "a quite different sentence"})
    again = await ada.post("/auth/password/reset", {"token": token, "password": "and another one of these"})

    assert (forgotten.status_code, forgotten.content) == (202, b"{}")
    assert by_get.status_code == 405
    assert weak.json()["code"] == "password_too_common"
    assert done.status_code == 204
    assert (again.status_code, again.json()["code"]) == (400, "invalid_or_expired_token")
    for browser in (ada, other):
        assert (await browser.post("/auth/refresh", {})).json()["code"] == "session_ended"
    assert (await house.sign_in("ada@example.com")).status_code == 401
    assert (await house.sign_in("ada@example.com", "a quite different sentence")).status_code == 200
    assert (await house.letters("ada@example.com"))[-1].subject == "Your password was changed"


async def test_b19_a_reset_expires_and_is_nobody_elses(house: House, advance: Any) -> None:
    await house.member("ada@example.com")
    await house.browser().post("/auth/password/forgot", {"email": "ada@example.com"})
    await house.browser().post("/auth/password/forgot", {"email": "nobody@example.com"})
    token = await house.token("ada@example.com")

    assert await house.letters("nobody@example.com") == []
    forged = await house.browser().post("/auth/verify", {"token": token, "password": "a quite different sentence"})
    advance(timedelta(hours=1, seconds=1))
    late = await house.browser().post(
        "/auth/password/reset", {"token": token, "password": "a quite different sentence"}
    )

    assert forged.json()["code"] == late.json()["code"] == "invalid_or_expired_token"
    assert (await house.sign_in("ada@example.com")).status_code == 200


async def test_a_newer_reset_letter_ends_the_older_one(house: House) -> None:
    await house.member("ada@example.com")
    await house.browser().post("/auth/password/forgot", {"email": "ada@example.com"})
    first = await house.token("ada@example.com")
    await house.browser().post("/auth/password/forgot", {"email": "ada@example.com"})
    second = await house.token("ada@example.com")

    body = {"password": "a quite different sentence"}
    assert (await house.browser().post("/auth/password/reset", {"token": first, **body})).status_code == 400
    assert (await house.browser().post("/auth/password/reset", {"token": second, **body})).status_code == 204


async def test_the_studios_local_names_are_one_place_and_another_port_is_another(house: House) -> None:
    await house.member("ada@example.com")
    body = {"email": "ada@example.com", "password": PASSWORD}

    for origin, status in (
        ("http://localhost", 200),
        ("http://127.0.0.1", 200),
        ("http://[::1]", 200),
        ("http://127.0.0.1:8080", 403),
        ("https://localhost", 403),
    ):
        answer = await house.browser().post("/auth/sign-in", body, headers={"Origin": origin})
        assert answer.status_code == status, origin


async def test_a_studio_on_a_network_without_tls_uses_cookies_that_browsers_keep_there(house: House) -> None:
    await house.member("ada@example.com")
    house.auth.base_url = "http://studio.lan:8080"

    answer = await house.browser().post(
        "/auth/sign-in",
        {"email": "ada@example.com", "password": PASSWORD},
        headers={"Origin": "http://studio.lan:8080"},
    )

    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("keyreel-refresh="))
    assert {"HttpOnly", "SameSite=strict"} <= set(cookie.split("; ")) and "Secure" not in cookie


async def test_a_flood_of_passwords_is_sent_away_instead_of_queued_for_minutes(house: House) -> None:
    passwords = house.auth.passwords
    answers = await asyncio.gather(
        *(passwords.verify(None, Secret("a long password")) for _ in range(70)), return_exceptions=True
    )

    assert answers.count(False) == 60
    assert [type(one) for one in answers if one is not False] == [Unavailable] * 10
    assert await passwords.verify(None, Secret("a long password")) is False
