"""Workers that are killed, stopped and woken again, or told to go, as real processes (F17, F19, F24, F46, F49)."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel
from sqlalchemy import text

from kernel.db import Database
from kernel.ids import TenantId, uuid7
from kernel.migrations import History
from kernel.tasks import NewTask
from kernel.testing.notes import NOTES
from kernel.testing.postgres import DatabaseServer, wait_until

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("task_process.py")
LEASE = 2.0
TENANT = TenantId(uuid7())

pytestmark = pytest.mark.slow


class Chore(BaseModel):
    seconds: float


@dataclass
class Yard:
    """A database, and a file in which worker processes say what they do."""

    database: Database
    url: str
    file: Path

    @contextmanager
    def worker(self, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(self.file)],
            env=os.environ | {"PYTHONPATH": str(ROOT), "CHAOS_DATABASE_URL": self.url} | environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def said(self, what: str) -> list[tuple[UUID, int, int]]:
        """Task, token and process of every line that says `what`."""
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        words = [line.split() for line in lines if line.startswith(what)]
        return [(UUID(task), int(token), int(process)) for _, task, token, process in words]

    async def enqueue(self, count: int, seconds: float) -> list[UUID]:
        async with self.database.unit_of_work(TENANT) as uow:
            return [uow.enqueue(NewTask("chaos.work", Chore(seconds=seconds))) for _ in range(count)]

    async def rows(self, query: str) -> list[Any]:
        async with self.database.system() as uow:
            return list((await uow.session.execute(text(query))).all())

    async def done(self) -> bool:
        return all(state == "done" for (state,) in await self.rows("SELECT state FROM tasks"))

    async def assert_each_finished_once(self, tasks: list[UUID]) -> None:
        notes = [UUID(text.split()[0]) for (text,) in await self.rows("SELECT text FROM notes")]
        assert Counter(notes) == Counter(tasks)


@asynccontextmanager
async def yard(server: DatabaseServer, folder: Path) -> AsyncIterator[Yard]:
    async with server.fresh_url([History("chaos", NOTES.folder)]) as owner:
        url = server.app_url(owner, "chaos")
        database = Database("chaos", url)
        try:
            yield Yard(database, url.reveal(), folder / "said.txt")
        finally:
            await database.close()


async def test_f46_tasks_of_a_killed_worker_are_taken_over_after_their_lease(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    async with yard(database_server, tmp_path) as place:
        tasks = await place.enqueue(4, seconds=1.0)
        with place.worker() as first:
            await wait_until(lambda: len(place.said("began")) == 4, seconds=20)
            first.send_signal(signal.SIGKILL)
            first.wait()
            killed = time.monotonic()
            with place.worker():
                await wait_until(lambda: len(place.said("began")) == 8, seconds=LEASE + 15)
                assert time.monotonic() - killed < LEASE + 15
                await wait_until(place.done, seconds=20)
        assert await place.rows("SELECT DISTINCT attempts, token FROM tasks") == [(2, 2)]
        await place.assert_each_finished_once(tasks)


async def test_f46_whoever_does_the_periodic_work_may_die_another_goes_on_and_none_is_done_twice(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    """Three times the process is killed that has just begun a tick; another one is started in its place."""
    async with yard(database_server, tmp_path) as place, AsyncExitStack() as stack:

        def start() -> subprocess.Popen[bytes]:
            return stack.enter_context(place.worker(CHAOS_TICKS="1"))

        workers = {worker.pid: worker for worker in (start(), start())}
        for _ in range(3):
            before = len(place.said("ticking"))
            await wait_until(lambda before=before: len(place.said("ticking")) > before, seconds=30)
            tick, _, process = place.said("ticking")[-1]
            workers[process].kill()
            killed = time.monotonic()
            await wait_until(lambda tick=tick: any(one[0] > tick for one in place.said("ticked")), seconds=LEASE + 15)
            assert time.monotonic() - killed < LEASE + 15
            replacement = start()
            workers[replacement.pid] = replacement
        for what in ("ticking", "ticked"):
            ticks = [tick for tick, _, _ in place.said(what)]
            assert len(ticks) == len(set(ticks))
        assert {process for _, _, process in place.said("ticked")} != {process}


@pytest.mark.parametrize("moment", range(4))
async def test_f17_killed_again_and_again_every_task_is_done_once(
    database_server: DatabaseServer, tmp_path: Path, moment: int
) -> None:
    """F17: kills at other points of the work each time."""
    async with yard(database_server, tmp_path) as place:
        tasks = await place.enqueue(6, seconds=0.4)
        for kill in range(3):
            with place.worker() as worker:
                before = len(place.said("began"))
                await wait_until(lambda before=before: len(place.said("began")) > before, seconds=20)
                await asyncio.sleep(0.1 * moment + 0.05 * kill)
                worker.send_signal(signal.SIGKILL)
                worker.wait()
        with place.worker():
            await wait_until(place.done, seconds=40)
        await place.assert_each_finished_once(tasks)


async def test_f19_a_worker_that_slept_through_its_lease_writes_nothing_and_goes_on_with_other_work(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    """F19: SIGSTOP for twice the lease, another worker takes over, SIGCONT."""
    async with yard(database_server, tmp_path) as place:
        tasks = await place.enqueue(2, seconds=1.5)
        with place.worker() as zombie:
            await wait_until(lambda: len(place.said("began")) == 2, seconds=20)
            zombie.send_signal(signal.SIGSTOP)
            stopped = time.monotonic()
            with place.worker() as other:
                await wait_until(place.done, seconds=40)
                other.terminate()
            await asyncio.sleep(max(0.0, 2 * LEASE - (time.monotonic() - stopped)))
            zombie.send_signal(signal.SIGCONT)
            more = await place.enqueue(1, seconds=0.1)
            await wait_until(place.done, seconds=20)
            await asyncio.sleep(2)
            assert zombie.poll() is None
        finished_by = {process for task, _, process in place.said("finished") if task in tasks}
        assert zombie.pid not in finished_by
        assert {token for task, token, _ in place.said("finished") if task in tasks} == {2}
        assert [process for task, _, process in place.said("finished") if task in more] == [zombie.pid]
        await place.assert_each_finished_once([*tasks, *more])


@pytest.mark.parametrize("point", ["tasks.finish.before_commit", "db.commit.after"])
async def test_f24_a_worker_that_dies_around_its_commit_does_the_work_once(
    database_server: DatabaseServer, tmp_path: Path, point: str
) -> None:
    """F24, F25: killed with everything written and not committed; killed with some transaction just committed."""
    async with yard(database_server, tmp_path) as place:
        tasks = await place.enqueue(3, seconds=0.2)
        with place.worker(FAILPOINTS="1", KEYREEL_FAILPOINTS=f"{point}=kill@{8 if 'db' in point else 2}") as worker:
            await asyncio.to_thread(worker.wait, 30)
            assert worker.returncode == -signal.SIGKILL
        with place.worker():
            await wait_until(place.done, seconds=40)
        await place.assert_each_finished_once(tasks)


async def test_f49_of_two_workers_told_to_go_one_after_the_other_no_attempt_is_lost(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    """F49: SIGTERM hands tasks back; the next one starts at once instead of waiting for the lease."""
    async with yard(database_server, tmp_path) as place:
        tasks = await place.enqueue(4, seconds=3.0)
        with place.worker() as first:
            await wait_until(lambda: len(place.said("began")) == 4, seconds=20)
            first.send_signal(signal.SIGINT)
            began = time.monotonic()
            await asyncio.to_thread(first.wait, 10)
            assert time.monotonic() - began < 10
            assert await place.rows("SELECT DISTINCT state, attempts FROM tasks") == [("ready", 0)]
        with place.worker():
            await wait_until(place.done, seconds=40)
        assert await place.rows("SELECT DISTINCT attempts, token FROM tasks") == [(1, 2)]
        await place.assert_each_finished_once(tasks)
