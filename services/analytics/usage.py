"""The report on a workspace's use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import select

from kernel.uow import UnitOfWork
from services.analytics.models import DailyCalls, DailyVideos
from services.analytics.schemas import ConnectorUse, Usage, UsageDay


async def usage(uow: UnitOfWork, first: date, last: date) -> Usage:
    """What was used from `first` to `last`, both included."""
    calls = await uow.session.scalars(
        select(DailyCalls).where(DailyCalls.day.between(first, last)).order_by(DailyCalls.connector)
    )
    by_day: dict[date, list[ConnectorUse]] = defaultdict(list)
    for row in calls:
        by_day[row.day].append(_use(row))
    videos = {
        row.day: row
        for row in await uow.session.scalars(select(DailyVideos).where(DailyVideos.day.between(first, last)))
    }
    days = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(offset)
        made = videos.get(day)
        days.append(
            UsageDay(
                day=day,
                calls=by_day.get(day, []),
                videos=made.ready if made else 0,
                failed=made.failed if made else 0,
                cancelled=made.cancelled if made else 0,
                render_seconds=made.render_seconds if made else 0,
            )
        )
    return Usage(
        days=days,
        calls=_sums(use for uses in by_day.values() for use in uses),
        videos=sum(day.videos for day in days),
        failed=sum(day.failed for day in days),
        cancelled=sum(day.cancelled for day in days),
        render_seconds=sum(day.render_seconds for day in days),
    )


def _use(row: DailyCalls) -> ConnectorUse:
    return ConnectorUse(
        connector=row.connector,
        currency=row.currency,
        ok=row.ok,
        failed=row.failed,
        cached=row.cached,
        milliseconds=row.milliseconds,
        cost_micros=row.cost_micros,
    )


def _sums(uses: Iterable[ConnectorUse]) -> list[ConnectorUse]:
    sums: dict[tuple[str, str], ConnectorUse] = {}
    for use in uses:
        so_far = sums.get((use.connector, use.currency))
        if so_far is None:
            sums[use.connector, use.currency] = use
            continue
        added = {
            name: getattr(so_far, name) + getattr(use, name)
            for name in ("ok", "failed", "cached", "milliseconds", "cost_micros")
        }
        sums[use.connector, use.currency] = so_far.model_copy(update=added)
    return [sums[key] for key in sorted(sums)]
