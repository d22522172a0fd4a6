"""Finds the FFmpeg program that ingest and the audio pass run, and says which build it is.

Order: the program named by KEYREEL_FFMPEG, the static build in the `imageio-ffmpeg` wheel, `ffmpeg` on PATH.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from kernel.sandbox import Limits, discover
from services.renderer.errors import EncoderUnavailable

ENVIRONMENT_VARIABLE: Final = "KEYREEL_FFMPEG"
# Older releases have known holes in their demuxers; they may run inside bubblewrap only.
TRUSTED_VERSION: Final = (8, 1, 3)
_VERSION_LINE: Final = re.compile(r"ffmpeg version (\S+)")
_RELEASE: Final = re.compile(r"n?(\d+)\.(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class Ffmpeg:
    """The program. `build` names version and build for cache keys: another build may give other bytes.

    `release` is (major, minor, patch), or None for a development build that carries no number.
    """

    path: Path
    build: str
    release: tuple[int, int, int] | None

    @property
    def trusted(self) -> bool:
        """Whether the release is new enough to run without an isolating sandbox."""
        return self.release is not None and self.release >= TRUSTED_VERSION


@cache
def find_ffmpeg() -> Ffmpeg:
    """The FFmpeg of this host, asked once per process.

    Raises EncoderUnavailable when there is none, when it doesn't run, or when it is too old for a host without an
    isolating sandbox.
    """
    path = _locate()
    sandbox = discover()
    limits = Limits(cpu_seconds=20, wall_seconds=30)
    done = sandbox.run([path, "-hide_banner", "-version"], read_only=[path], limits=limits)
    line = _VERSION_LINE.search(done.stdout.decode("utf-8", "replace"))
    if not done.ok or line is None:
        raise EncoderUnavailable("FFmpeg was found but doesn't run on this host. The doctor command shows more.")
    found = Ffmpeg(path, line[1], _release(line[1]))
    if sandbox.kind != "bubblewrap" and not found.trusted:
        raise EncoderUnavailable(
            f"FFmpeg {found.build} has known security holes and bubblewrap doesn't work here to contain them. "
            f"Install FFmpeg {'.'.join(map(str, TRUSTED_VERSION))} or newer."
        )
    return found


def _locate() -> Path:
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        program = shutil.which(named)
        if program is None:
            raise EncoderUnavailable(f"{ENVIRONMENT_VARIABLE} doesn't name a program that can be run.")
        return Path(program).resolve()
    try:
        import imageio_ffmpeg

        return Path(imageio_ffmpeg.get_ffmpeg_exe()).resolve()
    except (ImportError, RuntimeError):
        program = shutil.which("ffmpeg")
    if program is None:
        raise EncoderUnavailable("FFmpeg isn't installed. Install the imageio-ffmpeg package.")
    return Path(program).resolve()


def _release(version: str) -> tuple[int, int, int] | None:
    numbers = _RELEASE.match(version)
    return (int(numbers[1]), int(numbers[2]), int(numbers[3] or 0)) if numbers else None
