"""What nobody else would notice: jobs that wait for something that doesn't come, and what ended ones left behind.

reserving   a minute without an answer: billing is asked again (F43)
queued, fetching   the task that should do it is gone, or took too long
rendering   nothing was heard for six hours
uploading   the library didn't take the film in a day
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import delete, select, update

from contracts.events.jobs import JobFailure, JobState
from kernel.clock import now
from kernel.errors import AppError
from kernel.ids import TenantId
from kernel.objects import ObjectKey
from kernel.tables import KERNEL
from kernel.uow import UnitOfWork
from services.orchestrator import jobs, reserving
from services.orchestrator.app import Orchestrator
from services.orchestrator.errors import JobTimedOut
from services.orchestrator.models import Job, Product
from services.orchestrator.states import TERMINAL, WAITING

log = structlog.get_logger(__name__)

#: how long a job may be silent in each state
LIMITS: Final[dict[JobState, timedelta]] = {
    "reserving": jobs.RESERVE_GRACE,
    "queued": timedelta(hours=24),
    "fetching": timedelta(hours=1),
    "rendering": timedelta(hours=6),
    "uploading": timedelta(hours=24),
}
#: billing may be away for this long before jobs it was never asked about are given up
_BILLING_AWAY = timedelta(hours=1)
#: a task that ends says so in the same transaction, so that a job without one is soon known to be lost
_TASK_GRACE = timedelta(minutes=2)
_INPUTS = ("storyboard.json", "resolution.json", "attributions.json")
_INPUTS_KEPT = timedelta(minutes=10)
_PRODUCTS_KEPT = timedelta(days=30)
_AT_ONCE = 500


async def sweep(service: Orchestrator) -> None:
    """Look at every job that is silent for longer than its state allows."""
    async with service.env.database.system() as uow:
        silent = select(Job.tenant_id, Job.id).where(
            Job.state.in_(WAITING), Job.heard_at < now() - min(*LIMITS.values(), _TASK_GRACE)
        )
        found = (await uow.session.execute(silent.order_by(Job.heard_at).limit(_AT_ONCE))).all()
    for tenant, job_id in found:
        try:
            await _mend(service, TenantId(tenant), job_id)
        except AppError as error:
            # One job's trouble is not the others'; it is looked at again in a minute.
            log.warning("job_not_mended", job_id=str(job_id), code=error.code)


async def _mend(service: Orchestrator, tenant: TenantId, job_id: UUID) -> None:
    async with service.env.database.unit_of_work(tenant) as uow:
        job = await uow.session.get(Job, job_id)
    if job is None:
        return
    if job.state == "reserving":
        await _ask_again(service, tenant, job)
        return

    async def work(uow: UnitOfWork) -> None:
        held = await jobs.locked(uow, job_id)
        if held is not None and held.state in WAITING and await _is_lost(uow, held):
            jobs.fail(uow, held, JobFailure(code=JobTimedOut.code, detail=JobTimedOut.title))

    await service.env.database.transact(tenant, work)


async def _ask_again(service: Orchestrator, tenant: TenantId, job: Job) -> None:
    if now() - job.heard_at < LIMITS["reserving"]:
        return
    wanted = jobs.wanted(job)
    try:
        await service.entitlements.reserve(tenant, job.id, wanted)
    except AppError as refusal:
        away = refusal.status >= 500
        if not away or now() - job.heard_at > _BILLING_AWAY:
            await reserving.give_up(service, tenant, job.id, refusal)
        return
    await reserving.queue(service, tenant, job.id)


async def _is_lost(uow: UnitOfWork, job: Job) -> bool:
    """Whether its time is over, or the task that should bring it on is no more."""
    silent = now() - job.heard_at
    if silent > LIMITS[job.job_state]:
        return True
    if job.state not in ("queued", "fetching") or silent < _TASK_GRACE:
        return False
    tasks = KERNEL.tasks.c
    open_ = select(tasks.id).where(tasks.id == job.task_id, tasks.state.in_(("ready", "running")))
    return await uow.session.scalar(open_) is None


async def tidy(service: Orchestrator) -> None:
    """Remove what the renderer read of ended jobs, and products nobody has used for a month."""
    async with service.env.database.system() as uow:
        ended = select(Job.tenant_id, Job.id).where(
            Job.state.in_(TERMINAL),
            Job.tidied.is_(False),
            Job.reservation == "closed",
            Job.finished_at < now() - _INPUTS_KEPT,
        )
        jobs_ended = (await uow.session.execute(ended.limit(_AT_ONCE))).all()
        unused = select(Product.tenant_id, Product.key, Product.object_key).where(
            Product.used_at < now() - _PRODUCTS_KEPT
        )
        products = (await uow.session.execute(unused.limit(_AT_ONCE))).all()
    for tenant, job_id in jobs_ended:
        place = ObjectKey.of(TenantId(tenant), "jobs", str(job_id))
        await service.objects.delete([place / name for name in _INPUTS])
        # Not one that was tried again meanwhile.
        tidied = update(Job).where(Job.id == job_id, Job.state.in_(TERMINAL)).values(tidied=True)
        async with service.env.database.unit_of_work(TenantId(tenant)) as uow:
            await uow.session.execute(tidied)
    for tenant, key, object_key in products:
        # The row first: a job that asks meanwhile has it made again.
        forgotten = delete(Product).where(Product.key == key, Product.used_at < now() - _PRODUCTS_KEPT)
        async with service.env.database.unit_of_work(TenantId(tenant)) as uow:
            gone = (await uow.session.execute(forgotten.returning(Product.key))).all()
        if gone:
            await service.objects.delete([ObjectKey.parse(object_key, TenantId(tenant))])
