"""The library as other services' events make it. Each says one thing; together they give the same rows in any order.

storyboard.saved   title, version, shape: the newest version counts
job.changed        status, progress, failure: the newest job counts, of one job the newest state
video.rendered     a film: the newest job's is shown; its job is `ready`
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from contracts.events.jobs import JobChanged, StoryboardSaved
from contracts.events.videos import VideoRendered, VideoStored
from kernel.events import current_envelope
from kernel.ids import TenantId
from kernel.objects import ObjectKey
from kernel.uow import UnitOfWork
from services.storage.models import DeletedTenant, Film, Job, PurgedVideo, Video

_ORDER: Final = ("draft", "reserving", "queued", "fetching", "rendering", "uploading")
ACTIVE: Final = frozenset(_ORDER[1:])
"""States of a job that somebody works on."""


async def storyboard_saved(uow: UnitOfWork, tenant: TenantId, event: StoryboardSaved) -> None:
    """A version of a storyboard was kept. A title given in the library stays until the storyboard's own changes."""
    if not await _enter(uow, tenant, event.storyboard_id):
        return
    at = current_envelope().time
    video = await _video(uow, tenant, event.storyboard_id, event.title, event.version, event.width, event.height, at)
    if event.version >= video.version:
        if event.title != video.storyboard_title:
            video.title = video.storyboard_title = event.title
        video.version, video.width, video.height = event.version, event.width, event.height
        video.updated_at = max(video.updated_at, at)
    newest = select(Job).where(Job.video_id == video.id).order_by(Job.id.desc()).limit(1)
    job = (await uow.session.scalars(newest)).one_or_none()
    if job is not None:
        _follow(video, job, at)


async def job_changed(uow: UnitOfWork, tenant: TenantId, event: JobChanged) -> None:
    """A job went on. Its storyboard may not be known yet."""
    if not await _enter(uow, tenant, event.storyboard_id):
        return
    at = current_envelope().time
    failure = event.failure.model_dump(mode="json") if event.failure else None
    told: dict[str, Any] = {"state": event.state, "progress": event.progress, "failure": failure, "told_at": at}
    job, new = await _job(uow, tenant, event.job_id, event.storyboard_id, told)
    if not new:
        if not _is_news(job, event, at):
            return
        for name, value in told.items():
            setattr(job, name, value)
    video = await uow.session.get(Video, (tenant, event.storyboard_id), with_for_update=True)
    if video is not None:
        _follow(video, job, at)


async def video_rendered(uow: UnitOfWork, tenant: TenantId, event: VideoRendered) -> None:
    """A film is there: register it, once a job, and say so. Its objects stay where the renderer put them."""
    if not await _enter(uow, tenant, event.storyboard_id):
        return
    at = current_envelope().time
    told: dict[str, Any] = {"state": "ready", "progress": 1.0, "failure": None, "told_at": at}
    job, _ = await _job(uow, tenant, event.job_id, event.storyboard_id, told)
    video = await _video(uow, tenant, event.storyboard_id, event.title, event.version, event.width, event.height, at)
    keys = {name: getattr(event, name) for name in ("object_key", "poster_key", "srt_key", "vtt_key", "credits_key")}
    checked = {name: str(ObjectKey.parse(key, tenant)) for name, key in keys.items() if key is not None}
    same = ("version", "sha256", "bytes", "seconds", "frames", "width", "height", "fps", "encoder", "fingerprint")
    film = {name: getattr(event, name) for name in same} | checked
    registered = await uow.session.execute(
        insert(Film)
        .values(tenant_id=tenant, job_id=event.job_id, video_id=video.id, **film)
        .on_conflict_do_nothing()
        .returning(Film.job_id)
    )
    if registered.scalar_one_or_none() is None:
        return
    for name, value in told.items():
        setattr(job, name, value)
    _follow(video, job, at)
    if video.film_job_id is None or event.job_id > video.film_job_id:
        # Nobody has seen this one yet.
        video.film_job_id, video.review = event.job_id, "pending"
        video.updated_at = max(video.updated_at, at)
    uow.emit(
        VideoStored(
            job_id=event.job_id,
            video_id=video.id,
            version=event.version,
            title=video.title,
            bytes=event.bytes,
            seconds=event.seconds,
        )
    )


async def _enter(uow: UnitOfWork, tenant: TenantId, video_id: UUID) -> bool:
    """Be alone with a video until the end; False if it or its whole workspace was deleted: late news change nothing."""
    await alone_with(uow, video_id)
    await beside_the_end_of(uow, tenant)
    return (
        await uow.session.get(PurgedVideo, (tenant, video_id)) is None
        and await uow.session.get(DeletedTenant, (tenant,)) is None
    )


async def beside_the_end_of(uow: UnitOfWork, tenant: TenantId) -> None:
    """Wait for the workspace's end if that is under way: what is written after it would stay for ever."""
    await uow.session.execute(select(func.pg_advisory_xact_lock_shared(_end_of(tenant))))


async def the_end_of(uow: UnitOfWork, tenant: TenantId) -> None:
    """Wait for all who write about the workspace at this moment, and keep others waiting."""
    await uow.session.execute(select(func.pg_advisory_xact_lock(_end_of(tenant))))


def _end_of(tenant: TenantId) -> Any:
    return func.hashtextextended(f"end of {tenant}", 0)


async def alone_with(uow: UnitOfWork, video_id: UUID) -> None:
    """Wait for whoever makes or ends this video, whose row may not exist yet or any more."""
    await uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"video {video_id}", 0))))


async def _video(
    uow: UnitOfWork, tenant: TenantId, video_id: UUID, title: str, version: int, width: int, height: int, at: datetime
) -> Video:
    """The video's row, made if this is the first that is heard of it; locked."""
    first = {"title": title, "storyboard_title": title, "version": version, "width": width, "height": height}
    row = {"tenant_id": tenant, "id": video_id, "status": "draft", "review": "pending", "progress": 0.0}
    await uow.session.execute(
        insert(Video).values(row | first | {"created_at": at, "updated_at": at}).on_conflict_do_nothing()
    )
    return await uow.session.get_one(Video, (tenant, video_id), with_for_update=True)


async def _job(
    uow: UnitOfWork, tenant: TenantId, job_id: UUID, video_id: UUID, told: dict[str, Any]
) -> tuple[Job, bool]:
    """The job's row, locked, and whether it was made now."""
    made = await uow.session.execute(
        insert(Job)
        .values(tenant_id=tenant, id=job_id, video_id=video_id, **told)
        .on_conflict_do_nothing()
        .returning(Job.id)
    )
    new = made.scalar_one_or_none() is not None
    return await uow.session.get_one(Job, (tenant, job_id), with_for_update=True), new


def _is_news(job: Job, event: JobChanged, at: datetime) -> bool:
    """Whether the event is later than what is known.

    The events of a job come in order, but one from the dead letters comes late. Clocks of processes differ, so steps
    forward count even when they seem older; a film that was registered is never undone.
    """
    if job.state == "ready":
        return False
    if job.state in ACTIVE and event.state in ACTIVE:
        before, after = _ORDER.index(job.state), _ORDER.index(event.state)
        return after > before or (after == before and event.progress >= job.progress)
    return event.state == "ready" or at >= job.told_at


def _follow(video: Video, job: Job, at: datetime) -> None:
    """Show the job's state, if it is the newest one. Ids of jobs ascend (UUIDv7)."""
    if video.job_id is not None and job.id < video.job_id:
        return
    if (video.job_id, video.status) != (job.id, job.state):
        video.updated_at = max(video.updated_at, at)
    video.job_id, video.status, video.progress, video.failure = job.id, job.state, job.progress, job.failure
