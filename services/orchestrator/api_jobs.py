"""The routes of jobs: what a run would take, begin it, watch it, stop it, try it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from sqlalchemy import select

from contracts.clients.assets import AssetGrant
from contracts.clients.entitlements import Allowance
from contracts.events.jobs import JobState
from contracts.permissions import Scope
from contracts.problems import ConcurrencyExceeded, FeatureNotInPlan, PaymentRequired, QuotaExceeded
from kernel import failpoints
from kernel.auth import Caller, require
from kernel.clock import now
from kernel.errors import InvalidInput, NotFound, Unavailable, UnknownReference
from kernel.http.errors import IdempotencyMismatch, InProgress
from kernel.http.idempotency import REPLAYED, once
from kernel.http.pages import Page, PageQuery
from kernel.http.problems import problems
from kernel.http.routes import api_router
from kernel.ids import TenantId
from kernel.service import service_of
from kernel.uow import UnitOfWork
from services.orchestrator import jobs, making, planning, reserving, storyboards
from services.orchestrator.app import Orchestrator
from services.orchestrator.errors import InvalidJobState
from services.orchestrator.models import Call, Job
from services.orchestrator.planning import Estimate
from services.orchestrator.products import known_takes
from services.orchestrator.schemas import (
    CallView,
    CostLine,
    EstimateView,
    JobBody,
    JobDetail,
    JobView,
    QuotaLeft,
)
from storyboard import Storyboard, Take

router = api_router("orchestrator")

Service = Annotated[Orchestrator, Depends(service_of(Orchestrator))]
Paging = Annotated[PageQuery, Depends()]
Reads = Annotated[Caller, Depends(require(Scope.JOBS_READ))]
Writes = Annotated[Caller, Depends(require(Scope.JOBS_WRITE))]

PLAN_REFUSALS = (PaymentRequired, FeatureNotInPlan, QuotaExceeded, ConcurrencyExceeded)

failpoints.declare("orchestrator.job.before_commit", "in the transaction of a new job's row, before its commit")
failpoints.declare("orchestrator.job.after_commit", "a new job's row is committed, and nothing else")


@router.post("/storyboards/{storyboard_id}/estimate", responses=problems(NotFound, InvalidInput, UnknownReference))
async def estimate(
    storyboard_id: UUID,
    caller: Annotated[Caller, Depends(require(Scope.STORYBOARDS_READ))],
    service: Service,
) -> EstimateView:
    """What a run of the newest version would take: how long the film will be, what sources cost, what is left.

    Narration that was not spoken yet is timed by reading speed. What would refuse a run is refused here too.
    """
    async with service.env.database.unit_of_work(caller.tenant) as uow:
        view = await storyboards.load(uow, storyboard_id)
        found = await _estimate(service, uow, caller.tenant, planning.parsed(view.document))
    allowance = await service.entitlements.allowance(caller.tenant)
    return EstimateView(
        seconds=round(found.seconds, 3),
        render_seconds=found.wanted.render_seconds,
        cost=[CostLine(line=connector, amount=0) for connector in found.calls],
        quota_left=QuotaLeft(videos=_left(allowance, "videos"), render_seconds=_left(allowance, "render_seconds")),
    )


def _left(allowance: Allowance, quota: str) -> int | None:
    limit = allowance.limits.get(quota)
    return None if limit is None else max(0, limit - allowance.used.get(quota, 0))


async def _estimate(service: Orchestrator, uow: UnitOfWork, tenant: TenantId, board: Storyboard) -> Estimate:
    uploads = planning.named_uploads(board)
    grants: dict[UUID, AssetGrant] = await service.assets.grant(tenant, uploads) if uploads else {}
    takes = await known_takes(uow, _speech_keys(board))
    spoken = {key: Take.model_validate(take) for key, take in takes.items()}
    return await service.in_thread(lambda: planning.estimate(board, grants, spoken))


def _speech_keys(board: Storyboard) -> Sequence[str]:
    voice = board.voice
    if voice is None:
        return []
    return [making.speech_key(text, board.language, voice) for _, _, text in making.to_speak(board)]


@router.post(
    "/jobs",
    status_code=201,
    responses=problems(
        UnknownReference, InvalidInput, IdempotencyMismatch, InProgress, InvalidJobState, Unavailable, *PLAN_REFUSALS
    ),
)
async def create_job(
    body: JobBody, caller: Writes, service: Service, request: Request, response: Response
) -> JobDetail:
    """Make a video of a storyboard. Send an `Idempotency-Key`: the same request again answers with the same job.

    Refused with 402, 403 or 429 where the plan doesn't allow it; nothing is kept then.
    """
    tenant = caller.tenant

    async def begin(uow: UnitOfWork) -> UUID:
        try:
            view = await storyboards.load(uow, body.storyboard_id, body.version)
        except NotFound:
            raise UnknownReference from None
        found = await _estimate(service, uow, tenant, planning.parsed(view.document))
        job = jobs.begin(uow, view.id, view.version, found)
        failpoints.hit("orchestrator.job.before_commit")
        return job.id

    begun = await once(request, tenant, service.env.database, begin)
    failpoints.hit("orchestrator.job.after_commit")
    if begun.replayed:
        response.headers[REPLAYED] = "true"
    job_id = UUID(begun.answer)
    response.headers["Location"] = f"{router.prefix}/jobs/{job_id}"
    async with service.env.database.unit_of_work(tenant) as uow:
        job = await uow.session.get(Job, job_id)
    if job is None:
        raise NotFound
    if job.state == "reserving" and job.attempt == 1:
        await reserving.reserve(service, tenant, job)
    return await _detail(service, tenant, job_id)


@router.get("/jobs")
async def list_jobs(
    caller: Reads,
    page: Paging,
    service: Service,
    state: Annotated[JobState | None, Query(description="only those in this state")] = None,
    storyboard_id: Annotated[UUID | None, Query(description="only those of this storyboard")] = None,
) -> Page[JobView]:
    """The workspace's jobs, the newest first."""
    chosen = select(Job)
    if state is not None:
        chosen = chosen.where(Job.state == state)
    if storyboard_id is not None:
        chosen = chosen.where(Job.storyboard_id == storyboard_id)
    async with service.env.database.unit_of_work(caller.tenant) as uow:

        async def view(job: Job) -> JobView:
            return await _view(uow, job)

        return await page.read(
            uow.session, chosen, view, id=Job.id, sorts={"created_at": Job.created_at}, default="-created_at"
        )


@router.get("/jobs/{job_id}", responses=problems(NotFound))
async def get_job(job_id: UUID, caller: Reads, service: Service) -> JobDetail:
    """A job with every call that was made for it."""
    return await _detail(service, caller.tenant, job_id)


@router.post("/jobs/{job_id}/cancel", responses=problems(NotFound, InvalidJobState))
async def cancel_job(job_id: UUID, caller: Writes, service: Service) -> JobDetail:
    """Stop a job. Where its film is finished in the same moment, the film wins and the job becomes ready."""
    await service.env.database.transact(caller.tenant, lambda uow: jobs.cancel(uow, job_id))
    return await _detail(service, caller.tenant, job_id)


@router.post("/jobs/{job_id}/retry", responses=problems(NotFound, InvalidJobState, Unavailable, *PLAN_REFUSALS))
async def retry_job(job_id: UUID, caller: Writes, service: Service) -> JobDetail:
    """Try a failed job again: what was made stays made, and the plan's quota is asked as for a new one."""
    job = await service.env.database.transact(caller.tenant, lambda uow: jobs.retry(uow, job_id))
    await reserving.reserve(service, caller.tenant, job)
    return await _detail(service, caller.tenant, job_id)


async def _detail(service: Orchestrator, tenant: TenantId, job_id: UUID) -> JobDetail:
    async with service.env.database.unit_of_work(tenant) as uow:
        job = await uow.session.get(Job, job_id)
        if job is None:
            raise NotFound
        calls = await uow.session.scalars(select(Call).where(Call.job_id == job_id).order_by(Call.created_at, Call.id))
        view = await _view(uow, job)
        return JobDetail(**view.model_dump(), calls=[CallView.model_validate(call) for call in calls])


async def _view(uow: UnitOfWork, job: Job) -> JobView:
    return JobView(
        id=job.id,
        storyboard_id=job.storyboard_id,
        version=job.version,
        state=job.job_state,
        stage=job.current_stage,
        progress=job.progress,
        scenes=job.scenes,
        scenes_done=job.scenes_done,
        segments=job.segments,
        segments_rendered=job.segments_rendered,
        scenes_rendered=job.scenes_rendered,
        queue_position=await jobs.ahead(uow, job),
        seconds_left=jobs.seconds_left(job, now()),
        failure=job.failure,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )
