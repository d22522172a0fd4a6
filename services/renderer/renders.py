"""The rows of renders: begun, planned, under way, and ended once, well or not.

running ──finish──▶ done          emits video.rendered
   │ ├────fail────▶ failed        emits render.failed
   │ └──withdraw──▶ withdrawn     emits render.failed (render_cancelled): whoever waits knows that no film will come
   └─ replan ─▶ running           the next generation: what tasks of the last one still do, counts for nothing

Exactly one of the two events ends a running render, whatever happens at the same moment: each act locks the tasks
first and the render's row after them, and looks at its state.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import and_, case, delete, distinct, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.events.assets import AssetsFetched
from contracts.events.videos import RenderFailed, RenderProgressed, VideoRendered
from kernel.tasks import NewTask, TaskFailure, cancel_tasks
from kernel.uow import UnitOfWork
from services.renderer.errors import EncoderUnavailable, PartsMissing, RenderCancelled, RenderCrashed, RenderStalled
from services.renderer.film import Plan, encoder_as_json
from services.renderer.groups import group
from services.renderer.models import Render, SegmentRow

#: what each part is worth of a render's progress
_PLANNED, _DRAWN, _MIXED = 0.04, 0.88, 0.03
#: progress is told this often at most
_EVERY = timedelta(milliseconds=500)
#: a render is planned anew at most this often: GPU lost, parts lost
_MOST_REPLANS: Final = 3
#: ends of a task that a GPU may be to blame for
_GPU_SUSPECT: Final = frozenset({EncoderUnavailable.code, RenderCrashed.code, RenderStalled.code})


class RenderTask(BaseModel):
    """The payload of a task of one plan of a render."""

    job_id: UUID
    generation: int

    @property
    def group(self) -> str:
        """The tasks of one plan: what is cancelled together."""
        return f"{self.job_id}.{self.generation}"


class DrawTask(RenderTask):
    """Some segments of it. `scene` is the id of the one scene they all show, if it is one."""

    keys: list[str]
    scene: str | None = None


async def begin(uow: UnitOfWork, event: AssetsFetched) -> None:
    """Start the render of a job whose media are there; or start it again, and what was begun counts for nothing."""
    values: dict[str, Any] = {
        "storyboard_id": event.storyboard_id,
        "version": event.version,
        "state": "running",
        "storyboard_key": event.storyboard_key,
        "resolution_key": event.resolution_key,
        "attributions_key": event.attributions_key,
        "files": event.files,
        "replans": 0,
        "software_only": False,
        "reason": "",
        "finished_at": None,
        "tidied": False,
    }
    row = await uow.session.execute(
        insert(Render)
        .values(job_id=event.job_id, tenant_id=uow.tenant, generation=1, **values)
        .on_conflict_do_update(
            index_elements=[Render.job_id],
            set_={**values, "generation": Render.generation + 1},
        )
        .returning(Render.generation)
    )
    _enqueue_plan(uow, event.job_id, row.scalar_one())


def _enqueue_plan(uow: UnitOfWork, job_id: UUID, generation: int) -> None:
    payload = RenderTask(job_id=job_id, generation=generation)
    uow.enqueue(NewTask("renderer.prepare", payload, group=payload.group))


async def locked(uow: UnitOfWork, task: RenderTask) -> Render | None:
    """The render, if it is running and this task is of its present plan; its row is locked."""
    return await _current(uow, task, lock=True)


async def current(uow: UnitOfWork, task: RenderTask) -> Render | None:
    """The same without the lock, for reading."""
    return await _current(uow, task, lock=False)


async def _current(uow: UnitOfWork, task: RenderTask, *, lock: bool) -> Render | None:
    query = select(Render).where(
        Render.job_id == task.job_id, Render.state == "running", Render.generation == task.generation
    )
    found: Render | None = await uow.session.scalar(query.with_for_update() if lock else query)
    return found


async def keep_plan(uow: UnitOfWork, task: RenderTask, plan: Plan) -> None:
    """Keep what has to be done and enqueue it: the parts beside each other, their assembly after them."""
    render = await locked(uow, task)
    if render is None:
        return
    render.encoder = encoder_as_json(plan.choice.encoder)
    render.reason = plan.choice.reason or render.reason
    render.timeline = plan.timeline_key
    render.segments = len(plan.jobs)
    render.scenes = len(plan.timeline.scenes)
    render.sound_done = not plan.sound_missing
    await uow.session.execute(delete(SegmentRow).where(SegmentRow.job_id == render.job_id))
    rows = {job.key: job for job in plan.jobs}
    await uow.session.execute(
        insert(SegmentRow),
        [
            {
                "tenant_id": uow.tenant,
                "job_id": render.job_id,
                "key": key,
                "scene": job.segment.scene,
                "frames": job.segment.frames,
                "drawn": job.segment.frames if key in plan.cached else 0,
                "done": key in plan.cached,
                "anew": key not in plan.cached,
                "joins": job.segment.kind == "join",
            }
            for key, job in rows.items()
        ],
    )
    groups = group(plan.missing, plan.timeline.canvas.fps)
    whole = RenderTask(job_id=task.job_id, generation=task.generation)
    pending = len(groups) + plan.sound_missing
    together = task.group
    parent = uow.enqueue(NewTask("renderer.assemble", whole, pending=pending, group=together, priority=1))
    for jobs in groups:
        scenes = {job.segment.scene for job in jobs}
        scene = plan.timeline.scenes[min(scenes)].id if len(scenes) == 1 else None
        payload = DrawTask(**whole.model_dump(), keys=[job.key for job in jobs], scene=scene)
        uow.enqueue(NewTask("renderer.segments", payload, parent=parent, group=together))
    if plan.sound_missing:
        uow.enqueue(NewTask("renderer.sound", whole, parent=parent, group=together))
    await tell(uow, render.job_id)


async def count(uow: UnitOfWork, task: RenderTask, drawn: dict[str, int]) -> None:
    """Keep how many frames of segments are finished, and tell it if it is time."""
    if drawn:
        frames = case(drawn, value=SegmentRow.key)
        await uow.session.execute(
            update(SegmentRow)
            .where(SegmentRow.job_id == task.job_id, SegmentRow.key.in_(drawn), SegmentRow.drawn < frames)
            .values(drawn=frames, done=frames >= SegmentRow.frames)
        )
    await tell(uow, task.job_id)


async def sound_done(uow: UnitOfWork, task: RenderTask) -> None:
    render = await locked(uow, task)
    if render is not None:
        render.sound_done = True


async def tell(uow: UnitOfWork, job_id: UUID) -> None:
    """Emit how far a running render is, unless that was done less than half a second ago."""
    row = await uow.session.execute(
        update(Render)
        .where(
            Render.job_id == job_id,
            Render.state == "running",
            or_(
                Render.progressed_at.is_(None),
                Render.progressed_at <= func.clock_timestamp() - _EVERY,
            ),
        )
        .values(progressed_at=func.clock_timestamp())
        .returning(Render.scenes, Render.segments, Render.sound_done)
        .execution_options(synchronize_session=False)
    )
    told = row.one_or_none()
    if told is None:
        return
    counts = await _counts(uow, job_id)
    share = counts.drawn / counts.frames if counts.frames else 1.0
    progress = _PLANNED + _DRAWN * share + (_MIXED if told.sound_done else 0.0)
    uow.emit(
        RenderProgressed(
            job_id=job_id,
            progress=round(progress, 4),
            segments=told.segments,
            segments_rendered=counts.rendered,
            scenes_done=told.scenes - counts.scenes_unfinished,
        )
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    """Of a render's segments: frames in all and finished; how many were drawn anew, and of how many scenes; scenes that
    miss some."""

    frames: int
    drawn: int
    rendered: int
    scenes_rendered: int
    scenes_unfinished: int


async def _counts(uow: UnitOfWork, job_id: UUID) -> _Counts:
    anew = and_(SegmentRow.anew, SegmentRow.done)
    row = await uow.session.execute(
        select(
            func.coalesce(func.sum(SegmentRow.frames), 0),
            func.coalesce(func.sum(SegmentRow.drawn), 0),
            func.count().filter(anew),
            func.count(distinct(SegmentRow.scene)).filter(anew, ~SegmentRow.joins),
            func.count(distinct(SegmentRow.scene)).filter(~SegmentRow.done),
        ).where(SegmentRow.job_id == job_id)
    )
    return _Counts(*map(int, row.one()))


@dataclass(frozen=True, slots=True)
class Product:
    """A finished film in the store: keys of its files, and what is told of it."""

    video: str
    poster: str
    srt: str | None
    vtt: str | None
    credits: str | None
    sha256: str
    bytes: int
    title: str
    seconds: float
    frames: int
    width: int
    height: int
    fps: int
    encoder: str
    fingerprint: str


async def finish(uow: UnitOfWork, task: RenderTask, product: Product) -> None:
    """The film is this job's result, unless the render was ended or planned anew meanwhile."""
    render = await locked(uow, task)
    if render is None:
        return
    counts = await _counts(uow, render.job_id)
    render.state, render.finished_at, render.film_key = "done", func.now(), product.video
    uow.emit(
        VideoRendered(
            job_id=render.job_id,
            storyboard_id=render.storyboard_id,
            version=render.version,
            title=product.title,
            object_key=product.video,
            poster_key=product.poster,
            srt_key=product.srt,
            vtt_key=product.vtt,
            credits_key=product.credits,
            sha256=product.sha256,
            bytes=product.bytes,
            seconds=product.seconds,
            frames=product.frames,
            width=product.width,
            height=product.height,
            fps=product.fps,
            segments=render.segments,
            segments_rendered=counts.rendered,
            scenes_rendered=counts.scenes_rendered,
            encoder=product.encoder,
            fingerprint=product.fingerprint,
        )
    )


async def replan(uow: UnitOfWork, task: RenderTask, failure: TaskFailure, *, software_only: bool) -> bool:
    """Plan the render anew, if it may be; whether it is."""
    render = await locked(uow, task)
    if render is None or render.replans >= _MOST_REPLANS:
        return False
    render.generation += 1
    render.replans += 1
    if software_only:
        render.software_only = True
        render.reason = f"Rendering on the processor. {failure.detail}"
    _enqueue_plan(uow, render.job_id, render.generation)
    return True


async def fail(uow: UnitOfWork, task: RenderTask, failure: TaskFailure, scene: str | None) -> None:
    """A part of the render failed for good: mend what can be mended, else end it."""
    render = await current(uow, task)
    if render is None:
        return
    on_gpu = render.encoder is not None and render.encoder["engine"] != "cpu" and failure.code in _GPU_SUSPECT
    if (on_gpu or failure.code == PartsMissing.code) and await replan(uow, task, failure, software_only=on_gpu):
        return
    await cancel_tasks(uow, group=task.group)
    render = await locked(uow, task)
    if render is not None:
        render.state, render.finished_at = "failed", func.now()
        uow.emit(RenderFailed(job_id=task.job_id, code=failure.code, detail=failure.detail, scene=scene))


async def withdraw(uow: UnitOfWork, job_id: UUID) -> None:
    """Nobody wants this film any more. Nothing happens where it is finished, or was never begun."""
    running = select(Render).where(Render.job_id == job_id, Render.state == "running")
    while (generation := await uow.session.scalar(running.with_only_columns(Render.generation))) is not None:
        await cancel_tasks(uow, group=RenderTask(job_id=job_id, generation=generation).group)
        render = await uow.session.scalar(running.with_for_update().execution_options(populate_existing=True))
        if render is not None and render.generation == generation:
            render.state, render.finished_at = "withdrawn", func.now()
            uow.emit(RenderFailed(job_id=job_id, code=RenderCancelled.code, detail=RenderCancelled.title))
            return
