"""What storage keeps: uploads and assets, the library and its versions, links, and what is to be removed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Double, LargeBinary, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantScoped, base_for


class Base(base_for("storage")):  # type: ignore[misc]  # a base made per service
    """Tables of the schema `keyreel_storage`."""

    __abstract__ = True


class Asset(TenantScoped, Base):
    """A file somebody uploaded, from the first part on.

    state        uploading → probing → ready | refused
    bytes        as announced; once complete, as received
    upload_id    of the object store's multipart upload, while uploading
    described    `storyboard.resolution.ResolvedAsset`, once recognised
    missing_at   when it was found that the store has lost it
    """

    __tablename__ = "assets"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    filename: Mapped[str] = mapped_column(Text)
    declared_type: Mapped[str] = mapped_column(Text)
    bytes: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text)
    object_key: Mapped[str] = mapped_column(Text)
    upload_id: Mapped[str | None] = mapped_column(Text)
    part_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)
    width: Mapped[int | None]
    height: Mapped[int | None]
    seconds: Mapped[float | None] = mapped_column(Double)
    described: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    thumbnail_key: Mapped[str | None] = mapped_column(Text)
    refusal_code: Mapped[str | None] = mapped_column(Text)
    refusal_detail: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    missing_at: Mapped[datetime | None]


class Video(TenantScoped, Base):
    """A line of the library: a storyboard, and the film of it where there is one. Its id is the storyboard's.

    title             the one shown: the storyboard's, or the one given in the library since
    storyboard_title  the storyboard's own when last saved
    version           of the storyboard when last saved; 0 while only a film of it is known
    status, progress, failure   of the newest job; `draft` without one
    film_job_id       the job of the film that is shown
    """

    __tablename__ = "videos"
    tenant_in_key: ClassVar[bool] = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    storyboard_title: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    status: Mapped[str] = mapped_column(Text, default="draft")
    review: Mapped[str] = mapped_column(Text, default="pending")
    job_id: Mapped[UUID | None]
    progress: Mapped[float] = mapped_column(Double, default=0.0)
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    film_job_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    trashed_at: Mapped[datetime | None]
    purge_at: Mapped[datetime | None]


class Film(TenantScoped, Base):
    """A rendition: what one job made of one version of a storyboard, and where its files lie."""

    __tablename__ = "films"
    tenant_in_key: ClassVar[bool] = True

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    video_id: Mapped[UUID]
    version: Mapped[int]
    object_key: Mapped[str] = mapped_column(Text)
    poster_key: Mapped[str] = mapped_column(Text)
    srt_key: Mapped[str | None] = mapped_column(Text)
    vtt_key: Mapped[str | None] = mapped_column(Text)
    credits_key: Mapped[str | None] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    bytes: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[float] = mapped_column(Double)
    frames: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    fps: Mapped[int]
    encoder: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    missing_at: Mapped[datetime | None]

    @property
    def keys(self) -> list[str]:
        """Every object it consists of."""
        return [
            key
            for key in (self.object_key, self.poster_key, self.srt_key, self.vtt_key, self.credits_key)
            if key is not None
        ]


class Job(TenantScoped, Base):
    """What is known of a job; its storyboard may not be known yet. `told_at` is the time of the newest event."""

    __tablename__ = "jobs"
    tenant_in_key: ClassVar[bool] = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    video_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(Text)
    progress: Mapped[float] = mapped_column(Double)
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    told_at: Mapped[datetime]


class Share(TenantScoped, Base):
    """A link to watch a video without an account. Of its token only the SHA-256 is kept."""

    __tablename__ = "shares"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    video_id: Mapped[UUID]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    opened: Mapped[int] = mapped_column(default=0)


class Removal(TenantScoped, Base):
    """An object of something that was deleted: it goes when it is due."""

    __tablename__ = "removals"
    tenant_in_key: ClassVar[bool] = True

    object_key: Mapped[str] = mapped_column(Text, primary_key=True)
    due_at: Mapped[datetime]


class PurgedVideo(TenantScoped, Base):
    """A video that is gone for good: news of it that come late change nothing."""

    __tablename__ = "purged_videos"
    tenant_in_key: ClassVar[bool] = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    purged_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DeletedTenant(TenantScoped, Base):
    """A workspace that is gone: what still arrives of it is removed. `erased_at`: no object of it was left then."""

    __tablename__ = "deleted_tenants"
    tenant_in_key: ClassVar[bool] = True

    deleted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    erased_at: Mapped[datetime | None]
