"""Telling people: one row a person, live in the app, and a letter for those who want one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import select

from contracts.permissions import Role
from kernel.ids import uuid7
from kernel.tasks import NewTask
from kernel.uow import UnitOfWork
from services.notifications import live
from services.notifications.kinds import ALWAYS, DEFAULTS, Kind, Ways
from services.notifications.models import Member, Notification, Preference

#: who makes videos, and so wants to know how they fare
MAKERS: tuple[Role, ...] = ("owner", "editor")
OWNERS: tuple[Role, ...] = ("owner",)


class LetterPayload(BaseModel):
    """A letter to write: about this, to that person."""

    user_id: UUID
    kind: Kind
    params: dict[str, Any]


async def tell_roles(uow: UnitOfWork, kind: Kind, params: dict[str, Any], roles: Sequence[Role]) -> None:
    """Tell every member with one of the roles."""
    users = await uow.session.scalars(select(Member.user_id).where(Member.role.in_(roles)))
    for user_id in users.all():
        await tell_person(uow, kind, params, user_id)


async def tell_person(uow: UnitOfWork, kind: Kind, params: dict[str, Any], user_id: UUID) -> None:
    """Tell one person in the ways they chose."""
    ways = await ways_of(uow, user_id, kind)
    if ways.in_app:
        notification = Notification(tenant_id=uow.tenant, id=uuid7(), user_id=user_id, kind=kind, params=params)
        uow.session.add(notification)
        await live.tell(
            uow, "notification", {"id": str(notification.id), "kind": kind, "params": params}, user_id=user_id
        )
    if ways.email:
        payload = LetterPayload(user_id=user_id, kind=kind, params=params)
        uow.enqueue(NewTask(kind="notifications.letter", payload=payload))


async def ways_of(uow: UnitOfWork, user_id: UUID, kind: Kind) -> Ways:
    """How this person hears of this kind."""
    chosen = await uow.session.get(Preference, (uow.tenant, user_id, kind))
    if chosen is None or kind in ALWAYS:
        return DEFAULTS[kind]
    return Ways(chosen.in_app, chosen.email)
