"""Roll-ups per workspace and day."""

import sqlalchemy as sa
from alembic import op

from kernel.migrations import create_kernel_tables, protect, tenant

revision, down_revision = "0001", None


def upgrade() -> None:
    """Create everything."""
    create_kernel_tables(op)
    op.create_table(
        "daily_calls",
        tenant(primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("connector", sa.Text, primary_key=True),
        sa.Column("currency", sa.Text, primary_key=True),
        *[_number(name) for name in ("ok", "failed", "cached", "milliseconds", "cost_micros")],
    )
    op.create_table(
        "daily_videos",
        tenant(primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        *[_number(name) for name in ("ready", "failed", "cancelled", "render_seconds", "bytes")],
    )
    protect(op, "daily_calls", "daily_videos")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
