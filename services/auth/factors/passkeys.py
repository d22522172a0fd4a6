"""The passkeys of a signed-in person: adding one, removing one."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import webauthn
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from kernel import clock
from kernel.auth import Caller
from kernel.errors import NotFound
from kernel.ids import uuid7
from kernel.uow import UnitOfWork
from services.auth import people
from services.auth.auth import Auth
from services.auth.errors import ChallengeUnknown, FactorExists, PasskeyRefused
from services.auth.factors import enrolment
from services.auth.factors.ceremony import MALFORMED, new_challenge, refusal, relying_party, take_challenge
from services.auth.models import Passkey
from services.auth.schemas import NewPasskey, PasskeyChallengeOut, PasskeyOut
from services.auth.settings import PASSKEYS_MAX

_TRANSPORTS = frozenset({"usb", "nfc", "ble", "smart-card", "hybrid", "internal"})


async def challenge(auth: Auth, user_id: UUID) -> PasskeyChallengeOut:
    """Options for navigator.credentials.create(). Raises PasskeysUnavailable; FactorExists at ten of them."""
    rp_id = relying_party(auth)

    async def work(uow: UnitOfWork) -> PasskeyChallengeOut:
        user = await people.by_id(uow, user_id)
        known = (await uow.session.scalars(select(Passkey.credential_id).where(Passkey.user_id == user_id))).all()
        if len(known) >= PASSKEYS_MAX:
            raise FactorExists(f"You have {PASSKEYS_MAX} passkeys. Remove one first.")
        made = new_challenge(uow, user_id=user_id, enrols=True)
        options = webauthn.generate_registration_options(
            rp_id=rp_id,
            rp_name="Keyreel",
            user_id=user.id.bytes,
            user_name=user.email,
            user_display_name=user.name,
            challenge=made.challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                require_resident_key=True,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        )
        return PasskeyChallengeOut(challenge_id=made.id, options=json.loads(webauthn.options_to_json(options)))

    return await auth.database.transact(None, work)


async def add(auth: Auth, caller: Caller, body: NewPasskey) -> PasskeyOut:
    """Raises a PasskeyRefused."""
    taken = await take_challenge(auth, body.challenge_id, enrols=True)
    if taken.user_id != caller.user_id:
        raise ChallengeUnknown
    verified = _verified(auth, body.credential, taken.challenge)
    now = clock.now()
    row: dict[str, Any] = {
        "id": uuid7(),
        "user_id": caller.user_id,
        "credential_id": verified.credential_id,
        "public_key": verified.credential_public_key,
        "sign_count": verified.sign_count,
        "transports": _transports(body.credential),
        "name": body.name,
        "created_at": now,
    }

    async def work(uow: UnitOfWork) -> PasskeyOut:
        user = await people.by_id(uow, caller.user_id, lock=True)
        held = await uow.session.scalar(select(func.count()).where(Passkey.user_id == user.id)) or 0
        added = await uow.session.scalar(insert(Passkey).values(row).on_conflict_do_nothing().returning(Passkey.id))
        if added is None or held >= PASSKEYS_MAX:  # an id that exists may be somebody else's (§7.1 step 26)
            raise PasskeyRefused
        enrolment.added(auth, uow, user, "passkey")
        return PasskeyOut(id=row["id"], name=body.name, created_at=now, last_used_at=None)

    return await auth.database.transact(None, work)


async def remove(auth: Auth, caller: Caller, passkey_id: UUID) -> None:
    """Raises NotFound, for another's as for an unknown one."""

    async def work(uow: UnitOfWork) -> None:
        key = await uow.session.scalar(
            select(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == caller.user_id)
        )
        if key is None:
            raise NotFound
        await uow.session.delete(key)
        await enrolment.removed(auth, uow, await people.by_id(uow, caller.user_id), "passkey")

    await auth.database.transact(None, work)


def _verified(auth: Auth, credential: dict[str, Any], challenge: bytes) -> VerifiedRegistration:
    try:
        return webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=relying_party(auth),
            expected_origin=auth.origin,
            require_user_verification=True,
        )
    except MALFORMED as wrong:
        raise refusal(auth, credential, challenge) from wrong


def _transports(credential: dict[str, Any]) -> list[str]:
    """What the browser says of how the authenticator is reached; a hint, of known words only."""
    response = credential.get("response")
    said = response.get("transports") if isinstance(response, dict) else None
    return [one for one in said if isinstance(one, str) and one in _TRANSPORTS] if isinstance(said, list) else []
