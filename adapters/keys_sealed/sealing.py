"""Sealing: AES-256-GCM (NIST SP 800-38D) with associated data that binds a value to its place.

A sealed value is 12 random bytes of nonce, the ciphertext and 16 bytes of tag. The associated data is never stored: who
opens a value says where it should have come from, and a value from elsewhere fails.
"""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kernel.ids import TenantId
from kernel.keystore import SecretIntegrityError

FORMAT: Final = 1
KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


def place(kind: str, tenant: TenantId, connector: str = "", secret_id: str = "", version: int = 0) -> bytes:
    """The associated data of one place: each part with its length before it, so that no two places read the same."""
    parts = (kind, str(FORMAT), str(tenant), connector, secret_id, str(version))
    return b"".join(len(part).to_bytes(4, "big") + part for part in (text.encode() for text in parts))


def seal(key: bytes, value: bytes, at: bytes) -> bytes:
    """`value` sealed under the 32 bytes of `key` for the place `at`."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, value, at)


def unseal(key: bytes, sealed: bytes, at: bytes) -> bytes:
    """What was sealed under `key` for exactly the place `at`. Raises SecretIntegrityError for anything else."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], at)
    except (InvalidTag, ValueError):
        raise SecretIntegrityError from None
