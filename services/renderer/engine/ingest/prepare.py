"""Media made ready for a render: each form of each file once, kept in the cache by content address.

A product in the cache is never made again; one that is missing is made in the sandbox by `ingest`, which is only
imported then: a render that finds everything cached loads no media library.
"""

from __future__ import annotations

import contextlib
import json
import threading
import wave
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from services.renderer.engine.cache import Cache
from services.renderer.engine.ingest.prepared import PreparedClip, PreparedStill
from services.renderer.engine.ingest.sniff import sniff
from services.renderer.engine.ingest.turns import turn
from services.renderer.engine.plan import ClipNeed, digest
from services.renderer.engine.sound.soundtrack import SAMPLE_RATE, retime
from services.renderer.engine.toolchain import ffmpeg_identity
from storyboard.resolution import ResolvedAsset
from storyboard.timeline import SoundClip, Timeline

#: part of every key; follows `ingest.INGEST_VERSION`
_VERSION = 1

Files = Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Media:
    """Prepares the files of one render; `files` are the originals by asset id."""

    cache: Cache
    files: Files
    timeline: Timeline
    jobs: int
    cancel: threading.Event

    def stills(self, assets: Iterable[str]) -> dict[str, PreparedStill]:
        return self._each(list(assets), self._still)

    def clips(self, needs: Iterable[ClipNeed]) -> dict[str, PreparedClip]:
        wanted = {need.asset: need for need in needs}
        return self._each(list(wanted), lambda asset: self._clip(wanted[asset]))

    def voices(self) -> dict[int, Path]:
        """Recordings by position in the timeline's narration."""
        clips = self.timeline.narration
        return self._each(list(range(len(clips))), lambda index: self.sound(clips[index].asset))

    def clip_sounds(self) -> dict[int, Path]:
        """Sounds of clips by position in the timeline's sounds, at the speed they are played."""
        clips = self.timeline.sounds
        return self._each(list(range(len(clips))), lambda index: self._clip_sound(clips[index]))

    def sound(self, asset: str) -> Path:
        """The whole recording as WAV. One that is 16-bit PCM already is taken as it is: the mix reads any rate."""
        source = self.files[asset]
        if _is_plain_wav(source):
            return source
        return self._wav(asset, 0.0, None, 1.0)

    def _each(self, keys: list[Any], make: Any) -> dict[Any, Any]:
        with ThreadPoolExecutor(max(1, self.jobs), thread_name_prefix="prepare") as threads:
            return dict(zip(keys, threads.map(make, keys), strict=True))

    def _key(self, asset: str, *what: object) -> str:
        return digest("ingest", _VERSION, ffmpeg_identity(), self.timeline.asset(asset).sha256, *what)

    def _record(self, key: str, suffixes: tuple[str, ...]) -> dict[str, Any] | None:
        """What is known of a cached product, if it and its description are there."""
        note = self.cache.get(key, ".json")
        for suffix in suffixes:
            if note is not None and self.cache.get(key, suffix) is not None:
                record: dict[str, Any] = json.loads(note.read_bytes())
                return {**record, "path": str(self.cache.path(key, suffix))}
        return None

    def _keep(self, key: str, suffix: str, folder: Path, product: Path, record: Mapping[str, object]) -> dict[str, Any]:
        """Move a product into the cache, its description last: with that there, the product is complete."""
        path = self.cache.put(key, suffix, product)
        note = folder / "note.json"
        note.write_text(json.dumps(dict(record)))
        self.cache.put(key, ".json", note)
        return {**record, "path": str(path)}

    def _turn(self, key: str) -> threading.Lock:
        return turn(str(self.cache.objects), key)

    def _still(self, asset: str) -> PreparedStill:
        key, suffixes = self._key(asset, "still"), (".yuv", ".rgba")
        record = self._record(key, suffixes)
        if record is None:
            with self._turn(key):
                record = self._record(key, suffixes) or self._make_still(key, asset)
        return PreparedStill(**record)

    def _make_still(self, key: str, asset: str) -> dict[str, Any]:
        from services.renderer.engine.ingest.normalise import normalise_image

        with self.cache.scratch() as folder:
            made = normalise_image(self.files[asset], folder, cancel=self.cancel)
            size = {"width": made.width, "height": made.height, "has_alpha": made.has_alpha}
            return self._keep(key, made.path.suffix, folder, made.path, size)

    def _clip(self, need: ClipNeed) -> PreparedClip:
        key = self._key(need.asset, "clip", self.timeline.canvas.fps, need.first, need.frames, need.scale)
        record = self._record(key, (".mp4",))
        if record is None:
            with self._turn(key):
                record = self._record(key, (".mp4",)) or self._make_clip(key, need)
        return PreparedClip(**record)

    def _make_clip(self, key: str, need: ClipNeed) -> dict[str, Any]:
        from services.renderer.engine.ingest.normalise import normalise_clip

        fps = self.timeline.canvas.fps
        with self.cache.scratch() as folder:
            made = normalise_clip(
                self.files[need.asset],
                folder,
                fps=Fraction(fps),
                start_seconds=need.first / fps,
                duration_seconds=need.frames / fps,
                scale=need.scale,
                cancel=self.cancel,
            )
            size = {"width": made.width, "height": made.height, "first": need.first, "frames": made.frames}
            return self._keep(key, ".mp4", folder, made.path, size)

    def _clip_sound(self, clip: SoundClip) -> Path:
        fps = self.timeline.canvas.fps
        return self._wav(clip.asset, clip.trim / fps, clip.frames * clip.speed / fps, clip.speed)

    def _wav(self, asset: str, start: float, seconds: float | None, speed: float) -> Path:
        key = self._key(asset, "sound", start, seconds, speed)
        found = self.cache.get(key, ".wav")
        if found is not None:
            return found
        with self._turn(key):
            return self.cache.get(key, ".wav") or self._make_wav(key, asset, start, seconds, speed)

    def _make_wav(self, key: str, asset: str, start: float, seconds: float | None, speed: float) -> Path:
        from services.renderer.engine.ingest.normalise import normalise_audio

        with self.cache.scratch() as folder:
            made = normalise_audio(
                self.files[asset], folder, start_seconds=start, duration_seconds=seconds, cancel=self.cancel
            ).path
            if speed != 1.0:
                made = retime(made, speed, folder / "retimed.wav", self.cancel)
            return self.cache.put(key, ".wav", made)


def describe(
    source: Path, sha256: str, cache: Cache, cancel: threading.Event | None = None, declared: str | None = None
) -> ResolvedAsset:
    """What a file holds, for the compiler: kind, size as shown, length. Raises the MediaError that says why not.

    `declared` is the MIME type or name its sender gave, which the bytes must bear out.
    """
    if declared is not None:
        sniff(source, declared)
    key = digest("describe", _VERSION, sha256)
    known = cache.get(key, ".json")
    if known is not None:
        return ResolvedAsset.model_validate_json(known.read_bytes())
    from services.renderer.engine.ingest.probe import probe

    info = probe(source, cancel=cancel)
    asset = ResolvedAsset(
        kind=info.kind,
        sha256=sha256,
        width=info.video.width if info.video and info.kind != "audio" else None,
        height=info.video.height if info.video and info.kind != "audio" else None,
        seconds=info.duration_seconds if info.kind != "image" else None,
        has_audio=info.audio is not None,
    )
    with cache.scratch() as folder:
        note = folder / "note.json"
        note.write_text(asset.model_dump_json())
        cache.put(key, ".json", note)
    return asset


def _is_plain_wav(path: Path) -> bool:
    with contextlib.suppress(wave.Error, EOFError), wave.open(str(path), "rb") as recording:
        plain = recording.getsampwidth() == 2 and recording.getcomptype() == "NONE" and recording.getnchannels() <= 2
        # A recording that was cut off, or streamed with a made-up length, is for the decoder to judge.
        claimed = recording.getnframes() * recording.getnchannels() * 2
        whole = 0 < claimed <= path.stat().st_size
        return plain and whole and 8000 <= recording.getframerate() <= 4 * SAMPLE_RATE
    return False
