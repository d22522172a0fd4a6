"""Becomes a program of Postgres, which refuses to run as root: `python -I -S postgres_child.py OPTIONS ARGV…`.

OPTIONS is a JSON object:

parent      the process to die with: when it ends, this one gets SIGINT, on which a server shuts down fast
namespace   user id to be inside a user namespace of its own; outside it stays the user it is, without any capability
account     [user id, group id] to become for good

The file is run by path, so that nothing of the package is imported and no Python runs between fork and exec of the
parent, where another thread may hold any lock (the trouble with `preexec_fn`).
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000


def main() -> None:
    options = json.loads(sys.argv[1])
    libc = ctypes.CDLL(None, use_errno=True)
    if options.get("namespace") is not None:
        _enter_namespace(libc, options["namespace"])
    if options.get("account") is not None:
        user, group = options["account"]
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    # After the changes of user, which clear it.
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
    if os.getppid() != options["parent"]:
        sys.exit("the parent has ended")
    # The interpreter ignores it, and an ignored signal stays ignored across exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - becoming the program is the purpose


def _enter_namespace(libc: ctypes.CDLL, inside: int) -> None:
    """user_namespaces(7): one user and one group are mapped, our own."""
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(_CLONE_NEWUSER):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{inside} {user} 1"), ("gid_map", f"{inside} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - pathlib is not worth its import here
            file.write(text)


if __name__ == "__main__":
    main()
