"""Periodic tasks: the next tick of each is a row like any other, so there is no leader and nothing to elect.

Whoever looks first adds the tick that follows; its id is made of kind and time, so that a second one is the same row,
also after the first has run. The next tick is added when the last one is over: ticks of a kind never overlap, and of
those missed while nothing ran only the row that waited is caught up.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from kernel.ids import first_uuid_of
from kernel.tasks import TaskKind, Tasks, Tick
from kernel.uow import UnitOfWork

_OPEN: Final = text("""
    SELECT kind FROM tasks WHERE kind = ANY(:kinds) AND dedupe_key = 'tick' AND state IN ('ready', 'running')
""")
_NOW: Final = text("SELECT clock_timestamp()")
_ADD: Final = text("""
    INSERT INTO tasks (id, kind, dedupe_key, payload, due_at, max_attempts)
    VALUES (:id, :kind, 'tick', :payload, :due, 1) ON CONFLICT DO NOTHING
""").bindparams(bindparam("payload", type_=JSONB))
_WAKE: Final = text("SELECT pg_notify(current_schema() || '_tasks', 'ready')")


async def plan_ticks(uow: UnitOfWork, tasks: Tasks) -> None:
    """Adds the next tick of every periodic kind that has none waiting or running. System role."""
    periodic = [kind for kind in tasks if kind.cron is not None]
    if not periodic:
        return
    waiting = set((await uow.session.execute(_OPEN, {"kinds": [kind.name for kind in periodic]})).scalars())
    missing = [kind for kind in periodic if kind.name not in waiting]
    if missing:
        present: datetime = (await uow.session.execute(_NOW)).scalar_one()
        for kind in missing:
            await add_tick(uow, kind, kind.next_tick(present))


async def add_tick(uow: UnitOfWork, kind: TaskKind, scheduled: datetime) -> None:
    """Adds one tick; nothing happens when it is there, was there, or another one of the kind is open."""
    payload = Tick(scheduled=scheduled).model_dump(mode="json")
    row = {"id": tick_id(kind.name, scheduled), "kind": kind.name, "payload": payload, "due": scheduled}
    await uow.session.execute(_ADD, row)
    await uow.session.execute(_WAKE)


def tick_id(kind: str, scheduled: datetime) -> UUID:
    """The id of a tick: UUIDv7 of the time planned for, with a hash of the kind where the random bits are."""
    digest = int.from_bytes(hashlib.sha256(kind.encode()).digest()[:7])
    return UUID(int=first_uuid_of(scheduled).int | digest)
