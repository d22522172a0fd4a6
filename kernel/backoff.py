"""When to try again."""

from __future__ import annotations

import random
from typing import Final

FIRST_SECONDS: Final = 2.0
LONGEST_SECONDS: Final = 300.0
ATTEMPTS: Final = 5


def backoff(attempts: int) -> float:
    """Seconds to wait after `attempts` failures: random between 2 s and a bound that grows fourfold up to 5 min.

    "Full jitter", so that what failed together doesn't come back together
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
    """
    bound = min(LONGEST_SECONDS, FIRST_SECONDS * 4.0 ** max(1, attempts))
    return random.uniform(FIRST_SECONDS, bound)  # noqa: S311 - jitter


def spread(seconds: float) -> float:
    """A wait the other side asked for, made up to 15 s longer at random: who was refused together comes back apart."""
    return seconds + random.uniform(0, 15)  # noqa: S311 - jitter
