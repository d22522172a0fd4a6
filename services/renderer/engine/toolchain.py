"""Finds the FFmpeg program that ingest and the audio pass run, and says which build it is.

Order: the program named by KEYREEL_FFMPEG, the static build in the `imageio-ffmpeg` wheel, `ffmpeg` on PATH.
"""

from __future__ import annotations

import importlib.util
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
    path = locate_ffmpeg()
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


def ffmpeg_identity() -> str:
    """Tells FFmpeg programs apart in cache keys, without running one: the wheel's file says its version in its name."""
    path = locate_ffmpeg()
    stat = path.stat()
    return (
        f"{path.name}/{stat.st_size}" if path.parent == _wheel_folder() else f"{path}/{stat.st_size}/{stat.st_mtime_ns}"
    )


def locate_ffmpeg() -> Path:
    """The program that would be run, not yet tried. Raises EncoderUnavailable when there is none."""
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        program = shutil.which(named)
        if program is None:
            raise EncoderUnavailable(f"{ENVIRONMENT_VARIABLE} doesn't name a program that can be run.")
        return Path(program).resolve()
    folder = _wheel_folder()
    bundled = sorted(folder.glob("ffmpeg-*")) if folder else []
    if bundled:
        return bundled[-1].resolve()
    program = shutil.which("ffmpeg")
    if program is None:
        raise EncoderUnavailable("FFmpeg isn't installed. Install the imageio-ffmpeg package.")
    return Path(program).resolve()


def _wheel_folder() -> Path | None:
    """Where the `imageio-ffmpeg` wheel keeps its program; asking the package itself would run it each time."""
    spec = importlib.util.find_spec("imageio_ffmpeg")
    return Path(spec.origin).resolve().parent / "binaries" if spec and spec.origin else None


def _release(version: str) -> tuple[int, int, int] | None:
    numbers = _RELEASE.match(version)
    return (int(numbers[1]), int(numbers[2]), int(numbers[3] or 0)) if numbers else None
