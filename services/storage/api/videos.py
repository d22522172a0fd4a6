"""The library: lists, changes, trash, versions."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import select

from contracts.events.jobs import JobState
from contracts.permissions import Scope
from kernel.auth import Caller
from kernel.errors import Conflict, MissingScope, NotFound
from kernel.http.errors import InvalidCursor
from kernel.http.pages import Page
from kernel.http.problems import problems
from kernel.http.routes import api_router
from kernel.uow import UnitOfWork
from services.storage import library, trash
from services.storage.api.common import Paging, Search, Service, VideosRead, VideosWrite
from services.storage.app import Storage
from services.storage.models import Film, Video
from services.storage.schemas import Bulk, BulkOut, FilmOut, Review, VideoChange, VideoOut

router = api_router("storage")


@router.get("/videos", responses=problems(InvalidCursor))
async def list_videos(
    caller: VideosRead,
    service: Service,
    page: Paging,
    status: Annotated[list[JobState] | None, Query(max_length=9)] = None,
    review: Annotated[list[Review] | None, Query(max_length=3)] = None,
    query: Search = None,
    trashed: bool = False,
) -> Page[VideoOut]:
    """The library, newest first; with `trashed`, the trash. Several of `status` or `review`: any of them."""
    async with service.database.unit_of_work(caller.tenant) as uow:
        return await page.read(
            uow.session,
            library.matching(status, review, query, trashed),
            lambda line: library.shown(line, service.media),
            id=Video.id,
            sorts=library.SORTS,
            default="-trashed_at" if trashed else "-created_at",
        )


@router.get("/videos/{video_id}", responses=problems(NotFound))
async def get_video(video_id: UUID, caller: VideosRead, service: Service) -> VideoOut:
    """One video, in the trash or out of it."""
    return await _shown(service, caller, video_id)


@router.patch("/videos/{video_id}", responses=problems(NotFound))
async def change_video(video_id: UUID, body: VideoChange, caller: VideosRead, service: Service) -> VideoOut:
    """Rename a video (needs videos:write), or review it (videos:review)."""
    _need(caller, Scope.VIDEOS_WRITE if body.title is not None else None)
    _need(caller, Scope.VIDEOS_REVIEW if body.review is not None else None)

    async def work(uow: UnitOfWork) -> None:
        await library.change(uow, video_id, body)

    await service.database.transact(caller.tenant, work)
    return await _shown(service, caller, video_id)


@router.post("/videos/{video_id}/trash", responses=problems(NotFound, Conflict))
async def trash_video(video_id: UUID, caller: VideosWrite, service: Service) -> VideoOut:
    """Put a video into the trash. It is deleted for good at `purge_at`, unless restored before."""
    await service.database.transact(caller.tenant, lambda uow: trash.trash(service, uow, video_id))
    return await _shown(service, caller, video_id)


@router.post("/videos/{video_id}/restore", responses=problems(NotFound))
async def restore_video(video_id: UUID, caller: VideosWrite, service: Service) -> VideoOut:
    """Take a video out of the trash."""
    await service.database.transact(caller.tenant, lambda uow: trash.restore(service, uow, video_id))
    return await _shown(service, caller, video_id)


@router.delete("/videos/{video_id}", status_code=204, responses=problems(NotFound, Conflict))
async def purge_video(video_id: UUID, caller: VideosWrite, service: Service) -> None:
    """Delete a video in the trash for good, with all its versions, its storyboard and its links."""
    await service.database.transact(caller.tenant, lambda uow: trash.purge(service, uow, video_id))


@router.post("/videos/bulk")
async def bulk_videos(body: Bulk, caller: VideosRead, service: Service) -> BulkOut:
    """One act on up to 100 videos; each answers for itself. Reviewing needs videos:review, the rest videos:write."""
    removes = body.action in ("trash", "restore", "purge")
    _need(caller, Scope.VIDEOS_WRITE if removes else Scope.VIDEOS_REVIEW)
    return BulkOut(items=await trash.bulk(service, caller.tenant, body.action, body.ids))


@router.get("/videos/{video_id}/versions", responses=problems(InvalidCursor, NotFound))
async def list_versions(video_id: UUID, caller: VideosRead, service: Service, page: Paging) -> Page[FilmOut]:
    """Every film made of this video, newest first."""
    async with service.database.unit_of_work(caller.tenant) as uow:
        video, _ = await library.find(uow, video_id)
        return await page.read(
            uow.session,
            select(Film).where(Film.video_id == video_id),
            lambda film: library.film_shown(film, video, service.media),
            id=Film.job_id,
            sorts={"created_at": Film.created_at, "version": Film.version},
            default="-created_at",
        )


async def _shown(service: Storage, caller: Caller, video_id: UUID) -> VideoOut:
    async with service.database.unit_of_work(caller.tenant) as uow:
        return library.shown(await library.find(uow, video_id), service.media)


def _need(caller: Caller, scope: Scope | None) -> None:
    if scope is not None and not caller.may(scope):
        raise MissingScope(f"This needs the permission {scope}, which your role or token does not include.")
