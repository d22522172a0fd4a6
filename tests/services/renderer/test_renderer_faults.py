"""The renderer's tasks under faults, by real signals, limits and full disks: F17 to F28 of the fault matrix."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from contracts.events.assets import JobWithdrawn
from contracts.events.videos import VideoRendered
from kernel import failpoints
from kernel.ids import uuid7
from kernel.objects import ObjectKey, Stored, StoreUnavailable
from kernel.sandbox import MIB, python_argv
from kernel.task_worker import TaskWorker
from services.renderer import film as film_module
from services.renderer import renders, warm
from services.renderer.engine.encode import encoders
from services.renderer.engine.encode.encoders import Choice
from services.renderer.invariants import invariants
from services.renderer.renders import Product, RenderTask
from services.renderer.warm import Bounds, Workers

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).with_name("renderer_process.py")
#: every moment a process may die at, with what of the film is kept then
MOMENTS = [
    "renderer.prepare.after_plan=kill",
    "renderer.segment.before_put=kill",
    "renderer.segment.before_put=kill@3",
    "renderer.segment.after_put=kill",
    "renderer.segment.after_put=kill@2",
    "renderer.sound.after_mix=kill",
    "renderer.assemble.before_promote=kill",
    "renderer.assemble.after_promote=kill",
    "renderer.assemble.after_commit=kill",
    "objects.place.between=kill@4",
    "db.commit.before=kill@6",
    "db.commit.after=kill@6",
]


def short_scenes(darkroom: Any) -> list[dict[str, Any]]:
    """Three seconds of moving photos, spoken over: three segments and sound."""
    return [
        {
            "duration": 1.0,
            "narration": {"text": f"Scene {number}."},
            "visual": {"type": "upload", "src": darkroom.media.photo(number)},
            "motion": {"effect": "zoomIn"},
        }
        for number in (1, 2, 3)
    ]


@pytest.fixture
def takes(darkroom: Any, sine: Any) -> dict[str, Path]:
    return {"s0": darkroom.media.wav("fault-voice", sine(300, 0.5))}


@pytest.fixture(scope="session")
def undisturbed() -> dict[str, str]:
    """SHA-256 of the film of `short_scenes`, once it was made without a fault."""
    return {}


async def expire_leases(darkroom: Any) -> None:
    """As if a minute had passed since the last heartbeat."""
    await darkroom.rows(
        "UPDATE tasks SET lease_until = now() - interval '1 second' WHERE state = 'running' RETURNING id"
    )
    for one in darkroom.here.background._workers:
        await one.look_after()


def process_of(darkroom: Any, points: str) -> subprocess.Popen[bytes]:
    """Another process of the renderer, with failpoints."""
    url = darkroom.service.env.database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    environment = {**python_argv("x").env, "PATH": os.environ["PATH"], "FAILPOINTS": "1", "KEYREEL_FAILPOINTS": points}
    with log_of(darkroom).open("wb") as log:
        return subprocess.Popen(
            [sys.executable, str(PROGRAM), url, str(darkroom.folder)],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def log_of(darkroom: Any) -> Path:
    path: Path = darkroom.folder / "process.log"
    return path


async def wait(process: subprocess.Popen[bytes], seconds: float = 60.0) -> int:
    return await asyncio.to_thread(process.wait, seconds)


async def assert_one_whole_film(darkroom: Any, undisturbed: dict[str, str] | None = None) -> VideoRendered:
    """One film, every frame of it, the same as without the fault, and nothing left over after the grace."""
    film: VideoRendered = await darkroom.film()
    assert len(await darkroom.frames(film)) == film.frames
    if undisturbed is not None:
        assert undisturbed.setdefault("sha256", film.sha256) == film.sha256
    await darkroom.rows("UPDATE renders SET finished_at = now() - interval '1 hour' RETURNING job_id")
    await darkroom.here.tick("renderer.tidy")
    left = await darkroom.keys("jobs", str(film.job_id))
    assert not [key for key in left if key.startswith("attempt-")]
    assert len({key.split("/")[0] for key in left if key.startswith("film-")}) == 1
    open_tasks = "SELECT kind FROM tasks WHERE state IN ('ready', 'running') AND tenant_id IS NOT NULL"
    assert await darkroom.rows(open_tasks) == []
    assert not any((await invariants(darkroom.service)).values())
    return film


# -- F17, F24, F25: the process dies ----------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", MOMENTS)
async def test_f17_a_process_killed_at_any_moment_leaves_what_another_goes_on_with(
    darkroom: Any, takes: dict[str, Path], undisturbed: dict[str, str], moment: str
) -> None:
    """With F24 (after the upload, before the commit) and F25 (after the commit, before the event is sent)."""
    await darkroom.fetched(short_scenes(darkroom), takes=takes)
    process = process_of(darkroom, moment)
    assert await wait(process) == -signal.SIGKILL, log_of(darkroom).read_text()
    await expire_leases(darkroom)
    await darkroom.drain()
    film = await assert_one_whole_film(darkroom, undisturbed)
    # What was drawn before the kill isn't drawn again, and counts as drawn for this job.
    assert film.segments_rendered == 3


async def test_f17_parts_of_a_killed_process_are_not_drawn_again(darkroom: Any, takes: dict[str, Path]) -> None:
    await darkroom.fetched(short_scenes(darkroom), takes=takes)
    process = process_of(darkroom, "renderer.segment.after_put=kill@2")
    assert await wait(process) == -signal.SIGKILL
    there = {key for key in await darkroom.keys("parts", "render") if key.endswith(".mp4")}
    assert len(there) >= 2
    await expire_leases(darkroom)
    before = {key: (await darkroom.service.objects.stat(part(darkroom, key))).modified for key in there}
    await darkroom.drain()
    after = {key: (await darkroom.service.objects.stat(part(darkroom, key))).modified for key in there}
    assert before == after


def part(darkroom: Any, name: str) -> ObjectKey:
    return ObjectKey.of(darkroom.tenant, "parts", "render", name)


# -- F18: the worker dies ---------------------------------------------------------------------------------------------


def drawing_processes() -> list[psutil.Process]:
    """The worker programs themselves, inside their sandboxes."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            line = process.cmdline()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if line[-2:] == ["-m", "services.renderer.engine.workers.worker"] and "-P" in line[:4]:
            found.append(process)
    return found


@contextmanager
def sabotage(act: Callable[[psutil.Process], None], times: int):
    """Does something to the first worker processes that are seen, each once."""
    stop, seen = threading.Event(), set()

    def watch() -> None:
        while not stop.wait(0.01):
            for process in drawing_processes():
                if process.pid not in seen and len(seen) < times:
                    seen.add(process.pid)
                    time.sleep(0.3)  # it has something to do by now
                    try:
                        act(process)
                    except psutil.NoSuchProcess:
                        continue

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


async def test_f18_a_worker_killed_once_costs_nothing_but_its_time(
    darkroom: Any, takes: dict[str, Path], undisturbed: dict[str, str]
) -> None:
    await darkroom.fetched(short_scenes(darkroom), takes=takes)
    with sabotage(lambda process: process.kill(), 1) as killed:
        await darkroom.drain()
    assert killed
    await assert_one_whole_film(darkroom, undisturbed)


async def test_f18_what_kills_its_worker_every_time_is_set_aside(darkroom: Any) -> None:
    event = await darkroom.fetched([{"duration": 3.0, "visual": {"type": "color", "color": "#204060"}}])
    with sabotage(lambda process: process.kill(), 1000):
        await darkroom.drain()
    (failed,) = await darkroom.emitted("render.failed")
    assert (failed["job_id"], failed["code"]) == (str(event.job_id), "render_crashed")
    assert await darkroom.emitted("video.rendered") == []


# -- F19, F26: two have the same task ---------------------------------------------------------------------------------


async def test_f19_a_process_that_slept_through_its_lease_changes_nothing_when_it_wakes(
    darkroom: Any, takes: dict[str, Path], undisturbed: dict[str, str]
) -> None:
    """With F26: both put the film into the store; only the later token's is the job's result."""
    await darkroom.fetched(short_scenes(darkroom), takes=takes)
    zombie = process_of(darkroom, "renderer.assemble.before_promote=stop")
    try:
        while psutil.Process(zombie.pid).status() != psutil.STATUS_STOPPED:
            await asyncio.sleep(0.05)
        await expire_leases(darkroom)
        await darkroom.drain()
        film = await darkroom.film()
    finally:
        os.killpg(zombie.pid, signal.SIGCONT)
    assert await wait(zombie, 30) == 0
    assert len(await darkroom.emitted("video.rendered")) == 1
    assert (await assert_one_whole_film(darkroom, undisturbed)).sha256 == film.sha256


async def test_f26_two_processes_at_one_film_make_one(
    darkroom: Any, takes: dict[str, Path], undisturbed: dict[str, str]
) -> None:
    await darkroom.fetched(short_scenes(darkroom), takes=takes)
    other = process_of(darkroom, "renderer.segment.before_put=sleep:0.2")
    for _ in range(5):
        await asyncio.sleep(0.3)
        await expire_leases(darkroom)
        await darkroom.drain()
    assert await wait(other) == 0, log_of(darkroom).read_text()
    await darkroom.drain()
    await assert_one_whole_film(darkroom, undisturbed)


# -- F20, F21, F23: memory, disk, time --------------------------------------------------------------------------------


class WatchedWorkers(Workers):
    """Workers that remember who wanted to be alone."""

    def __init__(self, places: int, bounds: Bounds) -> None:
        super().__init__(places, bounds)
        self.alone: list[bool] = []

    def borrow(self, *arguments: Any, alone: bool = False, **more: Any) -> Any:
        self.alone.append(alone)
        return super().borrow(*arguments, alone=alone, **more)


async def test_f20_too_little_memory_is_tried_once_more_alone_and_then_told(darkroom: Any) -> None:
    darkroom.service.workers = workers = WatchedWorkers(2, Bounds(memory_bytes=210 * MIB))
    await darkroom.fetched(
        [{"duration": 1.0, "visual": {"type": "upload", "src": darkroom.media.photo(1, 3000, 2000)}}],
        canvas={"width": 3840, "height": 2160, "fps": 30},
    )
    await darkroom.drain()
    (failed,) = await darkroom.emitted("render.failed")
    assert failed["code"] == "render_out_of_memory"
    assert workers.alone[-2:] == [False, True]


async def test_f21_a_full_disk_is_waited_for_and_then_told_and_leaves_no_scratch(
    darkroom: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker's files may not grow past 5 kB, which the system answers as it answers a full disk."""
    monkeypatch.setattr(warm, "LIMITS", warm.replace(warm.LIMITS, file_size_bytes=5_000))
    event = await darkroom.fetched(short_scenes(darkroom)[:1])
    await darkroom.drain(raise_errors=False)
    (failed,) = await darkroom.emitted("render.failed")
    assert (failed["job_id"], failed["code"]) == (str(event.job_id), "scratch_full")
    tried = await darkroom.rows("SELECT attempts FROM tasks WHERE kind = 'renderer.segments'")
    assert tried == [(5,)]
    darkroom.service.workers.retire(0)
    assert list(darkroom.service.cache_root.glob("*/scratch/*")) == []


async def test_f21_a_disk_that_has_room_again_finishes_the_film(darkroom: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = warm.replace(warm.LIMITS, file_size_bytes=5_000)
    wide = warm.LIMITS
    monkeypatch.setattr(warm, "LIMITS", narrow)
    await darkroom.fetched(short_scenes(darkroom)[:1])
    backed = next(one.backed for one in darkroom.here.composed.built)
    hands = TaskWorker(backed.database, backed.tasks, backed.service)
    while not await darkroom.rows("SELECT id FROM tasks WHERE kind = 'renderer.segments' AND attempts > 0"):
        await hands.step()
    monkeypatch.setattr(warm, "LIMITS", wide)
    darkroom.service.workers.retire(0)
    await darkroom.drain()
    assert (await darkroom.film()).frames == 30


async def test_f23_a_worker_that_hangs_is_killed_and_its_part_drawn_again(
    darkroom: Any, takes: dict[str, Path], undisturbed: dict[str, str]
) -> None:
    darkroom.service.workers = Workers(2, Bounds(idle_seconds=6.0))
    await darkroom.fetched(short_scenes(darkroom), takes=takes)
    with sabotage(lambda process: process.suspend(), 1) as hung:
        await darkroom.drain()
    assert hung
    await assert_one_whole_film(darkroom, undisturbed)


# -- F22: the GPU -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["nvenc", "vaapi"])
async def test_f22_a_gpu_that_fails_at_work_hands_over_to_the_processor_with_the_cause(
    darkroom: Any, monkeypatch: pytest.MonkeyPatch, takes: dict[str, Path], undisturbed: dict[str, str], engine: Any
) -> None:
    """The first choice was made without the probe: the encoder is real, and there is no GPU here."""
    broken, choose = encoders.hardware(engine, "h264", "standard"), encoders.choose

    def blind(codec: Any, quality: Any, wanted: str, probe: Any) -> Choice:
        return choose(codec, quality, "cpu", probe) if wanted == "cpu" else Choice(broken)

    monkeypatch.setattr(film_module.encoders, "choose", blind)
    await darkroom.fetched(short_scenes(darkroom), takes=takes)
    await darkroom.drain()
    film = await assert_one_whole_film(darkroom, undisturbed)
    assert film.encoder == "libx264"
    ((reason,),) = await darkroom.rows("SELECT reason FROM renders")
    assert reason.startswith("Rendering on the processor. ")
    assert len(reason) > 40, "the cause is missing"
    assert await darkroom.emitted("render.failed") == []


# -- F27, F28: the store ----------------------------------------------------------------------------------------------


class MoodyStore:
    """The real store, which fails each call the first two times: before it is done, or so that its answer is lost."""

    def __init__(self, objects: Any, *, lose_answers: bool) -> None:
        self._objects = objects
        self._lose_answers = lose_answers
        self.failed: Counter[tuple[str, str]] = Counter()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objects, name)

    async def put_file(self, key: ObjectKey, path: Path, **more: Any) -> Stored:
        return await self._moody("put", key, lambda: self._objects.put_file(key, path, **more))

    async def promote(self, source: ObjectKey, target: ObjectKey) -> Stored:
        return await self._moody("promote", target, lambda: self._objects.promote(source, target))

    async def fetch(self, key: ObjectKey, path: Path) -> Stored:
        return await self._moody("fetch", key, lambda: self._objects.fetch(key, path))

    async def _moody(self, what: str, key: ObjectKey, act: Callable[[], Any]) -> Any:
        if self.failed[what, str(key)] == 2:
            return await act()
        self.failed[what, str(key)] += 1
        if self._lose_answers:
            await act()
        raise StoreUnavailable()


async def test_f27_a_store_that_fails_now_and_then_costs_only_time(
    darkroom: Any, takes: dict[str, Path], undisturbed: dict[str, str]
) -> None:
    await made_with(MoodyStore(darkroom.service.objects, lose_answers=False), darkroom, takes, undisturbed)


async def test_f28_what_the_store_did_without_an_answer_counts_as_done(
    darkroom: Any, takes: dict[str, Path], undisturbed: dict[str, str]
) -> None:
    await made_with(MoodyStore(darkroom.service.objects, lose_answers=True), darkroom, takes, undisturbed)


async def made_with(moody: MoodyStore, darkroom: Any, takes: dict[str, Path], undisturbed: dict[str, str]) -> None:
    await darkroom.fetched(short_scenes(darkroom), takes=takes)
    ports = darkroom.service.env.ports
    object.__setattr__(ports, "objects", moody)
    try:
        await darkroom.drain()
    finally:
        object.__setattr__(ports, "objects", moody._objects)
    assert len(moody.failed) >= 20
    await assert_one_whole_film(darkroom, undisturbed)


# -- F45: withdrawn at the moment of completion -----------------------------------------------------------------------


async def test_f45_withdrawing_and_finishing_at_the_same_moment_have_one_winner_500_times(darkroom: Any) -> None:
    database = darkroom.service.env.database
    product = Product(
        video="t/x", poster="t/x", srt=None, vtt=None, credits=None, sha256="0" * 64, bytes=1, title="Tea",
        seconds=1.0, frames=30, width=320, height=180, fps=30, encoder="libx264", fingerprint="f",
    )  # fmt: skip
    template = await darkroom.fetched([{"duration": 1.0, "visual": {"type": "color", "color": "#204060"}}], tell=False)
    jobs = [uuid7() for _ in range(500)]
    for job in jobs:
        event = template.model_copy(update={"job_id": job})
        await database.transact(darkroom.tenant, lambda uow, event=event: renders.begin(uow, event))
        finish = database.transact(
            darkroom.tenant,
            lambda uow, job=job: renders.finish(uow, RenderTask(job_id=job, generation=1), product),
        )
        await asyncio.gather(finish, darkroom.tell(JobWithdrawn(job_id=job)))
    finished = {event["job_id"] for event in await darkroom.emitted("video.rendered")}
    withdrawn = {event["job_id"] for event in await darkroom.emitted("render.failed")}
    assert finished | withdrawn == {str(job) for job in jobs}
    assert not finished & withdrawn
    assert len(await darkroom.emitted("video.rendered")) + len(await darkroom.emitted("render.failed")) == 500


# -- stopped in the middle --------------------------------------------------------------------------------------------


async def drawing(darkroom: Any) -> None:
    """Waits until a worker process draws."""
    while not await darkroom.rows("SELECT id FROM tasks WHERE kind = 'renderer.segments' AND state = 'running'"):
        await asyncio.sleep(0.02)
    while not drawing_processes():
        await asyncio.sleep(0.02)


def long_scenes(darkroom: Any) -> list[dict[str, Any]]:
    """Two minutes of a moving photo: more than a test waits for."""
    photo = {"type": "upload", "src": darkroom.media.photo(1)}
    return [{"duration": 120.0, "visual": photo, "motion": {"effect": "zoomIn"}}]


async def test_a_cancelled_film_stops_at_once_and_leaves_no_process_and_no_scratch(darkroom: Any) -> None:
    event = await darkroom.fetched(long_scenes(darkroom), canvas={"width": 1280, "height": 720, "fps": 60})
    async with darkroom.here.background:
        await drawing(darkroom)
        await darkroom.tell(JobWithdrawn(job_id=event.job_id))
        async with asyncio.timeout(20):
            while await darkroom.rows(
                "SELECT id FROM tasks WHERE state IN ('ready', 'running') AND group_id IS NOT NULL"
            ):
                await asyncio.sleep(0.05)
    assert drawing_processes() == []
    assert list(darkroom.service.cache_root.glob("*/scratch/*")) == []
    assert [one["code"] for one in await darkroom.emitted("render.failed")] == ["render_cancelled"]


async def test_f49_a_process_that_is_told_to_stop_hands_its_work_back_within_seconds(
    darkroom: Any, takes: dict[str, Path], undisturbed: dict[str, str]
) -> None:
    """F49: no attempt is lost, another process goes on at once."""
    await darkroom.fetched(short_scenes(darkroom), takes=takes)
    async with darkroom.here.background:
        await drawing(darkroom)
        began = time.monotonic()
    assert time.monotonic() - began < 10
    running = await darkroom.rows("SELECT kind FROM tasks WHERE state = 'running'")
    assert running == []
    await darkroom.drain()
    await assert_one_whole_film(darkroom, undisturbed)


def test_every_failpoint_of_the_renderer_is_known() -> None:
    named = {moment.partition("=")[0] for moment in MOMENTS}
    assert named <= set(failpoints.KNOWN)
