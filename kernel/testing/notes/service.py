"""The sample service over HTTP: one route of each kind the kernel serves. The shortest whole service there is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from kernel.auth import Caller, require
from kernel.db import Database
from kernel.errors import AppError, NotFound
from kernel.http import Body, Page, PageQuery, Text, api_router, body_limit, problems
from kernel.http.errors import IdempotencyMismatch, InProgress, TooManyStreams
from kernel.http.etag import IfMatch, etag
from kernel.http.idempotency import idempotent
from kernel.http.limits import limited
from kernel.http.ranges import send_object
from kernel.http.sse import SIGNED_OUT, EventSourceResponse, Live, ServerSentEvent
from kernel.ids import TenantId
from kernel.objects import ObjectKey
from kernel.ports import Limit
from kernel.service import Environment, ServiceSpec, service_of
from kernel.testing.notes import NOTES, Note, NoteWritten
from kernel.uow import UnitOfWork

READ: Final = "notes:read"
WRITE: Final = "notes:write"
ROLES: Final = {"owner": {READ, WRITE}, "viewer": {READ}}


class NoteRefused(AppError):
    """This note may not be written."""

    code = "note_refused"
    status = 422
    title = "This note may not be written"


@dataclass(slots=True)
class Notes:
    """The built service. `slow` holds every act until it is set; `live` feeds the stream of each workspace."""

    env: Environment
    acting: asyncio.Event = field(default_factory=asyncio.Event)
    slow: asyncio.Event | None = None
    live: dict[TenantId, asyncio.Queue[str]] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.env.database

    async def read(self, tenant: TenantId, note_id: UUID) -> Note:
        """Raises NotFound."""
        async with self.database.unit_of_work(tenant) as uow:
            note = await uow.session.get(Note, note_id)
        if note is None:
            raise NotFound
        return note

    async def happenings(self, tenant: TenantId) -> AsyncIterator[str]:
        queue = self.live.setdefault(tenant, asyncio.Queue())
        while True:
            yield await queue.get()


class NoteIn(Body):
    """What is written down."""

    text: Annotated[str, Text(200)]
    stars: int = 0
    tags: dict[str, object] = Field(default_factory=dict)


class NoteOut(BaseModel):
    id: UUID
    text: str

    @classmethod
    def of(cls, note: Note) -> NoteOut:
        return cls(id=note.id, text=note.text)


router = api_router("notes")
Service = Annotated[Notes, Depends(service_of(Notes))]
Reads = Annotated[Caller, Depends(require(READ))]
Writes = Annotated[Caller, Depends(require(WRITE))]


@router.post("/notes", status_code=201, responses=problems(NoteRefused, IdempotencyMismatch, InProgress))
async def write(body: NoteIn, request: Request, caller: Writes, service: Service) -> NoteOut:
    """Write a note down, once per Idempotency-Key."""

    async def act(uow: UnitOfWork) -> NoteOut:
        if body.text == "forbidden":
            raise NoteRefused
        note = Note(text=body.text)
        note.tenant_id = caller.tenant
        uow.session.add(note)
        await uow.session.flush()
        uow.emit(NoteWritten(note_id=note.id))
        if service.slow is not None:
            service.acting.set()
            await service.slow.wait()
        return NoteOut.of(note)

    return await idempotent(
        request, caller.tenant, service.database, act, location=lambda made: f"/api/v1/notes/{made['id']}"
    )


@router.get("/notes")
async def list_notes(caller: Reads, page: Annotated[PageQuery, Depends()], service: Service) -> Page[NoteOut]:
    async with service.database.unit_of_work(caller.tenant) as uow:
        sorts = {"text": Note.text, "id": Note.id}
        return await page.read(uow.session, select(Note), NoteOut.of, id=Note.id, sorts=sorts, default="text")


@router.get("/notes/live", response_class=EventSourceResponse, responses=problems(TooManyStreams))
async def live(caller: Reads, live: Live, service: Service) -> AsyncIterator[ServerSentEvent]:
    if live.last_event_id is not None:
        yield ServerSentEvent(event="resumed", data=live.last_event_id)
    async for text in live.watch(service.happenings(caller.tenant)):
        yield ServerSentEvent(event="note", id="1", data=text)
    if live.signed_out:
        yield SIGNED_OUT


@router.get("/notes/{note_id}")
async def read(note_id: UUID, response: Response, caller: Reads, service: Service) -> NoteOut:
    note = await service.read(caller.tenant, note_id)
    response.headers["ETag"] = etag(version_of(note))
    return NoteOut.of(note)


@router.put("/notes/{note_id}")
@body_limit(2 * 1024)
async def edit(note_id: UUID, body: NoteIn, expected: IfMatch, caller: Writes, service: Service) -> NoteOut:
    async def act(uow: UnitOfWork) -> NoteOut:
        note = await uow.session.get(Note, note_id, with_for_update=True)
        if note is None:
            raise NotFound
        expected.check(version_of(note))
        note.text = body.text
        return NoteOut.of(note)

    return await service.database.transact(caller.tenant, act)


@router.api_route("/notes/{note_id}/file", methods=["GET", "HEAD"], include_in_schema=False)
async def file(note_id: UUID, request: Request, caller: Reads, service: Service) -> Response:
    stored = await service.env.ports.objects.stat(ObjectKey.of(caller.tenant, "notes", str(note_id)))
    if stored is None:
        raise NotFound
    return await send_object(request, service.env.ports.objects, stored, filename='née "x"/y.mp4', download=True)


@router.get("/whoami")
async def whoami(caller: Annotated[Caller, Depends(require())]) -> dict[str, str]:
    return {"tenant": str(caller.tenant), "actor": caller.actor, "address": caller.address}


@router.post("/guess", dependencies=[Depends(limited("guess", Limit.per_minute(60, burst=3)))])
async def guess() -> dict[str, str]:
    """Someone tries passwords."""
    return {}


@router.get("/failure")
async def failure() -> None:
    raise RuntimeError("password=hunter2hunter2 at /srv/keyreel/secrets")


def version_of(note: Note) -> str:
    return sha256(note.text.encode()).hexdigest()[:16]


SPEC: Final = ServiceSpec(
    name="notes",
    routers=[router],
    migrations=NOTES.folder,
    build=Notes,
    emits=(NoteWritten,),
    errors=(NoteRefused,),
)
