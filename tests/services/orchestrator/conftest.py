"""The orchestrator on a real database and a real folder; billing, storage and the renderer are stood in for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from contracts.clients.assets import AssetGrant, Assets
from contracts.clients.entitlements import Allowance, Entitlements, Wanted
from contracts.permissions import SCOPES_OF
from kernel.envelope import Envelope
from kernel.errors import AppError
from kernel.events import Event, handling
from kernel.ids import TenantId, uuid7
from kernel.objects import ObjectKey
from kernel.testing.postgres import DatabaseServer
from kernel.testing.studio import Member, RunningStudio, studio
from services.orchestrator.app import Orchestrator
from services.orchestrator.consumers import events
from services.orchestrator.service import SPEC

API = "/api/v1"


@dataclass
class Places:
    """`Entitlements` that keeps who holds a place; `refusal` is what it answers instead."""

    held: dict[UUID, Wanted] = field(default_factory=dict)
    released: list[UUID] = field(default_factory=list)
    asked: list[UUID] = field(default_factory=list)
    refusal: AppError | None = None

    async def reserve(self, tenant: TenantId, job_id: UUID, wanted: Wanted) -> None:
        self.asked.append(job_id)
        if self.refusal is not None:
            raise self.refusal
        self.held[job_id] = wanted

    async def commit(self, tenant: TenantId, job_id: UUID, render_seconds: int) -> None:
        self.held.pop(job_id, None)

    async def release(self, tenant: TenantId, job_id: UUID) -> None:
        self.held.pop(job_id, None)
        self.released.append(job_id)

    async def allowance(self, tenant: TenantId) -> Allowance:
        return Allowance("test", limits={"videos": 10, "render_seconds": None}, used={"videos": 4})


@dataclass
class Uploads:
    """`Assets` of what a test says was uploaded."""

    grants: dict[tuple[TenantId, UUID], AssetGrant] = field(default_factory=dict)

    def add(self, tenant: TenantId, **members: Any) -> UUID:
        asset = uuid7()
        described = {"kind": "image", "sha256": "a" * 64, "width": 640, "height": 480, "seconds": None}
        given: dict[str, Any] = {
            "state": "ready",
            "object_key": str(ObjectKey.of(tenant, "assets", str(asset))),
            "sha256": "a" * 64,
            "described": described,
            **members,
        }
        self.grants[tenant, asset] = AssetGrant(asset_id=asset, **given)
        return asset

    async def grant(self, tenant: TenantId, asset_ids: Sequence[UUID]) -> dict[UUID, AssetGrant]:
        return {asset: self.grants[tenant, asset] for asset in asset_ids if (tenant, asset) in self.grants}


@dataclass
class Desk:
    """The orchestrator with short ways to act, tell and look."""

    here: RunningStudio
    places: Places
    uploads: Uploads
    mine: Member
    theirs: Member

    @property
    def service(self) -> Orchestrator:
        return self.here.service(Orchestrator)

    @property
    def tenant(self) -> TenantId:
        return self.mine.tenant

    async def ask(self, method: str, path: str, *, by: Member | None = None, status: int = 200, **more: Any) -> Any:
        """The JSON of an answer that must have this status."""
        answer = await (by or self.mine).client.request(method, API + path, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def refused(self, method: str, path: str, *, by: Member | None = None, **more: Any) -> dict[str, Any]:
        """The problem of a refusal."""
        answer = await (by or self.mine).client.request(method, API + path, **more)
        assert answer.status_code >= 400, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        problem: dict[str, Any] = answer.json()
        assert problem["status"] == answer.status_code
        return problem

    async def board(self, document: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        """A saved storyboard."""
        made = {**(document or BOARD), **changes}
        saved: dict[str, Any] = await self.ask("POST", "/storyboards", json={"document": made}, status=201)
        return saved

    async def job(self, storyboard: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """A new job, of a new storyboard unless one is given."""
        body = {"storyboard_id": (storyboard or await self.board())["id"]}
        begun: dict[str, Any] = await self.ask("POST", "/jobs", json=body, status=201, **more)
        return begun

    async def rendering(self, storyboard: dict[str, Any] | None = None) -> dict[str, Any]:
        """A job that is with the renderer."""
        job = await self.job(storyboard)
        await self.here.drain()
        found = await self.look(job)
        assert found["state"] == "rendering", found
        return found

    async def look(self, job: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = await self.ask("GET", f"/jobs/{job['id']}")
        return found

    async def tell(self, event: Event, tenant: TenantId | None = None) -> None:
        """Handles one event as the inbox does: in one transaction, the envelope at hand."""
        whose = tenant or self.tenant
        envelope = Envelope.around(event, source="test", tenant=whose, traceparent=None)
        for subscription in events.of_topic(event.type):

            async def work(uow: Any, handler: Any = subscription.handler) -> None:
                with handling(envelope):
                    await handler(event, uow, self.service)

            await self.service.env.database.transact(whose, work)

    async def emitted(self, topic: str) -> list[dict[str, Any]]:
        """The data of the events of a type, in the order they were stated."""
        query = text("SELECT envelope -> 'data' FROM outbox WHERE topic = :topic ORDER BY seq")
        async with self.service.env.database.system() as uow:
            return list((await uow.session.scalars(query, {"topic": topic})).all())

    async def rows(self, query: str, **given: Any) -> list[Any]:
        async with self.service.env.database.system() as uow:
            return list((await uow.session.execute(text(query), given)).all())

    async def age(self, job: dict[str, Any], interval: str) -> None:
        """As if nothing had been heard of a job for so long."""
        older = text(f"UPDATE jobs SET heard_at = heard_at - interval '{interval}' WHERE id = :id")
        async with self.service.env.database.system() as uow:
            await uow.session.execute(older, {"id": job["id"]})


#: two short scenes, the first of them spoken, with music
BOARD: dict[str, Any] = {
    "version": "storyboard/1",
    "title": "Tea",
    "canvas": {"width": 320, "height": 180, "fps": 30},
    "voice": {"connector": "speech-offline"},
    "music": {"mood": "calm", "volume": 0.3},
    "scenes": [
        {
            "id": "s1",
            "narration": {"text": "Why tea?"},
            "visual": {"type": "upload", "src": "sample:mountains-dusk"},
        },
        {"id": "s2", "duration": 1, "visual": {"type": "color", "color": "#204060"}},
    ],
}


@pytest.fixture
def board() -> dict[str, Any]:
    """A storyboard document to change."""
    return {**BOARD, "scenes": [dict(scene) for scene in BOARD["scenes"]]}


@pytest.fixture
async def desk(database_server: DatabaseServer, tmp_path: Path) -> AsyncIterator[Desk]:
    places, uploads = Places(), Uploads()
    answers = {Entitlements: places, Assets: uploads}
    async with studio(SPEC, server=database_server, folder=tmp_path, roles=SCOPES_OF, answers=answers) as here:
        yield Desk(here, places, uploads, here.as_member(), here.as_member(tenant=TenantId(uuid7())))
