"""The studio as an operator starts, looks after and stops it: `keyreel up` and the commands beside it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import httpx2
import numpy as np
import pytest

from keyreel.testing import StudioProcess

pytestmark = pytest.mark.slow


@pytest.fixture
def studio_process(tmp_path: Path) -> Iterator[StudioProcess]:
    with StudioProcess(tmp_path / "studio") as process:
        yield process


def keyreel(studio: StudioProcess, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command beside the studio, on the same folder."""
    line = [sys.executable, "-m", "keyreel", *arguments]
    return subprocess.run(line, env=studio.variables, capture_output=True, text=True, timeout=60)


def test_a_new_studio_answers_on_one_port_and_leaves_nothing_behind_when_it_stops(
    studio_process: StudioProcess,
) -> None:
    studio_process.start()
    assert studio_process.ready_seconds < 30
    with httpx2.Client(base_url=studio_process.address, timeout=30) as browser:
        assert browser.get("/healthz").status_code == 200
        assert browser.get("/api/openapi.json").json()["openapi"].startswith("3.")
        page = browser.get("/")
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert "script-src 'self'" in page.headers["content-security-policy"]
    token = studio_process.owner_token()
    with studio_process.client(token) as owner:
        made = owner.post("storyboards/from-text", json={"text": "Tea."}).json()

    second = keyreel(studio_process, "up")
    assert second.returncode == 2
    assert "KEYREEL_PORT" in second.stderr
    other_port = {**studio_process.variables, "KEYREEL_PORT": "1"}
    line = [sys.executable, "-m", "keyreel", "migrate"]
    locked = subprocess.run(line, env=other_port, capture_output=True, text=True, timeout=60)
    assert locked.returncode == 2
    assert f"process {studio_process.pid}" in locked.stderr

    assert studio_process.stop() < 10
    studio_process.start()
    with studio_process.client(token) as owner:
        assert owner.get(f"storyboards/{made['id']}").status_code == 200


def test_an_open_stream_does_not_hold_up_a_stop(studio_process: StudioProcess) -> None:
    studio_process.start()
    session = studio_process.sign_in()
    with studio_process.client(session["access_token"]) as owner, owner.stream("GET", "events") as stream:
        assert stream.status_code == 200
        assert studio_process.stop() < 10


def test_invariants_are_counted_beside_a_running_studio_and_on_a_stopped_one(studio_process: StudioProcess) -> None:
    studio_process.start()
    running = keyreel(studio_process, "check-invariants")
    assert running.returncode == 0, running.stdout
    studio_process.stop()
    stopped = keyreel(studio_process, "check-invariants", "--json")
    assert stopped.returncode == 0
    lines = [json.loads(line) for line in stopped.stdout.splitlines()]
    assert {line["number"] for line in lines} == {0}
    assert {line["invariant"] for line in lines} == {"I1", "I2", "I3", "I4", "I5", "I7", "I9"}


def test_a_lost_object_is_counted_and_makes_the_command_fail(studio_process: StudioProcess) -> None:
    picture = bytes(cv2.imencode(".png", np.full((64, 64, 3), 90, np.uint8))[1])
    studio_process.start()
    with studio_process.client(studio_process.owner_token()) as owner:
        about = {"filename": "tea.png", "bytes": len(picture), "content_type": "image/png"}
        upload = owner.post("uploads", json=about).json()
        sent = owner.put(upload["parts"][0]["address"].removeprefix("/api/v1/"), content=picture).json()
        parts = {"parts": [{"number": 1, "etag": sent["etag"]}]}
        assert owner.post(f"uploads/{upload['id']}/complete", json=parts).status_code == 200
        deadline = time.monotonic() + 60
        while owner.get(f"assets/{upload['id']}").json()["state"] != "ready":
            assert time.monotonic() < deadline
            time.sleep(0.2)
    studio_process.stop()
    for path in (studio_process.folder / "state" / "objects").rglob("*"):
        if path.is_file() and path.read_bytes() == picture:
            path.unlink()
    found = keyreel(studio_process, "check-invariants")
    assert found.returncode == 1, found.stdout
    assert any("rows_without_object" in line and line.rstrip().endswith("1") for line in found.stdout.splitlines())


def test_what_is_served_without_work_waits_for_work_behind_a_closed_door(studio_process: StudioProcess) -> None:
    studio_process.start()
    token = studio_process.owner_token()
    studio_process.stop()

    studio_process.launch("serve", "orchestrator", "billing", "storage")
    studio_process.wait_until_ready()
    with studio_process.client(token) as owner:
        board = owner.post("storyboards", json={"document": small_storyboard()})
        assert board.status_code == 201, board.text
        job = owner.post("jobs", json={"storyboard_id": board.json()["id"]}, headers={"Idempotency-Key": "one"}).json()
        assert owner.get("members").status_code == 404  # auth is not served, and still knows who asks
        time.sleep(1)
        assert owner.get(f"jobs/{job['id']}").json()["state"] == "queued"
    studio_process.stop()

    worker = studio_process.launch("work")
    deadline = time.monotonic() + 60
    while not list((studio_process.folder / "state" / "objects").rglob("video.mp4*")) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert studio_process.counts(wait=30) == {}
    worker.send_signal(signal.SIGTERM)
    assert studio_process.ended(20) == 0

    studio_process.start()
    with studio_process.client(token) as owner:
        assert owner.get(f"jobs/{job['id']}").json()["state"] == "ready"


def test_a_service_or_an_event_that_is_not_there_is_refused_with_the_names_there_are(
    studio_process: StudioProcess,
) -> None:
    for arguments in (("serve", "kitchen"), ("work", "kitchen")):
        refused = keyreel(studio_process, *arguments)
        assert refused.returncode == 2
        assert "No service is called kitchen. There are auth," in refused.stderr
    unknown = keyreel(studio_process, "events", "replay", "--since", "2026-01-01", "--topic", "tea.poured")
    assert unknown.returncode == 2
    assert "video.rendered" in unknown.stderr


def test_events_are_sent_again_and_nobody_acts_on_one_twice(studio_process: StudioProcess) -> None:
    studio_process.start()
    studio_process.owner_token()
    assert studio_process.counts(wait=30) == {}
    again = keyreel(studio_process, "events", "replay", "--since", "2026-01-01")
    assert again.returncode == 0, again.stderr
    sent = dict(line.split() for line in again.stdout.splitlines())
    assert int(sent["auth"]) > 0
    assert studio_process.counts(wait=30) == {}


def small_storyboard() -> dict[str, object]:
    """Two short scenes without a voice, on a small canvas."""
    scenes = [
        {"id": name, "duration": 0.5, "visual": {"type": "color", "color": colour}}
        for name, colour in (("a", "#335577"), ("b", "#775533"))
    ]
    return {"version": "storyboard/1", "canvas": {"width": 320, "height": 180}, "scenes": scenes}
