"""Notifications, preferences, members and live events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from kernel.migrations import create_kernel_tables, protect, tenant

revision, down_revision = "0001", None


def upgrade() -> None:
    """Create everything."""
    create_kernel_tables(op)
    time = TIMESTAMP(timezone=True)
    op.create_table(
        "members",
        tenant(primary_key=True),
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("role", sa.Text, nullable=False),
    )
    op.create_table(
        "video_titles",
        tenant(primary_key=True),
        sa.Column("video_id", sa.Uuid, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
    )
    op.create_table(
        "notifications",
        tenant(),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("params", JSONB, nullable=False),
        sa.Column("created_at", time, nullable=False, server_default=sa.func.now()),
        sa.Column("read_at", time),
    )
    op.create_index("ix_notifications_list", "notifications", ["tenant_id", "user_id", sa.text("id DESC")])
    op.create_table(
        "preferences",
        tenant(primary_key=True),
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("in_app", sa.Boolean, nullable=False),
        sa.Column("email", sa.Boolean, nullable=False),
    )
    op.create_table(
        "live_events",
        tenant(),
        sa.Column("seq", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("user_id", sa.Uuid),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("data", JSONB, nullable=False),
        sa.Column("created_at", time, nullable=False, server_default=sa.func.now()),
    )
    op.create_index("ix_live_events_tenant", "live_events", ["tenant_id", "seq"])
    op.create_index("ix_live_events_age", "live_events", ["created_at"])
    protect(op, "members", "video_titles", "notifications", "preferences", "live_events")
