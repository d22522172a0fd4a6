"""Named places where a test makes the program die, fail, hang or wait.

    failpoints.declare("billing.reserve.before", "after the job row, before the question to billing")
    failpoints.hit("billing.reserve.before")

Off unless `FAILPOINTS=1`; then `KEYREEL_FAILPOINTS` says what happens, comma separated:

    name=kill              SIGKILL to this process
    name=stop              SIGSTOP: it hangs until somebody continues it
    name=sleep:SECONDS     blocks the thread
    name=raise             raises FailpointHit
    name=raise40001        the database itself fails the transaction with that SQLSTATE (points of `kernel.db` only)

A suffix narrows it: `@N` the Nth hit only, `%P` a random P percent of the hits (`db.serialization=raise40001%5`).
"""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

KNOWN: Final[dict[str, str]] = {}
"""Every declared name, and where in the program it is."""

_SYNTAX: Final = re.compile(
    r"(?P<name>[a-z0-9_.-]+)=(?P<kind>kill|stop|sleep|raise)(?P<sqlstate>[0-9A-Z]{5})?"
    r"(?::(?P<seconds>\d+(?:\.\d+)?))?(?:@(?P<nth>\d+)|%(?P<percent>\d+(?:\.\d+)?))?"
)


class FailpointHit(Exception):
    """What `raise` raises: an error nobody foresaw. `sqlstate` is set by `raise40001` and the like."""

    def __init__(self, name: str, sqlstate: str | None = None) -> None:
        super().__init__(f"failpoint {name}")
        self.sqlstate = sqlstate


@dataclass(frozen=True, slots=True)
class _Action:
    kind: str
    sqlstate: str | None
    seconds: float
    nth: int | None
    percent: float


def declare(name: str, where: str) -> None:
    """Makes a name known; at import, beside the code that hits it."""
    KNOWN[name] = where


def parse(text: str) -> dict[str, _Action]:
    """The actions of a specification; ValueError names the part that can't be read."""
    actions: dict[str, _Action] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        match = _SYNTAX.fullmatch(part)
        if match is None or (match["kind"] == "sleep") != (match["seconds"] is not None):
            raise ValueError(f"Failpoint not understood: {part}")
        if match["sqlstate"] and match["kind"] != "raise":
            raise ValueError(f"Failpoint not understood: {part}")
        actions[match["name"]] = _Action(
            kind=match["kind"],
            sqlstate=match["sqlstate"],
            seconds=float(match["seconds"] or 0),
            nth=int(match["nth"]) if match["nth"] else None,
            percent=float(match["percent"] or 100),
        )
    return actions


def _from_environment(environ: Mapping[str, str]) -> dict[str, _Action]:
    return parse(environ.get("KEYREEL_FAILPOINTS", "")) if environ.get("FAILPOINTS") == "1" else {}


_armed: dict[str, _Action] = _from_environment(os.environ)
_hits: Final[Counter[str]] = Counter()


def hits(name: str) -> int:
    """How often an armed `name` was come by since it was armed."""
    return _hits[name]


def hit(name: str) -> None:
    """Does what is set for `name`, usually nothing. Raises FailpointHit, or KeyError for a name nobody declared."""
    if not _armed:
        return
    if name not in KNOWN:
        raise KeyError(f"Failpoint {name} was not declared")
    action = _armed.get(name)
    if action is None:
        return
    _hits[name] += 1
    if action.nth is not None and _hits[name] != action.nth:
        return
    if action.percent < 100 and random.random() * 100 >= action.percent:  # noqa: S311 - chaos, not cryptography
        return
    match action.kind:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "sleep":
            time.sleep(action.seconds)
        case _:
            raise FailpointHit(name, action.sqlstate)


@contextmanager
def arm(text: str) -> Iterator[None]:
    """Arms failpoints of this process for a block, for tests; counts of hits begin anew."""
    global _armed
    before, _armed = _armed, parse(text)
    _hits.clear()
    try:
        yield
    finally:
        _armed = before
        _hits.clear()
