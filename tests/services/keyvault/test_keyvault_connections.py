"""The life of a connection: given, replaced, switched off, taken away; what a crash or a race leaves behind."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from contracts.events.tenants import TenantCreated, TenantDeleted
from kernel import clock, failpoints
from kernel.errors import InvalidInput, NotFound
from kernel.ids import TenantId, uuid7
from kernel.keystore import KeysShredded
from kernel.outbound import UrlNotAllowed
from kernel.secret import Secret
from services.keyvault import connections
from services.keyvault.connectors import CONNECTORS
from services.keyvault.errors import InvalidKeyFormat
from services.keyvault.formats import check_format, last_four

BY_ID = {connector.id: connector for connector in CONNECTORS}


@pytest.mark.parametrize("connector", BY_ID)
def test_a_usual_key_of_every_connector_is_taken(connector, good_keys):
    check_format(BY_ID[connector], Secret(good_keys[connector]))


@pytest.mark.parametrize("connector", BY_ID)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: "",
        lambda key: " ",
        lambda key: key + "\n",
        lambda key: " " + key,
        lambda key: key[:5] + " " + key[5:],
        lambda key: key[:5] + "\x00" + key[5:],
        lambda key: key[:-1] + "é",
        lambda key: key[:-1] + "٣",
        lambda key: key + "\r\nx-injected: 1",
        lambda key: "x" * 10_000,
        lambda key: "\ud800",
    ],
)
def test_b24_what_can_not_be_a_key_is_refused_without_being_repeated(connector, spoil, good_keys):
    wrong = spoil(good_keys[connector])
    with pytest.raises(InvalidKeyFormat) as caught:
        check_format(BY_ID[connector], Secret(wrong))
    told = str(caught.value.problem())
    assert len(wrong) < 8 or wrong not in told
    assert good_keys[connector][5:] not in told
    assert (caught.value.status, caught.value.violations[0].pointer) == (422, "/key")


def test_b24_a_key_of_one_provider_is_not_taken_for_another(good_keys):
    with pytest.raises(InvalidKeyFormat):
        check_format(BY_ID["anthropic"], Secret(good_keys["openai"]))
    with pytest.raises(InvalidKeyFormat):
        check_format(BY_ID["pexels"], Secret(good_keys["openai"]))


@pytest.mark.parametrize(("key", "shown"), [("a" * 8 + "wxyz", "wxyz"), ("a" * 7 + "wxyz", None), ("abc", None)])
def test_four_characters_are_shown_of_long_keys_only(key, shown):
    assert last_four(Secret(key)) == shown


def test_every_connector_sends_its_key_only_to_its_own_hosts():
    for connector in CONNECTORS:
        if connector.takes_base_url:
            assert connector.hosts == frozenset()
        else:
            assert connector.base_url.startswith("https://")
            assert connector.base_url.removeprefix("https://") in connector.hosts


class TestConnections:
    async def test_a_key_is_sealed_and_its_row_shows_the_last_four(self, vault, tenant):
        added = await vault.add(tenant, name="Main")
        assert (added.name, added.last_four, added.verdict, added.version) == ("Main", "WXYZ", "unknown", 1)
        assert await vault.lease(tenant, added.id) == Secret("sk-test-0123456789abcdefWXYZ")
        assert await vault.emitted("key.changed") == [
            {"connection_id": str(added.id), "connector": "openai", "change": "added"}
        ]
        (record,) = await vault.emitted("audit.recorded")
        assert (record["action"], record["target"]) == ("key.added", f"connection:{added.id}")

    async def test_a_replaced_key_is_destroyed_and_the_new_one_is_unknown_again(self, vault, tenant):
        added = await vault.add(tenant)
        await connections.try_out(vault.keyvault, tenant, added.id)
        new = Secret("sk-test-the-second-key-0987ABCD")
        rotated = await connections.rotate(vault.keyvault, tenant, added.id, new)
        assert (rotated.version, rotated.last_four, rotated.verdict) == (2, "ABCD", "unknown")
        assert await vault.lease(tenant, added.id) == new
        assert [entry.version for entry in await vault.keyvault.store.held(tenant)] == [2]

    async def test_a_removed_key_is_gone_from_row_and_store(self, vault, tenant):
        added = await vault.add(tenant)
        await connections.remove(vault.keyvault, tenant, added.id)
        assert await vault.rows("SELECT id FROM connections") == []
        assert await vault.keyvault.store.held(tenant) == []
        with pytest.raises(NotFound):
            await connections.remove(vault.keyvault, tenant, added.id)

    async def test_switching_off_and_on_and_renaming_is_told_once_each(self, vault, tenant):
        added = await vault.add(tenant)
        for name, enabled in ((None, False), (None, False), ("Second", None), (None, True)):
            changed = await connections.change(vault.keyvault, tenant, added.id, name, enabled)
        assert (changed.name, changed.enabled) == ("Second", True)
        assert [one["change"] for one in await vault.emitted("key.changed")] == ["added", "disabled", "enabled"]

    async def test_anothers_connection_is_as_unknown_as_none(self, vault, tenant):
        added, other = await vault.add(tenant), TenantId(uuid7())
        for connection_id in (added.id, uuid7()):
            for attempt in (
                connections.rotate(vault.keyvault, other, connection_id, Secret("sk-test-0123456789abcdefEVIL")),
                connections.change(vault.keyvault, other, connection_id, "x", False),
                connections.remove(vault.keyvault, other, connection_id),
                connections.try_out(vault.keyvault, other, connection_id),
            ):
                with pytest.raises(NotFound) as caught:
                    await attempt
                assert caught.value.problem() == NotFound().problem()
        assert (await vault.lease(tenant, added.id)).reveal().endswith("WXYZ")
        assert vault.provider.asked == []

    async def test_two_replacements_at_once_leave_the_value_of_the_last_version(self, vault, tenant):
        added = await vault.add(tenant)
        keys = [Secret(f"sk-test-0123456789abcdef{number:04d}") for number in range(8)]
        done = await asyncio.gather(*(connections.rotate(vault.keyvault, tenant, added.id, key) for key in keys))
        assert sorted(one.version for one in done) == list(range(2, 10))
        last = max(done, key=lambda one: one.version)
        assert (await vault.lease(tenant, added.id)).reveal()[-4:] == last.last_four
        assert [entry.version for entry in await vault.keyvault.store.held(tenant)] == [9]

    async def test_a_lease_during_a_replacement_gets_one_of_the_two_keys(self, vault, tenant):
        added = await vault.add(tenant)
        new = Secret("sk-test-the-second-key-0987ABCD")
        leases = [vault.lease(tenant, added.id) for _ in range(20)]
        *values, _ = await asyncio.gather(*leases, connections.rotate(vault.keyvault, tenant, added.id, new))
        assert {value.reveal()[-4:] for value in values} <= {"WXYZ", "ABCD"}


class TestBaseUrls:
    async def test_a_connector_without_a_server_takes_the_connections(self, vault, tenant):
        url = f"http://127.0.0.1:{vault.provider.port}/v1/"
        added = await vault.add(tenant, "openai-compatible", Secret("token"), base_url=url)
        assert added.base_url == url.rstrip("/")
        assert await vault.lease(tenant, added.id, "127.0.0.1") == Secret("token")

    @pytest.mark.parametrize(
        "url",
        [
            "http://llm.example.com/v1",
            "https://user:pw@llm.example.com/v1",
            "https://localhost/v1",
            "https://2130706433/v1",
            "https://[::ffff:10.0.0.1]/v1",
            "https://169.254.169.254/latest",
            "https://metadata.google.internal/",
            "file:///etc/passwd",
            "not a url",
            "https://no-such-host.invalid/v1",
        ],
    )
    async def test_an_address_that_leads_inside_or_nowhere_is_refused_and_nothing_is_kept(self, vault, tenant, url):
        with pytest.raises(UrlNotAllowed) as caught:
            await vault.add(tenant, "openai-compatible", Secret("token"), base_url=url)
        assert (caught.value.status, caught.value.violations[0].pointer) == (422, "/base_url")
        assert await vault.keyvault.store.held(tenant) == []

    async def test_an_address_is_asked_for_exactly_where_it_is_needed(self, vault, tenant, good_keys):
        for connector, url, code in (
            ("openai-compatible", None, "missing"),
            ("openai", "https://a.example", "unknown_field"),
        ):
            key = Secret(good_keys[connector])
            with pytest.raises(InvalidInput) as caught:
                await vault.add(tenant, connector, key, base_url=url)
            assert caught.value.violations[0].code == code
        with pytest.raises(InvalidInput) as caught:
            await vault.add(
                tenant, "openai-compatible", Secret("t"), base_url=f"http://127.0.0.1:{vault.provider.port}/v1?a=b"
            )
        assert caught.value.violations[0].code == "invalid_format"

    async def test_an_unknown_connector_is_refused_with_those_there_are(self, vault, tenant):
        with pytest.raises(InvalidInput, match="pexels, pixabay"):
            try:
                await vault.add(tenant, "myspace")
            except InvalidInput as error:
                raise InvalidInput(error.violations[0].message) from None


class TestCrashes:
    async def test_a_value_sealed_by_a_request_that_died_is_destroyed_an_hour_later(self, vault, tenant, monkeypatch):
        kept = await vault.add(tenant)
        with failpoints.arm("keyvault.sealed=raise"), pytest.raises(failpoints.FailpointHit):
            await vault.add(tenant)
        with failpoints.arm("keyvault.sealed=raise"), pytest.raises(failpoints.FailpointHit):
            await connections.rotate(vault.keyvault, tenant, kept.id, Secret("sk-test-the-second-key-0987ABCD"))
        assert len(await vault.keyvault.store.held(tenant)) == 3
        assert await connections.tidy(vault.keyvault, tenant) == 0
        later = clock.now() + timedelta(hours=2)
        monkeypatch.setattr("services.keyvault.connections.now", lambda: later)
        await connections.tidy(vault.keyvault, tenant)
        assert (await vault.lease(tenant, kept.id)).reveal().endswith("WXYZ")
        assert {entry.secret_id for entry in await vault.keyvault.store.held(tenant)} == {kept.id}
        rotated = await connections.rotate(vault.keyvault, tenant, kept.id, Secret("sk-test-the-third-key-00001234"))
        assert (rotated.version, rotated.last_four) == (2, "1234")
        assert await vault.lease(tenant, kept.id) == Secret("sk-test-the-third-key-00001234")

    async def test_a_removal_that_died_half_way_is_finished(self, vault, tenant, monkeypatch):
        added = await vault.add(tenant)
        with failpoints.arm("keyvault.removed=raise"), pytest.raises(failpoints.FailpointHit):
            await connections.remove(vault.keyvault, tenant, added.id)
        assert await vault.rows("SELECT id FROM connections") == []
        later = clock.now() + timedelta(hours=2)
        monkeypatch.setattr("services.keyvault.connections.now", lambda: later)
        assert await connections.tidy(vault.keyvault, tenant) == 1
        assert await vault.keyvault.store.held(tenant) == []


class TestTenants:
    async def test_a_new_workspace_gets_its_data_key(self, vault, tenant):
        await vault.tell(tenant, TenantCreated(owner_id=uuid7(), locale="en"))
        assert [one async for one in vault.keyvault.store.tenants()] == [tenant]

    async def test_a_deleted_workspace_loses_keys_and_rows_for_good_and_others_keep_theirs(self, vault, tenant):
        other = TenantId(uuid7())
        mine, theirs = await vault.add(tenant), await vault.add(other)
        await vault.tell(tenant, TenantDeleted())
        await vault.tell(tenant, TenantDeleted())
        assert [row["id"] for row in await vault.rows("SELECT id FROM connections")] == [theirs.id]
        with pytest.raises(KeysShredded):
            await vault.keyvault.store.use(tenant, "openai", mine.id, 1)
        with pytest.raises(KeysShredded):
            await vault.add(tenant)
        assert (await vault.lease(other, theirs.id)).reveal().endswith("WXYZ")
