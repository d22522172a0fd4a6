"""Finding people: the one place that reads the table of users. All functions want a unit of the system role."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from contracts.clients.people import Person
from kernel.errors import Unauthenticated
from kernel.ids import TenantId
from kernel.uow import UnitOfWork
from services.auth.auth import Auth
from services.auth.models import Membership, User
from services.auth.schemas import UserOut


async def by_email(uow: UnitOfWork, key: str) -> User | None:
    """The account of a normalised address (`EmailAddress.key`)."""
    found: User | None = await uow.session.scalar(select(User).where(User.email_key == key))
    return found


async def by_id(uow: UnitOfWork, user_id: UUID, *, lock: bool = False) -> User:
    """The signed-in person. Raises Unauthenticated when the account was deleted or disabled a moment ago."""
    user = await uow.session.get(User, user_id, with_for_update=lock, populate_existing=lock)
    if user is None or user.disabled_at is not None:
        raise Unauthenticated
    return user


async def by_ids(auth: Auth, user_ids: Sequence[UUID]) -> dict[UUID, User]:
    """Names and addresses for a page of rows that were found under row-level security."""
    async with auth.database.system() as uow:
        found = await uow.session.scalars(select(User).where(User.id.in_(user_ids)))
        return {user.id: user for user in found}


def shown(user: User) -> UserOut:
    return UserOut(
        id=user.id,
        email=user.email,
        name=user.name,
        locale="fr" if user.locale == "fr" else "en",
        email_verified=True,  # a user exists only once the address is verified
        is_operator=user.is_operator,
    )


class Directory:
    """Answers `contracts.clients.people.People`."""

    def __init__(self, auth: Auth) -> None:
        self._auth = auth

    async def of(self, tenant: TenantId, user_ids: Sequence[UUID]) -> dict[UUID, Person]:
        async with self._auth.database.unit_of_work(tenant) as uow:
            query = select(Membership.user_id).where(Membership.user_id.in_(user_ids))
            members = list(await uow.session.scalars(query))
        users = await by_ids(self._auth, members)
        return {
            user.id: Person(user.id, user.name, user.email, user.locale)
            for user in users.values()
            if user.disabled_at is None
        }
