"""FFmpeg argument lists of the ingest stage, built from typed objects. The only place that knows FFmpeg's options.

Input options close every way out of the one file: forced demuxer, whitelisted protocols, formats and decoders, a
pixel limit. `strict` makes FFmpeg stop at the first damaged frame; without it a cut picture is grey and a cut video
short, with exit code 0. Nothing here comes from a user as text: paths are ours, numbers are numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from services.renderer.engine.ingest.probe import DECODERS, AudioInfo, MediaInfo, VideoInfo
from services.renderer.engine.ingest.sniff import MAX_PIXELS

if TYPE_CHECKING:
    from ffmpeg import AudioStream, AVStream, VideoStream
    from ffmpeg.dag.nodes import OutputStream

SAMPLE_RATE: Final = 48_000
MAX_STILL_SIDE: Final = 8192
_SD_LINES: Final = 720  # below them, untagged video is BT.601 by custom
_UNSPECIFIED: Final = 2  # ITU-T H.273
_WIDE_PRIMARIES: Final = frozenset([9, 11, 12])  # BT.2020, DCI-P3, Display P3
_GLOBAL: Final[dict[str, Any]] = {
    "hide_banner": True,
    "loglevel": "error",
    "y": True,
    "filter_threads": 1,
    "filter_complex_threads": 1,
    "extra_options": {"nostdin": True},
}
_NO_METADATA: Final[dict[str, Any]] = {"map_metadata": "-1", "map_chapters": -1, "bitexact": True}
_BT709_TAGS: Final[dict[str, Any]] = {
    "colorspace": "bt709",
    "color_primaries": "bt709",
    "color_trc": "bt709",
    "color_range": "tv",
}
# Frames go to the nearest place of the new rate, which bears the jitter of cameras. At half the rate every second one
# lies just between two places; this lets all of them fall to the same side in spite of millisecond timestamps.
_TIE_MICROSECONDS: Final = 2000
# The least CPU of encode and decode together among x264's presets at VMAF ≥ 97 (measured on noisy 1080p30).
_MEZZANINE: Final[dict[str, Any]] = {"preset": "ultrafast", "crf": 16, "bf": 0, "sc_threshold": 0, "threads": 1}


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a clip to read: `frames` at `fps` from `start` seconds on; `seek` is where the demuxer jumps to."""

    start: float
    seek: float
    frames: int
    fps: Fraction

    @property
    def offset(self) -> float:
        """Seconds between the place the demuxer reads from and the first frame that is wanted."""
        return self.start - self.seek

    @property
    def seconds(self) -> float:
        return float(self.frames / self.fps)


def still_argv(ffmpeg: Path, source: Path, info: MediaInfo, target: Path, *, with_alpha: bool) -> list[str]:
    """Writes one picture as raw planes (or RGBA) to `target` and its size and checksum as framecrc to stdout."""
    video = _video_of(info)
    opened = _open(source, info, strict=True)
    shrink = min(1.0, MAX_STILL_SIDE / max(video.width, video.height))
    width, height = _even(f"iw*{shrink!r}"), _even(f"ih*{shrink!r}")
    flags = "area" if shrink < 1 else "bicubic+accurate_rnd+full_chroma_int"
    if with_alpha:
        picture = _tagged(opened.video_stream(video.index), info)
        if video.streams == 2:  # AVIF keeps transparency in a picture of its own
            alpha = opened.video_stream(1).format(pix_fmts="gray")
            picture = picture.format(pix_fmts="gbrap").alphamerge(alpha)
        picture = picture.scale(w=width, h=height, flags=flags).format(pix_fmts="rgba")
    else:
        picture = _bt709(opened.video_stream(video.index), info, width, height, flags)
    both = picture.split(outputs=2)
    raw = both.video(0).output(filename=str(target), f="rawvideo", frames=1, **_NO_METADATA)
    described = both.video(1).output(filename="pipe:1", f="framecrc", frames=1, **_NO_METADATA)
    return _compiled(ffmpeg, raw, described)


def clip_argv(
    ffmpeg: Path, source: Path, info: MediaInfo, window: Window, scale: float, target: Path, audio_target: Path | None
) -> list[str]:
    """Writes a window of a video as a mezzanine and, where asked, its sound as WAV."""
    opened = _open(source, info, strict=True, seek=window.seek)
    video = _video_of(info)
    picture = opened.video_stream(video.index).settb(expr="1/1000000").setpts(expr=f"PTS+{_TIE_MICROSECONDS}")
    picture = picture.fps(fps=str(window.fps), start_time=window.offset)
    if video.interlaced:
        picture = picture.bwdif(mode="send_frame", deint="interlaced")
    flags = "area" if scale < 1 else "bicubic+accurate_rnd"
    # Fixed numbers, not expressions of the input's size: that may change in the middle of a stream.
    width, height = (str(2 * max(1, round(side * scale / 2))) for side in (video.width, video.height))
    picture = _bt709(picture, info, width, height, flags)
    outputs = [
        picture.setsar(sar="1").output(
            filename=str(target),
            f="mp4",
            vcodec="libx264",
            frames=window.frames,
            fps_mode="passthrough",
            extra_options={
                **_MEZZANINE,
                **_BT709_TAGS,
                "g": max(1, int(window.fps)),
                "flags": "+cgop",
                "video_track_timescale": window.fps.numerator,
            },
            **_NO_METADATA,
        )
    ]
    if audio_target is not None and info.audio is not None:
        sound = _sound(opened, info.audio, window.offset, window.offset + window.seconds)
        outputs.append(_wav(sound, audio_target))
    return _compiled(ffmpeg, *outputs)


def audio_argv(
    ffmpeg: Path, source: Path, info: MediaInfo, audio: AudioInfo, start: float, seconds: float | None, target: Path
) -> list[str]:
    """Writes a window of the sound as 48 kHz stereo 16-bit WAV."""
    # Frames cut off at the edges are usual in MP3 streams, WAV written to a pipe doesn't know its own length.
    opened = _open(source, info, strict=info.format not in ("mp3", "wav"), seek=start)
    return _compiled(ffmpeg, _wav(_sound(opened, audio, 0.0, seconds), target))


def _open(source: Path, info: MediaInfo, *, strict: bool, seek: float = 0.0) -> AVStream:
    import ffmpeg

    options: dict[str, Any] = {
        "protocol_whitelist": "file,pipe",
        "format_whitelist": info.demuxer,
        "codec_whitelist": DECODERS,
        "max_pixels": MAX_PIXELS,
        "threads": 1,
        "reinit_filter:v": 0,  # a size that changes in the stream must not restart the clock of the fps filter
        "drop_changed:a": 1,  # damaged sound looks like another rate for a frame, and would restart the clock too
        "noaccurate_seek": True,  # keeps the frame on show at the seek point, which may have begun long before it
    }
    if strict:
        options |= {"err_detect": "explode", "xerror": True}
    start: dict[str, Any] = {"ss": seek} if seek > 0 else {}
    return ffmpeg.input(f"file:{source}", f=info.demuxer, extra_options=options, **start)


def _tagged(stream: VideoStream, info: MediaInfo) -> VideoStream:
    """Fills in colour tags that the file leaves out; FFmpeg would convert mixed inputs by guesses, in silence."""
    video = _video_of(info)
    colour = video.colour
    tags: dict[str, Any] = {}
    if colour.matrix == _UNSPECIFIED and not colour.is_rgb:
        untagged_video = "smpte170m" if min(video.width, video.height) < _SD_LINES else "bt709"
        tags["colorspace"] = "bt470bg" if info.kind == "image" else untagged_video
    if colour.primaries == _UNSPECIFIED:
        tags["color_primaries"] = "bt709"
    if colour.transfer == _UNSPECIFIED:
        tags["color_trc"] = "iec61966-2-1" if info.kind == "image" else "bt709"
    if colour.full_range is None:
        tags["range"] = "full" if colour.is_rgb or video.pixel_format.startswith("yuvj") else "limited"
    return stream.setparams(**tags) if tags else stream


def _bt709(stream: VideoStream, info: MediaInfo, width: str, height: str, flags: str) -> VideoStream:
    """Any colours to BT.709, limited range, 8-bit 4:2:0, at the given size."""
    colour = _video_of(info).colour
    stream = _tagged(stream, info)
    if colour.hdr:
        linear = stream.zscale(transfer="linear", npl=100).format(pix_fmts="gbrpf32le")
        mapped = linear.zscale(primaries="bt709").tonemap(tonemap="hable", desat=0)
        stream = mapped.zscale(transfer="bt709", matrix="bt709", out_range="tv").format(pix_fmts="yuv444p")
    elif colour.primaries in _WIDE_PRIMARIES:
        stream = stream.zscale(primaries="bt709", matrix="bt709", out_range="tv").format(pix_fmts="yuv444p")
    scaled = stream.scale(w=width, h=height, out_color_matrix="bt709", out_range="limited", flags=flags)
    return scaled.format(pix_fmts="yuv420p")


def _even(expression: str) -> str:
    """To the nearest even number of pixels: a side of 4:2:0 planes can't be odd."""
    return f"2*max(1,round(({expression})/2))"


def _sound(opened: AVStream, audio: AudioInfo, start: float, end: float | None) -> AudioStream:
    """A window of the sound from its own zero on, silence where the stream has gaps or begins late.

    The resampler mixes mono into both channels at −3 dB each, which keeps its loudness (ITU-R BS.1770 adds powers).
    """
    stream = opened.audio_stream(audio.index)
    stream = stream.atrim(start=start, end=end) if end is not None else stream.atrim(start=start)
    if start > 0:
        stream = stream.asetpts(expr=f"PTS-{start!r}/TB")
    even = stream.aresample(sample_rate=SAMPLE_RATE, extra_options={"async": 1, "first_pts": 0})
    return even.aformat(sample_fmts="s16", channel_layouts="stereo", sample_rates=SAMPLE_RATE)


def _wav(stream: AudioStream, target: Path) -> OutputStream:
    return stream.output(filename=str(target), f="wav", acodec="pcm_s16le", **_NO_METADATA)


def _compiled(program: Path, *outputs: OutputStream) -> list[str]:
    import ffmpeg

    argv: list[str] = ffmpeg.merge_outputs(*outputs).global_args(**_GLOBAL).compile(cmd=str(program))
    return argv


def _video_of(info: MediaInfo) -> VideoInfo:
    if info.video is None:
        raise ValueError("the media has no picture")
    return info.video
