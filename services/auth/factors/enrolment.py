"""Which factors a person has, and what follows when one comes or goes."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from sqlalchemy import delete, func, select

from kernel.uow import UnitOfWork
from services.auth.auth import Auth
from services.auth.mail.letters import Letter
from services.auth.models import Passkey, RecoveryCode, TotpFactor, User
from services.auth.schemas import FactorsOut, PasskeyOut

Method = Literal["totp", "passkey", "recovery_code"]
Factor = Literal["totp", "passkey"]


async def methods(uow: UnitOfWork, user_id: UUID) -> list[Method]:
    """How the second step can be made; empty when none is asked for. Recovery codes alone are no factor."""
    found: list[Method] = []
    if await _totp(uow, user_id):
        found.append("totp")
    if await uow.session.scalar(select(Passkey.id).where(Passkey.user_id == user_id).limit(1)):
        found.append("passkey")
    if found and await codes_left(uow, user_id):
        found.append("recovery_code")
    return found


async def codes_left(uow: UnitOfWork, user_id: UUID) -> int:
    unused = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return await uow.session.scalar(unused) or 0


async def overview(auth: Auth, user_id: UUID) -> FactorsOut:
    async with auth.database.system() as uow:
        keys = await uow.session.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.created_at))
        return FactorsOut(
            totp=await _totp(uow, user_id),
            passkeys=[shown(key) for key in keys],
            recovery_codes_left=await codes_left(uow, user_id),
        )


def shown(key: Passkey) -> PasskeyOut:
    return PasskeyOut(id=key.id, name=key.name, created_at=key.created_at, last_used_at=key.last_used_at)


def added(auth: Auth, uow: UnitOfWork, user: User, factor: Factor) -> None:
    """Records it and tells the owner, who may not have been the one."""
    uow.audit("factor.added", f"user:{user.id}", after={"factor": factor})
    auth.post.send(uow, Letter("factor_added", user.email, user.locale, {"factor": factor}))


async def removed(auth: Auth, uow: UnitOfWork, user: User, factor: Factor) -> None:
    """Also takes the recovery codes when no factor is left that they could stand in for."""
    uow.audit("factor.removed", f"user:{user.id}", before={"factor": factor})
    auth.post.send(uow, Letter("factor_removed", user.email, user.locale, {"factor": factor}))
    await uow.session.flush()
    if not await methods(uow, user.id):
        await uow.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


async def _totp(uow: UnitOfWork, user_id: UUID) -> bool:
    query = select(TotpFactor.user_id).where(TotpFactor.user_id == user_id, TotpFactor.confirmed_at.is_not(None))
    return await uow.session.scalar(query) is not None
