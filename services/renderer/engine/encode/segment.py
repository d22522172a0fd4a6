"""Compose and encode one segment, in one process and one thread."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
from av.video.stream import VideoStream

from services.renderer.engine.encode.encoders import Encoder, require_known
from services.renderer.engine.encode.heap import is_exhausted, zeroed_heap
from services.renderer.engine.encode.pipe_writer import PipeWriter
from services.renderer.engine.picture.compositor import Compositor
from services.renderer.engine.picture.media import frame_planes
from services.renderer.engine.toolchain import ENVIRONMENT_VARIABLE
from services.renderer.errors import EncoderUnavailable
from storyboard.segments import Segment
from storyboard.timeline import Timeline, TimelineCanvas

#: ITU-T H.273 code points of BT.709, and limited range
_BT709, _LIMITED = 1, 1

Progress = Callable[[int], None]


class Writer(Protocol):
    """Encodes frames into an MP4 of one video track. Raises EncoderUnavailable if the encoder can't."""

    def write(self, frame: av.VideoFrame) -> None: ...

    def close(self, progress: Progress) -> None:
        """Finish the file; `progress` is told the frames encoded so far."""


class SegmentWriter:
    """A `Writer` by libavcodec in this process."""

    def __init__(self, path: Path, canvas: TimelineCanvas, encoder: Encoder) -> None:
        require_known(encoder.name)
        self._encoder = encoder
        # Filling makes memory resident that is never used (40 MB at 1080 × 1920), so only where it changes bytes.
        self._heap = zeroed_heap if encoder.name == "libx264" and canvas.width % 128 else nullcontext
        self._container = av.open(str(path), "w", format="mp4")
        try:
            self._stream = self._open(canvas, encoder)
        except (av.FFmpegError, OSError, ValueError) as error:
            self._container.close()
            _raise_for_memory(error)
            raise EncoderUnavailable(f"{encoder.name} does not start: {_cause(error)}.") from error
        self._count = 0

    def _open(self, canvas: TimelineCanvas, encoder: Encoder) -> VideoStream:
        stream = self._container.add_stream(encoder.name, rate=canvas.fps)
        if not isinstance(stream, VideoStream):
            raise ValueError(f"{encoder.name} does not encode pictures")
        stream.width, stream.height, stream.pix_fmt = canvas.width, canvas.height, "yuv420p"
        stream.time_base = Fraction(1, canvas.fps)
        context = stream.codec_context
        context.time_base = Fraction(1, canvas.fps)
        context.thread_count = 1
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = _LIMITED
        context.options = dict(encoder.options)
        context.gop_size = 100_000
        with self._heap():
            context.open()
        return stream

    def write(self, frame: av.VideoFrame) -> None:
        frame.pts = self._count
        frame.time_base = Fraction(1, int(self._stream.average_rate or 1))
        self._count += 1
        self._encode(frame, lambda frames: None)

    def close(self, progress: Progress) -> None:
        self._encode(None, progress)
        self._container.close()

    def _encode(self, frame: av.VideoFrame | None, progress: Progress) -> None:
        packets = self._stream.codec_context.encode_lazy(frame)
        while True:
            try:
                with self._heap():
                    packet = next(packets, None)
            except av.FFmpegError as error:
                _raise_for_memory(error)
                if not self._encoder.hardware:
                    raise
                raise EncoderUnavailable(f"{self._encoder.name} failed at work: {_cause(error)}.") from error
            if packet is None:
                return
            packet.stream = self._stream
            self._container.mux(packet)
            progress(self._count)


def open_writer(path: Path, canvas: TimelineCanvas, encoder: Encoder) -> Writer:
    """The writer an encoder needs; the FFmpeg program is the one this process was started with."""
    if encoder.engine == "vaapi":
        return PipeWriter(path, canvas, encoder, Path(os.environ[ENVIRONMENT_VARIABLE]))
    return SegmentWriter(path, canvas, encoder)


def render_segment(
    timeline: Timeline,
    compositor: Compositor,
    segment: Segment,
    encoder: Encoder,
    path: Path,
    progress: Progress,
) -> None:
    """Write the segment's frames to `path`; `progress` is told the frames drawn after each."""
    canvas = timeline.canvas
    writer = open_writer(path, canvas, encoder)
    for done, number in enumerate(range(segment.start, segment.end), 1):
        frame = av.VideoFrame(canvas.width, canvas.height, "yuv420p")
        compositor.draw(number, frame_planes(frame))
        writer.write(frame)
        progress(done)
    writer.close(progress)


def probe_encoder(encoder: Encoder, path: Path) -> str:
    """Encode ten frames of 256 × 256 for real; returns why it failed, or an empty string."""
    canvas = TimelineCanvas(width=256, height=256, fps=30, background="#000000")
    try:
        writer = open_writer(path, canvas, encoder)
        for _ in range(10):
            frame = av.VideoFrame(256, 256, "yuv420p")
            for plane in frame_planes(frame):
                plane[:] = 128
            writer.write(frame)
        writer.close(lambda frames: None)
    except (EncoderUnavailable, av.FFmpegError, OSError) as error:
        return str(error)
    return ""


def _raise_for_memory(error: Exception) -> None:
    """Encoders say "error in an external library" when an allocation fails."""
    if isinstance(error, av.error.ExternalError | av.error.UnknownError) and is_exhausted():
        raise MemoryError from error


def _cause(error: Exception) -> str:
    """What the library says, without the file it says it about."""
    return str(getattr(error, "strerror", None) or error)
