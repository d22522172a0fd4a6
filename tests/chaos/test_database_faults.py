"""The database restarts, collides, is full, or the process dies around a commit: rows F1, F2, F31, F32, F33.

Here at the level of units of work; journeys ask the same of a whole studio.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from adapters.postgres_embedded import EmbeddedPostgres
from kernel import failpoints
from kernel.db import Database, DatabaseBusy, DatabaseUnavailable
from kernel.ids import TenantId, uuid7
from kernel.tables import KERNEL
from kernel.testing.notes import NOTES, Note, NoteWritten
from kernel.testing.postgres import DatabaseServer
from kernel.uow import UnitOfWork

TENANT = TenantId(uuid7())

WRITER = """
import asyncio, sys
from uuid import UUID
from kernel.db import Database
from kernel.ids import TenantId
from kernel.secret import Secret
from kernel.testing.notes import Note, NoteWritten

async def main(url: str, tenant: str) -> None:
    notes = Database("notes", Secret(url))
    async with notes.unit_of_work(TenantId(UUID(tenant))) as uow:
        note = Note(tenant_id=UUID(tenant), text="written")
        uow.session.add(note)
        await uow.session.flush()
        uow.emit(NoteWritten(note_id=note.id))
    print("answered", flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest_asyncio.fixture
async def notes(database_server: DatabaseServer) -> AsyncIterator[Database]:
    async with database_server.fresh([NOTES]) as databases:
        yield databases["notes"]


async def texts(database: Database) -> list[str]:
    async with database.unit_of_work(TENANT) as uow:
        return list(await uow.session.scalars(select(Note.text).order_by(Note.text)))


async def events(database: Database) -> int:
    async with database.system() as uow:
        return (await uow.session.execute(select(func.count()).select_from(KERNEL.outbox))).scalar_one()


def write(text: str):
    async def work(uow: UnitOfWork) -> None:
        note = Note(tenant_id=TENANT, text=text)
        uow.session.add(note)
        await uow.session.flush()
        uow.emit(NoteWritten(note_id=note.id))

    return work


@pytest.mark.parametrize(("failpoint", "kept"), [("db.commit.before", 0), ("db.commit.after", 1)])
async def test_f1_f2_a_kill_around_the_commit_keeps_the_change_and_its_event_or_neither(
    notes: Database, failpoint: str, kept: int
):
    url = notes.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    writer = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WRITER, url, str(TENANT)),
        env=os.environ | {"FAILPOINTS": "1", "KEYREEL_FAILPOINTS": f"{failpoint}=kill"},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await writer.communicate()

    assert (writer.returncode, said) == (-signal.SIGKILL, b"")
    assert (len(await texts(notes)), await events(notes)) == (kept, kept)


@pytest.mark.slow
@pytest.mark.parametrize("crash", [False, True], ids=["restart", "crash"])
async def test_f31_while_the_server_restarts_there_are_only_503s_and_nothing_is_written_twice(
    database_server: DatabaseServer, crash: bool
):
    """A server of its own, with its settings of the product: fsync on."""
    with tempfile.TemporaryDirectory(prefix="keyreel-restart-") as folder, EmbeddedPostgres(Path(folder)) as server:
        async with DatabaseServer(server).fresh([NOTES]) as databases:
            notes = databases["notes"]
            answered: set[str] = set()
            failed: Counter[type[BaseException]] = Counter()
            last_failure = last_answer = 0.0
            stop = asyncio.Event()

            async def client(number: int) -> None:
                nonlocal last_failure, last_answer
                count = 0
                while not stop.is_set():
                    text = f"{number}-{(count := count + 1)}"
                    try:
                        await notes.transact(TENANT, write(text))
                    except Exception as error:
                        failed[type(error)] += 1
                        last_failure = time.monotonic()
                        await asyncio.sleep(0.05)
                    else:
                        answered.add(text)
                        last_answer = time.monotonic()

            async def listen() -> None:
                async for payload in notes.listen("keyreel_notes_outbox"):
                    heard.append((time.monotonic(), payload))

            heard: list[tuple[float, str]] = []
            listener = asyncio.create_task(listen())
            clients = [asyncio.create_task(client(number)) for number in range(8)]
            await asyncio.sleep(1.0)
            if crash:
                assert server.pid is not None
                os.kill(server.pid, signal.SIGKILL)
            server.stop()
            await asyncio.sleep(2.0)
            server.start()
            back = time.monotonic()
            while last_answer < back and time.monotonic() < back + 10:
                await asyncio.sleep(0.05)
            assert last_answer > back, "no answer within 10 s of the server's return"
            await asyncio.sleep(1.0)
            stop.set()
            await asyncio.gather(*clients)
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)

            assert failed
            assert set(failed) <= {DatabaseUnavailable, DatabaseBusy}, failed
            assert last_failure - back <= 10
            # Woken for what was written before the restart and after it.
            assert heard[0][0] < back < heard[-1][0]
            written = await texts(notes)
            assert len(written) == len(set(written)) == await events(notes)
            # What was answered is there; beyond it there is at most the commit that was under way in each client.
            assert answered <= set(written)
            assert len(set(written) - answered) <= len(clients)


@pytest.mark.slow
@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
async def test_f32_a_collision_in_one_of_twenty_writes_is_not_seen_outside(notes: Database, sqlstate: str):
    with failpoints.arm(f"db.serialization=raise{sqlstate}%5"):
        for first in range(0, 300, 10):
            await asyncio.gather(*(notes.transact(TENANT, write(f"{n:03}")) for n in range(first, first + 10)))
        hits = failpoints.hits("db.serialization")

    # Every try comes by the failpoint: more tries than writes means that some were failed by the server and repeated.
    assert hits > 300
    assert await texts(notes) == [f"{n:03}" for n in range(300)]
    assert await events(notes) == 300


@pytest.mark.slow
async def test_f33_when_every_connection_is_held_others_are_told_within_two_seconds_and_it_recovers(
    database_server: DatabaseServer,
):
    assert inspect.signature(Database).parameters["pool_timeout"].default == 2.0
    # With half of that the rest of the two seconds, and one more, is for a busy machine.
    async with database_server.fresh([NOTES], pool_size=2, max_overflow=1, pool_timeout=1.0) as databases:
        notes = databases["notes"]
        let_go = asyncio.Event()

        async def hold() -> None:
            async with notes.unit_of_work(TENANT):
                await let_go.wait()

        holders = [asyncio.create_task(hold()) for _ in range(3)]
        await asyncio.sleep(0.3)
        started = time.monotonic()
        # Readiness pings, requests read.
        refused = await asyncio.gather(notes.ping(), *(texts(notes) for _ in range(10)), return_exceptions=True)

        assert time.monotonic() - started < 3
        assert {type(error) for error in refused} == {DatabaseBusy}
        let_go.set()
        await asyncio.gather(*holders)
        assert await texts(notes) == []
