"""The trash: in, out again, and the end of a video. Each locks the row, so of two at once one comes first.

library ──trash──▶ trash ──restore──▶ library
                     └──purge, or `purge_at` passes──▶ gone; its objects follow a day later
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.events.videos import VideoPurged, VideoRestored, VideoTrashed
from kernel.clock import now
from kernel.errors import AppError, Conflict
from kernel.ids import TenantId
from kernel.uow import UnitOfWork
from services.storage.app import Storage
from services.storage.assets import remove_later
from services.storage.library import locked
from services.storage.models import Film, Job, PurgedVideo, Video
from services.storage.projection import ACTIVE, alone_with
from services.storage.schemas import BulkAction, BulkItem, Review

_REVIEWS: Final[dict[BulkAction, Review]] = {"validate": "validated", "reject": "rejected", "reopen": "pending"}


async def trash(service: Storage, uow: UnitOfWork, video_id: UUID) -> None:
    """Put a video into the trash; one that is there stays as it is. Raises Conflict while it is being made."""
    video = await locked(uow, video_id)
    if video.trashed_at is not None:
        return
    _refuse_active(video)
    video.trashed_at = now()
    video.purge_at = video.trashed_at + service.rules.trash
    video.updated_at = video.trashed_at
    uow.emit(VideoTrashed(video_id=video.id))


async def restore(service: Storage, uow: UnitOfWork, video_id: UUID) -> None:
    """Take a video out of the trash; one that isn't there stays as it is."""
    video = await locked(uow, video_id)
    if video.trashed_at is None:
        return
    video.trashed_at = video.purge_at = None
    video.updated_at = now()
    uow.emit(VideoRestored(video_id=video.id))


async def purge(service: Storage, uow: UnitOfWork, video_id: UUID) -> None:
    """Delete a video in the trash, with all its versions and links. Raises Conflict: not trashed, or being made."""
    await alone_with(uow, video_id)
    video = await locked(uow, video_id)
    if video.trashed_at is None:
        raise Conflict("The video is not in the trash; put it there first.")
    _refuse_active(video)
    tenant = TenantId(video.tenant_id)
    films = (await uow.session.scalars(select(Film).where(Film.video_id == video_id))).all()
    keys = [key for film in films for key in film.keys]
    await remove_later(uow, tenant, keys, now() + service.rules.delete_after)
    await uow.session.execute(delete(Job).where(Job.video_id == video_id))
    await uow.session.execute(insert(PurgedVideo).values(tenant_id=tenant, id=video_id).on_conflict_do_nothing())
    await uow.session.execute(delete(Video).where(Video.id == video_id))
    uow.audit("video.purged", f"video:{video_id}", before={"versions": len(films)})
    uow.emit(VideoPurged(video_id=video_id, bytes=sum(film.bytes for film in films)))


async def purge_due(service: Storage) -> int:
    """Purge what has been in the trash long enough, of all workspaces; returns how many."""
    async with service.database.system() as uow:
        late = select(Video.tenant_id, Video.id).where(Video.purge_at < now()).order_by(Video.purge_at).limit(1000)
        due = (await uow.session.execute(late)).all()
    purged = 0
    for tenant, video_id in due:

        async def work(uow: UnitOfWork, video_id: UUID = video_id) -> None:
            await alone_with(uow, video_id)
            still = select(Video.id).where(Video.id == video_id, Video.purge_at < now()).with_for_update()
            if (await uow.session.scalars(still)).one_or_none() is not None:
                await purge(service, uow, video_id)

        try:
            await service.database.transact(TenantId(tenant), work)
            purged += 1
        except Conflict:  # a job was started for it: next time
            continue
    return purged


async def bulk(service: Storage, tenant: TenantId, action: BulkAction, ids: Sequence[UUID]) -> list[BulkItem]:
    """One act on many videos, each in a transaction of its own: what can't be done to one doesn't hold up the rest."""
    acts: dict[str, Callable[[Storage, UnitOfWork, UUID], Awaitable[None]]] = {
        "trash": trash,
        "restore": restore,
        "purge": purge,
    }
    items = []
    for video_id in dict.fromkeys(ids):

        async def work(uow: UnitOfWork, video_id: UUID = video_id) -> None:
            if action in acts:
                await acts[action](service, uow, video_id)
            else:
                await locked(uow, video_id)
                reviewed = update(Video).where(Video.id == video_id)
                await uow.session.execute(reviewed.values(review=_REVIEWS[action], updated_at=func.now()))

        try:
            await service.database.transact(tenant, work)
            items.append(BulkItem(id=video_id, done=True))
        except AppError as refusal:
            if refusal.status >= 500:
                raise
            items.append(BulkItem(id=video_id, done=False, code=refusal.code, detail=refusal.detail))
    return items


def _refuse_active(video: Video) -> None:
    if video.status in ACTIVE:
        raise Conflict(f"The video is being made ({video.status}); cancel that first, or wait until it is ready.")
