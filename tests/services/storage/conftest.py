"""Storage on a real database and a real folder, with its events handed to it as its inbox would."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from contracts.clients.entitlements import Allowance, Entitlements
from contracts.events.assets import AssetProbed
from contracts.events.jobs import JobChanged, JobFailure, StoryboardSaved
from contracts.events.videos import VideoRendered
from contracts.permissions import SCOPES_OF
from kernel.envelope import Envelope
from kernel.events import Event, handling
from kernel.ids import TenantId, uuid7
from kernel.objects import ObjectKey
from kernel.settings import Settings
from kernel.testing.postgres import DatabaseServer
from kernel.testing.studio import Member, RunningStudio, studio
from services.storage.app import Storage
from services.storage.consumers import events
from services.storage.reconcile import invariants
from services.storage.service import SPEC

API = "/api/v1"


class StudioSettings(Settings):
    """What storage reads of the studio's settings."""

    trash_days: int = 30
    upload_max_bytes: int = 200 * 1024 * 1024


@dataclass
class Plan:
    """`contracts.clients.entitlements.Entitlements` of a workspace whose plan a test writes down."""

    limits: dict[str, int | None] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    features: frozenset[str] = frozenset({"share_links"})

    async def allowance(self, tenant: TenantId) -> Allowance:
        return Allowance("test", self.limits, self.used, self.features)


@dataclass
class Film:
    """A film in the store: its bytes, and the event that tells of it."""

    data: bytes
    event: VideoRendered

    @property
    def video(self) -> UUID:
        return self.event.storyboard_id

    @property
    def job(self) -> UUID:
        return self.event.job_id

    @property
    def key(self) -> str:
        return self.event.object_key


@dataclass
class Desk:
    """Storage with short ways to act, tell and look. `mine` owns the test's workspace, `theirs` another one."""

    here: RunningStudio
    storage: Storage
    plan: Plan
    mine: Member
    theirs: Member

    @property
    def tenant(self) -> TenantId:
        return self.mine.tenant

    def rule(self, **rules: Any) -> None:
        """Other rules from now on."""
        object.__setattr__(self.storage, "rules", replace(self.storage.rules, **rules))

    # -- over HTTP ----------------------------------------------------------------------------------------------------

    async def ask(self, method: str, path: str, *, by: Member | None = None, status: int = 200, **more: Any) -> Any:
        """The JSON of an answer that must have this status."""
        answer = await (by or self.mine).client.request(method, path if "/media/" in path else API + path, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def refused(self, method: str, path: str, *, by: Member | None = None, **more: Any) -> tuple[int, str]:
        """Status and code of a refusal."""
        answer = await (by or self.mine).client.request(method, path if "/media/" in path else API + path, **more)
        assert answer.status_code >= 400, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.status_code, answer.json()["code"]

    async def begin(self, data: bytes, *, by: Member | None = None, **more: Any) -> dict[str, Any]:
        wanted = {"filename": "photo.jpg", "bytes": len(data), "content_type": "image/jpeg", **more}
        made: dict[str, Any] = await self.ask("POST", "/uploads", by=by, json=wanted, status=201)
        return made

    async def send(
        self, upload: dict[str, Any], data: bytes, numbers: Sequence[int] | None = None, *, by: Member | None = None
    ) -> list[dict[str, Any]]:
        """Send parts (all of them, unless named); gives what completes the upload."""
        sent = []
        for part in upload["parts"]:
            if numbers is not None and part["number"] not in numbers:
                continue
            start = (part["number"] - 1) * upload["part_bytes"]
            piece = data[start : start + part["bytes"]]
            answer = await (by or self.mine).client.put(part["address"], content=piece)
            assert answer.status_code == 200, answer.text
            sent.append({"number": part["number"], "etag": answer.json()["etag"]})
        return sent

    async def upload(self, data: bytes = b"a photo", *, by: Member | None = None, **more: Any) -> dict[str, Any]:
        """Upload a file whole; the asset is `probing`."""
        upload = await self.begin(data, by=by, **more)
        parts = await self.send(upload, data, by=by)
        asset: dict[str, Any] = await self.ask(
            "POST", f"/uploads/{upload['id']}/complete", by=by, json={"parts": parts}
        )
        return asset

    async def asset(self, data: bytes = b"a photo", *, by: Member | None = None, **more: Any) -> dict[str, Any]:
        """Upload a file that the renderer finds usable, with a thumbnail."""
        made = await self.upload(data, by=by, **more)
        tenant = (by or self.mine).tenant
        await self.tell(await self.probed(made["id"], tenant, kind=made["content_type"].partition("/")[0]), tenant)
        asset: dict[str, Any] = await self.ask("GET", f"/assets/{made['id']}", by=by)
        return asset

    async def probed(self, asset_id: str, tenant: TenantId | None = None, kind: str = "image") -> AssetProbed:
        thumbnail = ObjectKey.of(tenant or self.tenant, "thumbnails", f"{asset_id}.jpg")
        await self.storage.objects.put_bytes(thumbnail, b"thumbnail", content_type="image/jpeg")
        described = {"kind": kind, "sha256": "0" * 64, "width": 640, "height": 480, "has_audio": False}
        return AssetProbed(asset_id=UUID(asset_id), outcome="ready", described=described, thumbnail_key=str(thumbnail))

    async def video(self, **more: Any) -> dict[str, Any]:
        """A video with a film, in the library."""
        film = await self.film(**more)
        await self.tell(film.event)
        video: dict[str, Any] = await self.ask("GET", f"/videos/{film.video}")
        return video

    # -- events -------------------------------------------------------------------------------------------------------

    async def film(
        self,
        *,
        video: UUID | None = None,
        job: UUID | None = None,
        version: int = 1,
        title: str = "Tea",
        data: bytes = b"film " * 1000,
        tenant: TenantId | None = None,
    ) -> Film:
        """Put a film into the store as the renderer does."""
        video, job = video or uuid7(), job or uuid7()
        digest = hashlib.sha256(data).hexdigest()
        place = ObjectKey.of(tenant or self.tenant, "jobs", str(job), f"film-{digest[:16]}")
        files = {
            "video.mp4": (data, "video/mp4"),
            "poster.jpg": (b"poster", "image/jpeg"),
            "captions.srt": (b"1\n00:00:00,000 --> 00:00:01,000\nTea\n", "application/x-subrip"),
            "captions.vtt": (b"WEBVTT\n\n00:00.000 --> 00:01.000\nTea\n", "text/vtt"),
            "credits.txt": (b"Photo: someone\n", "text/plain"),
        }
        for name, (content, kind) in files.items():
            await self.storage.objects.put_bytes(place / name, content, content_type=kind)
        keys = [str(place / name) for name in files]
        event = VideoRendered(
            job_id=job,
            storyboard_id=video,
            version=version,
            title=title,
            object_key=keys[0],
            poster_key=keys[1],
            srt_key=keys[2],
            vtt_key=keys[3],
            credits_key=keys[4],
            sha256=digest,
            bytes=len(data),
            seconds=12.5,
            frames=375,
            width=1920,
            height=1080,
            fps=30,
            segments=4,
            segments_rendered=4,
            encoder="libx264",
            fingerprint="f" * 64,
        )
        return Film(data, event)

    async def tell(self, event: Event, tenant: TenantId | None = None, *, at: datetime | None = None) -> None:
        """Handles one event as the inbox does: in one transaction, the envelope at hand."""
        tenant = tenant or self.tenant
        envelope = Envelope.around(event, source="test", tenant=tenant, traceparent=None)
        if at is not None:
            envelope = envelope.model_copy(update={"time": at})
        for subscription in events.of_topic(event.type):

            async def work(uow: Any, handler: Any = subscription.handler) -> None:
                with handling(envelope):
                    await handler(event, uow, self.storage)

            await self.storage.database.transact(tenant, work)

    async def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        async with self.storage.database.system() as uow:
            return [dict(row._mapping) for row in await uow.session.execute(text(query), values)]

    async def change(self, statement: str, **values: Any) -> None:
        async with self.storage.database.system() as uow:
            await uow.session.execute(text(statement), values)

    async def emitted(self, topic: str, tenant: TenantId | None = None) -> list[dict[str, Any]]:
        """The data of the events of a type, in the order they were stated."""
        found = await self.rows(
            "SELECT tenant_id, envelope -> 'data' AS data FROM outbox WHERE topic = :topic ORDER BY seq", topic=topic
        )
        return [row["data"] for row in found if tenant in (None, row["tenant_id"])]

    async def stored(self, tenant: TenantId | None = None) -> list[str]:
        """The keys of every object of a workspace, without its prefix."""
        prefix = ObjectKey.of(tenant or self.tenant)
        return sorted(["/".join(one.key.segments) async for one in self.storage.objects.list(prefix)])

    async def check(self) -> None:
        """I5 holds."""
        assert set((await invariants(self.storage)).values()) == {0}


@pytest.fixture
async def desk(database_server: DatabaseServer, tmp_path: Path) -> AsyncIterator[Desk]:
    plan = Plan()
    async with studio(
        SPEC,
        server=database_server,
        folder=tmp_path,
        roles=SCOPES_OF,
        answers={Entitlements: plan},
        settings=StudioSettings(),
    ) as here:
        mine, theirs = here.as_member(), here.as_member(tenant=TenantId(uuid7()))
        yield Desk(here, here.service(Storage), plan, mine, theirs)


def saved(video: UUID, version: int = 1, title: str = "Tea", width: int = 1920, height: int = 1080) -> StoryboardSaved:
    return StoryboardSaved(
        storyboard_id=video, version=version, title=title, language="en", width=width, height=height, scenes=3
    )


def changed(video: UUID, job: UUID, state: Any, progress: float = 0.0, version: int = 1) -> JobChanged:
    failure = JobFailure(code="render_crashed", detail="It broke.", scene="s1") if state == "failed" else None
    return JobChanged(job_id=job, storyboard_id=video, version=version, state=state, progress=progress, failure=failure)


@pytest.fixture(name="saved")
def saved_event() -> Any:
    return saved


@pytest.fixture(name="changed")
def changed_event() -> Any:
    return changed
