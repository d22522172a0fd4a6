"""One sandboxed worker process, seen from the render process: asked, watched, started again when it dies.

A request that kills its worker is tried once more in a new one; after the second death it is given up
(`render_crashed`). A worker that says nothing for a minute is killed and its request tried again (`render_stalled`).
What memory didn't suffice for is left to the caller, who knows what else is running (`render_out_of_memory`).
"""

from __future__ import annotations

import os
import queue
import selectors
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kernel.sandbox import MIB, OUT_OF_MEMORY_MARKS, Limits, PathLike, Sandbox, oom_kills, python_argv
from kernel.sandbox_process import Child
from services.renderer import errors
from services.renderer.engine.toolchain import ENVIRONMENT_VARIABLE, locate_ffmpeg
from services.renderer.engine.workers.protocol import (
    ANSWER,
    Advanced,
    Done,
    Failed,
    Open,
    Poster,
    RenderSegment,
    Request,
)

IDLE_SECONDS = 60.0
LIMITS = Limits(cpu_seconds=24 * 3600, wall_seconds=None, address_space_bytes=4096 * MIB, file_size_bytes=16384 * MIB)
_POLL_SECONDS = 0.05
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

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


def ignore(frames: int) -> None:
    """No progress is wanted."""


class Asks(Protocol):
    """Somebody who has requests done: one worker, or a pool of them."""

    def ask(self, request: Request, progress: OnProgress = ignore) -> str: ...


@dataclass(frozen=True, slots=True)
class Host:
    """How workers are held: in which sandbox, what they may read, write and use, within which limits."""

    sandbox: Sandbox
    read_only: tuple[Path, ...]
    scratch: Path
    limits: Limits = LIMITS
    idle_seconds: float = IDLE_SECONDS
    devices: tuple[PathLike, ...] = ()


class _Died(Exception):
    """The worker ended in the middle of a request."""

    def __init__(self, ended_by: int | None, *, stalled: bool = False, out_of_memory: bool = False) -> None:
        super().__init__(ended_by)
        self.signal = ended_by
        self.stalled = stalled
        self.out_of_memory = out_of_memory


class Worker:
    """One worker process, started when it is first asked and again after it died. For one thread at a time."""

    def __init__(self, host: Host, opened: Open | None, cancel: threading.Event) -> None:
        self._host = host
        self._opened = opened
        self._sent: Open | None = None
        self._cancel = cancel
        self._child: Child | None = None
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._oom_kills = 0

    def ask(self, request: Request, progress: OnProgress = ignore) -> str:
        """Have one request done; returns its answer.

        Raises the typed error the worker met, RenderCancelled, RenderOutOfMemory, or after a second death
        RenderCrashed or RenderStalled. After RenderOutOfMemory the process is gone, and its memory with it.
        """
        first: _Died | None = None
        while True:
            try:
                return self._ask(request, progress)
            except errors.RenderOutOfMemory:
                self.close()
                raise
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

    def open(self, opened: Open) -> None:
        """Name the timeline of the segments asked for from now on; it is sent with the first of them."""
        self._opened = opened

    def follow(self, cancel: threading.Event) -> None:
        """Obey another event from now on: the process is kept from one piece of work to the next."""
        self._cancel = cancel

    def close(self) -> None:
        """Kill the process, if there is one, and wait for its end."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def _ask(self, request: Request, progress: OnProgress) -> str:
        child = self._child or self._start()
        opened = self._opened
        if opened is not None and opened is not self._sent and isinstance(request, RenderSegment | Poster):
            self._exchange(child, opened, progress)
            self._sent = opened
        return self._exchange(child, request, progress)

    def _start(self) -> Child:
        command = python_argv("services.renderer.engine.workers.worker")
        host = self._host
        self._oom_kills = oom_kills()
        self._child = host.sandbox.popen(
            command.argv,
            read_only=[*command.read_only, *host.read_only],
            writable=[host.scratch],
            devices=host.devices,
            env={**command.env, **_ENVIRONMENT, ENVIRONMENT_VARIABLE: str(locate_ffmpeg())},
            limits=host.limits,
        )
        self._lines = queue.Queue()
        self._sent = None
        threading.Thread(target=_pump, args=(self._child, self._lines), daemon=True).start()
        return self._child

    def _exchange(self, child: Child, request: Request, progress: OnProgress) -> str:
        self._send(child, request.model_dump_json().encode() + b"\n")
        while True:
            answer = ANSWER.validate_json(self._line(child))
            match answer:
                case Advanced():
                    progress(answer.frames)
                case Done():
                    return answer.text
                case Failed():
                    raise _TYPED.get(answer.code, errors.RenderCrashed)(answer.detail)

    def _send(self, child: Child, message: bytes) -> None:
        """Write a request of any length; a worker that hangs leaves the pipe full, so this is watched as well."""
        pipe = child.stdin.fileno()
        os.set_blocking(pipe, False)
        left = memoryview(message)
        since = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_WRITE)
            while left:
                self._check(since)
                if selector.select(_POLL_SECONDS):
                    try:
                        left = left[os.write(pipe, left) :]
                    except BrokenPipeError:
                        raise self._death(child) from None
                    since = time.monotonic()

    def _line(self, child: Child) -> bytes:
        """The next line of the worker; watches for cancellation, silence and death meanwhile."""
        since = time.monotonic()
        while True:
            self._check(since)
            try:
                line = self._lines.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            if not line:
                raise self._death(child)
            return line

    def _check(self, since: float) -> None:
        if self._cancel.is_set():
            self.close()
            raise errors.RenderCancelled()
        if time.monotonic() - since >= self._host.idle_seconds:
            raise _Died(None, stalled=True)

    def _death(self, child: Child) -> _Died:
        ended = child.wait(5) or child.kill()
        by_kernel = ended.signal == signal.SIGKILL and oom_kills() > self._oom_kills
        out_of_memory = by_kernel or any(mark in child.stderr_tail for mark in OUT_OF_MEMORY_MARKS)
        return _Died(ended.signal, out_of_memory=out_of_memory)


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
