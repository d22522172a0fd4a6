"""What happens, to the pages that are open: rows in `live_events`, and a wake-up to whoever waits for them.

The rows are the truth and the wake-up only a hint, so a page that was offline reads what it missed by sequence number.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select

from kernel.clock import now
from kernel.db import Database
from kernel.ids import TenantId
from kernel.uow import UnitOfWork
from services.notifications.models import LiveEvent

CHANNEL = "notifications_live"
#: how long a page may be away and still miss nothing
KEPT = timedelta(minutes=15)
#: how many rows one wake-up reads at most
_BATCH = 200
#: how long a page waits at most before it looks by itself, seconds
_LOOK_SECONDS = 10
#: any constant of ours, first half of the advisory lock's name
_LOCK = 0x4B52


async def tell(uow: UnitOfWork, kind: str, data: dict[str, Any], *, user_id: UUID | None = None) -> None:
    """Let the open pages of this workspace (or of one person in it) know, once the transaction commits."""
    tenant = str(uow.tenant)
    # Identity numbers are handed out before commit: without the lock a page that has seen 8 could miss a late 7.
    await uow.session.execute(select(func.pg_advisory_xact_lock(_LOCK, func.hashtext(tenant))))
    uow.session.add(LiveEvent(tenant_id=uow.tenant, user_id=user_id, kind=kind, data=data))
    await uow.session.flush()
    uow.notify(CHANNEL, tenant)


async def after(uow: UnitOfWork, user_id: UUID, seq: int) -> list[LiveEvent]:
    """What this person's pages should know beyond `seq`, in order."""
    visible = or_(LiveEvent.user_id.is_(None), LiveEvent.user_id == user_id)
    query = select(LiveEvent).where(LiveEvent.seq > seq, visible).order_by(LiveEvent.seq).limit(_BATCH)
    return list(await uow.session.scalars(query))


async def newest(uow: UnitOfWork) -> int:
    """The number of the last row, or 0."""
    return await uow.session.scalar(select(func.max(LiveEvent.seq))) or 0


async def is_kept(uow: UnitOfWork, seq: int) -> bool:
    """Whether everything beyond `seq` is still here; if not, the page has to read everything anew."""
    known = await uow.session.scalar(select(LiveEvent.seq).where(LiveEvent.seq <= seq).limit(1))
    return known is not None


async def forget_old(uow: UnitOfWork) -> None:
    """Drop what no page can ask for any more."""
    await uow.session.execute(delete(LiveEvent).where(LiveEvent.created_at < now() - KEPT))


class Hub:
    """Wakes the pages of a workspace in this process. One connection listens for all of them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[TenantId, set[asyncio.Event]] = defaultdict(set)

    async def run(self) -> None:
        """Listen until cancelled."""
        async for tenant in self._database.listen(CHANNEL):
            # An empty notice says that some may have been lost.
            woken = self._waiting.get(TenantId(UUID(tenant)), set()) if tenant else set().union(*self._waiting.values())
            for event in woken:
                event.set()

    @contextmanager
    def waiting(self, tenant: TenantId) -> Iterator[asyncio.Event]:
        """An event that is set whenever there may be something new for the workspace."""
        event = asyncio.Event()
        self._waiting[tenant].add(event)
        try:
            yield event
        finally:
            self._waiting[tenant].discard(event)
            if not self._waiting[tenant]:
                del self._waiting[tenant]


@dataclass(frozen=True, slots=True)
class Told:
    """What a page is told next. Without an event: too much was missed, read everything again."""

    seq: int
    event: LiveEvent | None


async def stream(
    database: Database, hub: Hub, tenant: TenantId, user_id: UUID, last: int | None
) -> AsyncIterator[Told]:
    """What happens from `last` on (None: from now on), for ever."""
    with hub.waiting(tenant) as woken:
        async with database.unit_of_work(tenant) as uow:
            seq = await newest(uow)
            missed = last is not None and last < seq and not await is_kept(uow, last)
        if missed or last is None:
            # Also to who is new: from here on nothing is missed, so what they read now is the beginning.
            yield Told(seq, None)
        else:
            seq = min(last, seq)
        while True:
            async with database.unit_of_work(tenant) as uow:
                rows = await after(uow, user_id, seq)
            for row in rows:
                seq = row.seq
                yield Told(seq, row)
            if len(rows) < _BATCH:
                # A missed wake-up costs at most this long.
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await woken.wait()
                woken.clear()
