"""The routes of storyboards: written, kept in versions, estimated; and what they can be made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Response
from fastapi.responses import FileResponse
from sqlalchemy import select

from contracts.permissions import Scope
from kernel.auth import Caller, require
from kernel.errors import AppError, InvalidInput, NotFound, PreconditionFailed, Violation
from kernel.http.body import MIB, body_limit
from kernel.http.etag import IfMatch, etag
from kernel.http.pages import Page, PageQuery
from kernel.http.problems import problems
from kernel.http.routes import api_router
from kernel.ids import TenantId
from kernel.service import service_of
from kernel.uow import UnitOfWork
from services.orchestrator import from_text, rows, storyboards
from services.orchestrator.app import Orchestrator
from services.orchestrator.errors import RowsRefused, SpeechVoiceUnknown
from services.orchestrator.from_text import OwnMedia
from services.orchestrator.making import SPEECH, address, sample_reference
from services.orchestrator.models import StoryboardRow, VersionRow
from services.orchestrator.planning import described
from services.orchestrator.providers import samples, speech_offline
from services.orchestrator.schemas import (
    FromText,
    Listed,
    NoticeView,
    RowsBody,
    RowsReport,
    RowView,
    SampleView,
    StoryboardBody,
    StoryboardSummary,
    StoryboardView,
    VersionSummary,
    VoiceView,
)

router = api_router("orchestrator")

Service = Annotated[Orchestrator, Depends(service_of(Orchestrator))]
Paging = Annotated[PageQuery, Depends()]
Reads = Annotated[Caller, Depends(require(Scope.STORYBOARDS_READ))]
Writes = Annotated[Caller, Depends(require(Scope.STORYBOARDS_WRITE))]

_SORTS = {
    "created_at": StoryboardRow.created_at,
    "updated_at": StoryboardRow.updated_at,
    "title": StoryboardRow.title,
}


# -- storyboards ------------------------------------------------------------------------------------------------------


@router.post("/storyboards/from-text", status_code=201, responses=problems(InvalidInput))
async def from_pasted_text(body: FromText, caller: Writes, service: Service, response: Response) -> StoryboardView:
    """A storyboard of a pasted text: scenes, pictures, voice, captions and music. Own uploads come first, in order."""
    own = await _own_media(service, caller.tenant, body.assets)

    def write() -> dict[str, Any]:
        language = from_text.guess_language(body.text) if body.language == "auto" else body.language
        _can_speak(language, body.voice)
        return from_text.storyboard_from_text(
            body.text,
            aspect=body.aspect,
            language=language,
            mood=None if body.mood == "none" else body.mood,
            voice=body.voice,
            caption_style=body.caption_style,
            title=body.title,
            seed=int(address(body.text)[:8], 16),
            own=own,
        )

    try:
        document = await service.in_thread(write)
    except ValueError:
        blank = Violation("/text", "blank", "The text has no words to say. Write some.")
        raise InvalidInput(violations=(blank,)) from None
    return await _created(service, caller, document, response, below="")


def _can_speak(language: str, voice: str | None) -> None:
    """Raises InvalidInput for a language that nobody speaks here and for a voice that there isn't. Blocking."""
    try:
        speech_offline.check(language, voice)
    except SpeechVoiceUnknown as unknown:
        wrong = Violation("/voice", "unknown_reference", unknown.detail)
    except AppError as unavailable:
        wrong = Violation("/language", unavailable.code, unavailable.detail)
    else:
        return
    raise InvalidInput(violations=(wrong,))


async def _own_media(service: Orchestrator, tenant: TenantId, ids: list[UUID]) -> list[OwnMedia]:
    """The uploads as pictures and clips. Raises InvalidInput for those that are none."""
    if not ids:
        return []
    grants = await service.assets.grant(tenant, ids)
    own, wrong = [], []
    for index, asset in enumerate(ids):
        pointer, grant = f"/assets/{index}", grants.get(asset)
        if grant is None:
            wrong.append(Violation(pointer, "unknown_reference", "There is no such upload in this workspace."))
        elif grant.state == "refused":
            wrong.append(Violation(pointer, "asset_refused", "This upload can't be used; choose another."))
        else:
            known = described(grant)
            if known is not None and known.kind == "audio":
                wrong.append(
                    Violation(pointer, "type_mismatch", "This is a sound recording; choose a picture or clip.")
                )
            video = known is not None and known.kind == "video"
            own.append(OwnMedia(f"asset:{asset}", "video" if video else "image"))
    if wrong:
        raise InvalidInput(violations=tuple(wrong))
    return own


@router.post("/storyboards", status_code=201, responses=problems(InvalidInput))
@body_limit(8 * MIB)
async def create_storyboard(
    body: StoryboardBody, caller: Writes, service: Service, response: Response
) -> StoryboardView:
    """Keep a storyboard. Every violation of `storyboard/1` is answered at once, with its pointer."""
    return await _created(service, caller, body.document, response)


async def _created(
    service: Orchestrator, caller: Caller, document: Mapping[str, Any], response: Response, *, below: str = "/document"
) -> StoryboardView:
    board = await service.in_thread(lambda: storyboards.template(document, below=below))
    view = await service.env.database.transact(caller.tenant, lambda uow: storyboards.create(uow, document, board))
    response.headers["ETag"] = etag(view.version)
    return view


@router.get("/storyboards")
async def list_storyboards(caller: Reads, page: Paging, service: Service) -> Page[StoryboardSummary]:
    """The workspace's storyboards, the one changed last first."""
    async with service.env.database.unit_of_work(caller.tenant) as uow:
        return await page.read(
            uow.session,
            select(StoryboardRow),
            StoryboardSummary.model_validate,
            id=StoryboardRow.id,
            sorts=_SORTS,
            default="-updated_at",
        )


@router.get("/storyboards/{storyboard_id}", responses=problems(NotFound))
async def get_storyboard(storyboard_id: UUID, caller: Reads, service: Service, response: Response) -> StoryboardView:
    """A storyboard at its newest version."""
    async with service.env.database.unit_of_work(caller.tenant) as uow:
        view = await storyboards.load(uow, storyboard_id)
    response.headers["ETag"] = etag(view.version)
    return view


@router.put("/storyboards/{storyboard_id}", responses=problems(NotFound, InvalidInput, PreconditionFailed))
@body_limit(8 * MIB)
async def save_storyboard(
    storyboard_id: UUID,
    body: StoryboardBody,
    expected: IfMatch,
    caller: Writes,
    service: Service,
    response: Response,
) -> StoryboardView:
    """Keep the next version, if nobody saved one since the version in `If-Match`."""
    board = await service.in_thread(lambda: storyboards.template(body.document))
    view = await service.env.database.transact(
        caller.tenant, lambda uow: storyboards.save(uow, storyboard_id, body.document, board, expected)
    )
    response.headers["ETag"] = etag(view.version)
    return view


@router.get("/storyboards/{storyboard_id}/versions", responses=problems(NotFound))
async def list_versions(storyboard_id: UUID, caller: Reads, page: Paging, service: Service) -> Page[VersionSummary]:
    """Every version of a storyboard, the newest first."""
    async with service.env.database.unit_of_work(caller.tenant) as uow:
        await storyboards.load(uow, storyboard_id)
        return await page.read(
            uow.session,
            select(VersionRow).where(VersionRow.storyboard_id == storyboard_id),
            VersionSummary.model_validate,
            id=VersionRow.version,
            sorts={"version": VersionRow.version},
            default="-version",
        )


@router.get("/storyboards/{storyboard_id}/versions/{version}", responses=problems(NotFound))
async def get_version(storyboard_id: UUID, version: int, caller: Reads, service: Service) -> StoryboardView:
    """A storyboard as it was."""
    if not 0 < version < 2**31:
        raise NotFound
    async with service.env.database.unit_of_work(caller.tenant) as uow:
        return await storyboards.load(uow, storyboard_id, version)


@router.post("/storyboards/{storyboard_id}/duplicate", status_code=201, responses=problems(NotFound))
async def duplicate_storyboard(
    storyboard_id: UUID, caller: Writes, service: Service, response: Response
) -> StoryboardView:
    """A new storyboard that begins as a copy of this one's newest version."""
    view = await service.env.database.transact(caller.tenant, lambda uow: storyboards.duplicate(uow, storyboard_id))
    response.headers["ETag"] = etag(view.version)
    return view


@router.post("/storyboards/import-rows", status_code=201, responses=problems(InvalidInput, RowsRefused))
@body_limit(16 * MIB)
async def import_rows(body: RowsBody, caller: Writes, service: Service) -> RowsReport:
    """One storyboard a row of a table, the template's fields filled in; the report says for each row what became of it.

    What is wrong with single rows does not stop the others.
    """

    def read() -> tuple[list[rows.Imported], list[NoticeView]]:
        storyboards.template(body.template, below="/template")
        found, notices = rows.imported(body.template, body.csv, body.jsonl)
        return list(found), [NoticeView.model_validate(notice) for notice in notices]

    found, notices = await service.in_thread(read)

    async def keep(uow: UnitOfWork) -> list[RowView]:
        report = []
        for row in found:
            kept = None
            if row.document is not None and row.board is not None:
                kept = (await storyboards.create(uow, row.document, row.board)).id
            problems_of = [NoticeView.model_validate(violation) for violation in row.violations]
            report.append(RowView(row=row.number, storyboard_id=kept, problems=problems_of))
        return report

    report = await service.env.database.transact(caller.tenant, keep)
    created = sum(row.storyboard_id is not None for row in report)
    return RowsReport(created=created, refused=len(report) - created, rows=report, notices=notices)


# -- what can be chosen from ------------------------------------------------------------------------------------------


@router.get("/voices")
async def list_voices(
    caller: Reads,
    service: Service,
    language: Annotated[str | None, Query(max_length=35, description="BCP 47; all languages if left out")] = None,
) -> Listed[VoiceView]:
    """The voices that need no key."""
    wanted = (language or "").lower().split("-")[0]
    voices = await service.in_thread(speech_offline.voices)
    return Listed(
        items=[
            VoiceView(id=voice.id, connector=SPEECH, language=voice.language, name=voice.name, style=voice.style)
            for voice in voices
            if not wanted or voice.language.split("-")[0] == wanted
        ]
    )


@router.get("/samples")
async def list_samples(
    caller: Reads,
    query: Annotated[str, Query(max_length=200, description="words to look for; all if left out")] = "",
    language: Annotated[str, Query(max_length=35, description="of the words and the titles")] = "en",
) -> Listed[SampleView]:
    """Pictures and clips that come with the studio and belong to everyone (CC0)."""
    tongue = "fr" if language.lower().startswith("fr") else "en"
    found = samples.search(query, language=language, limit=100)
    return Listed(
        items=[
            SampleView(
                reference=sample_reference(sample),
                url=f"{router.prefix}/samples/{sample.id}/file",
                kind=sample.kind,
                title=sample.title[tongue],
                width=sample.width,
                height=sample.height,
                seconds=sample.seconds,
                licence=sample.licence,
                author=sample.author,
            )
            for sample in found
        ]
    )


@router.get("/samples/{name}/file", response_class=FileResponse, responses=problems(NotFound))
async def get_sample_file(name: str) -> FileResponse:
    """The file of a sample: the same on every installation, so no sign-in is asked for."""
    sample = next((sample for sample in samples.catalogue() if sample.id == name), None)
    if sample is None:
        raise NotFound
    return FileResponse(sample.path, headers={"Cache-Control": "public, max-age=86400"})
