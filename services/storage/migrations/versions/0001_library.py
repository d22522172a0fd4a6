"""Uploads, assets, the library, its links, and what is to be removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from kernel.migrations import create_kernel_tables, protect, tenant

revision, down_revision = "0001", None

_JOB_STATES = "'draft', 'reserving', 'queued', 'fetching', 'rendering', 'uploading', 'ready', 'failed', 'cancelled'"


def upgrade() -> None:
    create_kernel_tables(op)
    _assets()
    _library()
    _leaving()


def _time(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column[object]:
    return sa.Column(name, TIMESTAMP(timezone=True), nullable=nullable, server_default=sa.func.now() if now else None)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _assets() -> None:
    op.create_table(
        "assets",
        tenant(),
        sa.Column("id", sa.Uuid, primary_key=True),
        _text("filename"),
        _text("declared_type"),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        _text("state"),
        _text("object_key"),
        _text("upload_id", nullable=True),
        sa.Column("part_bytes", sa.BigInteger, nullable=False),
        _text("sha256", nullable=True),
        _text("kind", nullable=True),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("seconds", sa.Double),
        sa.Column("described", JSONB),
        _text("thumbnail_key", nullable=True),
        _text("refusal_code", nullable=True),
        _text("refusal_detail", nullable=True),
        _time("created_at", now=True),
        _time("expires_at", nullable=True),
        _time("missing_at", nullable=True),
        sa.CheckConstraint("state IN ('uploading', 'probing', 'ready', 'refused')", name="ck_assets_state"),
        sa.CheckConstraint("(state = 'uploading') = (expires_at IS NOT NULL)", name="ck_assets_expires"),
    )
    op.create_index("ix_assets_created", "assets", ["tenant_id", "created_at", "id"])
    op.create_index("ix_assets_expires", "assets", ["expires_at"], postgresql_where=sa.text("state = 'uploading'"))
    protect(op, "assets")


def _library() -> None:
    op.create_table(
        "videos",
        tenant(primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        _text("title"),
        _text("storyboard_title"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        _text("status"),
        _text("review"),
        sa.Column("job_id", sa.Uuid),
        sa.Column("progress", sa.Double, nullable=False),
        sa.Column("failure", JSONB),
        sa.Column("film_job_id", sa.Uuid),
        _time("created_at"),
        _time("updated_at"),
        _time("trashed_at", nullable=True),
        _time("purge_at", nullable=True),
        sa.CheckConstraint(f"status IN ({_JOB_STATES})", name="ck_videos_status"),
        sa.CheckConstraint("review IN ('pending', 'validated', 'rejected')", name="ck_videos_review"),
        sa.CheckConstraint("(trashed_at IS NULL) = (purge_at IS NULL)", name="ck_videos_trash"),
    )
    op.create_index("ix_videos_created", "videos", ["tenant_id", "created_at", "id"])
    op.create_index("ix_videos_updated", "videos", ["tenant_id", "updated_at", "id"])
    op.create_index("ix_videos_purge", "videos", ["purge_at"], postgresql_where=sa.text("purge_at IS NOT NULL"))
    op.create_table(
        "films",
        tenant(primary_key=True),
        sa.Column("job_id", sa.Uuid, primary_key=True),
        sa.Column("video_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *(_text(f"{name}_key", nullable=name in ("srt", "vtt", "credits")) for name in _FILES),
        _text("sha256"),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("frames", "width", "height", "fps")),
        _text("encoder"),
        _text("fingerprint"),
        _time("created_at", now=True),
        _time("missing_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "video_id"], ["videos.tenant_id", "videos.id"], name="fk_films_video", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_films_video", "films", ["tenant_id", "video_id", "created_at"])
    op.create_table(
        "jobs",
        tenant(primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("video_id", sa.Uuid, nullable=False),
        _text("state"),
        sa.Column("progress", sa.Double, nullable=False),
        sa.Column("failure", JSONB),
        _time("told_at"),
        sa.CheckConstraint(f"state IN ({_JOB_STATES})", name="ck_jobs_state"),
    )
    op.create_index("ix_jobs_video", "jobs", ["tenant_id", "video_id"])
    op.create_table(
        "shares",
        tenant(),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("video_id", sa.Uuid, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("created_by", sa.Uuid, nullable=False),
        _time("created_at", now=True),
        _time("expires_at"),
        sa.Column("opened", sa.Integer, nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "video_id"], ["videos.tenant_id", "videos.id"], name="fk_shares_video", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_shares_video", "shares", ["tenant_id", "video_id", "created_at"])
    op.create_index("ix_shares_expires", "shares", ["expires_at"])
    protect(op, "videos", "films", "jobs", "shares")


_FILES = ("object", "poster", "srt", "vtt", "credits")


def _leaving() -> None:
    op.create_table(
        "removals",
        tenant(primary_key=True),
        sa.Column("object_key", sa.Text, primary_key=True),
        _time("due_at"),
    )
    op.create_index("ix_removals_due", "removals", ["due_at"])
    op.create_table(
        "purged_videos",
        tenant(primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        _time("purged_at", now=True),
    )
    op.create_table(
        "deleted_tenants",
        tenant(primary_key=True),
        _time("deleted_at", now=True),
        _time("erased_at", nullable=True),
    )
    protect(op, "removals", "purged_videos", "deleted_tenants")
