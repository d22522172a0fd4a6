"""Addresses of media that need no header: `/media/<token>/<name>`, for `<video>`, `<img>` and downloads.

    token = base64url( mac[16] ‖ expiry u32 ‖ tenant[16] ‖ share[16] ‖ segments of the object key, "/" between )

`mac` is the beginning of HMAC-SHA-256 over all that follows it and the name: an address opens one object under one
name until it expires, and no part of it can be exchanged. `share` is the link it was made for, all zero for a member; a
link that was withdrawn takes its addresses with it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import struct
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote
from uuid import UUID

from kernel.clock import now
from kernel.ids import TenantId
from kernel.objects import ObjectKey
from kernel.secret import Secret
from services.storage.errors import MediaAddressInvalid
from services.storage.settings import MEDIA_LIFE, MEDIA_STEP

PATH: Final = "/media"
_MAC: Final = 16
_HEAD: Final = struct.Struct(">I16s16s")
_NOBODY: Final = UUID(int=0)
_LONGEST_NAME: Final = 100
#: what some file system or shell takes for something else than a letter of a name
_NOT_IN_NAMES: Final = re.compile(r'[/\\:*?"<>|%]')


@dataclass(frozen=True, slots=True)
class Grant:
    """What an address opens, until when, and for which link if not for a member."""

    key: ObjectKey
    expires_at: datetime
    share: UUID | None


class MediaAddresses:
    """Makes and opens addresses. `base` goes before each path: empty, or the address of a CDN."""

    def __init__(self, key: Secret, base: str = "") -> None:
        self._key = key.reveal().encode()
        self._base = base

    def address(
        self, key: ObjectKey, name: str, *, share: UUID | None = None, not_after: datetime | None = None
    ) -> str:
        """The address of an object for the next hour at most; those made within a quarter of an hour are equal."""
        step = int(MEDIA_STEP.total_seconds())
        expiry = int(now().timestamp()) // step * step + int(MEDIA_LIFE.total_seconds())
        if not_after is not None:
            expiry = min(expiry, int(not_after.timestamp()))
        head = _HEAD.pack(expiry, key.tenant.bytes, (share or _NOBODY).bytes)
        signed = head + "/".join(key.segments).encode()
        token = base64.urlsafe_b64encode(self._mac(signed, name) + signed).decode().rstrip("=")
        return f"{self._base}{PATH}/{token}/{quote(name, safe='')}"

    def open(self, token: str, name: str) -> Grant:
        """What a token opens under this name. Raises MediaAddressInvalid: changed, cut off or expired."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise MediaAddressInvalid from None
        mac, signed = raw[:_MAC], raw[_MAC:]
        # One spelling for one token: the spare bits at the end of base64 must not make another.
        spelled = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        if not hmac.compare_digest(mac, self._mac(signed, name)) or spelled != token:
            raise MediaAddressInvalid
        expiry, tenant, share = _HEAD.unpack_from(signed)
        expires_at = datetime.fromtimestamp(expiry, now().tzinfo)
        if expires_at <= now():
            raise MediaAddressInvalid
        segments = signed[_HEAD.size :].decode().split("/")
        key = ObjectKey.of(TenantId(UUID(bytes=tenant)), *segments)
        return Grant(key, expires_at, UUID(bytes=share) if share != _NOBODY.bytes else None)

    def _mac(self, signed: bytes, name: str) -> bytes:
        message = len(signed).to_bytes(4, "big") + signed + name.encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, message, hashlib.sha256)[:_MAC]


def file_name(title: str, suffix: str, fallback: str = "video") -> str:
    """A name for a file called `title`, in any script, that every system can keep: `Café à 5 h.mp4`."""
    text = "".join(
        " " if unicodedata.category(char)[0] == "C" else char for char in unicodedata.normalize("NFC", title)
    )
    words = " ".join(_NOT_IN_NAMES.sub(" ", text).split())
    return (words[:_LONGEST_NAME].strip(". ") or fallback) + suffix
