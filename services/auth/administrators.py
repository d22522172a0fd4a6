"""The people who run the installation, and the one-time link by which the first of them comes in.

Whoever reads the terminal of the studio holds the machine, so the link needs no letter to prove an address.
"""

from __future__ import annotations

from sqlalchemy import func, select

from kernel import context
from kernel.errors import InvalidInput, NotFound, Violation
from kernel.secret import Secret
from kernel.uow import UnitOfWork
from services.auth import links, people, sessions, workspaces
from services.auth.auth import Auth, Client
from services.auth.email_addresses import email_key, parse_email
from services.auth.models import Link, User
from services.auth.pages import WELCOME, with_token
from services.auth.passwords import check_strength
from services.auth.registration import make_user
from services.auth.schemas import LinkSignIn
from services.auth.sessions import Opened
from services.auth.settings import ADMINISTRATOR_LINK_LIFE
from services.auth.throttle import TOKEN_ADDRESS

_LOCK = 0x4B52_4144
"""Any number of ours: two processes that start together print one link that works, not two that don't."""


async def first_administrator(auth: Auth) -> str | None:
    """An address to open, good once and for a day; None when there is an administrator. A link made before ends."""

    async def work(uow: UnitOfWork) -> Secret | None:
        await uow.session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        if await uow.session.scalar(select(User.id).where(User.is_operator).limit(1)) is not None:
            return None
        return await links.make(uow, "administrator", ADMINISTRATOR_LINK_LIFE, user_id=None)

    token = await auth.database.transact(None, work)
    return None if token is None else auth.base_url.rstrip("/") + with_token(WELCOME, token)


async def administrator_link(auth: Auth, email: str, *, grant: bool = False) -> str:
    """A new link for an administrator who lost the way in; with `grant`, any account becomes an administrator's.

    It stands for password and second factor, so it is for the command line only. Raises NotFound.
    """

    async def work(uow: UnitOfWork) -> Secret:
        user = await people.by_email(uow, email_key(email) or "")
        if user is None or not (user.is_operator or grant):
            raise NotFound("No administrator has this e-mail address.")
        if not user.is_operator:
            user.is_operator = True
            uow.audit("administrator.granted", f"user:{user.id}", reason="command line")
        uow.audit("administrator.link_made", f"user:{user.id}", reason="command line")
        return await links.make(uow, "administrator", ADMINISTRATOR_LINK_LIFE, user_id=user.id)

    token = await auth.database.transact(None, work)
    return auth.base_url.rstrip("/") + with_token(WELCOME, token)


async def sign_in_by_link(auth: Auth, body: LinkSignIn, client: Client) -> Opened:
    """The first administrator chooses address, name and password; an existing one is let in.

    Raises InvalidOrExpiredToken, InvalidInput, InvalidEmail, PasswordTooShort, PasswordTooCommon, RateLimited.
    """
    await auth.throttle.take("token", client.address, TOKEN_ADDRESS)
    async with auth.database.system() as uow:
        link = await links.look(uow, "administrator", body.token)
    if link.user_id is None:
        return await _first(auth, body, client)

    async def work(uow: UnitOfWork) -> Opened:
        taken: Link = await links.take(uow, "administrator", body.token)
        user = await uow.session.get_one(User, taken.user_id)
        with context.bind(actor=f"user:{user.id}"):
            uow.audit("administrator.signed_in_by_link", f"user:{user.id}")
            return await sessions.open_session(auth, uow, user, client, "link")

    return await auth.database.transact(None, work)


async def _first(auth: Auth, body: LinkSignIn, client: Client) -> Opened:
    email_text, name, password = body.email, body.name, body.password
    if email_text is None or name is None or password is None:
        fields = {"email": email_text, "name": name, "password": password}
        missing = [field for field, value in fields.items() if value is None]
        raise InvalidInput(
            violations=tuple(
                Violation(f"/{field}", "missing", "Choose one, to be the administrator.") for field in missing
            )
        )
    email = parse_email(email_text)
    await check_strength(password, (email.text, name))
    password_hash = await auth.passwords.hash(password)

    async def work(uow: UnitOfWork) -> Opened:
        await links.take(uow, "administrator", body.token)
        user = await people.by_email(uow, email.key)
        if user is None:
            user = await make_user(
                uow,
                email=email.text,
                email_key=email.key,
                name=name,
                locale=body.locale,
                password_hash=password_hash,
                is_operator=True,
            )
        else:  # registered before the link was used; whoever holds the machine decides
            user.is_operator, user.password_hash, user.name = True, password_hash, name
            await sessions.end_all(uow, user.id, "password_reset")
        with context.bind(actor=f"user:{user.id}"):
            uow.audit("administrator.created", f"user:{user.id}", reason="first start")
            if not await workspaces.refs_of(uow, user.id):
                await workspaces.found(uow, user)
            return await sessions.open_session(auth, uow, user, client, "link")

    return await auth.database.transact(None, work)
