"""API tokens and networks: what programs may do, and from where."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from kernel.auth import Sessions
from kernel.secret import Secret
from services.auth.errors import InvalidCidr
from services.auth.networks import normalised
from services.auth.testing import Browser, House

Advance = Callable[[timedelta], None]


async def make(owner: Browser, *scopes: str, **more: Any) -> dict[str, Any]:
    answer = await owner.post("/api-tokens", {"name": "ci", "scopes": list(scopes), **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def bearing(made: dict[str, Any]) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Bearer {made['token']}"}}


async def test_a_token_is_shown_once_and_kept_as_a_hash(house: House) -> None:
    owner = await house.member()

    made = await make(owner, "members:read")
    [listed] = (await owner.get("/api-tokens")).json()["items"]
    [row] = await house.run("SELECT t::text FROM api_tokens t")

    assert made["token"].startswith("kr_") and len(made["token"]) == 46
    assert "token" not in listed and listed["last_four"] == made["token"][-4:]
    assert made["token"] not in row[0] and made["token"][3:] not in row[0]


async def test_t9_a_token_does_what_its_scopes_say_and_no_more(house: House) -> None:
    owner = await house.member()
    reads = await make(owner, "members:read")

    assert (await owner.get("/members", **bearing(reads))).status_code == 200
    for method, path, body in (
        ("POST", "/invitations", {"email": "x@example.com", "role": "viewer"}),
        ("PATCH", "/workspace", {"name": "Mine"}),
        ("GET", "/audit", None),
        ("GET", "/api-tokens", None),
        ("PUT", "/workspace/networks", {"networks": []}),
    ):
        answer = await owner.call(method, path, body, **bearing(reads))
        assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope"), path


async def test_a_token_is_no_person(house: House) -> None:
    owner = await house.member()
    everything = await make(owner, *owner.session["scopes"])

    for method, path, body in (
        ("GET", "/me", None),
        ("POST", "/me/totp", None),
        ("POST", "/me/password", {"current": "x", "new": "y"}),
        ("GET", "/workspaces", None),
        ("POST", "/api-tokens", {"name": "x", "scopes": ["members:read"]}),
        ("DELETE", "/workspace", {"name": "x", "password": "x"}),
    ):
        answer = await owner.call(method, path, body, **bearing(everything))
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), path


async def test_t9_nobody_gives_a_token_what_they_do_not_hold(house: House) -> None:
    owner = await house.member("owner@example.com")

    operator = await owner.post("/api-tokens", {"name": "x", "scopes": ["operator:plans"]})

    assert (operator.status_code, operator.json()["code"]) == (403, "cannot_grant_scope")


async def test_a_token_loses_what_its_maker_loses_and_ends_when_they_leave(house: House) -> None:
    owner = await house.member("owner@example.com")
    bob = await house.join(owner, "bob@example.com", "editor")
    await owner.call("PATCH", f"/members/{bob.user_id}", {"role": "owner"})
    await bob.post("/auth/refresh", {})
    standings = house.running.composed.ask(Sessions)
    began = time.monotonic()
    while (made := await bob.post("/api-tokens", {"name": "x", "scopes": ["members:read", "members:write"]})).is_error:
        assert time.monotonic() - began < 5
        await asyncio.sleep(0.2)
    token = Secret(made.json()["token"])

    assert (await standings.of_token(token)).scopes == {"members:read", "members:write"}
    await owner.call("PATCH", f"/members/{bob.user_id}", {"role": "viewer"})
    assert (await standings.of_token(token)).scopes == {"members:read"}
    await owner.call("DELETE", f"/members/{bob.user_id}")
    assert await standings.of_token(token) is None


async def test_a_token_ends_when_its_time_has_come_and_when_it_is_revoked(house: House, advance: Advance) -> None:
    owner = await house.member()
    short, long = await make(owner, "members:read", expires_in_days=1), await make(owner, "members:read")
    standings = house.running.composed.ask(Sessions)

    assert (await owner.call("DELETE", f"/api-tokens/{long['id']}")).status_code == 204
    assert (await owner.call("DELETE", f"/api-tokens/{long['id']}")).status_code == 404
    assert await standings.of_token(Secret(long["token"])) is None
    assert await standings.of_token(Secret(short["token"])) is not None
    advance(timedelta(days=1, seconds=1))

    assert await standings.of_token(Secret(short["token"])) is None
    assert await standings.of_token(Secret("kr_" + "x" * 43)) is None


async def test_a_revoked_token_has_no_access_within_five_seconds(house: House) -> None:
    owner = await house.member()
    made = await make(owner, "members:read")
    assert (await owner.get("/members", **bearing(made))).status_code == 200

    began = time.monotonic()
    await owner.call("DELETE", f"/api-tokens/{made['id']}")
    while (await owner.get("/members", **bearing(made))).status_code == 200:
        assert time.monotonic() - began < 5
        await asyncio.sleep(0.1)


async def test_anothers_token_is_not_found(house: House) -> None:
    owner, eve = await house.member("owner@example.com"), await house.member("eve@example.com")
    made = await make(owner, "members:read")

    assert (await eve.call("DELETE", f"/api-tokens/{made['id']}")).status_code == 404
    assert (await owner.get("/members", **bearing(made))).status_code == 200


async def test_when_a_token_was_last_used_is_known(house: House) -> None:
    owner = await house.member()
    made = await make(owner, "members:read")

    await owner.get("/members", **bearing(made))

    [listed] = (await owner.get("/api-tokens")).json()["items"]
    assert listed["last_used_at"] is not None


async def test_networks_hold_for_members_and_tokens_alike(house: House) -> None:
    owner = await house.member("owner@example.com")
    bob = await house.join(owner, "bob@example.com", "editor")
    made = await make(owner, "members:read")
    assert (await owner.get("/workspace/networks")).json() == {"networks": [], "your_address": "127.0.0.1"}

    kept = await owner.call("PUT", "/workspace/networks", {"networks": ["203.0.113.0/24"], "force": True})
    assert kept.json()["networks"] == ["203.0.113.0/24"]

    began = time.monotonic()
    for browser, more in ((bob, {}), (owner, {}), (owner, bearing(made))):
        while (answer := await browser.get("/members", **more)).status_code == 200:
            assert time.monotonic() - began < 5
            await asyncio.sleep(0.1)
        assert (answer.status_code, answer.json()["code"]) == (403, "address_not_allowed")


async def test_a_workspaces_networks_are_its_own(house: House) -> None:
    owner, eve = await house.member("owner@example.com"), await house.member("eve@example.com")
    await owner.call("PUT", "/workspace/networks", {"networks": ["203.0.113.0/24"], "force": True})

    assert (await eve.get("/workspace/networks")).json()["networks"] == []


async def test_b23_a_list_that_locks_its_author_out_needs_force(house: House) -> None:
    owner = await house.member()

    refused = await owner.call("PUT", "/workspace/networks", {"networks": ["203.0.113.0/24"]})
    harmless = await owner.call("PUT", "/workspace/networks", {"networks": ["127.0.0.0/8", "2001:db8::/32"]})
    emptied = await owner.call("PUT", "/workspace/networks", {"networks": []})

    assert (refused.status_code, refused.json()["code"]) == (409, "would_lock_you_out")
    assert harmless.json()["networks"] == ["127.0.0.0/8", "2001:db8::/32"]
    assert emptied.json()["networks"] == []
    act = (await house.emitted("audit.recorded"))[-1][1]
    assert act["action"] == "networks.changed"
    assert act["before"] == {"networks": ["127.0.0.0/8", "2001:db8::/32"]}


@pytest.mark.parametrize(
    ("networks", "pointer"),
    [
        (["0.0.0.0/0", "0.0.0.0/0"], "/networks/1"),
        (["203.0.113.7/24"], "/networks/0"),
        (["fe80::1%eth0"], "/networks/0"),
        (["127.0.0.0/8", "::ffff:10.0.0.0/104"], "/networks/1"),
        (["10.0.0.0/33"], "/networks/0"),
        (["010.0.0.0/8"], "/networks/0"),
        (["example.com"], "/networks/0"),
        (["2130706433"], "/networks/0"),
    ],
)
async def test_b23_what_is_no_network_is_refused_with_its_place(
    house: House, networks: list[str], pointer: str
) -> None:
    owner = await house.member()

    answer = await owner.call("PUT", "/workspace/networks", {"networks": networks, "force": True})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cidr")
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_b23_networks_are_kept_in_their_shortest_spelling() -> None:
    assert normalised(["203.0.113.7", "2001:DB8:0::/48", "10.0.0.0/255.0.0.0"]) == [
        "203.0.113.7/32",
        "2001:db8::/48",
        "10.0.0.0/8",
    ]
    with pytest.raises(InvalidCidr):
        normalised(["2001:db8::/48", "2001:DB8:0:0::/48"])
