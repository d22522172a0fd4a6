"""One transaction of one service for one tenant, with what it states (events) and what it leaves to do (tasks).

    async with database.unit_of_work(tenant) as uow:
        uow.session.add(Video(...))
        uow.emit(VideoStored(video_id=...))
        uow.enqueue(NewTask(kind="storage.probe", payload=Probe(...)))

Events and tasks are rows of the same transaction, written when it commits: kept together with the change or not at
all, also when a savepoint they were made in is rolled back. There is no other way to publish.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from sqlalchemy import bindparam, event, func, select
from sqlalchemy.dialects.postgresql import TIMESTAMP, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from kernel import context
from kernel.audit import ActRecorded
from kernel.envelope import Envelope
from kernel.events import Event
from kernel.ids import TenantId, uuid7
from kernel.roles import ServiceRoles
from kernel.tables import KERNEL, OPEN_TASK_KEY
from kernel.tasks import NewTask, UnknownTask

T = TypeVar("T")

_TASK_KEYS: Final = ("kind", "tenant_id", "dedupe_key")
_INSERT_TASK: Final = (
    insert(KERNEL.tasks)
    .values(due_at=func.coalesce(bindparam("due", type_=TIMESTAMP(timezone=True)), func.now()))
    .on_conflict_do_nothing(
        index_elements=[KERNEL.tasks.c[name] for name in _TASK_KEYS],
        index_where=OPEN_TASK_KEY,
    )
)


class _Waiting(Generic[T]):
    """Things that wait for the commit; those of a savepoint that is rolled back are dropped."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._things: list[tuple[SessionTransaction | None, T]] = []

    def add(self, thing: T) -> None:
        self._things.append((self._session.get_nested_transaction(), thing))

    def drop(self, rolled_back: SessionTransaction) -> None:
        self._things = [(inside, thing) for inside, thing in self._things if not _within(inside, rolled_back)]

    def take(self) -> list[T]:
        things = [thing for _, thing in self._things]
        self._things.clear()
        return things


def _within(inner: SessionTransaction | None, outer: SessionTransaction) -> bool:
    while inner is not None and inner is not outer:
        inner = inner.parent
    return inner is outer


class UnitOfWork:
    """Comes from `kernel.db.Database`, which commits it on a clean exit and rolls it back on an error.

    `tenant` is whose rows row-level security shows; in the system role it shows all, and `tenant` may be None.
    """

    def __init__(
        self, session: AsyncSession, service: str, tenant: TenantId | None, task_kinds: frozenset[str] | None = None
    ) -> None:
        self.session = session
        self.tenant = tenant
        self.service = service
        self._task_kinds = task_kinds
        self._schema = ServiceRoles(service).schema
        sync = session.sync_session
        self._envelopes: _Waiting[Envelope] = _Waiting(sync)
        self._tasks: _Waiting[dict[str, Any]] = _Waiting(sync)
        self._notices: _Waiting[tuple[str, str]] = _Waiting(sync)
        self._calls: _Waiting[Callable[[], None]] = _Waiting(sync)
        self._released: set[SessionTransaction] = set()
        event.listen(sync, "after_commit", self._savepoint_released)
        event.listen(sync, "after_transaction_end", self._transaction_ended)

    def emit(self, event: Event, *, tenant: TenantId | None = None) -> None:
        """States a fact. `tenant` is needed when the unit has none.

        Raises:
            MissingTenant: neither has one, and the event is not `untenanted`.
        """
        trace = context.current().traceparent
        self._envelopes.add(
            Envelope.around(event, source=self.service, tenant=tenant or self.tenant, traceparent=trace)
        )

    def enqueue(self, task: NewTask, *, tenant: TenantId | None = None) -> UUID:
        """Leaves work to do and returns its id.

        While a task of the same kind, tenant and `key` is open, that one stands: nothing is added, and the id returned
        is nobody's.

        Raises:
            UnknownTask: the service has no handler for this kind of task.
        """
        if self._task_kinds is not None and task.kind not in self._task_kinds:
            raise UnknownTask(f"{self.service} has no handler for tasks of kind {task.kind}")
        task_id = uuid7()
        self._tasks.add(
            {
                "id": task_id,
                "kind": task.kind,
                "tenant_id": tenant or self.tenant,
                "group_id": task.group,
                "dedupe_key": task.key,
                "payload": task.payload.model_dump(mode="json"),
                "priority": task.priority,
                "due": task.due,
                "max_attempts": task.attempts,
                "parent_id": task.parent,
                "pending": task.pending,
                "traceparent": context.current().traceparent,
            }
        )
        return task_id

    def audit(
        self,
        action: str,
        target: str,
        *,
        reason: str | None = None,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        tenant: TenantId | None = None,
    ) -> None:
        """Records an act of the current actor (`kernel.context`); without one, of this service itself."""
        here = context.current()
        self.emit(
            ActRecorded(
                actor=here.actor or f"service:{self.service}",
                action=action,
                target=target,
                reason=reason,
                address=here.address,
                before=before,
                after=after,
            ),
            tenant=tenant,
        )

    def notify(self, channel: str, payload: str = "") -> None:
        """Wakes whoever listens (`Database.listen`), at commit. Under 8,000 bytes; equal notices arrive once."""
        self._notices.add((channel, payload))

    def after_commit(self, call: Callable[[], None]) -> None:
        """Calls `call` once the commit is certain; never after a rollback. It must not raise."""
        self._calls.add(call)

    async def flush(self) -> None:
        """Writes everything so far without committing, for a query in the same unit that must see it.

        RuntimeError inside a savepoint, whose rollback would take with it what was said before.
        """
        if self.session.in_nested_transaction():
            raise RuntimeError("UnitOfWork.flush() inside a savepoint")
        await self.session.flush()
        if envelopes := self._envelopes.take():
            await self.session.execute(insert(KERNEL.outbox), [_outbox_row(envelope) for envelope in envelopes])
            self.notify(f"{self._schema}_outbox")
        if tasks := self._tasks.take():
            await self.session.execute(_INSERT_TASK, tasks)
            self.notify(f"{self._schema}_tasks", "ready")
        for channel, payload in dict.fromkeys(self._notices.take()):
            await self.session.execute(select(func.pg_notify(channel, payload)))

    def committed(self) -> None:
        """Runs what waited for the commit. Called by `Database`."""
        for call in self._calls.take():
            call()

    def _savepoint_released(self, session: Session) -> None:
        """SQLAlchemy's `after_commit`, which also comes for savepoints."""
        if (savepoint := session.get_nested_transaction()) is not None:
            self._released.add(savepoint)

    def _transaction_ended(self, session: Session, transaction: SessionTransaction) -> None:
        """A savepoint that ends without being released is rolled back; not every way there has an event of its own."""
        if transaction.nested and transaction not in self._released:
            for waiting in (self._envelopes, self._tasks, self._notices, self._calls):
                waiting.drop(transaction)


def _outbox_row(envelope: Envelope) -> dict[str, Any]:
    return {
        "id": envelope.id,
        "tenant_id": envelope.tenantid,
        "topic": envelope.type,
        "key": envelope.subject,
        "envelope": envelope.as_json(),
    }
