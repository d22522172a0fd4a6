"""A render worker: a process in the sandbox that composes and encodes what it is asked, one request at a time.

Started by `pool`; reads requests from stdin and writes answers to stdout (see `protocol`). It sees the prepared media,
writes to one scratch folder, and has no network. When it dies nothing is lost but the request it was on.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import av
import cv2

from kernel.errors import AppError
from services.renderer.engine.encode.join import join
from services.renderer.engine.encode.segment import probe_encoder, render_segment
from services.renderer.engine.picture.compositor import Compositor
from services.renderer.engine.picture.poster import draw_poster
from services.renderer.engine.sound.mix import mix
from services.renderer.engine.workers.protocol import (
    REQUEST,
    Advanced,
    Answer,
    Done,
    Failed,
    Join,
    Mix,
    Open,
    Poster,
    ProbeEncoder,
    RenderSegment,
    Request,
)
from services.renderer.errors import RenderCrashed, RenderOutOfMemory, ScratchFull
from storyboard.timeline import Timeline

_NO_SPACE = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
#: progress is told this often at most, seconds
_BEAT_SECONDS = 0.2


class Worker:
    """State between requests: the timeline that was opened."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers
        self._timeline: Timeline | None = None
        self._compositor: Compositor | None = None
        self._beat = 0.0

    def serve(self, lines: Iterable[bytes]) -> None:
        """Answer every request until the input ends."""
        for line in lines:
            request = REQUEST.validate_json(line)
            try:
                text = self._do(request)
            except (AppError, MemoryError, OSError, av.FFmpegError, cv2.error) as error:
                known = _typed(error)
                self._say(Failed(code=known.code, detail=known.detail))
            else:
                self._say(Done(text=text))

    def _say(self, answer: Answer) -> None:
        self._answers.write(answer.model_dump_json().encode() + b"\n")
        self._answers.flush()

    def _advance(self, frames: int) -> None:
        if time.monotonic() - self._beat >= _BEAT_SECONDS:
            self._beat = time.monotonic()
            self._say(Advanced(frames=frames))

    def _do(self, request: Request) -> str:
        match request:
            case Open():
                if self._compositor is not None:
                    self._compositor.close()
                self._timeline = Timeline.model_validate_json(Path(request.timeline).read_bytes())
                self._compositor = Compositor(self._timeline, {**request.stills, **request.clips})
            case RenderSegment():
                timeline, compositor = self._opened()
                render_segment(
                    timeline,
                    compositor,
                    request.segment,
                    request.encoder,
                    Path(request.path),
                    self._advance,
                )
            case Poster():
                timeline, compositor = self._opened()
                draw_poster(compositor, timeline.canvas, request.frame, Path(request.path))
            case Join():
                join(
                    [Path(path) for path in request.segments],
                    Path(request.audio) if request.audio else None,
                    request.fps,
                    request.metadata,
                    Path(request.path),
                    self._advance,
                )
            case Mix():
                mix(request.sounds, request.music, request.samples, Path(request.path), self._advance)
            case ProbeEncoder():
                return probe_encoder(request.encoder, Path(request.path))
        return ""

    def _opened(self) -> tuple[Timeline, Compositor]:
        if self._timeline is None or self._compositor is None:
            raise RenderCrashed("A part was asked for before its timeline.")
        return self._timeline, self._compositor


def _typed(error: Exception) -> AppError:
    """What went wrong, as one of the renderer's errors."""
    if isinstance(error, AppError):
        return error
    out_of_memory = isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem
    if isinstance(error, MemoryError) or out_of_memory or getattr(error, "errno", None) == errno.ENOMEM:
        return RenderOutOfMemory()
    if isinstance(error, OSError) and error.errno in _NO_SPACE:
        return ScratchFull()
    kind = type(error).__name__
    return RenderCrashed(f"A part of the video could not be drawn ({kind}).")


def main() -> None:
    """Serve on stdin and stdout; what libraries print goes to stderr."""
    cv2.setNumThreads(1)
    av.logging.set_level(av.logging.PANIC)
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        Worker(answers).serve(sys.stdin.buffer)


if __name__ == "__main__":
    main()
