"""Moving an account to another address: it counts once a signed-in person shows the token that was sent there."""

from __future__ import annotations

from sqlalchemy import func, select

from kernel.auth import Caller
from kernel.secret import Secret
from kernel.uow import UnitOfWork
from services.auth import links, people
from services.auth.auth import Auth
from services.auth.email_addresses import parse_email
from services.auth.errors import InvalidOrExpiredToken
from services.auth.mail.letters import Letter
from services.auth.pages import CONFIRM_EMAIL, with_token
from services.auth.reauthentication import check_password
from services.auth.settings import EMAIL_CHANGE_LIFE
from services.auth.throttle import LETTERS_RECIPIENT


async def ask(auth: Auth, caller: Caller, new: str, password: Secret) -> None:
    """Sends a letter to the new address: to confirm, or, if it has an account, that somebody tried.

    Raises WrongPassword, InvalidEmail, RateLimited.
    """
    email = parse_email(new)
    await check_password(auth, caller.user_id, password)
    await auth.throttle.take("letters", email.key, LETTERS_RECIPIENT)

    async def work(uow: UnitOfWork) -> None:
        user = await people.by_id(uow, caller.user_id)
        token = await links.make(uow, "email", EMAIL_CHANGE_LIFE, user_id=user.id, email=email.text)
        owner = await people.by_email(uow, email.key)
        if owner is None or owner.id == user.id:
            page = with_token(CONFIRM_EMAIL, token)
            auth.post.send(uow, Letter("email_confirm", email.text, user.locale, {"email": email.text}, page))
        else:
            auth.post.send(uow, Letter("email_taken", owner.email, owner.locale, {}))

    await auth.database.transact(None, work)


async def confirm(auth: Auth, caller: Caller, token: Secret) -> None:
    """Raises InvalidOrExpiredToken, also for another's token and an address that got an account meanwhile."""

    async def work(uow: UnitOfWork) -> None:
        link = await links.take(uow, "email", token)
        if link.user_id != caller.user_id or link.email is None:
            raise InvalidOrExpiredToken
        email = parse_email(link.email)
        await uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(email.key, 0))))
        owner = await people.by_email(uow, email.key)
        if owner is not None and owner.id != caller.user_id:
            raise InvalidOrExpiredToken
        user = await people.by_id(uow, caller.user_id, lock=True)
        auth.post.send(uow, Letter("email_changed", user.email, user.locale, {"email": email.text}))
        user.email, user.email_key = email.text, email.key
        uow.audit("email.changed", f"user:{user.id}")

    await auth.database.transact(None, work)
