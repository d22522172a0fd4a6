"""The sealed store keeps the contract of every store of keys, and what is its own: files, master keys, rotation."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.keys_sealed import EnvironmentMasterKeys, FileMasterKeys, SealedKeys
from kernel import failpoints
from kernel.errors import AppError
from kernel.ids import TenantId, uuid7
from kernel.keystore import (
    KeysShredded,
    KeyStoreInUse,
    KeyStoreRefused,
    MasterKeyExposed,
    MasterKeyMissing,
    MasterKeyWrong,
    SecretIntegrityError,
)
from kernel.secret import Secret
from kernel.testing.keys_contract import VALUE, KeysContract, new_master, new_tenant

ROOT = Path(__file__).resolve().parents[2]


class Place:
    """A folder for sealed keys and, apart from it, a file for the master key."""

    def __init__(self, folder: Path) -> None:
        self.keys = folder / "data" / "keys"
        self.master = folder / "private" / "master.key"

    def open(self) -> SealedKeys:
        return SealedKeys(self.keys, FileMasterKeys(self.master))

    def database(self, tenant: TenantId) -> sqlite3.Connection:
        return sqlite3.connect(self.keys / f"{tenant}.sqlite")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


class TestSealedKeys(KeysContract):
    @pytest.fixture
    def store(self, place: Place):
        store = place.open()
        yield store
        store.close()


class TestSealedKeysOfTheEnvironment:
    """The same store with its master key from settings, which only a restart can change."""

    async def put(self, folder: Path, masters: EnvironmentMasterKeys, tenant: TenantId) -> None:
        store = SealedKeys(folder, masters)
        await store.put(tenant, "openai", tenant, 1, VALUE)
        store.close()

    async def read(self, folder: Path, masters: EnvironmentMasterKeys, tenant: TenantId) -> Secret:
        store = SealedKeys(folder, masters)
        try:
            return await store.use(tenant, "openai", tenant, 1)
        finally:
            store.close()

    async def test_a_restart_with_both_keys_changes_the_master_key(self, tmp_path: Path):
        old, new, tenant = new_master(), new_master(), new_tenant()
        await self.put(tmp_path, EnvironmentMasterKeys(old), tenant)
        assert await self.read(tmp_path, EnvironmentMasterKeys(new, previous=old), tenant) == VALUE
        assert await self.read(tmp_path, EnvironmentMasterKeys(new), tenant) == VALUE
        with pytest.raises(MasterKeyWrong):
            await self.read(tmp_path, EnvironmentMasterKeys(old), tenant)

    async def test_another_key_alone_is_refused_with_what_to_do(self, tmp_path: Path):
        tenant = new_tenant()
        await self.put(tmp_path, EnvironmentMasterKeys(new_master()), tenant)
        with pytest.raises(MasterKeyWrong, match="KEYREEL_MASTER_KEY_PREVIOUS"):
            SealedKeys(tmp_path, EnvironmentMasterKeys(new_master()))

    async def test_an_interrupted_change_needs_both_keys_in_either_order(self, tmp_path: Path):
        old, new, tenants = new_master(), new_master(), [new_tenant() for _ in range(3)]
        for tenant in tenants:
            await self.put(tmp_path, EnvironmentMasterKeys(old), tenant)
        with failpoints.arm("keys.rotate.wrapped=raise@2"), pytest.raises(failpoints.FailpointHit):
            SealedKeys(tmp_path, EnvironmentMasterKeys(new, previous=old))
        for alone in (old, new):
            with pytest.raises(MasterKeyWrong, match="interrupted"):
                SealedKeys(tmp_path, EnvironmentMasterKeys(alone))
        with failpoints.arm("keys.rotate.wrapped=raise@2"), pytest.raises(failpoints.FailpointHit):
            SealedKeys(tmp_path, EnvironmentMasterKeys(old, previous=new))
        for tenant in tenants:
            assert await self.read(tmp_path, EnvironmentMasterKeys(new, previous=old), tenant) == VALUE

    async def test_a_running_studio_tells_how_to_change_it(self, tmp_path: Path):
        store = SealedKeys(tmp_path, EnvironmentMasterKeys(new_master()))
        with pytest.raises(KeyStoreRefused, match="KEYREEL_MASTER_KEY_PREVIOUS"):
            await store.rotate_master(new_master())
        store.close()

    @pytest.mark.parametrize("text", ["", "hunter2", "A" * 44, base64.b64encode(b"1" * 16).decode(), "é" * 32])
    async def test_a_malformed_master_key_is_refused_without_being_repeated(self, tmp_path: Path, text):
        with pytest.raises(MasterKeyWrong) as caught:
            SealedKeys(tmp_path, EnvironmentMasterKeys(Secret(text)))
        assert not text or text not in str(caught.value.problem())


def test_files_are_their_owners_alone_and_the_master_key_lies_apart(place: Place):
    store, tenant = place.open(), new_tenant()
    asyncio.run(store.put(tenant, "openai", tenant, 1, VALUE))
    store.close()
    for file in (place.master, place.keys / f"{tenant}.sqlite"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE(place.keys.stat().st_mode) == 0o700
    assert len(base64.b64decode(place.master.read_text())) == 32
    sealed = b"".join(file.read_bytes() for file in place.keys.iterdir())
    assert VALUE.reveal().encode() not in sealed
    assert base64.b64decode(place.master.read_text()) not in sealed


def test_a_second_process_is_refused_until_the_first_lets_go(place: Place):
    first = place.open()
    with pytest.raises(KeyStoreInUse):
        place.open()
    first.close()
    place.open().close()


def sealed_once(place: Place) -> TenantId:
    store, tenant = place.open(), new_tenant()
    asyncio.run(store.put(tenant, "openai", tenant, 1, VALUE))
    store.close()
    return tenant


def test_sealed_keys_without_their_master_key_are_refused_and_no_new_one_is_made(place: Place):
    sealed_once(place)
    place.master.unlink()
    with pytest.raises(MasterKeyMissing):
        place.open()
    assert not place.master.exists()


def test_a_wrong_master_key_is_refused(place: Place):
    sealed_once(place)
    place.master.write_text(new_master().reveal())
    with pytest.raises(MasterKeyWrong):
        place.open()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666])
def test_a_master_key_that_others_can_read_is_refused(place: Place, mode):
    sealed_once(place)
    place.master.chmod(mode)
    with pytest.raises(MasterKeyExposed, match="chmod 600"):
        place.open()


def test_a_master_key_that_is_a_link_or_no_file_is_refused(place: Place):
    sealed_once(place)
    kept = place.master.rename(place.master.with_name("elsewhere"))
    place.master.symlink_to(kept)
    with pytest.raises(MasterKeyWrong):
        place.open()
    place.master.unlink()
    place.master.mkdir()
    with pytest.raises(MasterKeyWrong):
        place.open()


def test_sealed_keys_without_their_keyring_are_refused(place: Place):
    sealed_once(place)
    (place.keys / "keyring.json").unlink()
    with pytest.raises(MasterKeyMissing):
        place.open()


@pytest.mark.parametrize(
    "open_wrongly",
    [
        lambda place: place.master.unlink(),
        lambda place: place.master.write_text(new_master().reveal()),
        lambda place: place.master.chmod(0o644),
    ],
)
def test_a_refusal_is_a_sentence_that_names_no_path_and_no_key(place: Place, open_wrongly):
    sealed_once(place)
    key = place.master.read_text().strip()
    open_wrongly(place)
    with pytest.raises(KeyStoreRefused) as caught:
        place.open()
    told = str(caught.value.problem())
    assert key not in told
    assert str(place.keys.parent) not in told
    assert caught.value.detail.endswith(".")


# T15: whoever can write the files gains nothing by moving what is in them


def two_tenants(place: Place) -> tuple[TenantId, TenantId]:
    """A and B, each with the same two secrets, the first of them in two versions."""
    store, tenants = place.open(), (new_tenant(), new_tenant())
    for tenant in tenants:
        for connector, secret, version in (("openai", FIRST, 1), ("openai", FIRST, 2), ("pexels", SECOND, 1)):
            value = Secret(f"{tenant} {connector} {version}")
            asyncio.run(store.put(tenant, connector, secret, version, value))
    store.close()
    return tenants


FIRST, SECOND = uuid7(), uuid7()


def refused(place: Place, tenant: TenantId, connector: str = "openai", secret=FIRST, version: int = 1) -> bool:
    store = place.open()
    try:
        asyncio.run(store.use(tenant, connector, secret, version))
    except SecretIntegrityError:
        return True
    finally:
        store.close()
    return False


def test_t15_a_sealed_row_copied_from_another_tenant_is_refused(place: Place):
    a, b = two_tenants(place)
    with place.database(b) as theirs, place.database(a) as mine:
        (sealed,) = theirs.execute("SELECT sealed FROM secrets WHERE version = 2").fetchone()
        mine.execute("UPDATE secrets SET sealed = ? WHERE version = 2", (sealed,))
    assert refused(place, a, version=2)
    assert not refused(place, a)


def test_t15_a_data_key_copied_from_another_tenant_is_refused(place: Place):
    a, b = two_tenants(place)
    with place.database(b) as theirs, place.database(a) as mine:
        (wrapped,) = theirs.execute("SELECT wrapped FROM data_key").fetchone()
        mine.execute("UPDATE data_key SET wrapped = ?", (wrapped,))
    assert refused(place, a)


def test_t15_a_row_and_its_data_key_copied_together_are_refused(place: Place):
    a, b = two_tenants(place)
    with place.database(b) as theirs, place.database(a) as mine:
        (sealed,) = theirs.execute("SELECT sealed FROM secrets WHERE version = 2").fetchone()
        (wrapped,) = theirs.execute("SELECT wrapped FROM data_key").fetchone()
        mine.execute("UPDATE data_key SET wrapped = ?", (wrapped,))
        mine.execute("UPDATE secrets SET sealed = ? WHERE version = 2", (sealed,))
    assert refused(place, a, version=2)


def test_t15_the_file_of_another_tenant_is_refused(place: Place):
    a, b = two_tenants(place)
    (place.keys / f"{b}.sqlite").replace(place.keys / f"{a}.sqlite")
    assert refused(place, a)


def test_a_row_moved_to_another_version_or_secret_is_refused(place: Place):
    a, _ = two_tenants(place)
    with place.database(a) as mine:
        (old,) = mine.execute(
            "SELECT sealed FROM secrets WHERE secret_id = ? AND version = 1", (str(FIRST),)
        ).fetchone()
        mine.execute("UPDATE secrets SET sealed = ? WHERE version = 2", (old,))
        mine.execute("UPDATE secrets SET sealed = ? WHERE secret_id = ?", (old, str(SECOND)))
    assert refused(place, a, version=2)
    assert refused(place, a, "pexels", SECOND)


def test_a_secret_asked_for_as_another_connectors_is_refused(place: Place):
    a, _ = two_tenants(place)
    assert refused(place, a, "openai-compatible")


@pytest.mark.parametrize("column", ["sealed", "wrapped"])
@pytest.mark.parametrize("cut", [0, 5, 12, 20])
def test_a_value_that_was_cut_short_is_refused(place: Place, column, cut):
    a, _ = two_tenants(place)
    table = "secrets" if column == "sealed" else "data_key"
    with place.database(a) as mine:
        mine.execute(f"UPDATE {table} SET {column} = substr({column}, 1, {cut})")
    assert refused(place, a)


def test_any_single_flipped_bit_is_refused(place: Place):
    a, _ = two_tenants(place)
    with place.database(a) as mine:
        (sealed,) = mine.execute("SELECT sealed FROM secrets WHERE version = 2").fetchone()
    for at in range(0, len(sealed) * 8, 29):
        flipped = bytearray(sealed)
        flipped[at // 8] ^= 1 << at % 8
        with place.database(a) as mine:
            mine.execute("UPDATE secrets SET sealed = ? WHERE version = 2", (bytes(flipped),))
        assert refused(place, a, version=2)


def test_a_file_that_is_no_database_is_refused_and_does_not_stop_the_others(place: Place):
    a, b = two_tenants(place)
    (place.keys / f"{a}.sqlite").write_bytes(b"not a database at all, but long enough to look at" * 50)
    assert refused(place, a)
    assert not refused(place, b)
    store = place.open()
    assert asyncio.run(store.rotate_master(new_master())) == 1
    store.close()
    assert not refused(place, b)


def test_no_byte_of_a_deleted_or_shredded_key_stays_in_the_files(place: Place):
    store, (kept, gone) = place.open(), (new_tenant(), new_tenant())
    for tenant in (kept, gone):
        asyncio.run(store.put(tenant, "openai", FIRST, 1, VALUE))
    with place.database(kept) as database:
        (sealed,) = database.execute("SELECT sealed FROM secrets").fetchone()
    asyncio.run(store.delete(kept, FIRST))
    asyncio.run(store.shred_tenant(gone))
    store.close()
    left = b"".join(file.read_bytes() for file in place.keys.iterdir())
    assert sealed not in left
    assert not (place.keys / f"{gone}.sqlite").exists()


# F39: kill -9 at every step of a rotation and of a shredding


PROGRAM = """
import asyncio, sys
from pathlib import Path
from uuid import UUID
from adapters.keys_sealed import FileMasterKeys, SealedKeys
from kernel.ids import TenantId
from kernel.secret import Secret

store = SealedKeys(Path(sys.argv[1]), FileMasterKeys(Path(sys.argv[2])))
if sys.argv[3] == "rotate":
    asyncio.run(store.rotate_master(Secret(sys.argv[4])))
else:
    asyncio.run(store.shred_tenant(TenantId(UUID(sys.argv[4]))))
"""


def killed(place: Place, failpoint: str, *act: str) -> None:
    environment = {**os.environ, "FAILPOINTS": "1", "KEYREEL_FAILPOINTS": failpoint}
    argv = [sys.executable, "-c", PROGRAM, str(place.keys), str(place.master), *act]
    done = subprocess.run(argv, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr


STEPS = [
    "keys.master.staged=kill",
    "keys.rotate.noted=kill",
    *(f"keys.rotate.wrapped=kill@{nth}" for nth in (1, 2, 3)),
    "keys.rotate.done=kill@2",  # the first time is the start of the store
    "keys.master.settling=kill@2",
]


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_f39_a_rotation_killed_at_any_step_leaves_every_key_readable_and_is_finished_by_the_next_start(
    place: Place, step
):
    store, tenants = place.open(), [new_tenant() for _ in range(3)]
    for tenant in tenants:
        asyncio.run(store.put(tenant, "openai", FIRST, 1, VALUE))
    store.close()
    new = new_master()
    killed(place, step, "rotate", new.reveal())
    store = place.open()
    for tenant in tenants:
        assert asyncio.run(store.use(tenant, "openai", FIRST, 1)) == VALUE
    store.close()
    assert place.master.read_text().strip() == new.reveal()
    assert sorted(file.name for file in place.master.parent.iterdir()) == [place.master.name]
    store = place.open()
    assert asyncio.run(store.use(tenants[0], "openai", FIRST, 1)) == VALUE
    store.close()


@pytest.mark.slow
def test_a_shredding_that_was_killed_is_finished_by_the_next_start(place: Place):
    tenant = sealed_once(place)
    killed(place, "keys.shred.marked=kill", "shred", str(tenant))
    assert (place.keys / f"{tenant}.sqlite").exists()
    store = place.open()
    assert not (place.keys / f"{tenant}.sqlite").exists()
    with pytest.raises(KeysShredded):
        asyncio.run(store.use(tenant, "openai", tenant, 1))
    store.close()


def test_a_master_key_half_written_by_a_kill_does_not_hinder_the_next_start(place: Place):
    place.master.parent.mkdir(parents=True)
    place.master.with_name(f"master.key.{os.getpid()}.draft").write_text("")
    tenant = sealed_once(place)
    assert not refused(place, tenant, secret=tenant)


def test_errors_of_the_store_are_problems_with_codes_of_their_own():
    kinds = (SecretIntegrityError, KeysShredded, MasterKeyMissing, MasterKeyWrong, MasterKeyExposed, KeyStoreInUse)
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(issubclass(kind, AppError) and not kind.retryable for kind in kinds)
