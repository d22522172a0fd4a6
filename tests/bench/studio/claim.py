"""How long it takes to claim a task: an empty table, a million finished tasks, and many waiting of one tenant.

    python tests/bench/studio/claim.py [--old 1000000] [--waiting 10000] [--tenants 200] [--claims 500]

All in one run, on the same table as it fills. Target: p99 at most 20 ms with a million old rows.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

from pydantic import BaseModel
from sqlalchemy import text
from studio_bench import measured_rig, percentile, run, show

from report import CaseResult, Table, at_most, number, ratio  # isort: skip  (found by way of studio_bench)

from kernel.db import Database
from kernel.ids import TenantId, uuid7
from kernel.task_claim import claim
from kernel.task_lease import TaskLease
from kernel.tasks import Run, Tasks
from kernel.testing.events import Part

tasks = Tasks("bench")


class Nothing(BaseModel):
    pass


@tasks.on("bench.work", payload=Nothing)
async def work(run: Run[Nothing], service: object) -> None:
    """Never called: claims are made by hand here."""


_FILL = text("""
    INSERT INTO tasks
        (id, kind, tenant_id, payload, state, created_at, due_at, started_at, finished_at, token, attempts)
    SELECT gen_random_uuid(), 'bench.work', CAST(:tenant AS uuid), '{}', :state,
           now() - make_interval(secs => n), now() - make_interval(secs => n),
           CASE WHEN :state = 'done' THEN now() - make_interval(secs => n) END,
           CASE WHEN :state = 'done' THEN now() - make_interval(secs => n) END, 1, 1
    FROM generate_series(1, :count) AS n
""")


async def fill(database: Database, tenant: TenantId, state: str, count: int) -> None:
    async with database.system() as uow:
        await uow.session.execute(text("SET LOCAL statement_timeout = 0"))
        await uow.session.execute(_FILL, {"tenant": str(tenant), "state": state, "count": count})


async def claims(database: Database, tenants: list[TenantId], count: int) -> list[float]:
    """Milliseconds of `count` claims; each task is added before and ended after, outside of the time."""
    samples = []
    for turn in range(count):
        await fill(database, tenants[turn % len(tenants)], "ready", 1)
        began = time.perf_counter()
        async with database.system() as uow:
            claimed = await claim(uow, {"bench.work": 60.0}, worker="bench")
        samples.append((time.perf_counter() - began) * 1000)
        assert claimed is not None
        await TaskLease(database, tasks, None, claimed, 60.0).finish()
    return samples


def figures(samples: list[float], base: list[float]) -> tuple[str, str, str, str]:
    p50, p99 = percentile(samples, 50), percentile(samples, 99)
    return (
        number(p50, 1),
        number(p99, 1),
        number(ratio(p50, percentile(base, 50))),
        number(ratio(p99, percentile(base, 99))),
    )


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how long a claim takes.")
    parser.add_argument("--old", type=int, default=1_000_000)
    parser.add_argument("--waiting", type=int, default=10_000)
    parser.add_argument("--tenants", type=int, default=200)
    parser.add_argument("--claims", type=int, default=500)
    return parser.parse_args(given)


async def measure(options: argparse.Namespace) -> CaseResult:
    many = [TenantId(uuid7()) for _ in range(options.tenants)]
    async with measured_rig(Part("bench", tasks=tasks)) as rig:
        database = rig["bench"]
        await claims(database, many[:1], 20)
        empty = await claims(database, many[:1], options.claims)
        share = options.old // len(many)
        for tenant in many:
            await fill(database, tenant, "done", share)
        async with database.system() as uow:
            rows = (await uow.session.execute(text("SELECT count(*) FROM tasks"))).scalar_one()
        old = await claims(database, many, options.claims)
        await fill(database, many[0], "ready", options.waiting)
        waiting = await claims(database, many[1:], options.claims)
        for tenant in many:
            await fill(database, tenant, "ready", 20)
        crowded = await claims(database, many, options.claims)
    cases = [
        ("empty table (baseline)", empty),
        (f"{rows:,} finished tasks of {len(many)} tenants", old),
        (f"and {options.waiting:,} waiting of one tenant", waiting),
        (f"and {len(many)} tenants waiting", crowded),
    ]
    head = ("claims on", "p50 ms", "p99 ms", "p50 × empty", "p99 × empty")
    return CaseResult(
        name="claim",
        title="Claiming a task",
        table=Table(head, tuple((name, *figures(samples, empty)) for name, samples in cases)),
        verdicts=(at_most("p99 of a claim with a million old tasks", percentile(old, 99), 20, " ms", 1),),
        notes=(f"{options.claims} claims each, one after the other, committed to the disk.",),
        data=dict(cases),
    )


if __name__ == "__main__":
    show(run(measure(arguments())))
