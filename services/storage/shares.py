"""Links to watch one video without an account: 256 random bits, kept as a hash, with an end."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, update

from kernel.clock import now
from kernel.errors import Conflict, NotFound
from kernel.ids import TenantId, uuid7
from kernel.uow import UnitOfWork
from services.storage import library
from services.storage.app import Storage
from services.storage.errors import ShareNotInPlan
from services.storage.models import Share, Video
from services.storage.schemas import NewShareOut, SharedVideo, ShareOut

FEATURE = "share_links"
_TOKEN_BYTES = 32


async def create(service: Storage, tenant: TenantId, video_id: UUID, hours: int, by: UUID) -> NewShareOut:
    """Make a link. Raises NotFound, Conflict (no film, or in the trash), ShareNotInPlan."""
    if FEATURE not in (await service.allowance(tenant)).features:
        raise ShareNotInPlan
    token = secrets.token_urlsafe(_TOKEN_BYTES)

    async def work(uow: UnitOfWork) -> Share:
        video = await library.locked(uow, video_id)
        if video.trashed_at is not None:
            raise Conflict("The video is in the trash; restore it first.")
        if video.film_job_id is None:
            raise Conflict(f"The video is not ready yet ({video.status}); there is nothing to watch.")
        share = Share(
            tenant_id=tenant,
            id=uuid7(),
            video_id=video_id,
            token_hash=_hash(token),
            created_by=by,
            created_at=now(),
            expires_at=now() + timedelta(hours=hours),
            opened=0,
        )
        uow.session.add(share)
        uow.audit("share.created", f"video:{video_id}", after={"share": str(share.id), "hours": hours})
        return share

    share = await service.database.transact(tenant, work)
    return NewShareOut(**shown(share).model_dump(), url=f"{service.base_url}/s/{token}")


async def revoke(uow: UnitOfWork, video_id: UUID, share_id: UUID) -> None:
    """Withdraw a link; the addresses of media it gave out go with it. Raises NotFound."""
    gone = delete(Share).where(Share.id == share_id, Share.video_id == video_id).returning(Share.id)
    if (await uow.session.execute(gone)).scalar_one_or_none() is None:
        raise NotFound
    uow.audit("share.revoked", f"video:{video_id}", before={"share": str(share_id)})


async def open_link(service: Storage, token: str) -> SharedVideo:
    """What somebody with the link sees. Raises NotFound: unknown, withdrawn, expired, or the video is not there."""
    async with service.database.system() as uow:
        known = select(Share).where(Share.token_hash == _hash(token), Share.expires_at > now())
        share = (await uow.session.scalars(known)).one_or_none()
    if share is None:
        raise NotFound

    async def work(uow: UnitOfWork) -> SharedVideo:
        video, film = await library.find(uow, share.video_id)
        if video.trashed_at is not None or film is None or film.missing_at is not None:
            raise NotFound
        await uow.session.execute(update(Share).where(Share.id == share.id).values(opened=Share.opened + 1))
        urls = library.addresses(film, video.title, service.media, share=share.id, not_after=share.expires_at)
        return SharedVideo(
            title=video.title,
            seconds=film.seconds,
            width=film.width,
            height=film.height,
            file_url=urls["file_url"] or "",
            poster_url=urls["poster_url"] or "",
            vtt_url=urls["vtt_url"],
            expires_at=share.expires_at,
        )

    return await service.database.transact(TenantId(share.tenant_id), work)


async def still_open(service: Storage, tenant: TenantId, share_id: UUID) -> bool:
    """Whether a link still holds, and its video is not in the trash."""
    async with service.database.unit_of_work(tenant) as uow:
        holds = (
            select(Share.id)
            .join(Video, Video.id == Share.video_id)
            .where(Share.id == share_id, Share.expires_at > now(), Video.trashed_at.is_(None))
        )
        return (await uow.session.scalars(holds)).one_or_none() is not None


async def forget_expired(service: Storage) -> None:
    """Drop links that ended a month ago; until then the list shows them."""
    async with service.database.system() as uow:
        await uow.session.execute(delete(Share).where(Share.expires_at < now() - timedelta(days=30)))


def shown(share: Share) -> ShareOut:
    """As the API shows it."""
    return ShareOut(id=share.id, expires_at=share.expires_at, created_at=share.created_at, opened=share.opened)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
