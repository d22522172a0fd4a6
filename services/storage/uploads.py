"""Uploads: begin, send parts in any order, complete. Every step can be repeated, and goes on after a crash.

An upload is a row in state `uploading` and a multipart upload of the object store. The store's part is done first and
the row follows, so whatever a crash leaves is either repeated by the client or given up by `expire`.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from typing import Final
from uuid import UUID

from fastapi import Request
from sqlalchemy import delete, func, select, update
from starlette.requests import ClientDisconnect

from contracts.events.assets import AssetUploaded
from kernel import failpoints
from kernel.clock import now
from kernel.errors import Conflict, InvalidInput, NotFound, Violation
from kernel.http.body import bounded_stream
from kernel.http.routes import PREFIX
from kernel.ids import TenantId, uuid7
from kernel.objects import ObjectKey, Part, PartMismatch, Stored, UploadMissing
from kernel.uow import UnitOfWork
from services.storage.app import Storage
from services.storage.errors import (
    ChecksumMismatch,
    EmptyUpload,
    StorageQuotaExceeded,
    TooManyUploads,
    UnsupportedUpload,
    UploadExpired,
    UploadStalled,
    UploadTooLarge,
    UploadTypeMismatch,
)
from services.storage.models import Asset
from services.storage.schemas import NewUpload, PartAddress, ReceivedPart, UploadOut
from services.storage.settings import MIB, MOST_PARTS, PART_BYTES

_IMAGE: Final = {"image/jpeg": "jpg jpeg jpe jfif", "image/png": "png", "image/webp": "webp", "image/avif": "avif"}
_VIDEO: Final = {
    "video/mp4": "mp4 m4v",
    "video/quicktime": "mov qt",
    "video/webm": "webm",
    "video/matroska": "mkv",
    "video/x-matroska": "mkv",
}
_AUDIO: Final = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/wave": "wav",
    "audio/x-wav": "wav",
    "audio/vnd.wave": "wav",
    "audio/mp4": "m4a m4b mp4",
    "audio/m4a": "m4a",
    "audio/x-m4a": "m4a",
    "audio/flac": "flac",
    "audio/x-flac": "flac",
    "audio/ogg": "ogg oga opus",
    "audio/opus": "opus",
    "audio/webm": "webm weba",
}
TYPES: Final[frozenset[str]] = frozenset(_IMAGE | _VIDEO | _AUDIO)
"""Media types that can be uploaded. What a file really is, its bytes decide later."""
_SUFFIXES: Final = {
    kind: frozenset(" ".join(types.values()).split())
    for kind, types in (("image", _IMAGE), ("video", _VIDEO), ("audio", _AUDIO))
}

failpoints.declare("storage.upload.begun", "the object store knows the upload, its row is not committed")
failpoints.declare("storage.upload.joined", "the object is put together, its row still says uploading")


async def begin(service: Storage, tenant: TenantId, wanted: NewUpload) -> UploadOut:
    """Begin an upload, if the file is of a kind, size and number that this workspace may have."""
    content_type = _accepted(wanted, service.rules.upload_max)
    allowance = await service.allowance(tenant)
    room = allowance.limits.get("storage_bytes")
    if room is not None:
        room -= allowance.used.get("storage_bytes", 0)
    asset_id = uuid7()
    key = ObjectKey.of(tenant, "assets", str(asset_id))

    async def work(uow: UnitOfWork) -> Asset:
        # One upload of a workspace begins at a time, so that none of the limits is passed by many at once.
        await uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"uploads {tenant}", 0))))
        pending = select(func.count(), func.coalesce(func.sum(Asset.bytes), 0)).where(Asset.state == "uploading")
        count, held = (await uow.session.execute(pending)).one()
        if count >= service.rules.pending_max:
            raise TooManyUploads(retry_after=60)
        if room is not None and wanted.bytes > room - int(held):
            raise StorageQuotaExceeded
        asset = Asset(
            tenant_id=tenant,
            id=asset_id,
            filename=wanted.filename,
            declared_type=content_type,
            bytes=wanted.bytes,
            state="uploading",
            object_key=str(key),
            upload_id=await service.objects.begin(key, wanted.bytes, content_type),
            part_bytes=part_bytes(wanted.bytes),
            sha256=wanted.sha256,
            expires_at=now() + service.rules.upload_life,
        )
        failpoints.hit("storage.upload.begun")
        uow.session.add(asset)
        return asset

    return await _shown(service, await service.database.transact(tenant, work), [])


async def status(service: Storage, tenant: TenantId, asset_id: UUID) -> UploadOut:
    """An unfinished upload with what was received, to go on after a reload."""
    asset = await _uploading(service, tenant, asset_id)
    key = ObjectKey.parse(asset.object_key, tenant)
    try:
        received: Sequence[Part] = await service.objects.parts(asset.upload_id or "", key)
    except UploadMissing:
        stored = await _joined(service, key)
        # Put together before a crash: there is nothing left to send, only to complete.
        received = [Part(number, stored.etag, size) for number, size in enumerate(part_sizes(asset), 1)]
    return await _shown(service, asset, received)


async def receive(
    service: Storage, tenant: TenantId, asset_id: UUID, number: int, request: Request, sha256: str | None
) -> Part:
    """Take one part as it arrives, straight to the store: it is never whole in memory.

    Raises BodyTooLarge, PartMismatch (too short, or not of that digest), UploadStalled.
    """
    asset = await _uploading(service, tenant, asset_id)
    sizes = part_sizes(asset)
    if not 1 <= number <= len(sizes):
        raise NotFound
    key, size = ObjectKey.parse(asset.object_key, tenant), sizes[number - 1]
    arriving = _in_time(service, bounded_stream(request, size))
    try:
        return await service.objects.put_part(asset.upload_id or "", key, number, arriving, size, sha256)
    except UploadMissing:
        raise UploadExpired from None
    except ClientDisconnect:
        raise PartMismatch("The connection broke in the middle of the part.") from None


async def complete(service: Storage, tenant: TenantId, asset_id: UUID, parts: Sequence[tuple[int, str]]) -> Asset:
    """Make an asset of the parts and have it looked at. Of many completions at once, one does it and all succeed."""
    asset = await _asset(service, tenant, asset_id)
    if asset.state != "uploading":
        return asset
    key = ObjectKey.parse(asset.object_key, tenant)
    try:
        stored = await service.objects.complete(asset.upload_id or "", key, parts)
    except UploadMissing:
        stored = await _joined(service, key)
    failpoints.hit("storage.upload.joined")
    if asset.sha256 is not None and asset.sha256 != stored.sha256:
        await give_up(service, tenant, asset)
        raise ChecksumMismatch

    async def work(uow: UnitOfWork) -> Asset | None:
        done = await uow.session.execute(
            update(Asset)
            .where(Asset.id == asset_id, Asset.state == "uploading")
            .values(state="probing", sha256=stored.sha256, bytes=stored.size, upload_id=None, expires_at=None)
            .returning(Asset.id)
        )
        if done.scalar_one_or_none() is not None:
            uow.emit(
                AssetUploaded(
                    asset_id=asset_id,
                    object_key=str(key),
                    sha256=stored.sha256,
                    bytes=stored.size,
                    declared_type=asset.declared_type,
                )
            )
        return await uow.session.get(Asset, asset_id)

    kept = await service.database.transact(tenant, work)
    if kept is None:  # cancelled while it was put together
        await service.objects.delete([key])
        raise NotFound
    return kept


async def cancel(service: Storage, tenant: TenantId, asset_id: UUID) -> None:
    """Give up an unfinished upload."""
    await give_up(service, tenant, await _uploading(service, tenant, asset_id))


async def give_up(service: Storage, tenant: TenantId, asset: Asset) -> None:
    """Forget an unfinished upload and its bytes; one that was completed meanwhile stays."""

    async def work(uow: UnitOfWork) -> bool:
        still = delete(Asset).where(Asset.id == asset.id, Asset.state == "uploading").returning(Asset.id)
        return (await uow.session.execute(still)).scalar_one_or_none() is not None

    if await service.database.transact(tenant, work):
        key = ObjectKey.parse(asset.object_key, tenant)
        await service.objects.abort(asset.upload_id or "", key)
        await service.objects.delete([key])


async def expire(service: Storage) -> int:
    """Give up the uploads nobody finished in time, of all workspaces; returns how many."""
    async with service.database.system() as uow:
        late = select(Asset).where(Asset.state == "uploading", Asset.expires_at < now()).limit(1000)
        found = (await uow.session.scalars(late)).all()
    for asset in found:
        await give_up(service, TenantId(asset.tenant_id), asset)
    return len(found)


def part_bytes(size: int) -> int:
    """How large the parts of an upload of `size` bytes are, all but the last."""
    return max(PART_BYTES, math.ceil(size / MOST_PARTS / MIB) * MIB)


def part_sizes(asset: Asset) -> list[int]:
    """The size of each part, by number − 1."""
    whole, rest = divmod(asset.bytes, asset.part_bytes)
    return [asset.part_bytes] * whole + ([rest] if rest else [])


def _accepted(wanted: NewUpload, most: int) -> str:
    """The media type, if name, type and size can be accepted."""
    if wanted.bytes == 0:
        raise EmptyUpload
    if wanted.bytes > most:
        raise UploadTooLarge(f"The file is too large; at most {most // MIB:,} MiB can be uploaded here.")
    content_type = wanted.content_type.partition(";")[0].strip().lower()
    if content_type not in TYPES:
        raise UnsupportedUpload
    name = wanted.filename
    if "/" in name or "\\" in name or name in (".", ".."):
        message = "Give the name of the file alone, without folders."
        raise InvalidInput(violations=(Violation("/filename", "invalid_filename", message),))
    stem, _, suffix = name.rpartition(".")
    if stem and suffix.lower() not in _SUFFIXES[content_type.partition("/")[0]]:
        raise UploadTypeMismatch
    return content_type


async def _asset(service: Storage, tenant: TenantId, asset_id: UUID) -> Asset:
    async with service.database.unit_of_work(tenant) as uow:
        asset = await uow.session.get(Asset, asset_id)
    if asset is None:
        raise NotFound
    return asset


async def _uploading(service: Storage, tenant: TenantId, asset_id: UUID) -> Asset:
    asset = await _asset(service, tenant, asset_id)
    if asset.state != "uploading":
        raise Conflict(f"The upload is complete; the file is {asset.state}.")
    return asset


async def _joined(service: Storage, key: ObjectKey) -> Stored:
    """The object of an upload the store no longer knows: put together before a crash, or else expired."""
    stored = await service.objects.stat(key)
    if stored is None:
        raise UploadExpired
    return stored


async def _shown(service: Storage, asset: Asset, received: Sequence[Part]) -> UploadOut:
    key = ObjectKey.parse(asset.object_key, TenantId(asset.tenant_id))
    parts = []
    for number, size in enumerate(part_sizes(asset), 1):
        elsewhere = await service.objects.part_address(asset.upload_id or "", key, number, size)
        address = elsewhere or f"{PREFIX}/uploads/{asset.id}/parts/{number}"
        parts.append(PartAddress(number=number, bytes=size, address=address, headers={}))
    assert asset.expires_at is not None
    return UploadOut(
        id=asset.id,
        filename=asset.filename,
        bytes=asset.bytes,
        content_type=asset.declared_type,
        part_bytes=asset.part_bytes,
        parts=parts,
        received=[ReceivedPart(number=part.number, etag=part.etag, bytes=part.size) for part in received],
        expires_at=asset.expires_at,
    )


async def _in_time(service: Storage, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks, if they keep coming. Raises UploadStalled."""
    idle = service.rules.idle.total_seconds()
    clock = asyncio.get_running_loop().time
    end = clock() + service.rules.part_life.total_seconds()
    while True:
        try:
            async with asyncio.timeout(min(idle, end - clock())):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise UploadStalled from None
        yield chunk
