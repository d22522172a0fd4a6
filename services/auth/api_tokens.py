"""Tokens for programs: some of their maker's permissions in one workspace, for a time."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from contracts.permissions import Scope
from kernel import clock
from kernel.auth import Caller
from kernel.errors import NotFound
from kernel.http.pages import Page, PageQuery
from kernel.ids import TenantId, uuid7
from kernel.uow import UnitOfWork
from services.auth.auth import Auth
from services.auth.errors import CannotGrantScope
from services.auth.models import ApiToken
from services.auth.schemas import ApiTokenOut, NewApiToken, NewApiTokenOut
from services.auth.settings import API_TOKEN_LIFE_DAYS
from services.auth.tokens import new_api_token, token_hash


async def listed(auth: Auth, tenant: TenantId, page: PageQuery) -> Page[ApiTokenOut]:
    query = select(ApiToken).where(ApiToken.expires_at > clock.now())
    async with auth.database.unit_of_work(tenant) as uow:
        sorts = {"created_at": ApiToken.created_at}
        return await page.read(uow.session, query, _shown, id=ApiToken.id, sorts=sorts, default="-created_at")


async def create(auth: Auth, caller: Caller, body: NewApiToken) -> NewApiTokenOut:
    """The only time the token is seen. Raises CannotGrantScope."""
    scopes = sorted(set(body.scopes))
    if not caller.scopes.issuperset(scopes):
        raise CannotGrantScope
    token, now = new_api_token(), clock.now()

    async def work(uow: UnitOfWork) -> ApiTokenOut:
        row = ApiToken(
            id=uuid7(),
            tenant_id=caller.tenant,
            made_by=caller.user_id,
            name=body.name,
            token_hash=token_hash(token),
            last_four=token.reveal()[-4:],
            scopes=[str(scope) for scope in scopes],
            created_at=now,
            expires_at=now + timedelta(days=body.expires_in_days or API_TOKEN_LIFE_DAYS),
        )
        uow.session.add(row)
        uow.audit("api_token.created", f"api_token:{row.id}", after={"name": row.name, "scopes": row.scopes})
        return _shown(row)

    made = await auth.database.transact(caller.tenant, work)
    return NewApiTokenOut(**made.model_dump(), token=token.reveal())


async def revoke(auth: Auth, tenant: TenantId, token_id: UUID) -> None:
    """Raises NotFound."""

    async def work(uow: UnitOfWork) -> None:
        row = await uow.session.scalar(select(ApiToken).where(ApiToken.id == token_id))
        if row is None:
            raise NotFound
        uow.audit("api_token.revoked", f"api_token:{row.id}", before={"name": row.name, "scopes": row.scopes})
        await uow.session.delete(row)

    await auth.database.transact(tenant, work)


def _shown(row: ApiToken) -> ApiTokenOut:
    return ApiTokenOut(
        id=row.id,
        name=row.name,
        last_four=row.last_four,
        scopes=[Scope(scope) for scope in row.scopes],
        made_by=row.made_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )
