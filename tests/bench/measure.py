"""CPU time, wall time and memory of a command with everything it starts.

The command runs under a small shepherd process that is a *child subreaper* (prctl(2), PR_SET_CHILD_SUBREAPER): whatever
the command leaves behind, orphans of a killed sandbox included, becomes the shepherd's child, is waited for, and so
its CPU time is counted (getrusage(2), RUSAGE_CHILDREN). Where a control group can be made its counter is used instead:
it also sees processes that nobody waits for.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

SAMPLE_SECONDS = 0.1
#: how long what a command left behind may still run before it is killed
_LINGER_SECONDS = 5.0
_PR_SET_CHILD_SUBREAPER = 36
_OUTPUT_TAIL = 4000


@dataclass(frozen=True, slots=True)
class Usage:
    """What one run took. `tree_bytes` is the highest sum of proportional set sizes of all processes at one moment;
    `marked_bytes` the highest resident size of one process whose command line contains the mark."""

    code: int
    wall_seconds: float
    cpu_seconds: float
    tree_bytes: int
    marked_bytes: int
    timed_out: bool
    counted_by: str
    output: str

    @property
    def ok(self) -> bool:
        return self.code == 0 and not self.timed_out

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 1800.0,
    mark: str | None = None,
) -> Usage:
    """Run a command to its end and tell what its whole tree of processes used. Never raises for a failing command."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        report, output = Path(folder) / "report.json", Path(folder) / "output"
        order = {"argv": [str(part) for part in argv], "timeout": timeout, "report": str(report)}
        with output.open("wb") as sink:
            shepherd = subprocess.Popen(
                [sys.executable, "-I", str(Path(__file__).resolve()), json.dumps(order)],
                cwd=cwd,
                env=None if env is None else dict(env),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            with _Sampler(shepherd.pid, mark) as memory:
                code = shepherd.wait()
        text = output.read_bytes()[-_OUTPUT_TAIL:].decode("utf-8", "replace")
        if not report.exists():
            return Usage(code or 1, 0.0, 0.0, memory.tree, memory.marked, False, "nothing", text)
        told = json.loads(report.read_bytes())
        return Usage(tree_bytes=memory.tree, marked_bytes=memory.marked, output=text, **told)


@dataclass(slots=True)
class _Sampler:
    """Watches the memory of a process' descendants from outside of what is measured."""

    root: int
    mark: str | None
    tree: int = 0
    marked: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> _Sampler:
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while True:
            self._sample()
            if self._stop.wait(SAMPLE_SECONDS):
                return

    def _sample(self) -> None:
        try:
            processes = psutil.Process(self.root).children(recursive=True)
        except psutil.NoSuchProcess:
            return
        total = 0
        for process in processes:
            try:
                total += process.memory_full_info().pss
                if self.mark is not None and self.mark in " ".join(process.cmdline()):
                    self.marked = max(self.marked, _high_water(process.pid))
            except (psutil.NoSuchProcess, psutil.AccessDenied, FileNotFoundError, ProcessLookupError):
                continue  # it ended while it was looked at
        self.tree = max(self.tree, total)


def _high_water(pid: int) -> int:
    """The most resident memory the process ever had, in bytes (proc(5), VmHWM): no peak is missed between samples."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def median(values: Sequence[float]) -> float:
    """The middle value; NaN of nothing."""
    return statistics.median(values) if values else float("nan")


# -- the shepherd: runs as a process of its own ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _ControlGroup:
    """A control group of our own, in version 1 (`cpuacct`) or 2."""

    folder: Path

    @classmethod
    def make(cls) -> _ControlGroup | None:
        """A new group with this process in it, or None where that isn't allowed."""
        mount = Path("/sys/fs/cgroup")
        parent = mount / "cpuacct" if (mount / "cpuacct").is_dir() else mount
        folder = parent / f"bench-{os.getpid()}"
        try:
            folder.mkdir()
        except OSError:
            return None
        group = cls(folder)
        try:
            (folder / "cgroup.procs").write_text(str(os.getpid()))
            group.cpu_seconds()
        except (OSError, ValueError, StopIteration):
            group.leave()
            return None
        return group

    def cpu_seconds(self) -> float:
        old = self.folder / "cpuacct.usage"
        if old.exists():
            return int(old.read_text()) / 1e9
        lines = (self.folder / "cpu.stat").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("usage_usec")) / 1e6

    def leave(self) -> None:
        try:
            (self.folder.parent / "cgroup.procs").write_text(str(os.getpid()))
            self.folder.rmdir()
        except OSError as error:
            print(f"bench: the control group stays behind: {error}", file=sys.stderr)


def _shepherd(order: dict[str, Any]) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    group = _ControlGroup.make()
    before = group.cpu_seconds() if group else 0.0
    began = time.monotonic()
    child = subprocess.Popen(order["argv"], stdin=subprocess.DEVNULL)
    timed_out = False
    try:
        code = child.wait(order["timeout"])
    except subprocess.TimeoutExpired:
        timed_out = True
        _kill_descendants()
        code = child.wait()
    wall = time.monotonic() - began
    _reap_orphans()
    if group:
        cpu = group.cpu_seconds() - before
        group.leave()
    else:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = used.ru_utime + used.ru_stime
    told = {
        "code": code,
        "wall_seconds": wall,
        "cpu_seconds": cpu,
        "timed_out": timed_out,
        "counted_by": "control group" if group else "rusage",
    }
    Path(order["report"]).write_text(json.dumps(told))


def _reap_orphans() -> None:
    """Wait for everything that is left; what still runs after a while is killed."""
    deadline = time.monotonic() + _LINGER_SECONDS
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            if time.monotonic() > deadline:
                _kill_descendants()
            time.sleep(0.02)


def _kill_descendants() -> None:
    """End every process below this one, and only those."""
    for process in psutil.Process().children(recursive=True):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue


if __name__ == "__main__":
    _shepherd(json.loads(sys.argv[1]))
