"""Answers remembered for a few seconds, so that a question asked on every request is not a query on every request.

Bounded in number; many who ask the same at once wait for one answer (single flight). When the one who answers does
not (`Unavailable`), the last answer holds a little longer.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from kernel.errors import Unavailable

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(slots=True)
class _Answer(Generic[V]):
    value: V
    at: float


class Remembered(Generic[K, V]):
    """Times are seconds; `clock` is monotonic. The oldest of more than `most` answers are forgotten."""

    def __init__(
        self,
        ask: Callable[[K], Awaitable[V]],
        *,
        fresh: float,
        stale: float = 0.0,
        most: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._fresh = fresh
        self._stale = max(fresh, stale)
        self._most = most
        self._clock = clock
        self._answers: OrderedDict[K, _Answer[V]] = OrderedDict()
        self._asking: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K, *, older_than: float | None = None) -> V:
        """The answer, at most `fresh` (or `older_than`) seconds old. Raises what asking raises.

        While asking raises `Unavailable`, an answer of up to `stale` seconds is given.
        """
        age = self._age(key)
        if age is not None and age < (self._fresh if older_than is None else older_than):
            return self._answers[key].value
        try:
            return await self._once(key)
        except Unavailable:
            age = self._age(key)
            if age is not None and age < self._stale:
                return self._answers[key].value
            raise

    def forget(self, key: K) -> None:
        """Ask again next time."""
        self._answers.pop(key, None)

    def __len__(self) -> int:
        return len(self._answers)

    def _age(self, key: K) -> float | None:
        answer = self._answers.get(key)
        return None if answer is None else self._clock() - answer.at

    async def _once(self, key: K) -> V:
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._fetch(key))
            task.add_done_callback(lambda done: self._asked(key, done))
        # Whoever stops waiting (a client that hung up) must not take the answer from the others.
        return await asyncio.shield(task)

    def _asked(self, key: K, done: asyncio.Task[V]) -> None:
        self._asking.pop(key, None)
        if not done.cancelled():
            done.exception()  # marks it as seen, if all who waited have gone

    async def _fetch(self, key: K) -> V:
        # Its age counts from before the question: what changes while it travels may not be in the answer.
        asked_at = self._clock()
        value = await self._ask(key)
        self._answers[key] = _Answer(value, asked_at)
        self._answers.move_to_end(key)
        while len(self._answers) > self._most:
            self._answers.popitem(last=False)
        return value
