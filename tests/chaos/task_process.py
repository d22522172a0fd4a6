"""A worker in a process of its own: task_process.py DATABASE_URL FILE, until it is killed.

Its tasks (`chaos.work`, lease 2 s) say in FILE who began what, and write a note when they finish. With CHAOS_TICKS
there is periodic work as well, once a second.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from kernel.background import Backed, Background
from kernel.db import Database
from kernel.events import Subscriptions
from kernel.secret import Secret
from kernel.tasks import Run, Tasks, Tick
from kernel.testing.notes import Note
from kernel.uow import UnitOfWork

LEASE = 2.0


class Chore(BaseModel):
    """`seconds` of work in small steps."""

    seconds: float


tasks = Tasks("chaos")


@tasks.on("chaos.work", payload=Chore, lease=LEASE)
async def work(run: Run[Chore], file: Path) -> None:
    say(file, "began", run)
    for _ in range(round(run.payload.seconds / 0.05)):
        await asyncio.sleep(0.05)
        await run.progress(0.5)

    async def finish(uow: UnitOfWork) -> None:
        uow.session.add(Note(tenant_id=run.tenant, text=f"{run.id} by token {run.token}"))

    await run.finish(finish)
    say(file, "finished", run)


async def tick(run: Run[Tick], file: Path) -> None:
    say(file, "ticking", run)
    await asyncio.sleep(0.3)
    say(file, "ticked", run)


if os.environ.get("CHAOS_TICKS"):
    tasks.every("chaos.tick", cron="* * * * * *", lease=LEASE)(tick)


def say(file: Path, what: str, run: Run[Any]) -> None:
    with file.open("a") as lines:
        lines.write(f"{what} {run.id} {run.token} {os.getpid()}\n")


class NoTransport:
    async def publish(self, envelopes: object) -> None:
        raise AssertionError("nothing is stated here")


async def main() -> None:
    url = Secret(os.environ["CHAOS_DATABASE_URL"])
    database = Database("chaos", url)
    service = Backed(database, Path(sys.argv[1]), Subscriptions("chaos"), tasks)
    background = Background([service], NoTransport(), places={"io": 4}, heartbeat=0.3)
    async with background:
        await asyncio.Event().wait()


if __name__ == "__main__":
    # A shell's background jobs, and so what they start, are born deaf to SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    asyncio.run(main())
