"""Connections: what is known of the keys that were given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

from kernel.migrations import create_kernel_tables, protect, tenant

revision, down_revision = "0001", None


def upgrade() -> None:
    create_kernel_tables(op)
    op.create_table(
        "connections",
        sa.Column("id", sa.Uuid, primary_key=True),
        tenant(),
        sa.Column("connector", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("base_url", sa.Text),
        sa.Column("last_four", sa.Text),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("last_used_at", TIMESTAMP(timezone=True)),
        sa.Column("created_at", TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.CheckConstraint("verdict IN ('unknown', 'works', 'limited', 'rejected')", name="verdict"),
        sa.CheckConstraint("char_length(last_four) <= 4", name="last_four"),
    )
    op.create_index("ix_connections_tenant_created", "connections", ["tenant_id", "created_at", "id"])
    protect(op, "connections")
