"""The steps of a render as requests to a worker: what has to be ready for each, and the address of its result.

Used by `render`, which does them all in one go, and by the service's tasks, which do them wherever there is room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from services.renderer.engine import plan
from services.renderer.engine.cache import Cache
from services.renderer.engine.encode import encoders
from services.renderer.engine.ingest.prepare import Media
from services.renderer.engine.plan import SegmentJob, digest
from services.renderer.engine.workers.protocol import Join, Open, Poster
from storyboard.timeline import Timeline, fingerprint


def open_timeline(
    media: Media, missing: Iterable[SegmentJob], folder: Path, halfway: Callable[[], None] = lambda: None
) -> Open:
    """Prepare the media that the missing segments show and write the timeline into `folder` for a worker.

    `halfway` is called when the pictures are ready and the clips are not. Raises the errors of `media`.
    """
    timeline = media.timeline
    shown = {scene for job in missing for scene in job.segment.scenes}
    assets = {layer.asset for scene in shown for layer in timeline.scenes[scene].layers if layer.type == "image"}
    assets |= {
        picture.asset for scene in shown if (picture := timeline.scenes[scene].picture).type in ("image", "video")
    }
    if timeline.logo is not None:
        assets.add(timeline.logo.asset)
    stills = media.stills(asset for asset in plan.still_needs(timeline) if asset in assets)
    halfway()
    clips = media.clips(need for need in plan.clip_needs(timeline) if need.asset in assets)
    path = folder / "timeline.json"
    path.write_text(timeline.model_dump_json(by_alias=True, exclude_none=True))
    return Open(timeline=str(path), stills=stills, clips=clips)


def video_key(timeline: Timeline, jobs: Iterable[SegmentJob], sound: str | None) -> str:
    """The address of the finished file: of its segments, its sound and what is written into its header."""
    return digest("video", [job.key for job in jobs], sound, timeline.title, fingerprint(timeline))


def join_segments(
    timeline: Timeline, jobs: Iterable[SegmentJob], audio: Path | None, cache: Cache, target: Path
) -> Join:
    """Put the segments, which are all in the cache, and the sound into `target`."""
    return Join(
        segments=tuple(str(cache.path(job.key, ".mp4")) for job in jobs),
        audio=str(audio) if audio else None,
        fps=timeline.canvas.fps,
        metadata={"title": timeline.title, "fingerprint": fingerprint(timeline)},
        path=str(target),
    )


def poster_key(timeline: Timeline) -> str:
    return digest("poster", fingerprint(timeline), plan.ENGINE_VERSION)


def poster_jobs(timeline: Timeline) -> list[SegmentJob]:
    """The segment whose media the poster needs."""
    frame = timeline.output.poster
    jobs = plan.segment_jobs(timeline, encoders.software("h264", "draft"))
    return [job for job in jobs if job.segment.start <= frame < job.segment.end]


def draw_poster(timeline: Timeline, target: Path) -> Poster:
    return Poster(frame=timeline.output.poster, path=str(target))
