"""A job's row: how it begins, moves, is told of and ends. Every change of state goes through `Job.act` (see `states`).

The reservation. It is `open` from the first row on, because billing may hold a place from then on, and closed by
whoever knows that billing holds none: `settle` for a job that ended badly, the film's arrival for one that ended well.
While a render may still end either way it stays open; the renderer says which it was, once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Text, delete, func, literal, select, tuple_

from contracts.clients.entitlements import Wanted
from contracts.events.assets import JobWithdrawn
from contracts.events.jobs import JobChanged, JobFailure, JobRequested, Stage
from contracts.events.videos import RenderFailed, RenderProgressed, VideoRendered, VideoStored
from kernel.clock import now
from kernel.errors import NotFound
from kernel.ids import uuid7
from kernel.tables import KERNEL
from kernel.tasks import NewTask, cancel_tasks
from kernel.uow import UnitOfWork
from services.orchestrator import stages
from services.orchestrator.errors import InvalidJobState
from services.orchestrator.models import Job
from services.orchestrator.planning import Estimate
from services.orchestrator.states import TERMINAL, allowed

#: changes of progress alone are told this often at most
_EVERY = timedelta(milliseconds=450)
#: nobody still waits for the answer to a reservation after this
RESERVE_GRACE = timedelta(seconds=60)


class JobTask(BaseModel):
    """The payload of the tasks of a job."""

    job_id: UUID


async def locked(uow: UnitOfWork, job_id: UUID) -> Job | None:
    """The job, its row locked until the end of the transaction."""
    query = select(Job).where(Job.id == job_id).with_for_update().execution_options(populate_existing=True)
    found: Job | None = await uow.session.scalar(query)
    return found


# -- beginning --------------------------------------------------------------------------------------------------------


def begin(uow: UnitOfWork, storyboard_id: UUID, version: int, estimate: Estimate) -> Job:
    """The row of a new job, which comes before anything else that is done for it."""
    at = now()
    job = Job(
        id=uuid7(),
        tenant_id=uow.tenant,
        storyboard_id=storyboard_id,
        version=version,
        attempt=1,
        state="draft",
        progress=0.0,
        scenes=len(estimate.board.scenes),
        scenes_done=0,
        segments=0,
        segments_rendered=0,
        scenes_rendered=0,
        reservation="open",
        wanted_seconds=estimate.wanted.render_seconds,
        wanted_height=estimate.wanted.height,
        paced_from=0.0,
        tidied=False,
        created_at=at,
        state_since=at,
        heard_at=at,
    )
    job.act("request", at)
    uow.session.add(job)
    return job


def wanted(job: Job) -> Wanted:
    """What the job's reservation asks for."""
    return Wanted(render_seconds=job.wanted_seconds, height=job.wanted_height)


async def reserved(uow: UnitOfWork, job: Job) -> None:
    """Billing holds a place for it: it may start. Raises InvalidJobState where it was cancelled meanwhile."""
    job.act("reserve", now())
    fetch = NewTask("orchestrator.fetch", JobTask(job_id=job.id), group=str(job.id))
    job.task_id = uow.enqueue(fetch)
    uow.emit(JobRequested(job_id=job.id, storyboard_id=job.storyboard_id, version=job.version))
    tell(uow, job, queue_position=await ahead(uow, job))


async def not_reserved(uow: UnitOfWork, job: Job, failure: JobFailure) -> None:
    """Billing refused. A new job never was; one that was tried again is failed as before."""
    if job.attempt == 1:
        await uow.session.delete(job)
        # The same request asks again from the beginning.
        answer = func.to_jsonb(literal(str(job.id), Text))
        await uow.session.execute(delete(KERNEL.idempotency).where(KERNEL.idempotency.c.body == answer))
    else:
        _fail(job, "refuse", failure)
        tell(uow, job)
    settle(uow, job)


# -- moving -----------------------------------------------------------------------------------------------------------


async def fetching(uow: UnitOfWork, job_id: UUID) -> Job | None:
    """Its fetch task begins, or goes on; None where nobody wants it any more."""
    job = await locked(uow, job_id)
    if job is None or not allowed(job.job_state, "fetch"):
        return None
    first = job.state == "queued"
    job.act("fetch", now())
    if first:
        job.started_at = job.started_at or now()
        advance(uow, job, "voice", 0.0, 0)
    return job


def advance(uow: UnitOfWork, job: Job, stage: Stage, fraction: float, scenes_done: int | None = None) -> None:
    """The job's stage is at `fraction` of itself. Tells a new stage at once, a little progress now and then."""
    at = now()
    new = job.stage != stage
    job.stage, job.heard_at = stage, at
    job.progress = max(job.progress, round(stages.overall(stage, fraction), 4))
    if scenes_done is not None:
        job.scenes_done = scenes_done
    if new and stage in ("voice", "render"):
        job.paced_at, job.paced_from = at, job.progress
    if new or job.told_at is None or at - job.told_at >= _EVERY:
        tell(uow, job)


def fetched(uow: UnitOfWork, job: Job) -> None:
    """Everything lies in the store: the renderer's turn."""
    job.act("fetched", now())
    advance(uow, job, "render", 0.0, 0)


async def progressed(uow: UnitOfWork, event: RenderProgressed) -> None:
    job = await locked(uow, event.job_id)
    if job is None or job.state != "rendering":
        return
    job.segments, job.segments_rendered = event.segments, event.segments_rendered
    advance(uow, job, "render", event.progress, event.scenes_done)


async def rendered(uow: UnitOfWork, event: VideoRendered) -> None:
    job = await locked(uow, event.job_id)
    if job is None:
        return
    job.segments, job.segments_rendered = event.segments, event.segments_rendered
    job.scenes_rendered = event.scenes_rendered
    if allowed(job.job_state, "render"):
        job.act("render", now())
        advance(uow, job, "store", 0.0, job.scenes)


async def stored(uow: UnitOfWork, event: VideoStored) -> None:
    """The film is in the library, which is the end, whatever was wanted meanwhile."""
    job = await locked(uow, event.job_id)
    if job is None or not allowed(job.job_state, "store"):
        return
    job.act("store", now())
    # Billing hears of the film itself and uses the place.
    job.reservation = "closed"
    job.progress, job.scenes_done = 1.0, job.scenes
    job.failure_code = job.failure_detail = job.failure_scene = None
    job.finished_at = now()
    tell(uow, job)


# -- ending -----------------------------------------------------------------------------------------------------------


async def render_failed(uow: UnitOfWork, event: RenderFailed) -> None:
    """No film will come. The first to end the job was this, or whoever withdrew it; the place is free now."""
    job = await locked(uow, event.job_id)
    if job is None:
        return
    if allowed(job.job_state, "fail"):
        _fail(job, "fail", JobFailure(code=event.code, detail=event.detail, scene=event.scene))
        tell(uow, job)
    settle(uow, job)


def fail(uow: UnitOfWork, job: Job, failure: JobFailure) -> None:
    """End a job that can't go on. Whoever renders it is told to stop, and says when no film can come any more."""
    rendering = job.state == "rendering"
    _fail(job, "fail", failure)
    if rendering:
        uow.emit(JobWithdrawn(job_id=job.id))
    else:
        settle(uow, job)
    tell(uow, job)


def _fail(job: Job, act: str, failure: JobFailure) -> None:
    job.act("refuse" if act == "refuse" else "fail", now())
    job.failure_code, job.failure_detail, job.failure_scene = failure.code, failure.detail, failure.scene
    job.finished_at = now()


async def cancel(uow: UnitOfWork, job_id: UUID) -> Job:
    """Nobody wants the film any more. Raises NotFound, InvalidJobState."""
    # Tasks before the job's row, as those who finish a task have them.
    await cancel_tasks(uow, group=str(job_id))
    job = await locked(uow, job_id)
    if job is None:
        raise NotFound
    before = job.state
    job.act("cancel", now())
    job.finished_at = now()
    uow.emit(JobWithdrawn(job_id=job.id))
    if before != "rendering":
        settle(uow, job, later=before == "reserving")
    tell(uow, job)
    return job


async def retry(uow: UnitOfWork, job_id: UUID) -> Job:
    """Try a failed job again, under the same rules as a new one. Raises NotFound, InvalidJobState."""
    job = await locked(uow, job_id)
    if job is None:
        raise NotFound
    if job.state == "failed" and job.reservation == "open":
        raise InvalidJobState("The job has failed and its last work is still being stopped; try again in a moment.")
    job.act("retry", now())
    job.attempt += 1
    job.reservation, job.tidied = "open", False
    job.stage, job.progress, job.scenes_done = None, 0.0, 0
    job.segments, job.segments_rendered, job.scenes_rendered = 0, 0, 0
    job.failure_code = job.failure_detail = job.failure_scene = None
    job.paced_at, job.finished_at, job.started_at = None, None, None
    tell(uow, job)
    return job


def settle(uow: UnitOfWork, job: Job, *, later: bool = False) -> None:
    """Have billing give back the place; `later` when somebody may still be asking for it."""
    due = now() + RESERVE_GRACE if later else None
    uow.enqueue(NewTask("orchestrator.release", JobTask(job_id=job.id), key=str(job.id), due=due, attempts=50))


# -- telling ----------------------------------------------------------------------------------------------------------


def tell(uow: UnitOfWork, job: Job, *, queue_position: int | None = None) -> None:
    """Emit the job as it is now."""
    job.told_at = now()
    uow.emit(
        JobChanged(
            job_id=job.id,
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
            queue_position=queue_position,
            seconds_left=seconds_left(job, job.told_at),
            failure=job.failure,
        )
    )


def seconds_left(job: Job, at: datetime) -> float | None:
    if job.state in TERMINAL:
        return None
    left = stages.seconds_left(job.progress, job.paced_at, job.paced_from, at)
    return None if left is None else round(left, 1)


async def ahead(uow: UnitOfWork, job: Job) -> int | None:
    """The workspace's own jobs that wait before this one; None once it has begun."""
    if job.state not in ("reserving", "queued"):
        return None
    waiting = Job.state.in_(("reserving", "queued"))
    earlier = tuple_(Job.state_since, Job.id) < (job.state_since, job.id)
    return await uow.session.scalar(select(func.count()).where(waiting, earlier)) or 0
