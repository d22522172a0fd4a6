"""The time of day. Leases and other agreements between processes use the database's `now()` instead."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The time in UTC, aware, with microseconds."""
    return datetime.now(UTC)
