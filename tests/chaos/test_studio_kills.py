"""kill -9 of the whole studio at named points: after the next start the act goes on, takes effect once, and all
invariants are 0 (F1, F2, F3, F8, F17, F24, F25, F43, F44, F55)."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import httpx2
import numpy as np
import pytest

from kernel.testing.processes import offspring
from keyreel.testing import StudioProcess
from tests.chaos.studio_acts import Act, CancelledFilm, Film, Key, Upload, ask, until

pytestmark = pytest.mark.slow

FILM = (
    "orchestrator.job.before_commit",
    "orchestrator.job.after_commit",
    "orchestrator.job.before_reserve",
    "orchestrator.job.after_reserve",
    "orchestrator.job.before_queued",
    "orchestrator.job.after_queued",
    "billing.reserve.held",
    "orchestrator.fetch.begun",
    "orchestrator.fetch.after_speech",
    "orchestrator.fetch.after_music",
    "orchestrator.fetch.before_assets_fetched",
    "renderer.prepare.after_plan",
    "renderer.segment.before_put",
    "renderer.segment.after_put",
    "renderer.sound.after_mix",
    "renderer.assemble.before_promote",
    "renderer.assemble.after_promote",
    "renderer.assemble.after_commit",
    "billing.commit.booked",
    "tasks.finish.before_commit",
    "outbox.published.before_mark",
    "inbox.received.before_ack",
    "inbox.handled.before_commit",
    "objects.place.before",
    "objects.place.between",
    "db.commit.before@30",
    "db.commit.after@30",
    "db.commit.before@70",
    "db.commit.after@70",
)
UPLOAD = (
    "storage.upload.begun",
    "storage.upload.joined",
    "objects.part.received",
    "objects.complete.planned",
    "objects.complete.joined",
    "objects.complete.placed",
    "renderer.probe.before_commit",
)
KEY = ("keyvault.sealed", "keyvault.removed")
CANCEL = ("orchestrator.release.after_billing",)


@dataclass(frozen=True)
class Prepared:
    """A stopped studio with an administrator's workspace in it, to be copied."""

    folder: Path
    token: str


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("prepared") / "studio"
    with StudioProcess(folder) as studio:
        studio.start()
        token = studio.owner_token()
        studio.stop()
    return Prepared(folder, token)


@pytest.fixture
def studio_process(prepared: Prepared, tmp_path: Path) -> Iterator[StudioProcess]:
    folder = tmp_path / "studio"
    shutil.copytree(prepared.folder, folder)
    with StudioProcess(folder, KEYREEL_RENDER_WORKERS="1") as studio:
        yield studio


@pytest.fixture
def picture() -> bytes:
    """Noise, which no encoder makes small: it takes two parts to upload."""
    noise = np.random.default_rng(3).integers(0, 256, (1700, 1800, 3), np.uint8)
    return bytes(cv2.imencode(".png", noise)[1])


ACTS: dict[str, tuple[tuple[str, ...], Callable[[bytes], Act]]] = {
    "film": (FILM, lambda picture: Film()),
    "cancelled film": (CANCEL, lambda picture: CancelledFilm()),
    "upload": (UPLOAD, Upload),
    "key": (KEY, lambda picture: Key()),
}


@pytest.mark.parametrize(
    ("act_name", "point"), [(name, point) for name, (points, _make) in ACTS.items() for point in points]
)
def test_f55_a_studio_killed_at_a_named_point_goes_on_and_nothing_is_lost_or_done_twice(
    studio_process: StudioProcess, prepared: Prepared, picture: bytes, act_name: str, point: str
) -> None:
    act = ACTS[act_name][1](picture)
    name, _, nth = point.partition("@")
    with studio_process.client(prepared.token) as client, pytest.raises((httpx2.TransportError, AssertionError)):
        studio_process.start(failpoints=f"{name}=kill" + (f"@{nth}" if nth else ""))  # a start may come by it as well
        act.go(client)
    assert studio_process.ended() == -signal.SIGKILL
    studio_process.start()
    with studio_process.client(prepared.token) as client:
        act.go(client)
        act.check(client)
    assert studio_process.counts() == {}


def test_f55_after_a_power_cut_a_job_under_way_goes_on_and_no_process_is_left(
    studio_process: StudioProcess, prepared: Prepared
) -> None:
    film = Film()
    studio_process.start(failpoints="renderer.segment.after_put=sleep:30")
    with studio_process.client(prepared.token) as client:
        board = ask(client, "POST", "storyboards/from-text", json={"text": film.text})
        film.board, film.used = board, 0
        body = {"storyboard_id": board["id"]}
        job = ask(client, "POST", "jobs", json=body, headers={"Idempotency-Key": board["id"]})
        until(client, f"jobs/{job['id']}", {"rendering"})
    studio_process.kill_tree()
    studio_process.start()
    with studio_process.client(prepared.token) as client:
        film.job = job
        until(client, f"jobs/{job['id']}", {"ready", "failed"})
        film.check(client)
    assert studio_process.counts() == {}
    assert studio_process.stop() < 10
    assert [process for process in offspring(servers=True) if str(studio_process.folder) in process.cmdline()] == []
