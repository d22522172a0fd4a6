"""Whether a session or an API token still holds: `kernel.auth.Sessions`, asked on every request, remembered 3 s."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, Select, func, select, update

from kernel import clock
from kernel.auth import Standing
from kernel.ids import TenantId
from kernel.secret import Secret
from kernel.uow import UnitOfWork
from services.auth.auth import Auth
from services.auth.models import ApiToken, Membership, Network, Session, User, Workspace
from services.auth.settings import SEEN_EVERY
from services.auth.tokens import token_hash
from services.auth.workspaces import scopes_of


class Standings:
    """Answers from the tables, in one query each. Role and networks are the tenant's own, looked up now."""

    def __init__(self, auth: Auth) -> None:
        self._auth = auth

    async def of_session(self, session_id: UUID, user_id: UUID, tenant: TenantId) -> Standing | None:
        now = clock.now()
        query = _member_in(select(Session.last_seen_at, *_STANDING), Session.user_id).where(
            Session.id == session_id,
            Session.user_id == user_id,
            Session.ended_at.is_(None),
            Session.expires_at > now,
            Membership.tenant_id == tenant,
        )
        async with self._auth.database.system() as uow:
            row = (await uow.session.execute(query)).one_or_none()
            if row is None:
                return None
            seen, role, is_operator, networks = row
            await _touch(uow, seen, now, update(Session).where(Session.id == session_id).values(last_seen_at=now))
        scopes = scopes_of(role, is_operator=is_operator)
        return Standing(tenant, user_id, role, frozenset(scopes), session_id=session_id, networks=tuple(networks or ()))

    async def of_token(self, token: Secret) -> Standing | None:
        now = clock.now()
        query = _member_in(
            select(
                ApiToken.last_used_at, ApiToken.id, ApiToken.tenant_id, ApiToken.made_by, ApiToken.scopes, *_STANDING
            ),
            ApiToken.made_by,
        ).where(
            ApiToken.token_hash == token_hash(token),
            ApiToken.expires_at > now,
            Membership.tenant_id == ApiToken.tenant_id,
        )
        async with self._auth.database.system() as uow:
            row = (await uow.session.execute(query)).one_or_none()
            if row is None:
                return None
            used, token_id, tenant, made_by, scopes, role, is_operator, networks = row
            await _touch(uow, used, now, update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=now))
        # its maker may have lost a permission since
        holds = scopes_of(role, is_operator=is_operator) & frozenset(scopes)
        return Standing(TenantId(tenant), made_by, role, holds, token_id=token_id, networks=tuple(networks or ()))

    async def public_keys(self) -> dict[str, Any]:
        return await self._auth.keys.public()


def _networks() -> ScalarSelect[Any]:
    listed = select(func.array_agg(Network.network)).where(Network.tenant_id == Membership.tenant_id)
    return listed.correlate(Membership).scalar_subquery()


_STANDING = (Membership.role, User.is_operator, _networks())


def _member_in(query: Select[Any], user_id: Any) -> Select[Any]:
    """Joins the person, their membership and its workspace: all have to be there and in use."""
    return (
        query.join(User, User.id == user_id)
        .join(Membership, Membership.user_id == User.id)
        .join(Workspace, Workspace.tenant_id == Membership.tenant_id)
        .where(User.disabled_at.is_(None), Workspace.deleted_at.is_(None))
    )


async def _touch(uow: UnitOfWork, before: datetime | None, now: datetime, statement: Any) -> None:
    """Keeps when it was last used, to the minute: a write on every request would cost more than it tells."""
    if before is None or now - before >= SEEN_EVERY:
        await uow.session.execute(statement)
