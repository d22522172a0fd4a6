"""The server processes of a data folder, found by the folder they work in; a pid file may name a process long gone."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Final

_SHUTDOWN_SECONDS: Final = 5.0
_QUIT_SECONDS: Final = 7.0
_GIVE_UP_SECONDS: Final = 10.0


def processes_of(data: Path) -> list[int]:
    """Process ids of every postgres, server or backend, whose data folder this is; the server first."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):  # it ended, or is another user's
                if (entry / "cwd").readlink() == data and (entry / "exe").readlink().name.startswith("postgres"):
                    found.append(int(entry.name))
    return sorted(found, key=lambda pid: (_parent(pid) in found, pid))


def end_processes(data: Path) -> list[int]:
    """Ends the servers of a data folder: asks for a fast shutdown, then quits, then kills. Returns who is left."""
    started = time.monotonic()
    asked = None
    while left := processes_of(data):
        waited = time.monotonic() - started
        if waited > _GIVE_UP_SECONDS:
            break
        if waited < _SHUTDOWN_SECONDS:
            number, whom = signal.SIGINT, left[:1]
        elif waited < _QUIT_SECONDS:
            number, whom = signal.SIGQUIT, left
        else:
            number, whom = signal.SIGKILL, left
        if asked != (number, whom):
            asked = (number, whom)
            for pid in whom:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        time.sleep(0.02)
    return left


def _parent(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[1])
