"""/auth/…: registering, signing in and out, refreshing, forgotten passwords."""

from __future__ import annotations

from fastapi import Depends, Request, Response, status

from kernel.errors import RateLimited
from kernel.http import api_router, problems
from services.auth import errors, password_reset, refresh, registration, sign_in
from services.auth.administrators import sign_in_by_link
from services.auth.api.common import (
    PENDING_COOKIE,
    REFRESH_COOKIE,
    Service,
    Visitor,
    cookie,
    drop_cookie,
    same_origin,
    set_pending,
    welcome,
)
from services.auth.factors import passkey_sign_in
from services.auth.schemas import (
    Accepted,
    Forgot,
    LinkSignIn,
    PasskeyChallengeFor,
    PasskeyChallengeOut,
    PasskeySignIn,
    Refresh,
    Register,
    Reset,
    SecondCode,
    SecondStepOut,
    SessionOut,
    SignIn,
    Verify,
)
from services.auth.sessions import Opened

router = api_router("auth", dependencies=[Depends(same_origin)])


@router.post(
    "/auth/register",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problems(errors.InvalidEmail, errors.PasswordTooCommon, errors.PasswordTooShort, RateLimited),
)
async def register(body: Register, response: Response, auth: Service, visitor: Visitor) -> Accepted:
    """Ask for an account. The answer is the same for an address that has one; the letter tells its owner."""
    set_pending(response, auth, await registration.register(auth, body, visitor))
    return Accepted()


@router.post(
    "/auth/verify",
    responses=problems(
        errors.InvalidOrExpiredToken,
        errors.PasswordNeeded,
        errors.PasswordTooCommon,
        errors.PasswordTooShort,
        RateLimited,
    ),
)
async def verify(body: Verify, request: Request, response: Response, auth: Service, visitor: Visitor) -> SessionOut:
    """Finish registering with the token of the letter. In another browser a password has to be chosen anew."""
    opened = await registration.verify(auth, body, cookie(request, auth, PENDING_COOKIE), visitor)
    drop_cookie(response, auth, PENDING_COOKIE)
    return welcome(response, auth, opened)


@router.post("/auth/sign-in", name="sign_in", responses=problems(errors.InvalidCredentials, RateLimited))
async def sign_in_by_password(
    body: SignIn, response: Response, auth: Service, visitor: Visitor
) -> SessionOut | SecondStepOut:
    """E-mail and password. With a second factor set up, the answer asks for it."""
    step = await sign_in.by_password(auth, body.email, body.password, visitor)
    return welcome(response, auth, step) if isinstance(step, Opened) else step


@router.post(
    "/auth/sign-in/totp",
    responses=problems(errors.InvalidCode, errors.SignInExpired, RateLimited),
)
async def sign_in_totp(body: SecondCode, response: Response, auth: Service, visitor: Visitor) -> SessionOut:
    """The second step with the code of an authenticator app; each code works once."""
    return welcome(response, auth, await sign_in.by_totp(auth, body.mfa_token, body.code, visitor))


@router.post(
    "/auth/sign-in/recovery-code",
    responses=problems(errors.InvalidCode, errors.SignInExpired, RateLimited),
)
async def sign_in_recovery_code(body: SecondCode, response: Response, auth: Service, visitor: Visitor) -> SessionOut:
    """The second step with a recovery code; each works once."""
    return welcome(response, auth, await sign_in.by_recovery_code(auth, body.mfa_token, body.code, visitor))


@router.post(
    "/auth/passkeys/challenge",
    responses=problems(errors.SignInExpired, errors.PasskeysUnavailable, RateLimited),
)
async def passkey_challenge(body: PasskeyChallengeFor, auth: Service, visitor: Visitor) -> PasskeyChallengeOut:
    """What the browser's navigator.credentials.get() needs; good for five minutes and one try."""
    return await passkey_sign_in.challenge(auth, body.mfa_token, visitor)


@router.post(
    "/auth/sign-in/passkey",
    responses=problems(
        errors.PasskeyRefused,
        errors.ChallengeUnknown,
        errors.WrongOrigin,
        errors.WrongRelyingParty,
        errors.UserNotVerified,
        errors.CounterRegressed,
        errors.UnknownPasskey,
        errors.SignInExpired,
        RateLimited,
    ),
)
async def sign_in_passkey(body: PasskeySignIn, response: Response, auth: Service, visitor: Visitor) -> SessionOut:
    """A passkey that verified its user signs in by itself, or is the second step after a password."""
    return welcome(response, auth, await passkey_sign_in.sign_in(auth, body.challenge_id, body.credential, visitor))


@router.post(
    "/auth/sign-in/link",
    responses=problems(
        errors.InvalidOrExpiredToken,
        errors.InvalidEmail,
        errors.PasswordTooCommon,
        errors.PasswordTooShort,
        RateLimited,
    ),
)
async def sign_in_link(body: LinkSignIn, response: Response, auth: Service, visitor: Visitor) -> SessionOut:
    """The one-time link from the terminal: makes the first administrator, or lets an existing one in."""
    return welcome(response, auth, await sign_in_by_link(auth, body, visitor))


@router.post("/auth/refresh", name="refresh", responses=problems(errors.SessionEnded, errors.OriginNotAllowed))
async def refresh_session(
    body: Refresh, request: Request, response: Response, auth: Service, visitor: Visitor
) -> SessionOut:
    """A new access token for the refresh cookie, which is replaced. Two tabs at once get the same new cookie."""
    return welcome(
        response, auth, await refresh.refresh(auth, cookie(request, auth, REFRESH_COOKIE), body.workspace_id, visitor)
    )


@router.post("/auth/sign-out", status_code=status.HTTP_204_NO_CONTENT, responses=problems(errors.OriginNotAllowed))
async def sign_out(request: Request, response: Response, auth: Service) -> None:
    """Ends the session of the refresh cookie; without one there is nothing to end."""
    await refresh.sign_out(auth, cookie(request, auth, REFRESH_COOKIE))
    drop_cookie(response, auth, REFRESH_COOKIE)


@router.post("/auth/password/forgot", status_code=status.HTTP_202_ACCEPTED, responses=problems(RateLimited))
async def forgot_password(body: Forgot, auth: Service, visitor: Visitor) -> Accepted:
    """Sends a link to choose a new password, if the address has an account; the answer doesn't tell."""
    await password_reset.forgot(auth, body.email, visitor)
    return Accepted()


@router.post(
    "/auth/password/reset",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(errors.InvalidOrExpiredToken, errors.PasswordTooCommon, errors.PasswordTooShort, RateLimited),
)
async def reset_password(body: Reset, auth: Service, visitor: Visitor) -> None:
    """Sets a new password and closes every session. Second factors stay."""
    await password_reset.reset(auth, body.token, body.password, visitor)
