"""Faults under a render, by the real signal, limit or full disk: F18 and F20 to F24 of the fault matrix."""

import hashlib
import json
import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from kernel.sandbox import MIB, discover, python_argv
from kernel.testing.processes import offspring
from services.renderer.engine.cache import Cache
from services.renderer.engine.encode import encoders
from services.renderer.engine.encode.encoders import Choice
from services.renderer.engine.progress import Progress
from services.renderer.engine.render import Options, Result, render
from services.renderer.engine.toolchain import find_ffmpeg
from services.renderer.errors import (
    RenderCancelled,
    RenderCrashed,
    RendererError,
    RenderOutOfMemory,
    RenderStalled,
    ScratchFull,
)

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).with_name("render_process.py")
SIZE = (192, 108)
CPU = Options(engine="cpu", jobs=2)
#: a killed process' descendants are gone this soon, seconds; the machine may be busy
SOON = 2.0


@dataclass(frozen=True)
class Reference:
    """An undisturbed render: the film, the file's bytes, digests of all it left in its cache."""

    film: object
    data: bytes
    objects: dict[str, str]


@pytest.fixture(scope="session")
def reference(studio, tmp_path_factory) -> Reference:
    folder = tmp_path_factory.mktemp("reference")
    film = studio.short_film(size=SIZE)
    render(film.timeline, film.files, folder / "out.mp4", cache=Cache(folder / "cache"), options=CPU)
    return Reference(film, (folder / "out.mp4").read_bytes(), digests(folder / "cache"))


def digests(cache: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (cache / "objects").glob("*/*")}


def workers() -> list[psutil.Process]:
    """The worker programs themselves, inside their sandboxes."""
    found = []
    for process in offspring():
        try:
            line = process.cmdline()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if line[-2:] == ["-m", "services.renderer.engine.workers.worker"] and "-P" in line[:4]:
            found.append(process)
    return found


def hit(processes: list[psutil.Process], number: int) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.005)
    return condition()


def assert_nothing_left(cache: Path) -> None:
    assert wait_for(lambda: not offspring(), SOON), [process.cmdline() for process in offspring()]
    assert list((cache / "scratch").iterdir()) == []


class Saboteur:
    """A `report` that sends a signal to all workers each time one has begun to draw, `times` times."""

    def __init__(self, number: int, times: int) -> None:
        self.number = number
        self.left = times
        self.hits: list[int] = []

    def __call__(self, progress: Progress) -> None:
        if progress.stage == "render" and self.left:
            victims = workers()
            self.left -= 1
            self.hits += [process.pid for process in victims]
            hit(victims, self.number)


# -- F18: a worker is killed -------------------------------------------------------------------------------------


def test_f18_a_worker_killed_in_a_segment_costs_nothing_but_its_time(reference, cache, tmp_path):
    film, saboteur = reference.film, Saboteur(signal.SIGKILL, 1)
    render(film.timeline, film.files, tmp_path / "out.mp4", cache=cache, options=CPU, report=saboteur)
    assert saboteur.hits
    assert (tmp_path / "out.mp4").read_bytes() == reference.data
    assert_nothing_left(tmp_path / "cache")


def test_f18_a_segment_that_kills_its_worker_twice_is_set_aside(reference, cache, tmp_path):
    film, saboteur = reference.film, Saboteur(signal.SIGKILL, 50)
    with pytest.raises(RenderCrashed, match="twice by signal 9"):
        render(
            film.timeline,
            film.files,
            tmp_path / "out.mp4",
            cache=cache,
            options=replace(CPU, jobs=1),
            report=saboteur,
        )
    assert not (tmp_path / "out.mp4").exists()
    assert_nothing_left(tmp_path / "cache")
    # What killed it is gone: the same cache serves the next attempt.
    render(film.timeline, film.files, tmp_path / "out.mp4", cache=cache, options=CPU)
    assert (tmp_path / "out.mp4").read_bytes() == reference.data


# -- F20: memory -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mib", [300, 500, 1000], ids=["at start", "as the encoder opens", "at work"])
def test_f20_too_little_memory_is_a_typed_error_after_one_try_alone(studio, tmp_path, mib):
    scenes = [{"duration": 0.5, "visual": {"type": "gradient", "colors": colours}} for colours in COLOURS]
    film = studio.film(scenes, size=(3840, 2160), output={"quality": "draft" if mib < 1000 else "standard"})
    seen: set[int] = set()
    stop = threading.Event()
    watcher = threading.Thread(target=watch_workers, args=(seen, stop))
    watcher.start()
    starved, enough = Options(engine="cpu", jobs=2, memory_bytes=mib * MIB), Options(engine="cpu", jobs=2)
    cache = Cache(tmp_path / "cache")
    try:
        with pytest.raises(RenderOutOfMemory):
            render(film.timeline, film.files, tmp_path / "out.mp4", cache=cache, options=starved)
    finally:
        stop.set()
        watcher.join()
    assert len(seen) >= 2, "it was not tried again"
    assert_nothing_left(tmp_path / "cache")
    if mib == 1000:
        assert render(film.timeline, film.files, tmp_path / "out.mp4", cache=cache, options=enough).frames == 30


COLOURS = (["#223355", "#dd7755"], ["#005522", "#ddaa00"])


def watch_workers(seen: set[int], stop: threading.Event) -> None:
    while not stop.wait(0.02):
        seen.update(process.pid for process in workers())


# -- F21: the disk is full ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kib", [100, 700, 3000], ids=["at ingest", "at the next file", "at the sound"])
def test_f21_a_full_scratch_disk_is_a_typed_error_and_leaves_no_scratch(reference, tmp_path, kib):
    """The child's cache is on a file system of its own; what it holds in the end is counted inside."""
    timeline, files = reference.film.save(tmp_path)
    disk, out = tmp_path / "disk", tmp_path / "out.mp4"
    disk.mkdir()
    script = 'python=$1; shift; "$python" "$@"; code=$?; ls "$4/scratch" | wc -l; exit $code'
    command = [sys.executable, str(PROGRAM), str(timeline), str(files), str(out), str(disk)]
    bwrap = discover().bwrap[0]
    small = [bwrap, "--dev-bind", "/", "/", "--size", str(kib * 1024), "--tmpfs", str(disk)]
    # Another render goes on beside it, on a disk with room.
    beside = start(reference.film, tmp_path / "beside.mp4", tmp_path / "roomy", tmp_path)
    done = subprocess.run(
        [*small, "/bin/sh", "-c", script.replace("$4", str(disk)), "sh", *command],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    answer, left = done.stdout.strip().split("\n")
    assert (json.loads(answer)["code"], int(left)) == (ScratchFull.code, 0), done.stderr
    assert not out.exists()
    assert beside.wait(120) == 0
    assert (tmp_path / "beside.mp4").read_bytes() == reference.data


def environment() -> dict[str, str]:
    return {**python_argv("x").env, "PATH": os.environ["PATH"]}


def start(film, out: Path, cache: Path, folder: Path) -> subprocess.Popen[bytes]:
    timeline, files = film.save(folder)
    command = [sys.executable, str(PROGRAM), str(timeline), str(files), str(out), str(cache)]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL)


# -- F22: the encoder --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["nvenc", "vaapi"])
def test_f22_a_gpu_encoder_that_fails_at_work_hands_over_to_the_processor(
    reference, cache, tmp_path, monkeypatch, engine
):
    """This choice was made without the probe: the encoder is real, and there is no GPU here."""
    broken = encoders.hardware(engine, "h264", "standard")
    monkeypatch.setattr(encoders, "choose", lambda *arguments: Choice(broken))
    film = reference.film
    result = render(film.timeline, film.files, tmp_path / "out.mp4", cache=cache, options=CPU)
    assert result.encoder == "libx264"
    assert result.reason.startswith(f"Rendering on the processor with libx264. h264_{engine} ")
    assert len(result.reason) > 70, "the cause is missing"
    assert (tmp_path / "out.mp4").read_bytes() == reference.data


@pytest.mark.parametrize("engine", ["nvenc", "vaapi"])
def test_f22_a_gpu_that_fails_its_probe_is_told_with_the_true_cause(reference, cache, tmp_path, monkeypatch, engine):
    """A device that is there but isn't a GPU: the probe really runs and really fails."""
    devices = dict.fromkeys(("nvenc", "vaapi"), ("/dev/null", "missing"))
    monkeypatch.setattr(encoders, "_DEVICES", devices)
    film = reference.film
    options = replace(CPU, engine=engine)
    result = render(film.timeline, film.files, tmp_path / "out.mp4", cache=cache, options=options)
    assert result.encoder == "libx264"
    cause = {"nvenc": "h264_nvenc does not start", "vaapi": "h264_vaapi failed"}[engine]
    assert cause in result.reason
    assert (tmp_path / "out.mp4").read_bytes() == reference.data


# -- F23: hangs --------------------------------------------------------------------------------------------------

PATIENT = replace(CPU, jobs=1, idle_seconds=8.0)


def test_f23_a_worker_that_hangs_is_killed_and_its_segment_drawn_again(reference, cache, tmp_path):
    film, saboteur = reference.film, Saboteur(signal.SIGSTOP, 1)
    render(film.timeline, film.files, tmp_path / "out.mp4", cache=cache, options=PATIENT, report=saboteur)
    assert saboteur.hits
    assert (tmp_path / "out.mp4").read_bytes() == reference.data
    assert_nothing_left(tmp_path / "cache")


def test_f23_a_segment_that_hangs_twice_is_given_up(reference, cache, tmp_path):
    film, saboteur = reference.film, Saboteur(signal.SIGSTOP, 50)
    with pytest.raises(RenderStalled):
        render(film.timeline, film.files, tmp_path / "out.mp4", cache=cache, options=PATIENT, report=saboteur)
    assert_nothing_left(tmp_path / "cache")


def test_f23_an_ffmpeg_that_hangs_on_the_sound_is_killed_within_its_bounds(studio, cache, tmp_path, monkeypatch, sine):
    hanging = tmp_path / "ffmpeg"
    hanging.write_text('#!/bin/sh\ncase "$*" in *-version*) echo "ffmpeg version 9.9.9";; *) sleep 1000;; esac\n')
    hanging.chmod(hanging.stat().st_mode | stat.S_IXUSR)
    scene = {"duration": 1.0, "visual": {"type": "color", "color": "#336699"}, "narration": {"text": "Hello."}}
    film = studio.film([scene], takes={"s0": studio.wav("short", sine(300, 0.8))}, size=SIZE)
    monkeypatch.setenv("KEYREEL_FFMPEG", str(hanging))
    find_ffmpeg.cache_clear()
    try:
        began = time.monotonic()
        with pytest.raises(RenderStalled):
            render(film.timeline, film.files, tmp_path / "out.mp4", cache=cache, options=PATIENT)
        assert time.monotonic() - began < 60
    finally:
        find_ffmpeg.cache_clear()
    assert_nothing_left(tmp_path / "cache")


# -- F24: the render process is killed ---------------------------------------------------------------------------


def test_f24_a_render_killed_at_any_moment_goes_on_where_it_was(reference, tmp_path):
    cache, out = tmp_path / "cache", tmp_path / "out" / "out.mp4"
    chance = random.Random(24)
    kills = 0
    began = time.monotonic()
    while kills < 10:
        process = start(reference.film, out, cache, tmp_path)
        # Once the film is finished another render of it is over early: its cache is begun again.
        wait_for(lambda: process.poll() is not None, chance.uniform(0.2, 4.0))  # noqa: B023 - called at once
        family = [psutil.Process(process.pid), *offspring(process.pid)] if process.poll() is None else []
        if process.poll() is None:
            process.kill()
            kills += 1
        process.wait()
        assert wait_for(lambda: not any(alive(each) for each in family), SOON)  # noqa: B023
        if out.exists():
            assert out.read_bytes() == reference.data
            out.unlink()
            for name in list(digests(cache))[:4]:
                next(cache.glob(f"objects/*/{name}")).unlink()
        assert digests(cache).items() <= reference.objects.items(), "the cache holds what isn't whole"
        assert time.monotonic() - began < 180
    assert start(reference.film, out, cache, tmp_path).wait(120) == 0
    assert out.read_bytes() == reference.data
    # What a part was made for may be there without it: parts are only made when something needs them.
    assert digests(cache).items() <= reference.objects.items()
    orphans = list((cache / "scratch").iterdir())
    assert orphans, "no kill came while something was made"
    Cache(cache).collect()
    assert list((cache / "scratch").iterdir()) == orphans, "they may belong to a process that lives"
    Cache(cache, grace_seconds=0).collect()
    assert list((cache / "scratch").iterdir()) == []


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_f24_two_processes_render_the_same_film_into_the_same_cache(reference, tmp_path):
    outs = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    both = [start(reference.film, out, tmp_path / "cache", tmp_path) for out in outs]
    assert [process.wait(120) for process in both] == [0, 0]
    assert [out.read_bytes() for out in outs] == [reference.data] * 2
    assert digests(tmp_path / "cache") == reference.objects
    assert list((tmp_path / "cache" / "scratch").iterdir()) == []


# -- cancelling --------------------------------------------------------------------------------------------------


def child_runs(*words: str) -> bool:
    for process in offspring():
        try:
            line = " ".join(process.cmdline())
        except psutil.NoSuchProcess:
            continue
        if all(word in line for word in words):
            return True
    return False


STAGES: dict[str, Callable[[], bool]] = {
    "as media is prepared": lambda: child_runs("ffmpeg", "rawvideo"),
    "as segments are drawn": lambda: bool(workers()),
    "as sound is encoded": lambda: child_runs("ebur128"),
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_cancelled_render_leaves_no_child_and_no_scratch(reference, tmp_path, stage):
    film, cancel = reference.film, threading.Event()
    cache = tmp_path / "cache"
    ended: list[Result | RendererError] = []

    def work() -> None:
        try:
            ended.append(
                render(film.timeline, film.files, tmp_path / "o.mp4", cache=Cache(cache), options=CPU, cancel=cancel)
            )
        except RendererError as error:
            ended.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert wait_for(STAGES[stage])
    cancel.set()
    began = time.monotonic()
    assert wait_for(lambda: not offspring(), SOON)
    thread.join(SOON)
    print(f"cancelled {stage}: nothing left after {time.monotonic() - began:.2f} s")
    assert not thread.is_alive()
    assert isinstance(ended[0], RenderCancelled)
    assert not (tmp_path / "o.mp4").exists()
    assert_nothing_left(cache)
