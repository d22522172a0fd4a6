"""The main calls of the HTTP API, against a real `keyreel up` over loopback, in turns with baselines of the same run.

    python tests/bench/studio/api.py [--rounds 300] [--videos 100]

One client, one call at a time on a connection that is kept. Baselines: `GET /healthz` of the same server (HTTP and
client, nothing of the studio), `SELECT 1` on the studio's own database, and the same mebibyte read from its file.
Signing in is dominated by argon2id, which is meant to be slow, so it is measured apart and seldom.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import asyncpg
import cv2
import httpx2
import numpy as np
from studio_bench import percentile, run, show

from adapters.postgres_embedded import EmbeddedPostgres
from keyreel.studio.backup import DATABASE
from keyreel.testing import StudioProcess

from report import CaseResult, Table, number, ratio  # isort: skip  (found by way of studio_bench)

TEXT = "Tea is made of leaves and hot water.\n\nSome drink it black.\n\nSome drink it with milk, and a few with lemon."
PASSWORD = "a benchmark is no secret"
EMAIL = "bench@example.com"
MIB = 1 << 20
#: an API token may write a hundred times at once and read three hundred times: several take turns
TOKENS = 8
#: every so many rounds a call that writes, starts a job, or signs in
WRITE_EVERY, JOB_EVERY, SIGN_IN_EVERY = 3, 10, 40

HEALTH, SELECT, FILE = "GET /healthz (baseline)", "SELECT 1 (baseline)", "reading 1 MiB from its file (baseline)"
VIDEOS, JOB, USAGE = "GET /videos", "GET /jobs/{id}", "GET /usage"
MEDIA, WRITE, START = "GET /media, a range of 1 MiB", "POST /storyboards/from-text", "POST /jobs"
SIGN_IN = "POST /auth/sign-in (argon2id)"


class Desk:
    """A studio with a library, and somebody who measures it."""

    def __init__(self, studio: StudioProcess, client: httpx2.AsyncClient, database: asyncpg.Connection) -> None:
        self.studio = studio
        self.client = client
        self.database = database
        self.samples: dict[str, list[float]] = defaultdict(list)
        self.tokens = cycle([""])
        self.media = ""
        self.file = Path()
        self.job = ""
        self.board = ""

    async def ask(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {next(self.tokens)}", **more.pop("headers", {})}
        answer = await self.client.request(method, f"/api/v1{path}", headers=headers, **more)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def timed(self, name: str, call: Callable[[], Awaitable[Any]]) -> Any:
        began = time.perf_counter()
        answer = await call()
        self.samples[name].append((time.perf_counter() - began) * 1000)
        return answer

    # -- before ---------------------------------------------------------------------------------------------------

    async def settle_in(self, videos: int) -> None:
        """The first administrator, tokens, a library, a finished job, and a picture to read from."""
        link = re.findall(r"/welcome#token=(\S+)", self.studio.log.read_text())[-1]
        who = {"token": link, "name": "Bench", "email": EMAIL, "password": PASSWORD, "locale": "en"}
        session = (await self.client.post("/api/v1/auth/sign-in/link", json=who)).json()
        self.tokens = cycle([session["access_token"]])
        scopes = [scope for scope in session["scopes"] if not scope.startswith("operator:")]
        made = [
            await self.ask("POST", "/api-tokens", 201, json={"name": str(n), "scopes": scopes}) for n in range(TOKENS)
        ]
        self.tokens = cycle([one["token"] for one in made])
        for _ in range(videos):
            await self.ask("POST", "/storyboards/from-text", 201, json={"text": TEXT})
        scene = {"id": "a", "duration": 0.5, "visual": {"type": "color", "color": "#335577"}}
        small = {"version": "storyboard/1", "canvas": {"width": 320, "height": 180}, "scenes": [scene]}
        self.board = (await self.ask("POST", "/storyboards", 201, json={"document": small}))["id"]
        self.job = (await self.ask("POST", "/jobs", 201, json={"storyboard_id": self.board}))["id"]
        await self.until(f"/jobs/{self.job}", {"ready"})
        await self.upload_a_picture()

    async def upload_a_picture(self) -> None:
        noise = np.random.default_rng(7).integers(0, 256, (1200, 1600, 3), dtype=np.uint8)
        data = cv2.imencode(".png", noise)[1].tobytes()
        about = {"filename": "noise.png", "bytes": len(data), "content_type": "image/png"}
        upload = await self.ask("POST", "/uploads", 201, json=about)
        parts = []
        for part in upload["parts"]:
            begin = (part["number"] - 1) * upload["part_bytes"]
            address = part["address"].removeprefix("/api/v1")
            sent = await self.ask("PUT", address, content=data[begin : begin + part["bytes"]])
            parts.append({"number": part["number"], "etag": sent["etag"]})
        await self.ask("POST", f"/uploads/{upload['id']}/complete", json={"parts": parts})
        self.media = (await self.until(f"/assets/{upload['id']}", {"ready"}))["file_url"]
        objects = self.studio.folder / "state" / "objects"
        self.file = max((path for path in objects.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
        assert self.file.stat().st_size == len(data)

    async def until(self, path: str, states: set[str]) -> Any:
        for _ in range(600):
            found = await self.ask("GET", path)
            if found["state"] in states:
                return found
            await asyncio.sleep(0.2)
        raise AssertionError(f"{path} never became {states}")

    # -- one round ------------------------------------------------------------------------------------------------

    async def round(self, turn: int) -> None:
        begin = (turn * MIB) % (self.file.stat().st_size - MIB)
        await self.timed(HEALTH, lambda: self.client.get("/healthz"))
        await self.timed(SELECT, lambda: self.database.fetchval("SELECT 1"))
        await self.timed(VIDEOS, lambda: self.ask("GET", "/videos"))
        await self.timed(JOB, lambda: self.ask("GET", f"/jobs/{self.job}"))
        await self.timed(USAGE, lambda: self.ask("GET", "/usage"))
        await self.timed(MEDIA, lambda: self.read_media(begin))
        await self.timed(FILE, lambda: self.read_file(begin))
        if turn % WRITE_EVERY == 0:
            await self.timed(WRITE, lambda: self.ask("POST", "/storyboards/from-text", 201, json={"text": TEXT}))
        if turn % JOB_EVERY == 0:
            body = {"storyboard_id": self.board}
            job = await self.timed(START, lambda: self.ask("POST", "/jobs", 201, json=body))
            # The film is cached, so that it is soon over; the next call is measured when it is.
            await self.until(f"/jobs/{job['id']}", {"ready"})
        if turn % SIGN_IN_EVERY == 0:
            who = {"email": EMAIL, "password": PASSWORD}
            answer = await self.timed(SIGN_IN, lambda: self.client.post("/api/v1/auth/sign-in", json=who))
            assert answer.status_code == 200, answer.text
            self.client.cookies.clear()

    async def read_media(self, begin: int) -> None:
        answer = await self.client.get(self.media, headers={"Range": f"bytes={begin}-{begin + MIB - 1}"})
        assert (answer.status_code, len(answer.content)) == (206, MIB)

    async def read_file(self, begin: int) -> None:
        with self.file.open("rb") as file:  # as a thread would, without the thread
            file.seek(begin)
            assert len(file.read(MIB)) == MIB


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the main calls of the API.")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--videos", type=int, default=100)
    return parser.parse_args(given)


async def measure(options: argparse.Namespace) -> CaseResult:
    with tempfile.TemporaryDirectory() as folder, studio_in(Path(folder)) as studio:
        studio.start()
        server = EmbeddedPostgres(studio.folder / "state")
        server.attach()
        database = await asyncpg.connect(server.url(DATABASE).reveal())
        try:
            async with httpx2.AsyncClient(base_url=studio.address, timeout=60) as client:
                desk = Desk(studio, client, database)
                await desk.settle_in(options.videos)
                for turn in range(10):
                    await desk.round(turn)
                desk.samples.clear()
                for turn in range(options.rounds):
                    await desk.round(turn)
        finally:
            await database.close()
        stopped = studio.stop()
        return report_of(desk.samples, options.videos, studio.ready_seconds, stopped)


def studio_in(folder: Path) -> StudioProcess:
    """On a plan that lets jobs begin as often as they are measured."""
    return StudioProcess(folder / "studio", KEYREEL_DEFAULT_PLAN="studio", KEYREEL_LOG_LEVEL="warning")


def report_of(samples: dict[str, list[float]], videos: int, ready: float, stopped: float) -> CaseResult:
    bases = {HEALTH: HEALTH, SELECT: SELECT, FILE: FILE}

    def row(name: str) -> tuple[str, ...]:
        own = samples[name]
        against = [bases[name]] if name in bases else [HEALTH, SELECT]
        ratios = [number(ratio(percentile(own, 50), percentile(samples[base], 50)), 1) for base in against]
        ratios = ["–", "–"] if name in bases else ratios
        return (name, str(len(own)), number(percentile(own, 50), 2), number(percentile(own, 99), 2), *ratios)

    names = [HEALTH, SELECT, FILE, VIDEOS, JOB, USAGE, MEDIA, WRITE, START, SIGN_IN]
    per_file = ratio(percentile(samples[MEDIA], 50), percentile(samples[FILE], 50))
    return CaseResult(
        name="api",
        title="The main calls of the API",
        table=Table(
            ("call", "times", "p50 ms", "p99 ms", "p50 × healthz", "p50 × SELECT 1"), tuple(row(name) for name in names)
        ),
        notes=(
            f"`keyreel up` over loopback, one client, one call at a time, calls and baselines in turns; a library of "
            f"{videos} videos. A range of a mebibyte over HTTP takes {number(per_file, 1)} × as long as reading it "
            f"from its file. A job's film was drawn before, and the next call waits until it is over. Of calls that "
            f"were made fewer than a hundred times p99 is the slowest. The studio was ready after {ready:.1f} s on an "
            f"empty folder and stopped in {stopped:.1f} s.",
        ),
        data={name: samples[name] for name in names} | {"ready": ready, "stopped": stopped},
    )


if __name__ == "__main__":
    show(run(measure(arguments())))
