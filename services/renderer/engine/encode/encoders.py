"""Video encoders behind one port: which there are, their settings per quality, and the choice by a real probe.

Software presets were chosen by CPU time and VMAF on the benchmark's footage: see `docs/benchmarks.md`. Every segment is
encoded by one thread, since the number of threads changes the bytes and two segments on two cores beat one on both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from services.renderer.errors import EncoderUnavailable

Codec = Literal["h264", "hevc", "av1"]
Quality = Literal["draft", "standard", "high"]
Engine = Literal["auto", "cpu", "nvenc", "vaapi"]


@dataclass(frozen=True, slots=True)
class Encoder:
    """An encoder of libavcodec with its options.

    `device` is the VA-API device of one that runs in the FFmpeg program, as the media library doesn't have it.
    """

    name: str
    engine: Literal["cpu", "nvenc", "vaapi"]
    options: tuple[tuple[str, str], ...]
    device: str = ""

    @property
    def hardware(self) -> bool:
        return self.engine != "cpu"


@dataclass(frozen=True, slots=True)
class Choice:
    """The encoder to use, and why a better one was not: a sentence to show, empty when there is nothing to tell."""

    encoder: Encoder
    reason: str = ""


#: no scene-cut frames and no periodic ones inside a segment: it begins with a key frame and is a few seconds long
_X264 = "scenecut=0:keyint=infinite"

_SOFTWARE: dict[tuple[Codec, Quality], tuple[str, dict[str, str]]] = {
    ("h264", "draft"): ("libx264", {"preset": "ultrafast", "crf": "27", "x264-params": _X264}),
    (
        "h264",
        "standard",
    ): ("libx264", {"preset": "superfast", "crf": "21", "x264-params": f"{_X264}:mbtree=1:rc-lookahead=10"}),
    ("h264", "high"): ("libx264", {"preset": "veryfast", "crf": "18", "x264-params": f"{_X264}:rc-lookahead=20"}),
    ("hevc", "draft"): ("libx265", {"preset": "ultrafast", "crf": "30"}),
    ("hevc", "standard"): ("libx265", {"preset": "superfast", "crf": "25"}),
    ("hevc", "high"): ("libx265", {"preset": "fast", "crf": "21"}),
    ("av1", "draft"): ("libsvtav1", {"preset": "12", "crf": "45"}),
    ("av1", "standard"): ("libsvtav1", {"preset": "10", "crf": "35"}),
    ("av1", "high"): ("libsvtav1", {"preset": "8", "crf": "28"}),
}
_X265_PARAMS = "log-level=none:pools=none:frame-threads=1:wpp=0:scenecut=0:keyint=-1"
_SVT_PARAMS = "lp=1:keyint=-1"
_QP: dict[Quality, str] = {"draft": "32", "standard": "24", "high": "20"}

_DEVICES: dict[str, tuple[str, str]] = {
    "nvenc": ("/dev/nvidia0", "no NVIDIA GPU is visible (/dev/nvidia0 is missing)"),
    "vaapi": ("/dev/dri/renderD128", "no VA-API device is visible (/dev/dri/renderD128 is missing)"),
}


def software(codec: Codec, quality: Quality) -> Encoder:
    """The encoder that always works."""
    name, options = _SOFTWARE[codec, quality]
    if name == "libx265":
        options = {**options, "x265-params": _X265_PARAMS}
    elif name == "libsvtav1":
        options = {**options, "svtav1-params": _SVT_PARAMS}
    return Encoder(name, "cpu", tuple(sorted(options.items())))


def hardware(engine: Literal["nvenc", "vaapi"], codec: Codec, quality: Quality) -> Encoder:
    """A GPU encoder at constant quality."""
    qp = _QP[quality]
    if engine == "nvenc":
        options = {"preset": "p4", "rc": "constqp", "qp": qp, "forced-idr": "1"}
        return Encoder(f"{codec}_nvenc", "nvenc", tuple(sorted(options.items())))
    return Encoder(f"{codec}_vaapi", "vaapi", (("bf", "0"), ("qp", qp), ("rc_mode", "CQP")), _DEVICES["vaapi"][0])


Probe = Callable[[Encoder], str]
"""Really encodes ten frames; returns the cause of a failure, or an empty string."""


def choose(codec: Codec, quality: Quality, engine: Engine, probe: Probe) -> Choice:
    """The encoder for a render.

    "auto" takes a GPU that passes its probe, else the processor; "cpu" never asks. A named GPU that fails falls back to
    the processor with the true cause in `reason`.
    """
    fallback = software(codec, quality)
    if engine == "cpu":
        return Choice(fallback)
    wanted: tuple[Literal["nvenc", "vaapi"], ...] = ("nvenc", "vaapi") if engine == "auto" else (engine,)
    causes = []
    for candidate in wanted:
        device, missing = _DEVICES[candidate]
        encoder = hardware(candidate, codec, quality)
        cause = probe(encoder).rstrip(".") if Path(device).exists() else missing
        if not cause:
            return Choice(encoder)
        causes.append(f"{encoder.name}: {cause}")
    return Choice(fallback, f"Rendering on the processor with {fallback.name}. {'; '.join(causes)}.")


def devices() -> tuple[str, ...]:
    """Device files a sandboxed worker needs to see for the GPU encoders of this host."""
    nvidia = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-modeset")
    return tuple(path for path in (*nvidia, "/dev/dri/renderD128") if Path(path).exists())


def require_known(name: str) -> None:
    """Raises EncoderUnavailable if the media library was built without the encoder."""
    import av

    if name not in av.codecs_available:
        raise EncoderUnavailable(f"This installation's media library has no {name} encoder.")
