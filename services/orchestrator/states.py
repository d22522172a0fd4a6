"""The life of a job: one table of transitions, one function that follows it.

    draft ──request──▶ reserving ──reserve──▶ queued ──fetch──▶ fetching ──fetched──▶ rendering ──render──▶ uploading
                        ▲   │                   │               (⟲ fetch)               │                      │
                        │   │ refuse            │                  │                    │                      │
                        │   ▼                   ▼                  ▼                    ▼                      ▼
                        │  failed ◀──────────────────────────── fail ──────────────────────────────────────────┤
                        └─retry─┘                                                       │                      │
                      cancelled ◀──cancel── reserving, queued, fetching, rendering      │                      │
                          │                                                             ▼                      ▼
                          └──────────────────────────── store ──────────────────────▶ ready ◀─────store────────┘

`draft` is a storyboard that nobody has run; no job is kept in it. A film that reaches the library makes its job `ready`
even after a `cancel` or a `fail` by timeout: whoever renders decides which came first, and says so once (`store`, or
`fail`). That is the only way out of `cancelled`, and with `retry` one of two out of `failed`.
"""

from __future__ import annotations

from typing import Final, Literal

from contracts.events.jobs import JobState
from services.orchestrator.errors import InvalidJobState

Act = Literal["request", "reserve", "refuse", "fetch", "fetched", "render", "store", "fail", "cancel", "retry"]

TRANSITIONS: Final[dict[tuple[JobState, Act], JobState]] = {
    ("draft", "request"): "reserving",
    ("reserving", "reserve"): "queued",
    ("reserving", "refuse"): "failed",
    ("reserving", "cancel"): "cancelled",
    ("queued", "fetch"): "fetching",
    ("queued", "fail"): "failed",
    ("queued", "cancel"): "cancelled",
    ("fetching", "fetch"): "fetching",
    ("fetching", "fetched"): "rendering",
    ("fetching", "fail"): "failed",
    ("fetching", "cancel"): "cancelled",
    ("rendering", "render"): "uploading",
    ("rendering", "store"): "ready",
    ("rendering", "fail"): "failed",
    ("rendering", "cancel"): "cancelled",
    ("uploading", "store"): "ready",
    ("uploading", "fail"): "failed",
    ("failed", "retry"): "reserving",
    ("failed", "store"): "ready",
    ("cancelled", "store"): "ready",
}

#: states nobody works on
TERMINAL: Final[frozenset[JobState]] = frozenset({"ready", "failed", "cancelled"})
#: states in which a job waits for something that must come, so each has a limit (see `sweeper`)
WAITING: Final[frozenset[JobState]] = frozenset({"reserving", "queued", "fetching", "rendering", "uploading"})

#: states out of which a job can be cancelled; after them the film is finished
STOPPABLE: Final[frozenset[JobState]] = frozenset(state for state, act in TRANSITIONS if act == "cancel")

_IN_WORDS: Final[dict[Act, str]] = {
    "cancel": "be cancelled",
    "retry": "be retried",
}


def transition(state: JobState, act: Act) -> JobState:
    """The state after an act. Raises InvalidJobState, which names the state, where the table has no such way."""
    after = TRANSITIONS.get((state, act))
    if after is None:
        raise InvalidJobState(f"The job is {state} and can't {_IN_WORDS.get(act, act)} now.")
    return after


def allowed(state: JobState, act: Act) -> bool:
    return (state, act) in TRANSITIONS
