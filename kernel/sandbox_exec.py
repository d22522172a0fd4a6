"""Sets resource limits on itself, then becomes the given program: `python -I -S sandbox_exec.py LIMITS ARGV…`.

`kernel.sandbox` starts every child through this file. The limits are in force before the program's first instruction
(a `prlimit` from the parent would race with it), and no Python code runs between `fork` and `exec` of the parent,
where another thread may hold any lock (the trouble with `preexec_fn`).

LIMITS is a JSON object: `rlimits` maps a name of the `resource` module to a soft limit, `parent` is the id of the
process to die with, and `account` asks to stay and wait for the program and all it leaves behind. That is for
bubblewrap, which doesn't wait for its own namespace: without it the kernel drops the resource use of the program.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from typing import NoReturn

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_EXEC_FAILED = 127


def main() -> None:
    options = json.loads(sys.argv[1])
    argv = sys.argv[2:]
    for name, wanted in options["rlimits"].items():
        kind = getattr(resource, name)
        _, ceiling = resource.getrlimit(kind)
        soft = wanted if ceiling == resource.RLIM_INFINITY else min(wanted, ceiling)
        # One second between the soft and the hard CPU limit lets SIGXCPU, which names the cause, come before SIGKILL.
        hard = soft + 1 if kind == resource.RLIMIT_CPU else soft
        resource.setrlimit(kind, (soft, hard if ceiling == resource.RLIM_INFINITY else min(hard, ceiling)))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _die_with(libc, options["parent"])
    if options["account"]:
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        shim = os.getpid()
        child = os.fork()
        if child:
            _wait_for_all(child)
        _die_with(libc, shim)
    # The interpreter ignores these at its start, and an ignored signal stays ignored across exec.
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored, signal.SIG_DFL)
    try:
        os.execv(argv[0], argv)  # noqa: S606 - becoming the program is the purpose
    except OSError as error:
        sys.stderr.write(f"cannot run {argv[0]}: {error.strerror}\n")
        sys.stderr.flush()
        os._exit(_EXEC_FAILED)


def _die_with(libc: ctypes.CDLL, parent: int) -> None:
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above took effect
        os._exit(_EXEC_FAILED)


def _wait_for_all(child: int) -> NoReturn:
    """Exits with the code of `child` once it and everything reparented to this process have ended."""
    os.closerange(0, 3)  # the pipes belong to the program alone
    code = _EXEC_FAILED
    while True:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            break
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
