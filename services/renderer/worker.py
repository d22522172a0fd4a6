"""The renderer's tasks. Each does its part of one film (`film`) in a thread and keeps what came of it (`renders`).

renderer.prepare ─▶ N × renderer.segments ─┐
                └─▶ renderer.sound ────────┴─▶ renderer.assemble
renderer.probe      looks at an upload
"""

from __future__ import annotations

from functools import partial
from typing import Any

from kernel import failpoints
from kernel.objects import ObjectKey
from kernel.tasks import FailedTask, Run, TaskFailure, Tasks, Tick
from kernel.uow import UnitOfWork
from services.renderer import collecting, film, probing, renders
from services.renderer.app import Renderer, telling, tenant_of
from services.renderer.film import Desk, Film
from services.renderer.models import Render
from services.renderer.probing import ProbeTask
from services.renderer.renders import DrawTask, Product, RenderTask
from storyboard.timeline import fingerprint

failpoints.declare("renderer.prepare.after_plan", "a film is planned, and its tasks are not enqueued yet")
failpoints.declare("renderer.sound.after_mix", "the sound track is kept, and its task not done yet")
failpoints.declare("renderer.assemble.before_promote", "the film lies under its attempt")
failpoints.declare("renderer.assemble.after_promote", "the film lies in its place, and nobody knows")
failpoints.declare("renderer.assemble.after_commit", "the film is the job's result, and its event not sent yet")

tasks = Tasks("renderer")


async def _render(run: Run[Any], service: Renderer) -> Render | None:
    """The render this task is a part of; None when it was ended or planned anew."""
    async with service.env.database.unit_of_work(tenant_of(run)) as uow:
        return await renders.current(uow, run.payload)


@tasks.on("renderer.prepare", payload=RenderTask, concurrency="cpu", blocking=True)
async def prepare(run: Run[RenderTask], service: Renderer) -> None:
    """Compile the film and see which of its parts are missing."""
    render = await _render(run, service)
    if render is None:
        return
    desk, tenant = service.desk(run), tenant_of(run)
    storyboard = await service.read(render.storyboard_key, tenant)
    resolution = await service.read(render.resolution_key, tenant)
    software_only = render.software_only
    plan = await service.in_thread(lambda: film.plan_film(desk, storyboard, resolution, software_only=software_only))
    failpoints.hit("renderer.prepare.after_plan")
    await run.finish(lambda uow: renders.keep_plan(uow, run.payload, plan))


@tasks.on("renderer.segments", payload=DrawTask, concurrency="cpu", blocking=True)
async def segments(run: Run[DrawTask], service: Renderer) -> None:
    """Draw some of the film's segments."""
    render = await _render(run, service)
    if render is None:
        return
    desk = service.desk(run)
    drawn: dict[str, int] = {}
    told: dict[str, int] = {}

    async def tell() -> None:
        news = {key: frames for key, frames in drawn.copy().items() if told.get(key) != frames}
        await run.write(lambda uow: renders.count(uow, run.payload, news))
        told.update(news)

    async with telling(run, tell):
        await service.in_thread(partial(_draw, desk, render, run.payload.keys, drawn))
    await run.finish(lambda uow: renders.count(uow, run.payload, drawn))


def _draw(desk: Desk, render: Render, keys: list[str], drawn: dict[str, int]) -> None:
    film.draw(desk, _film(desk, render), keys, drawn.__setitem__)


def _film(desk: Desk, render: Render) -> Film:
    if render.timeline is None or render.encoder is None:
        raise ValueError("the film has no plan")
    return Film.open(desk, render.timeline, render.encoder, render.files)


@tasks.on("renderer.sound", payload=RenderTask, concurrency="cpu", blocking=True)
async def sound(run: Run[RenderTask], service: Renderer) -> None:
    """Mix and encode the film's sound."""
    render = await _render(run, service)
    if render is None:
        return
    desk = service.desk(run)
    await service.in_thread(lambda: film.mix(desk, _film(desk, render)))
    failpoints.hit("renderer.sound.after_mix")
    await run.finish(lambda uow: renders.sound_done(uow, run.payload))


@tasks.on("renderer.assemble", payload=RenderTask, concurrency="cpu", blocking=True)
async def assemble(run: Run[RenderTask], service: Renderer) -> None:
    """Join the parts and put the film in its place."""
    render = await _render(run, service)
    if render is None:
        return
    desk, tenant = service.desk(run), tenant_of(run)
    attributions = await service.read(render.attributions_key, tenant) if render.attributions_key else None
    with desk.cache.scratch() as folder:

        def join() -> tuple[Film, film.Assembled]:
            opened = _film(desk, render)
            return opened, film.assemble(desk, opened, attributions, folder)

        opened, made = await service.in_thread(join)
        place = ObjectKey.of(tenant, "jobs", str(render.job_id))
        # Nobody else writes here: the token is this attempt's, the task's id this plan's.
        attempt = place / f"attempt-{run.id.hex[-12:]}-{run.token}"
        stored = {
            name: await service.put_file(attempt / name, made.folder / name, kind) for name, kind in made.names.items()
        }
    failpoints.hit("renderer.assemble.before_promote")
    video = stored["video.mp4"]
    # Named by its bytes, so that two attempts at one film mean the same and two films never meet.
    final = place / f"film-{video.sha256[:16]}"
    for name in made.names:
        await service.promote(attempt / name, final / name)
    failpoints.hit("renderer.assemble.after_promote")
    timeline = opened.timeline
    keys = {name: str(final / name) for name in made.names}
    product = Product(
        video=keys["video.mp4"],
        poster=keys["poster.jpg"],
        srt=keys.get("captions.srt"),
        vtt=keys.get("captions.vtt"),
        credits=keys.get("credits.txt"),
        sha256=video.sha256,
        bytes=video.size,
        title=timeline.title,
        seconds=timeline.seconds,
        frames=timeline.frames,
        width=timeline.canvas.width,
        height=timeline.canvas.height,
        fps=timeline.canvas.fps,
        encoder=opened.encoder.name,
        fingerprint=fingerprint(timeline),
    )
    await run.finish(lambda uow: renders.finish(uow, run.payload, product))
    failpoints.hit("renderer.assemble.after_commit")


@tasks.failed("renderer.prepare")
@tasks.failed("renderer.segments")
@tasks.failed("renderer.sound")
@tasks.failed("renderer.assemble")
async def part_failed(uow: UnitOfWork, task: FailedTask, failure: TaskFailure, service: Renderer) -> None:
    """A part of a film failed for good."""
    whose = RenderTask.model_validate(task.payload)
    await renders.fail(uow, whose, failure, task.payload.get("scene"))


@tasks.on("renderer.probe", payload=ProbeTask, concurrency="cpu", blocking=True)
async def probe(run: Run[ProbeTask], service: Renderer) -> None:
    """Say what an upload is, or why it can't be used."""
    await probing.probe(run, service)


@tasks.failed("renderer.probe")
async def probe_failed(uow: UnitOfWork, task: FailedTask, failure: TaskFailure, service: Renderer) -> None:
    """Looking at an upload failed for good: to its owner it is a file that can't be used."""
    probing.refuse(uow, ProbeTask.model_validate(task.payload), failure.code, failure.detail)


@tasks.every("renderer.tidy", cron="*/10 * * * *")
async def tidy(run: Run[Tick], service: Renderer) -> None:
    """Remove what attempts that were cut off left in the store."""
    await collecting.tidy(service)


@tasks.every("renderer.collect", cron="17 * * * *")
async def collect(run: Run[Tick], service: Renderer) -> None:
    """Remove parts of films that nobody has used for long."""
    await collecting.collect_parts(service.objects)
