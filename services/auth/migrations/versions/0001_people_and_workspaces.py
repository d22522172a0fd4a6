"""People, sessions and factors; workspaces, members, invitations, tokens and networks; the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

from kernel.migrations import create_kernel_tables, protect, tenant

revision, down_revision = "0001", None


def upgrade() -> None:
    create_kernel_tables(op)
    _people()
    _sessions()
    _factors()
    _workspaces()
    _audit()


def _time(name: str, *, nullable: bool = False, index: bool = False) -> sa.Column[object]:
    return sa.Column(name, TIMESTAMP(timezone=True), nullable=nullable, index=index)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _bytes(name: str, *, nullable: bool = False, unique: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=nullable, unique=unique)


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid, primary_key=True)


def _user(*, nullable: bool = False, primary_key: bool = False) -> sa.Column[object]:
    owner = sa.ForeignKey("users.id", ondelete="CASCADE")
    return sa.Column("user_id", sa.Uuid, owner, nullable=nullable, primary_key=primary_key, index=not primary_key)


def _people() -> None:
    op.create_table(
        "users",
        _id(),
        _text("email"),
        sa.Column("email_key", sa.Text, nullable=False, unique=True),
        _text("name"),
        _text("locale"),
        _text("password_hash"),
        sa.Column("is_operator", sa.Boolean, nullable=False),
        _time("disabled_at", nullable=True),
        _time("created_at"),
        sa.Column("last_workspace_id", sa.Uuid),
    )
    op.create_table(
        "registrations",
        _id(),
        _text("email"),
        sa.Column("email_key", sa.Text, nullable=False, index=True),
        _text("name"),
        _text("locale"),
        _text("password_hash"),
        _bytes("token_hash", unique=True),
        _bytes("browser_hash"),
        _bytes("invitation_hash", nullable=True),
        _time("created_at"),
        _time("expires_at", index=True),
    )
    op.create_table(
        "links",
        _id(),
        sa.Column("purpose", sa.Text, nullable=False, index=True),
        _bytes("token_hash", unique=True),
        _user(nullable=True),
        _text("email", nullable=True),
        _time("created_at"),
        _time("expires_at", index=True),
        sa.CheckConstraint("purpose IN ('reset', 'email', 'administrator')", name="purpose"),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        _id(),
        _user(),
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        _text("device"),
        _bytes("device_hash"),
        _text("address"),
        _text("method"),
        _time("created_at"),
        _time("last_seen_at"),
        _time("expires_at", index=True),
        _time("ended_at", nullable=True),
        _text("end_reason", nullable=True),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        sa.Column("session_id", sa.Uuid, sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, index=True),
        _time("created_at"),
        _time("used_at", nullable=True),
    )
    op.create_table(
        "second_steps",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        _user(),
        sa.Column("tries", sa.Integer, nullable=False),
        _time("expires_at", index=True),
    )
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.Text, primary_key=True),
        sa.Column("public_jwk", JSONB, nullable=False),
        _bytes("private_sealed"),
        _time("signs_from"),
        _time("published_until", nullable=True),
    )


def _factors() -> None:
    op.create_table(
        "totp_factors",
        _user(primary_key=True),
        _bytes("secret_sealed"),
        sa.Column("last_step", sa.Integer, nullable=False),
        _time("created_at"),
        _time("confirmed_at", nullable=True),
    )
    op.create_table("recovery_codes", _id(), _user(), _bytes("code_hash"), _time("used_at", nullable=True))
    op.create_table(
        "passkeys",
        _id(),
        _user(),
        _bytes("credential_id", unique=True),
        _bytes("public_key"),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("transports", ARRAY(sa.Text), nullable=False),
        _text("name"),
        _time("created_at"),
        _time("last_used_at", nullable=True),
    )
    op.create_table(
        "passkey_challenges",
        _id(),
        _bytes("challenge"),
        _user(nullable=True),
        _bytes("second_step", nullable=True),
        sa.Column("enrols", sa.Boolean, nullable=False),
        _time("expires_at", index=True),
    )


def _workspaces() -> None:
    roles = "role IN ('owner', 'editor', 'reviewer', 'viewer')"
    op.create_table(
        "workspaces", tenant(primary_key=True), _text("name"), _time("created_at"), _time("deleted_at", nullable=True)
    )
    op.create_table(
        "memberships",
        _tenant_of_workspace(primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True),
        _text("role"),
        _time("joined_at"),
        sa.CheckConstraint(roles, name="role"),
    )
    op.create_table(
        "invitations",
        _id(),
        _tenant_of_workspace(),
        _text("email"),
        _text("email_key"),
        _text("role"),
        _bytes("token_hash", unique=True),
        sa.Column("invited_by", sa.Uuid, nullable=False),
        _time("created_at"),
        _time("expires_at", index=True),
        sa.UniqueConstraint("tenant_id", "email_key"),
        sa.CheckConstraint(roles, name="role"),
    )
    op.create_table(
        "api_tokens",
        _id(),
        _tenant_of_workspace(),
        sa.Column("made_by", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
        _text("name"),
        _bytes("token_hash", unique=True),
        _text("last_four"),
        sa.Column("scopes", ARRAY(sa.Text), nullable=False),
        _time("created_at"),
        _time("expires_at"),
        _time("last_used_at", nullable=True),
    )
    op.create_table("networks", _tenant_of_workspace(primary_key=True), sa.Column("network", sa.Text, primary_key=True))
    protect(op, "workspaces", "memberships", "invitations", "api_tokens", "networks")


def _tenant_of_workspace(*, primary_key: bool = False) -> sa.Column[object]:
    workspace = sa.ForeignKey("workspaces.tenant_id", ondelete="CASCADE")
    return sa.Column("tenant_id", sa.Uuid, workspace, nullable=False, primary_key=primary_key, index=not primary_key)


def _audit() -> None:
    # no foreign key: the proof of what happened outlives the workspace
    op.create_table(
        "audit_chains", tenant(primary_key=True), sa.Column("length", sa.BigInteger, nullable=False), _bytes("hash")
    )
    op.create_table(
        "audit_entries",
        tenant(primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True),
        sa.Column("event_id", sa.Uuid, nullable=False),
        _time("at"),
        _text("actor"),
        _text("action"),
        _text("target"),
        _text("reason", nullable=True),
        _text("address", nullable=True),
        sa.Column("before", JSONB(none_as_null=True)),
        sa.Column("after", JSONB(none_as_null=True)),
        _bytes("hash"),
    )
    protect(op, "audit_chains", "audit_entries")
    op.execute(
        """
        CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation'; END $$
        """
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
    )
