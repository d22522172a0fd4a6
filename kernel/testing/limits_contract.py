"""What every limiter must do (`kernel.ports.Limits`).

class TestMemoryLimits(LimitsContract):
    @pytest.fixture
    def limits(self): ...
"""

from __future__ import annotations

import asyncio

import pytest

from kernel.ids import uuid7
from kernel.ports import Limit, Limits

SLOW = Limit(rate=0.001, burst=5)
"""So slow that nothing comes back while a test runs."""


def new_bucket() -> str:
    return f"test:{uuid7()}"


class LimitsContract:
    """`limits` is a limiter; buckets are new for every test."""

    async def test_a_full_bucket_gives_its_burst_and_no_more(self, limits: Limits) -> None:
        bucket = new_bucket()
        verdicts = [await limits.take(bucket, SLOW) for _ in range(7)]
        assert [verdict.allowed for verdict in verdicts] == [True] * 5 + [False] * 2
        assert [verdict.remaining for verdict in verdicts] == [4, 3, 2, 1, 0, 0, 0]

    async def test_a_refusal_says_how_long_to_wait(self, limits: Limits) -> None:
        bucket = new_bucket()
        for _ in range(5):
            last = await limits.take(bucket, SLOW)
        assert 990 < last.reset_seconds <= 1000
        refused = await limits.take(bucket, SLOW)
        assert 990 < refused.reset_seconds <= 1000
        assert (await limits.take(new_bucket(), SLOW)).reset_seconds == 0

    async def test_a_refusal_takes_nothing(self, limits: Limits) -> None:
        bucket = new_bucket()
        assert not (await limits.take(bucket, SLOW, cost=6)).allowed
        assert (await limits.take(bucket, SLOW, cost=5)).allowed

    async def test_a_cost_takes_that_many(self, limits: Limits) -> None:
        bucket = new_bucket()
        assert (await limits.take(bucket, SLOW, cost=3)).remaining == 2
        assert not (await limits.take(bucket, SLOW, cost=3)).allowed
        assert (await limits.take(bucket, SLOW, cost=2)).allowed

    async def test_buckets_are_apart(self, limits: Limits) -> None:
        first, second = new_bucket(), new_bucket()
        assert (await limits.take(first, SLOW, cost=5)).allowed
        assert (await limits.take(second, SLOW, cost=5)).allowed

    async def test_what_was_taken_comes_back_with_time(self, limits: Limits) -> None:
        bucket, quick = new_bucket(), Limit(rate=20, burst=2)
        assert (await limits.take(bucket, quick, cost=2)).allowed
        assert not (await limits.take(bucket, quick)).allowed
        async with asyncio.timeout(5):
            while not (await limits.take(bucket, quick)).allowed:
                await asyncio.sleep(0.01)

    async def test_of_many_at_once_the_burst_is_allowed(self, limits: Limits) -> None:
        bucket = new_bucket()
        verdicts = await asyncio.gather(*(limits.take(bucket, SLOW) for _ in range(50)))
        assert sum(verdict.allowed for verdict in verdicts) == 5

    @pytest.mark.parametrize("name", ["a b", "ü:ß", "x" * 500, "line\nbreak", "*", "{}"])
    async def test_any_text_names_a_bucket(self, limits: Limits, name: str) -> None:
        bucket = f"{new_bucket()}:{name}"
        assert (await limits.take(bucket, SLOW, cost=5)).allowed
        assert not (await limits.take(bucket, SLOW)).allowed
