"""Assets: what was uploaded."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func

from kernel.errors import NotFound
from kernel.http.errors import InvalidCursor
from kernel.http.pages import Page
from kernel.http.problems import problems
from kernel.http.routes import api_router
from kernel.uow import UnitOfWork
from services.storage import assets, uploads
from services.storage.api.common import AssetsRead, AssetsWrite, Paging, Search, Service
from services.storage.models import Asset
from services.storage.schemas import AssetKind, AssetOut, AssetState

router = api_router("storage")

_SORTS = {"created_at": Asset.created_at, "filename": func.lower(Asset.filename), "bytes": Asset.bytes}


@router.get("/assets", responses=problems(InvalidCursor))
async def list_assets(
    caller: AssetsRead,
    service: Service,
    page: Paging,
    kind: AssetKind | None = None,
    state: AssetState | None = None,
    query: Search = None,
) -> Page[AssetOut]:
    """The workspace's files, newest first. Unfinished uploads are listed with `state=uploading` only."""
    async with service.database.unit_of_work(caller.tenant) as uow:
        return await page.read(
            uow.session,
            assets.matching(kind, state, query),
            lambda asset: assets.shown(asset, service.media),
            id=Asset.id,
            sorts=_SORTS,
            default="-created_at",
        )


@router.get("/assets/{asset_id}", responses=problems(NotFound))
async def get_asset(asset_id: UUID, caller: AssetsRead, service: Service) -> AssetOut:
    """One file: what it is, or why it can't be used."""
    async with service.database.unit_of_work(caller.tenant) as uow:
        return assets.shown(await assets.find(uow, asset_id), service.media)


@router.delete("/assets/{asset_id}", status_code=204, responses=problems(NotFound))
async def delete_asset(asset_id: UUID, caller: AssetsWrite, service: Service) -> None:
    """Delete a file. Videos made with it stay as they are; to make them anew, their storyboards need another file."""

    async def work(uow: UnitOfWork) -> Asset | None:
        asset = await assets.find(uow, asset_id, lock=True)
        if asset.state == "uploading":
            return asset
        await assets.delete(service, uow, asset)
        return None

    unfinished = await service.database.transact(caller.tenant, work)
    if unfinished is not None:
        await uploads.give_up(service, caller.tenant, unfinished)
