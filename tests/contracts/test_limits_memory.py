"""The limiter in memory keeps the contract of every limiter, and does not grow without end."""

from __future__ import annotations

import pytest

from adapters.limits_memory import MemoryLimits
from kernel.ports import Limit
from kernel.testing.limits_contract import SLOW, LimitsContract


class TestMemoryLimits(LimitsContract):
    @pytest.fixture
    def limits(self) -> MemoryLimits:
        return MemoryLimits()


async def test_buckets_that_are_full_again_are_forgotten() -> None:
    seconds = 0.0
    limits = MemoryLimits(clock=lambda: seconds)
    for number in range(1000):
        await limits.take(f"address:{number}", Limit(rate=1, burst=5))
    assert len(limits) == 1000
    seconds = 10.0
    for _ in range(1000):
        await limits.take("one", SLOW)
    assert len(limits) == 1


async def test_a_flood_of_addresses_is_bounded() -> None:
    limits = MemoryLimits(most=100)
    for number in range(1000):
        await limits.take(f"address:{number}", SLOW)
    assert len(limits) == 100


async def test_a_bucket_in_use_outlives_a_flood_of_others() -> None:
    limits = MemoryLimits(most=100)
    for _ in range(5):
        await limits.take("guess", SLOW)
    for number in range(5000):
        await limits.take(f"address:{number}", SLOW)
        if number % 50 == 0:
            assert not (await limits.take("guess", SLOW)).allowed


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_limit_lets_something_through(rate: float, burst: int) -> None:
    with pytest.raises(ValueError, match="lets something through"):
        Limit(rate, burst)


def test_limits_are_written_per_minute_or_hour() -> None:
    assert Limit.per_minute(60) == Limit(1.0, 60)
    assert Limit.per_hour(3600, burst=5) == Limit(1.0, 5)
    assert Limit.per_minute(60, burst=3).window == 3
