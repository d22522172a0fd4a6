"""Notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kernel.migrations import create_kernel_tables, protect, tenant

revision, down_revision = "0001", None


def upgrade() -> None:
    create_kernel_tables(op)
    op.create_table(
        "notes",
        tenant(),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.UniqueConstraint("tenant_id", "text"),
    )
    protect(op, "notes")
