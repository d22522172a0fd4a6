"""Events through outbox, relay, inbox and handler, against plain INSERTs and SELECTs in the same run.

    python tests/bench/studio/outbox.py [--events 3000] [--rate 100] [--seconds 20]

The baseline writes a row in a transaction of its own and reads it back in another: what a program without events would
do at the least. Target: p99 from commit to handled at most 2 s at 100 events a second.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from sqlalchemy import text
from studio_bench import measured_rig, percentile, run, show

from report import CaseResult, Table, at_most, number  # isort: skip  (found by way of studio_bench)

from kernel.clock import now
from kernel.db import Database
from kernel.events import Event, Subscriptions, current_envelope
from kernel.ids import TenantId, uuid7
from kernel.testing.events import Part, Rig
from kernel.uow import UnitOfWork

TENANT = TenantId(uuid7())
CLIENTS = 4
AT_ONCE = 10


class Happened(Event):
    type: ClassVar[str] = "bench.happened"

    number: int
    about: str

    def key(self) -> str:
        return self.about


events = Subscriptions("reader")
handled: list[float] = []


@events.on(Happened)
async def keep(event: Happened, uow: UnitOfWork, service: object) -> None:
    """Writes one row, as the simplest useful handler does; notes how long it took from the commit's moment on."""
    insert = text("INSERT INTO notes (tenant_id, id, text) VALUES (:tenant, :id, :text)")
    await uow.session.execute(insert, {"tenant": TENANT, "id": uuid7(), "text": f"event {event.number}"})
    stated = current_envelope().time
    uow.after_commit(lambda: handled.append((now() - stated).total_seconds()))


async def in_parallel(count: int, act: Callable[[int], Awaitable[None]]) -> float:
    """Acts a second, by `CLIENTS` at a time."""
    numbers = iter(range(count))

    async def client() -> None:
        for turn in numbers:
            await act(turn)

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return count / (time.perf_counter() - began)


async def baseline(database: Database, count: int) -> tuple[float, float]:
    """Rows a second written one by one, and written and read one by one."""
    insert = text("INSERT INTO notes (tenant_id, id, text) VALUES (:tenant, :id, :text)")

    async def write(number: int) -> None:
        async with database.unit_of_work(TENANT) as uow:
            await uow.session.execute(insert, {"tenant": TENANT, "id": uuid7(), "text": f"plain {number}"})

    async def read(number: int) -> None:
        async with database.unit_of_work(TENANT) as uow:
            found = text("SELECT id FROM notes WHERE tenant_id = :tenant AND text = :text")
            await uow.session.execute(found, {"tenant": TENANT, "text": f"plain {number}"})

    written = await in_parallel(count, write)
    read_back = await in_parallel(count, read)
    return written, 1 / (1 / written + 1 / read_back)


async def state(rig: Rig, number: int) -> None:
    async with rig["sender"].unit_of_work(TENANT) as uow:
        uow.emit(Happened(number=number, about=f"key {number % 50}"))


async def wait_for(count: int) -> None:
    while len(handled) < count:
        await asyncio.sleep(0.01)


async def at_rate(rig: Rig, rate: float, seconds: float) -> list[float]:
    """Latencies of events stated at a steady rate, by as many at a time as there are connections to spare."""
    handled.clear()
    spare = asyncio.Semaphore(AT_ONCE)

    async def state_one(turn: int) -> None:
        async with spare:
            await state(rig, 10_000_000 + turn)

    began = time.perf_counter()
    count = round(rate * seconds)
    async with asyncio.TaskGroup() as group:
        for turn in range(count):
            await asyncio.sleep(max(0.0, began + turn / rate - time.perf_counter()))
            group.create_task(state_one(turn))
    await wait_for(count)
    return list(handled)


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure events from commit to handler.")
    parser.add_argument("--events", type=int, default=3000)
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    return parser.parse_args(given)


async def measure(options: argparse.Namespace) -> CaseResult:
    count = options.events
    async with measured_rig(Part("sender"), Part("reader", events=events)) as rig:
        await baseline(rig["reader"], 100)
        async with rig["reader"].system() as uow:
            await uow.session.execute(text("DELETE FROM notes"))
        written, there_and_back = await baseline(rig["reader"], count)
        stated = await in_parallel(count, lambda one: state(rig, one))
        began = time.perf_counter()
        async with rig.background:
            await wait_for(count)
            carried = count / (time.perf_counter() - began)
            whole = 1 / (1 / stated + 1 / carried)
            latencies = await at_rate(rig, options.rate, options.seconds)
        [(kept,)] = await rig.rows("reader", "SELECT count(*) FROM notes WHERE text LIKE 'event %'")
    assert kept == count + len(latencies), "an event was lost or handled twice"
    p50, p95, p99 = (percentile(latencies, percent) for percent in (50, 95, 99))
    return CaseResult(
        name="outbox",
        title="Events through outbox and inbox",
        table=Table(
            (f"{count:,}, by {CLIENTS} at a time", "a second", "× baseline"),
            (
                ("rows written (baseline)", number(written, 0), number(1)),
                ("events stated", number(stated, 0), number(stated / written)),
                ("rows written and read back (baseline)", number(there_and_back, 0), number(1)),
                ("events stated, carried and handled", number(whole, 0), number(whole / there_and_back)),
                ("of it, carried and handled", number(carried, 0), "–"),
            ),
        ),
        verdicts=(at_most(f"p99 from stated to handled at {options.rate:.0f} events a second", p99, 2, " s"),),
        notes=(
            f"At {options.rate:.0f} events a second for {options.seconds:.0f} s, from stated to handled: "
            f"p50 {p50 * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms. Every row and event is a "
            "transaction of its own, committed to the disk.",
        ),
        data={"latencies": latencies},
    )


if __name__ == "__main__":
    show(run(measure(arguments())))
