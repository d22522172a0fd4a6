"""The keys that sign access tokens: kept sealed, published, and replaced every thirty days without a gap.

    made ──5 min──▶ signs ──30 days──▶ its successor is made ──5 min──▶ the successor signs ──1 h──▶ unpublished

Verifiers hold the list for a minute, so a key is published before it signs; tokens live ten minutes, so it stays
published after.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update

from kernel import clock
from kernel.access_token import SigningKey as Key
from kernel.auth import AUDIENCE
from kernel.db import Database
from kernel.ids import TenantId
from kernel.secret import Secret
from kernel.uow import UnitOfWork
from services.auth.models import SigningKey
from services.auth.sealing import Sealing
from services.auth.settings import ACCESS_TOKEN_LIFE, SIGNING_KEY_LEAD, SIGNING_KEY_LIFE, SIGNING_KEY_TAIL

_LOCK = 0x4B52_5347
"""Any number of ours: two processes that start together make one key, not two."""


class SigningKeys:
    """Opens each sealed key once a process."""

    def __init__(self, database: Database, sealing: Sealing, issuer: str) -> None:
        self._database = database
        self._sealing = sealing
        self._issuer = issuer
        self._opened: dict[str, Key] = {}

    async def access_token(
        self, uow: UnitOfWork, *, user_id: UUID, tenant: TenantId, session_id: UUID, scopes: Iterable[str]
    ) -> str:
        """A token of ten minutes, signed with the newest key whose time has come. `uow` is of the system role."""
        now = clock.now()
        row = await self._signing(uow, now) or await self._first(uow, now)
        return self._open(row).issue(
            issuer=self._issuer,
            audience=AUDIENCE,
            user_id=user_id,
            tenant=tenant,
            session_id=session_id,
            scopes=scopes,
            issued_at=now,
            lifetime=ACCESS_TOKEN_LIFE,
        )

    async def public(self) -> dict[str, Any]:
        """The JWK Set (RFC 7517): keys that sign, soon will, or whose tokens may still live."""
        async with self._database.system() as uow:
            query = select(SigningKey.public_jwk).order_by(SigningKey.signs_from)
            return {"keys": list(await uow.session.scalars(query.where(_published(clock.now()))))}

    async def rotate(self, *, now_due: bool = False) -> bool:
        """Makes the next key when the last one is thirty days old (or `now_due`), and forgets those long replaced.

        Safe to call as often as one likes, by several processes. Tells whether a key was made.
        """

        async def work(uow: UnitOfWork) -> bool:
            now = clock.now()
            await uow.session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            await uow.session.execute(delete(SigningKey).where(~_published(now)))
            newest = await uow.session.scalar(select(SigningKey).order_by(SigningKey.signs_from.desc()).limit(1))
            waiting = newest is not None and newest.signs_from > now
            if newest is None or waiting or not (now_due or now - newest.signs_from >= SIGNING_KEY_LIFE):
                return False
            made = await self._make(uow, signs_from=now + SIGNING_KEY_LEAD)
            await uow.session.execute(
                update(SigningKey)
                .where(SigningKey.kid != made.kid, SigningKey.published_until.is_(None))
                .values(published_until=made.signs_from + SIGNING_KEY_TAIL)
            )
            uow.audit("signing_key.rotated", f"signing_key:{made.kid}")
            return True

        return await self._database.transact(None, work)

    async def _signing(self, uow: UnitOfWork, now: datetime) -> SigningKey | None:
        query = select(SigningKey).where(SigningKey.signs_from <= now, _published(now))
        found: SigningKey | None = await uow.session.scalar(query.order_by(SigningKey.signs_from.desc()).limit(1))
        return found

    async def _first(self, uow: UnitOfWork, now: datetime) -> SigningKey:
        """The first key ever, or the one another process made meanwhile, whose clock may be ahead of ours."""
        await uow.session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        made = await uow.session.scalar(select(SigningKey).order_by(SigningKey.signs_from.desc()).limit(1))
        return made or await self._make(uow, signs_from=now)

    async def _make(self, uow: UnitOfWork, *, signs_from: datetime) -> SigningKey:
        key = Key.generate()
        row = SigningKey(
            kid=key.kid,
            public_jwk=key.public_jwk(),
            private_sealed=self._sealing.seal(key.seed.reveal().encode(), "signing key", key.kid),
            signs_from=signs_from,
            published_until=None,
        )
        uow.session.add(row)
        await uow.session.flush()
        return row

    def _open(self, row: SigningKey) -> Key:
        if row.kid not in self._opened:
            seed = Secret(self._sealing.open(row.private_sealed, "signing key", row.kid).decode())
            self._opened[row.kid] = Key.load(row.kid, seed)
        return self._opened[row.kid]


def _published(now: datetime) -> Any:
    return or_(SigningKey.published_until.is_(None), SigningKey.published_until > now)
