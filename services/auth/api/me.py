"""/me: the signed-in person, their password, address, sessions and factors."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response, status

from kernel.auth import Caller, require
from kernel.errors import Forbidden, NotFound, RateLimited
from kernel.http import api_router, problems
from kernel.http.pages import Page, PageQuery
from services.auth import account, account_deletion, email_change, errors, sessions
from services.auth.api.common import REFRESH_COOKIE, Service, drop_cookie
from services.auth.factors import enrolment, passkeys, recovery_codes, totp
from services.auth.schemas import (
    Accepted,
    AccountDeletion,
    EmailChange,
    EmailConfirm,
    FactorsOut,
    MeChange,
    MySession,
    NewPasskey,
    PasskeyChallengeOut,
    PasskeyOut,
    PasswordChange,
    RecoveryCodesOut,
    TotpConfirm,
    TotpRemoval,
    TotpSetUp,
    UserOut,
)

router = api_router("auth")


def person(caller: Annotated[Caller, Depends(require())]) -> Caller:
    """A person in a session of their own. An API token speaks for a workspace, never for somebody's account."""
    if caller.session_id is None:
        raise Forbidden("An API token can't be used for a person's account. Sign in instead.")
    return caller


Person = Annotated[Caller, Depends(person)]


@router.get("/me")
async def me(caller: Person, auth: Service) -> UserOut:
    """Who is signed in."""
    return await account.read(auth, caller.user_id)


@router.patch("/me")
async def change_me(body: MeChange, caller: Person, auth: Service) -> UserOut:
    """Change name or language."""
    return await account.change(auth, caller.user_id, body)


@router.delete(
    "/me",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(errors.WrongPassword, errors.LastOwner, errors.LastAdministrator, RateLimited),
)
async def delete_me(body: AccountDeletion, response: Response, caller: Person, auth: Service) -> None:
    """Delete the account and the workspaces that are only yours, with everything in them."""
    await account_deletion.delete(auth, caller, body.password)
    drop_cookie(response, auth, REFRESH_COOKIE)


@router.post(
    "/me/password",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(errors.WrongPassword, errors.PasswordTooCommon, errors.PasswordTooShort, RateLimited),
)
async def change_password(body: PasswordChange, caller: Person, auth: Service) -> None:
    """Set another password; all other sessions are closed."""
    await account.change_password(auth, caller, body.current, body.new)


@router.post(
    "/me/email",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problems(errors.WrongPassword, errors.InvalidEmail, RateLimited),
)
async def change_email(body: EmailChange, caller: Person, auth: Service) -> Accepted:
    """Ask to move the account to another address; a letter goes there."""
    await email_change.ask(auth, caller, body.email, body.password)
    return Accepted()


@router.post(
    "/me/email/confirm", status_code=status.HTTP_204_NO_CONTENT, responses=problems(errors.InvalidOrExpiredToken)
)
async def confirm_email(body: EmailConfirm, caller: Person, auth: Service) -> None:
    """Finish moving to the new address, signed in, with the token of its letter."""
    await email_change.confirm(auth, caller, body.token)


@router.get("/me/sessions")
async def list_sessions(caller: Person, page: Annotated[PageQuery, Depends()], auth: Service) -> Page[MySession]:
    """Browsers signed in to the account, the latest first."""
    return await sessions.listed(auth, caller, page)


@router.delete("/me/sessions/{session_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(NotFound))
async def end_session(session_id: UUID, caller: Person, auth: Service) -> None:
    """Sign a browser out. Its access ends within five seconds."""
    await sessions.end_one(auth, caller.user_id, session_id)


@router.delete("/me/sessions", status_code=status.HTTP_204_NO_CONTENT)
async def end_other_sessions(caller: Person, auth: Service) -> None:
    """Sign out everywhere but here."""
    await sessions.end_others(auth, caller)


@router.get("/me/factors")
async def factors(caller: Person, auth: Service) -> FactorsOut:
    """Which second factors are set up."""
    return await enrolment.overview(auth, caller.user_id)


@router.post("/me/totp", status_code=status.HTTP_201_CREATED, responses=problems(errors.FactorExists))
async def set_up_totp(response: Response, caller: Person, auth: Service) -> TotpSetUp:
    """Begin with an authenticator app: shows its secret once. Nothing changes until a code confirms it."""
    response.headers["Cache-Control"] = "no-store"
    return await totp.set_up(auth, caller.user_id)


@router.post(
    "/me/totp/confirm", responses=problems(errors.InvalidCode, errors.FactorMissing, errors.FactorExists, RateLimited)
)
async def confirm_totp(body: TotpConfirm, response: Response, caller: Person, auth: Service) -> RecoveryCodesOut:
    """Switch the authenticator app on; answers with ten recovery codes, shown once."""
    response.headers["Cache-Control"] = "no-store"
    return await totp.confirm(auth, caller, body.code)


@router.delete(
    "/me/totp",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(errors.WrongPassword, errors.InvalidCode, errors.FactorMissing, RateLimited),
)
async def remove_totp(body: TotpRemoval, caller: Person, auth: Service) -> None:
    """Remove the authenticator app, with the password or a code."""
    await totp.remove(auth, caller, body)


@router.post(
    "/me/recovery-codes", status_code=status.HTTP_201_CREATED, responses=problems(errors.FactorMissing, RateLimited)
)
async def new_recovery_codes(response: Response, caller: Person, auth: Service) -> RecoveryCodesOut:
    """Ten new recovery codes; the old ones stop working."""
    response.headers["Cache-Control"] = "no-store"
    return await recovery_codes.renew(auth, caller)


@router.post("/me/passkeys/challenge", responses=problems(errors.PasskeysUnavailable, errors.FactorExists))
async def new_passkey_challenge(caller: Person, auth: Service) -> PasskeyChallengeOut:
    """What the browser's navigator.credentials.create() needs; good for five minutes and one try."""
    return await passkeys.challenge(auth, caller.user_id)


@router.post(
    "/me/passkeys",
    status_code=status.HTTP_201_CREATED,
    responses=problems(
        errors.PasskeyRefused,
        errors.ChallengeUnknown,
        errors.WrongOrigin,
        errors.WrongRelyingParty,
        errors.UserNotVerified,
    ),
)
async def add_passkey(body: NewPasskey, caller: Person, auth: Service) -> PasskeyOut:
    """Keep a passkey the browser made."""
    return await passkeys.add(auth, caller, body)


@router.delete("/me/passkeys/{passkey_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(NotFound))
async def remove_passkey(passkey_id: UUID, caller: Person, auth: Service) -> None:
    """Forget a passkey."""
    await passkeys.remove(auth, caller, passkey_id)
