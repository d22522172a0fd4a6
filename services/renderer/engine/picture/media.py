"""Prepared media: what ingest made of a tenant's files, and how the compositors read it.

Only these normalised files are ever decoded here; the original bytes were read once, in the sandbox.
Planes are 8-bit YUV 4:2:0, BT.709, limited range: a luma array (height, width) and two chroma arrays of half the size.
"""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
from numpy.typing import NDArray

from services.renderer.engine.ingest.prepared import Prepared, PreparedClip, PreparedStill

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]

__all__ = [
    "ClipReader",
    "Plane",
    "Planes",
    "Prepared",
    "PreparedClip",
    "PreparedStill",
    "frame_planes",
    "read_planes",
    "read_rgba",
]


def read_planes(still: PreparedStill) -> Planes:
    """The planes of an opaque still, mapped read-only from its file."""
    width, height = still.width, still.height
    data = np.memmap(still.path, dtype=np.uint8, mode="r", shape=(width * height * 3 // 2,))
    luma = data[: width * height].reshape(height, width)
    chroma = data[width * height :].reshape(2, height // 2, width // 2)
    return luma, chroma[0], chroma[1]


def read_rgba(still: PreparedStill) -> NDArray[np.uint8]:
    """The straight RGBA pixels of a still with transparency, shape (height, width, 4), mapped read-only."""
    return np.memmap(still.path, dtype=np.uint8, mode="r", shape=(still.height, still.width, 4))


def frame_planes(frame: av.VideoFrame) -> Planes:
    """Views of a yuv420p frame's planes, without the padding at the end of each line."""
    views = []
    for index, plane in enumerate(frame.planes):
        width = frame.width if index == 0 else frame.width // 2
        views.append(np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:, :width])
    return views[0], views[1], views[2]


class ClipReader:
    """Frames of a mezzanine by number, cheap in ascending order; one decoder thread.

    Numbers are the asset's; outside what the file holds the nearest frame is given.
    """

    def __init__(self, clip: PreparedClip) -> None:
        self._clip = clip
        self._container = av.open(clip.path, format="mp4")
        self._stream = self._container.streams.video[0]
        self._stream.codec_context.thread_count = 1
        self._frames: Iterator[av.VideoFrame] = iter(())
        self._position = -2  # number in the file of the frame held
        self._held: av.VideoFrame | None = None

    def frame(self, number: int) -> Planes:
        """The planes of frame `number` of the asset; valid until the next call."""
        wanted = min(max(number - self._clip.first, 0), self._clip.frames - 1)
        # A mezzanine has a key frame every second: beyond that seeking is cheaper than decoding on.
        if self._held is None or wanted < self._position or wanted > self._position + 60:
            self._seek(wanted)
        while self._position < wanted:
            self._advance()
        if self._held is None:
            raise ValueError("the clip holds no frame")
        return frame_planes(self._held)

    def close(self) -> None:
        self._container.close()

    def _seek(self, wanted: int) -> None:
        ticks = int(wanted / self._rate() / self._time_base())
        self._container.seek(ticks, stream=self._stream, backward=True, any_frame=False)
        self._frames = self._container.decode(self._stream)
        self._advance()

    def _rate(self) -> float:
        return float(self._stream.average_rate or 30)

    def _time_base(self) -> float:
        return float(self._stream.time_base or 1)

    def _advance(self) -> None:
        frame = next(self._frames, None)
        if frame is None:
            # The file ends before its count said: what was last stays, as past the end of any clip.
            self._position = self._clip.frames
            return
        self._held = frame
        self._position = round((frame.pts or 0) * self._time_base() * self._rate())
