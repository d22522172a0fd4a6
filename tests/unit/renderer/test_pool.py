"""Workers as real processes: what they answer, how they end, and that nothing stays of them."""

import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from kernel.sandbox import MIB, Limits, discover
from kernel.testing.processes import offspring
from services.renderer.engine.encode.encoders import software
from services.renderer.engine.sound.soundtrack import PlacedSound
from services.renderer.engine.workers.handle import Host, Worker
from services.renderer.engine.workers.pool import Pool, Task
from services.renderer.engine.workers.protocol import Join, Mix, ProbeEncoder
from services.renderer.engine.workers.stop import Stop
from services.renderer.errors import RenderCancelled, RenderCrashed, RenderOutOfMemory, RenderStalled, ScratchFull

pytestmark = pytest.mark.slow

WORK = Limits(cpu_seconds=60, wall_seconds=None)


def children() -> list[psutil.Process]:
    return offspring(recursive=False)


def probe(folder: Path, name: str = "probe") -> ProbeEncoder:
    return ProbeEncoder(encoder=software("h264", "draft"), path=str(folder / f"{name}.mp4"))


def long_mix(folder: Path, minutes: int = 240) -> Mix:
    return Mix(sounds=(), music=None, samples=minutes * 60 * 48_000, path=str(folder / "mix.f32"))


@pytest.fixture
def host(tmp_path) -> Host:
    return Host(discover(), (), tmp_path, WORK)


def test_a_worker_answers_one_request_after_the_other_and_ends_with_its_pool(host, tmp_path):
    with Pool(host, None, 1, threading.Event()) as pool:
        assert [pool.ask(probe(tmp_path)) for _ in range(3)] == ["", "", ""]
        assert len(children()) == 1
    assert children() == []


def test_every_task_is_done_once_and_told_as_it_is_done(host, tmp_path):
    tasks = [Task(probe(tmp_path, str(number)), 10, number % 3, str(number)) for number in range(9)]
    finished: list[str] = []
    with Pool(host, None, 2, threading.Event()) as pool:
        pool.run(tasks, lambda task: finished.append(task.key), lambda task, frames: None)
    assert sorted(finished) == [str(number) for number in range(9)]


def test_a_request_larger_than_a_pipe_holds_arrives_whole(host, tmp_path):
    sounds = tuple(PlacedSound(str(tmp_path / f"missing-{number}.wav"), 0, 1, 1.0) for number in range(3000))
    with Pool(host, None, 1, threading.Event()) as pool, pytest.raises(RenderCrashed, match="FileNotFoundError"):
        pool.ask(Mix(sounds=sounds, music=None, samples=1, path=str(tmp_path / "mix.f32")))


def test_a_hung_worker_is_noticed_even_while_a_large_request_is_sent_to_it(host, tmp_path):
    sounds = tuple(PlacedSound(str(tmp_path / "missing.wav"), number, 1, 1.0) for number in range(20_000))
    impatient = Host(discover(), (), tmp_path, WORK, idle_seconds=3.0)
    worker, stop = Worker(impatient, None, threading.Event()), threading.Event()

    def freeze() -> None:
        while not stop.wait(0.005):
            for process in offspring():
                try:
                    # One that has not become the worker yet holds up the thread that is starting it.
                    if any("engine.workers.worker" in part for part in process.cmdline()):
                        process.suspend()
                except psutil.NoSuchProcess:
                    continue

    thread = threading.Thread(target=freeze)
    thread.start()
    try:
        with pytest.raises(RenderStalled):
            worker.ask(Mix(sounds=sounds, music=None, samples=1, path=str(tmp_path / "mix.f32")))
    finally:
        stop.set()
        thread.join()
        worker.close()
    assert children() == []


def test_a_worker_killed_from_outside_is_replaced_for_the_next_request(host, tmp_path):
    with Pool(host, None, 1, threading.Event()) as pool:
        pool.ask(probe(tmp_path))
        (before,) = children()
        os.kill(before.pid, signal.SIGKILL)
        assert pool.ask(probe(tmp_path)) == ""
        assert children() != [before]


def test_cancelling_ends_a_long_request_at_once(host, tmp_path):
    cancel = threading.Event()
    with Pool(host, None, 1, cancel) as pool:
        began: list[float] = []

        def progress(frames: int) -> None:
            cancel.set()
            began.append(time.monotonic())

        with pytest.raises(RenderCancelled):
            pool.ask(long_mix(tmp_path), progress)
        assert time.monotonic() - began[0] < 2
        assert children() == []


def test_the_first_failure_ends_the_other_workers_and_is_the_error_told(host, tmp_path):
    bad = Join(segments=(str(tmp_path / "missing.mp4"),), audio=None, fps=30, metadata={}, path=str(tmp_path / "x.mp4"))
    tasks = [Task(long_mix(tmp_path), 1, 0, "long"), Task(bad, 1, 1, "bad")]
    with Pool(host, None, 2, threading.Event()) as pool, pytest.raises(RenderCrashed, match="FileNotFoundError"):
        pool.run(tasks, lambda task: None, lambda task, frames: None)
    assert children() == []


def test_a_file_over_the_limit_is_a_full_disk(tmp_path):
    host = Host(discover(), (), tmp_path, Limits(cpu_seconds=60, wall_seconds=None, file_size_bytes=MIB))
    with Pool(host, None, 1, threading.Event()) as pool, pytest.raises(ScratchFull):
        pool.ask(long_mix(tmp_path))


def test_what_memory_does_not_suffice_for_is_tried_once_more_alone(tmp_path):
    """Every try of one of them is a new process: two at once, then one alone."""
    host = Host(discover(), (), tmp_path, Limits(cpu_seconds=60, wall_seconds=None, address_space_bytes=400 * MIB))
    tasks = [Task(probe(tmp_path, str(number)), 10, number, str(number)) for number in range(4)]
    seen: set[int] = set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.01):
            seen.update(child.pid for child in children())

    thread = threading.Thread(target=watch)
    thread.start()
    with Pool(host, None, 2, threading.Event()) as pool, pytest.raises(RenderOutOfMemory):
        pool.run(tasks, lambda task: None, lambda task, frames: None)
    stop.set()
    thread.join()
    assert len(seen) == 3
    assert children() == []


def test_a_stop_follows_but_never_sets_the_event_it_follows():
    outer = threading.Event()
    inner, other = Stop(outer), Stop(outer)
    inner.set()
    assert (inner.is_set(), other.is_set(), outer.is_set()) == (True, False, False)
    outer.set()
    assert other.is_set()
