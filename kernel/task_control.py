"""What services ask of their queue inside a unit of work: cancel a group, where a task stands, how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import text

from kernel.clock import now
from kernel.ids import first_uuid_of

if TYPE_CHECKING:
    from kernel.uow import UnitOfWork

KEPT: Final = timedelta(days=30)
"""How long tasks stay after their end."""

_GROUP: Final = text("""
    SELECT id FROM tasks WHERE group_id = :group AND state IN ('ready', 'running') AND NOT cancel_requested
""")

# The open tasks connected with the given ones as parent, child or sibling. One index look-up a task and direction.
_FAMILY: Final = text("""
    WITH RECURSIVE family AS (
        SELECT id, parent_id FROM tasks WHERE id = ANY(:ids)
        UNION
        SELECT relative.id, relative.parent_id
        FROM family CROSS JOIN LATERAL (
            SELECT id, parent_id FROM tasks WHERE parent_id = family.id AND state IN ('ready', 'running')
            UNION ALL
            SELECT id, parent_id FROM tasks WHERE id = family.parent_id AND state IN ('ready', 'running')
        ) AS relative
    )
    SELECT id FROM family
""")

# Children are locked before parents, as a finishing child does, so that the two don't wait for each other.
_CANCEL: Final = text("""
    WITH open AS (
        SELECT id, state FROM tasks
        WHERE id = ANY(:ids) AND state IN ('ready', 'running') AND NOT cancel_requested
        ORDER BY parent_id IS NULL, id FOR UPDATE
    )
    UPDATE tasks SET
        cancel_requested = true,
        state = CASE open.state WHEN 'ready' THEN 'cancelled' ELSE open.state END,
        finished_at = CASE open.state WHEN 'ready' THEN clock_timestamp() END
    FROM open WHERE tasks.id = open.id
    RETURNING tasks.state
""")

_NOTIFY: Final = text("SELECT pg_notify(current_schema() || '_tasks', :payload)")

_POSITION: Final = text("""
    WITH me AS (SELECT * FROM tasks WHERE id = :id AND state = 'ready'),
    waiting AS (
        SELECT task.tenant_id, task.tenant_id IS NOT DISTINCT FROM me.tenant_id AS mine,
               (task.priority, me.due_at, me.id) > (me.priority, task.due_at, task.id) AS earlier
        FROM tasks AS task, me
        WHERE task.state = 'ready' AND task.kind = me.kind AND task.pending = 0 AND task.id <> me.id
    ),
    own AS (SELECT count(*) AS ahead FROM waiting WHERE mine AND earlier),
    others AS (SELECT count(*) AS waiting FROM waiting WHERE NOT mine GROUP BY tenant_id)
    SELECT own.ahead + coalesce((SELECT sum(least(others.waiting, own.ahead + 1)) FROM others), 0)
    FROM own WHERE EXISTS (SELECT FROM me)
""")

_COUNTS: Final = text(
    "SELECT kind, state, count(*) FROM tasks WHERE state IN ('ready', 'running') GROUP BY kind, state"
)

_PURGE: Final = text("""
    DELETE FROM tasks WHERE id < :first AND state IN ('done', 'failed', 'cancelled')
      AND finished_at < clock_timestamp() - CAST(:kept AS interval)
""")


async def cancel_tasks(uow: UnitOfWork, *, group: str) -> int:
    """Cancels a group's open tasks, with their children and the parents that wait for them.

    Waiting ones are cancelled with this transaction. Running ones can commit nothing from then on; their workers are
    told at once (and at their next heartbeat) and the tasks end as cancelled when the handlers have stopped.

    Returns how many tasks were open. A task that finished first stays done and doesn't count.
    """
    cancelled = 0
    # A running task of the group may have added tasks while this waited for its row: look until there are none.
    while ids := (await uow.session.execute(_GROUP, {"group": group})).scalars().all():
        cancelled += await cancel_ids(uow, await family_of(uow, ids))
    return cancelled


async def family_of(uow: UnitOfWork, ids: Sequence[UUID]) -> list[UUID]:
    """`ids` and every open task connected with them as parent, child or sibling."""
    return list((await uow.session.execute(_FAMILY, {"ids": list(ids)})).scalars())


async def cancel_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> int:
    """Cancels those of `ids` that are open; returns how many."""
    states = (await uow.session.execute(_CANCEL, {"ids": list(ids)})).scalars().all()
    if "running" in states:
        await uow.session.execute(_NOTIFY, {"payload": "cancel"})
    return len(states)


async def queue_position(uow: UnitOfWork, task_id: UUID) -> int | None:
    """How many tasks of its kind will be started before this one; None when it isn't waiting.

    Tenants take turns, so of another tenant's tasks only as many count as this tenant has ahead, and one. Needs a unit
    of work of the system role: a tenant's sees its own tasks only.
    """
    position = (await uow.session.execute(_POSITION, {"id": task_id})).scalar()
    return None if position is None else int(position)


async def purge_tasks(uow: UnitOfWork, *, kept: timedelta = KEPT) -> int:
    """Removes tasks that ended longer than `kept` ago; ids begin with their time, so old ones are found by key."""
    result = await uow.session.execute(_PURGE, {"first": first_uuid_of(now() - kept), "kept": kept})
    return int(result.rowcount)  # type: ignore[attr-defined]  # a CursorResult, as for every DELETE


async def open_tasks(uow: UnitOfWork) -> dict[tuple[str, str], int]:
    """Open tasks by kind and state ("ready", "running"), for metrics. System role."""
    rows = await uow.session.execute(_COUNTS)
    return {(kind, state): count for kind, state, count in rows}
