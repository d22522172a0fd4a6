"""Token buckets in this process's memory: right for one process; several would each allow as much again."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from kernel.ports import Limit, Verdict

MOST_BUCKETS = 100_000


class MemoryLimits:
    """`kernel.ports.Limits`. A bucket nobody took from until it was full again is forgotten."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, most: int = MOST_BUCKETS) -> None:
        self._clock = clock
        self._most = most
        self._buckets: OrderedDict[tuple[str, Limit], tuple[float, float]] = OrderedDict()  # tokens, as of when

    async def take(self, bucket: str, limit: Limit, cost: int = 1) -> Verdict:
        """Never waits, so that no other request comes between reading and writing a bucket."""
        now = self._clock()
        place = (bucket, limit)
        tokens, then = self._buckets.pop(place, (float(limit.burst), now))
        tokens = min(float(limit.burst), tokens + (now - then) * limit.rate)
        allowed = tokens >= cost
        if allowed:
            tokens -= cost
        self._buckets[place] = (tokens, now)
        self._forget_full(now)
        missing = max(0.0, (1 if allowed else cost) - tokens)
        return Verdict(allowed, int(tokens), missing / limit.rate)

    def __len__(self) -> int:
        return len(self._buckets)

    def _forget_full(self, now: float) -> None:
        # Least recently used first; two a call, so that the number falls again after a flood of addresses.
        for _ in range(2):
            if not self._buckets:
                return
            (_, limit), (tokens, then) = oldest = next(iter(self._buckets.items()))
            full = tokens + (now - then) * limit.rate >= limit.burst
            if not full and len(self._buckets) <= self._most:
                return
            del self._buckets[oldest[0]]
