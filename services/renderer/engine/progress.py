"""How far a render is: a stage, a percentage that never goes back, and the time left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Stage = Literal["prepare", "render", "sound", "join", "done"]

#: what each stage is worth of the whole
_SHARES: dict[Stage, float] = {"prepare": 0.12, "render": 0.80, "sound": 0.04, "join": 0.04}
#: no guess of the time left is made before this much was drawn
_FIRST_GUESS = 0.03


@dataclass(frozen=True, slots=True)
class Progress:
    """`fraction` 0…1 of the whole; `seconds_left` is None until enough is done to tell."""

    stage: Stage
    fraction: float
    seconds_left: float | None


class Meter:
    """Adds up the parts of all stages; may be told from several threads."""

    def __init__(self, report: Callable[[Progress], None]) -> None:
        self._report = report
        self._lock = threading.Lock()
        self._parts: dict[Stage, float] = dict.fromkeys(_SHARES, 0.0)
        self._highest = 0.0
        #: since when the speed is taken, and what was done then: preparing runs at a speed of its own
        self._since = (time.monotonic(), 0.0)

    def advance(self, stage: Stage, fraction: float) -> None:
        """A stage is at `fraction` (0…1) of itself."""
        with self._lock:
            self._parts[stage] = max(self._parts.get(stage, 0.0), min(1.0, fraction))
            total = sum(_SHARES[name] * part for name, part in self._parts.items())
            self._highest = max(self._highest, min(total, 1.0))
            now = time.monotonic()
            if stage == "prepare":
                self._since = (now, self._highest)
            began, done = self._since
            gained = self._highest - done
            left = (now - began) * (1 - self._highest) / gained if gained > _FIRST_GUESS else None
            self._report(Progress(stage, self._highest, left))

    def done(self) -> None:
        with self._lock:
            self._report(Progress("done", 1.0, 0.0))
