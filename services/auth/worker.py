"""What auth does by itself: sends letters, replaces signing keys, forgets what has expired."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete

from kernel import clock
from kernel.tasks import Run, Tasks, Tick
from kernel.uow import UnitOfWork
from services.auth import password_reset
from services.auth.auth import Auth
from services.auth.mail.post import LETTER_TASK, SealedText
from services.auth.models import (
    ApiToken,
    Invitation,
    Link,
    PasskeyChallenge,
    RefreshToken,
    Registration,
    SecondStep,
    Session,
)
from services.auth.settings import SESSION_LIFE

tasks = Tasks("auth")

_SESSIONS_KEPT: Final = timedelta(days=90)
"""After their end: so long a device is known, and so long an owner can see when it was last here."""


@tasks.on(LETTER_TASK, payload=SealedText)
async def send_letter(run: Run[SealedText], auth: Auth) -> None:
    await auth.post.deliver(run.payload)


@tasks.on(password_reset.FORGOT_TASK, payload=SealedText)
async def send_reset_link(run: Run[SealedText], auth: Auth) -> None:
    await password_reset.send_link(auth, run.payload)


@tasks.every("auth.rotate-signing-key", cron="17 * * * *")
async def rotate_signing_key(run: Run[Tick], auth: Auth) -> None:
    await auth.keys.rotate()


@tasks.every("auth.sweep", cron="41 * * * *")
async def sweep(run: Run[Tick], auth: Auth) -> None:
    """Removes what can't be used any more."""
    now = clock.now()
    gone: tuple[Any, ...] = (
        delete(Registration).where(Registration.expires_at < now),
        delete(Link).where(Link.expires_at < now),
        delete(SecondStep).where(SecondStep.expires_at < now),
        delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < now),
        delete(Invitation).where(Invitation.expires_at < now),
        delete(ApiToken).where(ApiToken.expires_at < now - _SESSIONS_KEPT),
        delete(Session).where(Session.ended_at < now - _SESSIONS_KEPT),
        delete(Session).where(Session.expires_at < now - _SESSIONS_KEPT),
        # used longer ago than a session lives unused: nobody can hold its successor any more
        delete(RefreshToken).where(RefreshToken.used_at < now - SESSION_LIFE),
    )

    async def work(uow: UnitOfWork) -> None:
        for statement in gone:
            await uow.session.execute(statement)

    await auth.database.transact(None, work)
