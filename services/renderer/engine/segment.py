"""Compose and encode one segment, in one process and one thread."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream

from services.renderer.engine.compositor import Compositor
from services.renderer.engine.encoders import Encoder, require_known
from services.renderer.engine.media import frame_planes
from services.renderer.errors import EncoderUnavailable
from storyboard.segments import Segment
from storyboard.timeline import Timeline, TimelineCanvas

#: ITU-T H.273 code points of BT.709, and limited range
_BT709, _LIMITED = 1, 1

Progress = Callable[[int], None]


class SegmentWriter:
    """Encodes frames into an MP4 of one video track. Raises EncoderUnavailable if the encoder doesn't open."""

    def __init__(self, path: Path, canvas: TimelineCanvas, encoder: Encoder) -> None:
        require_known(encoder.name)
        self._container = av.open(str(path), "w", format="mp4")
        try:
            self._stream = self._open(canvas, encoder)
        except (av.FFmpegError, OSError, ValueError) as error:
            self._container.close()
            raise EncoderUnavailable(f"{encoder.name} does not start: {error}.") from error
        self._count = 0

    def _open(self, canvas: TimelineCanvas, encoder: Encoder) -> VideoStream:
        stream = self._container.add_stream(encoder.name, rate=canvas.fps)
        if not isinstance(stream, VideoStream):
            raise ValueError(f"{encoder.name} does not encode pictures")
        stream.width, stream.height, stream.pix_fmt = canvas.width, canvas.height, encoder.pixel_format
        stream.time_base = Fraction(1, canvas.fps)
        context = stream.codec_context
        context.time_base = Fraction(1, canvas.fps)
        context.thread_count = 1
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = _LIMITED
        context.options = dict(encoder.options)
        context.gop_size = 100_000
        context.open()
        return stream

    def write(self, frame: av.VideoFrame) -> None:
        frame.pts = self._count
        frame.time_base = Fraction(1, int(self._stream.average_rate or 1))
        self._count += 1
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Flush the encoder and finish the file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()


def render_segment(
    timeline: Timeline,
    compositor: Compositor,
    segment: Segment,
    encoder: Encoder,
    path: Path,
    progress: Progress,
) -> None:
    """Write the segment's frames to `path`; `progress` is told the frames done, every half second of video."""
    canvas = timeline.canvas
    writer = SegmentWriter(path, canvas, encoder)
    step = max(1, canvas.fps // 2)
    for done, number in enumerate(range(segment.start, segment.end), 1):
        frame = av.VideoFrame(canvas.width, canvas.height, "yuv420p")
        compositor.draw(number, frame_planes(frame))
        writer.write(frame)
        if done % step == 0:
            progress(done)
    writer.close()


def probe_encoder(encoder: Encoder, path: Path) -> str:
    """Encode ten frames of 256 × 256 for real; returns why it failed, or an empty string."""
    canvas = TimelineCanvas(width=256, height=256, fps=30, background="#000000")
    try:
        writer = SegmentWriter(path, canvas, encoder)
        for _ in range(10):
            frame = av.VideoFrame(256, 256, "yuv420p")
            for plane in frame_planes(frame):
                plane[:] = 128
            writer.write(frame)
        writer.close()
    except (EncoderUnavailable, av.FFmpegError, OSError) as error:
        return str(error)
    return ""
