"""Recovery codes: ten, each good once, for whoever lost their second factor.

50 random bits each, kept as HMAC-SHA-256 under a key only auth has: a stolen table can't be searched for them.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Final
from uuid import UUID

from sqlalchemy import delete, update

from kernel import clock
from kernel.auth import Caller
from kernel.ids import uuid7
from kernel.uow import UnitOfWork
from services.auth import people
from services.auth.auth import Auth
from services.auth.errors import FactorMissing
from services.auth.factors import enrolment
from services.auth.mail.letters import Letter
from services.auth.models import RecoveryCode
from services.auth.schemas import RecoveryCodesOut
from services.auth.settings import RECOVERY_CODES

_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for one another: i, l, o, 0, 1."""
_HALF: Final = 5


async def renew(auth: Auth, caller: Caller) -> RecoveryCodesOut:
    """Ten new ones; the old ones end. Raises FactorMissing."""

    async def work(uow: UnitOfWork) -> RecoveryCodesOut:
        if not await enrolment.methods(uow, caller.user_id):
            raise FactorMissing
        uow.audit("recovery_codes.renewed", f"user:{caller.user_id}")
        return await replace(auth, uow, caller.user_id)

    return await auth.database.transact(None, work)


async def replace(auth: Auth, uow: UnitOfWork, user_id: UUID) -> RecoveryCodesOut:
    """The same, inside a transaction of the system role."""
    await uow.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = [f"{_random()}-{_random()}" for _ in range(RECOVERY_CODES)]
    for code in codes:
        uow.session.add(RecoveryCode(id=uuid7(), user_id=user_id, code_hash=_hash(auth, user_id, code)))
    return RecoveryCodesOut(recovery_codes=codes)


async def accept(auth: Auth, uow: UnitOfWork, user_id: UUID, code: str) -> bool:
    """Whether the code is one of the person's and unused; it is then used, and its owner told."""
    used = await uow.session.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user_id,
            RecoveryCode.code_hash == _hash(auth, user_id, code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .returning(RecoveryCode.id)
    )
    if used is None:
        return False
    user = await people.by_id(uow, user_id)
    left = str(await enrolment.codes_left(uow, user_id))
    uow.audit("recovery_code.used", f"user:{user_id}", after={"left": left})
    auth.post.send(uow, Letter("recovery_used", user.email, user.locale, {"left": left}))
    return True


def _random() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_HALF))


def _hash(auth: Auth, user_id: UUID, code: str) -> bytes:
    plain = "".join(sign for sign in code.casefold() if sign.isalnum())
    return hmac.digest(auth.recovery_key, f"{user_id}:{plain}".encode(), "sha256")
