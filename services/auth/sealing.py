"""What auth must be able to read again, and nobody else: TOTP secrets, signing keys, letters that wait to be sent.

Sealed with AES-256-GCM (NIST SP 800-38D) under a key derived from the studio's master secret by HKDF-SHA-256
(RFC 5869). What a value is and whose goes in as associated data, each part with its length before it: a sealed value
copied into another row or column doesn't open.
"""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kernel.errors import AppError
from kernel.secret import Secret

_NONCE: Final = 12
_FORMAT: Final = b"\x01"


class SealBroken(AppError):
    """A sealed value doesn't open: the master key is another one, or the row was tampered with."""

    code = "seal_broken"
    title = "A protected value can't be read. The studio's master key may have been replaced"


class Sealing:
    """Seals and opens bytes; `derive` gives further keys that only auth has."""

    def __init__(self, master: Secret) -> None:
        self._master = master
        self._cipher = AESGCM(self.derive("sealing"))

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose."""
        hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"keyreel auth {purpose}".encode())
        return hkdf.derive(self._master.reveal().encode())

    def seal(self, value: bytes, *about: str) -> bytes:
        """`value`, to be opened only with the same `about` (kind of value, id of its row)."""
        nonce = os.urandom(_NONCE)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, value, _associated(about))

    def open(self, sealed: bytes, *about: str) -> bytes:
        """Raises SealBroken."""
        nonce, body = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        if sealed[:1] != _FORMAT or len(nonce) != _NONCE:
            raise SealBroken
        try:
            return self._cipher.decrypt(nonce, body, _associated(about))
        except InvalidTag as broken:
            raise SealBroken from broken


def _associated(about: tuple[str, ...]) -> bytes:
    parts = [part.encode() for part in about]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
