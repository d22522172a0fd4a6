"""What registering and using a passkey share (W3C Web Authentication Level 3, §7): challenges and plain refusals."""

from __future__ import annotations

import hashlib
import ipaddress
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from webauthn.helpers import (
    base64url_to_bytes,
    generate_challenge,
    parse_attestation_object,
    parse_authenticator_data,
    parse_client_data_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import AuthenticatorData

from kernel import clock
from kernel.ids import uuid7
from kernel.uow import UnitOfWork
from services.auth.auth import Auth
from services.auth.errors import (
    ChallengeUnknown,
    CounterRegressed,
    PasskeyRefused,
    PasskeysUnavailable,
    UserNotVerified,
    WrongOrigin,
    WrongRelyingParty,
)
from services.auth.models import PasskeyChallenge
from services.auth.settings import CHALLENGE_LIFE

#: what the library raises for bytes that aren't what they should be, besides its own exceptions
MALFORMED = (WebAuthnException, ValueError, TypeError, KeyError)


def relying_party(auth: Auth) -> str:
    """The host of the base URL: never what a request says. Raises PasskeysUnavailable when it is an IP address."""
    try:
        ipaddress.ip_address(auth.host)
    except ValueError:
        return auth.host
    raise PasskeysUnavailable


def new_challenge(
    uow: UnitOfWork, *, user_id: UUID | None, enrols: bool, second_step: bytes | None = None
) -> PasskeyChallenge:
    challenge = PasskeyChallenge(
        id=uuid7(),
        challenge=generate_challenge(),
        user_id=user_id,
        second_step=second_step,
        enrols=enrols,
        expires_at=clock.now() + CHALLENGE_LIFE,
    )
    uow.session.add(challenge)
    return challenge


async def take_challenge(auth: Auth, challenge_id: UUID, *, enrols: bool) -> PasskeyChallenge:
    """Uses the challenge up, whatever comes of its answer. Raises ChallengeUnknown."""

    async def work(uow: UnitOfWork) -> PasskeyChallenge | None:
        taken: PasskeyChallenge | None = await uow.session.scalar(
            delete(PasskeyChallenge)
            .where(
                PasskeyChallenge.id == challenge_id,
                PasskeyChallenge.enrols.is_(enrols),
                PasskeyChallenge.expires_at > clock.now(),
            )
            .returning(PasskeyChallenge)
        )
        return taken

    challenge = await auth.database.transact(None, work)
    if challenge is None:
        raise ChallengeUnknown
    return challenge


def refusal(auth: Auth, credential: dict[str, Any], challenge: bytes, known_count: int | None = None) -> PasskeyRefused:
    """Why the library refused an answer, found by looking at the same facts again; `known_count` of a known key."""
    try:
        response = credential["response"]
        client_data = parse_client_data_json(base64url_to_bytes(response["clientDataJSON"]))
        seen = _authenticator_data(response)
    except MALFORMED:
        return PasskeyRefused()
    if client_data.challenge != challenge:
        return ChallengeUnknown()
    if client_data.origin != auth.origin:
        return WrongOrigin()
    if seen.rp_id_hash != hashlib.sha256(auth.host.encode()).digest():
        return WrongRelyingParty()
    if not seen.flags.uv:
        return UserNotVerified()
    if known_count is not None and max(known_count, seen.sign_count) > 0 and seen.sign_count <= known_count:
        return CounterRegressed()
    return PasskeyRefused()


def _authenticator_data(response: dict[str, Any]) -> AuthenticatorData:
    if "attestationObject" in response:
        return parse_attestation_object(base64url_to_bytes(response["attestationObject"])).auth_data
    return parse_authenticator_data(base64url_to_bytes(response["authenticatorData"]))
