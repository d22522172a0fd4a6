"""Everything auth refuses.

AuthError
├── SignInRefused              401  the person at the door isn't let in
│   ├── InvalidCredentials       invalid_credentials   unknown, wrong, disabled and unverified alike
│   ├── InvalidCode              invalid_code          a TOTP or recovery code, wrong or used
│   ├── SignInExpired            sign_in_expired       the second step came too late, or the first is unknown
│   └── SessionEnded             session_ended         no refresh cookie, or one that no longer counts
├── PasskeyRefused             400  webauthn_refused
│   ├── ChallengeUnknown         webauthn_challenge_unknown   never given, expired or used
│   ├── WrongOrigin              webauthn_wrong_origin
│   ├── WrongRelyingParty        webauthn_wrong_relying_party
│   ├── UserNotVerified          webauthn_user_not_verified
│   ├── CounterRegressed         webauthn_counter_regressed   a copied authenticator
│   ├── UnknownPasskey           webauthn_unknown_credential
│   └── PasskeysUnavailable      webauthn_unavailable  409  the studio's address is a number
├── InputRefused               422
│   ├── InvalidEmail             invalid_email
│   ├── PasswordTooShort         password_too_short
│   ├── PasswordTooCommon        password_too_common
│   └── InvalidCidr              invalid_cidr
├── NotPermitted               403
│   ├── OriginNotAllowed         origin_not_allowed
│   ├── WrongPassword            wrong_password        of somebody already signed in
│   ├── InviteMismatch           invite_mismatch
│   ├── CannotGrantRole          cannot_grant_role
│   └── CannotGrantScope         cannot_grant_scope
├── Unfitting                  409
│   ├── PasswordNeeded           password_needed
│   ├── FactorExists             factor_exists
│   ├── FactorMissing            factor_missing
│   ├── LastOwner                last_owner
│   ├── LastAdministrator        last_administrator
│   ├── AlreadyMember            already_member
│   ├── NameMismatch             name_mismatch
│   └── WouldLockYouOut          would_lock_you_out
└── InvalidOrExpiredToken      400  invalid_or_expired_token   the token of a letter
"""

from __future__ import annotations

from kernel.errors import AppError, Violation


class AuthError(AppError):
    """Base of auth's errors."""

    code = "auth_error"


class SignInRefused(AuthError):
    """You are not signed in, or not any more."""

    code = "sign_in_refused"
    status = 401
    title = "You aren't signed in"


class InvalidCredentials(SignInRefused):
    """Address or password are wrong, or the account is disabled or not verified: one answer for all."""

    code = "invalid_credentials"
    title = "The e-mail address or the password is wrong"


class InvalidCode(SignInRefused):
    """A code of an authenticator app or a recovery code is wrong, was used before, or its time has passed."""

    code = "invalid_code"
    title = "The code is wrong or was already used"


class SignInExpired(SignInRefused):
    """The second step of a sign-in came more than five minutes after the first, or after five wrong codes."""

    code = "sign_in_expired"
    title = "This sign-in took too long. Start again with your password"


class SessionEnded(SignInRefused):
    """The session was signed out, revoked, not used for thirty days, or closed because its cookie was copied."""

    code = "session_ended"
    title = "Your session has ended. Sign in again"


class PasskeyRefused(AuthError):
    """A passkey's answer fails a check of W3C Web Authentication (§7.1, §7.2), or the passkey exists already."""

    code = "webauthn_refused"
    status = 400
    title = "The passkey's answer can't be used"


class ChallengeUnknown(PasskeyRefused):
    """A passkey's challenge is good for one answer within five minutes; ask for a new one."""

    code = "webauthn_challenge_unknown"
    title = "This passkey request has expired or was already used. Try again"


class WrongOrigin(PasskeyRefused):
    """A passkey was used on a page of another site."""

    code = "webauthn_wrong_origin"
    title = "The passkey's answer was made on another site"


class WrongRelyingParty(PasskeyRefused):
    """A passkey was made for another site."""

    code = "webauthn_wrong_relying_party"
    title = "The passkey belongs to another site"


class UserNotVerified(PasskeyRefused):
    """A passkey has to check its user by PIN, fingerprint or face."""

    code = "webauthn_user_not_verified"
    title = "The passkey didn't check that it is you. Use its PIN, fingerprint or face"


class CounterRegressed(PasskeyRefused):
    """A passkey counts its uses; this one counted backwards, as a copy does. It is recorded."""

    code = "webauthn_counter_regressed"
    title = "The passkey seems to have been copied. Sign in another way and remove it"


class UnknownPasskey(PasskeyRefused):
    """The passkey was removed here, or belongs to another account than the one signing in."""

    code = "webauthn_unknown_credential"
    title = "This passkey isn't known here. Sign in another way"


class PasskeysUnavailable(PasskeyRefused):
    """Passkeys belong to a domain (WebAuthn §5.1.2): a studio at an IP address can't have any."""

    code = "webauthn_unavailable"
    status = 409
    title = "Passkeys need an address with a name. Open the studio as localhost or under its domain"


class InputRefused(AuthError):
    """A field needs another value."""

    code = "input_refused"
    status = 422
    title = "Something in the form needs another value"

    def __init__(self, detail: str | None = None, *, pointer: str) -> None:
        text = detail or self.title
        super().__init__(text, violations=(Violation(pointer, self.code, text),))


class InvalidEmail(InputRefused):
    """The e-mail address is malformed, has an IP address for a domain, or a domain made to look like another."""

    code = "invalid_email"
    title = "This e-mail address can't be used. Check it for typing errors"


class PasswordTooShort(InputRefused):
    """A password has at least 10 characters."""

    code = "password_too_short"
    title = "The password is too short. Use at least 10 characters"


class PasswordTooCommon(InputRefused):
    """The password is among the first that are guessed: common, breached, or made of name and address."""

    code = "password_too_common"
    title = "This password is easy to guess. Use a longer one, such as four unrelated words"


class InvalidCidr(InputRefused):
    """An entry of the list is no network in CIDR notation, has host bits set, or stands twice."""

    code = "invalid_cidr"
    title = "This isn't a network. Write it as 203.0.113.0/24 or 2001:db8::/32"


class NotPermitted(AuthError):
    """You are signed in, but may not do this."""

    code = "not_permitted"
    status = 403
    title = "You may not do this"


class OriginNotAllowed(NotPermitted):
    """A browser sent this from a page of another site, or a cookie came without an `Origin` header."""

    code = "origin_not_allowed"
    title = "This request came from another site. Open the studio at its own address"


class WrongPassword(NotPermitted):
    """The password that was asked for once more is wrong."""

    code = "wrong_password"
    title = "The password is wrong"


class InviteMismatch(NotPermitted):
    """An invitation can be accepted only by the account of the e-mail address it was sent to."""

    code = "invite_mismatch"
    title = "This invitation was sent to another e-mail address. Sign in with that one"


class CannotGrantRole(NotPermitted):
    """A role holds permissions that you, or the API token used, do not have."""

    code = "cannot_grant_role"
    title = "You can't give a role above your own"


class CannotGrantScope(NotPermitted):
    """An API token can hold at most what its maker may do."""

    code = "cannot_grant_scope"
    title = "You can't give a token a permission you don't have"


class Unfitting(AuthError):
    """Things are in a state in which this can't be done."""

    code = "unfitting"
    status = 409
    title = "This isn't possible as things are"


class PasswordNeeded(Unfitting):
    """The letter was opened in another browser than the one that registered; choose the password there."""

    code = "password_needed"
    title = "Choose a password to finish, as you opened this link in another browser"


class FactorExists(Unfitting):
    """An authenticator app is set up, or there are as many passkeys as an account may have."""

    code = "factor_exists"
    title = "An authenticator app is already set up. Remove it first"


class FactorMissing(Unfitting):
    """There is no such second factor, or it was not begun."""

    code = "factor_missing"
    title = "Set up an authenticator app or a passkey first"


class LastOwner(Unfitting):
    """A workspace always has an owner; the only one can't leave or take another role."""

    code = "last_owner"
    title = "A workspace needs an owner. Make somebody else an owner first"


class LastAdministrator(Unfitting):
    """The installation always has an administrator; the only one can't delete their account."""

    code = "last_administrator"
    title = "The studio needs an administrator. Make somebody else one first"


class AlreadyMember(Unfitting):
    """The invited person belongs to the workspace already."""

    code = "already_member"
    title = "This person is already a member"


class NameMismatch(Unfitting):
    """What was typed to confirm isn't the workspace's name."""

    code = "name_mismatch"
    title = "This isn't the name of the workspace. Type it exactly"


class WouldLockYouOut(Unfitting):
    """The list would shut out the address you ask from; send `force` if that is what you want."""

    code = "would_lock_you_out"
    title = "Your own address isn't in these networks. Add it, or confirm that you want this"


class InvalidOrExpiredToken(AuthError):
    """The token of a letter or link was used, has expired, was replaced by a newer one, or is another's."""

    code = "invalid_or_expired_token"
    status = 400
    title = "This link has expired or was already used. Ask for a new one"
