"""What storage acts on."""

from __future__ import annotations

from contracts.events.assets import AssetProbed
from contracts.events.jobs import JobChanged, StoryboardSaved
from contracts.events.tenants import TenantDeleted
from contracts.events.videos import VideoRendered
from kernel.events import Subscriptions
from kernel.ids import TenantId
from kernel.uow import UnitOfWork
from services.storage import assets, erase, projection
from services.storage.app import Storage

events = Subscriptions("storage")


@events.on(StoryboardSaved)
async def storyboard_saved(event: StoryboardSaved, uow: UnitOfWork, service: Storage) -> None:
    """The library shows its title and shape."""
    await projection.storyboard_saved(uow, _tenant(uow), event)


@events.on(JobChanged)
async def job_changed(event: JobChanged, uow: UnitOfWork, service: Storage) -> None:
    """The library shows how far it is."""
    await projection.job_changed(uow, _tenant(uow), event)


@events.on(VideoRendered)
async def video_rendered(event: VideoRendered, uow: UnitOfWork, service: Storage) -> None:
    """The library gets a film, and everybody hears of it (`video.stored`) in the same transaction."""
    await projection.video_rendered(uow, _tenant(uow), event)


@events.on(AssetProbed)
async def asset_probed(event: AssetProbed, uow: UnitOfWork, service: Storage) -> None:
    """An upload can be used, or not."""
    await assets.probed(service, uow, event)


@events.on(TenantDeleted)
async def tenant_deleted(event: TenantDeleted, uow: UnitOfWork, service: Storage) -> None:
    """A workspace is gone, and with it everything it kept here."""
    await erase.forget(uow, _tenant(uow))


def _tenant(uow: UnitOfWork) -> TenantId:
    if uow.tenant is None:
        raise TypeError("these events are a workspace's")
    return uow.tenant
