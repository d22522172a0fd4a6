"""Which task is next: tenants take turns, a tenant's own come by priority and then by due time.

Turns go to the tenant with the fewest tasks running, then to the one whose last turn is the longest ago, so that nobody
who came first with a thousand tasks keeps the others waiting, however few workers there are.

The query's cost depends on how many tenants wait, never on how many tasks wait or are done: it steps through the index
`ix_tasks_claim` from one (kind, tenant) to the next (a "loose index scan",
https://wiki.postgresql.org/wiki/Loose_indexscan) and looks up the first due task of each. Workers that choose at the
same moment skip each other's choice (`SKIP LOCKED`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from kernel.ids import TenantId
from kernel.tables import TASK_LANE
from kernel.uow import UnitOfWork

_CANDIDATES: Final = 16
"""How many lanes are tried when others take the first ones at the same moment."""

_INDEX_ORDER: Final = f"kind, {TASK_LANE}, priority DESC, due_at, id"
"""That of `ix_tasks_claim`, whole: the planner doesn't see that kind and lane are the same in all rows it sorts."""

CLAIM: Final = text(f"""
    WITH RECURSIVE wanted AS (
        SELECT * FROM unnest(CAST(:kinds AS text[]), CAST(:leases AS double precision[])) AS wanted (kind, lease)
    ),
    lanes AS (
        SELECT kind, first.lane FROM wanted CROSS JOIN LATERAL (
            SELECT {TASK_LANE} AS lane FROM tasks
            WHERE state = 'ready' AND pending = 0 AND tasks.kind = wanted.kind
            ORDER BY tasks.kind, {TASK_LANE} LIMIT 1
        ) AS first
        UNION ALL
        SELECT lanes.kind, following.lane FROM lanes CROSS JOIN LATERAL (
            SELECT {TASK_LANE} AS lane FROM tasks
            WHERE state = 'ready' AND pending = 0 AND tasks.kind = lanes.kind AND {TASK_LANE} > lanes.lane
            ORDER BY tasks.kind, {TASK_LANE} LIMIT 1
        ) AS following
    ),
    running AS (
        SELECT {TASK_LANE} AS lane, count(*) AS tasks FROM tasks
        WHERE state = 'running' AND kind = ANY(:kinds) GROUP BY 1
    ),
    ranked AS MATERIALIZED (
        SELECT lanes.kind, lanes.lane
        FROM lanes
        CROSS JOIN LATERAL (
            SELECT priority, due_at FROM tasks
            WHERE state = 'ready' AND pending = 0 AND tasks.kind = lanes.kind AND {TASK_LANE} = lanes.lane
              AND due_at <= now()
            ORDER BY {_INDEX_ORDER} LIMIT 1
        ) AS first
        LEFT JOIN running USING (lane)
        LEFT JOIN LATERAL (
            SELECT started_at FROM tasks WHERE started_at IS NOT NULL AND {TASK_LANE} = lanes.lane
            ORDER BY {TASK_LANE} DESC, started_at DESC LIMIT 1
        ) AS turn ON true
        ORDER BY coalesce(running.tasks, 0), turn.started_at NULLS FIRST, first.priority DESC, first.due_at
        LIMIT {_CANDIDATES}
    ),
    chosen AS (
        SELECT one.id FROM ranked CROSS JOIN LATERAL (
            SELECT id FROM tasks
            WHERE state = 'ready' AND pending = 0 AND tasks.kind = ranked.kind AND {TASK_LANE} = ranked.lane
              AND due_at <= now()
            ORDER BY {_INDEX_ORDER} LIMIT 1 FOR UPDATE SKIP LOCKED
        ) AS one LIMIT 1
    )
    UPDATE tasks SET
        state = 'running', attempts = attempts + 1, token = token + 1, worker = :worker,
        started_at = clock_timestamp(), lease_until = clock_timestamp() + make_interval(secs => wanted.lease),
        progress = 0, note = NULL
    FROM chosen, wanted WHERE tasks.id = chosen.id AND wanted.kind = tasks.kind
    RETURNING tasks.id, tasks.kind, tenant_id, group_id, payload, attempts, max_attempts, token, parent_id, traceparent
""")  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Claimed:
    """A task in the hands of this worker. `attempts` counts this one."""

    id: UUID
    kind: str
    tenant: TenantId | None
    group: str | None
    payload: dict[str, Any]
    attempts: int
    max_attempts: int
    token: int
    parent: UUID | None
    traceparent: str | None


async def claim(uow: UnitOfWork, leases: Mapping[str, float], *, worker: str) -> Claimed | None:
    """Takes the next due task of the given kinds, for the seconds given with each; None: there is none. System role."""
    given = {"kinds": list(leases), "leases": list(leases.values()), "worker": worker}
    row = (await uow.session.execute(CLAIM, given)).one_or_none()
    return None if row is None else Claimed(*row)
