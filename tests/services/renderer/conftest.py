"""The renderer on a real database and a real folder, drawing real films; who asks for them is stood in for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import pytest
from sqlalchemy import text

from contracts.events.assets import AssetsFetched, AssetUploaded
from contracts.events.videos import VideoRendered
from kernel.envelope import Envelope
from kernel.events import Event, handling
from kernel.ids import TenantId, uuid7
from kernel.objects import ObjectKey
from kernel.settings import Settings
from kernel.testing.postgres import DatabaseServer
from kernel.testing.studio import RunningStudio, studio
from services.renderer.app import Renderer
from services.renderer.consumers import events
from services.renderer.service import SPEC
from storyboard import Resolution, Take, parse_storyboard


class RendererSettings(Settings):
    """What the renderer reads of the studio's settings."""

    render_workers: int = 0


@dataclass
class Darkroom:
    """The renderer with short ways to ask, tell and look. `media` makes photos, clips and recordings."""

    here: RunningStudio
    media: Any
    folder: Path

    @property
    def service(self) -> Renderer:
        return self.here.service(Renderer)

    @property
    def tenant(self) -> TenantId:
        return self.here.tenant

    async def put(self, path: Path, *segments: str, tenant: TenantId | None = None) -> str:
        key = ObjectKey.of(tenant or self.tenant, *segments)
        await self.service.objects.put_file(key, path, content_type="application/octet-stream")
        return str(key)

    async def fetched(
        self,
        scenes: Sequence[Mapping[str, Any]],
        *,
        takes: Mapping[str, Path] | None = None,
        job: UUID | None = None,
        tenant: TenantId | None = None,
        tell: bool = True,
        **rest: Any,
    ) -> AssetsFetched:
        """Put what a job needs into the store as the orchestrator does, and tell of it. A path as `src` is a file."""
        job = job or uuid7()
        files: dict[str, str] = {}
        assets: dict[str, Any] = {}

        async def reference(path: Path) -> str:
            name = f"asset:{path.name}"
            described = self.media.asset(path)
            files[name] = await self.put(path, "assets", described.sha256, tenant=tenant)
            assets[name] = described
            return name

        written = []
        for number, scene in enumerate(scenes):
            visual = dict(scene["visual"])
            if isinstance(visual.get("src"), Path):
                visual["src"] = await reference(visual["src"])
            written.append({"id": f"s{number}", **scene, "visual": visual})
        spoken = {
            scene: Take(src=await reference(path), seconds=self.media.asset(path).seconds or 0.0)
            for scene, path in (takes or {}).items()
        }
        document = {
            "version": "storyboard/1",
            "title": "A short film",
            "canvas": {"width": 320, "height": 180, "fps": 30},
            "scenes": written,
            **rest,
        }
        documents = {
            "storyboard.json": parse_storyboard(document).model_dump_json(by_alias=True),
            "resolution.json": Resolution(assets=assets, takes=spoken).model_dump_json(by_alias=True),
            "attributions.json": json.dumps([{"asset": name, "author": "Somebody"} for name in assets]),
        }
        place = ObjectKey.of(tenant or self.tenant, "jobs", str(job))
        for name, content in documents.items():
            await self.service.objects.put_bytes(place / name, content.encode(), content_type="application/json")
        event = AssetsFetched(
            job_id=job,
            storyboard_id=uuid7(),
            version=1,
            storyboard_key=str(place / "storyboard.json"),
            resolution_key=str(place / "resolution.json"),
            attributions_key=str(place / "attributions.json"),
            files=files,
        )
        if tell:
            await self.tell(event, tenant)
        return event

    async def uploaded(self, path: Path, declared: str, tenant: TenantId | None = None) -> AssetUploaded:
        """An upload, told of."""
        asset = uuid7()
        event = AssetUploaded(
            asset_id=asset,
            object_key=await self.put(path, "assets", str(asset), tenant=tenant),
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            bytes=path.stat().st_size,
            declared_type=declared,
        )
        await self.tell(event, tenant)
        return event

    async def tell(self, event: Event, tenant: TenantId | None = None) -> None:
        """Handles one event as the inbox does: in one transaction, the envelope at hand."""
        whose = tenant or self.tenant
        envelope = Envelope.around(event, source="test", tenant=whose, traceparent=None)
        for subscription in events.of_topic(event.type):

            async def work(uow: Any, handler: Any = subscription.handler) -> None:
                with handling(envelope):
                    await handler(event, uow, self.service)

            await self.service.env.database.transact(whose, work)

    async def drain(self, *, raise_errors: bool = True) -> None:
        await self.here.background.drain(raise_errors=raise_errors)

    async def emitted(self, topic: str) -> list[dict[str, Any]]:
        """The data of the events of a type, in the order they were stated."""
        return [row[0] for row in await self.rows(_EMITTED, topic=topic)]

    async def film(self) -> VideoRendered:
        """The one film that was made."""
        (event,) = await self.emitted("video.rendered")
        return VideoRendered.model_validate(event)

    async def read(self, key: str, tenant: TenantId | None = None) -> bytes:
        found = ObjectKey.parse(key, tenant or self.tenant)
        return b"".join([piece async for piece in self.service.objects.read(found)])

    async def frames(self, event: VideoRendered) -> list[Any]:
        """Every frame of a film, decoded, as grey arrays."""
        target = self.folder / "film.mp4"
        target.write_bytes(await self.read(event.object_key))
        with av.open(str(target)) as container:
            return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]

    async def keys(self, *segments: str) -> list[str]:
        """What lies below a prefix of the tenant's, without it."""
        prefix = ObjectKey.of(self.tenant, *segments)
        found = [str(stored.key) async for stored in self.service.objects.list(prefix)]
        return [key.removeprefix(f"{prefix}/") for key in found]

    async def rows(self, query: str, **given: Any) -> list[Any]:
        async with self.service.env.database.system() as uow:
            return list((await uow.session.execute(text(query), given)).all())


_EMITTED = "SELECT envelope -> 'data' FROM outbox WHERE topic = :topic ORDER BY seq"


@pytest.fixture
async def darkroom(
    database_server: DatabaseServer, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Darkroom]:
    media = request.getfixturevalue("studio")
    async with studio(SPEC, server=database_server, folder=tmp_path, settings=RendererSettings()) as here:
        yield Darkroom(here, media, tmp_path)
