"""Adding to a day's numbers: one insert that adds to what is there, so that counting needs no lock and no read."""

from __future__ import annotations

from datetime import date

from sqlalchemy.dialects.postgresql import insert

from kernel.uow import UnitOfWork
from services.analytics.models import DailyCalls, DailyVideos

_ZERO_CALLS = dict.fromkeys(("ok", "failed", "cached", "milliseconds", "cost_micros"), 0)
_ZERO_VIDEOS = dict.fromkeys(("ready", "failed", "cancelled", "render_seconds", "bytes"), 0)


async def add_calls(uow: UnitOfWork, day: date, connector: str, currency: str, **numbers: int) -> None:
    """Add to one connector's day; numbers not named grow by nothing."""
    row = {"tenant_id": uow.tenant, "day": day, "connector": connector, "currency": currency, **_ZERO_CALLS, **numbers}
    statement = insert(DailyCalls).values(row)
    sums = {name: getattr(DailyCalls, name) + statement.excluded[name] for name in numbers}
    await uow.session.execute(
        statement.on_conflict_do_update(index_elements=["tenant_id", "day", "connector", "currency"], set_=sums)
    )


async def add_videos(uow: UnitOfWork, day: date, **numbers: int) -> None:
    """Add to a day's videos; numbers not named grow by nothing."""
    row = {"tenant_id": uow.tenant, "day": day, **_ZERO_VIDEOS, **numbers}
    statement = insert(DailyVideos).values(row)
    sums = {name: getattr(DailyVideos, name) + statement.excluded[name] for name in numbers}
    await uow.session.execute(statement.on_conflict_do_update(index_elements=["tenant_id", "day"], set_=sums))
