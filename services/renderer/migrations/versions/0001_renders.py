"""Renders and their segments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from kernel.migrations import create_kernel_tables, protect, tenant

revision, down_revision = "0001", None


def upgrade() -> None:
    create_kernel_tables(op)
    now = sa.text("now()")
    op.create_table(
        "renders",
        tenant(),
        sa.Column("job_id", sa.Uuid, primary_key=True),
        sa.Column("storyboard_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("replans", sa.Integer, nullable=False, server_default="0"),
        sa.Column("storyboard_key", sa.Text, nullable=False),
        sa.Column("resolution_key", sa.Text, nullable=False),
        sa.Column("attributions_key", sa.Text),
        sa.Column("files", JSONB, nullable=False),
        sa.Column("software_only", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("encoder", JSONB),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("timeline", sa.Text),
        sa.Column("scenes", sa.Integer, nullable=False, server_default="0"),
        sa.Column("segments", sa.Integer, nullable=False, server_default="0"),
        sa.Column("sound_done", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("film_key", sa.Text),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=now),
        sa.Column("progressed_at", sa.TIMESTAMP(timezone=True)),
        sa.Column("finished_at", sa.TIMESTAMP(timezone=True)),
        sa.Column("tidied", sa.Boolean, nullable=False, server_default="false"),
        sa.CheckConstraint("state IN ('running', 'done', 'failed', 'withdrawn')", name="ck_renders_state"),
    )
    untidied = sa.text("state <> 'running' AND NOT tidied")
    op.create_index("ix_renders_untidied", "renders", ["finished_at"], postgresql_where=untidied)
    op.create_table(
        "segments",
        tenant(),
        sa.Column("job_id", sa.Uuid, sa.ForeignKey("renders.job_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("scene", sa.Integer, nullable=False),
        sa.Column("frames", sa.Integer, nullable=False),
        sa.Column("drawn", sa.Integer, nullable=False, server_default="0"),
        sa.Column("done", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("anew", sa.Boolean, nullable=False, server_default="true"),
    )
    protect(op, "renders", "segments")
