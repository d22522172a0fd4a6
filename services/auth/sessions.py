"""Sessions: a signed-in browser, its first refresh token, and what the browser is told about itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import select, update

from contracts.events.tenants import SignedIn
from kernel import clock
from kernel.auth import Caller
from kernel.errors import NotFound
from kernel.http.pages import Page, PageQuery
from kernel.ids import TenantId, uuid7
from kernel.secret import Secret
from kernel.uow import UnitOfWork
from services.auth import people, workspaces
from services.auth.auth import Auth, Client
from services.auth.devices import device_name
from services.auth.models import RefreshToken, SecondStep, Session, User
from services.auth.schemas import MySession, SessionOut, WorkspaceRef
from services.auth.settings import ACCESS_TOKEN_LIFE, SESSION_LIFE
from services.auth.tokens import new_token, token_hash

Method = Literal["password", "passkey", "link", "registration", "totp", "recovery_code"]
EndReason = Literal["signed_out", "revoked", "password_changed", "password_reset", "stolen"]


@dataclass(frozen=True, slots=True)
class Opened:
    """What the browser gets: the answer's body, and two cookies."""

    session: SessionOut
    refresh_token: Secret
    device: Secret


async def open_session(
    auth: Auth, uow: UnitOfWork, user: User, client: Client, method: Method, *, workspace_id: UUID | None = None
) -> Opened:
    """Signs a person in. `uow` is of the system role; `method` is the last factor that was checked."""
    token = new_token()
    device = client.device or new_token()
    now = clock.now()
    refs = await _workspaces_of(uow, user)
    here = _chosen(refs, workspace_id or user.last_workspace_id)
    known = method == "registration" or await _seen_before(uow, user.id, token_hash(device))
    session = Session(
        id=uuid7(),
        user_id=user.id,
        workspace_id=here.id,
        device=device_name(client.user_agent),
        device_hash=token_hash(device),
        address=client.address,
        method=method,
        created_at=now,
        last_seen_at=now,
        expires_at=now + SESSION_LIFE,
    )
    uow.session.add(session)
    await uow.session.flush()
    uow.session.add(RefreshToken(token_hash=token_hash(token), session_id=session.id, created_at=now))
    user.last_workspace_id = here.id
    for ref in refs:
        started = SignedIn(user_id=user.id, session_id=session.id, known_device=known)
        uow.emit(started, tenant=TenantId(ref.id))
    return Opened(await session_out(auth, uow, user, session, refs, here), token, device)


async def session_out(
    auth: Auth, uow: UnitOfWork, user: User, session: Session, refs: list[WorkspaceRef], here: WorkspaceRef
) -> SessionOut:
    """An access token for one workspace, and who and where the person is."""
    scopes = workspaces.scopes_of(here.role, is_operator=user.is_operator)
    access_token = await auth.keys.access_token(
        uow, user_id=user.id, tenant=TenantId(here.id), session_id=session.id, scopes=scopes
    )
    return SessionOut(
        access_token=access_token,
        expires_in=int(ACCESS_TOKEN_LIFE.total_seconds()),
        user=people.shown(user),
        workspace=here,
        workspaces=refs,
        scopes=sorted(scopes),
    )


async def continue_in(
    uow: UnitOfWork, user: User, wanted: UUID | None, last: UUID
) -> tuple[list[WorkspaceRef], WorkspaceRef]:
    """A person's workspaces and the one to go on in. Raises NotFound when `wanted` isn't one of them."""
    refs = await _workspaces_of(uow, user)
    here = _chosen(refs, wanted or last)
    if wanted is not None and here.id != wanted:
        raise NotFound
    return refs, here


async def listed(auth: Auth, caller: Caller, page: PageQuery) -> Page[MySession]:
    """The person's open sessions, the latest first."""
    open_ones = select(Session).where(
        Session.user_id == caller.user_id, Session.ended_at.is_(None), Session.expires_at > clock.now()
    )

    def shown(session: Session) -> MySession:
        return MySession(
            id=session.id,
            device=session.device,
            address=session.address,
            method=session.method,
            current=session.id == caller.session_id,
            created_at=session.created_at,
            last_seen_at=session.last_seen_at,
        )

    async with auth.database.system() as uow:
        sorts = {"last_seen_at": Session.last_seen_at, "created_at": Session.created_at}
        return await page.read(uow.session, open_ones, shown, id=Session.id, sorts=sorts, default="-last_seen_at")


async def end_one(auth: Auth, user_id: UUID, session_id: UUID) -> None:
    """Raises NotFound for an unknown, another's and an ended session alike."""

    async def work(uow: UnitOfWork) -> None:
        open_ones = Session.user_id == user_id, Session.ended_at.is_(None)
        session = await uow.session.scalar(select(Session).where(Session.id == session_id, *open_ones))
        if session is None:
            raise NotFound
        end(session, "revoked")

    await auth.database.transact(None, work)


async def end_others(auth: Auth, caller: Caller) -> None:
    async def work(uow: UnitOfWork) -> None:
        await end_all(uow, caller.user_id, "revoked", but=caller.session_id)

    await auth.database.transact(None, work)


async def end_all(uow: UnitOfWork, user_id: UUID, reason: EndReason, *, but: UUID | None = None) -> None:
    """Closes a person's sessions, and the sign-ins that are half done. `uow` is of the system role."""
    open_ones = update(Session).where(Session.user_id == user_id, Session.ended_at.is_(None))
    if but is not None:
        open_ones = open_ones.where(Session.id != but)
    await uow.session.execute(open_ones.values(ended_at=clock.now(), end_reason=reason))
    await uow.session.execute(update(SecondStep).where(SecondStep.user_id == user_id).values(expires_at=clock.now()))


def end(session: Session, reason: EndReason) -> None:
    session.ended_at = clock.now()
    session.end_reason = reason


async def _workspaces_of(uow: UnitOfWork, user: User) -> list[WorkspaceRef]:
    refs = await workspaces.refs_of(uow, user.id)
    if not refs:  # the last one was deleted, or they were removed from it
        await workspaces.found(uow, user)
        refs = await workspaces.refs_of(uow, user.id)
    return refs


def _chosen(refs: list[WorkspaceRef], wanted: UUID | None) -> WorkspaceRef:
    return next((ref for ref in refs if ref.id == wanted), refs[0])


async def _seen_before(uow: UnitOfWork, user_id: UUID, device_hash: bytes) -> bool:
    query = select(Session.id).where(Session.user_id == user_id, Session.device_hash == device_hash).limit(1)
    return await uow.session.scalar(query) is not None
