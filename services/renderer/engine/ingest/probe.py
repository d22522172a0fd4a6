"""Looks into a media file in the sandbox: streams, duration, size, colours. The first of the two ingest stages.

The file is sniffed first; the child process then opens it with that one demuxer and the allowed decoders, and decodes
one frame. What the child prints is parsed strictly, as the bytes of a hostile file may have taken it over.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from kernel.sandbox import MIB, Completed, Limits, discover, python_argv
from services.renderer.engine.ingest.sniff import Format, Kind, Sniffed, check_pixels, sniff
from services.renderer.errors import (
    MediaTooLarge,
    RenderCancelled,
    RenderCrashed,
    UnreadableMedia,
    UnsupportedMedia,
)

MAX_SECONDS: Final = 4 * 3600.0
MAX_STREAMS: Final = 32
VIDEO_CODECS: Final = frozenset(["h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "prores", "mjpeg"])
STILL_CODECS: Final = frozenset(["mjpeg", "png", "webp", "av1"])
AUDIO_CODECS: Final = frozenset(["aac", "mp3", "opus", "vorbis", "flac", "alac"])
PCM_CODECS: Final = frozenset(
    f"pcm_{name}"
    for name in ("u8", "s16le", "s16be", "s24le", "s24be", "s32le", "s32be", "f32le", "f32be", "f64le", "alaw", "mulaw")
)
# The names of FFmpeg's decoders for the codecs above, for its codec_whitelist option.
DECODERS: Final = ",".join(
    sorted({"h264", "hevc", "vp8", "vp9", "libdav1d", "mpeg4", "prores", "mjpeg", "png", "webp", "mp3float", "mp3"})
    + sorted({"aac", "opus", "vorbis", "flac", "alac"} | PCM_CODECS)
)
LIMITS: Final = Limits(
    cpu_seconds=20, wall_seconds=25, address_space_bytes=1536 * MIB, file_size_bytes=MIB, open_files=64
)

_HDR_TRANSFERS: Final = frozenset([16, 18])  # SMPTE ST 2084 (PQ) and ARIB STD-B67 (HLG), ITU-T H.273


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Audio(_Strict):
    index: int = Field(ge=0, le=MAX_STREAMS)
    codec: str = Field(max_length=32)
    channels: int = Field(ge=0, le=255)
    sample_rate: int = Field(ge=0, le=10_000_000)
    streams: int = Field(ge=1)


class _Video(_Strict):
    index: int = Field(ge=0, le=MAX_STREAMS)
    codec: str = Field(max_length=32)
    width: int = Field(ge=0)
    height: int = Field(ge=0)
    sample_aspect: list[int] = Field(min_length=2, max_length=2)
    rotation: int = Field(ge=0, le=359)
    frame_rate: list[int] | None = Field(min_length=2, max_length=2)
    variable_frame_rate: bool
    pixel_format: str = Field(max_length=32)
    bit_depth: int = Field(ge=1, le=64)
    alpha_channel: bool
    is_rgb: bool
    interlaced: bool
    matrix: int
    range: int
    primaries: int
    transfer: int
    streams: int = Field(ge=1)


class Findings(_Strict):
    """What the child prints."""

    duration: float | None
    streams: int = Field(ge=0)
    audio: _Audio | None
    video: _Video | None


_ANSWER: Final[TypeAdapter[Findings | None]] = TypeAdapter(Findings | None)


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """The sound that is used (the default stream): `index` among the file's `streams` audio streams."""

    index: int
    codec: str
    channels: int
    sample_rate: int
    streams: int


@dataclass(frozen=True, slots=True)
class ColourInfo:
    """Code points of ITU-T H.273 as the first frame carries them; 2 (matrix: also 0 for RGB) is unspecified.

    `full_range` is None where the file doesn't tell.
    """

    matrix: int
    primaries: int
    transfer: int
    full_range: bool | None
    is_rgb: bool

    @property
    def hdr(self) -> bool:
        return self.transfer in _HDR_TRANSFERS


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """The picture of an image or video. `width` × `height` is the size to show: rotated, with square pixels.

    `rotation` is in degrees, a multiple of 90 in practice. `frame_rate` is the average, None for a still.
    `alpha_channel` tells that the format can hold transparency, not that any pixel is transparent; `streams` counts
    the picture streams (an AVIF keeps transparency in a second one) and `index` is the place of this one among all.
    """

    index: int
    width: int
    height: int
    rotation: int
    codec: str
    frame_rate: Fraction | None
    variable_frame_rate: bool
    pixel_format: str
    bit_depth: int
    alpha_channel: bool
    interlaced: bool
    colour: ColourInfo
    streams: int


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a file holds. `video` is None for sound, `audio` is None for silence; `duration_seconds` is 0 for a still.

    A sound file with cover art is sound.
    """

    kind: Kind
    format: Format
    demuxer: str
    duration_seconds: float
    video: VideoInfo | None
    audio: AudioInfo | None


def probe(
    path: str | os.PathLike[str], declared: str | None = None, *, cancel: threading.Event | None = None
) -> MediaInfo:
    """Sniffs and probes the file at `path`; `declared` is the MIME type or name its sender gave.

    Raises what `sniff` raises; UnreadableMedia (damaged, or nothing to show or play), UnsupportedMedia (a codec that
    isn't allowed), MediaTooLarge (over 4 hours, 40 megapixels or 32 streams), RenderCrashed, RenderCancelled.
    """
    source = Path(path).resolve()
    sniffed = sniff(source, declared)
    child = python_argv(
        "services.renderer.engine.ingest.probe_child", str(source), sniffed.demuxer, DECODERS, str(MAX_SECONDS)
    )
    done = discover().run(
        child.argv,
        read_only=[*child.read_only, source],
        env=child.env,
        limits=LIMITS,
        cancel=cancel,
        max_stdout_bytes=MIB,
    )
    _raise_for(done)
    try:
        findings = _ANSWER.validate_json(done.stdout)
    except ValidationError:
        raise UnreadableMedia("The file can't be read. Save it again in another program.") from None
    if findings is None:
        raise UnreadableMedia("The file is damaged. Upload it again from the original.")
    return _judge(sniffed, findings)


def _raise_for(done: Completed) -> None:
    if done.cancelled:
        raise RenderCancelled("The check of the file was cancelled.")
    if done.timed_out or done.cpu_exceeded:
        raise MediaTooLarge("The file takes too long to read. Convert it to MP4 (H.264) and upload that.")
    if done.out_of_memory:  # the address space is limited, so this depends on the file alone
        raise MediaTooLarge("The file needs too much memory to read. Convert it to MP4 (H.264) and upload that.")
    if done.signal is not None:
        raise RenderCrashed("Reading the file crashed the decoder. Convert it to another format and upload that.")
    if done.returncode != 0:
        raise RenderCrashed("Reading the file failed unexpectedly.")


def _judge(sniffed: Sniffed, found: Findings) -> MediaInfo:
    """Applies the limits and allow-lists."""
    if found.streams > MAX_STREAMS:
        raise MediaTooLarge(f"The file has {found.streams} streams; up to {MAX_STREAMS} are accepted.")
    duration = found.duration or 0.0
    if duration > MAX_SECONDS:
        raise MediaTooLarge(f"The file is longer than {MAX_SECONDS / 3600:.0f} hours. Cut it and upload the part.")
    video = None if found.video is None or sniffed.kind == "audio" else _video_info(found.video)
    audio = None if found.audio is None else AudioInfo(**found.audio.model_dump())
    if audio is not None and audio.codec not in AUDIO_CODECS | PCM_CODECS:
        if video is None:
            raise UnsupportedMedia("The sound's codec isn't supported. Convert it to AAC, MP3, FLAC or WAV.")
        audio = None
    if audio is not None and not (audio.channels and audio.sample_rate):
        audio = None
    if video is not None and video.codec not in (STILL_CODECS if sniffed.kind == "image" else VIDEO_CODECS):
        raise UnsupportedMedia("The video's codec isn't supported. Convert it to MP4 with H.264.")
    if sniffed.kind == "image":
        if video is None:
            raise UnreadableMedia("The picture is damaged. Upload it again from the original.")
        if video.streams > 2:
            raise UnsupportedMedia("AVIF pictures in tiles aren't supported. Save the picture as JPEG or PNG.")
        still = replace(video, frame_rate=None, variable_frame_rate=False)
        return MediaInfo("image", sniffed.format, sniffed.demuxer, 0.0, still, None)
    if video is None and audio is None:
        raise UnreadableMedia("The file has no video and no sound that can be played.")
    if duration <= 0:
        raise UnreadableMedia("The file has no duration: it is empty or cut off. Upload it again from the original.")
    kind: Kind = "audio" if video is None else "video"
    return MediaInfo(kind, sniffed.format, sniffed.demuxer, duration, video, audio)


def _video_info(found: _Video) -> VideoInfo:
    check_pixels(found.width, found.height)
    across, down = found.sample_aspect
    wide = across / down if across > 0 and down > 0 else 1.0
    width, height = max(1, round(found.width * wide)), found.height
    if found.rotation % 180 == 90:
        width, height = height, width
    check_pixels(width, height)
    rate = found.frame_rate
    return VideoInfo(
        index=found.index,
        width=width,
        height=height,
        rotation=found.rotation,
        codec=found.codec,
        frame_rate=Fraction(*rate) if rate and rate[1] and rate[0] > 0 else None,
        variable_frame_rate=found.variable_frame_rate,
        pixel_format=found.pixel_format,
        bit_depth=found.bit_depth,
        alpha_channel=found.alpha_channel,
        interlaced=found.interlaced,
        colour=ColourInfo(
            matrix=found.matrix,
            primaries=found.primaries,
            transfer=found.transfer,
            full_range={1: False, 2: True}.get(found.range),
            is_rgb=found.is_rgb,
        ),
        streams=found.streams,
    )
