"""The work of the renderer's tasks, as plain blocking functions on one film: plan, draw, mix, join.

    plan_film ─▶ draw (as many as there are groups of missing segments) ─┐
             └─▶ mix ────────────────────────────────────────────────────┴─▶ assemble

Each keeps what it makes in the shared cache, so that it can be done again, elsewhere, from wherever it was cut off.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from kernel import failpoints
from services.renderer.engine import steps
from services.renderer.engine.encode import encoders
from services.renderer.engine.encode.encoders import Choice, Encoder
from services.renderer.engine.ingest.prepare import Media
from services.renderer.engine.plan import SegmentJob, digest, segment_jobs
from services.renderer.engine.sound.sound_pass import make_sound, sound_key
from services.renderer.engine.text import fonts
from services.renderer.engine.workers.handle import IDLE_SECONDS, Worker
from services.renderer.engine.workers.protocol import ProbeEncoder, RenderSegment
from services.renderer.errors import PartsMissing, RenderOutOfMemory, StoryboardUnfit
from services.renderer.originals import Originals
from services.renderer.shared_cache import SharedCache
from services.renderer.warm import Workers
from storyboard import Resolution, Storyboard, StoryboardInvalid, Timeline, compile_storyboard
from storyboard.exporters import Attribution, credits_text, export_srt, export_vtt
from storyboard.timeline import fingerprint

failpoints.declare("renderer.segment.before_put", "a segment is drawn and encoded, and not in the cache yet")
failpoints.declare("renderer.segment.after_put", "a segment is in the cache and the store, and not counted yet")

ENCODER = TypeAdapter(Encoder)
_ATTRIBUTIONS = TypeAdapter(list[Attribution])
#: parts fetched from the store at once
_FETCHERS = 8

Report = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Desk:
    """What one task works with. `cancel` ends it."""

    cache: SharedCache
    workers: Workers
    cancel: threading.Event

    def worker(self, encoder: Encoder | None = None, *, alone: bool = False) -> AbstractContextManager[Worker]:
        hardware = encoder is not None and encoder.hardware
        return self.workers.borrow(self.cache, self.cancel, hardware=hardware, alone=alone)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a render consists of. `timeline_key` is the timeline's part; `cached`: keys of segments that are there."""

    timeline: Timeline
    timeline_key: str
    choice: Choice
    jobs: tuple[SegmentJob, ...]
    cached: frozenset[str]
    sound_missing: bool

    @property
    def missing(self) -> list[SegmentJob]:
        """The segments to draw, in order; those that look alike once."""
        return list({job.key: job for job in self.jobs if job.key not in self.cached}.values())


def plan_film(desk: Desk, storyboard: bytes, resolution: bytes, *, software_only: bool) -> Plan:
    """Compile what was fetched and see what is missing.

    Raises StoryboardUnfit, ObjectsErrors and RenderCancelled.
    """
    known = Resolution.model_validate_json(resolution).model_copy(update={"fonts": fonts.families()})
    board = Storyboard.model_validate_json(storyboard)
    try:
        timeline = compile_storyboard(board, known).timeline
    except StoryboardInvalid as invalid:
        raise StoryboardUnfit(invalid.violations[0].message) from invalid
    output = board.output
    engine: encoders.Engine = "cpu" if software_only else output.engine
    choice = encoders.choose(output.codec, output.quality, engine, lambda encoder: _probe(desk, encoder))
    jobs = segment_jobs(timeline, choice.encoder)
    with ThreadPoolExecutor(_FETCHERS, thread_name_prefix="parts") as threads:
        keys = list({job.key for job in jobs})
        there = threads.map(lambda key: desk.cache.get(key, ".mp4") is not None, keys)
        cached = frozenset(key for key, found in zip(keys, there, strict=True) if found)
    sound = sound_key(timeline)
    timeline_key = digest("timeline", fingerprint(timeline))
    with desk.cache.scratch() as scratch:
        written = scratch / "timeline.json"
        written.write_text(timeline.model_dump_json(by_alias=True, exclude_none=True))
        desk.cache.put(timeline_key, ".json", written)
    missing = sound is not None and desk.cache.get(sound, ".m4a") is None
    return Plan(timeline, timeline_key, choice, jobs, cached, missing)


def _probe(desk: Desk, encoder: Encoder) -> str:
    with desk.cache.scratch() as scratch, desk.worker(encoder) as worker:
        return worker.ask(ProbeEncoder(encoder=encoder, path=str(scratch / "probe.mp4")))


@dataclass(frozen=True, slots=True)
class Film:
    """A planned film: what `draw`, `mix` and `assemble` work on."""

    timeline: Timeline
    encoder: Encoder
    originals: Originals

    @classmethod
    def open(cls, desk: Desk, timeline_key: str, encoder: Mapping[str, Any], files: Mapping[str, str]) -> Film:
        """Read the planned film back. Raises PartsMissing if its timeline is gone."""
        part = desk.cache.get(timeline_key, ".json")
        if part is None:
            raise PartsMissing()
        timeline = Timeline.model_validate_json(part.read_bytes())
        hashes = {asset.id: asset.sha256 for asset in timeline.assets}
        return cls(timeline, ENCODER.validate_python(encoder), Originals(files, hashes, desk.cache))

    @property
    def jobs(self) -> tuple[SegmentJob, ...]:
        return segment_jobs(self.timeline, self.encoder)

    def media(self, desk: Desk) -> Media:
        return Media(desk.cache, self.originals, self.timeline, 1, desk.cancel)


def encoder_as_json(encoder: Encoder) -> dict[str, Any]:
    return asdict(encoder)


def draw(desk: Desk, film: Film, keys: Sequence[str], report: Report) -> None:
    """Draw and encode segments; `report` is told each one's finished frames, when it is kept all of them.

    What memory doesn't suffice for beside other work is tried once more alone. Raises the renderer's errors.
    """
    wanted = set(keys)
    jobs = list({job.key: job for job in film.jobs if job.key in wanted}.values())
    try:
        _draw(desk, film, jobs, report, alone=False)
    except RenderOutOfMemory:
        _draw(desk, film, jobs, report, alone=True)


def _draw(desk: Desk, film: Film, jobs: Sequence[SegmentJob], report: Report, *, alone: bool) -> None:
    missing = []
    for job in jobs:
        if desk.cache.get(job.key, ".mp4") is None:
            missing.append(job)
        else:  # drawn by an attempt that was cut off
            report(job.key, job.segment.frames)
    if not missing:
        return
    with desk.cache.scratch() as scratch, desk.worker(film.encoder, alone=alone) as worker:
        worker.open(steps.open_timeline(film.media(desk), missing, scratch))
        for job in missing:
            target = scratch / f"{job.key}.mp4"
            request = RenderSegment(segment=job.segment, encoder=film.encoder, path=str(target))
            worker.ask(request, _progress(report, job))
            failpoints.hit("renderer.segment.before_put")
            desk.cache.put(job.key, ".mp4", target)
            failpoints.hit("renderer.segment.after_put")
            report(job.key, job.segment.frames)


def _progress(report: Report, job: SegmentJob) -> Callable[[int], None]:
    # The last frame counts when the segment is kept.
    return lambda frames: report(job.key, min(frames, job.segment.frames - 1))


def mix(desk: Desk, film: Film) -> None:
    """Make the sound track into the cache, if there is something to hear."""
    key = sound_key(film.timeline)
    if key is not None:
        with desk.cache.scratch() as scratch, desk.worker() as worker:
            make_sound(key, film.media(desk), scratch, worker, IDLE_SECONDS, lambda fraction: None)


@dataclass(frozen=True, slots=True)
class Assembled:
    """The files of a finished film in a folder: name → content type."""

    folder: Path
    names: dict[str, str]


def assemble(desk: Desk, film: Film, attributions: bytes | None, folder: Path) -> Assembled:
    """Join the parts and write what goes with them: poster, captions, credits.

    Raises PartsMissing if a part is gone from cache and store, and the renderer's errors.
    """
    jobs, timeline = film.jobs, film.timeline
    sound = sound_key(timeline)
    with ThreadPoolExecutor(_FETCHERS, thread_name_prefix="parts") as threads:
        found = list(threads.map(lambda key: desk.cache.get(key, ".mp4"), {job.key for job in jobs}))
    audio = desk.cache.get(sound, ".m4a") if sound else None
    if None in found or (sound and audio is None):
        raise PartsMissing()
    names = {"video.mp4": "video/mp4", "poster.jpg": "image/jpeg"}
    with desk.worker() as worker:
        worker.ask(steps.join_segments(timeline, jobs, audio, desk.cache, folder / "video.mp4"))
        worker.open(steps.open_timeline(film.media(desk), steps.poster_jobs(timeline), folder))
        worker.ask(steps.draw_poster(timeline, folder / "poster.jpg"))
    if timeline.captions.groups:
        names |= {"captions.srt": "application/x-subrip", "captions.vtt": "text/vtt"}
        (folder / "captions.srt").write_text(export_srt(timeline), encoding="utf-8")
        (folder / "captions.vtt").write_text(export_vtt(timeline), encoding="utf-8")
    if attributions is not None:
        names["credits.txt"] = "text/plain; charset=utf-8"
        made_by = _ATTRIBUTIONS.validate_json(attributions)
        (folder / "credits.txt").write_text(credits_text(timeline, made_by), encoding="utf-8")
    return Assembled(folder, names)
