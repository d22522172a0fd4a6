"""The installation's own secret, from which keys for single purposes are derived (`kernel.service.derive_key`).

It is sealed in the store of keys like a client's, under a tenant that is nobody: so the master key is the one thing to
keep, and rotating that leaves this as it is.
"""

from __future__ import annotations

import secrets
from typing import Final
from uuid import UUID

from kernel.ids import TenantId
from kernel.keystore import KeyStore, SecretMissing
from kernel.secret import Secret

_NOBODY: Final = TenantId(UUID(int=0))
_PLACE: Final = ("studio", UUID(int=0), 1)


async def root_key(store: KeyStore) -> Secret:
    """The secret; made at the first start. Raises SecretIntegrityError."""
    try:
        return await store.use(_NOBODY, *_PLACE)
    except SecretMissing:
        made = Secret(secrets.token_urlsafe(32))
        await store.put(_NOBODY, *_PLACE, made)
        return made
