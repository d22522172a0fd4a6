"""Assets: files that were uploaded whole. What they are, the renderer says (`asset.probed`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert

from contracts.events.assets import AssetProbed, AssetRemoved
from kernel.clock import now
from kernel.errors import NotFound
from kernel.ids import TenantId
from kernel.objects import ObjectKey
from kernel.uow import UnitOfWork
from services.storage.app import Storage
from services.storage.media import MediaAddresses, file_name
from services.storage.models import Asset, Removal
from services.storage.schemas import AssetKind, AssetOut, AssetState, Refusal


def matching(kind: AssetKind | None, state: AssetState | None, query: str | None) -> Select[Asset]:
    """The assets of these properties; without a state, those that are uploaded whole."""
    statement = select(Asset).where(Asset.state == state if state else Asset.state != "uploading")
    if kind is not None:
        statement = statement.where(Asset.kind == kind)
    if query is not None:
        statement = statement.where(Asset.filename.icontains(query, autoescape=True))
    return statement


async def find(uow: UnitOfWork, asset_id: UUID, *, lock: bool = False) -> Asset:
    """Raises NotFound."""
    asset = await uow.session.get(Asset, asset_id, with_for_update=lock or None)
    if asset is None:
        raise NotFound
    return asset


async def delete(service: Storage, uow: UnitOfWork, asset: Asset) -> None:
    """Forget a complete asset. Storyboards that name it need another; jobs that run have its bytes until they end."""
    await uow.session.delete(asset)
    if asset.state != "refused":
        uow.emit(AssetRemoved(asset_id=asset.id, bytes=asset.bytes))
    keys = [key for key in (asset.object_key, asset.thumbnail_key) if key]
    await remove_later(uow, TenantId(asset.tenant_id), keys, now() + service.rules.delete_after)


async def probed(service: Storage, uow: UnitOfWork, event: AssetProbed) -> None:
    """Keep what an upload is. One that can't be used takes no room: its bytes go, the reason stays."""
    asset = await uow.session.get(Asset, event.asset_id, with_for_update=True)
    if asset is None or asset.state != "probing":
        return
    tenant = TenantId(asset.tenant_id)
    if event.outcome == "refused":
        asset.state, asset.refusal_code, asset.refusal_detail = "refused", event.code, event.detail
        uow.emit(AssetRemoved(asset_id=asset.id, bytes=asset.bytes))
        await remove_later(uow, tenant, [asset.object_key], now())
        return
    described = event.described or {}
    asset.state, asset.described = "ready", described
    asset.kind, asset.seconds = described.get("kind"), described.get("seconds")
    asset.width, asset.height = described.get("width"), described.get("height")
    if event.thumbnail_key is not None:
        asset.thumbnail_key = str(ObjectKey.parse(event.thumbnail_key, tenant))


async def remove_later(uow: UnitOfWork, tenant: TenantId, keys: Iterable[str], due: datetime) -> None:
    """Have objects removed once they are due."""
    rows = [{"tenant_id": tenant, "object_key": key, "due_at": due} for key in keys]
    if rows:
        await uow.session.execute(insert(Removal).values(rows).on_conflict_do_nothing())


def shown(asset: Asset, media: MediaAddresses) -> AssetOut:
    """As the API shows it."""
    tenant = TenantId(asset.tenant_id)
    missing, refused = asset.missing_at is not None, asset.state == "refused"
    stem, dot, suffix = asset.filename.rpartition(".")

    def address(key: str | None, name: str) -> str | None:
        return media.address(ObjectKey.parse(key, tenant), name) if key and not missing else None

    return AssetOut(
        id=asset.id,
        filename=asset.filename,
        content_type=asset.declared_type,
        kind=asset.kind,  # type: ignore[arg-type]  # one of the kinds the renderer knows
        bytes=asset.bytes,
        state=asset.state,  # type: ignore[arg-type]  # one of its states: the table checks it
        width=asset.width,
        height=asset.height,
        seconds=asset.seconds,
        refusal=Refusal(code=asset.refusal_code or "", detail=asset.refusal_detail or "") if refused else None,
        missing=missing,
        thumbnail_url=address(asset.thumbnail_key, "thumbnail.jpg"),
        file_url=address(
            asset.object_key if asset.state == "ready" else None,
            file_name(stem if dot else suffix, f".{suffix.lower()}" if dot else "", "file"),
        ),
        created_at=asset.created_at,
    )
