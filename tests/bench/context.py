"""What every case works with: the media, a working folder, and how Keyreel's own processes are run and measured."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
from job import JobSpec, load, write_plain
from measure import Usage, run

from services.renderer.engine.cache import Cache

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
#: on the command line of every process that draws and encodes
WORKER_MARK = "services.renderer.engine.workers.worker"


class CaseFailed(Exception):
    """A case can't go on; the text says why."""


@dataclass(slots=True)
class Bench:
    """One run of the benchmark. `facts` are figures one case leaves for another."""

    material: Path
    work: Path
    peers: Path
    rounds: int
    quick: bool
    with_peers: bool
    say: Callable[[str], None]
    facts: dict[str, float] = field(default_factory=dict)

    @property
    def five(self) -> JobSpec:
        """The job of the big table: 30 s in five scenes, 1080p30."""
        return JobSpec(3, 640, 360, scene_seconds=2.0) if self.quick else JobSpec(5)

    @property
    def ten(self) -> JobSpec:
        """Its sibling of 60 s in ten scenes."""
        return JobSpec(4, 640, 360, scene_seconds=2.0) if self.quick else JobSpec(10)

    def folder(self, name: str, *, empty: bool = True) -> Path:
        """A folder for a case's files."""
        path = self.work / name
        if empty:
            shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def script(self, name: str, order: dict[str, Any], *, timeout: float = 1800.0) -> Usage:
        """Run one of the programs beside this file and measure it."""
        return run(self.argv(name, order), env=self.environment(), mark=WORKER_MARK, timeout=timeout)

    def argv(self, name: str, order: dict[str, Any]) -> list[str]:
        return [sys.executable, str(HERE / name), json.dumps(order, default=str)]

    def environment(self) -> dict[str, str]:
        """The environment of the programs beside this file: they find the checkout's packages."""
        return {**os.environ, "PYTHONPATH": str(ROOT)}

    def order(self, spec: JobSpec, cache: Path, **more: Any) -> dict[str, Any]:
        return {"spec": spec.as_json(), "material": str(self.material), "cache": str(cache), **more}

    def keyreel(self, spec: JobSpec, cache: Path, out: Path, workers: int = 2, **more: Any) -> Usage:
        """Render with Keyreel. Raises CaseFailed if that fails."""
        usage = self.script("keyreel_job.py", self.order(spec, cache, out=str(out), workers=workers, **more))
        return require(usage, "Keyreel's render")

    def plain_job(self, spec: JobSpec, folder: Path) -> Path:
        """The job in plain numbers for the others; its path."""
        job = load(spec, self.material, Cache(folder / "probe-cache"))
        return write_plain(job, self.material, folder)


def require(usage: Usage, what: str) -> Usage:
    """The usage of something a case can't do without."""
    if not usage.ok:
        raise CaseFailed(f"{what} failed: {reason_of(usage)}")
    return usage


def answer(usage: Usage) -> dict[str, Any]:
    """The JSON on the last line of a program's output."""
    told: dict[str, Any] = json.loads(usage.output.strip().splitlines()[-1])
    return told


def reason_of(usage: Usage) -> str:
    """Why a run failed, in a line for the table."""
    if usage.timed_out:
        return "it did not end in time"
    lines = [line.strip() for line in usage.output.splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower()] or lines
    return f"exit code {usage.code}: {printable(telling[-1])}" if telling else f"exit code {usage.code}"


def printable(text: str) -> str:
    """A tool's message for the page: one short line without addresses and without this machine's folders."""
    text = re.sub(r"\w+://\S+", "(address)", text.replace("\n", " "))
    return re.sub(r"(?<![\w.])/(?:[\w.@+-]+/)+", "", text)[:160]


def link_copy(source: Path, target: Path) -> Path:
    """A copy of a cache made of hard links: the same content, nothing shared that is written to."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, copy_function=os.link)
    return target


def wrong_with(video: Path, spec: JobSpec) -> str:
    """What a finished video lacks of the job, or nothing: size, number of frames within 2 %, sound."""
    try:
        with av.open(str(video)) as container:
            pictures = container.streams.video[0]
            frames = pictures.frames or sum(1 for packet in container.demux(pictures) if packet.size)
            size = (pictures.codec_context.width, pictures.codec_context.height)
            sound = bool(container.streams.audio)
    except (av.FFmpegError, OSError, IndexError) as error:
        return f"no readable video ({type(error).__name__})"
    faults = []
    if size != (spec.width, spec.height):
        faults.append(f"{size[0]}×{size[1]}")
    if abs(frames - spec.frames) > 0.02 * spec.frames:
        faults.append(f"{frames} of {spec.frames} frames")
    if not sound:
        faults.append("no sound")
    return ", ".join(faults)
