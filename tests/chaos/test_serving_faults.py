"""The studio's database dies, or is all taken, under requests: F31 and F33 of the fault matrix, over HTTP."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import psutil
import pytest
from studio_acts import ask
from studio_rows import number, rows

from keyreel.studio.backup import DATABASE
from keyreel.studio.embedded import reach
from keyreel.studio.settings import StudioSettings
from keyreel.testing import StudioProcess

pytestmark = pytest.mark.slow

BOARD = {
    "version": "storyboard/1",
    "canvas": {"width": 320, "height": 180},
    "scenes": [{"id": "a", "duration": 0.5, "visual": {"type": "color", "color": "#335577"}}],
}


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[StudioProcess]:
    with StudioProcess(tmp_path / "studio") as process:
        yield process


@dataclass
class Crowd:
    """Clients that go on reading and writing whatever they are answered."""

    statuses: Counter[int] = field(default_factory=Counter)
    kept: list[str] = field(default_factory=list)
    unpromised: list[str] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    last_refusal: float = 0.0
    last_answer: float = 0.0

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._lock = threading.Lock()

    @contextmanager
    def at(self, studio: StudioProcess, token: str, size: int = 4) -> Iterator[Crowd]:
        threads = [threading.Thread(target=self._client, args=(studio, token, one)) for one in range(size)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _client(self, studio: StudioProcess, token: str, who: int) -> None:
        with studio.client(token) as client:
            turn = 0
            while not self._stop.wait(0.4):  # slow enough for its token's share
                turn += 1
                title = f"{who}-{turn}"
                answer = client.post("storyboards", json={"document": {**BOARD, "title": title}})
                self._note(answer, title)
                self._note(client.get("storyboards"), None)

    def _note(self, answer: httpx2.Response, title: str | None) -> None:
        with self._lock:
            self.statuses[answer.status_code] += 1
            if answer.status_code < 300:
                self.last_answer = time.monotonic()
                self.kept += [title] if title else []
                return
            self.last_refusal = time.monotonic()
            self.unpromised += [title] if title else []
            if answer.status_code != 503 or "retry-after" not in answer.headers:
                self.bad.append(f"{answer.status_code} {dict(answer.headers)} {answer.text}")


def servers(studio: StudioProcess) -> list[psutil.Process]:
    """The database's processes, the server itself first."""
    found = [one for one in psutil.Process(studio.pid).children(recursive=True) if one.name() == "postgres"]
    return sorted(found, key=lambda one: one.ppid() != studio.pid)


def kill_the_server(studio: StudioProcess) -> None:
    servers(studio)[0].kill()


def kill_a_backend(studio: StudioProcess) -> None:
    """As the kernel does when memory runs out: the server ends all the others and begins anew."""
    backend = next(one for one in servers(studio)[1:] if "keyreel_orchestrator" in " ".join(one.cmdline()))
    backend.kill()


def stop_the_server_for_a_while(studio: StudioProcess) -> None:
    """As a machine does that swaps: nobody answers and no connection breaks."""
    frozen = servers(studio)
    for one in frozen:
        os.kill(one.pid, signal.SIGSTOP)
    time.sleep(4)
    for one in frozen:
        os.kill(one.pid, signal.SIGCONT)


@pytest.mark.parametrize("fault", [kill_the_server, kill_a_backend, stop_the_server_for_a_while])
def test_f31_while_the_database_is_away_clients_are_told_to_come_back_and_nothing_is_written_twice(
    studio: StudioProcess, fault: Callable[[StudioProcess], None]
) -> None:
    studio.start()
    token = studio.owner_token()
    with studio.client(token) as owner:
        board = ask(owner, "POST", "storyboards", json={"document": BOARD})
    crowd = Crowd()
    with crowd.at(studio, token):
        wait_for(lambda: len(crowd.kept) >= 8)
        fault(studio)
        over = time.monotonic()
        # An act with a key, begun at the worst moment and repeated until it is answered.
        request: dict[str, Any] = {"json": {"storyboard_id": board["id"]}, "headers": {"Idempotency-Key": "once"}}
        with studio.client(token) as owner:
            job = ask(owner, "POST", "jobs", **request)
        wait_for(lambda: crowd.last_answer > over and time.monotonic() > crowd.last_refusal + 3, 30)
    assert crowd.bad == []
    # The machine of the tests is busy: recovery itself takes a second or two.
    assert crowd.last_refusal - over <= 15, crowd.statuses
    assert set(crowd.statuses) <= {200, 201, 503}
    titles = [title for (title,) in rows(studio, "SELECT title FROM keyreel_orchestrator.storyboards")]
    assert not [title for title, times in Counter(titles).items() if times > 1]
    assert set(crowd.kept) <= set(titles)
    assert set(titles) - {board["title"]} <= {*crowd.kept, *crowd.unpromised}
    assert [str(one) for (one,) in rows(studio, "SELECT id FROM keyreel_orchestrator.jobs")] == [job["id"]]
    assert number(studio, "SELECT count(*) FROM keyreel_billing.reservations") == 1
    assert studio.counts(wait=90) == {}


def test_f33_when_every_connection_is_taken_others_are_refused_soon_and_the_process_stays_alive(
    studio: StudioProcess,
) -> None:
    studio.start()
    token = studio.owner_token()
    with studio.client(token) as owner:
        ask(owner, "POST", "storyboards", json={"document": BOARD})
    held = threading.Barrier(2)
    let_go = threading.Event()
    lock = threading.Thread(target=lock_storyboards, args=(studio, held, let_go))
    lock.start()
    held.wait(30)
    answers: list[tuple[int, float, bool]] = []

    def read() -> None:
        with studio.client(token) as client:
            began = time.monotonic()
            answer = client.get("storyboards")
            answers.append((answer.status_code, time.monotonic() - began, "retry-after" in answer.headers))

    # Fifteen connections at most are the orchestrator's; each of these holds one and waits for the lock.
    holders = [threading.Thread(target=read) for _ in range(15)]
    for holder in holders:
        holder.start()
    try:
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename LIKE 'keyreel_%'"
        wait_for(lambda: number(studio, waiting) >= 15, 30)
        refused = [threading.Thread(target=read) for _ in range(5)]
        for one in refused:
            one.start()
        assert httpx2.get(f"{studio.address}/healthz", timeout=10).status_code == 200
        ready = httpx2.get(f"{studio.address}/readyz", timeout=10)
        assert (ready.status_code, ready.json()["ready"]) == (503, False)
        # Other services have connections of their own.
        with studio.client(token) as client:
            assert client.get("notifications").status_code == 200
        for one in refused:
            one.join()
        assert [(status, has_retry) for status, _, has_retry in answers] == [(503, True)] * 5
        assert max(seconds for _, seconds, _ in answers) < 5  # the pool's two seconds, and a busy machine
    finally:
        let_go.set()
        lock.join()
        for holder in holders:
            holder.join()
    assert sorted(status for status, _, _ in answers) == [200] * 15 + [503] * 5
    assert httpx2.get(f"{studio.address}/readyz", timeout=10).status_code == 200


def lock_storyboards(studio: StudioProcess, held: threading.Barrier, let_go: threading.Event) -> None:
    """Keeps every reader of the storyboards waiting."""

    async def hold() -> None:
        settings = StudioSettings.from_env(studio.variables, beside=StudioSettings.beside)
        async with reach(settings) as (_, server):
            connection = await asyncpg.connect(server.url(DATABASE).reveal())
            try:
                async with connection.transaction():
                    await connection.execute("LOCK TABLE keyreel_orchestrator.storyboards IN ACCESS EXCLUSIVE MODE")
                    await asyncio.to_thread(held.wait)
                    await asyncio.to_thread(let_go.wait)
            finally:
                await connection.close()

    asyncio.run(hold())


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)
