"""What the orchestrator acts on: how renders go, and what happens to videos and workspaces."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, delete, select

from contracts.events.tenants import TenantDeleted
from contracts.events.videos import RenderFailed, RenderProgressed, VideoPurged, VideoRendered, VideoStored
from kernel.events import Subscriptions
from kernel.uow import UnitOfWork
from services.orchestrator import jobs, storyboards
from services.orchestrator.app import Orchestrator
from services.orchestrator.models import Job, Product, StoryboardRow
from services.orchestrator.states import STOPPABLE

events = Subscriptions("orchestrator")


@events.on(RenderProgressed)
async def follow_render(event: RenderProgressed, uow: UnitOfWork, service: Orchestrator) -> None:
    """A render goes on."""
    await jobs.progressed(uow, event)


@events.on(VideoRendered)
async def film_is_drawn(event: VideoRendered, uow: UnitOfWork, service: Orchestrator) -> None:
    """The film lies in the store; the library's turn."""
    await jobs.rendered(uow, event)


@events.on(VideoStored)
async def film_is_stored(event: VideoStored, uow: UnitOfWork, service: Orchestrator) -> None:
    """The film is in the library."""
    await jobs.stored(uow, event)


@events.on(RenderFailed)
async def no_film_comes(event: RenderFailed, uow: UnitOfWork, service: Orchestrator) -> None:
    """The render was given up, or stopped as it was asked to."""
    await jobs.render_failed(uow, event)


@events.on(VideoPurged)
async def forget_storyboard(event: VideoPurged, uow: UnitOfWork, service: Orchestrator) -> None:
    """A video was deleted for good, and with it what it was made from."""
    await _stop_jobs(uow, select(Job.id).where(Job.storyboard_id == event.video_id))
    await storyboards.remove(uow, event.video_id)


@events.on(TenantDeleted)
async def forget_tenant(event: TenantDeleted, uow: UnitOfWork, service: Orchestrator) -> None:
    """A workspace is gone: nothing of it goes on, nothing of it stays."""
    await _stop_jobs(uow, select(Job.id))
    for table in (StoryboardRow, Job, Product):
        await uow.session.execute(delete(table))


async def _stop_jobs(uow: UnitOfWork, which: Select[UUID]) -> None:
    ids = await uow.session.scalars(which.where(Job.state.in_(STOPPABLE)).order_by(Job.id))
    for job_id in ids.all():
        await jobs.cancel(uow, job_id)
