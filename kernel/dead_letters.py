"""Events and tasks that were given up: kept with the reason until somebody sends them again or discards them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from kernel.failures import Failure
from kernel.ids import TenantId
from kernel.uow import UnitOfWork

Source = Literal["event", "task"]

_BURY: Final = text("""
    INSERT INTO dead_letters (id, source, name, tenant_id, envelope, error, attempts)
    VALUES (:id, :source, :name, :tenant, :envelope, :error, :attempts)
    ON CONFLICT (id) DO UPDATE SET
        envelope = excluded.envelope, error = excluded.error, attempts = excluded.attempts, died_at = now(),
        redriven_at = NULL, discarded_at = NULL, discard_reason = NULL
""").bindparams(bindparam("envelope", type_=JSONB), bindparam("error", type_=JSONB))

_CHOSEN: Final = """
    SELECT id FROM dead_letters
    WHERE redriven_at IS NULL AND discarded_at IS NULL
      AND (CAST(:ids AS uuid[]) IS NULL OR id = ANY(:ids)) AND (CAST(:name AS text) IS NULL OR name = :name)
    FOR UPDATE
"""
# A message that is no envelope can't be sent again; it stays until it is discarded.
_REDRIVE_EVENTS: Final = text(f"""
    WITH chosen AS ({_CHOSEN}),
    letters AS (
        UPDATE dead_letters AS letter SET redriven_at = now() FROM chosen
        WHERE letter.id = chosen.id AND source = 'event' AND envelope ? 'specversion' AND name <> 'outbox'
        RETURNING letter.name, letter.tenant_id, letter.envelope
    )
    INSERT INTO inbox (subscription, event_id, tenant_id, key, envelope)
    SELECT name, CAST(envelope->>'id' AS uuid), tenant_id, envelope->>'subject', envelope FROM letters
    ON CONFLICT (subscription, event_id) DO UPDATE
        SET handled_at = NULL, error = NULL, attempts = 0, due_at = now()
""")  # noqa: S608 - constants
_REDRIVE_TASKS: Final = text(f"""
    WITH chosen AS ({_CHOSEN}),
    letters AS (
        UPDATE dead_letters AS letter SET redriven_at = now() FROM chosen
        WHERE letter.id = chosen.id AND source = 'task' AND NOT EXISTS (
            SELECT FROM tasks AS dead JOIN tasks AS open USING (kind, dedupe_key)
            WHERE dead.id = letter.id AND open.tenant_id IS NOT DISTINCT FROM dead.tenant_id
              AND open.state IN ('ready', 'running')
        )
        RETURNING letter.id
    )
    UPDATE tasks SET state = 'ready', attempts = 0, due_at = now(), error = NULL, finished_at = NULL
    FROM letters WHERE tasks.id = letters.id AND tasks.state = 'failed'
""")  # noqa: S608 - constants
_DISCARD: Final = text(f"""
    UPDATE dead_letters SET discarded_at = now(), discard_reason = :reason WHERE id IN ({_CHOSEN})
""")  # noqa: S608 - constants
_COUNT: Final = text("""
    SELECT source, name, count(*) FROM dead_letters WHERE redriven_at IS NULL AND discarded_at IS NULL
    GROUP BY source, name
""")
_WAKE: Final = text(
    "SELECT pg_notify(current_schema() || '_inbox', ''), pg_notify(current_schema() || '_tasks', 'ready')"
)


def letter_of(subscription: str, event_id: UUID | str) -> UUID:
    """The id of the dead letter of an event: one per subscription, however often it dies."""
    return uuid5(NAMESPACE_OID, f"{subscription} {event_id}")


async def bury(
    uow: UnitOfWork,
    *,
    letter: UUID,
    source: Source,
    name: str,
    tenant: TenantId | None,
    envelope: dict[str, Any],
    error: Failure,
    attempts: int,
) -> None:
    """Keeps a dead letter. `name` is the subscription or the task's kind, `envelope` the event's or the payload."""
    row = {"id": letter, "source": source, "name": name, "tenant": tenant, "attempts": attempts}
    await uow.session.execute(_BURY, row | {"envelope": envelope, "error": error.as_json()})


async def redrive(uow: UnitOfWork, *, ids: Sequence[UUID] | None = None, name: str | None = None) -> int:
    """Sends dead letters again, with all their attempts: those of `ids`, of a subscription or task kind, or all.

    An event keeps its place before later ones of its key that are not handled yet. System role. Returns how many.
    """
    chosen = {"ids": None if ids is None else list(ids), "name": name}
    events = await uow.session.execute(_REDRIVE_EVENTS, chosen)
    tasks = await uow.session.execute(_REDRIVE_TASKS, chosen)
    await uow.session.execute(_WAKE)
    return int(events.rowcount + tasks.rowcount)  # type: ignore[attr-defined]  # CursorResults


async def discard(uow: UnitOfWork, *, reason: str, ids: Sequence[UUID] | None = None, name: str | None = None) -> int:
    """Puts dead letters aside for good; `reason` is kept with them. System role. Returns how many."""
    if not reason.strip():
        raise ValueError("discarding a dead letter needs a reason")
    chosen = {"ids": None if ids is None else list(ids), "name": name, "reason": reason}
    return int((await uow.session.execute(_DISCARD, chosen)).rowcount)  # type: ignore[attr-defined]


async def open_letters(uow: UnitOfWork) -> dict[tuple[str, str], int]:
    """Dead letters that wait for somebody, by source and name, for metrics. System role."""
    return {(source, name): count for source, name, count in await uow.session.execute(_COUNT)}
