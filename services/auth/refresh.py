"""Refresh tokens: single use, in families, with theft noticed (RFC 9700 §4.14.2).

    T0 ──used──▶ T1 ──used──▶ T2          Tn+1 = HMAC(key of auth, Tn), so no token is kept readable

A token that is used again within 30 seconds gets the newest of its line: two tabs raced, or the answer was lost.
Used again later, somebody else has a copy: the whole session ends and its owner hears of it.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from contracts.events.tenants import SessionStolen
from kernel import clock
from kernel.ids import TenantId
from kernel.secret import Secret
from kernel.uow import UnitOfWork
from services.auth import sessions, workspaces
from services.auth.auth import Auth, Client
from services.auth.errors import SessionEnded
from services.auth.mail.letters import Letter
from services.auth.models import RefreshToken, Session, User
from services.auth.pages import SIGN_IN
from services.auth.sessions import Opened
from services.auth.settings import REFRESH_GRACE, SESSION_LIFE
from services.auth.throttle import REFRESH_ADDRESS
from services.auth.tokens import new_token, successor, token_hash


async def refresh(auth: Auth, token: Secret | None, workspace_id: UUID | None, client: Client) -> Opened:
    """Raises SessionEnded, NotFound (no member of `workspace_id`), RateLimited."""
    await auth.throttle.take("refresh", client.address, REFRESH_ADDRESS)
    if token is None:
        raise SessionEnded

    async def work(uow: UnitOfWork) -> Opened | None:
        return await _refresh(auth, uow, token, workspace_id, client)

    opened = await auth.database.transact(None, work)
    if opened is None:  # only now: what a theft changed is to be kept
        raise SessionEnded
    return opened


async def sign_out(auth: Auth, token: Secret | None) -> None:
    """Ends the session of a refresh token, old or new."""
    if token is None:
        return

    async def work(uow: UnitOfWork) -> None:
        session = await _session_of(uow, token)
        if session is not None and session.ended_at is None:
            sessions.end(session, "signed_out")

    await auth.database.transact(None, work)


async def _refresh(
    auth: Auth, uow: UnitOfWork, token: Secret, workspace_id: UUID | None, client: Client
) -> Opened | None:
    now = clock.now()
    session = await _session_of(uow, token)
    if session is None or session.ended_at is not None or session.expires_at <= now:
        return None
    user = await uow.session.get_one(User, session.user_id)
    if user.disabled_at is not None:
        return None
    row = await uow.session.get_one(RefreshToken, token_hash(token))
    if row.used_at is not None and now - row.used_at > REFRESH_GRACE:
        await _stolen(auth, uow, session, user)
        return None
    refs, here = await sessions.continue_in(uow, user, workspace_id, session.workspace_id)
    session.workspace_id = user.last_workspace_id = here.id
    session.last_seen_at, session.expires_at = now, now + SESSION_LIFE
    session.address = client.address
    fresh = await _newest(auth, uow, token, row)
    out = await sessions.session_out(auth, uow, user, session, refs, here)
    return Opened(out, fresh, client.device or new_token())


async def _session_of(uow: UnitOfWork, token: Secret) -> Session | None:
    """The session, locked: refreshes of one family go one after the other."""
    family = select(RefreshToken.session_id).where(RefreshToken.token_hash == token_hash(token)).scalar_subquery()
    found: Session | None = await uow.session.scalar(select(Session).where(Session.id == family).with_for_update())
    return found


async def _newest(auth: Auth, uow: UnitOfWork, token: Secret, row: RefreshToken) -> Secret:
    """Uses a fresh token; of a used one, follows its line to the token that is fresh now."""
    if row.used_at is None:
        row.used_at = clock.now()
        following = Secret(successor(auth.refresh_key, token.reveal()))
        uow.session.add(
            RefreshToken(token_hash=token_hash(following), session_id=row.session_id, created_at=row.used_at)
        )
        return following
    while row.used_at is not None:
        token = Secret(successor(auth.refresh_key, token.reveal()))
        row = await uow.session.get_one(RefreshToken, token_hash(token))
    return token


async def _stolen(auth: Auth, uow: UnitOfWork, session: Session, user: User) -> None:
    sessions.end(session, "stolen")
    for ref in await workspaces.refs_of(uow, user.id):
        uow.emit(SessionStolen(user_id=user.id, session_id=session.id), tenant=TenantId(ref.id))
    uow.audit("session.stolen", f"session:{session.id}", after={"user": str(user.id)})
    auth.post.send(uow, Letter("session_stolen", user.email, user.locale, {"device": session.device}, SIGN_IN))
