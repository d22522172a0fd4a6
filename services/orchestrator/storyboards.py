"""Storyboards and their versions: saved whole, never changed, only followed by another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from contracts.events.jobs import StoryboardSaved
from kernel.clock import now
from kernel.errors import NotFound
from kernel.http.etag import Expected
from kernel.ids import uuid7
from kernel.uow import UnitOfWork
from services.orchestrator.models import StoryboardRow, VersionRow
from services.orchestrator.planning import refused
from services.orchestrator.schemas import StoryboardView
from storyboard import Storyboard, StoryboardInvalid, parse_storyboard

#: longest title of a copy, as the schema allows
_LONGEST_TITLE = 200


def template(document: Mapping[str, Any], *, below: str = "/document") -> Storyboard:
    """A storyboard that may still want values for its fields: each such field stands for its own name.

    Raises InvalidInput with every other violation.
    """
    fields = document.get("fields")
    wanting = {
        field["name"]: field["name"]
        for field in (fields if isinstance(fields, list) else [])
        if isinstance(field, dict) and isinstance(field.get("name"), str) and not isinstance(field.get("default"), str)
    }
    try:
        return parse_storyboard(document, wanting)
    except StoryboardInvalid as invalid:
        raise refused(invalid, below=below) from invalid


async def create(uow: UnitOfWork, document: Mapping[str, Any], board: Storyboard) -> StoryboardView:
    """Keep a new storyboard; `board` is the document as it was parsed."""
    at = now()
    row = StoryboardRow(id=uuid7(), tenant_id=uow.tenant, version=0, created_at=at, **_head(board))
    uow.session.add(row)
    return await _add_version(uow, row, document, board)


async def save(
    uow: UnitOfWork, storyboard_id: UUID, document: Mapping[str, Any], board: Storyboard, expected: Expected
) -> StoryboardView:
    """Keep the next version of a storyboard.

    Raises NotFound, PreconditionFailed unless its newest version is the expected one.
    """
    row = await uow.session.get(StoryboardRow, storyboard_id, with_for_update=True)
    if row is None:
        raise NotFound
    expected.check(row.version)
    for name, value in _head(board).items():
        setattr(row, name, value)
    return await _add_version(uow, row, document, board)


async def duplicate(uow: UnitOfWork, storyboard_id: UUID) -> StoryboardView:
    """A new storyboard with the newest document of another. Raises NotFound."""
    original = await load(uow, storyboard_id)
    title = f"{original.title[: _LONGEST_TITLE - 4]} (2)"
    document = {**original.document, "title": title}
    return await create(uow, document, template(document))


async def load(uow: UnitOfWork, storyboard_id: UUID, version: int | None = None) -> StoryboardView:
    """A storyboard at its newest version, or at one. Raises NotFound."""
    row = await uow.session.get(StoryboardRow, storyboard_id)
    if row is None:
        raise NotFound
    wanted = row.version if version is None else version
    kept = await uow.session.get(VersionRow, (storyboard_id, wanted))
    if kept is None:
        raise NotFound
    return _view(row, kept)


async def remove(uow: UnitOfWork, storyboard_id: UUID) -> None:
    """Forget a storyboard with all its versions; its jobs stay as history."""
    row = await uow.session.scalar(select(StoryboardRow).where(StoryboardRow.id == storyboard_id))
    if row is not None:
        await uow.session.delete(row)


def _head(board: Storyboard) -> dict[str, Any]:
    return {
        "title": board.title,
        "language": board.language,
        "width": board.canvas.width,
        "height": board.canvas.height,
        "scenes": len(board.scenes),
    }


async def _add_version(
    uow: UnitOfWork, row: StoryboardRow, document: Mapping[str, Any], board: Storyboard
) -> StoryboardView:
    at = now()
    row.version += 1
    row.updated_at = at
    kept = VersionRow(
        storyboard_id=row.id,
        tenant_id=uow.tenant,
        version=row.version,
        title=board.title,
        scenes=len(board.scenes),
        document=dict(document),
        created_at=at,
    )
    await uow.session.flush()  # the storyboard before its version
    uow.session.add(kept)
    uow.emit(
        StoryboardSaved(
            storyboard_id=row.id,
            version=row.version,
            title=board.title,
            language=board.language,
            width=board.canvas.width,
            height=board.canvas.height,
            scenes=len(board.scenes),
        )
    )
    return _view(row, kept)


def _view(row: StoryboardRow, kept: VersionRow) -> StoryboardView:
    return StoryboardView(
        id=row.id,
        title=kept.title,
        version=kept.version,
        document=kept.document,
        created_at=row.created_at,
        updated_at=kept.created_at,
    )
