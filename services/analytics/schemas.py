"""What goes over HTTP."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel


class ConnectorUse(BaseModel):
    """Calls to one connector. `cost_micros` are millionths of `currency`; `cached` calls cost nothing."""

    connector: str
    currency: str
    ok: int
    failed: int
    cached: int
    milliseconds: int
    cost_micros: int


class UsageDay(BaseModel):
    """One day, in UTC."""

    day: date
    calls: list[ConnectorUse]
    videos: int
    failed: int
    cancelled: int
    render_seconds: int


class Usage(BaseModel):
    """Days in order, those without use included, and their sums."""

    days: list[UsageDay]
    calls: list[ConnectorUse]
    videos: int
    failed: int
    cancelled: int
    render_seconds: int
