"""The end of a workspace: every row at once, every object soon after, whatever arrives late as well."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from kernel import failpoints
from kernel.ids import TenantId
from kernel.objects import ObjectKey
from kernel.tasks import NewTask
from kernel.uow import UnitOfWork
from services.storage.app import Storage
from services.storage.models import Asset, Base, DeletedTenant
from services.storage.projection import the_end_of

_BATCH: Final = 500

failpoints.declare("storage.erase.between", "the objects of a deleted workspace are gone, that is not yet written down")


class EraseTask(BaseModel):
    """Unfinished uploads of the workspace: object key → upload of the object store."""

    tenant: UUID
    uploads: dict[str, str]


async def forget(uow: UnitOfWork, tenant: TenantId) -> None:
    """Delete every row of the workspace and have its objects erased."""
    await the_end_of(uow, tenant)
    pending = await uow.session.execute(select(Asset.object_key, Asset.upload_id).where(Asset.upload_id.is_not(None)))
    uploads = {key: upload for key, upload in pending if upload is not None}
    for table in reversed(Base.metadata.sorted_tables):
        if not table.info.get("kernel") and table.name != DeletedTenant.__tablename__:
            await uow.session.execute(delete(table).where(table.c.tenant_id == tenant))
    await uow.session.execute(insert(DeletedTenant).values(tenant_id=tenant).on_conflict_do_nothing())
    uow.enqueue(NewTask("storage.erase", EraseTask(tenant=tenant, uploads=uploads), key=str(tenant), attempts=50))


async def erase(service: Storage, task: EraseTask) -> None:
    """Erase the objects and unfinished uploads of a workspace that is gone."""
    tenant = TenantId(task.tenant)
    for key, upload in task.uploads.items():
        await service.objects.abort(upload, ObjectKey.parse(key, tenant))
    await erase_objects(service, tenant)


async def erase_objects(service: Storage, tenant: TenantId) -> None:
    """Delete every object of a tenant and write down when none was left."""
    batch = []
    async for stored in service.objects.list(ObjectKey.of(tenant)):
        batch.append(stored.key)
        if len(batch) == _BATCH:
            await service.objects.delete(batch)
            batch.clear()
    await service.objects.delete(batch)
    failpoints.hit("storage.erase.between")

    async def work(uow: UnitOfWork) -> None:
        await uow.session.execute(update(DeletedTenant).values(erased_at=func.now()))

    await service.database.transact(tenant, work)


async def is_gone(service: Storage, tenant: TenantId) -> bool:
    """Whether the workspace was deleted."""
    async with service.database.unit_of_work(tenant) as uow:
        return await uow.session.get(DeletedTenant, (tenant,)) is not None
