"""From the outbox to the transport: what a service stated leaves in the order it was stated.

The relay takes the oldest unsent rows under an advisory lock, publishes them and marks them. There is no cursor: a row
whose transaction commits late is simply the oldest unsent one at the next step, so none is skipped. A relay that dies
between publishing and marking publishes again; the inboxes drop what they have.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import text

from kernel import failpoints
from kernel.clock import now
from kernel.db import Database
from kernel.dead_letters import bury
from kernel.envelope import Envelope, UnreadableMessage
from kernel.failures import Failure
from kernel.ids import TenantId, first_uuid_of
from kernel.loops import Wake, noticing, repeat
from kernel.transport import Transport
from kernel.uow import UnitOfWork

log = structlog.get_logger(__name__)

failpoints.declare("outbox.published.before_mark", "the transport has the events, the outbox doesn't know")

POLL_SECONDS: Final = 5.0
KEPT: Final = timedelta(days=14)
"""How long sent rows stay, for `replay`."""
_PUBLISH_SECONDS: Final = 30.0

_LOCK: Final = text("SELECT pg_try_advisory_xact_lock(hashtextextended(current_schema() || '.outbox', 0))")
_UNSENT: Final = text("""
    SELECT id, tenant_id, envelope FROM outbox WHERE sent_at IS NULL ORDER BY seq LIMIT :batch
""")
_SENT: Final = text("UPDATE outbox SET sent_at = clock_timestamp() WHERE id = ANY(:ids)")
_REPLAY: Final = text("""
    UPDATE outbox SET sent_at = NULL
    WHERE id >= :first AND created_at >= :since AND sent_at IS NOT NULL
      AND (CAST(:topics AS text[]) IS NULL OR topic = ANY(:topics))
""")
_NOTIFY: Final = text("SELECT pg_notify(current_schema() || '_outbox', '')")
_PURGE: Final = text("DELETE FROM outbox WHERE id < :first AND sent_at < clock_timestamp() - CAST(:kept AS interval)")
_LAG: Final = text("""
    SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)
    FROM outbox WHERE sent_at IS NULL
""")


class Relay:
    """Carries one service's outbox to the transport. Any number may run; one at a time does the work."""

    def __init__(
        self, database: Database, transport: Transport, *, batch: int = 200, poll: float = POLL_SECONDS
    ) -> None:
        self._database = database
        self._transport = transport
        self._batch = batch
        self._poll = poll
        self._wake = Wake()

    async def run(self) -> None:
        """Relays until `stop`."""
        channel = f"{self._database.roles.schema}_outbox"
        try:
            async with noticing(self._database, channel, lambda _: self._wake.ring()):
                await repeat(f"{self._database.service} relay", self.step, self._wake, self._poll)
        finally:
            self._wake.open()

    def stop(self) -> None:
        """Lets `run` return after the batch it is at."""
        self._wake.close()

    async def step(self) -> int:
        """Publishes the oldest batch; how many rows left the outbox. 0 also when another relay is at it.

        Raises:
            TransportDown and whatever else the transport raises; nothing is marked then.
        """
        async with self._database.system() as uow:
            if not await uow.session.scalar(_LOCK):
                return 0
            rows = (await uow.session.execute(_UNSENT, {"batch": self._batch})).all()
            if not rows:
                return 0
            envelopes = [envelope for row in rows if (envelope := await _readable(uow, *row)) is not None]
            async with asyncio.timeout(_PUBLISH_SECONDS):
                await self._transport.publish(envelopes)
            failpoints.hit("outbox.published.before_mark")
            await uow.session.execute(_SENT, {"ids": [row.id for row in rows]})
        return len(rows)


async def _readable(uow: UnitOfWork, row: UUID, tenant: UUID | None, raw: dict[str, Any]) -> Envelope | None:
    """The envelope in a row; one that can't be read goes to the dead letters, so that the next go on."""
    try:
        return Envelope.parse(json.dumps(raw).encode())
    except UnreadableMessage as error:
        owner = None if tenant is None else TenantId(tenant)
        failure = Failure.of(error)
        await bury(
            uow, letter=row, source="event", name="outbox", tenant=owner, envelope=raw, error=failure, attempts=1
        )
        return None


async def replay(uow: UnitOfWork, *, since: datetime, topics: Sequence[str] | None = None) -> int:
    """States again what was stated since a time (and kept, `KEPT`), for consumers whose broker lost it. How many.

    Subscriptions that have an event already don't act on it again. System role.
    """
    given = {"first": first_uuid_of(since - timedelta(hours=1)), "since": since, "topics": topics and list(topics)}
    result = await uow.session.execute(_REPLAY, given)
    await uow.session.execute(_NOTIFY)
    return int(result.rowcount)  # type: ignore[attr-defined]  # a CursorResult, as for every UPDATE


async def purge_outbox(uow: UnitOfWork, *, kept: timedelta = KEPT) -> int:
    """Removes rows sent longer than `kept` ago; ids begin with their time, so old ones are found by key."""
    result = await uow.session.execute(_PURGE, {"first": first_uuid_of(now() - kept), "kept": kept})
    return int(result.rowcount)  # type: ignore[attr-defined]


async def outbox_lag(uow: UnitOfWork) -> tuple[int, float]:
    """How many rows wait and for how many seconds the oldest has (I7)."""
    waiting, seconds = (await uow.session.execute(_LAG)).one()
    return int(waiting), float(seconds)
