"""Who gets a key, and the record that is left when somebody does not (T13, T14, T15)."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest

from kernel import clock, context
from kernel.errors import UnknownReference
from kernel.ids import TenantId, uuid7
from kernel.keystore import SecretIntegrityError
from kernel.secret import Secret
from services.keyvault import connections, leases
from services.keyvault.errors import HostNotAllowed, KeyDisabled


async def refusals(vault, tenant) -> list[tuple[str, str, str]]:
    """Why keys were refused to a workspace: (target, reason, host)."""
    return [
        (one["target"], one["reason"], (one["after"] or {}).get("host"))
        for one in await vault.emitted("audit.recorded", tenant)
        if one["action"] == "key.refused"
    ]


async def test_a_key_goes_to_its_workspace_for_a_host_of_its_connector(vault, tenant):
    added = await vault.add(tenant)
    assert (await vault.lease(tenant, added.id, "API.OpenAI.com")).reveal().endswith("WXYZ")
    assert await refusals(vault, tenant) == []


async def test_t13_anothers_key_is_refused_like_one_that_never_was_and_recorded_where_it_was_asked_from(vault, tenant):
    theirs, attacker = await vault.add(tenant), TenantId(uuid7())
    for connection_id in (theirs.id, uuid7()):
        with pytest.raises(UnknownReference) as caught:
            await vault.lease(attacker, connection_id)
        assert caught.value.problem() == UnknownReference().problem()
        assert (await refusals(vault, attacker))[-1] == (
            f"connection:{connection_id}",
            "unknown_reference",
            "api.openai.com",
        )
    assert await refusals(vault, tenant) == []


@pytest.mark.parametrize(
    "host",
    [
        "evil.example.com",
        "api.openai.com.evil.example.com",
        "xapi.openai.com",
        "openai.com",
        "api.openai.com:8443",
        "api.openai.com.",
        "api.openai.com@evil.example.com",
        "",
        "127.0.0.1",
        "a" * 5000,
    ],
)
async def test_t14_a_host_that_is_not_the_connectors_gets_no_key_and_leaves_a_record(vault, tenant, host):
    added = await vault.add(tenant)
    with context.bind(actor="user:mallory", address="203.0.113.9"), pytest.raises(HostNotAllowed) as caught:
        await vault.lease(tenant, added.id, host)
    assert caught.value.status == 403
    assert await refusals(vault, tenant) == [(f"connection:{added.id}", "host_not_allowed", host[:253])]
    (record,) = [one for one in await vault.emitted("audit.recorded") if one["action"] == "key.refused"]
    assert (record["actor"], record["address"]) == ("user:mallory", "203.0.113.9")
    assert record["after"]["job"]


async def test_t14_a_key_of_an_own_server_goes_to_that_server_only(vault, tenant):
    url = f"http://127.0.0.1:{vault.provider.port}/v1"
    added = await vault.add(tenant, "openai-compatible", Secret("token"), base_url=url)
    with pytest.raises(HostNotAllowed):
        await vault.lease(tenant, added.id, "api.openai.com")
    assert await vault.lease(tenant, added.id, "127.0.0.1") == Secret("token")


async def test_a_disabled_key_is_lent_to_nobody_until_it_is_enabled(vault, tenant):
    added = await vault.add(tenant)
    await connections.change(vault.keyvault, tenant, added.id, None, False)
    with pytest.raises(KeyDisabled):
        await vault.lease(tenant, added.id)
    await connections.change(vault.keyvault, tenant, added.id, None, True)
    await vault.lease(tenant, added.id)


async def test_t15_a_sealed_value_moved_between_workspaces_is_refused_and_recorded(vault, tenant):
    other = TenantId(uuid7())
    mine, theirs = await vault.add(tenant), await vault.add(other, key=Secret("sk-test-0123456789abcdefVICT"))
    with (
        sqlite3.connect(vault.folder / "keys" / f"{other}.sqlite") as source,
        sqlite3.connect(vault.folder / "keys" / f"{tenant}.sqlite") as target,
    ):
        (sealed,) = source.execute("SELECT sealed FROM secrets").fetchone()
        target.execute("UPDATE secrets SET sealed = ?", (sealed,))
    with pytest.raises(SecretIntegrityError) as caught:
        await vault.lease(tenant, mine.id)
    assert caught.value.code == "secret_integrity_error"
    assert (await refusals(vault, tenant))[0][1] == "secret_integrity_error"
    with pytest.raises(SecretIntegrityError):
        await connections.try_out(vault.keyvault, tenant, mine.id)
    assert len(await refusals(vault, tenant)) == 2
    assert (await vault.lease(other, theirs.id)).reveal().endswith("VICT")


async def test_t15_a_row_pointed_at_anothers_secret_in_the_database_gets_nothing(vault, tenant):
    other = TenantId(uuid7())
    mine, theirs = await vault.add(tenant), await vault.add(other)
    await vault.rows(f"DELETE FROM connections WHERE id = '{theirs.id}' RETURNING id")
    await vault.rows(f"UPDATE connections SET id = '{theirs.id}' WHERE id = '{mine.id}' RETURNING id")
    with pytest.raises(Exception, match="No key is stored here"):
        await vault.lease(tenant, theirs.id)


async def test_the_time_of_last_use_is_kept_to_the_minute(vault, tenant, monkeypatch):
    added = await vault.add(tenant)
    start = clock.now()
    seen = []
    for seconds in (0, 30, 90):
        monkeypatch.setattr("services.keyvault.leases.now", lambda at=start + timedelta(seconds=seconds): at)
        await vault.lease(tenant, added.id)
        seen.append((await leases.read(vault.keyvault.database, tenant, added.id)).last_used_at)
    assert seen == [start, start, start + timedelta(seconds=90)]
