"""Registering: letters, addresses, passwords, and that nobody can prepare an account for somebody else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from services.auth.testing import PASSWORD, House, token_in

Advance = Callable[[timedelta], None]


async def test_who_answers_the_letter_is_signed_in_to_a_workspace_of_their_own(house: House) -> None:
    ada = house.browser()

    assert (await house.register(ada, "Ada@Example.com")).json() == {}
    answer = await ada.post("/auth/verify", {"token": await house.token("Ada@example.com")})

    session = answer.json()
    assert session["user"] | {"id": ""} == {
        "id": "",
        "email": "Ada@example.com",
        "name": "Ada Lovelace",
        "locale": "en",
        "email_verified": True,
        "is_operator": False,
    }
    assert session["workspace"]["role"] == "owner"
    assert session["workspace"]["name"] == "Ada Lovelace’s workspace"
    assert session["workspaces"] == [session["workspace"]]
    assert "members:write" in session["scopes"] and not any(s.startswith("operator:") for s in session["scopes"])
    assert (await ada.get("/me")).json()["email"] == "Ada@example.com"
    [(tenant, created)] = await house.emitted("tenant.created")
    assert (tenant, created["owner_id"]) == (ada.workspace, str(ada.user_id))
    assert await house.emitted("member.changed") == [(tenant, {"user_id": str(ada.user_id), "role": "owner"})]


async def test_the_letter_is_in_the_persons_language_and_keeps_its_token_in_the_fragment(house: House) -> None:
    await house.register(house.browser(), "ada@example.com", locale="fr")

    [letter] = await house.letters("ada@example.com")

    assert letter.subject == "Confirmez votre adresse e-mail"
    assert "http://localhost/verify#token=" in letter.text
    assert letter.html is not None and 'lang="fr"' in letter.html
    assert letter.html.count(f"http://localhost/verify#token={token_in(letter.text)}") == 2
    assert "?" not in letter.text.partition("http://localhost/verify")[2].split()[0]


async def test_an_address_that_has_an_account_gets_the_same_answer_and_its_owner_a_letter(house: House) -> None:
    await house.member("ada@example.com")
    stranger, newcomer = house.browser(), house.browser()

    for_known = await house.register(stranger, "ADA@example.com")
    for_unknown = await house.register(newcomer, "new@example.com")

    assert (for_known.status_code, for_known.content) == (for_unknown.status_code, for_unknown.content) == (202, b"{}")
    assert sorted(for_known.headers) == sorted(for_unknown.headers)
    assert sorted(stranger.client.cookies) == sorted(newcomer.client.cookies)
    letter = (await house.letters("ada@example.com"))[-1]
    assert letter.subject == "You already have an account"
    assert "token" not in letter.text
    assert await house.run("SELECT 1 FROM users") == [(1,)]


async def test_t30_who_registers_anothers_address_gains_nothing_when_its_owner_answers(house: House) -> None:
    attacker, victim = house.browser(), house.browser()
    await house.register(attacker, "victim@example.com", password="attackers own long secret")
    token = await house.token("victim@example.com")

    refused = await victim.post("/auth/verify", {"token": token})
    assert (refused.status_code, refused.json()["code"]) == (409, "password_needed")
    taken = await victim.post("/auth/verify", {"token": token, "password": PASSWORD})

    assert taken.status_code == 200
    stolen = await house.sign_in("victim@example.com", "attackers own long secret")
    assert stolen.json()["code"] == "invalid_credentials"
    assert (await house.sign_in("victim@example.com")).status_code == 200
    assert (await attacker.post("/auth/refresh", {})).json()["code"] == "session_ended"


async def test_t30_the_owner_who_registers_too_keeps_the_password_chosen_in_that_browser(house: House) -> None:
    attacker, victim = house.browser(), house.browser()
    await house.register(victim, "victim@example.com")
    await house.register(attacker, "victim@example.com", password="attackers own long secret")
    first, second = [token_in(mail.text) for mail in await house.letters("victim@example.com")]

    # the letter of the attacker's registration, opened in the victim's browser, is not the victim's password either
    assert (await victim.post("/auth/verify", {"token": second})).json()["code"] == "password_needed"
    assert (await victim.post("/auth/verify", {"token": first})).status_code == 200
    assert (await attacker.post("/auth/verify", {"token": second})).json()["code"] == "invalid_or_expired_token"
    assert (await house.sign_in("victim@example.com", "attackers own long secret")).status_code == 401


async def test_b19_a_letter_works_once_for_a_day_and_only_by_post(house: House, advance: Advance) -> None:
    late, ada = house.browser(), house.browser()
    await house.register(ada, "ada@example.com")
    token = await house.token("ada@example.com")

    assert (await ada.get(f"/auth/verify?token={token}")).status_code == 405
    assert (await ada.post("/auth/verify", {"token": token})).status_code == 200
    again = await ada.post("/auth/verify", {"token": token})
    unknown = await ada.post("/auth/verify", {"token": "x" * 43})

    assert (again.status_code, again.json()["code"]) == (400, "invalid_or_expired_token")
    assert again.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    await house.register(late, "late@example.com")
    advance(timedelta(hours=24, seconds=1))
    expired = await late.post("/auth/verify", {"token": await house.token("late@example.com")})
    assert expired.json()["code"] == "invalid_or_expired_token"


async def test_a_letter_answered_twice_at_once_makes_one_account(house: House) -> None:
    ada = house.browser()
    await house.register(ada, "ada@example.com")
    token = await house.token("ada@example.com")

    answers = await asyncio.gather(*(ada.post("/auth/verify", {"token": token}) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400]
    assert len(await house.run("SELECT 1 FROM workspaces")) == 1


@pytest.mark.parametrize(
    "email",
    [
        "a@b",
        "no-at-sign.example.com",
        "ada@example.com\r\nBcc: all@example.com",
        "ada@ex ample.com",
        "ada@[127.0.0.1]",
        "ada@127.0.0.1",
        "ada@аpple.com",
        "ada@аррӏе.com",
        "ädä@example.com",
        f"{'a' * 65}@example.com",
    ],
)
async def test_b17_addresses_that_are_none_or_imitate_others_are_refused(house: House, email: str) -> None:
    answer = await house.register(house.browser(), email)

    assert answer.status_code == 422
    assert answer.json()["code"] in ("invalid_email", "invalid_text")
    assert answer.json()["errors"][0]["pointer"] == "/email"
    assert await house.letters() == []


async def test_b17_case_makes_no_second_account_but_a_tag_does(house: House) -> None:
    await house.member("ada@example.com")

    await house.register(house.browser(), "ADA@EXAMPLE.COM")
    tagged = await house.register(house.browser(), "ada+films@example.com")

    assert (tagged.status_code, tagged.json()) == (202, {})
    assert [mail.to for mail in await house.letters()] == [
        "ada@example.com",
        "ada@example.com",
        "ada+films@example.com",
    ]


@pytest.mark.parametrize(
    "password",
    ["password123456789", "ada@example.com", "Ada Lovelace", "adalovelace1815", "qwertyuiopasdf", "aaaaaaaaaaaaaaaa"],
)
async def test_b16_guessable_passwords_are_refused(house: House, password: str) -> None:
    answer = await house.register(house.browser(), "ada@example.com", password=password)

    assert (answer.status_code, answer.json()["code"]) == (422, "password_too_common")
    assert password not in answer.text


async def test_b16_short_passwords_are_refused_with_the_length_they_need(house: House) -> None:
    answer = await house.register(house.browser(), "ada@example.com", password="x7!kQ2$p")

    assert answer.json()["code"] == "password_too_short"
    assert "10 characters" in answer.json()["detail"]


async def test_b15_passwords_of_more_than_256_bytes_are_refused_unread(house: House) -> None:
    for password in ("é" * 129, "x" * 900_000):
        answer = await house.register(house.browser(), "ada@example.com", password=password)
        assert (answer.status_code, answer.json()["code"]) == (422, "too_long")


async def test_who_registers_with_an_invitation_starts_in_that_workspace(house: House) -> None:
    owner = await house.member("owner@example.com")
    await owner.post("/invitations", {"email": "bob@example.com", "role": "editor"})
    invitation = await house.token("bob@example.com")

    bob = await house.member("bob@example.com", invitation=invitation)

    assert bob.workspace == owner.workspace
    assert bob.session["workspace"]["role"] == "editor"
    assert len(bob.session["workspaces"]) == 2


async def test_an_invitation_of_another_address_joins_nothing_at_registration(house: House) -> None:
    owner = await house.member("owner@example.com")
    await owner.post("/invitations", {"email": "bob@example.com", "role": "owner"})

    eve = await house.member("eve@example.com", invitation=await house.token("bob@example.com"))

    assert [ref["role"] for ref in eve.session["workspaces"]] == ["owner"]
    assert eve.workspace != owner.workspace


async def test_what_waits_to_be_sent_can_not_be_read_in_the_table_of_tasks(house: House) -> None:
    await house.register(house.browser(), "ada@example.com")

    [(payload,)] = await house.run("SELECT payload::text FROM tasks WHERE kind = 'auth.letter'")
    token = await house.token("ada@example.com")

    assert "ada@example.com" not in payload and token not in payload
