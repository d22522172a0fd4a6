"""What lives below a process, for tests that nothing is left over."""

from __future__ import annotations

import psutil

_SERVER = "postgres"


def offspring(of: int | None = None, *, recursive: bool = True, servers: bool = False) -> list[psutil.Process]:
    """The living descendants of a process (this one's by default), database servers only if `servers`.

    The test process's own (`kernel.testing.postgres`) lives as long as it does, and is nobody's leftover.
    """
    found = []
    for process in psutil.Process(of).children(recursive=recursive):
        try:
            if process.status() != psutil.STATUS_ZOMBIE and (servers or process.name() != _SERVER):
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found
