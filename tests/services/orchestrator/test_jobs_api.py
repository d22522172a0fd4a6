"""Jobs over HTTP: begun once, reserved, watched, cancelled, retried (B30, B36-B39, F1, F2, F43)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from contracts.events.videos import RenderFailed, RenderProgressed, VideoRendered, VideoStored
from contracts.problems import QuotaExceeded
from kernel import failpoints
from kernel.errors import Unavailable
from kernel.ids import uuid7
from services.orchestrator.invariants import invariants

KEY = {"Idempotency-Key": "one act"}


def failed(job: dict[str, Any], code: str = "render_crashed", scene: str | None = "s1") -> RenderFailed:
    return RenderFailed(job_id=UUID(job["id"]), code=code, detail="It went wrong.", scene=scene)


def rendered(job: dict[str, Any]) -> VideoRendered:
    keys = dict.fromkeys(("object_key", "poster_key"), "t/x")
    sizes = {"bytes": 1, "seconds": 1.0, "frames": 30, "width": 320, "height": 180, "fps": 30}
    whose = {"job_id": job["id"], "storyboard_id": job["storyboard_id"], "version": job["version"]}
    more = {"srt_key": None, "vtt_key": None, "credits_key": None, "sha256": "0" * 64, "title": "Tea"}
    counts = {"segments": 4, "segments_rendered": 3, "scenes_rendered": 2, "encoder": "libx264", "fingerprint": "f"}
    return VideoRendered.model_validate({**whose, **keys, **sizes, **more, **counts})


def stored(job: dict[str, Any]) -> VideoStored:
    whose = {"job_id": job["id"], "video_id": job["storyboard_id"], "version": job["version"]}
    return VideoStored.model_validate({**whose, "title": "Tea", "bytes": 1, "seconds": 1.0})


async def crash(desk: Any, where: str, body: dict[str, Any], **more: Any) -> None:
    """A request for a job that is cut off at a failpoint."""
    with failpoints.arm(f"{where}=raise"):
        answer = await desk.mine.client.post("/api/v1/jobs", json=body, **more)
    assert answer.status_code == 500


# -- beginning --------------------------------------------------------------------------------------------------------


async def test_a_job_is_reserved_then_queued_and_everybody_is_told(desk: Any) -> None:
    job = await desk.job()
    assert (job["state"], job["queue_position"], job["progress"], job["scenes"]) == ("queued", 0, 0.0, 2)
    wanted = desk.places.held[UUID(job["id"])]
    assert (wanted.height, wanted.videos) == (180, 1)
    assert 2 <= wanted.render_seconds <= 4
    (requested,) = await desk.emitted("job.requested")
    assert requested["job_id"] == job["id"]
    assert [one["state"] for one in await desk.emitted("job.changed")] == ["queued"]


async def test_a_job_of_an_older_version_makes_that_version(desk: Any, board: dict[str, Any]) -> None:
    made = await desk.board(board)
    path = f"/storyboards/{made['id']}"
    await desk.ask("PUT", path, json={"document": {**board, "title": "Two"}}, headers={"If-Match": '"1"'})
    old = await desk.ask("POST", "/jobs", json={"storyboard_id": made["id"], "version": 1}, status=201)
    new = await desk.ask("POST", "/jobs", json={"storyboard_id": made["id"]}, status=201)
    assert (old["version"], new["version"]) == (1, 2)


async def test_jobs_wait_behind_the_workspace_s_earlier_ones(desk: Any) -> None:
    made = await desk.board()
    first, second = await desk.job(made), await desk.job(made)
    assert (first["queue_position"], second["queue_position"]) == (0, 1)
    listed = await desk.ask("GET", f"/jobs?storyboard_id={made['id']}&state=queued")
    assert [one["id"] for one in listed["items"]] == [second["id"], first["id"]]
    assert (await desk.ask("GET", "/jobs?state=ready"))["items"] == []


async def test_the_same_request_twice_is_one_job(desk: Any) -> None:
    made = await desk.board()
    body = {"storyboard_id": made["id"]}
    first = await desk.mine.client.post("/api/v1/jobs", json=body, headers=KEY)
    again = await desk.mine.client.post("/api/v1/jobs", json=body, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["idempotent-replayed"] == "true"
    assert len(desk.places.held) == 1
    assert len(await desk.rows("SELECT id FROM jobs")) == 1


async def test_b36_a_key_used_for_another_request_is_refused(desk: Any) -> None:
    made = await desk.board()
    await desk.job(made, headers=KEY)
    body = {"storyboard_id": made["id"], "version": 1}
    problem = await desk.refused("POST", "/jobs", json=body, headers=KEY)
    assert (problem["status"], problem["code"]) == (409, "idempotency_mismatch")


@pytest.mark.parametrize("key", ["", "x" * 1024])
async def test_b37_a_key_that_is_none_is_refused(desk: Any, key: str) -> None:
    made = await desk.board()
    problem = await desk.refused("POST", "/jobs", json={"storyboard_id": made["id"]}, headers={"Idempotency-Key": key})
    assert (problem["status"], problem["code"]) == (422, "invalid_idempotency_key")


async def test_the_same_request_at_the_same_moment_is_one_job(desk: Any) -> None:
    made = await desk.board()
    body = {"storyboard_id": made["id"]}
    answers = await asyncio.gather(*(desk.mine.client.post("/api/v1/jobs", json=body, headers=KEY) for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"in_progress"}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert len(await desk.rows("SELECT id FROM jobs")) == 1


BEGINNING = ["before_commit", "after_commit", "before_reserve", "after_reserve", "before_queued", "after_queued"]


@pytest.mark.parametrize("where", [f"orchestrator.job.{name}" for name in BEGINNING])
async def test_f1_f2_f43_a_crash_while_a_job_begins_ends_in_one_job_and_one_place(desk: Any, where: str) -> None:
    """F1, F2, F43: the client gets an error and sends the same request again."""
    made = await desk.board()
    body = {"storyboard_id": made["id"]}
    await crash(desk, where, body, headers=KEY)
    job = await desk.ask("POST", "/jobs", json=body, headers=KEY, status=201)
    assert job["state"] == "queued"
    assert list(desk.places.held) == [UUID(job["id"])]
    assert len(await desk.rows("SELECT id FROM jobs")) == 1


@pytest.mark.parametrize("where", [f"orchestrator.job.{name}" for name in BEGINNING[1:-1]])
async def test_f43_a_job_whose_begin_was_cut_off_is_finished_by_the_sweeper(desk: Any, where: str) -> None:
    """F43: nobody asks again; the reservation is completed, no orphan of either kind."""
    made = await desk.board()
    await crash(desk, where, {"storyboard_id": made["id"]})
    ((job_id,),) = await desk.rows("SELECT id FROM jobs WHERE state = 'reserving'")
    await desk.age({"id": job_id}, "2 minutes")
    await desk.here.tick("orchestrator.sweep")
    assert (await desk.look({"id": job_id}))["state"] == "rendering"
    assert list(desk.places.held) == [job_id]


async def test_f43_a_job_that_is_cut_off_and_then_refused_never_was(desk: Any) -> None:
    made = await desk.board()
    await crash(desk, "orchestrator.job.after_commit", {"storyboard_id": made["id"]})
    await desk.rows("UPDATE jobs SET heard_at = heard_at - interval '2 minutes' RETURNING id")
    desk.places.refusal = QuotaExceeded()
    await desk.here.tick("orchestrator.sweep")
    assert await desk.rows("SELECT id FROM jobs") == []
    assert desk.places.held == {}


# -- refused ----------------------------------------------------------------------------------------------------------


async def test_b38_a_job_over_the_quota_is_refused_and_nothing_is_kept(desk: Any) -> None:
    made = await desk.board()
    desk.places.refusal = QuotaExceeded("No video is left.", quota="videos", limit=5, remaining=0, plan_hint="pro")
    problem = await desk.refused("POST", "/jobs", json={"storyboard_id": made["id"]}, headers=KEY)
    assert (problem["status"], problem["code"], problem["detail"]) == (429, "quota_exceeded", "No video is left.")
    assert (problem["quota"], problem["remaining"], problem["plan_hint"]) == ("videos", 0, "pro")
    assert (await desk.ask("GET", "/jobs"))["items"] == []
    assert await desk.emitted("job.changed") == []
    desk.places.refusal = None
    assert (await desk.job(made, headers=KEY))["state"] == "queued"


async def test_nothing_new_begins_while_billing_is_away(desk: Any) -> None:
    made = await desk.board()
    desk.places.refusal = Unavailable()
    problem = await desk.refused("POST", "/jobs", json={"storyboard_id": made["id"]})
    assert (problem["status"], problem["code"]) == (503, "unavailable")
    assert (await desk.ask("GET", "/jobs"))["items"] == []
    desk.places.refusal = None
    await desk.here.drain()
    # The answer may have been lost after the place was given: it is given back.
    assert desk.places.released == desk.places.asked


async def test_a_foreign_storyboard_or_upload_is_as_unknown_as_any(desk: Any, board: dict[str, Any]) -> None:
    made = await desk.board()
    answers = []
    for storyboard in (made["id"], str(uuid7())):
        problem = await desk.refused("POST", "/jobs", by=desk.theirs, json={"storyboard_id": storyboard})
        answers.append({**problem, "request_id": None})
    assert answers[0] == answers[1]
    assert (answers[0]["status"], answers[0]["code"]) == (422, "unknown_reference")
    told = []
    for asset in (desk.uploads.add(desk.theirs.tenant), uuid7()):
        board["scenes"][0]["visual"] = {"type": "upload", "src": f"asset:{asset}"}
        of_foreign = await desk.board(board)
        problem = await desk.refused("POST", "/jobs", json={"storyboard_id": of_foreign["id"]})
        assert problem["errors"][0]["pointer"] == "/scenes/0/visual/src"
        told.append({**problem, "request_id": None})
    assert told[0] == told[1]
    assert (told[0]["status"], told[0]["code"]) == (422, "unknown_reference")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"voice": {"connector": "elevenlabs"}}, "/voice/connector"),
        ({"voice": {"connector": "speech-offline", "voice": "nobody"}}, "/voice/voice"),
        ({"captions": {"font": {"family": "Comic Sans"}}}, "/captions/font/family"),
        ({"brand": {"logo": "sample:none"}}, "/brand/logo"),
        ({"brand": {"logo": "file:/etc/passwd"}}, "/brand/logo"),
    ],
)
async def test_a_voice_font_or_file_that_is_not_there_is_refused(
    desk: Any, board: dict[str, Any], changes: dict[str, Any], pointer: str
) -> None:
    made = await desk.board(board, **changes)
    problem = await desk.refused("POST", "/jobs", json={"storyboard_id": made["id"]})
    assert (problem["status"], problem["code"]) == (422, "unknown_reference")
    assert problem["errors"][0]["pointer"] == pointer


async def test_a_scene_that_searches_where_nobody_can_says_so(desk: Any, board: dict[str, Any]) -> None:
    board["scenes"][0]["visual"] = {"type": "stock", "query": "tea", "connectors": ["pexels"]}
    made = await desk.board(board)
    problem = await desk.refused("POST", f"/storyboards/{made['id']}/estimate")
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("unresolved_media", "/scenes/0/visual")


# -- estimate ---------------------------------------------------------------------------------------------------------


async def test_an_estimate_says_how_long_what_it_costs_and_what_is_left(desk: Any) -> None:
    made = await desk.board()
    found = await desk.ask("POST", f"/storyboards/{made['id']}/estimate")
    assert 1.5 < found["seconds"] < 3
    assert found["render_seconds"] == -int(-found["seconds"] // 1)
    assert {(line["line"], line["amount"]) for line in found["cost"]} == {("speech-offline", 0), ("music-offline", 0)}
    assert found["quota_left"] == {"videos": 6, "render_seconds": None}


async def test_an_estimate_knows_the_length_of_what_was_spoken_before(desk: Any) -> None:
    made = await desk.board()
    guessed = await desk.ask("POST", f"/storyboards/{made['id']}/estimate")
    await desk.rendering(made)
    (take,) = [row[0] for row in await desk.rows("SELECT take FROM products WHERE take IS NOT NULL")]
    known = await desk.ask("POST", f"/storyboards/{made['id']}/estimate")
    assert known["seconds"] == pytest.approx(take["seconds"] + 0.3 + 1.0, abs=0.07)
    assert known["seconds"] != guessed["seconds"]


# -- the way to a film ------------------------------------------------------------------------------------------------


async def test_a_job_follows_its_render_to_the_library(desk: Any) -> None:
    job = await desk.rendering()
    assert (job["stage"], job["started_at"] is not None) == ("render", True)
    await desk.tell(RenderProgressed(job_id=job["id"], progress=0.5, segments=4, segments_rendered=2, scenes_done=1))
    half = await desk.look(job)
    assert (half["segments"], half["segments_rendered"], half["scenes_done"]) == (4, 2, 1)
    assert job["progress"] < half["progress"] < 0.95
    await desk.tell(rendered(job))
    kept = await desk.look(job)
    assert (kept["state"], kept["stage"]) == ("uploading", "store")
    await desk.tell(stored(job))
    done = await desk.look(job)
    assert (done["state"], done["progress"], done["seconds_left"], done["failure"]) == ("ready", 1.0, None, None)
    assert done["finished_at"] is not None
    assert (done["segments_rendered"], done["scenes_rendered"]) == (3, 2)
    changes = await desk.emitted("job.changed")
    progress = [change["progress"] for change in changes]
    assert progress == sorted(progress)
    states = list(dict.fromkeys(change["state"] for change in changes))
    assert states == ["queued", "fetching", "rendering", "uploading", "ready"]


async def test_progress_is_told_twice_a_second_at_most(desk: Any) -> None:
    job = await desk.rendering()
    before = len(await desk.emitted("job.changed"))
    for step in range(40):
        await desk.tell(RenderProgressed(job_id=job["id"], progress=step / 50, segments=4, segments_rendered=0))
    assert len(await desk.emitted("job.changed")) - before <= 8
    assert (await desk.look(job))["progress"] > 0.7


async def test_late_news_do_not_take_progress_back(desk: Any) -> None:
    job = await desk.rendering()
    for progress in (0.6, 0.2):
        await desk.tell(RenderProgressed(job_id=job["id"], progress=progress, segments=4, segments_rendered=1))
    assert (await desk.look(job))["progress"] > 0.6


async def test_the_library_may_hear_of_the_film_first(desk: Any) -> None:
    job = await desk.rendering()
    await desk.tell(stored(job))
    await desk.tell(rendered(job))
    done = await desk.look(job)
    assert (done["state"], done["segments_rendered"]) == ("ready", 3)


# -- failing and trying again -----------------------------------------------------------------------------------------


async def test_a_failed_render_says_why_and_gives_its_place_back(desk: Any) -> None:
    job = await desk.rendering()
    await desk.tell(failed(job))
    await desk.here.drain()
    found = await desk.look(job)
    assert found["state"] == "failed"
    assert found["failure"] == {"code": "render_crashed", "detail": "It went wrong.", "scene": "s1"}
    assert desk.places.held == {}


async def test_a_place_that_is_given_back_as_the_process_dies_is_given_back_once_more(desk: Any) -> None:
    job = await desk.rendering()
    await desk.tell(failed(job))
    with failpoints.arm("orchestrator.release.after_billing=raise@1"):
        await desk.here.drain()
    assert desk.places.released == [UUID(job["id"])] * 2
    assert (await invariants(desk.service))["places_of_ended_jobs"] == 0


async def test_a_failed_job_is_tried_again_with_what_was_made(desk: Any) -> None:
    job = await desk.rendering()
    calls = len((await desk.look(job))["calls"])
    await desk.tell(failed(job))
    await desk.here.drain()
    again = await desk.ask("POST", f"/jobs/{job['id']}/retry")
    assert (again["state"], again["failure"], again["progress"]) == ("queued", None, 0.0)
    assert list(desk.places.held) == [UUID(job["id"])]
    await desk.here.drain()
    found = await desk.look(job)
    assert found["state"] == "rendering"
    assert len(found["calls"]) == calls
    assert len(await desk.emitted("assets.fetched")) == 2


async def test_a_retry_is_refused_as_a_new_job_would_be_and_the_job_stays_failed(desk: Any) -> None:
    job = await desk.rendering()
    await desk.tell(failed(job))
    await desk.here.drain()
    desk.places.refusal = QuotaExceeded()
    problem = await desk.refused("POST", f"/jobs/{job['id']}/retry")
    assert problem["code"] == "quota_exceeded"
    found = await desk.look(job)
    assert (found["state"], found["failure"]["code"]) == ("failed", "quota_exceeded")
    desk.places.refusal = None
    await desk.here.drain()
    assert (await desk.ask("POST", f"/jobs/{job['id']}/retry"))["state"] == "queued"


async def test_a_failed_job_whose_place_is_not_given_back_yet_has_to_wait(desk: Any) -> None:
    job = await desk.rendering()
    await desk.tell(failed(job))
    problem = await desk.refused("POST", f"/jobs/{job['id']}/retry")
    assert (problem["status"], problem["code"]) == (409, "invalid_state")


async def test_b39_what_a_job_s_state_does_not_allow_is_refused_with_that_state(desk: Any) -> None:
    job = await desk.rendering()
    problem = await desk.refused("POST", f"/jobs/{job['id']}/retry")
    assert (problem["status"], problem["code"]) == (409, "invalid_state")
    assert "rendering" in problem["detail"]
    await desk.tell(stored(job))
    problem = await desk.refused("POST", f"/jobs/{job['id']}/cancel")
    assert (problem["status"], problem["code"]) == (409, "invalid_state")
    assert "ready" in problem["detail"]


async def test_a_job_of_someone_else_is_as_unknown_as_any(desk: Any) -> None:
    job = await desk.job()
    for method, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/retry")):
        foreign = await desk.refused(method, f"/jobs/{job['id']}{path}", by=desk.theirs)
        unknown = await desk.refused(method, f"/jobs/{uuid7()}{path}", by=desk.theirs)
        assert {**foreign, "request_id": None} == {**unknown, "request_id": None}
    assert (await desk.look(job))["state"] == "queued"


# -- cancelling -------------------------------------------------------------------------------------------------------


async def test_a_queued_job_is_cancelled_and_its_place_given_back(desk: Any) -> None:
    job = await desk.job()
    assert (await desk.ask("POST", f"/jobs/{job['id']}/cancel"))["state"] == "cancelled"
    await desk.here.drain()
    assert (await desk.look(job))["state"] == "cancelled"
    assert await desk.emitted("assets.fetched") == []
    assert desk.places.held == {}


async def test_a_rendering_job_keeps_its_place_until_no_film_can_come(desk: Any) -> None:
    job = await desk.rendering()
    await desk.ask("POST", f"/jobs/{job['id']}/cancel")
    await desk.here.drain()
    assert list(desk.places.held) == [UUID(job["id"])]
    (withdrawn,) = await desk.emitted("job.withdrawn")
    assert withdrawn["job_id"] == job["id"]
    await desk.tell(failed(job, "render_cancelled", None))
    await desk.here.drain()
    assert (await desk.look(job))["state"] == "cancelled"
    assert desk.places.held == {}


async def test_a_film_that_was_finished_before_the_cancellation_arrived_is_ready(desk: Any) -> None:
    job = await desk.rendering()
    await desk.ask("POST", f"/jobs/{job['id']}/cancel")
    await desk.tell(rendered(job))
    assert (await desk.look(job))["state"] == "cancelled"
    await desk.tell(stored(job))
    assert (await desk.look(job))["state"] == "ready"
    await desk.here.drain()
    assert desk.places.released == []


@pytest.mark.slow
async def test_f45_cancel_and_completion_at_the_same_moment_have_one_winner_500_times(desk: Any) -> None:
    """F45. Who renders says once which it was; here it says so in either order, as fast as it can."""
    first = await desk.rendering()
    copied = (
        "INSERT INTO jobs SELECT (json_populate_record(j, json_build_object('id', CAST(:id AS text)))).* "
        "FROM jobs j WHERE id = :from RETURNING id"
    )
    for number in range(500):
        job = {**first, "id": str(uuid7())}
        await desk.rows(copied, **{"id": job["id"], "from": first["id"]})
        desk.places.held[UUID(job["id"])] = desk.places.held[UUID(first["id"])]
        finished = number % 2 == 0
        ends = [stored(job)] if finished else [failed(job, "render_cancelled", None)]
        cancelled = desk.mine.client.post(f"/api/v1/jobs/{job['id']}/cancel")
        answer, *_ = await asyncio.gather(cancelled, *(desk.tell(end) for end in ends))
        assert answer.status_code in (200, 409), answer.text
    await desk.here.drain()
    counts = dict(await desk.rows("SELECT state, count(*) FROM jobs WHERE id <> :id GROUP BY state", id=first["id"]))
    assert counts.pop("ready") == 250
    assert sum(counts.values()) == 250
    assert set(counts) <= {"cancelled", "failed"}
    assert await desk.rows("SELECT id FROM jobs WHERE reservation = 'open' AND id <> :id", id=first["id"]) == []
    # Every job that ended badly gave its place back, every other one kept it for its film.
    assert len(desk.places.held) == 250 + 1


# -- what is stuck ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "silence", "withdrawn"), [("rendering", "7 hours", True), ("uploading", "25 hours", False)]
)
async def test_a_job_that_waits_for_what_does_not_come_is_ended(
    desk: Any, state: str, silence: str, withdrawn: bool
) -> None:
    job = await desk.rendering()
    if state == "uploading":
        await desk.tell(rendered(job))
    await desk.age(job, "1 hour")
    await desk.here.tick("orchestrator.sweep")
    assert (await desk.look(job))["state"] == state
    await desk.age(job, silence)
    await desk.here.tick("orchestrator.sweep")
    found = await desk.look(job)
    assert (found["state"], found["failure"]["code"]) == ("failed", "job_timed_out")
    assert bool(await desk.emitted("job.withdrawn")) is withdrawn
    assert (desk.places.held == {}) is not withdrawn


async def test_a_job_whose_task_is_gone_is_ended_soon(desk: Any) -> None:
    job = await desk.job()
    await desk.rows("DELETE FROM tasks WHERE kind = 'orchestrator.fetch' RETURNING id")
    await desk.age(job, "3 minutes")
    await desk.here.tick("orchestrator.sweep")
    assert (await desk.look(job))["failure"]["code"] == "job_timed_out"
    assert desk.places.held == {}


async def test_a_queued_job_whose_task_waits_is_left_alone(desk: Any) -> None:
    job = await desk.job()
    await desk.rows("UPDATE tasks SET due_at = now() + interval '1 hour' RETURNING id")
    await desk.age(job, "3 hours")
    await desk.here.tick("orchestrator.sweep")
    assert (await desk.look(job))["state"] == "queued"


# -- invariants -------------------------------------------------------------------------------------------------------


async def test_the_invariants_hold_along_a_job_s_whole_life(desk: Any) -> None:
    good = {"stranded_jobs": 0, "places_of_ended_jobs": 0}
    job = await desk.job()
    assert await invariants(desk.service) == good
    await desk.here.drain()
    assert await invariants(desk.service) == good
    await desk.tell(failed(job))
    assert await invariants(desk.service) == good
    await desk.here.drain()
    assert await invariants(desk.service) == good
    assert (await desk.look(job))["state"] == "failed"


async def test_a_job_without_its_task_and_a_place_nobody_gives_back_are_counted(desk: Any) -> None:
    await desk.job()
    await desk.rows("DELETE FROM tasks WHERE kind = 'orchestrator.fetch' RETURNING id")
    assert (await invariants(desk.service))["stranded_jobs"] == 1
    await desk.rows("UPDATE jobs SET state = 'failed' RETURNING id")
    assert (await invariants(desk.service))["places_of_ended_jobs"] == 1


async def test_a_job_that_is_silent_for_too_long_is_counted(desk: Any) -> None:
    job = await desk.rendering()
    await desk.age(job, "7 hours")
    assert (await invariants(desk.service))["stranded_jobs"] == 1
    await desk.here.tick("orchestrator.sweep")
    assert (await invariants(desk.service))["stranded_jobs"] == 0
