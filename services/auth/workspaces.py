"""Workspaces: the tenants. Everybody has one of their own from the start and may belong to more."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete as delete_from
from sqlalchemy import select

from contracts.events.tenants import MemberChanged, TenantCreated, TenantDeleted
from contracts.permissions import OPERATOR_SCOPES, SCOPES_OF, Role, Scope
from kernel import clock
from kernel.auth import Caller
from kernel.errors import NotFound
from kernel.ids import TenantId, uuid7
from kernel.uow import UnitOfWork
from services.auth import people
from services.auth.auth import Auth
from services.auth.errors import NameMismatch
from services.auth.models import ApiToken, Invitation, Membership, Network, User, Workspace
from services.auth.reauthentication import check_password
from services.auth.schemas import WorkspaceDeletion, WorkspaceOut, WorkspaceRef, WorkspacesOut
from services.auth.throttle import WORKSPACES_PERSON

_OWN_NAME = {"en": "{name}’s workspace", "fr": "Espace de {name}"}
_NAME_MAX = 80


def scopes_of(role: str, *, is_operator: bool = False) -> frozenset[Scope]:
    """What a member of this role may do; administrators of the installation hold the operator scopes besides."""
    scopes = next((held for name, held in SCOPES_OF.items() if name == role), frozenset[Scope]())
    return scopes | OPERATOR_SCOPES if is_operator else scopes


def may_grant(caller: Caller, role: Role) -> bool:
    """Nobody gives away more than they hold: a token with `members:write` alone makes no owner."""
    return SCOPES_OF[role] <= caller.scopes


async def found(uow: UnitOfWork, owner: User, name: str | None = None) -> Workspace:
    """A new workspace with its first member. `uow` is of the system role."""
    own = _OWN_NAME[owner.locale].format(name=owner.name)
    workspace = Workspace(tenant_id=uuid7(), name=(name or own)[:_NAME_MAX], created_at=clock.now(), deleted_at=None)
    uow.session.add(workspace)
    await uow.session.flush()  # before its first member, who refers to it
    tenant = TenantId(workspace.tenant_id)
    uow.emit(TenantCreated(owner_id=owner.id, locale=owner.locale), tenant=tenant)
    join(uow, tenant, owner.id, "owner")
    return workspace


def join(uow: UnitOfWork, tenant: TenantId, user_id: UUID, role: Role) -> Membership:
    """A new member. Also of the system role."""
    membership = Membership(tenant_id=tenant, user_id=user_id, role=role, joined_at=clock.now())
    uow.session.add(membership)
    uow.emit(MemberChanged(user_id=user_id, role=role), tenant=tenant)
    uow.audit("member.joined", f"member:{user_id}", after={"role": role}, tenant=tenant)
    return membership


async def refs_of(uow: UnitOfWork, user_id: UUID) -> list[WorkspaceRef]:
    """A person's workspaces with their role in each, in the order they joined. `uow` is of the system role."""
    query = (
        select(Workspace.tenant_id, Workspace.name, Membership.role)
        .join(Membership, Membership.tenant_id == Workspace.tenant_id)
        .where(Membership.user_id == user_id, Workspace.deleted_at.is_(None))
        .order_by(Membership.joined_at, Workspace.tenant_id)
    )
    await uow.session.flush()
    rows = await uow.session.execute(query)
    return [WorkspaceRef.model_validate({"id": id_, "name": name, "role": role}) for id_, name, role in rows]


async def of_person(auth: Auth, user_id: UUID) -> WorkspacesOut:
    async with auth.database.system() as uow:
        return WorkspacesOut(items=await refs_of(uow, user_id))


async def create(auth: Auth, caller: Caller, name: str) -> WorkspaceRef:
    """Raises RateLimited."""
    await auth.throttle.take("workspaces", str(caller.user_id), WORKSPACES_PERSON)

    async def work(uow: UnitOfWork) -> WorkspaceRef:
        workspace = await found(uow, await people.by_id(uow, caller.user_id), name)
        return WorkspaceRef(id=workspace.tenant_id, name=workspace.name, role="owner")

    return await auth.database.transact(None, work)


async def read(auth: Auth, tenant: TenantId) -> WorkspaceOut:
    """Raises NotFound when it was deleted a moment ago."""
    async with auth.database.unit_of_work(tenant) as uow:
        return _shown(await _own(uow))


async def rename(auth: Auth, tenant: TenantId, name: str) -> WorkspaceOut:
    async def work(uow: UnitOfWork) -> WorkspaceOut:
        workspace = await _own(uow)
        uow.audit("workspace.renamed", f"workspace:{tenant}", before={"name": workspace.name}, after={"name": name})
        workspace.name = name
        return _shown(workspace)

    return await auth.database.transact(tenant, work)


async def delete(auth: Auth, caller: Caller, body: WorkspaceDeletion) -> None:
    """Ends all access now; the other services erase what they hold when they hear of it.

    Raises NameMismatch, WrongPassword, RateLimited.
    """
    await check_password(auth, caller.user_id, body.password)

    async def work(uow: UnitOfWork) -> None:
        if (await _own(uow)).name != body.name:
            raise NameMismatch
        await erase(uow, caller.tenant)

    await auth.database.transact(caller.tenant, work)


async def erase(uow: UnitOfWork, tenant: TenantId) -> None:
    """Takes a workspace out of use: no member, token or invitation is left. The audit log stays, as the proof."""
    workspace = await uow.session.get_one(Workspace, tenant, with_for_update=True)
    workspace.deleted_at = clock.now()
    tables: tuple[Any, ...] = (Membership, Invitation, ApiToken, Network)
    for table in tables:
        await uow.session.execute(delete_from(table).where(table.tenant_id == tenant))
    uow.emit(TenantDeleted(), tenant=tenant)
    uow.audit("workspace.deleted", f"workspace:{tenant}", before={"name": workspace.name}, tenant=tenant)


async def _own(uow: UnitOfWork) -> Workspace:
    workspace: Workspace | None = await uow.session.scalar(select(Workspace).where(Workspace.deleted_at.is_(None)))
    if workspace is None:
        raise NotFound
    return workspace


def _shown(workspace: Workspace) -> WorkspaceOut:
    return WorkspaceOut(id=workspace.tenant_id, name=workspace.name, created_at=workspace.created_at)
