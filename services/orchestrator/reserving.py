"""The question to billing between `reserving` and `queued`, asked by whoever created the job, or by the sweeper.

    job row committed ─▶ entitlements.reserve (idempotent by job id) ─▶ queued, job.requested and task, all at once

Cut off anywhere, it is asked again: a reservation without a job can't be, and a job without one doesn't stay.
"""

from __future__ import annotations

from uuid import UUID

from contracts.events.jobs import JobFailure
from kernel import failpoints
from kernel.errors import AppError, NotFound
from kernel.ids import TenantId
from kernel.uow import UnitOfWork
from services.orchestrator import jobs
from services.orchestrator.app import Orchestrator
from services.orchestrator.errors import InvalidJobState
from services.orchestrator.models import Job

failpoints.declare("orchestrator.job.before_reserve", "the job row is committed, billing was not asked")
failpoints.declare("orchestrator.job.after_reserve", "billing holds a place, the job doesn't know")
failpoints.declare("orchestrator.job.before_queued", "in the transaction that queues the job, before its commit")
failpoints.declare("orchestrator.job.after_queued", "the job is queued, its caller doesn't know")


async def reserve(service: Orchestrator, tenant: TenantId, job: Job) -> Job:
    """Have a place held for a `reserving` job and queue it.

    Raises what billing refuses with, or that it can't be asked; a new job is gone then, one that was retried failed
    again. InvalidJobState where it was cancelled meanwhile.
    """
    failpoints.hit("orchestrator.job.before_reserve")
    try:
        await service.entitlements.reserve(tenant, job.id, jobs.wanted(job))
    except AppError as refusal:
        await give_up(service, tenant, job.id, refusal)
        raise
    failpoints.hit("orchestrator.job.after_reserve")
    queued = await queue(service, tenant, job.id)
    failpoints.hit("orchestrator.job.after_queued")
    return queued


async def queue(service: Orchestrator, tenant: TenantId, job_id: UUID) -> Job:
    """Billing holds a place for the job: it starts. Raises NotFound, InvalidJobState."""

    async def work(uow: UnitOfWork) -> Job:
        job = await jobs.locked(uow, job_id)
        if job is None:
            raise NotFound
        if job.state == "reserving":  # else the sweeper was faster, or the other way round
            await jobs.reserved(uow, job)
            failpoints.hit("orchestrator.job.before_queued")
        elif job.state == "cancelled":
            raise InvalidJobState("The job was cancelled before it began.")
        return job

    return await service.env.database.transact(tenant, work)


async def give_up(service: Orchestrator, tenant: TenantId, job_id: UUID, refusal: AppError) -> None:
    """There is no place for the job."""
    failure = JobFailure(code=refusal.code, detail=refusal.detail)

    async def work(uow: UnitOfWork) -> None:
        job = await jobs.locked(uow, job_id)
        if job is not None and job.state == "reserving":
            await jobs.not_reserved(uow, job, failure)

    await service.env.database.transact(tenant, work)
