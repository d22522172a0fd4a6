"""A studio that dies while a job begins or ends, seen by its client: F1, F2, F25, F32, F43 and F44 of the fault matrix.

The whole studio as it is installed, killed by itself at a named point, started again on its folder.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from studio_acts import ask, until
from studio_rows import make_jobs_look_silent, number, rows

from keyreel.testing import StudioProcess

pytestmark = pytest.mark.slow

#: what each point of a job's beginning leaves behind: job rows, places held
BEGUN = {"orchestrator.job.after_commit": 0, "orchestrator.job.after_reserve": 1, "orchestrator.job.after_queued": 1}


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[StudioProcess]:
    with StudioProcess(tmp_path / "studio") as process:
        yield process


def small_storyboard() -> dict[str, Any]:
    """Two short scenes without a voice, on a small canvas."""
    scenes = [
        {"id": name, "duration": 0.5, "visual": {"type": "color", "color": color}}
        for name, color in (("a", "#335577"), ("b", "#775533"))
    ]
    return {"version": "storyboard/1", "canvas": {"width": 320, "height": 180}, "scenes": scenes}


def cut_off(studio: StudioProcess, failpoints: str) -> tuple[str, dict[str, Any]]:
    """A request for a job that never gets its answer; the client's token, and the request to send again."""
    studio.start(failpoints=failpoints)
    token = studio.owner_token()
    with studio.client(token) as owner:
        board = ask(owner, "POST", "storyboards", json={"document": small_storyboard()})
        request = {"json": {"storyboard_id": board["id"]}, "headers": {"Idempotency-Key": "once"}}
        with pytest.raises(httpx2.TransportError):
            owner.post("jobs", **request)
    assert studio.ended() == -signal.SIGKILL
    return token, request


def jobs(studio: StudioProcess) -> list[str]:
    return [str(job) for (job,) in rows(studio, "SELECT id FROM keyreel_orchestrator.jobs")]


def places(studio: StudioProcess) -> list[str]:
    """The states of what billing holds, and has charged, for jobs."""
    return [state for (state,) in rows(studio, "SELECT state FROM keyreel_billing.reservations")]


def assert_made_once(studio: StudioProcess, owner: httpx2.Client, job: str) -> None:
    """The only job is finished, its film is in the library, it was charged once, and nothing is left open."""
    assert until(owner, f"jobs/{job}", {"ready", "failed"})["state"] == "ready"
    assert studio.counts(wait=60) == {}
    assert jobs(studio) == [job]
    assert places(studio) == ["committed"]
    booked = rows(studio, "SELECT quota, count(*) FROM keyreel_billing.ledger WHERE source = 'job' GROUP BY quota")
    assert dict(booked) == {"videos": 1, "render_seconds": 1}
    assert number(studio, "SELECT count(*) FROM keyreel_storage.films") == 1


def test_f1_a_job_that_was_not_committed_never_was_and_the_repeated_request_makes_one(studio: StudioProcess) -> None:
    token, request = cut_off(studio, "orchestrator.job.before_commit=kill")
    assert jobs(studio) == []
    studio.start()
    with studio.client(token) as owner:
        job = ask(owner, "POST", "jobs", **request)
        assert_made_once(studio, owner, job["id"])


@pytest.mark.parametrize("point", BEGUN)
def test_f2_a_job_that_was_committed_is_the_answer_to_the_repeated_request(studio: StudioProcess, point: str) -> None:
    token, request = cut_off(studio, f"{point}=kill")
    (begun,) = jobs(studio)
    assert places(studio) == ["open"] * BEGUN[point]
    studio.start()
    with studio.client(token) as owner:
        again = owner.post("jobs", **request)
        assert (again.status_code, again.json()["id"]) == (201, begun)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert_made_once(studio, owner, begun)


@pytest.mark.parametrize("point", ["billing.reserve.held", "orchestrator.job.after_reserve"])
def test_f43_a_job_whose_client_is_gone_gets_its_place_from_the_sweeper(studio: StudioProcess, point: str) -> None:
    """Killed while billing holds a place and has not committed it; and when it has, and the job doesn't know."""
    token, _ = cut_off(studio, f"{point}=kill")
    (begun,) = jobs(studio)
    assert places(studio) == ["open"] * (point == "orchestrator.job.after_reserve")
    studio.start()
    make_jobs_look_silent(studio)
    with studio.client(token) as owner:
        assert_made_once(studio, owner, begun)


def dies_making(studio: StudioProcess, failpoints: str) -> tuple[str, str]:
    """A job under which the studio dies; the client's token and the job."""
    studio.start(failpoints=failpoints)
    token = studio.owner_token()
    with studio.client(token) as owner:
        board = ask(owner, "POST", "storyboards", json={"document": small_storyboard()})
        job = ask(owner, "POST", "jobs", json={"storyboard_id": board["id"]})
    assert studio.ended() == -signal.SIGKILL
    return token, job["id"]


def test_f25_a_film_that_was_committed_is_announced_after_the_restart_and_once(studio: StudioProcess) -> None:
    token, job = dies_making(studio, "renderer.assemble.after_commit=kill")
    rendered = "SELECT sent_at IS NOT NULL FROM keyreel_renderer.outbox WHERE topic = 'video.rendered'"
    assert rows(studio, rendered) == [(False,)]
    studio.start()
    with studio.client(token) as owner:
        assert_made_once(studio, owner, job)
        told = [one for one in ask(owner, "GET", "notifications")["items"] if one["kind"] == "video_ready"]
        assert [one["params"]["job_id"] for one in told] == [job]
    assert rows(studio, rendered) == [(True,)]


@pytest.mark.parametrize("moment", ["billing.commit.booked=kill", "inbox.handled.before_commit=kill@12"])
def test_f44_a_charge_that_died_is_made_once_after_the_restart(studio: StudioProcess, moment: str) -> None:
    token, job = dies_making(studio, moment)
    studio.start()
    with studio.client(token) as owner:
        assert_made_once(studio, owner, job)
        quotas = {row["quota"]: (row["used"], row["reserved"]) for row in ask(owner, "GET", "quotas")["items"]}
        assert (quotas["videos"], quotas["render_seconds"]) == ((1, 0), (1, 0))


def test_f32_a_studio_whose_transactions_collide_shows_its_client_none_of_it(studio: StudioProcess) -> None:
    """One in twenty transactions that write is failed by the server itself, everywhere."""
    studio.start(failpoints="db.serialization=raise40001%5")
    with studio.client(studio.owner_token()) as owner:
        for _ in range(40):
            answer = owner.post("storyboards", json={"document": small_storyboard()})
            assert answer.status_code == 201, answer.text
        job = ask(owner, "POST", "jobs", json={"storyboard_id": answer.json()["id"]})
        assert_made_once(studio, owner, job["id"])
    assert (studio.folder / "state" / "postgres" / "server.log").read_text().count("injected") >= 5
