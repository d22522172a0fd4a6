"""What storage does in the background."""

from __future__ import annotations

from kernel.tasks import Run, Tasks, Tick
from services.storage import erase, reconcile, shares, trash, uploads
from services.storage.app import Storage
from services.storage.erase import EraseTask

tasks = Tasks("storage")


@tasks.on("storage.erase", payload=EraseTask)
async def erase_tenant(run: Run[EraseTask], service: Storage) -> None:
    """Erase the objects of a deleted workspace."""
    await erase.erase(service, run.payload)


@tasks.every("storage.empty-trash", cron="*/10 * * * *")
async def empty_trash(run: Run[Tick], service: Storage) -> None:
    """Purge what has been in the trash long enough."""
    await trash.purge_due(service)


@tasks.every("storage.remove", cron="* * * * *")
async def remove(run: Run[Tick], service: Storage) -> None:
    """Remove the objects of what was deleted, once they are due."""
    await reconcile.remove_due(service)


@tasks.every("storage.expire", cron="*/5 * * * *")
async def expire(run: Run[Tick], service: Storage) -> None:
    """Give up unfinished uploads, forget old links."""
    await uploads.expire(service)
    await shares.forget_expired(service)


@tasks.every("storage.reconcile", cron="17 * * * *")
async def compare(run: Run[Tick], service: Storage) -> None:
    """Compare rows and objects."""
    await reconcile.reconcile(service)
