"""Acts on what the inbox holds: each event exactly once per subscription, in order per key, several keys at a time.

The row of an event stays locked while its handler runs; the handler's writes, what it emits and "handled" are one
transaction. A crash anywhere leaves all of it or nothing, and then the event is handled again. When a handler fails,
later events of the same key wait behind it: it is tried again with backoff and becomes a dead letter after 5 attempts,
or at once when its `AppError` is not retryable; then the key goes on.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from kernel import context, failpoints
from kernel.backoff import ATTEMPTS, backoff, spread
from kernel.db import Database
from kernel.dead_letters import bury, letter_of
from kernel.envelope import Envelope
from kernel.events import Event, Subscription, Subscriptions, handling
from kernel.failures import Failure, cause_of, is_retryable, throttled_for
from kernel.ids import TenantId
from kernel.loops import Wake, noticing, repeat
from kernel.telemetry import EVENTS
from kernel.uow import UnitOfWork

log = structlog.get_logger(__name__)

failpoints.declare("inbox.handled.before_commit", "the handler's effects and the mark are written, not committed")

SLOW_SECONDS: Final = 1.0
POLL_SECONDS: Final = 1.0
PARALLEL: Final = 4
_IN_A_ROW: Final = 100

# An earlier unhandled row of the same key, due or not, keeps later ones back. "OFFSET 0" keeps this a look-up a row:
# as a join it would be made for all rows before the first few are taken.
_FIRST_OF_ITS_KEY: Final = """
    NOT EXISTS (
        SELECT FROM inbox AS earlier
        WHERE earlier.subscription = inbox.subscription AND earlier.key = inbox.key AND earlier.seq < inbox.seq
          AND earlier.handled_at IS NULL
        OFFSET 0
    )
"""
# Walks the unhandled rows as they came (the inner query, in the order of `ix_inbox_arrival`) and stops when it has
# enough, also while the table's statistics know nothing of a sudden backlog. Long runs of rows behind a failing event,
# or behind one that is being handled here, are passed without a look-up each.
HEADS: Final = text(f"""
    SELECT subscription, key, event_id, tenant_id FROM (
        SELECT * FROM inbox WHERE handled_at IS NULL ORDER BY seq OFFSET 0
    ) AS inbox
    WHERE due_at <= now() AND subscription = ANY(:subscriptions) AND NOT subscription || ' ' || key = ANY(:active)
      AND (subscription, key) NOT IN (
          SELECT subscription, key FROM inbox WHERE handled_at IS NULL AND error IS NOT NULL AND due_at > now()
      )
      AND {_FIRST_OF_ITS_KEY}
    LIMIT :limit
""")  # noqa: S608 - constants
_CLAIM: Final = text(f"""
    SELECT envelope, attempts FROM inbox
    WHERE subscription = :subscription AND event_id = :event_id AND handled_at IS NULL AND due_at <= now()
      AND {_FIRST_OF_ITS_KEY}
    FOR UPDATE SKIP LOCKED
""")  # noqa: S608 - constants
# Marks the event and, on the way, looks up the next one of its key.
_HANDLED: Final = text("""
    WITH handled AS (
        UPDATE inbox SET handled_at = clock_timestamp(), error = NULL
        WHERE subscription = :subscription AND event_id = :event_id RETURNING seq
    )
    SELECT event_id, tenant_id FROM inbox, handled
    WHERE handled_at IS NULL AND subscription = :subscription AND key = :key AND inbox.seq > handled.seq
    ORDER BY inbox.seq LIMIT 1
""")
_FAILED: Final = text("""
    UPDATE inbox SET
        attempts = attempts + :counted, error = :error,
        due_at = clock_timestamp() + make_interval(secs => :wait),
        handled_at = CASE WHEN :dead THEN clock_timestamp() END
    WHERE subscription = :subscription AND event_id = :event_id AND handled_at IS NULL AND attempts = :attempts
    RETURNING envelope
""").bindparams(bindparam("error", type_=JSONB))


class Head(NamedTuple):
    """The earliest unhandled event of a key."""

    subscription: str
    key: str
    event_id: UUID
    tenant: TenantId | None


class InboxWorker:
    """Handles one service's events in this process; other processes may do the same at the same time."""

    def __init__(
        self,
        database: Database,
        subscriptions: Subscriptions,
        service: Any,
        *,
        parallel: int = PARALLEL,
        poll: float = POLL_SECONDS,
        on_dead: Callable[[str, BaseException], None] | None = None,
    ) -> None:
        """`service` is what handlers get; `on_dead(subscription, error)` is told of every dead letter."""
        self._database = database
        self._subscriptions = subscriptions
        self._names = [one.name for one in subscriptions]
        self._service = service
        self._parallel = parallel
        self._poll = poll
        self._on_dead = on_dead
        self._wake = Wake()
        self._active: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Handles events until `stop`. When cancelled, transactions under way are rolled back."""
        channel = f"{self._database.roles.schema}_inbox"
        name = f"{self._database.service} inbox"
        try:
            async with noticing(self._database, channel, lambda _: self._wake.ring()), asyncio.TaskGroup() as group:
                await repeat(name, lambda: self._dispatch(group), self._wake, self._poll)
        finally:
            self._wake.open()

    def stop(self) -> None:
        """Lets `run` return when the events that handlers are at are handled."""
        self._wake.close()

    async def step(self) -> int:
        """Handles what is due, once around; how many events were tried. For tests and one-off runs."""
        places = asyncio.Semaphore(self._parallel)

        async def in_turn(head: Head) -> int:
            async with places:
                return await self._work_through(head)

        return sum(await asyncio.gather(*(in_turn(head) for head in await self._heads(self._parallel * 16))))

    async def _dispatch(self, group: asyncio.TaskGroup) -> int:
        free = self._parallel - len(self._active)
        if free <= 0:
            return 0
        heads = await self._heads(free)
        for head in heads:
            self._active[head[:2]] = task = group.create_task(self._work_alone(head))
            task.add_done_callback(partial(self._release, head[:2]))
        return len(heads)

    def _release(self, key: tuple[str, str], _: asyncio.Task[None]) -> None:
        self._active.pop(key, None)
        self._wake.ring()

    async def _work_alone(self, head: Head) -> None:
        try:
            await self._work_through(head)
        except Exception as error:  # the database is away: the row is as it was; the place is free again in a moment
            log.warning("inbox_failed", subscription=head.subscription, error=type(error).__name__)
            await asyncio.sleep(random.uniform(0.5, 1.5))  # noqa: S311 - jitter

    async def _heads(self, limit: int) -> list[Head]:
        async with self._database.system() as uow:
            active = [" ".join(key) for key in self._active]
            rows = await uow.session.execute(HEADS, {"subscriptions": self._names, "active": active, "limit": limit})
            return [Head(*row) for row in rows]

    async def _work_through(self, head: Head) -> int:
        """Handles the events of a key one after the other, until there are none, one fails or others are due a turn."""
        tried = 0
        following: Head | None = head
        while following is not None and tried < _IN_A_ROW and not self._wake.closed:
            tried += 1
            following = await self._handle(following)
        return tried

    async def _handle(self, head: Head) -> Head | None:
        """Handles one event; the next of its key, if this one is done and there is one."""
        subscription = self._subscriptions.get(head.subscription)
        if subscription is None:
            raise KeyError(head.subscription)
        claimed: list[int] = []

        async def work(uow: UnitOfWork) -> Head | None:
            claimed.clear()
            row = (await uow.session.execute(_CLAIM, head._asdict())).one_or_none()
            if row is None:
                return None
            claimed.append(row.attempts)
            return await self._act(uow, subscription, head, row)

        began = time.monotonic()
        with context.bind(tenant=head.tenant, actor=f"service:{self._database.service}"):
            try:
                following = await self._database.transact(head.tenant, work, system=subscription.system)
            except Exception as error:
                if not claimed:
                    raise
                await self._failed(head, claimed[-1], cause_of(error))
                return None
        if claimed:
            EVENTS.labels(head.subscription, "handled").inc()
        seconds = time.monotonic() - began
        if seconds > SLOW_SECONDS:
            log.warning("event_handler_slow", subscription=head.subscription, seconds=round(seconds, 2))
        return following

    async def _act(self, uow: UnitOfWork, subscription: Subscription, head: Head, row: Row[Any]) -> Head | None:
        envelope = Envelope.model_validate(row.envelope)
        event: Event = envelope.open(subscription.event_class(envelope.type))
        with context.bind(traceparent=envelope.traceparent), handling(envelope):
            await subscription.handler(event, uow, self._service)
        following = (await uow.session.execute(_HANDLED, head._asdict())).one_or_none()
        failpoints.hit("inbox.handled.before_commit")
        return None if following is None else Head(head.subscription, head.key, *following)

    async def _failed(self, head: Head, attempts: int, error: BaseException) -> None:
        """Keeps why, in a transaction of its own, and when to try again: or buries the event."""
        throttled = throttled_for(error)
        counted = 0 if throttled is not None else 1
        dead = not is_retryable(error) or (throttled is None and attempts + 1 >= ATTEMPTS)
        wait = backoff(attempts + 1) if throttled is None else spread(throttled)
        failure = Failure.of(error)
        given = {"counted": counted, "error": failure.as_json(), "wait": wait, "dead": dead, "attempts": attempts}

        async def keep(uow: UnitOfWork) -> None:
            envelope = await uow.session.scalar(_FAILED, given | head._asdict())
            if dead and envelope is not None:
                await bury(
                    uow,
                    letter=letter_of(head.subscription, head.event_id),
                    source="event",
                    name=head.subscription,
                    tenant=head.tenant,
                    envelope=envelope,
                    error=failure,
                    attempts=attempts + 1,
                )

        await self._database.transact(None, keep)
        EVENTS.labels(head.subscription, "dead" if dead else "retried").inc()
        log.warning(
            "event_dead" if dead else "event_failed",
            subscription=head.subscription,
            event_id=head.event_id,
            attempt=attempts + 1,
            code=failure.code,
            error=failure.exception,
            exc_info=error if failure.code == "internal_error" else None,
        )
        if dead and self._on_dead is not None:
            self._on_dead(head.subscription, error)
