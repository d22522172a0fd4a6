"""The routes: what a person was told, how they want to be told, and the stream of what happens now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.permissions import Scope
from kernel.auth import Caller, require
from kernel.clock import now
from kernel.errors import NotFound
from kernel.http.errors import TooManyStreams
from kernel.http.pages import Page, PageQuery
from kernel.http.problems import problems
from kernel.http.routes import api_router
from kernel.http.sse import SIGNED_OUT, EventSourceResponse, Live, ServerSentEvent
from kernel.service import service_of
from kernel.uow import UnitOfWork
from services.notifications.app import Notifications
from services.notifications.errors import AlwaysOn
from services.notifications.kinds import ALWAYS, DEFAULTS, Kind
from services.notifications.live import stream
from services.notifications.models import Notification, Preference
from services.notifications.schemas import NotificationOut, PreferenceItem, Preferences, Unread

router = api_router("notifications")

Service = Annotated[Notifications, Depends(service_of(Notifications))]
Paging = Annotated[PageQuery, Depends()]
Reads = Annotated[Caller, Depends(require(Scope.NOTIFICATIONS_READ))]
Writes = Annotated[Caller, Depends(require(Scope.NOTIFICATIONS_WRITE))]
#: digits of a number the database can hold
_LONGEST_NUMBER = 19


@router.get("/notifications")
async def list_notifications(
    caller: Reads, page: Paging, service: Service, unread: Annotated[bool, Query()] = False
) -> Page[NotificationOut]:
    """What the caller was told, the latest first."""
    query = select(Notification).where(Notification.user_id == caller.user_id)
    if unread:
        query = query.where(Notification.read_at.is_(None))
    async with service.env.database.unit_of_work(caller.tenant) as uow:
        return await page.read(
            uow.session,
            query,
            lambda row: NotificationOut.model_validate(row, from_attributes=True),
            id=Notification.id,
            sorts={"created_at": Notification.created_at},
            default="-created_at",
        )


@router.get("/notifications/unread")
async def count_unread(caller: Reads, service: Service) -> Unread:
    """How many wait to be read."""
    query = select(func.count()).where(Notification.user_id == caller.user_id, Notification.read_at.is_(None))
    async with service.env.database.unit_of_work(caller.tenant) as uow:
        return Unread(count=await uow.session.scalar(query) or 0)


@router.post("/notifications/{notification_id}/read", status_code=204, responses=problems(NotFound))
async def mark_read(notification_id: UUID, caller: Writes, service: Service) -> None:
    """Mark one as read; again is fine."""

    async def mark(uow: UnitOfWork) -> None:
        row = await uow.session.get(Notification, notification_id)
        if row is None or row.user_id != caller.user_id:
            raise NotFound
        row.read_at = row.read_at or now()

    await service.env.database.transact(caller.tenant, mark)


@router.post("/notifications/read-all", status_code=204)
async def mark_all_read(caller: Writes, service: Service) -> None:
    """Mark everything as read."""
    unread = update(Notification).where(Notification.user_id == caller.user_id, Notification.read_at.is_(None))

    async def mark(uow: UnitOfWork) -> None:
        await uow.session.execute(unread.values(read_at=now()))

    await service.env.database.transact(caller.tenant, mark)


@router.get("/notification-preferences")
async def get_preferences(caller: Reads, service: Service) -> Preferences:
    """How the caller hears of every kind in this workspace."""
    async with service.env.database.unit_of_work(caller.tenant) as uow:
        return await _preferences(uow, caller)


@router.put("/notification-preferences", responses=problems(AlwaysOn))
async def set_preferences(body: Preferences, caller: Writes, service: Service) -> Preferences:
    """Choose how to hear of the kinds named; the others stay."""
    for item in body.items:
        if item.kind in ALWAYS and not (item.in_app and item.email):
            raise AlwaysOn

    async def choose(uow: UnitOfWork) -> Preferences:
        for item in body.items:
            row = {"tenant_id": caller.tenant, "user_id": caller.user_id, **item.model_dump()}
            await uow.session.execute(
                insert(Preference)
                .values(row)
                .on_conflict_do_update(
                    index_elements=["tenant_id", "user_id", "kind"],
                    set_={"in_app": item.in_app, "email": item.email},
                )
            )
        return await _preferences(uow, caller)

    return await service.env.database.transact(caller.tenant, choose)


async def _preferences(uow: UnitOfWork, caller: Caller) -> Preferences:
    rows = await uow.session.scalars(select(Preference).where(Preference.user_id == caller.user_id))
    chosen = {row.kind: row for row in rows}
    items = []
    for kind in Kind:
        row = chosen.get(kind)
        ways = row if row is not None and kind not in ALWAYS else DEFAULTS[kind]
        items.append(PreferenceItem(kind=kind, in_app=ways.in_app, email=ways.email))
    return Preferences(items=items)


@router.get("/events", response_class=EventSourceResponse, responses=problems(TooManyStreams))
async def watch_events(caller: Reads, live: Live, service: Service) -> AsyncIterator[ServerSentEvent]:
    """What happens in the workspace, as it happens: `job`, `video`, `asset`, `notification`, `quota`.

    With `Last-Event-ID` what was missed in the last minutes comes first; `resync` says that it was too much to tell,
    and that everything shown should be read again.
    """
    seen = live.last_event_id or ""
    last = int(seen) if seen.isdecimal() and len(seen) < _LONGEST_NUMBER else None
    source = stream(service.env.database, service.hub, caller.tenant, caller.user_id, last)
    async for row in live.watch(source):
        if row.event is None:
            yield ServerSentEvent(id=str(row.seq), event="resync", data={})
        else:
            yield ServerSentEvent(id=str(row.seq), event=row.event.kind, data=row.event.data)
    if live.signed_out:
        yield SIGNED_OUT
