"""The sealed store of keys: a folder with a file a tenant, under one master key. Implements `kernel.keystore.KeyStore`.

<folder>/lock                     held while a process has the store open
<folder>/keyring.json             which master key the data keys are under, and which others some may still be under
<folder>/<tenant>.sqlite          see tenant_file.py
<folder>/<tenant>.shredded        an empty file: this tenant's keys were destroyed, and must not come back

A rotation goes: stage the new master key, note it in the keyring, wrap each data key anew (a transaction a file), note
that it is done, let go of the old key. Whatever file a kill leaves unwrapped, both keys are still there, and opening
the store goes on where it stopped.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, ParamSpec, TypeVar
from uuid import UUID

from adapters.keys_sealed.master import MasterKey, MasterKeys, sync_folder
from adapters.keys_sealed.tenant_file import TenantFile
from kernel import failpoints
from kernel.ids import TenantId
from kernel.keystore import (
    KeysShredded,
    KeyStoreInUse,
    MasterKeyMissing,
    MasterKeyWrong,
    SealedEntry,
    SecretIntegrityError,
    SecretMissing,
)
from kernel.secret import Secret

P = ParamSpec("P")
T = TypeVar("T")

failpoints.declare("keys.rotate.noted", "the keyring names the new master key, no data key is under it yet")
failpoints.declare("keys.rotate.wrapped", "one more data key is under the new master key")
failpoints.declare("keys.rotate.done", "every data key is under the new master key, the keyring does not say so yet")
failpoints.declare("keys.shred.marked", "a tenant is marked as shredded, its data key still lies there")

_OTHER_KEY: Final = (
    "The keys were sealed under another master key than the one given. Give the right one; to change it, set"
    " KEYREEL_MASTER_KEY_PREVIOUS to the old one as well."
)
_INTERRUPTED: Final = (
    "A change of the master key was interrupted and needs both keys: set KEYREEL_MASTER_KEY to the one to use and"
    " KEYREEL_MASTER_KEY_PREVIOUS to the other."
)


@dataclass(frozen=True, slots=True)
class Keyring:
    """Ids of master keys: the one data keys are wrapped under, and those that some may still be under."""

    wanted: str
    others: tuple[str, ...] = ()


class SealedKeys:
    """The store in `folder`, open until `close`. Blocking work runs in threads, one at a time.

    Raises the refusals of `kernel.keystore` (KeyStoreRefused) when it can't be opened safely.
    """

    def __init__(self, folder: Path, masters: MasterKeys) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._masters = masters
        self._lock = threading.Lock()
        self._descriptor = _locked(folder / "lock")
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Lets another process open the store. Safe to call twice."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    async def create_tenant(self, tenant: TenantId) -> None:
        await self._run(self._created, tenant)

    async def put(self, tenant: TenantId, connector: str, secret_id: UUID, version: int, value: Secret) -> None:
        def put() -> None:
            self._created(tenant).put(self._known, connector, secret_id, version, value)

        await self._run(put)

    async def use(self, tenant: TenantId, connector: str, secret_id: UUID, version: int) -> Secret:
        def use() -> Secret:
            self._refuse_shredded(tenant)
            file = self._file(tenant)
            if not file.path.exists():
                raise SecretMissing
            return file.use(self._known, connector, secret_id, version)

        return await self._run(use)

    async def delete(self, tenant: TenantId, secret_id: UUID, *, below: int | None = None) -> None:
        def delete() -> None:
            file = self._file(tenant)
            if file.path.exists():
                file.delete(secret_id, below)

        await self._run(delete)

    async def held(self, tenant: TenantId) -> Sequence[SealedEntry]:
        def held() -> list[SealedEntry]:
            file = self._file(tenant)
            return file.held() if file.path.exists() else []

        return await self._run(held)

    async def tenants(self) -> AsyncIterator[TenantId]:
        for file in await self._run(self._files):
            yield file.tenant

    async def shred_tenant(self, tenant: TenantId) -> None:
        def shred() -> None:
            mark = self._mark(tenant)
            mark.touch(mode=0o600)
            sync_folder(self._folder)
            failpoints.hit("keys.shred.marked")
            self._finish_shredding(tenant)

        await self._run(shred)

    async def rotate_master(self, new: Secret) -> int:
        key = MasterKey.parse(new)

        def stage() -> None:
            if key.id in self._known:
                raise MasterKeyWrong("The new master key is the present one; make another.")
            self._masters.stage(key)
            self._begin(key)

        await self._run(stage)
        wrapped = 0
        for file in await self._run(self._files):  # the lock is free between files: keys are lent meanwhile
            wrapped += await self._run(self._rewrap, file)
        await self._run(self._finish)
        return wrapped

    def _open(self) -> None:
        ring = self._read_ring()
        keys = self._masters.load(create=ring is None)
        self._wanted = keys[0]
        self._known = {key.id: key for key in keys}
        for mark in self._folder.glob("*.shredded"):
            self._finish_shredding(TenantId(UUID(mark.stem)))
        if ring is None:
            if self._files():
                raise MasterKeyMissing(
                    "The keyring that belongs to the sealed keys is gone. Restore it from the backup."
                )
            self._write_ring(Keyring(self._wanted.id))
            return
        needed = {ring.wanted, *ring.others}
        if not needed <= self._known.keys():
            raise MasterKeyWrong(_OTHER_KEY if len(needed) == 1 else _INTERRUPTED)
        if ring != Keyring(self._wanted.id):
            self._begin(self._wanted)
            for file in self._files():
                self._rewrap(file)
        self._finish()

    def _begin(self, wanted: MasterKey) -> None:
        """From here on new data keys are wrapped under `wanted`, and the keyring says that others will be."""
        ring = self._read_ring() or Keyring(wanted.id)
        self._write_ring(Keyring(wanted.id, tuple(sorted({ring.wanted, *ring.others} - {wanted.id}))))
        self._known[wanted.id] = wanted
        self._wanted = wanted
        failpoints.hit("keys.rotate.noted")

    def _rewrap(self, file: TenantFile) -> int:
        try:
            wrapped = file.path.exists() and file.rewrap(self._known, self._wanted)
        except SecretIntegrityError:  # a damaged file stays as it is and fails when used: it must not hold up the rest
            return 0
        failpoints.hit("keys.rotate.wrapped")
        return int(wrapped)

    def _finish(self) -> None:
        failpoints.hit("keys.rotate.done")
        self._write_ring(Keyring(self._wanted.id))
        self._masters.settle()
        self._known = {self._wanted.id: self._wanted}

    def _created(self, tenant: TenantId) -> TenantFile:
        self._refuse_shredded(tenant)
        file = self._file(tenant)
        file.create(self._wanted)
        return file

    def _refuse_shredded(self, tenant: TenantId) -> None:
        if self._mark(tenant).exists():
            raise KeysShredded

    def _finish_shredding(self, tenant: TenantId) -> None:
        file = self._file(tenant)
        if file.path.exists():
            file.destroy()
            sync_folder(self._folder)

    def _file(self, tenant: TenantId) -> TenantFile:
        return TenantFile(tenant, self._folder / f"{tenant}.sqlite")

    def _mark(self, tenant: TenantId) -> Path:
        return self._folder / f"{tenant}.shredded"

    def _files(self) -> list[TenantFile]:
        return [self._file(TenantId(UUID(path.stem))) for path in sorted(self._folder.glob("*.sqlite"))]

    def _read_ring(self) -> Keyring | None:
        with suppress(FileNotFoundError):
            ring = json.loads((self._folder / "keyring.json").read_text())
            return Keyring(ring["wanted"], tuple(ring["others"]))
        return None

    def _write_ring(self, ring: Keyring) -> None:
        if ring == self._read_ring():
            return
        draft = self._folder / "keyring.json.draft"
        with draft.open("w") as file:
            json.dump({"format": 1, **asdict(ring)}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / "keyring.json")
        sync_folder(self._folder)

    async def _run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def locked() -> T:
            with self._lock:
                return work(*args, **kwargs)

        return await asyncio.to_thread(locked)


def _locked(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise KeyStoreInUse("Another process has the store of keys open; stop it first.") from None
    return descriptor
