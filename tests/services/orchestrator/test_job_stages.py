"""Progress of a job over its stages, and the time left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orchestrator.stages import SHARES, overall, seconds_left

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_the_shares_of_the_stages_are_the_whole() -> None:
    assert sum(SHARES.values()) == pytest.approx(1.0)
    assert overall("store", 1.0) == pytest.approx(1.0)


@given(st.lists(st.tuples(st.sampled_from(list(SHARES)), st.floats(-1, 2)), min_size=2, max_size=30))
def test_a_later_stage_or_fraction_is_never_less_of_the_whole(points: list[tuple[str, float]]) -> None:
    order = list(SHARES)
    points.sort(key=lambda point: (order.index(point[0]), point[1]))
    progress = [overall(stage, fraction) for stage, fraction in points]  # type: ignore[arg-type]
    assert progress == sorted(progress)
    assert all(0.0 <= each <= 1.0 for each in progress)


def test_the_time_left_is_what_the_measured_speed_says() -> None:
    assert seconds_left(0.5, NOON, 0.25, NOON + timedelta(seconds=10)) == pytest.approx(20.0)


def test_no_time_left_is_told_before_there_is_a_speed() -> None:
    assert seconds_left(0.5, None, 0.0, NOON) is None
    assert seconds_left(0.26, NOON, 0.25, NOON + timedelta(seconds=10)) is None
