"""What lives below a process, for tests that nothing is left over."""

from __future__ import annotations

import psutil

_SERVER = "postgres"


def offspring(of: int | None = None, *, recursive: bool = True) -> list[psutil.Process]:
    """The living descendants of a process (this one's by default), without the test process's own database server.

    That server (`kernel.testing.postgres`) lives as long as the test process, and is nobody's leftover.
    """
    found = []
    for process in psutil.Process(of).children(recursive=recursive):
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.name() != _SERVER:
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found
