"""The signed-in person: profile, password, address, sessions, deletion."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from kernel.auth import Sessions
from services.auth.testing import PASSWORD, House, token_in

Advance = Callable[[timedelta], None]
NEW = "a quite different sentence"


async def test_name_and_language_can_be_changed_and_nothing_else(house: House) -> None:
    ada = await house.member()

    changed = await ada.call("PATCH", "/me", {"name": "Ada King", "locale": "fr"})
    promoted = await ada.call("PATCH", "/me", {"is_operator": True})

    assert (changed.json()["name"], changed.json()["locale"]) == ("Ada King", "fr")
    assert (promoted.status_code, promoted.json()["code"]) == (422, "unknown_field")
    assert (await ada.get("/me")).json() == changed.json()


async def test_a_changed_password_closes_the_other_sessions_and_is_told(house: House) -> None:
    ada, phone = await house.member(), house.browser()
    await house.sign_in("ada@example.com", browser=phone)

    wrong = await ada.post("/me/password", {"current": "not my password", "new": NEW})
    weak = await ada.post("/me/password", {"current": PASSWORD, "new": "adalovelace1815"})
    right = await ada.post("/me/password", {"current": PASSWORD, "new": NEW})

    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
    assert (weak.json()["code"], weak.json()["errors"][0]["pointer"]) == ("password_too_common", "/new")
    assert right.status_code == 204
    assert (await phone.post("/auth/refresh", {})).status_code == 401
    assert (await ada.post("/auth/refresh", {})).status_code == 200
    assert (await house.sign_in("ada@example.com")).status_code == 401
    assert (await house.sign_in("ada@example.com", NEW)).status_code == 200
    assert (await house.letters("ada@example.com"))[-1].subject == "Your password was changed"


async def test_an_address_moves_once_its_new_mailbox_answers(house: House) -> None:
    ada = await house.member()

    assert (await ada.post("/me/email", {"email": "ada@new.example", "password": "wrong one"})).status_code == 403
    assert (await ada.post("/me/email", {"email": "ada@new.example", "password": PASSWORD})).status_code == 202
    assert (await ada.get("/me")).json()["email"] == "ada@example.com"
    token = await house.token("ada@new.example")
    assert (await ada.post("/me/email/confirm", {"token": token})).status_code == 204

    assert (await ada.get("/me")).json()["email"] == "ada@new.example"
    assert (await house.letters("ada@example.com"))[-1].subject == "Your e-mail address was changed"
    assert (await house.sign_in("ada@example.com")).status_code == 401
    assert (await house.sign_in("ada@new.example")).status_code == 200
    assert (await ada.post("/me/email/confirm", {"token": token})).json()["code"] == "invalid_or_expired_token"


async def test_t30_an_address_that_has_an_account_can_not_be_taken_over(house: House) -> None:
    eve, victim = await house.member("eve@example.com"), await house.member("victim@example.com")

    asked = await eve.post("/me/email", {"email": "VICTIM@example.com", "password": PASSWORD})
    unknown = await eve.post("/me/email", {"email": "free@example.com", "password": PASSWORD})

    assert (asked.status_code, asked.content) == (unknown.status_code, unknown.content)
    letter = (await house.letters("victim@example.com"))[-1]
    assert letter.subject == "Somebody wanted to use your address" and "#token" not in letter.text
    assert (await victim.get("/me")).json()["email"] == "victim@example.com"


async def test_t30_the_token_of_a_move_is_worthless_to_others_and_when_the_address_was_taken(house: House) -> None:
    ada, eve = await house.member(), await house.member("eve@example.com")
    await ada.post("/me/email", {"email": "shared@example.com", "password": PASSWORD})
    token = await house.token("shared@example.com")

    assert (await eve.post("/me/email/confirm", {"token": token})).status_code == 400
    await house.member("shared@example.com")
    late = await ada.post("/me/email/confirm", {"token": token})

    assert late.json()["code"] == "invalid_or_expired_token"


async def test_sessions_are_listed_with_their_device_and_this_one_is_marked(house: House) -> None:
    ada = await house.member()
    phone = house.browser("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1")
    await house.sign_in("ada@example.com", browser=phone)

    sessions = (await ada.get("/me/sessions")).json()

    assert sessions["next"] is None
    assert {(s["device"], s["current"], s["method"]) for s in sessions["items"]} == {
        ("Firefox on Linux", True, "registration"),
        ("Safari on iPhone", False, "password"),
    }
    assert all(s["address"] == "127.0.0.1" for s in sessions["items"])


async def test_sessions_come_page_by_page(house: House) -> None:
    ada = await house.member()
    for _ in range(4):
        await house.sign_in("ada@example.com")

    seen, cursor = [], ""
    while True:
        page = (await ada.get(f"/me/sessions?limit=2{cursor}")).json()
        seen += [s["id"] for s in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"

    assert len(seen) == len(set(seen)) == 5


async def test_a_session_that_is_ended_has_no_access_within_five_seconds(house: House) -> None:
    ada, phone = await house.member(), house.browser()
    await house.sign_in("ada@example.com", browser=phone)
    assert (await phone.get("/me")).status_code == 200
    theirs = next(s for s in (await ada.get("/me/sessions")).json()["items"] if not s["current"])

    began = time.monotonic()
    assert (await ada.call("DELETE", f"/me/sessions/{theirs['id']}")).status_code == 204
    while (await phone.get("/me")).status_code == 200:
        assert time.monotonic() - began < 5
        await asyncio.sleep(0.1)

    assert (await phone.get("/me")).json()["code"] == "invalid_token"
    assert (await phone.post("/auth/refresh", {})).json()["code"] == "session_ended"
    assert (await ada.get("/me")).status_code == 200


async def test_anothers_session_an_ended_one_and_none_are_the_same_404(house: House) -> None:
    ada, eve = await house.member(), await house.member("eve@example.com")
    [hers] = (await ada.get("/me/sessions")).json()["items"]
    phone = house.browser()
    await house.sign_in("eve@example.com", browser=phone)
    ended = next(s for s in (await eve.get("/me/sessions")).json()["items"] if not s["current"])
    await eve.call("DELETE", f"/me/sessions/{ended['id']}")

    answers = [
        await eve.call("DELETE", f"/me/sessions/{which}") for which in (hers["id"], ended["id"], uuid4(), "../x", "1")
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({str(answer.json() | {"request_id": ""}) for answer in answers[:3]}) == 1
    assert (await ada.get("/me")).status_code == 200


async def test_signing_out_everywhere_else_keeps_this_session(house: House) -> None:
    ada = await house.member()
    others = [house.browser() for _ in range(3)]
    for other in others:
        await house.sign_in("ada@example.com", browser=other)

    assert (await ada.call("DELETE", "/me/sessions")).status_code == 204

    assert [(await other.post("/auth/refresh", {})).status_code for other in others] == [401] * 3
    assert (await ada.post("/auth/refresh", {})).status_code == 200


async def test_when_a_session_was_last_seen_moves_with_its_use(house: House, advance: Advance) -> None:
    ada = await house.member()
    [before] = await house.run("SELECT last_seen_at FROM sessions")
    standings = house.running.composed.ask(Sessions)
    [(session_id,)] = await house.run("SELECT id FROM sessions")

    await standings.of_session(session_id, ada.user_id, ada.workspace)
    assert await house.run("SELECT last_seen_at FROM sessions") == [before]
    advance(timedelta(minutes=2))
    await standings.of_session(session_id, ada.user_id, ada.workspace)

    [after] = await house.run("SELECT last_seen_at FROM sessions")
    assert after[0] - before[0] >= timedelta(minutes=2)


async def test_deleting_the_account_takes_what_was_only_its_own(house: House) -> None:
    ada = await house.member()
    owner = await house.member("owner@example.com")
    await owner.post("/invitations", {"email": "ada@example.com", "role": "editor"})
    await ada.post("/invitations/accept", {"token": await house.token("ada@example.com")})
    own = ada.workspace

    assert (await ada.call("DELETE", "/me", {"password": "not my password"})).status_code == 403
    assert (await ada.call("DELETE", "/me", {"password": PASSWORD})).status_code == 204

    assert await house.emitted("tenant.deleted") == [(own, {})]
    left = [event for event in await house.emitted("member.changed") if event[1]["role"] is None]
    assert left == [(owner.workspace, {"user_id": str(ada.user_id), "role": None})]
    assert ada.refresh_token is None
    assert (await house.sign_in("ada@example.com")).status_code == 401
    for table in ("sessions", "memberships", "recovery_codes"):
        assert await house.run(f"SELECT 1 FROM {table} WHERE user_id = :u", u=ada.user_id) == []
    assert (await house.letters("ada@example.com"))[-1].subject == "Your account was deleted"
    again = await house.member("ada@example.com")
    assert again.user_id != ada.user_id


async def test_the_only_owner_of_a_shared_workspace_can_not_leave_it_ownerless(house: House) -> None:
    owner = await house.member("owner@example.com")
    bob = await house.join(owner, "bob@example.com", "editor")

    refused = await owner.call("DELETE", "/me", {"password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (409, "last_owner")
    await owner.call("PATCH", f"/members/{bob.user_id}", {"role": "owner"})
    assert (await owner.call("DELETE", "/me", {"password": PASSWORD})).status_code == 204


async def test_a_stranger_is_refused_on_every_route_of_the_account(house: House) -> None:
    nobody = house.browser()

    for method, path in (
        ("GET", "/me"),
        ("DELETE", "/me"),
        ("POST", "/me/password"),
        ("POST", "/me/email"),
        ("GET", "/me/sessions"),
        ("DELETE", "/me/sessions"),
        ("GET", "/me/factors"),
        ("POST", "/me/totp"),
        ("POST", "/me/recovery-codes"),
        ("POST", "/me/passkeys/challenge"),
        ("GET", "/workspaces"),
        ("GET", "/members"),
        ("GET", "/audit"),
    ):
        answer = await nobody.call(method, path, {"password": "x", "current": "x", "new": "x", "email": "x"})
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token"), (method, path)


async def test_the_letter_of_a_move_names_the_new_address(house: House) -> None:
    ada = await house.member(locale="fr")
    await ada.post("/me/email", {"email": "ada@new.example", "password": PASSWORD})

    letter = (await house.letters("ada@new.example"))[-1]

    assert letter.subject == "Confirmez votre nouvelle adresse e-mail"
    assert "ada@new.example" in letter.text and "http://localhost/confirm-email#token=" in letter.text
    assert token_in(letter.text)
