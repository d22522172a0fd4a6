"""Plans, subscriptions, balances, reservations and the ledger; the three plans of a new installation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from kernel.migrations import create_kernel_tables, protect, tenant

revision, down_revision = "0001", None

GB = 10**9
HOUR = 3600


def upgrade() -> None:
    create_kernel_tables(op)
    _plans()
    _of_tenants()
    _ledger()


def _time(name: str, *, nullable: bool = False, default: bool = False) -> sa.Column[object]:
    return sa.Column(
        name, TIMESTAMP(timezone=True), nullable=nullable, server_default=sa.func.now() if default else None
    )


def _count(name: str, kind: type[sa.Integer] = sa.Integer) -> sa.Column[int]:
    return sa.Column(name, kind, nullable=False, server_default="0")


def _plans() -> None:
    plans = op.create_table(
        "plans",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("monthly_price_cents", sa.Integer, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("offered", sa.Boolean, nullable=False),
        sa.Column("videos", sa.Integer),
        sa.Column("render_seconds", sa.Integer),
        sa.Column("storage_bytes", sa.BigInteger),
        sa.Column("members", sa.Integer),
        sa.Column("concurrent_jobs", sa.Integer),
        sa.Column("max_height", sa.Integer),
        sa.Column("features", JSONB, nullable=False),
        _time("created_at", default=True),
    )
    rows = (
        # id, name, cents, videos, hours, storage, members, at once, lines, features
        ("free", "Free", 0, 10, 1, 2 * GB, 3, 1, 1080, ["own_keys", "share_links"]),
        ("pro", "Pro", 2900, 100, 20, 100 * GB, 10, 3, 2160, ["own_keys", "share_links", "4k"]),
        (
            "studio",
            "Studio",
            9900,
            None,
            200,
            1000 * GB,
            50,
            10,
            2160,
            ["own_keys", "share_links", "4k", "unlimited_videos"],
        ),
    )
    op.bulk_insert(
        plans,
        [
            {
                "id": plan,
                "version": 1,
                "name": name,
                "monthly_price_cents": cents,
                "currency": "USD",
                "offered": True,
                "videos": videos,
                "render_seconds": hours * HOUR,
                "storage_bytes": storage,
                "members": members,
                "concurrent_jobs": at_once,
                "max_height": lines,
                "features": features,
            }
            for plan, name, cents, videos, hours, storage, members, at_once, lines, features in rows
        ],
    )
    # Everybody's to read, nobody's to write but the system role's.
    schema = op.get_bind().scalar(sa.text("SELECT current_schema()"))
    op.execute("ALTER TABLE plans ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY read ON plans FOR SELECT TO {schema} USING (true)")
    op.execute(f"CREATE POLICY write ON plans TO {schema}_system USING (true) WITH CHECK (true)")


def _of_tenants() -> None:
    op.create_table(
        "subscriptions",
        tenant(primary_key=True),
        sa.Column("plan_id", sa.Text, nullable=False),
        sa.Column("plan_version", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        _time("started_at"),
        _time("changed_at"),
        sa.ForeignKeyConstraint(["plan_id", "plan_version"], ["plans.id", "plans.version"]),
        sa.CheckConstraint("status IN ('active', 'past_due', 'cancelled', 'closed')", name="status"),
    )
    never_negative = ("videos_used", "videos_reserved", "render_seconds_used", "render_seconds_reserved", "open_jobs")
    op.create_table(
        "balances",
        tenant(primary_key=True),
        _time("period_start"),
        _time("period_end"),
        *(_count(name) for name in never_negative),
        # may pass through negative values: a film's removal can be heard of before its arrival
        _count("storage_bytes_used", sa.BigInteger),
        _count("members_used"),
        sa.CheckConstraint(" AND ".join(f"{name} >= 0" for name in never_negative), name="never_negative"),
    )
    op.create_table(
        "reservations",
        tenant(primary_key=True),
        sa.Column("job_id", sa.Uuid, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("videos", sa.Integer, nullable=False),
        sa.Column("render_seconds", sa.Integer, nullable=False),
        _time("opened_at"),
        _time("closed_at", nullable=True),
        sa.CheckConstraint("state IN ('open', 'released', 'committed')", name="state"),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed"),
    )
    op.create_table("seats", tenant(primary_key=True), sa.Column("user_id", sa.Uuid, primary_key=True))
    op.create_table(
        "notices",
        tenant(primary_key=True),
        sa.Column("quota", sa.Text, primary_key=True),
        sa.Column("percent", sa.Integer, primary_key=True),
        sa.Column("period_start", TIMESTAMP(timezone=True), primary_key=True),
    )
    protect(op, "subscriptions", "balances", "reservations", "seats", "notices")


def _ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        tenant(),
        sa.Column("quota", sa.Text, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        _time("period_start"),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("source_id", sa.Uuid, nullable=False),
        _time("created_at", default=True),
        sa.UniqueConstraint("tenant_id", "quota", "source", "source_id"),
    )
    op.create_index("ix_ledger_tenant_quota_period", "ledger", ["tenant_id", "quota", "period_start"])
    protect(op, "ledger")
    op.execute(
        """
        CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'restrict_violation'; END $$
        """
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger"
        " FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()"
    )
