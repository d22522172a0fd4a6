"""What a tenant with a thousand tasks does to the waits of others (F53).

    python tests/bench/studio/fairness.py [--loud 1000] [--tenants 5] [--each 20] [--work 0.02] [--places 4]

Small tenants enqueue their tasks one after the other, each waiting for the last, first alone and then, in the same
database, behind a tenant that has enqueued a thousand. Targets: p95 of the others' waits at most 2 × their own
baseline; Jain's index of what all were given while all had work at least 0.95.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import text
from studio_bench import measured_rig, percentile, run, show

from report import CaseResult, Table, at_least, at_most, number, ratio  # isort: skip  (found by way of studio_bench)

from kernel.background import Background
from kernel.ids import TenantId, uuid7
from kernel.tasks import NewTask, Run, Tasks
from kernel.testing.events import Part, Rig


class Chore(BaseModel):
    seconds: float


tasks = Tasks("bench")
began: dict[UUID, float] = {}
order: list[TenantId | None] = []


@tasks.on("bench.chore", payload=Chore)
async def chore(run: Run[Chore], service: object) -> None:
    """A provider call, say: it takes a place and time, and no processor."""
    began[run.id] = time.perf_counter()
    order.append(run.tenant)
    await asyncio.sleep(run.payload.seconds)


async def enqueue(rig: Rig, tenant: TenantId, seconds: float, count: int = 1) -> list[UUID]:
    async with rig["bench"].unit_of_work(tenant) as uow:
        return [uow.enqueue(NewTask("bench.chore", Chore(seconds=seconds))) for _ in range(count)]


async def waits(rig: Rig, tenants: list[TenantId], each: int, seconds: float) -> list[float]:
    """Milliseconds from the commit to the handler's first line, of tasks that come one after the other."""

    async def one(tenant: TenantId) -> list[float]:
        samples = []
        for _ in range(each):
            [task] = await enqueue(rig, tenant, seconds)
            asked = time.perf_counter()
            while task not in began:
                await asyncio.sleep(0.001)
            samples.append(max(0.0, began[task] - asked) * 1000)
            await asyncio.sleep(seconds)
        return samples

    return [sample for samples in await asyncio.gather(*map(one, tenants)) for sample in samples]


def jain(shares: list[int]) -> float:
    """R. Jain, D. Chiu, W. Hawe, "A quantitative measure of fairness", DEC-TR-301, 1984."""
    return sum(shares) ** 2 / (len(shares) * sum(share * share for share in shares))


async def shares(rig: Rig, background: Background, tenants: list[TenantId], options: argparse.Namespace) -> list[int]:
    """How many tasks each tenant was given while all of them had some waiting."""
    order.clear()
    await enqueue(rig, tenants[0], options.work, options.loud)
    for tenant in tenants[1:]:
        await enqueue(rig, tenant, options.work, options.each)
    async with background:
        while len(order) < len(tenants) * options.each:
            await asyncio.sleep(0.01)
    given = order[: len(tenants) * options.each]
    return [given.count(tenant) for tenant in tenants]


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how fair claims are.")
    parser.add_argument("--loud", type=int, default=1000)
    parser.add_argument("--tenants", type=int, default=5)
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--work", type=float, default=0.02)
    parser.add_argument("--places", type=int, default=4)
    return parser.parse_args(given)


async def measure(options: argparse.Namespace) -> CaseResult:
    loud, *small = (TenantId(uuid7()) for _ in range(options.tenants + 1))
    async with measured_rig(Part("bench", tasks=tasks)) as rig:
        places = {"io": options.places}
        given = await shares(rig, rig.another(places=places, patience=0.0), [loud, *small], options)
        async with rig["bench"].system() as uow:
            await uow.session.execute(text("DELETE FROM tasks"))
        async with rig.another(places=places, patience=0.0):
            alone = await waits(rig, small, options.each, options.work)
            await enqueue(rig, loud, options.work, options.loud)
            crowded = await waits(rig, small, options.each, options.work)
            [(left,)] = await rig.rows("bench", "SELECT count(*) FROM tasks WHERE state = 'ready'")
    assert left > 0, "the loud tenant was done before the others: enqueue more"
    base, now = percentile(alone, 95), percentile(crowded, 95)
    index = jain(given)
    return CaseResult(
        name="fairness",
        title="Fairness of the queue",
        table=Table(
            (f"waits of {options.tenants} small tenants", "p50 ms", "p95 ms", "p95 × alone"),
            (
                ("alone (baseline)", number(percentile(alone, 50), 1), number(base, 1), number(1)),
                (
                    f"beside {options.loud:,} tasks of another",
                    number(percentile(crowded, 50), 1),
                    number(now, 1),
                    number(ratio(now, base)),
                ),
            ),
        ),
        verdicts=(
            at_most("p95 of others' waits beside a loud tenant, × alone", ratio(now, base), 2),
            at_least("Jain's index while all have work", index, 0.95, digits=3),
        ),
        notes=(
            f"{options.each} tasks of each small tenant, {options.work * 1000:.0f} ms each, in {options.places} "
            f"places. While all had work, {', '.join(map(str, given))} tasks were given to the loud tenant and to each "
            "small one.",
        ),
        data={"alone": alone, "crowded": crowded, "given": given},
    )


if __name__ == "__main__":
    show(run(measure(arguments())))
