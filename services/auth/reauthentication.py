"""Asking a signed-in person for the password once more, before what can't be undone or opens an account."""

from __future__ import annotations

from uuid import UUID

from kernel.secret import Secret
from services.auth import people
from services.auth.auth import Auth
from services.auth.errors import WrongPassword
from services.auth.models import User


async def check_password(auth: Auth, user_id: UUID, password: Secret) -> User:
    """The person, if it is the right password. Raises WrongPassword, RateLimited."""
    await auth.throttle.password_again(user_id)
    async with auth.database.system() as uow:
        user = await people.by_id(uow, user_id)
    if not await auth.passwords.verify(user.password_hash, password):
        raise WrongPassword
    return user
