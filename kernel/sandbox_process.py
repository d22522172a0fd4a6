"""The process side of `kernel.sandbox`: starting, feeding, killing and reaping one child. No policy in here."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import IO, Final, Self

_STDERR_TAIL_BYTES: Final = 16 * 1024
_CHUNK: Final = 64 * 1024
_SIGNALS: Final = range(1, 32)  # not the real-time ones: programs use codes from 160 on as their own


@dataclass(frozen=True, slots=True)
class Exit:
    """How a child ended. `returncode` is 128 + signal when a signal ended it (the shell's convention)."""

    returncode: int
    signal: int | None
    cpu_seconds: float
    peak_rss_bytes: int


class Child:
    """A long-lived child: `stdin` and `stdout` are its pipes. Leaving the context kills it and its descendants."""

    def __init__(self, proc: subprocess.Popen[bytes], *, in_namespace: bool) -> None:
        if proc.stdin is None or proc.stdout is None or proc.stderr is None:
            raise ValueError("a child needs all three pipes")
        self._proc = proc
        self._in_namespace = in_namespace
        self._exit: Exit | None = None
        self._lock = threading.Lock()
        self._tail = bytearray()
        self.stdin: IO[bytes] = proc.stdin
        self.stdout: IO[bytes] = proc.stdout
        self._drain = threading.Thread(target=self._read_stderr, args=(proc.stderr,), daemon=True)
        self._drain.start()

    @property
    def pid(self) -> int:
        """The process to watch and kill; inside bubblewrap the program itself has another id."""
        return self._proc.pid

    @property
    def stderr_tail(self) -> str:
        return bytes(self._tail).decode("utf-8", "replace")

    def poll(self) -> Exit | None:
        """How it ended, or None while it runs."""
        return self.wait(0)

    def wait(self, timeout: float | None = None) -> Exit | None:
        """Waits for the end for at most `timeout` seconds; None if it still runs."""
        with self._lock:
            if self._exit is None and has_exited(self._proc, timeout):
                kill_group(self._proc)
                self._exit = reap(self._proc, in_namespace=self._in_namespace)
            return self._exit

    def kill(self) -> Exit:
        """Kills it with all its descendants, waits for the end and closes the pipes. Safe to call twice."""
        if self._exit is None:
            kill_group(self._proc)
        ended = self.wait()
        if ended is None:
            raise RuntimeError("a killed process did not end")
        self._drain.join()
        for stream in (self.stdin, self.stdout):
            with contextlib.suppress(OSError):  # unsent input has nowhere to go
                stream.close()
        return ended

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def _read_stderr(self, stream: IO[bytes]) -> None:
        with stream:
            while chunk := os.read(stream.fileno(), _CHUNK):
                _keep_tail(self._tail, chunk)


class Watch:
    """Feeds stdin and collects the outputs of one process until it has exited, in one thread."""

    def __init__(self, proc: subprocess.Popen[bytes], stdin: bytes | None, max_stdout: int) -> None:
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.truncated = False
        self.finished = False
        self.last_output = time.monotonic()
        self._max_stdout = max_stdout
        self._pending = memoryview(stdin or b"")
        self._selector = selectors.DefaultSelector()
        self._pidfd = os.pidfd_open(proc.pid)
        self._selector.register(self._pidfd, selectors.EVENT_READ, "exit")
        self._streams: dict[str, IO[bytes]] = {}
        for name, stream in (("stdin", proc.stdin), ("stdout", proc.stdout), ("stderr", proc.stderr)):
            if stream is not None:
                os.set_blocking(stream.fileno(), False)
                event = selectors.EVENT_WRITE if name == "stdin" else selectors.EVENT_READ
                self._selector.register(stream, event, name)
                self._streams[name] = stream

    def step(self, timeout: float) -> None:
        """Handles what happens within `timeout` seconds."""
        for key, _ in self._selector.select(timeout):
            match key.data:
                case "exit":
                    self.finished = True
                case "stdin":
                    self._feed()
                case name:
                    self._collect(name)

    def drain(self) -> None:
        """Reads what the killed or finished process left in its pipes and closes everything."""
        for name in ("stdout", "stderr"):
            while self._collect(name):
                pass
        self._selector.close()
        os.close(self._pidfd)
        for stream in self._streams.values():
            with contextlib.suppress(OSError):  # unsent input has nowhere to go
                stream.close()

    def _feed(self) -> None:
        stream = self._streams["stdin"]
        try:
            sent = os.write(stream.fileno(), self._pending[:_CHUNK]) if self._pending else 0
        except BrokenPipeError:  # it does not want the rest: its exit code tells whether that was right
            sent = len(self._pending)
        self._pending = self._pending[sent:]
        if not self._pending:
            self._close("stdin")

    def _collect(self, name: str) -> bool:
        """Reads one chunk of an output; False when there is none now."""
        stream = self._streams.get(name)
        if stream is None:
            return False
        try:
            chunk = os.read(stream.fileno(), _CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            self._close(name)
            return False
        self.last_output = time.monotonic()
        if name == "stderr":
            _keep_tail(self.stderr, chunk)
        else:
            room = self._max_stdout - len(self.stdout)
            self.stdout += chunk[:room]
            self.truncated = self.truncated or len(chunk) > room
        return True

    def _close(self, name: str) -> None:
        stream = self._streams.pop(name)
        self._selector.unregister(stream)
        stream.close()


@cache
def spawner() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-spawn")


os.register_at_fork(after_in_child=spawner.cache_clear)  # the thread does not exist in a forked process


def start(argv: list[str], env: dict[str, str], cwd: str, stdin: int | None) -> subprocess.Popen[bytes]:
    source = subprocess.DEVNULL if stdin is None else stdin
    return subprocess.Popen(
        argv,
        env=env,
        cwd=cwd,
        stdin=source,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def kill_group(proc: subprocess.Popen[bytes]) -> None:
    """Kills the child's process group; its id is still held, as the child has not been reaped.

    In bubblewrap this kills the monitor, with which the namespace and everything in it dies.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(proc.pid, signal.SIGKILL)


def has_exited(proc: subprocess.Popen[bytes], timeout: float | None) -> bool:
    pidfd = os.pidfd_open(proc.pid)
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(pidfd, selectors.EVENT_READ)
            return bool(selector.select(timeout))
    finally:
        os.close(pidfd)


def reap(proc: subprocess.Popen[bytes], *, in_namespace: bool) -> Exit:
    """Waits for the child with its resource use; `Popen.wait` would throw that away."""
    _, status, usage = os.wait4(proc.pid, 0)
    code = proc.returncode = os.waitstatus_to_exitcode(status)
    killer: int | None = None
    if code < 0:
        killer, code = -code, 128 - code
    elif in_namespace and code - 128 in _SIGNALS:  # bubblewrap reports its child's signal like a shell
        killer = code - 128
    return Exit(code, killer, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def _keep_tail(tail: bytearray, chunk: bytes) -> None:
    tail += chunk
    del tail[:-_STDERR_TAIL_BYTES]
