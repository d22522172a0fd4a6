"""Missing segments become tasks of a few seconds of film each."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.renderer.engine.plan import SegmentJob
from services.renderer.groups import group
from storyboard.segments import Segment

FPS = 30


def jobs_of(lengths: list[tuple[int, int]]) -> list[SegmentJob]:
    """(scene, frames) of each segment."""
    jobs, start = [], 0
    for index, (scene, frames) in enumerate(lengths):
        jobs.append(SegmentJob(Segment(index, "body", scene, start, frames), f"key{index}"))
        start += frames
    return jobs


def film(seconds: float, scene_seconds: float = 6.0) -> list[SegmentJob]:
    """Scenes of pieces of three seconds."""
    count = int(seconds / 3)
    return jobs_of([(int(n * 3 / scene_seconds), 3 * FPS) for n in range(count)])


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 120)), min_size=1, max_size=60))
def test_every_segment_is_in_exactly_one_group_in_order(lengths: list[tuple[int, int]]) -> None:
    jobs = jobs_of(sorted(lengths))
    assert [job for run in group(jobs, FPS) for job in run] == jobs


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 120)), min_size=1, max_size=60))
def test_no_group_is_much_longer_than_ten_seconds(lengths: list[tuple[int, int]]) -> None:
    for run in group(jobs_of(sorted(lengths)), FPS):
        assert sum(job.segment.frames for job in run) <= 12 * FPS


def test_two_workers_share_a_film_of_ten_seconds() -> None:
    assert len(group(film(12), FPS)) >= 2


def test_a_long_film_is_cut_into_tasks_of_about_ten_seconds() -> None:
    groups = group(film(300), FPS)
    lengths = [sum(job.segment.frames for job in run) / FPS for run in groups]
    assert all(6 <= length <= 12 for length in lengths[:-1])


def test_one_edited_segment_is_one_task() -> None:
    assert [len(run) for run in group(film(3), FPS)] == [1]


def test_nothing_missing_is_no_task() -> None:
    assert group([], FPS) == []
