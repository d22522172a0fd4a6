"""The tables of auth.

    users ─┬─ sessions ── refresh_tokens            people: not a workspace's data, system role only
           ├─ totp_factors  recovery_codes  passkeys
           ├─ passkey_challenges  second_steps  links
           └─ memberships ─ workspaces ─ invitations, api_tokens, networks      one tenant each, row-level security
    registrations   signing_keys                    no user yet; the studio's own
    audit_chains ── audit_entries                   one chain a tenant, one for the installation

Whatever opens a door is kept as SHA-256 (`*_hash`) or sealed (`*_sealed`, see `sealing`), never as itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantScoped, base_for


class Base(base_for("auth")):  # type: ignore[misc]  # a base class made per service
    __abstract__ = True


class User(Base):
    """A person. Exists only once their address is verified; `email_key` is what makes addresses equal."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    locale: Mapped[str]
    password_hash: Mapped[str]
    is_operator: Mapped[bool] = mapped_column(default=False)
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_workspace_id: Mapped[UUID | None]
    """Where the last session was; a hint, the membership decides."""


class Registration(Base):
    """Somebody said this address is theirs, with a password. Nothing else exists until the letter is answered."""

    __tablename__ = "registrations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    locale: Mapped[str]
    password_hash: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """Of the cookie of the browser that registered: only there does the password given then count."""
    invitation_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Link(Base):
    """A one-time token somebody got by letter (or, the first administrator, on the terminal)."""

    __tablename__ = "links"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(index=True)
    """`reset`, `email` or `administrator`."""
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    """None for the first administrator, who isn't a user yet."""
    email: Mapped[str | None]
    """The new address, of purpose `email`."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Session(Base):
    """A signed-in browser: a family of refresh tokens."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    workspace_id: Mapped[UUID]
    device: Mapped[str]
    device_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """Of user agent and user: whether a later sign-in comes from a device seen before."""
    address: Mapped[str]
    method: Mapped[str]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]


class RefreshToken(Base):
    """One link of a session's chain; the successor is derived from the token itself, so none is kept readable."""

    __tablename__ = "refresh_tokens"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SecondStep(Base):
    """A sign-in whose first factor was right and whose second is awaited."""

    __tablename__ = "second_steps"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    tries: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class TotpFactor(Base):
    """An authenticator app. Counts once `confirmed_at` is set."""

    __tablename__ = "totp_factors"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(default=0)
    """The time step of the last code accepted (RFC 6238 §5.2: a code is good once)."""
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(Base):
    __tablename__ = "recovery_codes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """A WebAuthn credential."""

    __tablename__ = "passkeys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]] = mapped_column(ARRAY(Text))
    name: Mapped[str]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """A ceremony under way; the row goes with its first answer, right or wrong."""

    __tablename__ = "passkey_challenges"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    challenge: Mapped[bytes] = mapped_column(LargeBinary)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    """Whose passkey it must be; None when the passkey says who signs in."""
    second_step: Mapped[bytes | None] = mapped_column(LargeBinary)
    enrols: Mapped[bool]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class SigningKey(Base):
    """An Ed25519 key of access tokens. Public at `/.well-known/jwks.json`."""

    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(primary_key=True)
    public_jwk: Mapped[dict[str, Any]]
    private_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    signs_from: Mapped[datetime]
    published_until: Mapped[datetime | None]


class Workspace(TenantScoped, Base):
    """A tenant: its id is the `tenant_id` of every row of every service."""

    __tablename__ = "workspaces"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class Membership(TenantScoped, Base):
    __tablename__ = "memberships"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.tenant_id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    role: Mapped[str]
    joined_at: Mapped[datetime]


class Invitation(TenantScoped, Base):
    __tablename__ = "invitations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.tenant_id", ondelete="CASCADE"), index=True)
    email: Mapped[str]
    email_key: Mapped[str]
    role: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    invited_by: Mapped[UUID]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class ApiToken(TenantScoped, Base):
    """A key for programs: at most its maker's scopes, then and now."""

    __tablename__ = "api_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.tenant_id", ondelete="CASCADE"), index=True)
    made_by: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    last_four: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class Network(TenantScoped, Base):
    """One entry of a workspace's IP allowlist; none at all lets every address in."""

    __tablename__ = "networks"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.tenant_id", ondelete="CASCADE"), primary_key=True)
    network: Mapped[str] = mapped_column(primary_key=True)


class AuditChain(TenantScoped, Base):
    """The end of a tenant's chain; locked while an entry is added, compared when the chain is verified."""

    __tablename__ = "audit_chains"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    length: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditEntry(TenantScoped, Base):
    """A privileged act. No role may change or remove one (see the migration)."""

    __tablename__ = "audit_entries"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    event_id: Mapped[UUID]
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    target: Mapped[str]
    reason: Mapped[str | None]
    address: Mapped[str | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
