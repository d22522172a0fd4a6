"""Relays and readers that are killed at their worst moments, as real processes: F3, F4, F8 of the fault matrix."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from event_process import Said
from sqlalchemy import text

from kernel.db import Database
from kernel.ids import TenantId, uuid7
from kernel.migrations import History
from kernel.testing.notes import NOTES
from kernel.testing.postgres import DatabaseServer, wait_until

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("event_process.py")
TENANT = TenantId(uuid7())
KEYS = ("a", "b", "c")

pytestmark = pytest.mark.slow


@dataclass
class Post:
    """The databases of a sender and a reader, and processes that carry events between them."""

    sender: Database
    reader: Database
    addresses: dict[str, str]

    @contextmanager
    def process(self, failpoints: str = "") -> Iterator[subprocess.Popen[bytes]]:
        armed = {"FAILPOINTS": "1", "KEYREEL_FAILPOINTS": failpoints} if failpoints else {}
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM)],
            env=os.environ | {"PYTHONPATH": str(ROOT)} | self.addresses | armed,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    async def say(self, *numbers: int, about: str) -> None:
        async with self.sender.unit_of_work(TENANT) as uow:
            for number in numbers:
                uow.emit(Said(about=about, number=number))

    async def say_much(self, first: int, last: int) -> None:
        """Each number about each key, one transaction each."""
        for number in range(first, last):
            for about in KEYS:
                await self.say(number, about=about)

    async def rows(self, database: Database, query: str) -> list[Any]:
        async with database.system() as uow:
            return list((await uow.session.execute(text(query))).all())

    async def kept(self) -> dict[str, list[int]]:
        """What was handled about each key, in the order of handling."""
        found: dict[str, list[int]] = {}
        notes = await self.rows(self.reader, "SELECT text FROM notes ORDER BY id")
        for about, number, _ in (note.split() for (note,) in notes):
            found.setdefault(about, []).append(int(number))
        return found

    async def all_handled(self, count: int) -> bool:
        notes = await self.rows(self.reader, "SELECT count(*) FROM notes")
        unsent = await self.rows(self.sender, "SELECT count(*) FROM outbox WHERE sent_at IS NULL")
        waiting = await self.rows(self.reader, "SELECT count(*) FROM inbox WHERE handled_at IS NULL")
        return bool(notes[0][0] >= count and unsent[0][0] == 0 and waiting[0][0] == 0)


@asynccontextmanager
async def post_office(server: DatabaseServer) -> AsyncIterator[Post]:
    async with server.fresh_url([History("sender", NOTES.folder), History("reader", NOTES.folder)]) as owner:
        urls = {name: server.app_url(owner, name) for name in ("sender", "reader")}
        addresses = {f"CHAOS_{name.upper()}_URL": url.reveal() for name, url in urls.items()}
        databases = {name: Database(name, url) for name, url in urls.items()}
        try:
            yield Post(databases["sender"], databases["reader"], addresses)
        finally:
            for database in databases.values():
                await database.close()


async def say_until_death(post: Post, process: subprocess.Popen[bytes]) -> int:
    """States facts all the time until the process is killed by its failpoint; how many about each key."""
    number = 0
    deadline = time.monotonic() + 90
    while process.poll() is None:
        assert time.monotonic() < deadline, "it never came to its failpoint"
        await post.say_much(number, number + 1)
        number += 1
    assert process.returncode == -signal.SIGKILL
    return number


@pytest.mark.parametrize("nth", [1, 4])
async def test_f3_what_a_killed_relay_had_published_is_published_again_and_handled_once(
    database_server: DatabaseServer, nth: int
) -> None:
    async with post_office(database_server) as post:
        with post.process(f"outbox.published.before_mark=kill@{nth}") as process:
            count = await say_until_death(post, process)
        # It was published, and its outbox doesn't know.
        received = await post.rows(post.reader, "SELECT event_id FROM inbox")
        unsent = await post.rows(post.sender, "SELECT id FROM outbox WHERE sent_at IS NULL")
        assert set(received) & set(unsent)
        with post.process():
            await wait_until(lambda: post.all_handled(3 * count), seconds=60)
        assert await post.kept() == {about: list(range(count)) for about in KEYS}


async def test_f4_of_two_relays_one_killed_nothing_is_lost_behind_a_long_transaction_and_keys_keep_their_order(
    database_server: DatabaseServer,
) -> None:
    async with post_office(database_server) as post:
        with post.process("outbox.published.before_mark=kill@6") as first, post.process():
            async with post.sender.unit_of_work(TENANT) as late:
                # Numbered before all others, committed after them.
                late.emit(Said(about="late", number=0))
                late.emit(Said(about="late", number=1))
                await late.flush()
                await post.say_much(0, 25)
                await wait_until(lambda: post.all_handled(75), seconds=60)
                assert "late" not in await post.kept()
            await post.say(2, 3, about="late")
            await post.say_much(25, 40)
            await wait_until(lambda: post.all_handled(124), seconds=60)
            died = first.poll()
        lowest = await post.rows(post.sender, "SELECT key FROM outbox ORDER BY seq LIMIT 1")
        assert lowest == [("late",)]
        assert await post.kept() == {about: list(range(40)) for about in KEYS} | {"late": [0, 1, 2, 3]}
        assert died in (None, -signal.SIGKILL)


@pytest.mark.parametrize(
    "point",
    ["inbox.received.before_ack=kill@2", "inbox.handled.before_commit=kill@7", "db.commit.after=kill@9"],
)
async def test_f8_a_reader_killed_around_its_commit_has_handled_everything_once(
    database_server: DatabaseServer, point: str
) -> None:
    async with post_office(database_server) as post:
        with post.process(point) as process:
            count = await say_until_death(post, process)
        assert not await post.all_handled(3 * count)
        with post.process():
            await wait_until(lambda: post.all_handled(3 * count), seconds=60)
        assert await post.kept() == {about: list(range(count)) for about in KEYS}
        assert await post.rows(post.reader, "SELECT * FROM dead_letters") == []
