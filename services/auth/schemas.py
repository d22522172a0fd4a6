"""What auth's routes take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.permissions import Role, Scope
from kernel.http.body import Body, Text
from services.auth.fields import Password, SecretText
from services.auth.settings import API_TOKEN_LIFE_MAX_DAYS

Locale = Literal["en", "fr"]
Email = Annotated[str, Text(320)]
Name = Annotated[str, Text(80)]
Credential = Annotated[dict[str, Any], Field(description="what the browser's PublicKeyCredential.toJSON() gives")]


# --- coming in ---------------------------------------------------------------------------------------------------


class Register(Body):
    email: Email
    password: Password
    name: Name
    locale: Locale = "en"
    invitation: SecretText | None = Field(None, description="token of an invitation to join at once")


class Verify(Body):
    token: SecretText
    password: Password | None = Field(None, description="needed when another browser registered (password_needed)")


class SignIn(Body):
    email: Email
    password: Password


class SecondCode(Body):
    mfa_token: SecretText
    code: Annotated[str, Text(40)]


class PasskeyChallengeFor(Body):
    mfa_token: SecretText | None = Field(None, description="when the passkey is the second step of a sign-in")


class PasskeyChallengeOut(BaseModel):
    """`options` go to navigator.credentials.create() or .get() through parse…OptionsFromJSON()."""

    challenge_id: UUID
    options: dict[str, Any]


class PasskeySignIn(Body):
    challenge_id: UUID
    credential: Credential


class LinkSignIn(Body):
    """The one-time link printed on the terminal. A new administrator chooses all three; for an existing one they
    are left out."""

    token: SecretText
    email: Email | None = None
    name: Name | None = None
    password: Password | None = None
    locale: Locale = "en"


class Refresh(Body):
    workspace_id: UUID | None = Field(None, description="go on in another workspace; else stay in this one")


class Forgot(Body):
    email: Email


class Reset(Body):
    token: SecretText
    password: Password


class Accepted(BaseModel):
    """The request was taken. What follows comes by e-mail."""


class UserOut(BaseModel):
    id: UUID
    email: str
    name: str
    locale: Locale
    email_verified: bool
    is_operator: bool


class WorkspaceRef(BaseModel):
    id: UUID
    name: str
    role: Role


class SessionOut(BaseModel):
    """Signed in. The refresh token is in an HttpOnly cookie; `expires_in` is in seconds."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - RFC 6750's word
    expires_in: int
    user: UserOut
    workspace: WorkspaceRef
    workspaces: list[WorkspaceRef]
    scopes: list[Scope]


class SecondStepOut(BaseModel):
    """The first factor was right; a second is asked for, within five minutes."""

    mfa_token: str
    methods: list[Literal["totp", "passkey", "recovery_code"]]


# --- me ----------------------------------------------------------------------------------------------------------


class MeChange(Body):
    name: Name | None = None
    locale: Locale | None = None


class PasswordChange(Body):
    current: Password
    new: Password


class EmailChange(Body):
    email: Email
    password: Password


class EmailConfirm(Body):
    token: SecretText


class AccountDeletion(Body):
    password: Password


class MySession(BaseModel):
    """A signed-in browser. `current` is the one that asks."""

    id: UUID
    device: str
    address: str
    method: str
    current: bool
    created_at: datetime
    last_seen_at: datetime


class PasskeyOut(BaseModel):
    id: UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None


class FactorsOut(BaseModel):
    totp: bool
    passkeys: list[PasskeyOut]
    recovery_codes_left: int


class TotpSetUp(BaseModel):
    """Shown once; counts after a code confirmed it. `uri` is otpauth://, `qr_svg` the same as a picture."""

    secret: str
    uri: str
    qr_svg: str


class TotpConfirm(Body):
    code: Annotated[str, Text(40)]


class TotpRemoval(Body):
    """One of the two."""

    password: Password | None = None
    code: Annotated[str, Text(40)] | None = None


class RecoveryCodesOut(BaseModel):
    """Shown once; each works once."""

    recovery_codes: list[str]


class NewPasskey(Body):
    challenge_id: UUID
    name: Annotated[str, Text(60)]
    credential: Credential


# --- workspaces --------------------------------------------------------------------------------------------------


class WorkspaceName(Body):
    name: Name


class WorkspaceOut(BaseModel):
    id: UUID
    name: str
    created_at: datetime


class WorkspacesOut(BaseModel):
    items: list[WorkspaceRef]


class WorkspaceDeletion(Body):
    """`name` is the workspace's, typed by its owner."""

    name: Annotated[str, Text(80)]
    password: Password


class MemberOut(BaseModel):
    """`id` is the person's."""

    id: UUID
    name: str
    email: str
    role: Role
    joined_at: datetime


class RoleChange(Body):
    role: Role


class NewInvitation(Body):
    email: Email
    role: Role


class InvitationOut(BaseModel):
    id: UUID
    email: str
    role: Role
    created_at: datetime
    expires_at: datetime


class InvitationAccept(Body):
    token: SecretText


class NewApiToken(Body):
    name: Annotated[str, Text(80)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    expires_in_days: Annotated[int, Field(ge=1, le=API_TOKEN_LIFE_MAX_DAYS)] | None = None


class ApiTokenOut(BaseModel):
    id: UUID
    name: str
    last_four: str
    scopes: list[Scope]
    made_by: UUID
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class NewApiTokenOut(ApiTokenOut):
    """`token` is shown this once."""

    token: str


class NetworksOut(BaseModel):
    """Networks people and tokens may come from; empty: everywhere. `your_address` is the asker's."""

    networks: list[str]
    your_address: str | None


class NetworksChange(Body):
    networks: Annotated[list[Annotated[str, Text(60)]], Field(max_length=100)]
    force: bool = Field(False, description="also when it locks you out yourself")


# --- audit -------------------------------------------------------------------------------------------------------


class AuditEntryOut(BaseModel):
    sequence: int
    at: datetime
    actor: str
    action: str
    target: str
    reason: str | None
    address: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    hash: str = Field(description="SHA-256 of this entry and the hash before it, hexadecimal")


class AuditVerification(BaseModel):
    """Whether the chain is whole; `broken_at` is the first entry that doesn't fit."""

    intact: bool
    checked: int
    broken_at: int | None = None
