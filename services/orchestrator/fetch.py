"""Everything a job shows and plays, gathered in the object store: the task between `queued` and `rendering`.

    voice      each scene's narration is spoken
    media      uploads are asked for, bundled samples put beside them, music composed once the length is known
    captions   storyboard, resolution and attributions are written for the renderer, and it is told

Every step finds what an earlier attempt made: a task that was cut off anywhere goes on from there.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from contracts import fonts
from contracts.events.assets import AssetsFetched
from contracts.events.jobs import JobFailure, Stage
from kernel import failpoints
from kernel.errors import AppError
from kernel.ids import TenantId
from kernel.objects import ObjectKey
from kernel.tasks import Run
from kernel.uow import UnitOfWork
from services.orchestrator import jobs, making
from services.orchestrator.app import Orchestrator, T
from services.orchestrator.attribution import attributions
from services.orchestrator.errors import AssetNotReady, AssetRefused, StoryboardRefused
from services.orchestrator.jobs import JobTask
from services.orchestrator.models import VersionRow
from services.orchestrator.planning import described, named_uploads, sample_assets
from services.orchestrator.products import Asked, Made, Products, put_once
from services.orchestrator.providers import samples
from services.orchestrator.references import asset_id, references
from storyboard import Resolution, ResolvedAsset, Storyboard, StoryboardInvalid, Take, compile_storyboard
from storyboard import parse_storyboard as parse
from storyboard.models import Scene, Voice

failpoints.declare("orchestrator.fetch.begun", "the job is being fetched, and nothing is made yet")
failpoints.declare("orchestrator.fetch.after_speech", "every scene is spoken, nothing else is there")
failpoints.declare("orchestrator.fetch.after_music", "all media are in the store, nobody is told")
failpoints.declare("orchestrator.fetch.before_assets_fetched", "everything is written for the renderer")
failpoints.declare(
    "orchestrator.fetch.after_assets_fetched", "the renderer's turn is committed, its event not sent yet"
)

#: scenes spoken at once for one job
_SPEAKERS = 2
_IMAGE_TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".mp4": "video/mp4"}


class SceneFailed(Exception):
    """What went wrong, and in which scene."""

    def __init__(self, error: AppError, scene: str | None) -> None:
        super().__init__(error.detail)
        self.error = error
        self.scene = scene


@dataclass(slots=True)
class Gathering:
    """One attempt at gathering one job's media."""

    service: Orchestrator
    run: Run[JobTask]
    tenant: TenantId
    job_id: UUID
    board: Storyboard
    products: Products
    assets: dict[str, ResolvedAsset] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    takes: dict[str, Take] = field(default_factory=dict)

    async def gather(self) -> Callable[[UnitOfWork], Awaitable[None]]:
        """All of it; returns what has to be committed with the end of the task.

        Raises SceneFailed, AssetNotReady (later it may work), StoryboardRefused, ObjectsErrors.
        """
        failpoints.hit("orchestrator.fetch.begun")
        await self._speak()
        failpoints.hit("orchestrator.fetch.after_speech")
        await self._advance("media", 0.0, 0)
        visuals = making.chosen_samples(self.board)
        await self._uploads()
        await self._samples(visuals)
        await self._advance("media", 0.5)
        resolution = Resolution(assets=self.assets, visuals=visuals, takes=self.takes, fonts=fonts.families())
        resolution = await self._music(resolution)
        failpoints.hit("orchestrator.fetch.after_music")
        await self._advance("captions", 0.0, len(self.board.scenes))
        event = await self._written(resolution)
        failpoints.hit("orchestrator.fetch.before_assets_fetched")
        return event

    # -- voice ----------------------------------------------------------------------------------------------------

    async def _speak(self) -> None:
        voice = self.board.voice
        spoken = list(making.to_speak(self.board))
        at_once = asyncio.Semaphore(_SPEAKERS)
        done = 0

        async def one(scene: Scene, text: str, voice: Voice) -> None:
            nonlocal done
            async with at_once:
                await self._take(scene, text, voice)
            done += 1
            await self._advance("voice", done / len(spoken), done)

        if voice is not None:
            try:
                async with asyncio.TaskGroup() as group:
                    for _, scene, text in spoken:
                        group.create_task(one(scene, text, voice))
            except* Exception as several:
                raise _first(several) from several

    async def _take(self, scene: Scene, text: str, voice: Voice) -> None:
        language = self.board.language
        key = making.speech_key(text, language, voice)

        def make(target: Path) -> Made:
            take = making.speak(text, language, voice, target)
            return Made(take.seconds, take.model_dump(mode="json", by_alias=True))

        asked = Asked(key, making.SPEECH, "speak", ".wav", scene.id)
        try:
            product = await self.products.get(asked, make)
        except AppError as error:
            raise SceneFailed(error, scene.id) from error
        take = Take.model_validate(product.take)
        self.takes[scene.id] = take
        self.files[take.src] = product.object_key
        self.assets[take.src] = ResolvedAsset(
            kind="audio", sha256=product.sha256, seconds=product.seconds, has_audio=True
        )

    # -- media ----------------------------------------------------------------------------------------------------

    async def _uploads(self) -> None:
        """What the tenant uploaded: looked at and accepted, or the job waits, or fails."""
        grants = await self.service.assets.grant(self.tenant, named_uploads(self.board))
        for reference, where in references(self.board):
            upload = asset_id(reference)
            if upload is None:
                continue
            grant = grants.get(upload)
            shown_in = self.board.scenes[where[1]].id if isinstance(where[1], int) else None
            if grant is None:
                raise SceneFailed(AssetRefused("A file this storyboard shows was deleted. Choose another."), shown_in)
            known = described(grant)
            if grant.state == "refused" or (grant.state == "ready" and known is None):
                raise SceneFailed(AssetRefused(), shown_in)
            if known is None:
                raise AssetNotReady()
            self.assets[reference] = known
            self.files[reference] = grant.object_key
        for scene in self.board.scenes:
            narration = scene.narration
            if narration is not None and narration.src is not None and narration.src in self.assets:
                recording = self.assets[narration.src]
                self.takes[scene.id] = Take(src=narration.src, seconds=recording.seconds or 0.0)

    async def _samples(self, visuals: Mapping[str, str]) -> None:
        known = sample_assets()
        by_reference = {making.sample_reference(sample): sample for sample in samples.catalogue()}
        wanted = [reference for reference, _ in references(self.board)] + list(visuals.values())
        for reference in dict.fromkeys(wanted):
            sample = by_reference.get(reference)
            if sample is not None:
                kind = _IMAGE_TYPES.get(sample.path.suffix, "application/octet-stream")
                self.files[reference] = await put_once(
                    self.service.objects, self.tenant, sample.path, sample.sha256, kind
                )
                self.assets[reference] = known[reference]

    async def _music(self, resolution: Resolution) -> Resolution:
        """The resolution with music of the film's length, if the storyboard wants some composed."""
        mood = making.music_mood(self.board)
        if mood is None:
            return resolution
        seconds = await self._compiled(lambda: making.music_seconds(self.board, resolution))
        key = making.music_key(mood, self.board.seed, seconds)

        def make(target: Path) -> Made:
            making.compose(mood, seconds, self.board.seed, target)
            return Made(seconds)

        product = await self.products.get(Asked(key, making.MUSIC, "compose", ".wav"), make)
        reference = making.music_reference(key)
        self.files[reference] = product.object_key
        asset = ResolvedAsset(kind="audio", sha256=product.sha256, seconds=product.seconds, has_audio=True)
        return resolution.model_copy(update={"assets": {**resolution.assets, reference: asset}, "music": reference})

    # -- captions -------------------------------------------------------------------------------------------------

    async def _written(self, resolution: Resolution) -> Callable[[UnitOfWork], Awaitable[None]]:
        """Write what the renderer reads, once it is known to compile."""
        await self._compiled(lambda: compile_storyboard(self.board, resolution))
        place = ObjectKey.of(self.tenant, "jobs", str(self.job_id))
        made_by = attributions(resolution.assets, self.board.language)
        documents = {
            "storyboard.json": self.board.model_dump_json(by_alias=True),
            "resolution.json": resolution.model_dump_json(by_alias=True),
            "attributions.json": json.dumps([each.model_dump(mode="json", by_alias=True) for each in made_by]),
        }
        for name, text in documents.items():
            await self.service.objects.put_bytes(place / name, text.encode(), content_type="application/json")
        job_id, files = self.job_id, dict(self.files)

        async def commit(uow: UnitOfWork) -> None:
            job = await jobs.locked(uow, job_id)
            if job is None or job.state != "fetching":
                return
            jobs.fetched(uow, job)
            uow.emit(
                AssetsFetched(
                    job_id=job_id,
                    storyboard_id=job.storyboard_id,
                    version=job.version,
                    storyboard_key=str(place / "storyboard.json"),
                    resolution_key=str(place / "resolution.json"),
                    attributions_key=str(place / "attributions.json"),
                    files=files,
                )
            )

        return commit

    async def _compiled(self, work: Callable[[], T]) -> T:
        """Compiling in a thread: a long storyboard takes its time."""
        try:
            return await self.service.in_thread(work)
        except StoryboardInvalid as invalid:
            first = invalid.violations[0].pointer.split("/")
            scene = self.board.scenes[int(first[2])].id if first[1:2] == ["scenes"] and len(first) > 2 else None
            raise SceneFailed(StoryboardRefused.of(invalid), scene) from invalid

    async def _advance(self, stage: Stage, fraction: float, scenes_done: int | None = None) -> None:
        async def work(uow: UnitOfWork) -> None:
            job = await jobs.locked(uow, self.job_id)
            if job is not None and job.state == "fetching":
                jobs.advance(uow, job, stage, fraction, scenes_done)

        await self.run.write(work)


def _first(several: BaseExceptionGroup[Exception]) -> Exception:
    """The error to tell of those that scenes ended with: one that no retry would mend, if there is one."""
    flat: list[Exception] = []
    for each in several.exceptions:
        flat.append(_first(each) if isinstance(each, BaseExceptionGroup) else each)
    final = [each for each in flat if isinstance(each, SceneFailed) and not each.error.retryable]
    return (final or flat)[0]


async def opened(service: Orchestrator, run: Run[JobTask], tenant: TenantId) -> Gathering | None:
    """The job of the task, from now on `fetching`; None where nobody wants it any more."""
    found: list[VersionRow] = []

    async def work(uow: UnitOfWork) -> None:
        found.clear()
        job = await jobs.fetching(uow, run.payload.job_id)
        if job is None:
            return
        kept = await uow.session.get(VersionRow, (job.storyboard_id, job.version))
        if kept is None:
            gone = "The storyboard was deleted before its video was made."
            jobs.fail(uow, job, JobFailure(code="storyboard_deleted", detail=gone))
        else:
            found.append(kept)

    await run.write(work)
    if not found:
        return None
    board = parse(found[0].document)
    job_id = run.payload.job_id
    return Gathering(service, run, tenant, job_id, board, Products(service, run, tenant, job_id))
