"""The signed-in person: name, language, password."""

from __future__ import annotations

from uuid import UUID

from kernel.auth import Caller
from kernel.secret import Secret
from kernel.uow import UnitOfWork
from services.auth import people, sessions
from services.auth.auth import Auth
from services.auth.errors import WrongPassword
from services.auth.mail.letters import Letter
from services.auth.pages import SIGN_IN
from services.auth.passwords import check_strength
from services.auth.reauthentication import check_password
from services.auth.schemas import MeChange, UserOut


async def read(auth: Auth, user_id: UUID) -> UserOut:
    async with auth.database.system() as uow:
        return people.shown(await people.by_id(uow, user_id))


async def change(auth: Auth, user_id: UUID, body: MeChange) -> UserOut:
    async def work(uow: UnitOfWork) -> UserOut:
        user = await people.by_id(uow, user_id, lock=True)
        user.name = body.name or user.name
        user.locale = body.locale or user.locale
        return people.shown(user)

    return await auth.database.transact(None, work)


async def change_password(auth: Auth, caller: Caller, current: Secret, new: Secret) -> None:
    """Closes all other sessions. Raises WrongPassword, PasswordTooShort, PasswordTooCommon, RateLimited."""
    user = await check_password(auth, caller.user_id, current)
    await check_strength(new, (user.email, user.name), pointer="/new")
    password_hash = await auth.passwords.hash(new)

    async def work(uow: UnitOfWork) -> None:
        person = await people.by_id(uow, caller.user_id, lock=True)
        if person.password_hash != user.password_hash:  # changed meanwhile, by somebody who knew it as well
            raise WrongPassword
        person.password_hash = password_hash
        await sessions.end_all(uow, person.id, "password_changed", but=caller.session_id)
        uow.audit("password.changed", f"user:{person.id}")
        auth.post.send(uow, Letter("password_changed", person.email, person.locale, {}, SIGN_IN))

    await auth.database.transact(None, work)
