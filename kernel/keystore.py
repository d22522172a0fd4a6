"""The port for keys that tenants entrust to the studio: given once, lent for one use, never listed with their values.

Values are sealed under a key of the tenant; that data key is wrapped by the studio's master key. What is sealed is
bound to its place: moved to another tenant, connector, secret or version it can't be opened.

KeyStoreRefused            the store can't be opened; the command line prints the sentence and exits with 2
├── MasterKeyMissing         sealed keys exist, the master key does not
├── MasterKeyWrong           the master key is not the one the data was sealed with
├── MasterKeyExposed         others than its owner can read its file
└── KeyStoreInUse            another process of this studio has it open
SecretIntegrityError  500  secret_integrity_error    what is stored was damaged or moved; leaves a security record
SecretMissing         404  secret_missing            nothing is sealed at this place
KeysShredded          410  keys_shredded             the tenant's keys were destroyed
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from kernel.errors import AppError
from kernel.ids import TenantId
from kernel.secret import Secret


class KeyStoreRefused(AppError):
    """The store of keys can't be opened as things are."""

    code = "key_store_refused"
    title = "The store of keys can't be opened"


class MasterKeyMissing(KeyStoreRefused):
    """There are sealed keys, but the master key that opens them is not here."""

    code = "master_key_missing"
    title = "The master key is missing"


class MasterKeyWrong(KeyStoreRefused):
    """The master key is malformed, or not the one the keys were sealed with."""

    code = "master_key_wrong"
    title = "The master key is not the right one"


class MasterKeyExposed(KeyStoreRefused):
    """Others than its owner can read the file of the master key."""

    code = "master_key_exposed"
    title = "The master key's file is open to others"


class KeyStoreInUse(KeyStoreRefused):
    """One process at a time has the store open."""

    code = "key_store_in_use"
    title = "Another process uses the store of keys"


class SecretIntegrityError(AppError):
    """A stored key was damaged, or moved from where it was sealed; give the key again."""

    code = "secret_integrity_error"
    title = "A stored key was damaged or moved; give it again"


class SecretMissing(AppError):
    """No key is stored here any more; give it again."""

    code = "secret_missing"
    status = 404
    title = "No key is stored here; give it again"


class KeysShredded(AppError):
    """The workspace was deleted and its keys were destroyed."""

    code = "keys_shredded"
    status = 410
    title = "The keys of this workspace were destroyed"


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """That something is sealed, and since when; never what."""

    connector: str
    secret_id: UUID
    version: int
    sealed_at: datetime


class KeyStore(Protocol):
    """Every method may raise Unavailable while the store is out of reach; the same call works when it is back."""

    async def create_tenant(self, tenant: TenantId) -> None:
        """Makes the tenant's data key unless it has one. Raises KeysShredded."""
        ...

    async def put(self, tenant: TenantId, connector: str, secret_id: UUID, version: int, value: Secret) -> None:
        """Seals `value` at its place, for good when this returns; what a crash left there before is replaced.

        Makes the data key of a tenant that has none yet. Raises KeysShredded.
        """
        ...

    async def use(self, tenant: TenantId, connector: str, secret_id: UUID, version: int) -> Secret:
        """The value sealed at exactly this place. Raises SecretMissing, SecretIntegrityError and KeysShredded."""
        ...

    async def delete(self, tenant: TenantId, secret_id: UUID, *, below: int | None = None) -> None:
        """Destroys all versions of a secret, or those below a version. What is not there is fine."""
        ...

    async def held(self, tenant: TenantId) -> Sequence[SealedEntry]:
        """What is sealed for the tenant, by its places."""
        ...

    def tenants(self) -> AsyncIterator[TenantId]:
        """The tenants that have a data key."""
        ...

    async def shred_tenant(self, tenant: TenantId) -> None:
        """Destroys the tenant's data key, and with it all that was sealed under it, for good."""
        ...

    async def rotate_master(self, new: Secret) -> int:
        """Wraps every data key under `new` (base64 of 32 bytes) instead of the present master key; how many it were.

        No value is sealed anew. Killed at any point, the store opens again and finishes what was begun.
        """
        ...
