"""Identifiers: UUID version 7 (RFC 9562), which sort by the time they were made, so that indexes grow at one end."""

from __future__ import annotations

import secrets
import threading
import time
from datetime import datetime
from typing import NewType
from uuid import UUID

TenantId = NewType("TenantId", UUID)
"""A workspace. A type of its own, so that no other id can be passed where rows are told apart by it."""

_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """A new id: 48 bits of Unix milliseconds, 12 bits of their fraction, 62 random bits (RFC 9562 §5.7, §6.2 method 3).

    Ids of one process ascend strictly, also within one tick of the clock and when the clock is set back.
    """
    global _last
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    with _lock:
        _last = stamp = max(_last + 1, milliseconds << 12 | rest * 4096 // 1_000_000)
    value = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)


def first_uuid_of(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment (aware): ids made earlier are smaller, so a primary key finds rows by age."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80 | 0x7 << 76 | 0b10 << 62)
