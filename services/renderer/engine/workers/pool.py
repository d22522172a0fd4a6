"""Render workers in sandboxed processes of their own, on one list of tasks.

Deaths and hangs of a worker are mended in `workers`. When memory runs out with several at work, what it didn't suffice
for is tried once more by one worker alone (`render_out_of_memory`).
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from services.renderer import errors
from services.renderer.engine.workers.handle import Host, OnProgress, Worker, ignore
from services.renderer.engine.workers.protocol import Open, Request
from services.renderer.engine.workers.stop import Stop


@dataclass(slots=True)
class Task:
    """A request with what it is worth (frames), the scene it draws from and the address of its result."""

    request: Request
    frames: int
    scene: int
    key: str


Finished = Callable[[Task], None]
Advanced = Callable[[Task, int], None]


class Pool:
    """Up to `jobs` workers, started when they are first needed; leaving the context ends them.

    May be asked from several threads: each borrows a worker that is free, the one used last first.
    """

    def __init__(self, host: Host, opened: Open | None, jobs: int, cancel: threading.Event) -> None:
        self._stop = Stop(cancel)
        self._cancel = cancel
        self._workers = [Worker(host, opened, self._stop) for _ in range(max(1, jobs))]
        self._free: queue.LifoQueue[Worker] = queue.LifoQueue()
        for worker in self._workers:
            self._free.put(worker)
        self._lock = threading.Lock()
        self._busy: dict[int, int] = {}

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *exc: object) -> None:
        for worker in self._workers:
            worker.close()

    def open(self, opened: Open) -> None:
        """Name the timeline of the segments asked for from now on."""
        for worker in self._workers:
            worker.open(opened)

    def ask(self, request: Request, progress: OnProgress = ignore) -> str:
        """One request to a free worker; tried again if memory ran out."""
        with self._borrowed() as worker:
            with contextlib.suppress(errors.RenderOutOfMemory):
                return worker.ask(request, progress)
            return worker.ask(request, progress)

    @contextlib.contextmanager
    def _borrowed(self) -> Iterator[Worker]:
        worker = self._free.get()
        try:
            yield worker
        finally:
            self._free.put(worker)

    def run(self, tasks: Sequence[Task], finished: Finished, progress: Advanced) -> None:
        """Do every task; `finished` is called for each as it is done, from the worker's thread.

        Raises the first error; the other workers are ended then.
        """
        left = self._round(list(tasks), min(len(self._workers), len(tasks)), finished, progress)
        if left and self._round(left, 1, finished, progress):
            raise errors.RenderOutOfMemory()

    def _round(self, pending: list[Task], count: int, finished: Finished, progress: Advanced) -> list[Task]:
        """Do the tasks; returns what is left because memory didn't suffice, that task first."""
        starved: list[Task] = []
        failures: list[BaseException] = []

        def work(number: int) -> None:
            with self._borrowed() as worker:
                draw(number, worker)

        def draw(number: int, worker: Worker) -> None:
            while not self._stop.is_set() and (task := self._next(pending, number)) is not None:
                try:
                    worker.ask(task.request, _progress_of(task, progress))
                    finished(task)
                except errors.RenderOutOfMemory:
                    # One worker less: its process is gone, the others get its memory.
                    starved.append(task)
                    return
                except BaseException as error:
                    failures.append(error)
                    self._stop.set()
                    return

        with ThreadPoolExecutor(max(1, count), thread_name_prefix="render") as threads:
            try:
                for done in [threads.submit(work, number) for number in range(count)]:
                    done.result()
            except BaseException:  # an interrupt in this thread: the workers' threads end with their processes
                self._stop.set()
                raise
        self._busy.clear()
        if self._cancel.is_set():
            raise errors.RenderCancelled()
        if failures:
            raise failures[0]
        return starved + pending

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


def _progress_of(task: Task, progress: Advanced) -> OnProgress:
    return lambda frames: progress(task, frames)
