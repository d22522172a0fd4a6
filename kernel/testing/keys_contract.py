"""What every store of keys must do, whatever lies under it (`kernel.keystore.KeyStore`).

class TestSealedKeys(KeysContract):
    @pytest.fixture
    def store(self, tmp_path): ...
"""

from __future__ import annotations

import base64
import os
from datetime import timedelta
from uuid import UUID

import pytest

from kernel.clock import now
from kernel.ids import TenantId, uuid7
from kernel.keystore import KeysShredded, KeyStore, MasterKeyWrong, SecretIntegrityError, SecretMissing
from kernel.secret import Secret

VALUE = Secret("sk-test-ключ-0123456789")


def new_tenant() -> TenantId:
    return TenantId(uuid7())


def new_master() -> Secret:
    return Secret(base64.b64encode(os.urandom(32)).decode())


async def nothing_opens(store: KeyStore, tenant: TenantId, connector: str, secret_id: UUID, version: int) -> None:
    with pytest.raises((SecretMissing, SecretIntegrityError)):
        await store.use(tenant, connector, secret_id, version)


class KeysContract:
    """Subclasses give the fixture `store`: an open, empty store."""

    async def test_a_value_comes_back_from_exactly_where_it_was_put(self, store: KeyStore) -> None:
        tenant, secret = new_tenant(), uuid7()
        await store.create_tenant(tenant)
        await store.put(tenant, "openai", secret, 1, VALUE)
        assert await store.use(tenant, "openai", secret, 1) == VALUE
        await nothing_opens(store, tenant, "pexels", secret, 1)
        await nothing_opens(store, tenant, "openai", secret, 2)
        await nothing_opens(store, tenant, "openai", uuid7(), 1)
        await nothing_opens(store, new_tenant(), "openai", secret, 1)

    async def test_a_tenant_that_was_never_announced_can_put_at_once(self, store: KeyStore) -> None:
        tenant, secret = new_tenant(), uuid7()
        await store.put(tenant, "openai", secret, 1, VALUE)
        await store.create_tenant(tenant)
        assert await store.use(tenant, "openai", secret, 1) == VALUE

    async def test_one_id_of_two_tenants_is_two_secrets(self, store: KeyStore) -> None:
        mine, theirs, secret = new_tenant(), new_tenant(), uuid7()
        await store.put(mine, "openai", secret, 1, Secret("mine"))
        await store.put(theirs, "openai", secret, 1, Secret("theirs"))
        assert await store.use(mine, "openai", secret, 1) == Secret("mine")
        await store.delete(mine, secret)
        assert await store.use(theirs, "openai", secret, 1) == Secret("theirs")

    async def test_a_place_that_is_written_again_holds_the_later_value(self, store: KeyStore) -> None:
        tenant, secret = new_tenant(), uuid7()
        await store.put(tenant, "openai", secret, 2, Secret("left by a crash"))
        await store.put(tenant, "openai", secret, 2, VALUE)
        assert await store.use(tenant, "openai", secret, 2) == VALUE

    async def test_deleting_below_a_version_keeps_that_version(self, store: KeyStore) -> None:
        tenant, secret = new_tenant(), uuid7()
        for version in (1, 2, 3):
            await store.put(tenant, "openai", secret, version, Secret(f"v{version}"))
        await store.delete(tenant, secret, below=3)
        assert [entry.version for entry in await store.held(tenant)] == [3]
        assert await store.use(tenant, "openai", secret, 3) == Secret("v3")
        await store.delete(tenant, secret)
        await store.delete(tenant, secret)
        assert await store.held(tenant) == []

    async def test_what_is_held_is_told_by_place_and_time_without_the_value(self, store: KeyStore) -> None:
        tenant, secret = new_tenant(), uuid7()
        await store.put(tenant, "openai", secret, 1, VALUE)
        (entry,) = await store.held(tenant)
        assert (entry.connector, entry.secret_id, entry.version) == ("openai", secret, 1)
        assert abs(entry.sealed_at - now()) < timedelta(minutes=1)
        assert VALUE.reveal() not in repr(entry)

    async def test_the_tenants_with_a_data_key_are_told(self, store: KeyStore) -> None:
        tenants = {new_tenant() for _ in range(3)}
        for tenant in tenants:
            await store.create_tenant(tenant)
        assert {tenant async for tenant in store.tenants()} == tenants

    async def test_a_shredded_tenant_has_no_keys_and_gets_none_again(self, store: KeyStore) -> None:
        gone, other, secret = new_tenant(), new_tenant(), uuid7()
        for tenant in (gone, other):
            await store.put(tenant, "openai", secret, 1, VALUE)
        await store.shred_tenant(gone)
        await store.shred_tenant(gone)
        for attempt in (
            store.use(gone, "openai", secret, 1),
            store.put(gone, "openai", secret, 1, VALUE),
            store.create_tenant(gone),
        ):
            with pytest.raises(KeysShredded):
                await attempt
        assert await store.held(gone) == []
        assert {tenant async for tenant in store.tenants()} == {other}
        assert await store.use(other, "openai", secret, 1) == VALUE

    async def test_a_tenant_without_keys_can_be_shredded(self, store: KeyStore) -> None:
        tenant = new_tenant()
        await store.shred_tenant(tenant)
        with pytest.raises(KeysShredded):
            await store.create_tenant(tenant)

    async def test_a_new_master_key_opens_everything_and_seals_what_comes(self, store: KeyStore) -> None:
        tenants, secret = [new_tenant() for _ in range(5)], uuid7()
        for tenant in tenants:
            await store.put(tenant, "openai", secret, 1, VALUE)
        assert await store.rotate_master(new_master()) == len(tenants)
        await store.put(tenants[0], "openai", secret, 2, Secret("later"))
        for tenant in tenants:
            assert await store.use(tenant, "openai", secret, 1) == VALUE
        assert await store.use(tenants[0], "openai", secret, 2) == Secret("later")
        assert await store.rotate_master(new_master()) == len(tenants)

    @pytest.mark.parametrize("bad", ["", "short", "!" * 44, base64.b64encode(b"x" * 31).decode()])
    async def test_a_master_key_that_is_not_32_bytes_is_refused(self, store: KeyStore, bad: str) -> None:
        with pytest.raises(MasterKeyWrong):
            await store.rotate_master(Secret(bad))
