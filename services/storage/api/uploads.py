"""Uploads: create → part addresses → complete."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated
from uuid import UUID

from fastapi import Header, Request, Response

from kernel.errors import Conflict, InvalidInput, NotFound, Unavailable, Violation
from kernel.http.errors import BodyTooLarge
from kernel.http.problems import problems
from kernel.http.routes import api_router
from kernel.objects import PartMismatch, PartsMismatch, StoreFull
from services.storage import assets, uploads
from services.storage.api.common import AssetsRead, AssetsWrite, Service
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
from services.storage.schemas import AssetOut, Completion, NewUpload, PartOut, UploadOut

router = api_router("storage")

_RAW_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post(
    "/uploads",
    status_code=201,
    responses=problems(
        EmptyUpload,
        UploadTooLarge,
        StorageQuotaExceeded,
        UnsupportedUpload,
        UploadTypeMismatch,
        TooManyUploads,
        StoreFull,
        Unavailable,
    ),
)
async def create_upload(body: NewUpload, caller: AssetsWrite, service: Service, response: Response) -> UploadOut:
    """Begin an upload. `PUT` each part to its address, in any order, then complete; its id becomes the asset's."""
    made = await uploads.begin(service, caller.tenant, body)
    response.headers["Location"] = f"/api/v1/uploads/{made.id}"
    return made


@router.get("/uploads/{upload_id}", responses=problems(NotFound, Conflict, UploadExpired))
async def get_upload(upload_id: UUID, caller: AssetsRead, service: Service) -> UploadOut:
    """An unfinished upload, with the parts that needn't be sent again."""
    return await uploads.status(service, caller.tenant, upload_id)


@router.put(
    "/uploads/{upload_id}/parts/{number}",
    openapi_extra=_RAW_BODY,
    responses=problems(NotFound, Conflict, PartMismatch, BodyTooLarge, UploadStalled, UploadExpired, StoreFull),
)
async def put_part(
    upload_id: UUID,
    number: int,
    request: Request,
    caller: AssetsWrite,
    service: Service,
    content_digest: Annotated[str | None, Header(description="`sha-256=:<base64>:` of the part (RFC 9530)")] = None,
) -> PartOut:
    """Send one part, its raw bytes as the body. Sent again, it replaces the first; one that breaks off isn't kept."""
    part = await uploads.receive(service, caller.tenant, upload_id, number, request, _sha256(content_digest))
    return PartOut(etag=part.etag)


@router.post(
    "/uploads/{upload_id}/complete",
    responses=problems(NotFound, PartsMismatch, ChecksumMismatch, UploadExpired, StoreFull),
)
async def complete_upload(upload_id: UUID, body: Completion, caller: AssetsWrite, service: Service) -> AssetOut:
    """Make an asset of the parts. It is then looked at: `probing` becomes `ready`, or `refused` with the reason."""
    parts = [(part.number, part.etag) for part in body.parts]
    return assets.shown(await uploads.complete(service, caller.tenant, upload_id, parts), service.media)


@router.delete("/uploads/{upload_id}", status_code=204, responses=problems(NotFound, Conflict))
async def cancel_upload(upload_id: UUID, caller: AssetsWrite, service: Service) -> None:
    """Give up an unfinished upload."""
    await uploads.cancel(service, caller.tenant, upload_id)


def _sha256(field: str | None) -> str | None:
    """The digest in hex; other algorithms are ignored, as RFC 9530 has it."""
    if field is None:
        return None
    for member in field.split(","):
        name, _, value = member.strip().partition("=")
        if name.lower() != "sha-256":
            continue
        try:
            digest = base64.b64decode(value.strip(":"), validate=True)
        except (binascii.Error, ValueError):
            digest = b""
        if len(digest) != 32 or not (value.startswith(":") and value.endswith(":")):
            message = "Content-Digest reads sha-256=:<base64 of the 32 bytes>:."
            raise InvalidInput(violations=(Violation("", "invalid_digest", message),))
        return digest.hex()
    return None
