"""Turns a tenant's file into the few forms the compositor reads. The second of the two ingest stages.

still   raw planes: YUV 4:2:0, BT.709, limited range; or straight RGBA where a pixel is transparent
clip    H.264 at exactly the wanted rate, first frame at 0, closed GOPs of a second, no B-frames, even sides
audio   WAV, 48 kHz, stereo, 16 bits

FFmpeg runs in the sandbox with the one file to read and a fresh folder to write; nothing but samples survives (no
metadata, no chapters, no other stream). A product appears under its name whole, by `rename`. A folder left
by a crash starts with `.ingest-`.
Products aren't cached here; the caller's key is the file's hash, the arguments, the FFmpeg build and INGEST_VERSION.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from kernel.sandbox import MIB, Completed, Limits, discover
from services.renderer.engine.ingest import conversion
from services.renderer.engine.ingest.containers import mezzanine_frames
from services.renderer.engine.ingest.headers import Source
from services.renderer.engine.ingest.probe import MediaInfo, probe
from services.renderer.engine.toolchain import find_ffmpeg
from services.renderer.errors import (
    MediaTooLarge,
    RenderCancelled,
    RenderCrashed,
    RenderOutOfMemory,
    ScratchFull,
    TypeMismatch,
    UnreadableMedia,
)

INGEST_VERSION: Final = 1
_ADDRESS_SPACE: Final = 3072 * MIB
_FFMPEG_NO_MEMORY: Final = 256 - errno.ENOMEM  # its exit code is the low byte of a negative errno
_SHORTFALL_SECONDS: Final = 0.5
_SHORTFALL_SHARE: Final = 0.02
_CAST: Final = "Convert it to MP4 (H.264) and upload that."


@dataclass(frozen=True, slots=True)
class StillAsset:
    """A picture at `path`: planes Y, U, V one after the other, or RGBA if `has_alpha`; even sides, in pixels."""

    path: Path
    width: int
    height: int
    has_alpha: bool


@dataclass(frozen=True, slots=True)
class ClipAsset:
    """`frames` frames at `fps` (exact); `audio_path` is its sound as WAV on the same clock, if asked for and there."""

    path: Path
    width: int
    height: int
    frames: int
    fps: Fraction
    audio_path: Path | None


@dataclass(frozen=True, slots=True)
class AudioAsset:
    """`frames` sample pairs at 48,000 a second."""

    path: Path
    frames: int
    sample_rate: int = conversion.SAMPLE_RATE
    channels: int = 2

    @property
    def seconds(self) -> float:
        return self.frames / self.sample_rate


Asset = StillAsset | ClipAsset | AudioAsset
A = TypeVar("A", StillAsset, ClipAsset, AudioAsset)


def normalise_image(
    source: Path,
    out_dir: Path,
    *,
    name: str = "still",
    info: MediaInfo | None = None,
    cancel: threading.Event | None = None,
) -> StillAsset:
    """Writes `NAME.yuv` or `NAME.rgba`: turned upright, converted, its longest side at most 8,192 pixels.

    An odd side becomes even by resampling (half a pixel at most). `info` spares a second probe. Raises MediaError
    subclasses for a bad file, RenderError subclasses for ours.
    """
    info = info or probe(source, cancel=cancel)
    video = info.video
    if info.kind != "image" or video is None:
        raise TypeMismatch("The file isn't a picture.")
    with _work_folder(out_dir) as folder:
        raw = folder / "raw"
        has_alpha = video.alpha_channel or video.streams == 2
        width, height = _write_still(source, info, raw, cancel, with_alpha=has_alpha)
        if has_alpha and _is_opaque(raw, width, height):
            has_alpha = False
            width, height = _write_still(source, info, raw, cancel, with_alpha=False)
        asset = StillAsset(out_dir / f"{name}.{'rgba' if has_alpha else 'yuv'}", width, height, has_alpha)
        raw.replace(asset.path)
        return asset


def normalise_clip(
    source: Path,
    out_dir: Path,
    *,
    fps: Fraction,
    start_seconds: float = 0.0,
    duration_seconds: float | None = None,
    scale: float = 1.0,
    with_audio: bool = False,
    name: str = "clip",
    info: MediaInfo | None = None,
    cancel: threading.Event | None = None,
) -> ClipAsset:
    """Writes `NAME.mp4` (and `NAME.wav`) with the frames of [start, start + duration) at exactly `fps`.

    A frame holds what a player shows at its time (to half a frame), so variable rates, late starts and negative
    timestamps come out right. The number of frames is duration × fps, rounded, or what the clip has left; `scale` ≤ 1
    multiplies its size. Costs the window, not the clip. Raises MediaError and RenderError subclasses;
    UnreadableMedia also where the window begins after the clip's end.
    """
    info = info or probe(source, cancel=cancel)
    video = info.video
    if info.kind != "video" or video is None:
        raise TypeMismatch("The file isn't a video.")
    left = info.duration_seconds - start_seconds
    seconds = left if duration_seconds is None else min(duration_seconds, left)
    frames = round(Fraction(seconds) * fps)
    if frames < 1:
        raise UnreadableMedia("The video ends before the part that is used. Choose an earlier part.")
    scale = min(scale, conversion.MAX_STILL_SIDE / max(video.width, video.height))
    limits = Limits(
        cpu_seconds=60 + int(20 * seconds), wall_seconds=90 + 40 * seconds, address_space_bytes=_ADDRESS_SPACE
    )
    ffmpeg = find_ffmpeg().path
    with _work_folder(out_dir) as folder:
        raw, sound = folder / "clip.mp4", folder / "clip.wav"
        # A cut into an open GOP decodes frames whose references lie before the cut, which counts as damage; reading
        # from the start tells that from real damage.
        for seek in [start_seconds, 0.0] if start_seconds > 0 else [0.0]:
            window = conversion.Window(start_seconds, seek, frames, fps)
            argv = conversion.clip_argv(
                ffmpeg, source.resolve(), info, window, scale, raw, sound if with_audio else None
            )
            try:
                _run(argv, source, folder, limits, cancel)
                break
            except UnreadableMedia:
                if seek == 0.0:
                    raise
        with raw.open("rb") as file:
            size, written = mezzanine_frames(Source(file, os.fstat(file.fileno()).st_size))
        _check_length(written / float(fps), frames / float(fps))
        audio_path = out_dir / f"{name}.wav" if sound.exists() else None
        if audio_path is not None:
            sound.replace(audio_path)
        asset = ClipAsset(out_dir / f"{name}.mp4", size.width, size.height, written, fps, audio_path)
        raw.replace(asset.path)
        return asset


def normalise_audio(
    source: Path,
    out_dir: Path,
    *,
    start_seconds: float = 0.0,
    duration_seconds: float | None = None,
    name: str = "audio",
    info: MediaInfo | None = None,
    cancel: threading.Event | None = None,
) -> AudioAsset:
    """Writes `NAME.wav` from a sound file's or video's default track; mono keeps its loudness in both channels.

    Raises MediaError and RenderError subclasses; UnreadableMedia also for a video without sound.
    """
    info = info or probe(source, cancel=cancel)
    if info.audio is None:
        raise UnreadableMedia("The file has no sound that can be played.")
    left = info.duration_seconds - start_seconds
    wanted = left if duration_seconds is None else min(duration_seconds, left)
    if wanted <= 0:
        raise UnreadableMedia("The sound ends before the part that is used. Choose an earlier part.")
    limits = Limits(
        cpu_seconds=60 + int(wanted / 20), wall_seconds=90 + wanted / 10, address_space_bytes=_ADDRESS_SPACE
    )
    with _work_folder(out_dir) as folder:
        raw = folder / "audio.wav"
        argv = conversion.audio_argv(
            find_ffmpeg().path, source.resolve(), info, info.audio, start_seconds, duration_seconds, raw
        )
        _run(argv, source, folder, limits, cancel)
        with wave.open(str(raw), "rb") as written:
            frames = written.getnframes()
        # An MP3 without an index only guesses its length; a video's sound may end before its picture.
        exact = info.kind == "audio" and info.format != "mp3"
        _check_length(frames / conversion.SAMPLE_RATE, wanted if exact else 0.0)
        asset = AudioAsset(out_dir / f"{name}.wav", frames)
        raw.replace(asset.path)
        return asset


@contextmanager
def _work_folder(out_dir: Path) -> Iterator[Path]:
    """A folder beside the products, gone afterwards; a full disk becomes ScratchFull."""
    folder: Path | None = None
    try:
        folder = Path(tempfile.mkdtemp(prefix=".ingest-", dir=out_dir))
        yield folder
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ScratchFull("No space is left for intermediate files.") from None
        raise
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _run(argv: list[str], source: Path, folder: Path, limits: Limits, cancel: threading.Event | None) -> Completed:
    done = discover().run(argv, read_only=[argv[0], source.resolve()], writable=[folder], limits=limits, cancel=cancel)
    if done.ok:
        return done
    if done.cancelled:
        raise RenderCancelled("The preparation of the file was cancelled.")
    if "No space left on device" in done.stderr_tail or "Disk quota exceeded" in done.stderr_tail:
        raise ScratchFull("No space is left for intermediate files.")
    if done.timed_out or done.cpu_exceeded or done.file_size_exceeded:
        raise MediaTooLarge(f"The file takes too long to convert. {_CAST}")
    if "max pixel count" in done.stderr_tail or "Picture size" in done.stderr_tail:
        raise MediaTooLarge("The pictures inside the file are larger than its header says, and too large.")
    if done.out_of_memory or done.returncode == _FFMPEG_NO_MEMORY:
        raise RenderOutOfMemory("Converting the file needs more memory than is allowed. Make it smaller.")
    if done.signal is not None:
        raise RenderCrashed(f"Converting the file crashed. {_CAST}")
    raise UnreadableMedia("The file is damaged. Upload it again from the original.")


def _write_still(
    source: Path, info: MediaInfo, raw: Path, cancel: threading.Event | None, *, with_alpha: bool
) -> tuple[int, int]:
    limits = Limits(cpu_seconds=60, wall_seconds=90, address_space_bytes=_ADDRESS_SPACE)
    argv = conversion.still_argv(find_ffmpeg().path, source.resolve(), info, raw, with_alpha=with_alpha)
    done = _run(argv, source, raw.parent, limits, cancel)
    width, height = _described_size(done.stdout)
    if raw.stat().st_size != width * height * (8 if with_alpha else 3) // 2:
        raise UnreadableMedia("The picture is cut off. Upload it again from the original.")
    return width, height


def _described_size(framecrc: bytes) -> tuple[int, int]:
    """Width and height out of FFmpeg's framecrc header; UnreadableMedia unless exactly one frame follows."""
    lines = framecrc.decode("ascii", "replace").splitlines()
    sizes = [line.split(": ")[1].split("x") for line in lines if line.startswith("#dimensions 0: ")]
    if len(sizes) != 1 or sum(not line.startswith("#") for line in lines) != 1:
        raise UnreadableMedia("The file holds no picture. Upload it again from the original.")
    return int(sizes[0][0]), int(sizes[0][1])


def _is_opaque(rgba: Path, width: int, height: int) -> bool:
    pixels = np.memmap(rgba, dtype=np.uint8, mode="r", shape=(height, width, 4))
    return bool(pixels[:, :, 3].min() == 255)


def _check_length(got: float, wanted: float) -> None:
    """FFmpeg ends well on some files it could read only in part: compares seconds with the plan."""
    if got <= 0 or got < wanted * (1 - _SHORTFALL_SHARE) - _SHORTFALL_SECONDS:
        raise UnreadableMedia("The file is shorter than it says: it is cut off. Upload it again from the original.")
