"""The members of a workspace and their roles. There is always an owner."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from contracts.events.tenants import MemberChanged
from contracts.permissions import ROLES, Role, Scope
from kernel.auth import Caller
from kernel.errors import MissingScope, NotFound
from kernel.http.pages import Page, PageQuery
from kernel.ids import TenantId
from kernel.uow import UnitOfWork
from services.auth import people
from services.auth.auth import Auth
from services.auth.errors import CannotGrantRole, LastOwner
from services.auth.models import ApiToken, Membership, User
from services.auth.schemas import MemberOut
from services.auth.workspaces import may_grant


async def listed(auth: Auth, tenant: TenantId, page: PageQuery) -> Page[MemberOut]:
    """Members by the time they joined; who they are is read afterwards, for exactly these rows."""
    query: Any = select(Membership).where(Membership.tenant_id == tenant)
    async with auth.database.unit_of_work(tenant) as uow:
        rows, following = await page.rows(
            uow.session, query, id=Membership.user_id, sorts={"joined_at": Membership.joined_at}, default="joined_at"
        )
    users = await people.by_ids(auth, [row.user_id for row in rows])
    return Page(items=[_shown(row, users[row.user_id]) for row in rows if row.user_id in users], next=following)


async def change_role(auth: Auth, caller: Caller, user_id: UUID, role: Role) -> MemberOut:
    """Raises NotFound, CannotGrantRole (also for a member above the caller), LastOwner."""

    async def work(uow: UnitOfWork) -> Membership:
        member = await _locked(uow, user_id)
        if not may_grant(caller, role) or not may_grant(caller, _role(member)):
            raise CannotGrantRole
        if member.role == role:
            return member
        if member.role == "owner":
            await _refuse_last_owner(uow, user_id)
        uow.audit("member.role_changed", f"member:{user_id}", before={"role": member.role}, after={"role": role})
        uow.emit(MemberChanged(user_id=user_id, role=role))
        member.role = role
        return member

    member = await auth.database.transact(caller.tenant, work)
    users = await people.by_ids(auth, [user_id])
    if user_id not in users:
        raise NotFound
    return _shown(member, users[user_id])


async def remove(auth: Auth, caller: Caller, user_id: UUID) -> None:
    """Removes a member with the tokens they made, or lets a person leave.

    Raises NotFound, MissingScope, CannotGrantRole, LastOwner.
    """
    leaves = user_id == caller.user_id and caller.session_id is not None
    if not leaves and not caller.may(Scope.MEMBERS_WRITE):
        raise MissingScope

    async def work(uow: UnitOfWork) -> None:
        member = await _locked(uow, user_id)
        if not leaves and not may_grant(caller, _role(member)):
            raise CannotGrantRole
        if member.role == "owner":
            await _refuse_last_owner(uow, user_id)
        await uow.session.execute(delete(ApiToken).where(ApiToken.made_by == user_id))
        await uow.session.delete(member)
        uow.emit(MemberChanged(user_id=user_id, role=None))
        uow.audit("member.left" if leaves else "member.removed", f"member:{user_id}", before={"role": member.role})

    await auth.database.transact(caller.tenant, work)


async def _locked(uow: UnitOfWork, user_id: UUID) -> Membership:
    query = select(Membership).where(Membership.tenant_id == uow.tenant, Membership.user_id == user_id)
    member: Membership | None = await uow.session.scalar(query.with_for_update())
    if member is None:
        raise NotFound
    return member


async def _refuse_last_owner(uow: UnitOfWork, user_id: UUID) -> None:
    """Locks the owners: two who demote each other at once can't both succeed."""
    query = select(Membership.user_id).where(Membership.tenant_id == uow.tenant, Membership.role == "owner")
    owners = set(await uow.session.scalars(query.order_by(Membership.user_id).with_for_update()))
    if owners == {user_id}:
        raise LastOwner


def _role(member: Membership) -> Role:
    return next(role for role in ROLES if role == member.role)


def _shown(member: Membership, user: User) -> MemberOut:
    return MemberOut(id=user.id, name=user.name, email=user.email, role=_role(member), joined_at=member.joined_at)
