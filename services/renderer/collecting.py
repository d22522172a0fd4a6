"""What renders leave in the store, removed: attempts that were cut off, and parts that nobody has used for long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update

from kernel.clock import now
from kernel.ids import TenantId
from kernel.objects import ObjectKey, Objects
from services.renderer.app import Renderer
from services.renderer.engine.cache import GIB
from services.renderer.models import Render
from services.renderer.shared_cache import parts

#: a worker that lost its lease writes no longer than this
_GRACE: Final = timedelta(minutes=10)
_AT_ONCE: Final = 500
#: parts of films: how long they are kept, how many bytes of them, and how long even beyond those
PARTS_KEPT: Final = timedelta(days=14)
PARTS_BYTES: Final = 20 * GIB
_PARTS_IN_USE: Final = timedelta(days=1)


async def tidy(service: Renderer, grace: timedelta = _GRACE) -> int:
    """Remove the attempts of renders that have ended, and films that didn't become a result; returns how many files."""
    async with service.env.database.system() as uow:
        ended = select(Render.tenant_id, Render.job_id, Render.generation, Render.film_key).where(
            Render.state != "running", Render.tidied.is_(False), Render.finished_at < now() - grace
        )
        rows = (await uow.session.execute(ended.order_by(Render.finished_at).limit(_AT_ONCE))).all()
    removed = 0
    for tenant, job_id, generation, film_key in rows:
        place = ObjectKey.of(TenantId(tenant), "jobs", str(job_id))
        film = ObjectKey.parse(film_key, TenantId(tenant)).segments[:3] if film_key else None
        leftovers = [stored.key async for stored in service.objects.list(place) if _is_leftover(stored.key, film)]
        await service.objects.delete(leftovers)
        removed += len(leftovers)
        # Not one that was begun again meanwhile.
        same = (Render.job_id == job_id, Render.generation == generation, Render.state != "running")
        done = update(Render).where(*same).values(tidied=True)
        async with service.env.database.unit_of_work(TenantId(tenant)) as uow:
            await uow.session.execute(done)
    return removed


def _is_leftover(key: ObjectKey, film: tuple[str, ...] | None) -> bool:
    """Whether it lies under an attempt, or is of a film that isn't the job's result."""
    folder = key.segments[2] if len(key.segments) > 3 else ""
    return folder.startswith("attempt-") or (folder.startswith("film-") and key.segments[:3] != film)


async def collect_parts(objects: Objects, *, kept: timedelta = PARTS_KEPT, max_bytes: int = PARTS_BYTES) -> int:
    """Remove parts older than `kept`, and the oldest of those over a day beyond `max_bytes`; returns how many.

    Whatever is needed again is made again.
    """
    at = now()
    found: list[tuple[datetime, int, ObjectKey]] = []
    async for tenant in objects.tenants():
        found += [(stored.modified, stored.size, stored.key) async for stored in objects.list(parts(tenant))]
    found.sort(key=lambda each: each[0])
    excess = sum(size for _, size, _ in found) - max_bytes
    leaving = []
    for modified, size, key in found:
        if modified < at - kept or (excess > 0 and modified < at - _PARTS_IN_USE):
            leaving.append(key)
            excess -= size
    await objects.delete(leaving)
    return len(leaving)
