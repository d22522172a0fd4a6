"""Signing in with a passkey: by itself, as it checked its user, or as the second step after a password."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import webauthn
from sqlalchemy import select
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.structs import (
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    UserVerificationRequirement,
)

from kernel import clock, context
from kernel.secret import Secret
from kernel.uow import UnitOfWork
from services.auth import sessions
from services.auth import sign_in as first_step
from services.auth.auth import Auth, Client
from services.auth.errors import CounterRegressed, PasskeyRefused, UnknownPasskey
from services.auth.factors.ceremony import MALFORMED, new_challenge, refusal, relying_party, take_challenge
from services.auth.models import Passkey, PasskeyChallenge, User
from services.auth.schemas import PasskeyChallengeOut
from services.auth.sessions import Opened
from services.auth.throttle import PASSKEY_ADDRESS
from services.auth.tokens import token_hash


async def challenge(auth: Auth, mfa_token: Secret | None, client: Client) -> PasskeyChallengeOut:
    """Options for navigator.credentials.get(). Raises SignInExpired, PasskeysUnavailable, RateLimited."""
    await auth.throttle.take("passkey", client.address, PASSKEY_ADDRESS)
    rp_id = relying_party(auth)
    hashed = token_hash(mfa_token) if mfa_token else None

    async def work(uow: UnitOfWork) -> PasskeyChallengeOut:
        user_id = (await first_step.waiting(uow, hashed)).user_id if hashed else None
        made = new_challenge(uow, user_id=user_id, enrols=False, second_step=hashed)
        known = await uow.session.scalars(select(Passkey).where(Passkey.user_id == user_id)) if user_id else ()
        options = webauthn.generate_authentication_options(
            rp_id=rp_id,
            challenge=made.challenge,
            allow_credentials=[_descriptor(key) for key in known],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return PasskeyChallengeOut(challenge_id=made.id, options=json.loads(webauthn.options_to_json(options)))

    return await auth.database.transact(None, work)


async def sign_in(auth: Auth, challenge_id: UUID, credential: dict[str, Any], client: Client) -> Opened:
    """Raises a PasskeyRefused, SignInExpired, RateLimited."""
    await auth.throttle.take("passkey", client.address, PASSKEY_ADDRESS)
    taken = await take_challenge(auth, challenge_id, enrols=False)

    async def work(uow: UnitOfWork) -> Opened | PasskeyRefused:
        key = await _known(uow, taken, credential)
        user = await uow.session.get_one(User, key.user_id)
        if user.disabled_at is not None:
            raise UnknownPasskey
        with context.bind(actor=f"user:{user.id}"):
            try:
                key.sign_count = _verify(auth, taken, credential, key)
            except CounterRegressed as copied:
                uow.audit("passkey.copied", f"user:{user.id}", after={"passkey": str(key.id)})
                return copied
            key.last_used_at = clock.now()
            if taken.second_step is not None:
                await uow.session.delete(await first_step.waiting(uow, taken.second_step, lock=True))
            return await sessions.open_session(auth, uow, user, client, "passkey")

    outcome = await auth.database.transact(None, work)
    if isinstance(outcome, PasskeyRefused):  # only now: the audit entry is to be kept
        raise outcome
    return outcome


async def _known(uow: UnitOfWork, taken: PasskeyChallenge, credential: dict[str, Any]) -> Passkey:
    """The passkey that answers; it must be that of the person who began, and of whom it names (§7.2 step 6)."""
    try:
        credential_id = base64url_to_bytes(credential["rawId"])
        handle = credential["response"].get("userHandle")
        named = UUID(bytes=base64url_to_bytes(handle)) if handle else None
    except (*MALFORMED, AttributeError) as wrong:
        raise PasskeyRefused from wrong
    # locked: two answers of one authenticator are counted one after the other
    query = select(Passkey).where(Passkey.credential_id == credential_id).with_for_update()
    key: Passkey | None = await uow.session.scalar(query)
    if key is None or (taken.user_id or key.user_id) != key.user_id or (named or key.user_id) != key.user_id:
        raise UnknownPasskey
    if taken.user_id is None and named is None:  # a passkey that signs in by itself says whose it is
        raise PasskeyRefused
    return key


def _verify(auth: Auth, taken: PasskeyChallenge, credential: dict[str, Any], key: Passkey) -> int:
    try:
        verified = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=taken.challenge,
            expected_rp_id=relying_party(auth),
            expected_origin=auth.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except MALFORMED as wrong:
        raise refusal(auth, credential, taken.challenge, key.sign_count) from wrong
    return verified.new_sign_count


def _descriptor(key: Passkey) -> PublicKeyCredentialDescriptor:
    transports = [AuthenticatorTransport(one) for one in key.transports]
    return PublicKeyCredentialDescriptor(id=key.credential_id, transports=transports or None)
