"""The sound track of a timeline: its address in the cache, and how it is made when it isn't there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from services.renderer.engine.ingest.prepare import Media
from services.renderer.engine.plan import ENGINE_VERSION, digest
from services.renderer.engine.sound.soundtrack import TARGET_LUFS, encode, music_track, placed_sounds, samples_of
from services.renderer.engine.toolchain import ffmpeg_identity
from services.renderer.engine.workers.handle import Asks
from services.renderer.engine.workers.protocol import Mix
from storyboard.timeline import Timeline


def sound_key(timeline: Timeline) -> str | None:
    """The address of the sound track, or None where there is nothing to hear."""
    if not timeline.narration and not timeline.sounds and timeline.music is None:
        return None
    heard = {clip.asset for clip in timeline.narration} | {clip.asset for clip in timeline.sounds}
    if timeline.music is not None:
        heard.add(timeline.music.asset)
    parts = timeline.model_dump(mode="json", include={"narration", "sounds", "music", "frames"})
    hashes = {asset: timeline.asset(asset).sha256 for asset in sorted(heard)}
    transitions = [scene.transition.frames for scene in timeline.scenes] if timeline.sounds else []
    settings = [ENGINE_VERSION, ffmpeg_identity(), TARGET_LUFS, timeline.canvas.fps]
    return digest("sound", settings, parts, hashes, transitions)


def make_sound(
    key: str,
    media: Media,
    scratch: Path,
    worker: Asks,
    idle_seconds: float,
    progress: Callable[[float], None],
) -> Path:
    """Mix and encode the sound track into the cache, unless it is there; `progress` is told fractions, 0…1.

    Raises the errors of `prepare`, of a worker and of `soundtrack.encode`.
    """
    found = media.cache.get(key, ".m4a")
    if found is None:
        timeline = media.timeline
        raw = scratch / "mix.f32"
        samples = samples_of(timeline.frames, timeline.canvas.fps)
        music = None if timeline.music is None else music_track(timeline, media.sound(timeline.music.asset))
        request = Mix(
            sounds=tuple(placed_sounds(timeline, media.voices(), media.clip_sounds())),
            music=music,
            samples=samples,
            path=str(raw),
        )
        worker.ask(request, lambda mixed: progress(0.5 * mixed / samples))
        target = scratch / "sound.m4a"
        encode(raw, target, media.cancel, idle_seconds)
        raw.unlink()
        found = media.cache.put(key, ".m4a", target)
    progress(1.0)
    return found
