"""Signing in: a password, then a second factor where one is set up. Passkeys: see `factors.passkey_sign_in`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal
from uuid import UUID

from sqlalchemy import select

from kernel import clock, context
from kernel.secret import Secret
from kernel.uow import UnitOfWork
from services.auth import people, sessions
from services.auth.auth import Auth, Client
from services.auth.email_addresses import email_key
from services.auth.errors import InvalidCode, InvalidCredentials, SignInExpired
from services.auth.factors import enrolment, recovery_codes, totp
from services.auth.models import SecondStep, User
from services.auth.schemas import SecondStepOut
from services.auth.sessions import Opened
from services.auth.settings import MFA_LIFE, MFA_TRIES
from services.auth.tokens import new_token, token_hash

Check = Callable[[Auth, UnitOfWork, UUID, str], Awaitable[bool]]


async def by_password(auth: Auth, email: str, password: Secret, client: Client) -> Opened | SecondStepOut:
    """A session, or the question for a second factor.

    An unknown, a disabled and another's account answer alike, after the same work. Raises InvalidCredentials,
    RateLimited, LimiterDown.
    """
    key = email_key(email)
    await auth.throttle.sign_in(key or email.casefold(), client.address)
    async with auth.database.system() as uow:
        user = await people.by_email(uow, key or "")
    right = await auth.passwords.verify(user.password_hash if user else None, password)
    if user is None or not right or user.disabled_at is not None:
        raise InvalidCredentials
    renewed = await auth.passwords.hash(password) if auth.passwords.outdated(user.password_hash) else None
    checked = user.password_hash

    async def work(uow: UnitOfWork) -> Opened | SecondStepOut:
        now = await uow.session.get(User, user.id, with_for_update=True)
        if now is None or now.password_hash != checked:  # it was changed while we checked the old one
            raise InvalidCredentials
        now.password_hash = renewed or checked
        methods = await enrolment.methods(uow, user.id)
        if not methods:
            return await sessions.open_session(auth, uow, now, client, "password")
        return SecondStepOut(mfa_token=(await _ask_second(uow, user.id)).reveal(), methods=methods)

    return await auth.database.transact(None, work)


async def by_totp(auth: Auth, mfa_token: Secret, code: str, client: Client) -> Opened:
    """Raises InvalidCode, SignInExpired, RateLimited."""
    return await _second(auth, mfa_token, code, client, totp.accept, "totp")


async def by_recovery_code(auth: Auth, mfa_token: Secret, code: str, client: Client) -> Opened:
    """Raises InvalidCode, SignInExpired, RateLimited."""
    return await _second(auth, mfa_token, code, client, recovery_codes.accept, "recovery_code")


async def waiting(uow: UnitOfWork, hashed: bytes, *, lock: bool = False) -> SecondStep:
    """The sign-in that waits for its second factor, by the hash of its token. Raises SignInExpired."""
    query = select(SecondStep).where(SecondStep.token_hash == hashed, SecondStep.expires_at > clock.now())
    step: SecondStep | None = await uow.session.scalar(query.with_for_update() if lock else query)
    if step is None:
        raise SignInExpired
    return step


async def _ask_second(uow: UnitOfWork, user_id: UUID) -> Secret:
    token = new_token()
    step = SecondStep(token_hash=token_hash(token), user_id=user_id, tries=0, expires_at=clock.now() + MFA_LIFE)
    uow.session.add(step)
    return token


async def _second(
    auth: Auth, mfa_token: Secret, code: str, client: Client, check: Check, method: Literal["totp", "recovery_code"]
) -> Opened:
    hashed = token_hash(mfa_token)
    async with auth.database.system() as uow:
        user_id = (await waiting(uow, hashed)).user_id
    await auth.throttle.code(user_id)

    async def work(uow: UnitOfWork) -> Opened | None:
        step = await waiting(uow, hashed, lock=True)
        with context.bind(actor=f"user:{user_id}"):
            if await check(auth, uow, user_id, code):
                await uow.session.delete(step)
                user = await people.by_id(uow, user_id)
                return await sessions.open_session(auth, uow, user, client, method)
        step.tries += 1
        if step.tries >= MFA_TRIES:
            await uow.session.delete(step)
        return None

    opened = await auth.database.transact(None, work)
    if opened is None:  # only now: the failed try is to be kept
        raise InvalidCode
    return opened
