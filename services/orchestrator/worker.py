"""The orchestrator's tasks: gather a job's media, give places back, look for what is stuck, tidy up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from contracts.events.jobs import JobFailure
from kernel import failpoints
from kernel.errors import NotFound
from kernel.ids import TenantId
from kernel.tasks import FailedTask, Run, TaskFailure, Tasks, Tick
from kernel.uow import UnitOfWork
from services.orchestrator import fetch, jobs, sweeper
from services.orchestrator.app import Orchestrator
from services.orchestrator.fetch import SceneFailed
from services.orchestrator.jobs import JobTask

failpoints.declare("orchestrator.release.after_billing", "billing gave the place back, and the job doesn't know")

tasks = Tasks("orchestrator")


def tenant_of(run: Run[Any]) -> TenantId:
    """Whose task it is. Raises NotFound for one of nobody."""
    if run.tenant is None:
        raise NotFound
    return run.tenant


@tasks.on("orchestrator.fetch", payload=JobTask, concurrency="io")
async def gather_media(run: Run[JobTask], service: Orchestrator) -> None:
    """Gather everything the job shows and plays, and hand it to the renderer."""
    gathering = await fetch.opened(service, run, tenant_of(run))
    if gathering is None:
        return
    try:
        handed_over = await gathering.gather()
    except SceneFailed as failed:
        if failed.error.retryable:
            raise failed.error from failed
        failure = JobFailure(code=failed.error.code, detail=failed.error.detail, scene=failed.scene)
        await run.finish(lambda uow: _end(uow, run.payload.job_id, failure))
        return
    await run.finish(handed_over)
    failpoints.hit("orchestrator.fetch.after_assets_fetched")


@tasks.failed("orchestrator.fetch")
async def gathering_failed(uow: UnitOfWork, task: FailedTask, failure: TaskFailure, service: Orchestrator) -> None:
    """It was tried as often as makes sense."""
    await _end(uow, JobTask.model_validate(task.payload).job_id, JobFailure(code=failure.code, detail=failure.detail))


async def _end(uow: UnitOfWork, job_id: UUID, failure: JobFailure) -> None:
    job = await jobs.locked(uow, job_id)
    if job is not None and job.state in ("queued", "fetching"):
        jobs.fail(uow, job, failure)


@tasks.on("orchestrator.release", payload=JobTask)
async def release(run: Run[JobTask], service: Orchestrator) -> None:
    """Have billing give back the place of a job that ended badly."""
    job_id = run.payload.job_id
    await service.entitlements.release(tenant_of(run), job_id)
    failpoints.hit("orchestrator.release.after_billing")

    async def closed(uow: UnitOfWork) -> None:
        job = await jobs.locked(uow, job_id)
        # It may have been tried again meanwhile: then the place is being asked for anew.
        if job is not None and job.state in ("failed", "cancelled"):
            job.reservation = "closed"

    await run.finish(closed)


@tasks.every("orchestrator.sweep", cron="* * * * *")
async def sweep(run: Run[Tick], service: Orchestrator) -> None:
    """Finish what a crash cut off, and end what waits for something that doesn't come."""
    await sweeper.sweep(service)


@tasks.every("orchestrator.tidy", cron="*/10 * * * *")
async def tidy(run: Run[Tick], service: Orchestrator) -> None:
    """Remove what ended jobs and unused products left in the store."""
    await sweeper.tidy(service)
