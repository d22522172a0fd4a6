"""Forgotten passwords. A reset closes every session and leaves the second factors as they are."""

from __future__ import annotations

from kernel import context
from kernel.secret import Secret
from kernel.tasks import NewTask
from kernel.uow import UnitOfWork
from services.auth import links, people, sessions
from services.auth.auth import Auth, Client
from services.auth.email_addresses import email_key
from services.auth.mail.letters import Letter
from services.auth.mail.post import SealedText
from services.auth.models import User
from services.auth.pages import RESET_PASSWORD, SIGN_IN, with_token
from services.auth.passwords import check_strength
from services.auth.settings import RESET_LIFE
from services.auth.throttle import LETTERS_ADDRESS, LETTERS_RECIPIENT, TOKEN_ADDRESS

FORGOT_TASK = "auth.forgot"


async def forgot(auth: Auth, email: str, client: Client) -> None:
    """Leaves a task that looks for the account, so that neither answer nor time tells whether there is one.

    Raises RateLimited by the client's address only.
    """
    await auth.throttle.take("letters:address", client.address, LETTERS_ADDRESS)
    key = email_key(email) or ""
    if await auth.throttle.allows("letters", key, LETTERS_RECIPIENT):
        payload = auth.post.seal(key, FORGOT_TASK)

        async def work(uow: UnitOfWork) -> None:
            uow.enqueue(NewTask(FORGOT_TASK, payload))

        await auth.database.transact(None, work)


async def send_link(auth: Auth, payload: SealedText) -> None:
    """The task: a letter with a link, if the address has an account."""
    key = auth.post.open(payload, FORGOT_TASK)

    async def work(uow: UnitOfWork) -> None:
        user = await people.by_email(uow, key)
        if user is None or user.disabled_at is not None:
            return
        token = await links.make(uow, "reset", RESET_LIFE, user_id=user.id)
        auth.post.send(uow, Letter("reset", user.email, user.locale, {}, with_token(RESET_PASSWORD, token)))

    await auth.database.transact(None, work)


async def reset(auth: Auth, token: Secret, password: Secret, client: Client) -> None:
    """A refused password leaves the link as it is.

    Raises InvalidOrExpiredToken, PasswordTooShort, PasswordTooCommon, RateLimited.
    """
    await auth.throttle.take("token", client.address, TOKEN_ADDRESS)
    async with auth.database.system() as uow:
        link = await links.look(uow, "reset", token)
        user = await uow.session.get_one(User, link.user_id)
    await check_strength(password, (user.email, user.name))
    password_hash = await auth.passwords.hash(password)

    async def work(uow: UnitOfWork) -> None:
        taken = await links.take(uow, "reset", token)
        person = await uow.session.get_one(User, taken.user_id, with_for_update=True)
        person.password_hash = password_hash
        await sessions.end_all(uow, person.id, "password_reset")
        with context.bind(actor=f"user:{person.id}"):
            uow.audit("password.reset", f"user:{person.id}")
        auth.post.send(uow, Letter("password_changed", person.email, person.locale, {}, SIGN_IN))

    await auth.database.transact(None, work)
