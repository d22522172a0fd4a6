"""What must always be so of renders, counted. Every number is 0 once events and tasks that are under way have ended."""

from __future__ import annotations

from sqlalchemy import Text, cast, func, literal, select

from contracts.events.videos import VideoRendered
from kernel.tables import KERNEL
from services.renderer.app import Renderer
from services.renderer.models import Render


async def invariants(service: Renderer) -> dict[str, int]:
    """I1: renders that nobody works for. I2: jobs with more than one result (as far back as sent events are kept)."""
    tasks, outbox = KERNEL.tasks.c, KERNEL.outbox.c
    group = cast(Render.job_id, Text) + literal(".") + cast(Render.generation, Text)
    working = select(tasks.id).where(tasks.group_id == group, tasks.state.in_(("ready", "running"))).exists()
    stranded = select(func.count()).select_from(Render).where(Render.state == "running", ~working)
    of_films = select(outbox.key).where(outbox.topic == VideoRendered.type)
    twice = of_films.group_by(outbox.key).having(func.count() > 1).subquery()
    async with service.env.database.system() as uow:
        return {
            "stranded_renders": await uow.session.scalar(stranded) or 0,
            "jobs_with_several_results": await uow.session.scalar(select(func.count()).select_from(twice)) or 0,
        }
