"""Which user a program of Postgres runs as. It refuses root, and an id that has no name.

we are              it runs as
a user              us
root                us in a user namespace, where our number is nobody's; our files stay ours
root, without       the account `postgres` or `nobody`, which then owns the cluster's files (as in a container whose
user namespaces     runtime forbids namespaces)
"""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from kernel.errors import AppError

_CHILD: Final = str(Path(__file__).with_name("postgres_child.py"))


class PostgresNotStarted(AppError):
    """The embedded server can't be made or started."""

    code = "postgres_not_started"
    status = 500
    title = "The embedded database could not be started"


@dataclass(frozen=True, slots=True)
class Identity:
    """`namespace` is the user id inside a namespace; `account` the user and group to become. Neither: who we are."""

    namespace: int | None = None
    account: tuple[int, int] | None = None

    def command(self, argv: Sequence[str]) -> list[str]:
        """The command that runs `argv` as this identity, and ends with this process."""
        options = {"parent": os.getpid(), "namespace": self.namespace, "account": self.account}
        return [sys.executable, "-I", "-S", _CHILD, json.dumps(options), *argv]

    def own(self, folder: Path) -> None:
        """Makes a folder with all in it the identity's own, where that is for us to do."""
        if os.geteuid() != 0:
            return
        user, group = self.account or (0, 0)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, group, follow_symlinks=False)

    def check_reach(self, *paths: Path) -> None:
        """PostgresNotStarted if a path lies where this identity can't go."""
        if self.account is None:
            return
        for path in paths:
            done = subprocess.run(self.command(["/usr/bin/test", "-x", str(path)]), capture_output=True, check=False)
            if done.returncode != 0:
                name = pwd.getpwuid(self.account[0]).pw_name
                raise PostgresNotStarted(
                    f"The database does not run as root but as {name}, who can't reach {path}. "
                    "Start the studio as another user than root, or move this where everybody can go."
                )


def identity() -> Identity:
    """The identity for this process.

    Raises:
        PostgresNotStarted: we have no name, and there is no namespace to have one in.
    """
    user = os.geteuid()
    named = any(entry.pw_uid == user for entry in pwd.getpwall())
    if user != 0 and named:
        return Identity()
    other = _unprivileged()
    inside = Identity(namespace=other.pw_uid)
    if _works(inside):
        return inside
    if user == 0:
        return Identity(account=(other.pw_uid, other.pw_gid))
    raise PostgresNotStarted(f"The user id {user} has no name on this system; the database needs one (/etc/passwd).")


def _unprivileged() -> pwd.struct_passwd:
    by_name = {entry.pw_name: entry for entry in pwd.getpwall() if entry.pw_uid != 0}
    found = by_name.get("postgres") or by_name.get("nobody")
    if found is None:
        raise PostgresNotStarted("There is no account `postgres` or `nobody` for the database to run as.")
    return found


@cache
def _works(candidate: Identity) -> bool:
    return subprocess.run(candidate.command(["/bin/true"]), capture_output=True, check=False).returncode == 0
