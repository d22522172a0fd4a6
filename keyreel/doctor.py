"""Looks at the machine: each thing a render needs is found, tried, and said in a sentence."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kernel.errors import AppError
from kernel.sandbox import discover
from keyreel.settings import open_cache
from services.renderer.engine.encode import encoders
from services.renderer.engine.text import fonts, skia_loader
from services.renderer.engine.toolchain import find_ffmpeg
from services.renderer.engine.workers.handle import Host
from services.renderer.engine.workers.pool import Pool
from services.renderer.engine.workers.protocol import ProbeEncoder

_GIB = 1024**3
_LEAST_FREE = 2 * _GIB

State = Literal["ok", "degraded", "missing"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was found, and what to do if that isn't enough."""

    name: str
    state: State
    found: str
    advice: str = ""


def examine(cache_dir: Path | None, scratch: Path) -> list[Finding]:
    """Every finding, in the order they matter. `scratch` is a folder for the encoders' probes."""
    drawing = _text_drawing()
    # Workers load the drawing library as they start: without it none can try an encoder.
    codecs = () if drawing.state == "missing" else _encoders(scratch)
    return [*_host(cache_dir), drawing, *codecs, _fonts(), _speech()]


def _host(cache_dir: Path | None) -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0))
    yield Finding("processor", "ok", f"{cores} cores: as many segments are rendered side by side")
    sandbox = discover()
    if sandbox.kind == "bubblewrap":
        yield Finding("sandbox", "ok", sandbox.reason)
    else:
        advice = "Media is decoded with limits only. Allow unprivileged user namespaces, or install bubblewrap."
        yield Finding("sandbox", "degraded", sandbox.reason, advice)
    try:
        program = find_ffmpeg()
        yield Finding("FFmpeg", "ok", program.build)
    except AppError as error:
        yield Finding("FFmpeg", "missing", error.detail, "Install imageio-ffmpeg, or name a program in KEYREEL_FFMPEG.")
    try:
        folder = open_cache(cache_dir).objects
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (AppError, OSError) as error:
        yield Finding("cache", "missing", str(error), "Name a folder you can write to with --cache-dir.")
        return
    free = shutil.disk_usage(folder).free
    state: State = "ok" if free >= _LEAST_FREE else "degraded"
    advice = "" if state == "ok" else "Long videos may not fit; free some space or name another folder."
    yield Finding("cache", state, f"{folder.parent}, {free / _GIB:.1f} GiB free", advice)


def _text_drawing() -> Finding:
    try:
        skia = skia_loader.load()
    except AppError as error:
        return Finding("text drawing", "missing", error.detail, "No video can be rendered without it.")
    absent = skia_loader.stand_ins()
    without = f", without {', '.join(absent)} of the system: not needed" if absent else ""
    return Finding("text drawing", "ok", f"Skia {skia.__version__}{without}")


def _encoders(scratch: Path) -> Iterator[Finding]:
    """Each codec by a real encode of ten frames, in a sandboxed worker as in a render."""
    host = Host(discover(), (find_ffmpeg().path,), scratch, devices=encoders.devices())
    with Pool(host, None, 1, threading.Event()) as pool:

        def probe(encoder: encoders.Encoder) -> str:
            return pool.ask(ProbeEncoder(encoder=encoder, path=str(scratch / f"{encoder.name}.mp4")))

        codecs: tuple[encoders.Codec, ...] = ("h264", "hevc", "av1")
        for codec in codecs:
            software = encoders.software(codec, "standard")
            cause = probe(software)
            if cause:
                yield Finding(f"{codec} encoder", "missing", cause, "Reinstall the media library (av).")
                continue
            choice = encoders.choose(codec, "standard", "auto", probe)
            yield Finding(f"{codec} encoder", "ok", choice.reason or choice.encoder.name)


def _fonts() -> Finding:
    families = fonts.families()
    return Finding("fonts", "ok" if families else "missing", ", ".join(sorted(families)))


def _speech() -> Finding:
    from services.orchestrator.providers import speech_offline

    try:
        voices = speech_offline.voices()
    except AppError as error:
        return Finding("offline speech", "missing", error.detail, "Install espeakng-loader.")
    languages = {voice.language for voice in voices}
    return Finding("offline speech", "ok", f"{len(languages)} languages")
