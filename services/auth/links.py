"""One-time tokens that arrive by letter or on the terminal. Kept hashed; taking one removes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, select

from kernel import clock
from kernel.ids import uuid7
from kernel.secret import Secret
from kernel.uow import UnitOfWork
from services.auth.errors import InvalidOrExpiredToken
from services.auth.models import Link
from services.auth.tokens import new_token, token_hash

Purpose = Literal["reset", "email", "administrator"]


async def make(
    uow: UnitOfWork, purpose: Purpose, life: timedelta, *, user_id: UUID | None, email: str | None = None
) -> Secret:
    """A new link; an older one of the same purpose and person stops working. `uow` is of the system role."""
    await uow.session.execute(delete(Link).where(Link.purpose == purpose, Link.user_id.is_not_distinct_from(user_id)))
    token, now = new_token(), clock.now()
    uow.session.add(
        Link(
            id=uuid7(),
            purpose=purpose,
            token_hash=token_hash(token),
            user_id=user_id,
            email=email,
            created_at=now,
            expires_at=now + life,
        )
    )
    return token


async def look(uow: UnitOfWork, purpose: Purpose, token: Secret) -> Link:
    """The link, left as it is. Raises InvalidOrExpiredToken."""
    link: Link | None = await uow.session.scalar(
        select(Link).where(Link.purpose == purpose, Link.token_hash == token_hash(token), Link.expires_at > clock.now())
    )
    if link is None:
        raise InvalidOrExpiredToken
    return link


async def take(uow: UnitOfWork, purpose: Purpose, token: Secret) -> Link:
    """Uses the link up: of two at the same time, one gets it. Raises InvalidOrExpiredToken."""
    link: Link | None = await uow.session.scalar(
        delete(Link)
        .where(Link.purpose == purpose, Link.token_hash == token_hash(token), Link.expires_at > clock.now())
        .returning(Link)
    )
    if link is None:
        raise InvalidOrExpiredToken
    return link
