"""Invitations: a letter to an address, good for that address only."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from contracts.permissions import ROLES, SCOPES_OF, Role
from kernel import clock
from kernel.auth import Caller
from kernel.errors import NotFound
from kernel.http.pages import Page, PageQuery
from kernel.ids import TenantId, uuid7
from kernel.secret import Secret
from kernel.uow import UnitOfWork
from services.auth import people
from services.auth.auth import Auth
from services.auth.email_addresses import EmailAddress, parse_email
from services.auth.errors import AlreadyMember, CannotGrantRole, InvalidOrExpiredToken, InviteMismatch
from services.auth.mail.letters import Letter
from services.auth.models import Invitation, Membership, User, Workspace
from services.auth.pages import INVITATION, with_token
from services.auth.schemas import InvitationOut, NewInvitation, WorkspaceRef
from services.auth.settings import INVITATION_LIFE
from services.auth.throttle import INVITATIONS_WORKSPACE, LETTERS_RECIPIENT
from services.auth.tokens import new_token, token_hash
from services.auth.workspaces import join, may_grant, scopes_of


async def listed(auth: Auth, tenant: TenantId, page: PageQuery) -> Page[InvitationOut]:
    query = select(Invitation).where(Invitation.expires_at > clock.now())
    async with auth.database.unit_of_work(tenant) as uow:
        sorts = {"created_at": Invitation.created_at}
        return await page.read(uow.session, query, _shown, id=Invitation.id, sorts=sorts, default="-created_at")


async def invite(auth: Auth, caller: Caller, body: NewInvitation) -> InvitationOut:
    """Raises InvalidEmail, CannotGrantRole, AlreadyMember, RateLimited."""
    if not may_grant(caller, body.role):
        raise CannotGrantRole
    email = parse_email(body.email)
    await auth.throttle.take("invitations", str(caller.tenant), INVITATIONS_WORKSPACE)
    await auth.throttle.take("letters", email.key, LETTERS_RECIPIENT)
    async with auth.database.system() as uow:
        inviter = await people.by_id(uow, caller.user_id)
        invited = await people.by_email(uow, email.key)
    token = new_token()

    async def work(uow: UnitOfWork) -> InvitationOut:
        if invited is not None and await uow.session.get(Membership, (caller.tenant, invited.id)) is not None:
            raise AlreadyMember
        workspace = await uow.session.get_one(Workspace, caller.tenant)
        invitation = await _keep(uow, caller, email, body.role, token)
        uow.audit("member.invited", f"invitation:{invitation.id}", after={"role": body.role})
        values = {"inviter": inviter.name, "workspace": workspace.name, "role": body.role}
        locale = invited.locale if invited else inviter.locale
        auth.post.send(uow, Letter("invitation", email.text, locale, values, with_token(INVITATION, token)))
        return _shown(invitation)

    return await auth.database.transact(caller.tenant, work)


async def withdraw(auth: Auth, tenant: TenantId, invitation_id: UUID) -> None:
    """Raises NotFound."""

    async def work(uow: UnitOfWork) -> None:
        invitation = await uow.session.scalar(select(Invitation).where(Invitation.id == invitation_id))
        if invitation is None:
            raise NotFound
        uow.audit("invitation.withdrawn", f"invitation:{invitation_id}", before={"role": invitation.role})
        await uow.session.delete(invitation)

    await auth.database.transact(tenant, work)


async def accept(auth: Auth, user_id: UUID, token: Secret) -> WorkspaceRef:
    """Raises InvalidOrExpiredToken; InviteMismatch, which leaves the invitation to whom it belongs."""

    async def work(uow: UnitOfWork) -> WorkspaceRef:
        user = await people.by_id(uow, user_id)
        invitation = await _open(uow, token_hash(token))
        if invitation is None:
            raise InvalidOrExpiredToken
        if invitation.email_key != user.email_key:
            raise InviteMismatch
        return await _join(uow, user, invitation)

    return await auth.database.transact(None, work)


async def join_by_hash(uow: UnitOfWork, user: User, hashed: bytes) -> WorkspaceRef | None:
    """As `accept`, for who registered with an invitation; one that isn't theirs or has ended is let be."""
    invitation = await _open(uow, hashed)
    if invitation is None or invitation.email_key != user.email_key:
        return None
    return await _join(uow, user, invitation)


async def _open(uow: UnitOfWork, hashed: bytes) -> Invitation | None:
    """An invitation that still holds: in time, and its maker may still give that role."""
    query = select(Invitation).where(Invitation.token_hash == hashed, Invitation.expires_at > clock.now())
    invitation: Invitation | None = await uow.session.scalar(query.with_for_update())
    if invitation is None:
        return None
    inviter = await uow.session.get(Membership, (invitation.tenant_id, invitation.invited_by))
    may_still = inviter is not None and SCOPES_OF[_role(invitation)] <= scopes_of(inviter.role)
    return invitation if may_still else None


async def _join(uow: UnitOfWork, user: User, invitation: Invitation) -> WorkspaceRef:
    workspace = await uow.session.get_one(Workspace, invitation.tenant_id)
    member = await uow.session.get(Membership, (invitation.tenant_id, user.id))
    role = _role(invitation)
    await uow.session.delete(invitation)
    if member is None:
        member = join(uow, TenantId(invitation.tenant_id), user.id, role)
    return WorkspaceRef(id=workspace.tenant_id, name=workspace.name, role=next(r for r in ROLES if r == member.role))


async def _keep(uow: UnitOfWork, caller: Caller, email: EmailAddress, role: Role, token: Secret) -> Invitation:
    """One invitation an address: a newer letter makes the older one's link worthless."""
    now = clock.now()
    row = {
        "email": email.text,
        "role": role,
        "token_hash": token_hash(token),
        "invited_by": caller.user_id,
        "created_at": now,
        "expires_at": now + INVITATION_LIFE,
    }
    statement = insert(Invitation).values(id=uuid7(), tenant_id=caller.tenant, email_key=email.key, **row)
    statement = statement.on_conflict_do_update(index_elements=[Invitation.tenant_id, Invitation.email_key], set_=row)
    return (await uow.session.scalars(statement.returning(Invitation))).one()


def _role(invitation: Invitation) -> Role:
    return next(role for role in ROLES if role == invitation.role)


def _shown(invitation: Invitation) -> InvitationOut:
    return InvitationOut(
        id=invitation.id,
        email=invitation.email,
        role=_role(invitation),
        created_at=invitation.created_at,
        expires_at=invitation.expires_at,
    )
