"""Storyboards with their versions, jobs, calls to providers and what those made."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from kernel.migrations import create_kernel_tables, protect, tenant

revision, down_revision = "0001", None

_STATES = "'reserving', 'queued', 'fetching', 'rendering', 'uploading', 'ready', 'failed', 'cancelled'"


def upgrade() -> None:
    create_kernel_tables(op)
    _storyboards()
    _jobs()
    _providers()
    protect(op, "storyboards", "storyboard_versions", "jobs", "calls", "products")


def _time(name: str, *, nullable: bool = False, default: bool = False) -> sa.Column[datetime]:
    server_default = sa.text("now()") if default else None
    return sa.Column(name, sa.TIMESTAMP(timezone=True), nullable=nullable, server_default=server_default)


def _storyboards() -> None:
    op.create_table(
        "storyboards",
        tenant(),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("scenes", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        _time("created_at", default=True),
        _time("updated_at", default=True),
    )
    op.create_index("ix_storyboards_tenant_id_updated_at", "storyboards", ["tenant_id", "updated_at", "id"])
    op.create_table(
        "storyboard_versions",
        tenant(),
        sa.Column("storyboard_id", sa.Uuid, sa.ForeignKey("storyboards.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("scenes", sa.Integer, nullable=False),
        sa.Column("document", JSONB, nullable=False),
        _time("created_at", default=True),
    )
    # Written once: whatever a job was made from can always be read again.
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'a version of a storyboard is never changed'; END $$"
    )
    op.execute(
        "CREATE TRIGGER unchanged BEFORE UPDATE ON storyboard_versions FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        tenant(),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("storyboard_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False, server_default="1"),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("stage", sa.Text),
        sa.Column("progress", sa.Double, nullable=False, server_default="0"),
        sa.Column("scenes", sa.Integer, nullable=False),
        sa.Column("scenes_done", sa.Integer, nullable=False, server_default="0"),
        sa.Column("segments", sa.Integer, nullable=False, server_default="0"),
        sa.Column("segments_rendered", sa.Integer, nullable=False, server_default="0"),
        sa.Column("failure_code", sa.Text),
        sa.Column("failure_detail", sa.Text),
        sa.Column("failure_scene", sa.Text),
        sa.Column("reservation", sa.Text, nullable=False, server_default="open"),
        sa.Column("wanted_seconds", sa.Integer, nullable=False),
        sa.Column("wanted_height", sa.Integer, nullable=False),
        sa.Column("task_id", sa.Uuid),
        _time("created_at"),
        _time("state_since"),
        _time("heard_at"),
        _time("started_at", nullable=True),
        _time("finished_at", nullable=True),
        _time("told_at", nullable=True),
        _time("paced_at", nullable=True),
        sa.Column("paced_from", sa.Double, nullable=False, server_default="0"),
        sa.Column("tidied", sa.Boolean, nullable=False, server_default="false"),
        sa.CheckConstraint(f"state IN ({_STATES})", name="ck_jobs_state"),
        sa.CheckConstraint("reservation IN ('open', 'closed')", name="ck_jobs_reservation"),
    )
    ended = "('ready', 'failed', 'cancelled')"
    op.create_index("ix_jobs_tenant_id_created_at", "jobs", ["tenant_id", "created_at", "id"])
    op.create_index("ix_jobs_storyboard_id", "jobs", ["storyboard_id"])
    op.create_index("ix_jobs_waiting", "jobs", ["heard_at"], postgresql_where=sa.text(f"state NOT IN {ended}"))
    untidied = sa.text(f"state IN {ended} AND NOT tidied")
    op.create_index("ix_jobs_untidied", "jobs", ["finished_at"], postgresql_where=untidied)


def _providers() -> None:
    op.create_table(
        "calls",
        tenant(),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("job_id", sa.Uuid, sa.ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("connector", sa.Text, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("scene", sa.Text),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("milliseconds", sa.Integer, nullable=False, server_default="0"),
        sa.Column("cost_micros", sa.BigInteger, nullable=False, server_default="0"),
        _time("created_at", default=True),
        sa.CheckConstraint("outcome IN ('running', 'ok', 'failed', 'cached')", name="ck_calls_outcome"),
    )
    op.create_index("ix_calls_job_id", "calls", ["job_id", "created_at"])
    op.create_table(
        "products",
        tenant(primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("object_key", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("take", JSONB),
        _time("created_at", default=True),
        _time("used_at", default=True),
    )
    op.create_index("ix_products_used_at", "products", ["used_at"])
