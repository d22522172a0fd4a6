"""Which events are counted, and as what."""

from __future__ import annotations

from datetime import UTC, date

from sqlalchemy import delete

from contracts.events.billing import JobCharged
from contracts.events.jobs import JobChanged
from contracts.events.tenants import TenantDeleted
from contracts.events.usage import ApiCalled
from contracts.events.videos import VideoStored
from kernel.events import Subscriptions, current_envelope
from kernel.uow import UnitOfWork
from services.analytics.app import Analytics
from services.analytics.models import DailyCalls, DailyVideos
from services.analytics.rollups import add_calls, add_videos

events = Subscriptions("analytics")


def _day() -> date:
    """The day the fact was stated, in UTC: counting again gives the same days."""
    return current_envelope().time.astimezone(UTC).date()


@events.on(ApiCalled)
async def api_called(event: ApiCalled, uow: UnitOfWork, service: Analytics) -> None:
    """One call more, with its time and cost."""
    outcome = {event.outcome: 1}
    await add_calls(
        uow,
        _day(),
        event.connector,
        event.currency,
        milliseconds=event.milliseconds,
        cost_micros=event.cost_micros,
        **outcome,
    )


@events.on(VideoStored)
async def video_stored(event: VideoStored, uow: UnitOfWork, service: Analytics) -> None:
    """One video more."""
    await add_videos(uow, _day(), ready=1, bytes=event.bytes)


@events.on(JobCharged)
async def job_charged(event: JobCharged, uow: UnitOfWork, service: Analytics) -> None:
    """What the video took, as it was charged."""
    await add_videos(uow, _day(), render_seconds=event.render_seconds)


@events.on(JobChanged)
async def job_changed(event: JobChanged, uow: UnitOfWork, service: Analytics) -> None:
    """Jobs that ended without a video."""
    if event.state == "failed":
        await add_videos(uow, _day(), failed=1)
    elif event.state == "cancelled":
        await add_videos(uow, _day(), cancelled=1)


@events.on(TenantDeleted)
async def tenant_deleted(event: TenantDeleted, uow: UnitOfWork, service: Analytics) -> None:
    """Forget a workspace that is gone."""
    for table in (DailyCalls, DailyVideos):
        await uow.session.execute(delete(table).where(table.tenant_id == uow.tenant))
