"""Registering: an address becomes an account only once its owner answered the letter.

Until then there is no user, only a `Registration`, of which an address may have several. Who registers somebody
else's address therefore gains nothing ("pre-hijacking", Sudhodanan and Paverd 2022): the password they chose counts
only in the browser they chose it in, and the owner, opening the letter elsewhere, chooses one of their own.
"""

from __future__ import annotations

import hmac

from sqlalchemy import delete, func, select

from kernel import clock, context
from kernel.ids import uuid7
from kernel.secret import Secret
from kernel.uow import UnitOfWork
from services.auth import invitations, people, sessions, workspaces
from services.auth.auth import Auth, Client
from services.auth.email_addresses import parse_email
from services.auth.errors import InvalidOrExpiredToken, PasswordNeeded
from services.auth.mail.letters import Letter
from services.auth.models import Registration, User
from services.auth.pages import SIGN_IN, VERIFY, with_token
from services.auth.passwords import check_strength
from services.auth.schemas import Register, Verify
from services.auth.sessions import Opened
from services.auth.settings import REGISTRATION_LIFE
from services.auth.throttle import LETTERS_RECIPIENT, REGISTER_ADDRESS, TOKEN_ADDRESS
from services.auth.tokens import new_token, token_hash


async def register(auth: Auth, body: Register, client: Client) -> Secret:
    """Sends a letter: to confirm, or, to the owner of an account, that somebody tried. Returns the browser's token.

    Both ways do the same work. Raises InvalidEmail, PasswordTooShort, PasswordTooCommon, RateLimited.
    """
    await auth.throttle.take("register", client.address, REGISTER_ADDRESS)
    email = parse_email(body.email)
    await check_strength(body.password, (email.text, body.name))
    password_hash = await auth.passwords.hash(body.password)
    browser, token = new_token(), new_token()
    if not await auth.throttle.allows("letters", email.key, LETTERS_RECIPIENT):
        return browser

    async def work(uow: UnitOfWork) -> None:
        now = clock.now()
        uow.session.add(
            Registration(
                id=uuid7(),
                email=email.text,
                email_key=email.key,
                name=body.name,
                locale=body.locale,
                password_hash=password_hash,
                token_hash=token_hash(token),
                browser_hash=token_hash(browser),
                invitation_hash=token_hash(body.invitation) if body.invitation else None,
                created_at=now,
                expires_at=now + REGISTRATION_LIFE,
            )
        )
        owner = await people.by_email(uow, email.key)
        if owner is None:
            letter = Letter("verify", email.text, body.locale, {}, with_token(VERIFY, token))
        else:
            letter = Letter("already_registered", owner.email, owner.locale, {}, SIGN_IN)
        auth.post.send(uow, letter)

    await auth.database.transact(None, work)
    return browser


async def verify(auth: Auth, body: Verify, browser: Secret | None, client: Client) -> Opened:
    """Makes the account, its workspace and a session, and joins the workspace of an invitation.

    Raises InvalidOrExpiredToken, PasswordNeeded, PasswordTooShort, PasswordTooCommon, RateLimited.
    """
    await auth.throttle.take("token", client.address, TOKEN_ADDRESS)
    async with auth.database.system() as uow:
        pending = await _pending(uow, body.token)
    same_browser = browser is not None and hmac.compare_digest(token_hash(browser), pending.browser_hash)
    if body.password is not None:
        await check_strength(body.password, (pending.email, pending.name))
        password_hash = await auth.passwords.hash(body.password)
    elif same_browser:
        password_hash = pending.password_hash
    else:
        raise PasswordNeeded

    async def work(uow: UnitOfWork) -> Opened:
        registration = await _pending(uow, body.token)
        user = await make_user(
            uow,
            email=registration.email,
            email_key=registration.email_key,
            name=registration.name,
            locale=registration.locale,
            password_hash=password_hash,
        )
        with context.bind(actor=f"user:{user.id}"):
            await workspaces.found(uow, user)
            joined = None
            if registration.invitation_hash is not None:
                joined = await invitations.join_by_hash(uow, user, registration.invitation_hash)
            await uow.session.execute(delete(Registration).where(Registration.email_key == user.email_key))
            return await sessions.open_session(
                auth, uow, user, client, "registration", workspace_id=joined.id if joined else None
            )

    return await auth.database.transact(None, work)


async def make_user(
    uow: UnitOfWork,
    *,
    email: str,
    email_key: str,
    name: str,
    locale: str,
    password_hash: str,
    is_operator: bool = False,
) -> User:
    """A new account with a verified address. Raises InvalidOrExpiredToken if the address got one meanwhile."""
    await uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(email_key, 0))))
    if await people.by_email(uow, email_key) is not None:
        raise InvalidOrExpiredToken
    user = User(
        id=uuid7(),
        email=email,
        email_key=email_key,
        name=name,
        locale=locale,
        password_hash=password_hash,
        is_operator=is_operator,
        created_at=clock.now(),
    )
    uow.session.add(user)
    await uow.session.flush()
    return user


async def _pending(uow: UnitOfWork, token: Secret) -> Registration:
    query = select(Registration).where(Registration.token_hash == token_hash(token))
    found: Registration | None = await uow.session.scalar(query.where(Registration.expires_at > clock.now()))
    if found is None:
        raise InvalidOrExpiredToken
    return found
