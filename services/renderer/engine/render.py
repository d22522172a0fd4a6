"""A timeline to a finished video file: what isn't in the cache is prepared, drawn, mixed and joined.

    stills, clips ──▶ segments (workers) ─┐
    voices, music ──▶ mix ──▶ AAC ────────┴──▶ join ──▶ cache ──▶ the wanted file

Every step's result is in the cache by content address, so a render that was killed at any moment goes on where it was,
and one of an edited storyboard makes only what the edit changed.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from kernel.sandbox import Sandbox, discover
from services.renderer.engine import encoders, plan
from services.renderer.engine.cache import Cache
from services.renderer.engine.encoders import Choice, Encoder
from services.renderer.engine.plan import SegmentJob, digest
from services.renderer.engine.pool import Host, Pool, Task
from services.renderer.engine.prepare import Files, Media
from services.renderer.engine.progress import Meter, Progress
from services.renderer.engine.protocol import Join, Mix, Open, Poster, ProbeEncoder, RenderSegment
from services.renderer.engine.soundtrack import TARGET_LUFS, encode, music_track, placed_sounds, samples_of
from services.renderer.engine.toolchain import find_ffmpeg
from services.renderer.errors import EncoderUnavailable, ScratchFull
from storyboard.timeline import Timeline, fingerprint

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, slots=True)
class Options:
    """How to render. `jobs` workers at once; `engine` as in the storyboard's output."""

    engine: encoders.Engine = "auto"
    jobs: int = field(default_factory=lambda: max(1, len(os.sched_getaffinity(0))))
    preview: bool = False
    poster: Path | None = None


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
    job = _Render(shown, files, cache, options, Meter(report), cancel or threading.Event(), sandbox or discover())
    with _scratch_errors():
        return job.run(out)


@contextmanager
def _scratch_errors() -> Iterator[None]:
    """A full disk under our own hands is the same typed error as under a worker's."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise ScratchFull() from error
        raise


@dataclass(slots=True)
class _Render:
    timeline: Timeline
    files: Files
    cache: Cache
    options: Options
    meter: Meter
    cancel: threading.Event
    sandbox: Sandbox
    drawn: dict[str, int] = field(default_factory=dict)
    rendered: int = 0

    def run(self, out: Path) -> Result:
        output = self.timeline.output
        choice = encoders.choose(output.codec, output.quality, self.options.engine, self._probe)
        try:
            video, jobs = self._video(choice.encoder)
        except EncoderUnavailable as error:
            if not choice.encoder.hardware:
                raise
            # The GPU passed its probe and failed at work: the processor takes over, and the cause is told.
            fallback = encoders.software(output.codec, output.quality)
            choice = Choice(fallback, f"Rendering on the processor with {fallback.name}. {error.detail}")
            video, jobs = self._video(fallback)
        _publish(video, out)
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
        sound_key = self._sound_key()
        mark = fingerprint(self.timeline)
        key = digest("video", [job.key for job in jobs], sound_key, self.timeline.title, mark)
        found = self.cache.get(key, ".mp4")
        if found is not None:
            return found, jobs
        with self.cache.scratch() as scratch:
            with ThreadPoolExecutor(1, thread_name_prefix="sound") as beside:
                sound = beside.submit(self._sound, sound_key, scratch)
                try:
                    self._segments(jobs, encoder, scratch)
                except BaseException:
                    self._abandon(sound)
                    raise
                audio = sound.result()
            target = scratch / "video.mp4"
            parts = tuple(str(self.cache.path(job.key, ".mp4")) for job in jobs)
            metadata = {"title": self.timeline.title, "fingerprint": mark}
            request = Join(
                segments=parts,
                audio=str(audio) if audio else None,
                fps=self.timeline.canvas.fps,
                metadata=metadata,
                path=str(target),
            )
            with self._pool(scratch, None, 1) as pool:
                pool.ask(request)
            self.meter.advance("join", 1.0)
            return self.cache.put(key, ".mp4", target), jobs

    def _abandon(self, sound: Future[Path | None]) -> None:
        """The picture failed: the sound is not waited for."""
        if not sound.done():
            self.cancel.set()

    def _pool(self, scratch: Path, opened: Open | None, jobs: int) -> Pool:
        return Pool(self._host(scratch), opened, jobs, self.cancel)

    def _host(self, scratch: Path) -> Host:
        # Recordings that are plain WAV are mixed from where they lie.
        originals = tuple(sorted({path.resolve() for path in self.files.values()}))
        return Host(self.sandbox, (self.cache.objects, find_ffmpeg().path, *originals), scratch)

    # -- picture ------------------------------------------------------------------------------------------------

    def _segments(self, jobs: tuple[SegmentJob, ...], encoder: Encoder, scratch: Path) -> None:
        """Draw and encode every segment that isn't in the cache."""
        missing: dict[str, SegmentJob] = {}
        for job in jobs:
            if self.cache.get(job.key, ".mp4") is None:
                missing.setdefault(job.key, job)
        total = sum(job.segment.frames for job in missing.values())
        if not missing:
            self.meter.advance("prepare", 1.0)
            self.meter.advance("render", 1.0)
            return
        opened = self._open(missing, scratch)
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

        def progress(task: Task, frames: int) -> None:
            self.drawn[task.key] = frames
            self.meter.advance("render", sum(self.drawn.values()) / total)

        def finished(task: Task) -> None:
            self.cache.put(task.key, ".mp4", scratch / f"{task.key}.mp4")
            self.rendered += 1
            progress(task, task.frames)

        self.drawn.clear()
        self.rendered = 0
        with self._pool(scratch, opened, min(self.options.jobs, len(tasks))) as pool:
            pool.run(tasks, finished, progress)

    def _open(self, missing: Mapping[str, SegmentJob], scratch: Path) -> Open:
        """Prepare the media the missing segments show and write the timeline for the workers."""
        shown = {scene for job in missing.values() for scene in job.segment.scenes}
        media = self._media()
        assets = {
            layer.asset for scene in shown for layer in self.timeline.scenes[scene].layers if layer.type == "image"
        }
        assets |= {
            picture.asset
            for scene in shown
            if (picture := self.timeline.scenes[scene].picture).type in ("image", "video")
        }
        if self.timeline.logo is not None:
            assets.add(self.timeline.logo.asset)
        stills = media.stills(asset for asset in plan.still_needs(self.timeline) if asset in assets)
        self.meter.advance("prepare", 0.5)
        clips = media.clips(need for need in plan.clip_needs(self.timeline) if need.asset in assets)
        path = scratch / "timeline.json"
        path.write_text(self.timeline.model_dump_json(by_alias=True, exclude_none=True))
        return Open(timeline=str(path), stills=stills, clips=clips)

    def _media(self) -> Media:
        return Media(self.cache, self.files, self.timeline, self.options.jobs, self.cancel)

    def _probe(self, encoder: Encoder) -> str:
        with self.cache.scratch() as scratch, self._pool(scratch, None, 1) as pool:
            return pool.ask(ProbeEncoder(encoder=encoder, path=str(scratch / "probe.mp4")))

    def _poster(self, target: Path) -> None:
        key = digest("poster", fingerprint(self.timeline), plan.ENGINE_VERSION)
        found = self.cache.get(key, ".jpg")
        if found is None:
            with self.cache.scratch() as scratch:
                every = {job.key: job for job in plan.segment_jobs(self.timeline, encoders.software("h264", "draft"))}
                frame = self.timeline.output.poster
                near = {key: job for key, job in every.items() if job.segment.start <= frame < job.segment.end}
                with self._pool(scratch, self._open(near, scratch), 1) as pool:
                    pool.ask(Poster(frame=frame, path=str(scratch / "poster.jpg")))
                found = self.cache.put(key, ".jpg", scratch / "poster.jpg")
        _publish(found, target)

    # -- sound --------------------------------------------------------------------------------------------------

    def _sound_key(self) -> str | None:
        """The address of the sound track, or None where there is nothing to hear."""
        timeline = self.timeline
        if not timeline.narration and not timeline.sounds and timeline.music is None:
            return None
        heard = {clip.asset for clip in timeline.narration} | {clip.asset for clip in timeline.sounds}
        if timeline.music is not None:
            heard.add(timeline.music.asset)
        parts = timeline.model_dump(mode="json", include={"narration", "sounds", "music", "frames"})
        hashes = {asset: timeline.asset(asset).sha256 for asset in sorted(heard)}
        transitions = [scene.transition.frames for scene in timeline.scenes] if timeline.sounds else []
        settings = [plan.ENGINE_VERSION, find_ffmpeg().build, TARGET_LUFS, timeline.canvas.fps]
        return digest("sound", settings, parts, hashes, transitions)

    def _sound(self, key: str | None, scratch: Path) -> Path | None:
        if key is None:
            return None
        found = self.cache.get(key, ".m4a")
        if found is None:
            timeline = self.timeline
            media = replace(self._media(), jobs=1)
            raw = scratch / "mix.f32"
            music = None if timeline.music is None else music_track(timeline, media.sound(timeline.music.asset))
            request = Mix(
                sounds=tuple(placed_sounds(timeline, media.voices(), media.clip_sounds())),
                music=music,
                samples=samples_of(timeline.frames, timeline.canvas.fps),
                path=str(raw),
            )
            with self._pool(scratch, None, 1) as pool:
                pool.ask(request)
            self.meter.advance("sound", 0.5)
            target = scratch / "sound.m4a"
            encode(raw, target, self.cancel)
            raw.unlink()
            found = self.cache.put(key, ".m4a", target)
        self.meter.advance("sound", 1.0)
        return found


def _publish(cached: Path, out: Path) -> None:
    """Copy a cached file to where it is wanted, whole or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    os.close(handle)
    try:
        shutil.copyfile(cached, name)
        Path(name).chmod(0o644)
        Path(name).replace(out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
