"""What the renderer acts on."""

from __future__ import annotations

import asyncio
import shutil

from sqlalchemy import delete, select

from contracts.events.assets import AssetsFetched, AssetUploaded, JobWithdrawn
from contracts.events.tenants import TenantDeleted
from kernel.events import Subscriptions
from kernel.tasks import NewTask
from kernel.uow import UnitOfWork
from services.renderer import renders
from services.renderer.app import Renderer
from services.renderer.models import Render
from services.renderer.probing import ProbeTask

events = Subscriptions("renderer")


@events.on(AssetUploaded)
async def look_at_upload(event: AssetUploaded, uow: UnitOfWork, service: Renderer) -> None:
    """See what it is."""
    payload = ProbeTask(
        asset_id=event.asset_id,
        object_key=event.object_key,
        sha256=event.sha256,
        declared_type=event.declared_type,
    )
    uow.enqueue(NewTask("renderer.probe", payload, key=str(event.asset_id), attempts=3, priority=2))


@events.on(AssetsFetched)
async def begin_render(event: AssetsFetched, uow: UnitOfWork, service: Renderer) -> None:
    """Everything it shows and plays is there."""
    await renders.begin(uow, event)


@events.on(JobWithdrawn)
async def withdraw_render(event: JobWithdrawn, uow: UnitOfWork, service: Renderer) -> None:
    """Stop working for it."""
    await renders.withdraw(uow, event.job_id)


@events.on(TenantDeleted)
async def forget_tenant(event: TenantDeleted, uow: UnitOfWork, service: Renderer) -> None:
    """A workspace is gone: its films are not worked on, and no row and no part on this machine is left of them."""
    running = await uow.session.scalars(select(Render.job_id).where(Render.state == "running").order_by(Render.job_id))
    for job_id in running.all():
        await renders.withdraw(uow, job_id)
    await uow.session.execute(delete(Render))
    await asyncio.to_thread(shutil.rmtree, service.cache_root / str(uow.tenant), ignore_errors=True)
