"""What transports deliver, kept once per subscription until it is handled (kernel/inbox_worker.py)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import structlog
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from kernel import failpoints
from kernel.clock import now
from kernel.db import Database
from kernel.dead_letters import bury, letter_of
from kernel.envelope import Envelope, UnreadableMessage
from kernel.events import Subscription, Subscriptions
from kernel.failures import Failure
from kernel.ids import first_uuid_of
from kernel.uow import UnitOfWork

log = structlog.get_logger(__name__)

failpoints.declare("inbox.received.before_ack", "the events are in the inbox, the transport doesn't know")

KEPT: Final = timedelta(days=30)
"""How long handled rows stay: a duplicate that comes later would be handled again."""
_KEPT_OF_JUNK: Final = 2000

_RECEIVE: Final = text("""
    INSERT INTO inbox (subscription, event_id, tenant_id, key, envelope)
    VALUES (:subscription, :event_id, :tenant, :key, :envelope)
    ON CONFLICT (subscription, event_id) DO NOTHING
""").bindparams(bindparam("envelope", type_=JSONB))
_WAKE: Final = text("SELECT pg_notify(current_schema() || '_inbox', '')")
_PURGE: Final = text("""
    DELETE FROM inbox WHERE subscription = ANY(:subscriptions) AND event_id < :first
      AND handled_at < clock_timestamp() - CAST(:kept AS interval)
""")
_LAG: Final = text("""
    SELECT subscription, count(*), extract(epoch FROM clock_timestamp() - min(received_at))
    FROM inbox WHERE handled_at IS NULL GROUP BY subscription
""")


class Inbox:
    """One service's inbox, as a transport sees it."""

    def __init__(self, database: Database, subscriptions: Subscriptions) -> None:
        self.database = database
        self.subscriptions = subscriptions

    @property
    def topics(self) -> frozenset[str]:
        """What the service wants to be told."""
        return frozenset(kind.type for one in self.subscriptions for kind in one.types)

    async def receive(self, messages: Sequence[Envelope | bytes]) -> int:
        """Keeps messages, given as envelopes or as the JSON of envelopes; durable when it returns.

        What nobody subscribes to is dropped. What can't be read becomes a dead letter with the reason, and the rest
        goes on. Returns how many subscriptions got something (duplicates counted).
        """
        kept = await self.database.transact(None, lambda uow: self._keep(uow, messages))
        failpoints.hit("inbox.received.before_ack")
        return kept

    async def _keep(self, uow: UnitOfWork, messages: Sequence[Envelope | bytes]) -> int:
        rows: list[dict[str, Any]] = []
        for message in messages:
            envelope = await self._parse(uow, message)
            if envelope is None:
                continue
            for one in self.subscriptions.of_topic(envelope.type):
                if await self._readable(uow, one, envelope):
                    rows.append(_row(one, envelope))
        if rows:
            await uow.session.execute(_RECEIVE, rows)
            await uow.session.execute(_WAKE)
        return len(rows)

    async def _parse(self, uow: UnitOfWork, message: Envelope | bytes) -> Envelope | None:
        if isinstance(message, Envelope):
            return message
        try:
            return Envelope.parse(message)
        except UnreadableMessage as error:
            name = f"{self.subscriptions.service}.unreadable"
            junk = message[:_KEPT_OF_JUNK].decode(errors="backslashreplace").replace("\0", "\\x00")
            digest = hashlib.sha256(message).hexdigest()
            await bury(
                uow,
                letter=letter_of(name, digest),
                source="event",
                name=name,
                tenant=None,
                envelope={"unreadable": junk, "sha256": digest, "bytes": len(message)},
                error=Failure.of(error),
                attempts=1,
            )
            log.warning("event_unreadable", code=error.code, bytes=len(message))
            return None

    async def _readable(self, uow: UnitOfWork, subscription: Subscription, envelope: Envelope) -> bool:
        """Whether the subscription's class can be made of it; if not, it is buried for this subscription."""
        try:
            envelope.open(subscription.event_class(envelope.type))
        except UnreadableMessage as error:
            await bury(
                uow,
                letter=letter_of(subscription.name, envelope.id),
                source="event",
                name=subscription.name,
                tenant=envelope.tenantid,
                envelope=envelope.as_json(),
                error=Failure.of(error),
                attempts=1,
            )
            log.warning("event_unreadable", code=error.code, event_id=envelope.id, subscription=subscription.name)
            return False
        return True


def _row(subscription: Subscription, envelope: Envelope) -> dict[str, Any]:
    return {
        "subscription": subscription.name,
        "event_id": envelope.id,
        "tenant": envelope.tenantid,
        "key": envelope.subject,
        "envelope": envelope.as_json(),
    }


async def purge_inbox(uow: UnitOfWork, subscriptions: Subscriptions, *, kept: timedelta = KEPT) -> int:
    """Removes rows handled longer than `kept` ago; ids begin with their time, so old ones are found by key."""
    given = {"subscriptions": [one.name for one in subscriptions], "first": first_uuid_of(now() - kept), "kept": kept}
    return int((await uow.session.execute(_PURGE, given)).rowcount)  # type: ignore[attr-defined]  # a CursorResult


async def inbox_lag(uow: UnitOfWork) -> dict[str, tuple[int, float]]:
    """Unhandled events by subscription: how many, and for how many seconds the oldest waits. System role."""
    return {name: (count, float(seconds)) for name, count, seconds in await uow.session.execute(_LAG)}
