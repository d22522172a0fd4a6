"""The audit log: complete, in order, and evident when somebody tampered with it."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kernel.audit import ActRecorded
from kernel.envelope import Envelope
from kernel.ids import TenantId, uuid7
from kernel.testing.postgres import DatabaseServer
from services.auth import audit_log
from services.auth.service import SPEC
from services.auth.testing import House
from services.auth.testing import house as open_house


async def append(house: House, tenant: TenantId | None, **act: Any) -> None:
    event = ActRecorded(**{"actor": "user:1", "action": "video.purged", "target": "video:1", **act})
    envelope = Envelope.around(event, source="storage", tenant=tenant)

    async def work(uow: Any) -> None:
        await audit_log.append(uow, event, envelope)

    await house.auth.database.transact(None, work)


async def test_acts_are_listed_the_latest_first_with_who_what_and_from_where(house: House) -> None:
    owner = await house.member()
    await owner.call("PATCH", "/workspace", {"name": "Ours"})
    await house.running.drain()

    page = (await owner.get("/audit?limit=1")).json()
    rest = (await owner.get(f"/audit?cursor={page['next']}")).json()

    [act] = page["items"]
    assert (act["sequence"], act["action"], act["target"]) == (2, "workspace.renamed", f"workspace:{owner.workspace}")
    assert (act["actor"], act["address"]) == (f"user:{owner.user_id}", "127.0.0.1")
    assert (act["before"], act["after"]) == ({"name": "Ada Lovelace’s workspace"}, {"name": "Ours"})
    assert [one["action"] for one in rest["items"]] == ["member.joined"]
    assert rest["next"] is None


async def test_acts_of_other_services_come_into_the_same_chain(house: House) -> None:
    owner = await house.member()

    async def work(uow: Any) -> None:
        uow.audit("video.purged", "video:7", reason="trash was emptied")

    await house.auth.database.transact(owner.workspace, work)
    await house.running.drain()

    assert (await owner.get("/audit")).json()["items"][0]["reason"] == "trash was emptied"
    assert (await owner.get("/audit/verification")).json() == {"intact": True, "checked": 2, "broken_at": None}


async def test_a_workspace_sees_its_own_chain_only(house: House) -> None:
    ada, eve = await house.member(), await house.member("eve@example.com")
    await append(house, ada.workspace, reason="ADA'S CANARY")
    await append(house, None, reason="THE INSTALLATION'S CANARY")

    seen = await eve.get("/audit")

    assert "CANARY" not in seen.text
    assert (await eve.get("/operator/audit")).json()["code"] == "missing_scope"


async def test_viewers_and_editors_do_not_read_the_log(house: House) -> None:
    owner = await house.member("owner@example.com")
    editor = await house.join(owner, "editor@example.com", "editor")

    assert (await editor.get("/audit")).json()["code"] == "missing_scope"
    assert (await editor.get("/audit/verification")).json()["code"] == "missing_scope"


async def test_acts_that_happen_at_once_make_one_chain(house: House) -> None:
    tenant = TenantId(uuid7())

    await asyncio.gather(*(append(house, tenant, target=f"video:{number}") for number in range(30)))

    assert (await audit_log.verify(house.auth, tenant)).model_dump() == {
        "intact": True,
        "checked": 30,
        "broken_at": None,
    }


async def test_an_event_that_comes_twice_is_one_entry(house: House) -> None:
    owner = await house.member()
    await house.running.drain()
    before = (await owner.get("/audit/verification")).json()["checked"]

    await house.run("UPDATE outbox SET sent_at = NULL WHERE topic = 'audit.recorded' RETURNING id")
    await house.running.drain()

    assert (await owner.get("/audit/verification")).json() == {"intact": True, "checked": before, "broken_at": None}


@pytest.mark.parametrize("role", ["app", "system"])
async def test_no_role_of_the_service_may_change_or_remove_an_entry(house: House, role: str) -> None:
    owner = await house.member()
    await append(house, owner.workspace)
    database = house.auth.database

    for statement in ("UPDATE audit_entries SET actor = 'nobody'", "DELETE FROM audit_entries"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with database.system() if role == "system" else database.unit_of_work(owner.workspace) as uow:
                await uow.session.execute(text(statement))


@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        ("UPDATE audit_entries SET actor = 'user:2' WHERE sequence = 3", 3),
        ('UPDATE audit_entries SET after = \'{"role": "viewer"}\' WHERE sequence = 1', 1),
        ("UPDATE audit_entries SET at = at + interval '1 microsecond' WHERE sequence = 5", 5),
        ("UPDATE audit_entries SET tenant_id = gen_random_uuid() WHERE sequence = 2", 2),
        ("DELETE FROM audit_entries WHERE sequence = 4", 4),
        ("DELETE FROM audit_entries WHERE sequence = 5", 5),
        ("UPDATE audit_entries SET sequence = 9 WHERE sequence = 5", 5),
        ("UPDATE audit_entries SET hash = '\\x00' WHERE sequence = 5", 5),
        ("DELETE FROM audit_entries", 1),
    ],
)
async def test_an_owner_of_the_database_who_tampers_is_found_out(
    database_server: DatabaseServer, tmp_path: Any, tampering: str, broken_at: int
) -> None:
    tenant = TenantId(uuid7())
    async with open_house(SPEC, server=database_server, folder=tmp_path) as house:
        for number in range(5):
            await append(house, tenant, after={"role": "owner"}, target=f"member:{number}")
        [(name,)] = await house.run("SELECT current_database()")
        await _as_owner(database_server, name, tampering)

        found = await audit_log.verify(house.auth, tenant)

    assert (found.intact, found.broken_at) == (False, broken_at)


async def _as_owner(server: DatabaseServer, database: str, statement: str) -> None:
    connection = await asyncpg.connect(server.server.url(database).reveal())
    try:
        await connection.execute("SET search_path = keyreel_auth")
        await connection.execute("ALTER TABLE audit_entries DISABLE TRIGGER append_only")
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_an_entry_made_anew_with_its_hash_still_breaks_the_chain_behind_it(
    database_server: DatabaseServer, tmp_path: Any
) -> None:
    tenant = TenantId(uuid7())
    async with open_house(SPEC, server=database_server, folder=tmp_path) as house:
        for number in range(3):
            await append(house, tenant, target=f"member:{number}")
        async with house.auth.database.system() as uow:
            forged = await uow.session.get_one(audit_log.AuditEntry, (tenant, 2))
            first = await uow.session.get_one(audit_log.AuditEntry, (tenant, 1))
            uow.session.expunge_all()
        forged.actor = "user:innocent"
        digest = audit_log.chained(forged, first.hash).hex()
        [(name,)] = await house.run("SELECT current_database()")
        statement = f"UPDATE audit_entries SET actor = 'user:innocent', hash = '\\x{digest}' WHERE sequence = 2"
        await _as_owner(database_server, name, statement)

        found = await audit_log.verify(house.auth, tenant)

    assert (found.intact, found.broken_at) == (False, 3)


async def test_numbers_that_json_would_round_are_kept_exactly(house: House) -> None:
    tenant = TenantId(uuid7())
    await append(house, tenant, after={"bytes": 2**60, "list": [2**53, -(2**53), 1.5, True, None, {"é": 0.1}]})

    assert (await audit_log.verify(house.auth, tenant)).intact
    [(kept,)] = await house.run("SELECT after FROM audit_entries WHERE tenant_id = :t", t=tenant)
    assert kept["bytes"] == str(2**60)


async def test_an_empty_chain_is_intact(house: House) -> None:
    verified = await audit_log.verify(house.auth, TenantId(UUID(int=5)))

    assert (verified.intact, verified.checked) == (True, 0)
