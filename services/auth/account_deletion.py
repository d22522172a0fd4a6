"""Deleting an account: the person, and the workspaces that are only theirs."""

from __future__ import annotations

from sqlalchemy import select

from contracts.events.tenants import MemberChanged
from kernel.auth import Caller
from kernel.ids import TenantId
from kernel.secret import Secret
from kernel.uow import UnitOfWork
from services.auth import people, workspaces
from services.auth.auth import Auth
from services.auth.errors import LastAdministrator, LastOwner
from services.auth.mail.letters import Letter
from services.auth.models import Membership, User
from services.auth.reauthentication import check_password


async def delete(auth: Auth, caller: Caller, password: Secret) -> None:
    """Removes everything that is the person's own; what they made in shared workspaces stays there.

    Raises WrongPassword, RateLimited, LastOwner (of a workspace with other members), LastAdministrator.
    """
    await check_password(auth, caller.user_id, password)

    async def work(uow: UnitOfWork) -> None:
        user = await people.by_id(uow, caller.user_id)
        if await _is_last_administrator(uow, user):
            raise LastAdministrator
        for membership in await uow.session.scalars(select(Membership).where(Membership.user_id == user.id)):
            await _leave(uow, membership)
        auth.post.send(uow, Letter("account_deleted", user.email, user.locale, {}))
        uow.audit("account.deleted", f"user:{user.id}")
        await uow.session.delete(user)  # sessions, factors and tokens go with the row

    await auth.database.transact(None, work)


async def _leave(uow: UnitOfWork, membership: Membership) -> None:
    tenant = TenantId(membership.tenant_id)
    query = select(Membership).where(Membership.tenant_id == tenant).with_for_update()
    members = (await uow.session.scalars(query)).all()
    if len(members) == 1:
        await workspaces.erase(uow, tenant)
        return
    if membership.role == "owner" and not any(one.role == "owner" for one in members if one is not membership):
        raise LastOwner("You are the only owner of a workspace with other members. Make one of them an owner first.")
    uow.emit(MemberChanged(user_id=membership.user_id, role=None), tenant=tenant)
    uow.audit("member.left", f"member:{membership.user_id}", before={"role": membership.role}, tenant=tenant)


async def _is_last_administrator(uow: UnitOfWork, user: User) -> bool:
    """Locks all administrators, so that the last two can't leave at once."""
    query = select(User.id).where(User.is_operator, User.disabled_at.is_(None)).with_for_update()
    return set(await uow.session.scalars(query)) == {user.id}
