"""Progress: forward only, never over the whole, with a guess of the time left that comes true."""

import time

from hypothesis import given
from hypothesis import strategies as st

from services.renderer.engine.progress import Meter, Progress

STAGES = st.sampled_from(["prepare", "render", "sound", "join"])


@given(st.lists(st.tuples(STAGES, st.floats(0, 1.5))))
def test_it_never_goes_back_nor_over_one_and_ends_with_done(steps):
    told: list[Progress] = []
    meter = Meter(told.append)
    for stage, fraction in steps:
        meter.advance(stage, fraction)
    meter.done()
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)
    assert max(fractions) <= 1.0
    assert told[-1] == Progress("done", 1.0, 0.0)
    assert all(progress.seconds_left is None or progress.seconds_left >= 0 for progress in told)


def test_the_time_left_falls_as_an_even_stage_goes_on(monkeypatch):
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    told: list[Progress] = []
    meter = Meter(told.append)
    now += 50  # slow to prepare: says nothing about drawing
    meter.advance("prepare", 1.0)
    for step in range(1, 101):
        now += 0.1
        meter.advance("render", step / 100)
    left = [progress.seconds_left for progress in told if progress.seconds_left is not None]
    assert len(left) > 90
    assert left == sorted(left, reverse=True)
    assert 9 < left[0] < 12
    assert left[-1] < 1.5
