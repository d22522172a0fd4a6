"""The first administrator, and the ways back in from the command line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from kernel.errors import NotFound
from services.auth.administrators import administrator_link, first_administrator
from services.auth.testing import PASSWORD, Browser, House, token_in

Advance = Callable[[timedelta], None]
CHOSEN = {"email": "root@example.com", "name": "Root", "password": PASSWORD}


async def administrator(house: House) -> Browser:
    link = await first_administrator(house.auth)
    assert link is not None
    browser = house.browser()
    answer = await browser.post("/auth/sign-in/link", {"token": token_in(link), **CHOSEN})
    assert answer.status_code == 200, answer.text
    return browser


async def test_the_first_start_gives_a_link_that_makes_an_administrator(house: House) -> None:
    link = await first_administrator(house.auth)
    assert link is not None and link.startswith("http://localhost/welcome#token=")

    root = house.browser()
    answer = await root.post("/auth/sign-in/link", {"token": token_in(link), **CHOSEN, "locale": "fr"})

    session = answer.json()
    assert session["user"]["is_operator"] is True and session["user"]["email_verified"] is True
    assert session["workspace"] == {"id": str(root.workspace), "name": "Espace de Root", "role": "owner"}
    assert "operator:plans" in session["scopes"]
    assert (await root.get("/operator/audit")).status_code == 200
    assert (await house.sign_in("root@example.com")).status_code == 200
    assert await first_administrator(house.auth) is None


async def test_a_link_is_good_once_for_a_day_and_the_newest_counts(house: House, advance: Advance) -> None:
    first, second = await first_administrator(house.auth), await first_administrator(house.auth)
    assert first and second
    voided = await house.browser().post("/auth/sign-in/link", {"token": token_in(first), **CHOSEN})
    advance(timedelta(hours=24, seconds=1))
    late = await house.browser().post("/auth/sign-in/link", {"token": token_in(second), **CHOSEN})
    third = await first_administrator(house.auth)
    assert third
    right = await house.browser().post("/auth/sign-in/link", {"token": token_in(third), **CHOSEN})
    again = await house.browser().post("/auth/sign-in/link", {"token": token_in(third), **CHOSEN})

    assert {a.json()["code"] for a in (voided, late, again)} == {"invalid_or_expired_token"}
    assert right.status_code == 200
    assert await house.run("SELECT 1 FROM users") == [(1,)]


async def test_what_is_not_chosen_well_leaves_the_link_as_it_is(house: House) -> None:
    link = await first_administrator(house.auth)
    assert link
    token = token_in(link)

    nothing = await house.browser().post("/auth/sign-in/link", {"token": token})
    weak = await house.browser().post("/auth/sign-in/link", {"token": token, **CHOSEN, "password": "password123456789"})

    assert [one["pointer"] for one in nothing.json()["errors"]] == ["/email", "/name", "/password"]
    assert weak.json()["code"] == "password_too_common"
    assert (await house.browser().post("/auth/sign-in/link", {"token": token, **CHOSEN})).status_code == 200


async def test_who_registered_before_the_link_was_used_becomes_the_administrator(house: House) -> None:
    early = await house.member("root@example.com", password="some earlier long sentence")
    root = await administrator(house)

    assert root.user_id == early.user_id and root.session["user"]["is_operator"]
    assert (await early.post("/auth/refresh", {})).json()["code"] == "session_ended"
    assert len(root.session["workspaces"]) == 1


async def test_the_command_line_lets_an_administrator_back_in_without_a_second_factor(house: House) -> None:
    root = await administrator(house)
    await house.member("ada@example.com")

    link = await administrator_link(house.auth, "ROOT@example.com")
    answer = await house.browser().post("/auth/sign-in/link", {"token": token_in(link)})

    assert answer.json()["user"]["id"] == str(root.user_id)
    for email in ("ada@example.com", "nobody@example.com", "not an address"):
        with pytest.raises(NotFound):
            await administrator_link(house.auth, email)


async def test_the_command_line_makes_further_administrators_and_the_last_one_stays(house: House) -> None:
    root = await administrator(house)
    ada = await house.member("ada@example.com")

    refused = await root.call("DELETE", "/me", {"password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (409, "last_administrator")
    await administrator_link(house.auth, "ada@example.com", grant=True)
    await ada.post("/auth/refresh", {})
    assert ada.session["user"]["is_operator"] is True and "operator:tenants" in ada.session["scopes"]
    assert (await root.call("DELETE", "/me", {"password": PASSWORD})).status_code == 204


async def test_acts_on_the_installation_are_in_a_chain_of_their_own(house: House) -> None:
    root = await administrator(house)
    await house.running.drain()

    acts = (await root.get("/operator/audit")).json()["items"]

    assert [act["action"] for act in acts] == ["administrator.created"]
    assert acts[0]["actor"] == f"user:{root.user_id}"
    assert (await root.get("/operator/audit/verification")).json()["intact"] is True


async def test_operator_scopes_never_come_from_a_role(house: House) -> None:
    owner = await house.member()

    assert not [scope for scope in owner.session["scopes"] if scope.startswith("operator:")]
    assert (await owner.get("/operator/audit")).status_code == 403
