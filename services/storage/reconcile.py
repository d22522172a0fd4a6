"""Rows and objects compared, tenant by tenant: what belongs to nothing is removed, what is lost is marked.

    assets/<id>, thumbnails/<id>.jpg     belong to a row of `assets`
    jobs/<job>/…                         belongs to a film, or to a job that runs
    parts/…                              caches of the orchestrator and the renderer: theirs, left alone

An object may be older than its row (it is written first) and younger than its row's end, so only what nothing claims
for `object_grace` counts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import delete, select, union, update

from kernel import failpoints
from kernel.clock import now
from kernel.ids import TenantId
from kernel.objects import ObjectKey, Stored
from kernel.uow import UnitOfWork
from services.storage import erase
from services.storage.app import Storage
from services.storage.models import Asset, DeletedTenant, Film, Job, Removal, Video
from services.storage.projection import ACTIVE

log = structlog.get_logger(__name__)

failpoints.declare("storage.remove.between", "objects that were due are gone, their rows are still there")

_OURS: Final = ("assets", "thumbnails", "jobs")
_BATCH: Final = 500
_JOBS_KEPT: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a tenant's rows say there is. `assets` and `films` are the objects that must be there, by id and job."""

    keys: frozenset[str]
    active_jobs: frozenset[str]
    assets: dict[UUID, str]
    films: dict[UUID, str]


@dataclass(slots=True)
class Difference:
    """What was found for one tenant: objects nobody claims, and rows whose object is gone."""

    orphans: list[ObjectKey] = field(default_factory=list)
    lost_assets: set[UUID] = field(default_factory=set)
    lost_films: set[UUID] = field(default_factory=set)


async def reconcile(service: Storage) -> None:
    """Compare everything and put it right."""
    for tenant in sorted(await _gone(service) & (await _with_objects(service) | await _with_rows(service))):
        await service.database.transact(tenant, partial(erase.forget, tenant=tenant))
        await erase.erase_objects(service, tenant)
    async for tenant, difference in differences(service):
        for first in range(0, len(difference.orphans), _BATCH):
            await service.objects.delete(difference.orphans[first : first + _BATCH])
        await _mark(service, tenant, difference)
        if difference.orphans:
            log.info("objects_collected", tenant=str(tenant), objects=len(difference.orphans))
    await service.objects.sweep(service.rules.upload_life + timedelta(hours=1))
    async with service.database.system() as uow:
        ended = Job.state.not_in(ACTIVE), Job.told_at < now() - _JOBS_KEPT
        await uow.session.execute(delete(Job).where(*ended))


async def differences(service: Storage) -> AsyncIterator[tuple[TenantId, Difference]]:
    """Each tenant with what doesn't fit; those whose workspace was deleted are `erase`'s."""
    gone = await _gone(service)
    for tenant in sorted((await _with_objects(service) | await _with_rows(service)) - gone):
        async with service.database.unit_of_work(tenant) as uow:
            claims = await _claims(uow)
        yield tenant, await _compare(service, tenant, claims)


async def _compare(service: Storage, tenant: TenantId, claims: Claims) -> Difference:
    difference = Difference()
    seen = set()
    before = now() - service.rules.object_grace
    for folder in _OURS:
        async for stored in service.objects.list(ObjectKey.of(tenant, folder)):
            seen.add(str(stored.key))
            if _is_orphan(stored, claims, before):
                difference.orphans.append(stored.key)
    for lost, rows in ((difference.lost_assets, claims.assets), (difference.lost_films, claims.films)):
        for row_id, key in rows.items():
            # Asked again: what was stored while we listed may not have been in the list.
            if key not in seen and await service.objects.stat(ObjectKey.parse(key, tenant)) is None:
                lost.add(row_id)
    return difference


def _is_orphan(stored: Stored, claims: Claims, before: datetime) -> bool:
    if str(stored.key) in claims.keys or stored.modified > before:
        return False
    folder, owner = stored.key.segments[0], stored.key.segments[1]
    return folder != "jobs" or owner not in claims.active_jobs


async def _claims(uow: UnitOfWork) -> Claims:
    keys: set[str] = set((await uow.session.scalars(select(Removal.object_key))).all())
    assets, films = {}, {}
    for asset in await uow.session.scalars(select(Asset)):
        keys.update(key for key in (asset.object_key, asset.thumbnail_key) if key)
        if asset.state in ("probing", "ready"):
            assets[asset.id] = asset.object_key
    for film in await uow.session.scalars(select(Film)):
        keys.update(film.keys)
        films[film.job_id] = film.object_key
    active = await uow.session.scalars(select(Job.id).where(Job.state.in_(ACTIVE)))
    return Claims(frozenset(keys), frozenset(map(str, active)), assets, films)


async def _mark(service: Storage, tenant: TenantId, difference: Difference) -> None:
    """Mark what is lost, and take the mark from what came back (from a backup)."""

    async def work(uow: UnitOfWork) -> int:
        marked = 0
        for table, key, lost in (
            (Asset, Asset.id, difference.lost_assets),
            (Film, Film.job_id, difference.lost_films),
        ):
            newly = update(table).where(key.in_(lost), table.missing_at.is_(None)).values(missing_at=now())
            marked += len((await uow.session.execute(newly.returning(key))).all())
            back = update(table).where(key.not_in(lost), table.missing_at.is_not(None)).values(missing_at=None)
            await uow.session.execute(back)
        return marked

    marked = await service.database.transact(tenant, work)
    if marked:
        log.error("objects_missing", tenant=str(tenant), objects=marked)


async def remove_due(service: Storage) -> int:
    """Remove the objects that are due; returns how many."""
    removed = 0
    while True:
        async with service.database.system() as uow:
            late = select(Removal).where(Removal.due_at <= now()).order_by(Removal.due_at).limit(_BATCH)
            due = (await uow.session.scalars(late)).all()
        await service.objects.delete(_parsed(due))
        failpoints.hit("storage.remove.between")
        async with service.database.system() as uow:
            for removal in due:
                await uow.session.delete(removal)
        removed += len(due)
        if len(due) < _BATCH:
            return removed


def _parsed(removals: Iterable[Removal]) -> list[ObjectKey]:
    return [ObjectKey.parse(removal.object_key, TenantId(removal.tenant_id)) for removal in removals]


async def _gone(service: Storage) -> set[TenantId]:
    async with service.database.system() as uow:
        return {TenantId(tenant) for tenant in await uow.session.scalars(select(DeletedTenant.tenant_id))}


async def _with_objects(service: Storage) -> set[TenantId]:
    return {tenant async for tenant in service.objects.tenants()}


async def _with_rows(service: Storage) -> set[TenantId]:
    async with service.database.system() as uow:
        any_row = union(select(Asset.tenant_id), select(Film.tenant_id), select(Video.tenant_id))
        return {TenantId(tenant) for tenant in await uow.session.scalars(any_row)}


async def invariants(service: Storage) -> dict[str, int]:
    """I5: objects without a row after the grace, rows without an object that nobody has noticed. All are 0."""
    found = {"objects_without_row": 0, "rows_without_object": 0, "objects_of_deleted_tenants": 0}
    async for tenant, difference in differences(service):
        found["objects_without_row"] += len(difference.orphans)
        async with service.database.unit_of_work(tenant) as uow:
            for table, key, lost in (
                (Asset, Asset.id, difference.lost_assets),
                (Film, Film.job_id, difference.lost_films),
            ):
                unmarked = select(key).where(key.in_(lost), table.missing_at.is_(None))
                found["rows_without_object"] += len((await uow.session.scalars(unmarked)).all())
    before = now() - service.rules.object_grace
    for tenant in await _gone(service):
        async for stored in service.objects.list(ObjectKey.of(tenant)):
            found["objects_of_deleted_tenants"] += stored.modified < before
    return found
