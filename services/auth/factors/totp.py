"""Authenticator apps: time-based one-time passwords (RFC 6238), six digits, thirty seconds, SHA-1 as all apps do."""

from __future__ import annotations

import hmac
from io import BytesIO
from typing import Final
from uuid import UUID

import pyotp
import segno
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from kernel import clock
from kernel.auth import Caller
from kernel.errors import InvalidInput, Violation
from kernel.uow import UnitOfWork
from services.auth import people
from services.auth.auth import Auth
from services.auth.errors import FactorExists, FactorMissing, InvalidCode
from services.auth.factors import enrolment, recovery_codes
from services.auth.models import TotpFactor
from services.auth.reauthentication import check_password
from services.auth.schemas import RecoveryCodesOut, TotpRemoval, TotpSetUp

_STEP_SECONDS: Final = 30
_DIGITS: Final = 6
_DRIFT: Final = (-1, 0, 1)
"""Clocks may be a step apart (RFC 6238 §5.2)."""
_ISSUER: Final = "Keyreel"
_SEALED_AS: Final = "totp"


async def set_up(auth: Auth, user_id: UUID) -> TotpSetUp:
    """A new secret, which replaces one that was never confirmed. Raises FactorExists."""
    secret = pyotp.random_base32()
    row = {
        "secret_sealed": auth.sealing.seal(secret.encode(), _SEALED_AS, str(user_id)),
        "last_step": 0,
        "created_at": clock.now(),
    }

    async def work(uow: UnitOfWork) -> str:
        user = await people.by_id(uow, user_id)
        kept = await uow.session.scalar(
            insert(TotpFactor)
            .values(user_id=user_id, **row)
            .on_conflict_do_update(
                index_elements=[TotpFactor.user_id], set_=row, where=TotpFactor.confirmed_at.is_(None)
            )
            .returning(TotpFactor.user_id)
        )
        if kept is None:
            raise FactorExists
        return user.email

    email = await auth.database.transact(None, work)
    uri = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=_ISSUER)
    return TotpSetUp(secret=secret, uri=uri, qr_svg=_drawn(uri))


def _drawn(uri: str) -> str:
    """A QR code as a whole SVG document: without its namespace a browser shows it in no <img>."""
    svg = BytesIO()
    segno.make(uri, error="m").save(svg, kind="svg", xmldecl=False, scale=5, border=4, nl=False)
    return svg.getvalue().decode()


async def confirm(auth: Auth, caller: Caller, code: str) -> RecoveryCodesOut:
    """Switches it on. Raises InvalidCode, FactorMissing, FactorExists, RateLimited."""
    await auth.throttle.code(caller.user_id)

    async def work(uow: UnitOfWork) -> RecoveryCodesOut:
        user = await people.by_id(uow, caller.user_id)
        factor = await uow.session.get(TotpFactor, user.id, with_for_update=True)
        if factor is None:
            raise FactorMissing
        if factor.confirmed_at is not None:
            raise FactorExists
        if not await _use(auth, uow, factor, code):
            raise InvalidCode
        factor.confirmed_at = clock.now()
        enrolment.added(auth, uow, user, "totp")
        return await recovery_codes.replace(auth, uow, user.id)

    return await auth.database.transact(None, work)


async def accept(auth: Auth, uow: UnitOfWork, user_id: UUID, code: str) -> bool:
    """Whether the code is right and wasn't used; it is then used."""
    factor = await uow.session.get(TotpFactor, user_id)
    return factor is not None and factor.confirmed_at is not None and await _use(auth, uow, factor, code)


async def remove(auth: Auth, caller: Caller, proof: TotpRemoval) -> None:
    """Raises WrongPassword, InvalidCode, FactorMissing, InvalidInput, RateLimited."""
    if proof.password is not None:
        await check_password(auth, caller.user_id, proof.password)
    elif proof.code is not None:
        await auth.throttle.code(caller.user_id)
    else:
        raise InvalidInput(violations=(Violation("/password", "missing", "Give your password or a code."),))

    async def work(uow: UnitOfWork) -> None:
        user = await people.by_id(uow, caller.user_id)
        factor = await uow.session.get(TotpFactor, user.id, with_for_update=True)
        if factor is None or factor.confirmed_at is None:
            raise FactorMissing
        if proof.password is None and not await _use(auth, uow, factor, proof.code or ""):
            raise InvalidCode
        await uow.session.delete(factor)
        await enrolment.removed(auth, uow, user, "totp")

    await auth.database.transact(None, work)


async def _use(auth: Auth, uow: UnitOfWork, factor: TotpFactor, code: str) -> bool:
    digits = "".join(code.split())
    if len(digits) != _DIGITS or not (digits.isascii() and digits.isdigit()):
        return False
    secret = auth.sealing.open(factor.secret_sealed, _SEALED_AS, str(factor.user_id)).decode()
    generator = pyotp.TOTP(secret, digits=_DIGITS, interval=_STEP_SECONDS)
    now = int(clock.now().timestamp()) // _STEP_SECONDS
    # all three are compared, so that time doesn't tell which clock the person has
    right = [now + drift for drift in _DRIFT if hmac.compare_digest(generator.generate_otp(now + drift), digits)]
    if not right:
        return False
    # one statement: of two requests with the same code, one finds the step still unused
    used = await uow.session.scalar(
        update(TotpFactor)
        .where(TotpFactor.user_id == factor.user_id, TotpFactor.last_step < right[0])
        .values(last_step=right[0])
        .returning(TotpFactor.user_id)
        .execution_options(synchronize_session=False)
    )
    return used is not None
