"""The tables every service has for the kernel's work: outbox, inbox, dead letters, tasks, idempotency keys.

They lie in the service's own schema, so that a handler's writes, "handled" and what it emits are one transaction.
`KERNEL` serves queries in any service: no table names its schema, the search path does.

dead_letters.source  'event' or 'task'
tasks.dedupe_key     unique among the open tasks of a kind and tenant
tasks.started_at     of the last attempt
tasks.pending        children that are not done yet; claimable at 0
tasks.token          fencing token: goes up with every claim, and every write of a run asks for it
tasks.traceparent    W3C Trace Context of whoever enqueued it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    desc,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, REAL, TIMESTAMP
from sqlalchemy.types import TypeEngine

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""How constraints and indexes are called (https://alembic.sqlalchemy.org/en/latest/naming.html)."""

OPEN_TASK_KEY: Final = text("dedupe_key IS NOT NULL AND state IN ('ready', 'running')")
"""The tasks among which a `dedupe_key` is unique: predicate of the index, and of ON CONFLICT."""

TASK_LANE: Final = "(coalesce(tenant_id, '00000000-0000-0000-0000-000000000000'))"
"""SQL: whose turn a task takes. Tasks without a tenant share the lane of the nil UUID."""

_BUSY: Final = {"autovacuum_vacuum_scale_factor": 0.02, "autovacuum_vacuum_insert_scale_factor": 0.1}
"""Rows here live for seconds; what they leave behind is cleared away often, so that queues stay short to scan."""


@dataclass(frozen=True, slots=True)
class KernelTables:
    outbox: Table
    inbox: Table
    dead_letters: Table
    tasks: Table
    idempotency: Table

    def all(self) -> tuple[Table, ...]:
        return (self.outbox, self.inbox, self.dead_letters, self.tasks, self.idempotency)


def _time(name: str, *, default_now: bool = False, nullable: bool = False) -> Column[Any]:
    kind: TypeEngine[Any] = TIMESTAMP(timezone=True)
    return Column(name, kind, server_default=func.now() if default_now else None, nullable=nullable)


def _count(name: str, default: int = 0, kind: type[Integer] = Integer) -> Column[int]:
    return Column(name, kind, nullable=False, server_default=text(str(default)))


def kernel_tables(metadata: MetaData) -> KernelTables:
    """Declares the five tables in a service's MetaData."""
    outbox = Table(
        "outbox",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("seq", BigInteger, Identity(always=True), nullable=False),
        Column("tenant_id", Uuid),
        Column("topic", Text, nullable=False),
        Column("key", Text, nullable=False),
        Column("envelope", JSONB, nullable=False),
        _time("created_at", default_now=True),
        _time("sent_at", nullable=True),
        postgresql_with=_BUSY,
    )
    Index("ix_outbox_unsent", outbox.c.seq, postgresql_where=outbox.c.sent_at.is_(None))

    inbox = Table(
        "inbox",
        metadata,
        Column("subscription", Text, primary_key=True),
        Column("event_id", Uuid, primary_key=True),
        Column("seq", BigInteger, Identity(always=True), nullable=False),
        Column("tenant_id", Uuid),
        Column("key", Text, nullable=False),
        Column("envelope", JSONB, nullable=False),
        _time("received_at", default_now=True),
        _time("due_at", default_now=True),
        _count("attempts"),
        _time("handled_at", nullable=True),
        Column("error", JSONB(none_as_null=True)),
        postgresql_with=_BUSY,
    )
    unhandled = inbox.c.handled_at.is_(None)
    Index("ix_inbox_unhandled", inbox.c.subscription, inbox.c.key, inbox.c.seq, postgresql_where=unhandled)
    Index("ix_inbox_arrival", inbox.c.seq, postgresql_where=unhandled)
    Index("ix_inbox_failing", inbox.c.due_at, postgresql_where=unhandled & inbox.c.error.is_not(None))

    dead_letters = Table(
        "dead_letters",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("source", Text, CheckConstraint("source IN ('event', 'task')", name="source"), nullable=False),
        Column("name", Text, nullable=False),
        Column("tenant_id", Uuid),
        Column("envelope", JSONB, nullable=False),
        Column("error", JSONB(none_as_null=True)),
        _count("attempts"),
        _time("died_at", default_now=True),
        _time("redriven_at", nullable=True),
        _time("discarded_at", nullable=True),
        Column("discard_reason", Text),
    )
    idempotency = Table(
        "idempotency",
        metadata,
        Column("tenant_id", Uuid, primary_key=True),
        Column("route", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("body_hash", LargeBinary, nullable=False),
        Column("status", Integer),
        Column("headers", JSONB(none_as_null=True)),
        Column("body", JSONB),
        _time("created_at", default_now=True),
        _time("finished_at", nullable=True),
    )
    return KernelTables(outbox, inbox, dead_letters, _tasks(metadata), idempotency)


def _tasks(metadata: MetaData) -> Table:
    states = "state IN ('ready', 'running', 'done', 'failed', 'cancelled')"
    tasks = Table(
        "tasks",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("tenant_id", Uuid),
        Column("group_id", Text),
        Column("dedupe_key", Text),
        Column("payload", JSONB, nullable=False),
        Column("state", Text, CheckConstraint(states, name="state"), nullable=False, server_default="ready"),
        _count("priority"),
        _time("due_at", default_now=True),
        _count("attempts"),
        _count("max_attempts", 5),
        Column("parent_id", Uuid),
        _count("pending"),
        _time("lease_until", nullable=True),
        Column("worker", Text),
        _count("token", kind=BigInteger),
        Column("progress", REAL, nullable=False, server_default=text("0")),
        Column("note", JSONB(none_as_null=True)),
        Column("cancel_requested", Boolean, nullable=False, server_default=text("false")),
        Column("error", JSONB(none_as_null=True)),
        Column("result", JSONB(none_as_null=True)),
        _time("created_at", default_now=True),
        _time("started_at", nullable=True),
        _time("finished_at", nullable=True),
        Column("traceparent", Text),
        postgresql_with=_BUSY,
    )
    row = tasks.c
    claimable = text("state = 'ready' AND pending = 0")
    running = text("state = 'running'")
    open_ = text("state IN ('ready', 'running')")
    # kernel/task_claim.py steps from lane to lane through the first and looks up each lane's last turn in the second.
    lane = text(TASK_LANE)
    Index("ix_tasks_claim", row.kind, lane, desc(row.priority), row.due_at, row.id, postgresql_where=claimable)
    Index("ix_tasks_turn", lane, row.started_at, postgresql_where=row.started_at.is_not(None))
    # Only the few running ones, and none of what a heartbeat writes: that stays a heap-only update.
    Index("ix_tasks_running", lane, row.kind, postgresql_where=running)
    Index(
        "uq_tasks_open_key",
        row.kind,
        row.tenant_id,
        row.dedupe_key,
        unique=True,
        postgresql_where=OPEN_TASK_KEY,
        postgresql_nulls_not_distinct=True,
    )
    Index("ix_tasks_parent", row.parent_id)
    Index("ix_tasks_open_group", row.group_id, postgresql_where=open_)
    return tasks


KERNEL: Final = kernel_tables(MetaData(naming_convention=NAMING))
"""The tables for queries of the kernel itself."""
