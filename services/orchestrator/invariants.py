"""What must always be so of jobs, counted. Every number is 0 once events and tasks that are under way have ended."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, func, or_, select

from kernel.clock import now
from kernel.tables import KERNEL
from services.orchestrator.app import Orchestrator
from services.orchestrator.models import Job
from services.orchestrator.states import TERMINAL
from services.orchestrator.sweeper import LIMITS

#: the sweeper comes once a minute
_SWEPT = timedelta(minutes=3)


async def invariants(service: Orchestrator) -> dict[str, int]:
    """I1: jobs nobody works for and nobody would notice. I4: jobs that ended and may still hold a place."""
    counted = {"stranded_jobs": _stranded(), "places_of_ended_jobs": _holding()}
    async with service.env.database.system() as uow:
        return {
            name: await uow.session.scalar(select(func.count()).select_from(Job).where(condition)) or 0
            for name, condition in counted.items()
        }


def _stranded() -> ColumnElement[bool]:
    """Waiting for a task that isn't there, or silent for longer than the sweeper lets them."""
    tasks = KERNEL.tasks.c
    working = select(tasks.id).where(tasks.id == Job.task_id, tasks.state.in_(("ready", "running"))).exists()
    taskless = Job.state.in_(("queued", "fetching")) & ~working
    silent = [(Job.state == state) & (Job.heard_at < now() - limit - _SWEPT) for state, limit in LIMITS.items()]
    return or_(taskless, *silent)


def _holding() -> ColumnElement[bool]:
    """Ended, its reservation open, and no task under way that would close it."""
    tasks = KERNEL.tasks.c
    closing = select(tasks.id).where(
        tasks.kind == "orchestrator.release",
        tasks.dedupe_key == func.cast(Job.id, tasks.dedupe_key.type),
        tasks.state.in_(("ready", "running")),
    )
    return Job.state.in_(TERMINAL) & (Job.reservation == "open") & ~closing.exists()
