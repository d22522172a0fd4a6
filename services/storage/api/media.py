"""Files for players, pictures and downloads, by signed address (`services.storage.media`)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request, Response

from kernel.clock import now
from kernel.errors import NotFound, Unavailable
from kernel.http.errors import RangeNotSatisfiable
from kernel.http.problems import problems
from kernel.http.ranges import send_object
from kernel.http.routes import api_router
from services.storage import erase, shares
from services.storage.api.common import Service
from services.storage.app import Storage
from services.storage.errors import AssetMissing, MediaAddressInvalid
from services.storage.media import PATH

router = api_router("storage", prefix=PATH)

_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "the file", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
    206: {"description": "the range asked for"},
    304: {"description": "unchanged"},
}

Download = Annotated[bool, Query(description="save it under its name instead of showing it")]


@router.get(
    "/{token}/{name}",
    response_class=Response,
    responses=_FILE | problems(MediaAddressInvalid, NotFound, AssetMissing, RangeNotSatisfiable, Unavailable),
)
async def get_media(token: str, name: str, request: Request, service: Service, download: Download = False) -> Response:
    """A file, whole or the one range asked for. Other routes give its address, which ends within an hour."""
    return await _send(service, request, token, name, download)


@router.head("/{token}/{name}", include_in_schema=False)
async def head_media(token: str, name: str, request: Request, service: Service, download: Download = False) -> Response:
    """What `get_media` would answer, without the file."""
    return await _send(service, request, token, name, download)


async def _send(service: Storage, request: Request, token: str, name: str, download: bool) -> Response:
    grant = service.media.open(token, name)
    if grant.share is not None and not await shares.still_open(service, grant.key.tenant, grant.share):
        raise MediaAddressInvalid
    stored = await service.objects.stat(grant.key)
    if stored is None:
        if await erase.is_gone(service, grant.key.tenant):
            raise NotFound
        raise AssetMissing
    left = int((grant.expires_at - now()).total_seconds())
    cache = f"private, max-age={left}, immutable"
    return await send_object(request, service.objects, stored, filename=name, download=download, cache=cache)
