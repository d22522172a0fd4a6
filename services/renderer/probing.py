"""What an upload is: described in the sandbox, with a small picture of it, or refused with the reason."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from pydantic import BaseModel

from contracts.events.assets import AssetProbed
from kernel import failpoints
from kernel.objects import ObjectKey
from kernel.tasks import Run
from kernel.uow import UnitOfWork
from services.renderer.app import Renderer, tenant_of
from services.renderer.engine import steps
from services.renderer.engine.ingest.prepare import Media, describe
from services.renderer.engine.plan import digest
from services.renderer.errors import AssetMissing, MediaError, RenderCrashed
from services.renderer.film import Desk
from storyboard import Resolution, ResolvedAsset, Timeline, compile_storyboard, parse_storyboard

failpoints.declare("renderer.probe.before_commit", "an upload is described and its thumbnail stored, nobody is told")

#: pixels of a thumbnail's longer side
_LONGEST_SIDE = 640
_SHORTEST_SIDE = 64


class ProbeTask(BaseModel):
    """The payload of `renderer.probe`."""

    asset_id: UUID
    object_key: str
    sha256: str
    declared_type: str


async def probe(run: Run[ProbeTask], service: Renderer) -> None:
    """Describe the upload, draw its thumbnail, and say so in one transaction with the task's end."""
    desk, tenant, wanted = service.desk(run), tenant_of(run), run.payload
    try:
        described, picture = await service.in_thread(lambda: look(desk, wanted))
    except (MediaError, RenderCrashed, AssetMissing) as refusal:
        code, detail = refusal.code, refusal.detail

        async def refused(uow: UnitOfWork) -> None:
            refuse(uow, wanted, code, detail)

        await run.finish(refused)
        return
    thumbnail = None
    if picture is not None:
        thumbnail = ObjectKey.of(tenant, "thumbnails", f"{wanted.asset_id}.jpg")
        await service.put_file(thumbnail, picture, "image/jpeg")
    failpoints.hit("renderer.probe.before_commit")
    probed = AssetProbed(
        asset_id=wanted.asset_id,
        outcome="ready",
        described=described.model_dump(mode="json", by_alias=True),
        thumbnail_key=str(thumbnail) if thumbnail else None,
    )

    async def ready(uow: UnitOfWork) -> None:
        uow.emit(probed)

    await run.finish(ready)


def refuse(uow: UnitOfWork, wanted: ProbeTask, code: str, detail: str) -> None:
    uow.emit(AssetProbed(asset_id=wanted.asset_id, outcome="refused", code=code, detail=detail))


def look(desk: Desk, wanted: ProbeTask) -> tuple[ResolvedAsset, Path | None]:
    """What the file is, and a JPEG of it unless it is sound. Blocking.

    Raises MediaErrors for what can't be used, AssetMissing, RenderCrashed where a decoder crashed on it.
    """
    key = ObjectKey.parse(wanted.object_key, desk.cache.tenant)
    source = desk.cache.fetch(key, digest("original", wanted.sha256), ".bin")
    if source is None:
        raise AssetMissing()
    described = describe(source, wanted.sha256, desk.cache, desk.cancel, wanted.declared_type)
    if described.kind == "audio":
        return described, None
    address = digest("thumbnail", wanted.sha256)
    known = desk.cache.get(address, ".jpg")
    if known is None:
        timeline = _shown(described)
        with desk.cache.scratch() as scratch, desk.worker() as worker:
            media = Media(desk.cache, {"asset:it": source}, timeline, 1, desk.cancel)
            worker.open(steps.open_timeline(media, steps.poster_jobs(timeline), scratch))
            worker.ask(steps.draw_poster(timeline, scratch / "thumbnail.jpg"))
            known = desk.cache.put(address, ".jpg", scratch / "thumbnail.jpg")
    return described, known


def _shown(asset: ResolvedAsset) -> Timeline:
    """A film of the asset alone, in its own shape: its poster is the thumbnail, drawn as a render would draw it."""
    width, height = asset.width or 1, asset.height or 1
    factor = min(1.0, _LONGEST_SIDE / max(width, height))
    scene = {"id": "it", "duration": 1, "visual": {"type": "upload", "src": "asset:it", "fit": "contain"}}
    board = {
        "version": "storyboard/1",
        "canvas": {"width": _side(width * factor), "height": _side(height * factor), "fps": 24},
        "captions": {"style": "none"},
        "scenes": [scene],
        "output": {"poster": 0.0},
    }
    known = Resolution(assets={"asset:it": asset}, fonts={"Inter": "0" * 64})
    return compile_storyboard(parse_storyboard(board), known).timeline


def _side(pixels: float) -> int:
    return max(_SHORTEST_SIDE, round(pixels / 2) * 2)
