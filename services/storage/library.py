"""The library of videos: lists, titles, reviews, versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, func, select

from contracts.events.jobs import JobFailure, JobState
from kernel.clock import now
from kernel.errors import NotFound
from kernel.ids import TenantId
from kernel.objects import ObjectKey
from kernel.uow import UnitOfWork
from services.storage.media import MediaAddresses, file_name
from services.storage.models import Film, Video
from services.storage.schemas import FilmOut, Review, VideoChange, VideoOut

SORTS: Final = {
    "created_at": Video.created_at,
    "updated_at": Video.updated_at,
    "trashed_at": func.coalesce(Video.trashed_at, Video.created_at),
    "title": func.lower(Video.title),
    "seconds": func.coalesce(Film.seconds, 0.0),
    "bytes": func.coalesce(Film.bytes, 0),
}
_SHOWN_FILM: Final = and_(Film.tenant_id == Video.tenant_id, Film.job_id == Video.film_job_id)

Line = tuple[Video, Film | None]
"""A video and the film of it that is shown."""


def lines() -> Select[*tuple[Any, ...]]:
    """Videos with their films."""
    return select(Video, Film).outerjoin(Film, _SHOWN_FILM)


def matching(
    status: Sequence[JobState] | None, review: Sequence[Review] | None, query: str | None, trashed: bool
) -> Select[*tuple[Any, ...]]:
    """The videos of these properties, in the trash or out of it."""
    statement = lines().where(Video.trashed_at.is_not(None) if trashed else Video.trashed_at.is_(None))
    if status:
        statement = statement.where(Video.status.in_(status))
    if review:
        statement = statement.where(Video.review.in_(review))
    if query is not None:
        statement = statement.where(Video.title.icontains(query, autoescape=True))
    return statement


async def find(uow: UnitOfWork, video_id: UUID) -> Line:
    """Raises NotFound."""
    row = (await uow.session.execute(lines().where(Video.id == video_id))).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def locked(uow: UnitOfWork, video_id: UUID) -> Video:
    """The video, for a change. Raises NotFound."""
    video = (await uow.session.scalars(select(Video).where(Video.id == video_id).with_for_update())).one_or_none()
    if video is None:
        raise NotFound
    return video


async def change(uow: UnitOfWork, video_id: UUID, wanted: VideoChange) -> None:
    """Give a video a title of the library's own, or a review."""
    video = await locked(uow, video_id)
    video.title = wanted.title or video.title
    video.review = wanted.review or video.review
    video.updated_at = now()


def shown(line: Line, media: MediaAddresses) -> VideoOut:
    """As the API shows it."""
    video, film = line
    return VideoOut(
        id=video.id,
        title=video.title,
        status=video.status,  # type: ignore[arg-type]  # one of the states of a job: the table checks it
        review=video.review,  # type: ignore[arg-type]  # likewise
        job_id=video.job_id,
        progress=video.progress,
        failure=JobFailure.model_validate(video.failure) if video.failure else None,
        version=video.version,
        film_version=film.version if film else None,
        seconds=film.seconds if film else None,
        width=film.width if film else video.width,
        height=film.height if film else video.height,
        bytes=film.bytes if film else None,
        missing=film is not None and film.missing_at is not None,
        **addresses(film, video.title, media),
        created_at=video.created_at,
        updated_at=video.updated_at,
        trashed_at=video.trashed_at,
        purge_at=video.purge_at,
    )


def film_shown(film: Film, video: Video, media: MediaAddresses) -> FilmOut:
    """One version, as the API shows it."""
    return FilmOut(
        id=film.job_id,
        version=film.version,
        shown=film.job_id == video.film_job_id,
        missing=film.missing_at is not None,
        seconds=film.seconds,
        width=film.width,
        height=film.height,
        fps=film.fps,
        bytes=film.bytes,
        **addresses(film, f"{video.title} v{film.version}", media),
        created_at=film.created_at,
    )


def addresses(film: Film | None, title: str, media: MediaAddresses, **bound: Any) -> dict[str, str | None]:
    """The addresses of a film's files, named after the title. `bound` goes to `MediaAddresses.address`."""

    def address(key: str | None, suffix: str) -> str | None:
        if film is None or key is None or film.missing_at is not None:
            return None
        return media.address(ObjectKey.parse(key, TenantId(film.tenant_id)), file_name(title, suffix), **bound)

    return {
        "file_url": address(film and film.object_key, ".mp4"),
        "poster_url": address(film and film.poster_key, ".jpg"),
        "srt_url": address(film and film.srt_key, ".srt"),
        "vtt_url": address(film and film.vtt_key, ".vtt"),
        "credits_url": address(film and film.credits_key, ".txt"),
    }
