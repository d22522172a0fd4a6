"""Share links: made and withdrawn by members, opened by anybody."""

from __future__ import annotations

from uuid import UUID

from fastapi import Depends
from sqlalchemy import select

from kernel.errors import Conflict, NotFound, RateLimited
from kernel.http.errors import InvalidCursor
from kernel.http.limits import limited
from kernel.http.pages import Page
from kernel.http.problems import problems
from kernel.http.routes import api_router
from kernel.ports import Limit
from services.storage import library, shares
from services.storage.api.common import Paging, Service, VideosRead, VideosShare
from services.storage.errors import ShareNotInPlan
from services.storage.models import Share
from services.storage.schemas import NewShare, NewShareOut, SharedVideo, ShareOut

router = api_router("storage")


@router.post("/videos/{video_id}/shares", status_code=201, responses=problems(NotFound, Conflict, ShareNotInPlan))
async def create_share(video_id: UUID, body: NewShare, caller: VideosShare, service: Service) -> NewShareOut:
    """Make a link to watch the video without an account. Its address is in this answer only."""
    return await shares.create(service, caller.tenant, video_id, body.expires_in_hours, caller.user_id)


@router.get("/videos/{video_id}/shares", responses=problems(InvalidCursor, NotFound))
async def list_shares(video_id: UUID, caller: VideosRead, service: Service, page: Paging) -> Page[ShareOut]:
    """The video's links, newest first, those that ended within the last month too."""
    async with service.database.unit_of_work(caller.tenant) as uow:
        await library.find(uow, video_id)
        return await page.read(
            uow.session,
            select(Share).where(Share.video_id == video_id),
            shares.shown,
            id=Share.id,
            sorts={"created_at": Share.created_at, "expires_at": Share.expires_at},
            default="-created_at",
        )


@router.delete("/videos/{video_id}/shares/{share_id}", status_code=204, responses=problems(NotFound))
async def revoke_share(video_id: UUID, share_id: UUID, caller: VideosShare, service: Service) -> None:
    """Withdraw a link, at once."""
    await service.database.transact(caller.tenant, lambda uow: shares.revoke(uow, video_id, share_id))


@router.get(
    "/shares/{token}",
    responses=problems(NotFound, RateLimited),
    dependencies=[Depends(limited("shares", Limit.per_minute(60), strict=False))],
)
async def get_shared_video(token: str, service: Service) -> SharedVideo:
    """What somebody with the link sees. Open to everybody."""
    return await shares.open_link(service, token)
