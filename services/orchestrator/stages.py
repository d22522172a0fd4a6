"""How far a job is: what each stage is worth of the whole, and what the measured speed says of the rest. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from contracts.events.jobs import Stage

#: shares of the whole, in the order of the stages; they add up to 1
SHARES: Final[dict[Stage, float]] = {
    "script": 0.02,
    "voice": 0.12,
    "media": 0.08,
    "captions": 0.02,
    "render": 0.71,
    "store": 0.05,
}
#: no guess of the time left is made before this much was done at the measured speed
_FIRST_GUESS: Final = 0.03


def overall(stage: Stage, fraction: float) -> float:
    """Progress of the whole, 0…1, with a stage at `fraction` (0…1) of itself."""
    before = 0.0
    for name, share in SHARES.items():
        if name == stage:
            return min(1.0, before + share * min(1.0, max(0.0, fraction)))
        before += share
    raise KeyError(stage)


def seconds_left(progress: float, since: datetime | None, done_then: float, at: datetime) -> float | None:
    """What is left at the speed since `since`, when `done_then` was done; None until there is enough to measure."""
    gained = progress - done_then
    if since is None or gained < _FIRST_GUESS:
        return None
    return max(0.0, (at - since).total_seconds() * (1.0 - progress) / gained)
