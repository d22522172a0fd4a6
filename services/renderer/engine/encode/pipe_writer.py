"""Encode in the FFmpeg program, fed with raw frames: for encoders PyAV's library is built without (VA-API).

The program runs inside the worker's own sandbox and dies with it.
"""

from __future__ import annotations

import errno
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import av

from services.renderer.engine.encode.encoders import Encoder
from services.renderer.engine.picture.media import frame_planes
from services.renderer.errors import EncoderUnavailable
from storyboard.timeline import TimelineCanvas

_MOST_STDERR = 64 * 1024


class PipeWriter:
    """A `segment.Writer`: planes go to the program's stdin, it writes the MP4.

    Raises EncoderUnavailable with the program's last words when it ends early, OSError when the disk is full.
    """

    def __init__(self, path: Path, canvas: TimelineCanvas, encoder: Encoder, ffmpeg: Path) -> None:
        self._encoder = encoder
        self._count = 0
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the program
        self._process = subprocess.Popen(
            _argv(path, canvas, encoder, ffmpeg), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._words
        )

    def write(self, frame: av.VideoFrame) -> None:
        pipe = self._process.stdin
        if pipe is None:
            raise ValueError("the writer is closed")
        try:
            for plane in frame_planes(frame):
                pipe.write(plane.tobytes())
        except BrokenPipeError:
            raise self._failure() from None
        self._count += 1

    def close(self, progress: Callable[[int], None]) -> None:
        self._process.communicate()
        if self._process.returncode:
            raise self._failure()
        self._words.close()
        progress(self._count)

    def _failure(self) -> Exception:
        self._process.communicate()  # closes its stdin, which may be gone, and waits
        code = self._process.returncode
        self._words.seek(0)
        words = self._words.read(_MOST_STDERR).decode("utf-8", "replace").strip()
        self._words.close()
        if "No space left on device" in words:
            return OSError(errno.ENOSPC, "the encoder's disk is full")
        # The first line names the cause, those after it what didn't work therefore.
        cause = words.split("\n", 1)[0].rsplit("] ", 1)[-1] or f"it ended with code {code}"
        return EncoderUnavailable(f"{self._encoder.name} failed: {cause.rstrip('.')}.")


def _argv(path: Path, canvas: TimelineCanvas, encoder: Encoder, ffmpeg: Path) -> list[str]:
    import ffmpeg as graph

    size = {"pixel_format": "yuv420p", "video_size": f"{canvas.width}x{canvas.height}", "framerate": canvas.fps}
    # Untagged raw video would be guessed; these are the compositor's colours.
    picture = graph.input("pipe:0", f="rawvideo", extra_options=size).video.setparams(
        range="tv", color_primaries="bt709", color_trc="bt709", colorspace="bt709"
    )
    device: dict[str, str] = {}
    if encoder.device:
        device = {"vaapi_device": encoder.device}
        picture = picture.format(pix_fmts="nv12").hwupload()
    options = {"c:v": encoder.name, **dict(encoder.options), "g": 100_000, "threads": 1}
    colours = {"colorspace": "bt709", "color_primaries": "bt709", "color_trc": "bt709", "color_range": "tv"}
    exact = {"fflags": "+bitexact", "flags:v": "+bitexact"}
    output = picture.output(filename=str(path), f="mp4", extra_options={**options, **colours, **exact})
    # Standard input carries the frames: `nostdin` only keeps the program from reading commands there.
    options = {"nostdin": True, **device}
    return output.global_args(hide_banner=True, y=True, loglevel="error", extra_options=options).compile(
        cmd=str(ffmpeg)
    )
