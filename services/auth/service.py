"""Auth on one screen."""

from __future__ import annotations

from pathlib import Path

from contracts.clients.people import People
from contracts.events.tenants import MemberChanged, SessionStolen, SignedIn, TenantCreated, TenantDeleted
from kernel.audit import ActRecorded
from kernel.auth import Sessions
from kernel.service import Environment, ServiceSpec
from services.auth import errors
from services.auth.api import audit, entrance, me, workspaces
from services.auth.auth import Auth
from services.auth.consumers import events
from services.auth.mail.post import Post
from services.auth.passwords import Passwords
from services.auth.people import Directory
from services.auth.sealing import SealBroken, Sealing
from services.auth.signing_keys import SigningKeys
from services.auth.standing import Standings
from services.auth.throttle import Throttle
from services.auth.worker import tasks


def build(environment: Environment) -> Auth:
    sealing = Sealing(environment.key("auth"))
    return Auth(
        database=environment.database,
        base_url=environment.base_url,
        passwords=Passwords(),
        sealing=sealing,
        keys=SigningKeys(environment.database, sealing, environment.base_url),
        throttle=Throttle(environment.ports.limits),
        post=Post(environment.ports.mail, sealing, environment.base_url),
        refresh_key=sealing.derive("refresh tokens"),
        recovery_key=sealing.derive("recovery codes"),
    )


async def stop(auth: Auth) -> None:
    auth.passwords.close()


def _leaves(kind: type) -> bool:
    """Whether the service answers with this error, and not only with what derives from it."""
    ours = issubclass(kind, errors.AuthError)
    return ours and (not kind.__subclasses__() or kind is errors.PasskeyRefused)


SPEC = ServiceSpec(
    name="auth",
    build=build,
    migrations=Path(__file__).parent / "migrations",
    routers=(entrance.router, me.router, workspaces.router, audit.router, audit.well_known),
    events=events,
    tasks=tasks,
    emits=(TenantCreated, TenantDeleted, MemberChanged, SignedIn, SessionStolen, ActRecorded),
    errors=(
        *(one for one in vars(errors).values() if isinstance(one, type) and _leaves(one)),
        SealBroken,
    ),
    answers={Sessions: Standings, People: Directory},
    stop=stop,
)
