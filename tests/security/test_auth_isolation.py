"""Auth and the walls between workspaces (T7–T9, T17, T30, T33) and what may never be readable (canaries)."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyotp
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import kernel.clock
from kernel.access_token import SigningKey
from kernel.testing.postgres import DatabaseServer
from services.auth import testing
from services.auth.models import Base
from services.auth.service import SPEC
from services.auth.testing import PASSWORD, Browser, House

TABLES = [table for table in Base.metadata.sorted_tables if not table.info.get("kernel")]
OF_TENANTS = sorted(table.name for table in TABLES if "tenant_id" in table.columns)
OF_PEOPLE = sorted(table.name for table in TABLES if "tenant_id" not in table.columns)


@pytest.fixture
async def house(database_server: DatabaseServer, tmp_path: Path) -> AsyncIterator[House]:
    async with testing.house(SPEC, server=database_server, folder=tmp_path) as opened:
        yield opened


def edited(token: str, **claims: Any) -> str:
    header, payload, signature = token.split(".")
    body = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))) | claims
    return ".".join([header, base64.urlsafe_b64encode(json.dumps(body).encode()).decode().rstrip("="), signature])


def bearing(token: str) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Bearer {token}"}}


async def test_t7_a_token_with_another_tenant_written_into_it_is_no_token(house: House) -> None:
    ada, eve = await house.member("ada@example.com"), await house.member("eve@example.com")
    token = eve.session["access_token"]

    for claims in (
        {"tid": str(ada.workspace)},
        {"sub": str(ada.user_id)},
        {"scope": "operator:tenants"},
        {"sid": str(uuid4())},
    ):
        answer = await eve.get("/members", **bearing(edited(token, **claims)))
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


async def test_t7_a_true_signature_does_not_help_a_session_into_another_tenant(house: House) -> None:
    """Even a token auth itself signed for the wrong tenant is worth what the membership says: nothing."""
    ada, eve = await house.member("ada@example.com"), await house.member("eve@example.com")
    [(session_id,)] = await house.run("SELECT id FROM sessions WHERE user_id = :u", u=eve.user_id)
    async with house.auth.database.system() as uow:
        forged = await house.auth.keys.access_token(
            uow, user_id=eve.user_id, tenant=ada.workspace, session_id=session_id, scopes=["members:read"]
        )

    assert (await eve.get("/members", **bearing(forged))).json()["code"] == "invalid_token"


async def test_t7_a_key_of_another_studio_signs_nothing_here(house: House) -> None:
    ada = await house.member("ada@example.com")
    [(session_id,)] = await house.run("SELECT id FROM sessions")
    [(kid,)] = await house.run("SELECT kid FROM signing_keys")
    stranger = SigningKey(kid, SigningKey.generate()._private)
    token = stranger.issue(
        issuer="http://localhost",
        audience="keyreel",
        user_id=ada.user_id,
        tenant=ada.workspace,
        session_id=session_id,
        scopes=[],
        issued_at=kernel.clock.now(),
        lifetime=timedelta(minutes=10),
    )

    assert (await ada.get("/me", **bearing(token))).json()["code"] == "invalid_token"


async def test_t7_a_refresh_token_is_no_access_token(house: House) -> None:
    ada = await house.member("ada@example.com")

    assert (await ada.get("/me", **bearing(ada.refresh_token or ""))).status_code == 401


async def test_t8_a_role_counts_in_its_own_workspace_only(house: House) -> None:
    ada = await house.member("ada@example.com")
    eve = await house.member("eve@example.com")
    of_eve = eve.session["access_token"]
    await ada.post("/invitations", {"email": "eve@example.com", "role": "viewer"})
    await eve.post("/invitations/accept", {"token": await house.token("eve@example.com")})
    await eve.post("/auth/refresh", {"workspace_id": str(ada.workspace)})

    assert (await eve.get("/members")).status_code == 200
    for method, path, body in (
        ("POST", "/invitations", {"email": "x@example.com", "role": "viewer"}),
        ("PATCH", f"/members/{ada.user_id}", {"role": "viewer"}),
        ("PUT", "/workspace/networks", {"networks": []}),
        ("GET", "/audit", None),
    ):
        assert (await eve.call(method, path, body)).json()["code"] == "missing_scope", path
    # the token of her own workspace, where she is the owner, reaches nobody of Ada's
    assert (await eve.call("DELETE", f"/members/{ada.user_id}", **bearing(of_eve))).status_code == 404
    assert [m["email"] for m in (await eve.get("/members", **bearing(of_eve))).json()["items"]] == ["eve@example.com"]


@pytest.mark.parametrize("where", ["query", "header", "cookie", "body"])
async def test_t6_no_request_names_its_tenant(house: House, where: str) -> None:
    ada, eve = await house.member("ada@example.com"), await house.member("eve@example.com")
    theirs = str(ada.workspace)

    if where == "query":
        answer = await eve.get(f"/workspace?tenant_id={theirs}&tid={theirs}")
    elif where == "header":
        answer = await eve.get("/workspace", headers={"X-Tenant-Id": theirs, "X-Workspace": theirs})
    elif where == "cookie":
        eve.client.cookies.set("tenant_id", theirs, domain="localhost.local")
        answer = await eve.get("/workspace")
    else:
        refused = await eve.call("PATCH", "/workspace", {"name": "Mine", "tenant_id": theirs})
        assert (refused.status_code, refused.json()["code"]) == (422, "unknown_field")
        answer = await eve.get("/workspace")

    assert answer.json()["id"] == str(eve.workspace)


async def test_t9_a_token_of_one_workspace_can_not_pass_the_networks_of_another(house: House) -> None:
    ada, eve = await house.member("ada@example.com"), await house.member("eve@example.com")
    token = (await eve.post("/api-tokens", {"name": "x", "scopes": ["members:read"]})).json()["token"]
    await ada.call("PUT", "/workspace/networks", {"networks": ["203.0.113.0/24"], "force": True})

    seen = await eve.get("/members", **bearing(token))

    assert [member["email"] for member in seen.json()["items"]] == ["eve@example.com"]
    await eve.call("PUT", "/workspace/networks", {"networks": ["203.0.113.0/24"], "force": True})
    async with house.auth.database.unit_of_work(eve.workspace) as uow:
        assert (await uow.session.scalars(text("SELECT count(*) FROM networks"))).one() == 1


async def test_t1_ids_of_another_workspace_are_unknown_on_every_route(house: House) -> None:
    ada, eve = await house.member("ada@example.com"), await house.member("eve@example.com")
    planted = await _plant(house, ada)

    for method, path, body in (
        ("DELETE", "/me/sessions/{session}", None),
        ("DELETE", "/members/{user}", None),
        ("PATCH", "/members/{user}", {"role": "viewer"}),
        ("DELETE", "/invitations/{invitation}", None),
        ("DELETE", "/api-tokens/{token}", None),
        ("DELETE", "/me/passkeys/{session}", None),
    ):
        foreign = await eve.call(method, path.format(**planted), body)
        unknown = await eve.call(method, path.format(**dict.fromkeys(planted, str(uuid4()))), body)
        assert (foreign.status_code, unknown.status_code) == (404, 404), path
        assert foreign.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
        assert foreign.headers.keys() == unknown.headers.keys()


async def _plant(house: House, ada: Browser) -> dict[str, str]:
    invitation = await ada.post("/invitations", {"email": "bob@example.com", "role": "viewer"})
    token = await ada.post("/api-tokens", {"name": "x", "scopes": ["members:read"]})
    [session] = (await ada.get("/me/sessions")).json()["items"]
    return {
        "session": session["id"],
        "user": str(ada.user_id),
        "invitation": invitation.json()["id"],
        "token": token.json()["id"],
    }


async def test_t5_a_cursor_of_another_workspace_is_refused(house: House) -> None:
    ada, eve = await house.member("ada@example.com"), await house.member("eve@example.com")
    await house.join(ada, "bob@example.com", "viewer")
    cursor = (await ada.get("/members?limit=1")).json()["next"]

    answer = await eve.get(f"/members?limit=1&cursor={cursor}")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("table", OF_TENANTS)
async def test_t17_the_app_role_sees_its_tenants_rows_only_and_none_without_a_tenant(house: House, table: str) -> None:
    ada, eve = await house.member("ada@example.com"), await house.member("eve@example.com")
    await _plant(house, ada)
    await ada.call("PUT", "/workspace/networks", {"networks": ["203.0.113.0/24"], "force": True})
    await house.running.drain()
    assert await house.run(f"SELECT 1 FROM {table} WHERE tenant_id = :t LIMIT 1", t=ada.workspace) == [(1,)]

    async with house.auth.database.unit_of_work(eve.workspace) as uow:
        seen = set(await uow.session.scalars(text(f"SELECT tenant_id FROM {table}")))
    assert seen <= {eve.workspace}
    with pytest.raises(DBAPIError):
        async with house.auth.database.engine.connect() as connection:
            await connection.execute(text(f"SELECT 1 FROM {table}"))


@pytest.mark.parametrize("table", OF_PEOPLE)
async def test_t17_what_is_of_people_is_closed_to_the_app_role(house: House, table: str) -> None:
    ada = await house.member("ada@example.com")

    for statement in (f"SELECT 1 FROM {table}", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with house.auth.database.unit_of_work(ada.workspace) as uow:
                await uow.session.execute(text(statement))


_ALL_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'keyreel_auth'"


async def _readable(house: House, table: str) -> list[Any]:
    """Every row as text, and its bytes as the characters they may be."""
    query = "SELECT column_name FROM information_schema.columns WHERE table_name = :t AND data_type = 'bytea'"
    columns = [f"encode({name}, 'escape')" for (name,) in await house.run(query, t=table)]
    return await house.run(f"SELECT {', '.join(['t::text', *columns])} FROM {table} t")


async def test_no_secret_of_a_person_can_be_read_in_any_table_or_log(
    house: House, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    ada = await house.member("ada@example.com")
    totp = (await ada.post("/me/totp")).json()["secret"]
    moment = kernel.clock.now()
    confirmed = await ada.post("/me/totp/confirm", {"code": pyotp.TOTP(totp).at(moment)})
    api_token = (await ada.post("/api-tokens", {"name": "x", "scopes": ["members:read"]})).json()["token"]
    mfa_token = (await house.sign_in("ada@example.com")).json()["mfa_token"]
    await ada.post("/invitations", {"email": "bob@example.com", "role": "viewer"})
    invitation = await house.token("bob@example.com")
    await ada.post("/auth/password/forgot", {"email": "ada@example.com"})
    reset = await house.token("ada@example.com")
    await house.register(house.browser(), "new@example.com", password="the canary of a password")
    registration = await house.token("new@example.com")
    await ada.post("/auth/refresh", {})
    secrets = {
        "password": PASSWORD,
        "registering password": "the canary of a password",
        "totp": totp,
        "recovery code": confirmed.json()["recovery_codes"][0],
        "api token": api_token,
        "mfa token": mfa_token,
        "invitation": invitation,
        "reset": reset,
        "registration": registration,
        "refresh token": ada.refresh_token or "",
        "access token": ada.session["access_token"],
    }
    await house.running.drain()

    dump = "\n".join([str(row) for (table,) in await house.run(_ALL_TABLES) for row in await _readable(house, table)])
    said = capsys.readouterr()
    logged = caplog.text + said.out + said.err

    for name, secret in secrets.items():
        assert secret and secret not in dump, name
        assert secret.encode().hex() not in dump, name
        assert secret not in logged, name
    assert "ada@example.com" not in logged
