"""A timeline to a finished video file: what isn't in the cache is prepared, drawn, mixed and joined.

    stills, clips ──▶ segments (workers) ─┐
    voices, music ──▶ mix ──▶ AAC ────────┴──▶ join ──▶ cache ──▶ the wanted file

Every step's result is in the cache by content address, so a render that was killed at any moment goes on where it was,
and one of an edited storyboard makes only what the edit changed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from kernel.sandbox import Sandbox, discover
from services.renderer.engine import plan, steps
from services.renderer.engine.cache import Cache, publish, scratch_errors
from services.renderer.engine.encode import encoders
from services.renderer.engine.encode.encoders import Choice, Encoder
from services.renderer.engine.ingest.prepare import Files, Media
from services.renderer.engine.plan import SegmentJob
from services.renderer.engine.progress import Meter, Progress
from services.renderer.engine.sound.sound_pass import make_sound, sound_key
from services.renderer.engine.toolchain import locate_ffmpeg
from services.renderer.engine.workers.handle import IDLE_SECONDS, LIMITS, Host
from services.renderer.engine.workers.pool import Pool, Task
from services.renderer.engine.workers.protocol import Open, ProbeEncoder, RenderSegment
from services.renderer.engine.workers.stop import Stop
from services.renderer.errors import EncoderUnavailable, RenderCancelled, RenderCrashed, RenderStalled
from storyboard.timeline import Timeline, fingerprint


@dataclass(frozen=True, slots=True)
class Options:
    """How to render. `jobs` workers at once; `engine` as in the storyboard's output.

    A worker may use `memory_bytes` of address space, and is taken for hung after `idle_seconds` of silence.
    """

    engine: encoders.Engine = "auto"
    jobs: int = field(default_factory=lambda: max(1, len(os.sched_getaffinity(0))))
    preview: bool = False
    poster: Path | None = None
    memory_bytes: int = LIMITS.address_space_bytes
    idle_seconds: float = IDLE_SECONDS


@dataclass(frozen=True, slots=True)
class Result:
    """What was made. `reason` says why a better encoder was not used; `rendered` counts segments not in the cache."""

    path: Path
    frames: int
    seconds: float
    segments: int
    rendered: int
    encoder: str
    reason: str
    fingerprint: str


def render(
    timeline: Timeline,
    files: Files,
    out: Path,
    *,
    cache: Cache,
    options: Options | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
    cancel: threading.Event | None = None,
    sandbox: Sandbox | None = None,
) -> Result:
    """Render a timeline to `out`; `files` are the originals of its assets by id.

    `out` appears whole or not at all. Raises RendererError subclasses; whatever was finished stays in the cache.
    """
    options = options or Options()
    shown = plan.preview_timeline(timeline) if options.preview else timeline
    job = _Render(shown, files, cache, options, Meter(report), cancel or threading.Event(), sandbox)
    cache.sweep()
    with scratch_errors():
        return job.run(out)


@dataclass(slots=True)
class _Render:
    timeline: Timeline
    files: Files
    cache: Cache
    options: Options
    meter: Meter
    cancel: threading.Event
    sandbox: Sandbox | None
    rendered: int = 0

    def run(self, out: Path) -> Result:
        output = self.timeline.output
        choice = encoders.choose(output.codec, output.quality, self.options.engine, self._probe)
        try:
            video, jobs = self._video(choice.encoder)
        except (EncoderUnavailable, RenderCrashed, RenderStalled) as error:
            if not choice.encoder.hardware:
                raise
            # The GPU passed its probe and failed at work, or its driver took the worker along: the processor takes
            # over, and the cause is told.
            fallback = encoders.software(output.codec, output.quality)
            choice = Choice(fallback, f"Rendering on the processor with {fallback.name}. {error.detail}")
            video, jobs = self._video(fallback)
        publish(video, out)
        if self.options.poster is not None:
            self._poster(self.options.poster)
        self.cache.collect()
        self.meter.done()
        return Result(
            path=out,
            frames=self.timeline.frames,
            seconds=self.timeline.seconds,
            segments=len(jobs),
            rendered=self.rendered,
            encoder=choice.encoder.name,
            reason=choice.reason,
            fingerprint=fingerprint(self.timeline),
        )

    # -- the whole ----------------------------------------------------------------------------------------------

    def _video(self, encoder: Encoder) -> tuple[Path, tuple[SegmentJob, ...]]:
        """The finished file in the cache, made if need be, and the segments it consists of."""
        jobs = plan.segment_jobs(self.timeline, encoder)
        key_of_sound = sound_key(self.timeline)
        key = steps.video_key(self.timeline, jobs, key_of_sound)
        found = self.cache.get(key, ".mp4")
        if found is not None:
            return found, jobs
        with self.cache.scratch() as scratch:
            target = scratch / "video.mp4"
            frames = self.timeline.frames
            stop = Stop(self.cancel)
            devices = encoders.devices() if encoder.hardware else ()
            with self._pool(scratch, stop, self.options.jobs, devices) as pool:
                audio = self._picture_and_sound(jobs, encoder, key_of_sound, scratch, pool, stop)
                request = steps.join_segments(self.timeline, jobs, audio, self.cache, target)
                pool.ask(request, lambda joined: self.meter.advance("join", joined / frames))
            self.meter.advance("join", 1.0)
            return self.cache.put(key, ".mp4", target), jobs

    def _picture_and_sound(
        self,
        jobs: tuple[SegmentJob, ...],
        encoder: Encoder,
        key_of_sound: str | None,
        scratch: Path,
        pool: Pool,
        stop: Stop,
    ) -> Path | None:
        """Make the segments and beside them the sound track, whose file is returned; what fails stops the other."""

        def make() -> Path | None:
            try:
                return self._sound(key_of_sound, scratch, pool, stop)
            except BaseException:
                stop.set()
                raise

        with ThreadPoolExecutor(1, thread_name_prefix="sound") as beside:
            sound = beside.submit(make)
            try:
                self._segments(jobs, encoder, scratch, pool, stop)
            except RenderCancelled:
                if not self.cancel.is_set():
                    sound.result()  # raises what stopped the picture
                raise
            except BaseException:
                stop.set()
                raise
            return sound.result()

    def _sound(self, key: str | None, scratch: Path, pool: Pool, stop: threading.Event) -> Path | None:
        if key is None:
            return None
        media = Media(self.cache, self.files, self.timeline, 1, stop)

        def progress(fraction: float) -> None:
            self.meter.advance("sound", fraction)

        return make_sound(key, media, scratch, pool, self.options.idle_seconds, progress)

    def _pool(
        self,
        scratch: Path,
        stop: threading.Event,
        jobs: int = 1,
        devices: tuple[str, ...] = (),
    ) -> Pool:
        # Recordings that are plain WAV are mixed from where they lie.
        originals = tuple(sorted({path.resolve() for path in self.files.values()}))
        host = Host(
            self.sandbox or discover(),
            (self.cache.objects, locate_ffmpeg(), *originals),
            scratch,
            replace(LIMITS, address_space_bytes=self.options.memory_bytes),
            self.options.idle_seconds,
            devices,
        )
        return Pool(host, None, jobs, stop)

    # -- picture ------------------------------------------------------------------------------------------------

    def _segments(
        self, jobs: tuple[SegmentJob, ...], encoder: Encoder, scratch: Path, pool: Pool, stop: threading.Event
    ) -> None:
        """Draw and encode every segment that isn't in the cache."""
        # Segments that look the same are drawn once.
        missing = {job.key: job for job in jobs if self.cache.get(job.key, ".mp4") is None}
        if not missing:
            self.meter.advance("prepare", 1.0)
            self.meter.advance("render", 1.0)
            return
        pool.open(self._open(missing.values(), scratch, stop))
        self.meter.advance("prepare", 1.0)
        tasks = [
            Task(
                RenderSegment(segment=job.segment, encoder=encoder, path=str(scratch / f"{key}.mp4")),
                frames=job.segment.frames,
                scene=job.segment.scene,
                key=key,
            )
            for key, job in missing.items()
        ]

        total = sum(task.frames for task in tasks)
        drawn = dict.fromkeys(missing, 0)

        def progress(task: Task, frames: int) -> None:
            drawn[task.key] = frames
            self.meter.advance("render", sum(drawn.values()) / total)

        def finished(task: Task) -> None:
            self.cache.put(task.key, ".mp4", scratch / f"{task.key}.mp4")
            progress(task, task.frames)

        pool.run(tasks, finished, progress)
        self.rendered = len(tasks)

    def _open(self, missing: Iterable[SegmentJob], scratch: Path, stop: threading.Event) -> Open:
        """Prepare the media the missing segments show and write the timeline for the workers."""
        media = Media(self.cache, self.files, self.timeline, self.options.jobs, stop)
        return steps.open_timeline(media, missing, scratch, lambda: self.meter.advance("prepare", 0.5))

    def _probe(self, encoder: Encoder) -> str:
        devices = encoders.devices()
        with self.cache.scratch() as scratch, self._pool(scratch, self.cancel, devices=devices) as pool:
            return pool.ask(ProbeEncoder(encoder=encoder, path=str(scratch / "probe.mp4")))

    def _poster(self, target: Path) -> None:
        key = steps.poster_key(self.timeline)
        found = self.cache.get(key, ".jpg")
        if found is None:
            with self.cache.scratch() as scratch, self._pool(scratch, self.cancel) as pool:
                pool.open(self._open(steps.poster_jobs(self.timeline), scratch, self.cancel))
                pool.ask(steps.draw_poster(self.timeline, scratch / "poster.jpg"))
                found = self.cache.put(key, ".jpg", scratch / "poster.jpg")
        publish(found, target)
