"""Render workers in sandboxed processes of their own: given tasks, watched, replaced when they die.

A task that kills its worker is tried once more in a new one; by the same signal twice it is quarantined
(`render_crashed`). A worker that says nothing for a minute is killed and its task tried again (`render_stalled`).
One that runs out of memory is tried again alone, with nothing beside it (`render_out_of_memory`).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from kernel.sandbox import Limits, Sandbox, python_argv
from kernel.sandbox_process import Child
from services.renderer import errors
from services.renderer.engine.protocol import ANSWER, Advanced, Done, Failed, Open, Request

MIB = 1024 * 1024
IDLE_SECONDS = 60.0

_TYPED = {
    kind.code: kind
    for kind in (
        errors.RenderCrashed,
        errors.RenderOutOfMemory,
        errors.ScratchFull,
        errors.EncoderUnavailable,
    )
}

OnProgress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Host:
    """How workers are held: in which sandbox, what they may read and write, within which limits."""

    sandbox: Sandbox
    read_only: tuple[Path, ...]
    scratch: Path
    limits: Limits = field(
        default_factory=lambda: Limits(
            cpu_seconds=24 * 3600, wall_seconds=None, address_space_bytes=4096 * MIB, file_size_bytes=16384 * MIB
        )
    )
    idle_seconds: float = IDLE_SECONDS


class _Died(Exception):
    """The worker ended in the middle of a request."""

    def __init__(self, signal: int | None, *, stalled: bool, out_of_memory: bool) -> None:
        super().__init__(signal)
        self.signal = signal
        self.stalled = stalled
        self.out_of_memory = out_of_memory


class Worker:
    """One worker process, started when it is first asked and again after it died."""

    def __init__(self, host: Host, opened: Open | None, cancel: threading.Event) -> None:
        self._host = host
        self._opened = opened
        self._cancel = cancel
        self._child: Child | None = None
        self._lines: queue.Queue[bytes] = queue.Queue()

    @property
    def pid(self) -> int | None:
        return None if self._child is None else self._child.pid

    def ask(self, request: Request, progress: OnProgress = lambda frames: None) -> str:
        """Have one request done; returns its answer.

        Raises the typed error the worker met, RenderCancelled, or after a second death RenderCrashed, RenderStalled
        or RenderOutOfMemory.
        """
        first: _Died | None = None
        while True:
            try:
                return self._ask(request, progress)
            except _Died as death:
                self.close()
                if death.out_of_memory:
                    raise errors.RenderOutOfMemory() from death
                if first is None:
                    first = death
                elif death.stalled:
                    raise errors.RenderStalled() from death
                else:
                    raise errors.RenderCrashed(_crash(death, first)) from death

    def close(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None

    def _ask(self, request: Request, progress: OnProgress) -> str:
        if self._child is None:
            self._start()
            if self._opened is not None:
                self._exchange(self._opened, progress)
        return self._exchange(request, progress)

    def _start(self) -> None:
        command = python_argv("services.renderer.engine.worker")
        host = self._host
        self._child = host.sandbox.popen(
            command.argv,
            read_only=[*command.read_only, *host.read_only],
            writable=[host.scratch],
            env={**command.env, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            limits=host.limits,
        )
        self._lines = queue.Queue()
        threading.Thread(target=_pump, args=(self._child, self._lines), daemon=True).start()

    def _exchange(self, request: Request, progress: OnProgress) -> str:
        child = self._child
        if child is None:
            raise RuntimeError("the worker was not started")
        try:
            child.stdin.write(request.model_dump_json().encode() + b"\n")
            child.stdin.flush()
        except OSError:
            raise self._death(child) from None
        while True:
            answer = ANSWER.validate_json(self._line(child))
            match answer:
                case Advanced():
                    progress(answer.frames)
                case Done():
                    return answer.text
                case Failed():
                    raise _TYPED.get(answer.code, errors.RenderCrashed)(answer.detail)

    def _line(self, child: Child) -> bytes:
        """The next line; watches for cancellation, silence and death meanwhile."""
        waited = 0.0
        while True:
            if self._cancel.is_set():
                self.close()
                raise errors.RenderCancelled()
            try:
                line = self._lines.get(timeout=0.05)
            except queue.Empty:
                waited += 0.05
                if waited >= self._host.idle_seconds:
                    child.kill()
                    raise _Died(None, stalled=True, out_of_memory=False) from None
                continue
            if not line:
                raise self._death(child)
            return line

    def _death(self, child: Child) -> _Died:
        ended = child.wait(5) or child.kill()
        marks = ("MemoryError", "Cannot allocate memory", "bad_alloc", "Insufficient memory")
        out_of_memory = any(mark in child.stderr_tail for mark in marks)
        return _Died(ended.signal, stalled=False, out_of_memory=out_of_memory)


def _pump(child: Child, lines: queue.Queue[bytes]) -> None:
    """Lines of the worker's stdout into a queue; an empty one says that it ended."""
    try:
        for line in child.stdout:
            lines.put(line)
    except (OSError, ValueError):  # the pipe was closed under us by a kill
        pass
    lines.put(b"")


def _crash(second: _Died, first: _Died) -> str:
    if second.signal is not None and second.signal == first.signal:
        return f"A part of the video ended the renderer twice by signal {second.signal}; it was set aside."
    return "A part of the video ended the renderer twice; it was set aside."


@dataclass(slots=True)
class Task:
    """A request with what it is worth (frames), the scene it draws from and the address of its result."""

    request: Request
    frames: int
    scene: int
    key: str


class Pool:
    """Up to `jobs` workers on one list of tasks."""

    def __init__(self, host: Host, opened: Open | None, jobs: int, cancel: threading.Event) -> None:
        self._host = host
        self._cancel = cancel
        self._stop = threading.Event()
        self._workers = [Worker(host, opened, cancel) for _ in range(max(1, jobs))]
        self._lock = threading.Lock()
        self._busy: dict[int, int] = {}

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *exc: object) -> None:
        for worker in self._workers:
            worker.close()

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers that are alive."""
        return tuple(worker.pid for worker in self._workers if worker.pid is not None)

    def ask(self, request: Request) -> str:
        """One request to the first worker, while no `run` is under way."""
        return self._workers[0].ask(request)

    def run(
        self, tasks: Sequence[Task], finished: Callable[[Task], None], progress: Callable[[Task, int], None]
    ) -> None:
        """Do every task; `finished` is called for each as it is done, from the worker's thread.

        Raises the first error; tasks not yet begun are then left.
        """
        starved = self._round(list(tasks), self._workers, finished, progress)
        if starved:
            # Memory ran out with several at work: the rest is done by one alone.
            for worker in self._workers[1:]:
                worker.close()
            left = self._round(starved, self._workers[:1], finished, progress)
            if left:
                raise errors.RenderOutOfMemory()

    def _round(
        self,
        pending: list[Task],
        workers: Sequence[Worker],
        finished: Callable[[Task], None],
        progress: Callable[[Task, int], None],
    ) -> list[Task]:
        """Do the tasks; returns those for which memory did not suffice."""
        starved: list[Task] = []
        failures: list[Exception] = []

        def work(number: int) -> None:
            worker = workers[number]
            while not failures and not self._cancel.is_set():
                task = self._next(pending, number)
                if task is None:
                    return
                try:
                    worker.ask(task.request, lambda frames, task=task: progress(task, frames))  # type: ignore[misc]
                    finished(task)
                except errors.RenderOutOfMemory:
                    starved.append(task)
                except Exception as error:
                    failures.append(error)

        count = min(len(workers), max(1, len(pending)))
        with ThreadPoolExecutor(count, thread_name_prefix="render") as threads:
            for done in [threads.submit(work, number) for number in range(count)]:
                done.result()
        self._busy.clear()
        if failures:
            raise failures[0]
        if self._cancel.is_set():
            raise errors.RenderCancelled()
        return starved

    def _next(self, pending: list[Task], worker: int) -> Task | None:
        """The next task for a worker: of the scene it is on, which it has decoded already; else of one nobody is on."""
        with self._lock:
            if not pending:
                return None
            mine = self._busy.get(worker)
            others = {scene for number, scene in self._busy.items() if number != worker}
            best = min(pending, key=lambda task: (task.scene != mine, task.scene in others))
            pending.remove(best)
            self._busy[worker] = best.scene
            return best
