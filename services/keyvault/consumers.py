"""Which events make or end a workspace's place for keys."""

from __future__ import annotations

from sqlalchemy import delete

from contracts.events.tenants import TenantCreated, TenantDeleted
from kernel.events import Subscriptions
from kernel.uow import UnitOfWork
from services.keyvault.app import Keyvault
from services.keyvault.models import Connection

events = Subscriptions("keyvault")


@events.on(TenantCreated)
async def tenant_created(event: TenantCreated, uow: UnitOfWork, service: Keyvault) -> None:
    """A new workspace gets its data key."""
    if uow.tenant is not None:
        await service.store.create_tenant(uow.tenant)


@events.on(TenantDeleted)
async def tenant_deleted(event: TenantDeleted, uow: UnitOfWork, service: Keyvault) -> None:
    """The workspace's data key is destroyed, and with it every key of it."""
    if uow.tenant is not None:
        await service.store.shred_tenant(uow.tenant)
        await uow.session.execute(delete(Connection).where(Connection.tenant_id == uow.tenant))
