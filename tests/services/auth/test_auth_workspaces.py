"""Workspaces, members and invitations."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import pytest

from contracts.clients.people import People
from services.auth.testing import PASSWORD, Browser, House


async def test_a_person_makes_another_workspace_and_goes_on_in_it(house: House) -> None:
    ada = await house.member()

    made = await ada.post("/workspaces", {"name": "Films"})
    await ada.post("/auth/refresh", {"workspace_id": made.json()["id"]})

    assert (made.status_code, made.json()["role"]) == (201, "owner")
    assert (await ada.get("/workspace")).json()["name"] == "Films"
    assert [ref["name"] for ref in (await ada.get("/workspaces")).json()["items"]] == [
        "Ada Lovelace’s workspace",
        "Films",
    ]
    assert [tenant for tenant, _ in await house.emitted("tenant.created")][-1] == ada.workspace


async def test_an_owner_renames_the_workspace_and_a_viewer_does_not(house: House) -> None:
    owner = await house.member("owner@example.com")
    viewer = await house.join(owner, "viewer@example.com", "viewer")

    assert (await viewer.call("PATCH", "/workspace", {"name": "Mine"})).json()["code"] == "missing_scope"
    assert (await owner.call("PATCH", "/workspace", {"name": "Ours"})).json()["name"] == "Ours"
    assert (await viewer.get("/workspace")).json()["name"] == "Ours"


async def test_members_are_listed_with_names_addresses_and_roles(house: House) -> None:
    owner = await house.member("owner@example.com")
    await house.join(owner, "bob@example.com", "editor")
    await house.member("stranger@example.com")

    members = (await owner.get("/members?limit=1")).json()
    rest = (await owner.get(f"/members?limit=1&cursor={members['next']}")).json()

    assert [(m["email"], m["role"]) for m in members["items"] + rest["items"]] == [
        ("owner@example.com", "owner"),
        ("bob@example.com", "editor"),
    ]
    assert rest["next"] is None


async def test_a_role_is_changed_told_and_recorded(house: House) -> None:
    owner = await house.member("owner@example.com")
    bob = await house.join(owner, "bob@example.com", "editor")

    changed = await owner.call("PATCH", f"/members/{bob.user_id}", {"role": "viewer"})

    assert (changed.status_code, changed.json()["role"]) == (200, "viewer")
    assert (await house.emitted("member.changed"))[-1] == (
        owner.workspace,
        {"user_id": str(bob.user_id), "role": "viewer"},
    )
    act = (await house.emitted("audit.recorded"))[-1][1]
    assert (act["action"], act["before"], act["after"]) == (
        "member.role_changed",
        {"role": "editor"},
        {"role": "viewer"},
    )
    assert (act["actor"], act["address"]) == (f"user:{owner.user_id}", "127.0.0.1")


async def test_members_of_other_workspaces_can_be_neither_seen_nor_touched(house: House) -> None:
    owner, stranger = await house.member("owner@example.com"), await house.member("stranger@example.com")

    foreign = await owner.call("PATCH", f"/members/{stranger.user_id}", {"role": "viewer"})
    unknown = await owner.call("PATCH", f"/members/{uuid4()}", {"role": "viewer"})
    removed = await owner.call("DELETE", f"/members/{stranger.user_id}")

    assert foreign.status_code == unknown.status_code == removed.status_code == 404
    assert foreign.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}


async def test_the_last_owner_neither_leaves_nor_steps_down(house: House) -> None:
    owner = await house.member("owner@example.com")
    bob = await house.join(owner, "bob@example.com", "editor")

    leaves = await owner.call("DELETE", f"/members/{owner.user_id}")
    steps_down = await owner.call("PATCH", f"/members/{owner.user_id}", {"role": "viewer"})
    assert leaves.json()["code"] == steps_down.json()["code"] == "last_owner"
    await owner.call("PATCH", f"/members/{bob.user_id}", {"role": "owner"})
    assert (await owner.call("DELETE", f"/members/{owner.user_id}")).status_code == 204


async def test_two_owners_who_leave_at_once_leave_one(house: House) -> None:
    owner = await house.member("owner@example.com")
    bob = await house.join(owner, "bob@example.com", "editor")
    await owner.call("PATCH", f"/members/{bob.user_id}", {"role": "owner"})
    await bob.post("/auth/refresh", {})

    answers = await asyncio.gather(
        owner.call("DELETE", f"/members/{owner.user_id}"), bob.call("DELETE", f"/members/{bob.user_id}")
    )

    assert sorted(answer.status_code for answer in answers) == [204, 409]
    assert len(await house.run("SELECT 1 FROM memberships WHERE tenant_id = :t", t=owner.workspace)) == 1


async def test_anybody_may_leave_and_nobody_but_an_owner_removes_others(house: House) -> None:
    owner = await house.member("owner@example.com")
    editor = await house.join(owner, "editor@example.com", "editor")
    viewer = await house.join(owner, "viewer@example.com", "viewer")

    assert (await editor.call("DELETE", f"/members/{viewer.user_id}")).json()["code"] == "missing_scope"
    assert (await viewer.call("DELETE", f"/members/{viewer.user_id}")).status_code == 204
    assert (await house.emitted("member.changed"))[-1][1] == {"user_id": str(viewer.user_id), "role": None}


async def test_t7_a_removed_member_has_no_access_within_five_seconds(house: House) -> None:
    owner = await house.member("owner@example.com")
    bob = await house.join(owner, "bob@example.com", "editor")
    token = (await bob.post("/workspaces", {"name": "x"})).status_code
    assert token == 201 and (await bob.get("/workspace")).status_code == 200

    began = time.monotonic()
    assert (await owner.call("DELETE", f"/members/{bob.user_id}")).status_code == 204
    while (await bob.get("/workspace")).status_code == 200:
        assert time.monotonic() - began < 5
        await asyncio.sleep(0.1)

    assert (await bob.get("/workspace")).json()["code"] == "invalid_token"
    await bob.post("/auth/refresh", {})
    assert bob.workspace != owner.workspace
    assert (await bob.post("/auth/refresh", {"workspace_id": str(owner.workspace)})).status_code == 404


async def test_an_invitation_is_sent_in_the_language_of_who_invites(house: House) -> None:
    owner = await house.member("owner@example.com", locale="fr", name="Chloé Dupont")

    made = await owner.post("/invitations", {"email": "bob@example.com", "role": "reviewer"})
    letter = (await house.letters("bob@example.com"))[-1]

    assert made.status_code == 201
    assert letter.subject == "Chloé Dupont vous invite dans Espace de Chloé Dupont"
    assert "en tant que relecteur" in letter.text and "http://localhost/invitation#token=" in letter.text
    assert [one["email"] for one in (await owner.get("/invitations")).json()["items"]] == ["bob@example.com"]


async def test_names_that_look_like_links_stay_out_of_letters(house: House) -> None:
    owner = await house.member("owner@example.com", name="Win www.evil.example")
    await owner.call("PATCH", "/workspace", {"name": "Prizes at evil.example/<b>now</b>"})

    await owner.post("/invitations", {"email": "bob@example.com", "role": "viewer"})
    letter = (await house.letters("bob@example.com"))[-1]

    assert "evil" not in letter.subject + letter.text + (letter.html or "")
    assert letter.subject == "Somebody invites you to a workspace"


async def test_b22_an_invitation_is_for_one_address_only(house: House) -> None:
    owner = await house.member("owner@example.com")
    eve, bob = await house.member("eve@example.com"), await house.member("bob@example.com")
    await owner.post("/invitations", {"email": "Bob@Example.com", "role": "editor"})
    token = await house.token("Bob@example.com")

    refused = await eve.post("/invitations/accept", {"token": token})
    accepted = await bob.post("/invitations/accept", {"token": token})
    again = await bob.post("/invitations/accept", {"token": token})

    assert (refused.status_code, refused.json()["code"]) == (403, "invite_mismatch")
    assert (accepted.status_code, accepted.json()["role"]) == (200, "editor")
    assert again.json()["code"] == "invalid_or_expired_token"
    assert (await owner.get("/invitations")).json()["items"] == []


async def test_b22_nobody_invites_above_what_they_hold(house: House) -> None:
    owner = await house.member("owner@example.com")
    token = await owner.post("/api-tokens", {"name": "ci", "scopes": ["members:read", "members:write"]})
    with_token = {"headers": {"Authorization": f"Bearer {token.json()['token']}"}}
    editor = await house.join(owner, "editor@example.com", "editor")

    invites = await owner.post("/invitations", {"email": "x@example.com", "role": "owner"}, **with_token)
    promotes = await owner.call("PATCH", f"/members/{editor.user_id}", {"role": "owner"}, **with_token)
    demotes = await owner.call("PATCH", f"/members/{owner.user_id}", {"role": "viewer"}, **with_token)
    removes = await owner.call("DELETE", f"/members/{owner.user_id}", **with_token)
    by_editor = await editor.post("/invitations", {"email": "x@example.com", "role": "viewer"})

    for answer in (invites, promotes, demotes, removes):
        assert (answer.status_code, answer.json()["code"]) == (403, "cannot_grant_role")
    assert by_editor.json()["code"] == "missing_scope"


async def test_b22_an_invitation_ends_with_the_power_of_who_sent_it(house: House) -> None:
    owner = await house.member("owner@example.com")
    second = await house.join(owner, "second@example.com", "editor")
    await owner.call("PATCH", f"/members/{second.user_id}", {"role": "owner"})
    await second.post("/auth/refresh", {})
    bob = await house.member("bob@example.com")
    await _until(second, 201, "/invitations", {"email": "bob@example.com", "role": "owner"})
    token = await house.token("bob@example.com")
    await owner.call("PATCH", f"/members/{second.user_id}", {"role": "editor"})

    assert (await bob.post("/invitations/accept", {"token": token})).json()["code"] == "invalid_or_expired_token"


async def _until(browser: Browser, status: int, path: str, body: dict[str, str]) -> None:
    """Repeats a request until a changed role is known (three seconds)."""
    began = time.monotonic()
    while (answer := await browser.post(path, body)).status_code != status:
        assert time.monotonic() - began < 5, answer.text
        await asyncio.sleep(0.2)


async def test_inviting_again_ends_the_older_letter_and_members_are_not_invited(house: House) -> None:
    owner, bob = await house.member("owner@example.com"), await house.member("bob@example.com")
    await owner.post("/invitations", {"email": "bob@example.com", "role": "viewer"})
    first = await house.token("bob@example.com")
    await owner.post("/invitations", {"email": "BOB@example.com", "role": "editor"})
    second = await house.token("BOB@example.com")

    assert (await bob.post("/invitations/accept", {"token": first})).status_code == 400
    assert (await bob.post("/invitations/accept", {"token": second})).json()["role"] == "editor"
    again = await owner.post("/invitations", {"email": "bob@example.com", "role": "viewer"})
    assert (again.status_code, again.json()["code"]) == (409, "already_member")


async def test_an_invitation_can_be_withdrawn_and_expires(house: House) -> None:
    owner, bob = await house.member("owner@example.com"), await house.member("bob@example.com")
    eve = await house.member("eve@example.com")
    made = await owner.post("/invitations", {"email": "bob@example.com", "role": "viewer"})
    token = await house.token("bob@example.com")

    assert (await eve.call("DELETE", f"/invitations/{made.json()['id']}")).status_code == 404
    assert (await owner.call("DELETE", f"/invitations/{made.json()['id']}")).status_code == 204
    assert (await bob.post("/invitations/accept", {"token": token})).status_code == 400
    await owner.post("/invitations", {"email": "bob@example.com", "role": "viewer"})
    late = await house.token("bob@example.com")
    await house.run("UPDATE invitations SET expires_at = now() RETURNING id")

    assert (await bob.post("/invitations/accept", {"token": late})).status_code == 400
    assert (await owner.get("/invitations")).json()["items"] == []


async def test_t33_a_deleted_workspace_is_gone_for_everybody_at_once(house: House) -> None:
    owner = await house.member("owner@example.com")
    viewer = await house.join(owner, "viewer@example.com", "viewer")
    deleted = owner.workspace
    token = (await owner.post("/api-tokens", {"name": "ci", "scopes": ["members:read"]})).json()["token"]
    name = owner.session["workspace"]["name"]

    wrong_name = await owner.call("DELETE", "/workspace", {"name": "Other", "password": PASSWORD})
    wrong_password = await owner.call("DELETE", "/workspace", {"name": name, "password": "not it at all"})
    by_viewer = await viewer.call("DELETE", "/workspace", {"name": name, "password": PASSWORD})
    done = await owner.call("DELETE", "/workspace", {"name": name, "password": PASSWORD})

    assert (wrong_name.status_code, wrong_name.json()["code"]) == (409, "name_mismatch")
    assert wrong_password.json()["code"] == "wrong_password"
    assert by_viewer.json()["code"] == "missing_scope"
    assert done.status_code == 202
    assert await house.emitted("tenant.deleted") == [(deleted, {})]
    began = time.monotonic()
    for browser, more in ((owner, {}), (viewer, {}), (owner, {"headers": {"Authorization": f"Bearer {token}"}})):
        while (await browser.get("/members", **more)).status_code == 200:
            assert time.monotonic() - began < 5
            await asyncio.sleep(0.1)
    await owner.post("/auth/refresh", {})
    assert owner.workspace != deleted  # its only workspace was deleted: a new, empty one
    await house.running.drain()
    [(kept,)] = await house.run(
        "SELECT action FROM audit_entries WHERE tenant_id = :t ORDER BY sequence DESC LIMIT 1", t=deleted
    )
    assert kept == "workspace.deleted"


async def test_people_answers_with_the_members_of_one_workspace_only(house: House) -> None:
    owner, stranger = await house.member("owner@example.com"), await house.member("stranger@example.com")
    people = house.running.composed.ask(People)

    known = await people.of(owner.workspace, [owner.user_id, stranger.user_id, uuid4()])

    assert {person.email for person in known.values()} == {"owner@example.com"}
    assert known[owner.user_id].locale == "en"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/workspaces", {"name": " \t "}),
        ("POST", "/workspaces", {"name": "x" * 81}),
        ("PATCH", "/workspace", {"name": "a\u202eb"}),
        ("POST", "/invitations", {"email": "a@b", "role": "viewer"}),
        ("POST", "/invitations", {"email": "a@example.com", "role": "god"}),
        ("POST", "/invitations", {"email": "a@example.com", "role": "viewer", "tenant_id": str(uuid4())}),
        ("POST", "/api-tokens", {"name": "x", "scopes": []}),
        ("POST", "/api-tokens", {"name": "x", "scopes": ["everything"]}),
        ("POST", "/api-tokens", {"name": "x", "scopes": ["jobs:read"], "expires_in_days": 0}),
        ("POST", "/auth/refresh", {"workspace_id": "not-an-id"}),
    ],
)
async def test_what_does_not_fit_is_refused_with_its_place(
    house: House, method: str, path: str, body: dict[str, object]
) -> None:
    owner = await house.member("owner@example.com")

    answer = await owner.call(method, path, body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/")
