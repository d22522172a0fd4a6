"""Draw the sample pictures and clips that come with Keyreel, and their catalogue.

    python tools/make_samples.py [name…]      all of them, or some; writes services/orchestrator/providers/samples

Everything is drawn from code and fixed seeds, so the pictures are the project's own and are given to everyone
under CC0-1.0. The catalogue lists every file with its SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # run as a program, `tools` is not on the path

from tools.sample_art import landscapes, places, studies  # noqa: E402
from tools.sample_art.canvas import Pixels, finish  # noqa: E402
from tools.sample_art.loops import FPS, LOOPS  # noqa: E402
from tools.sample_art.titles import TITLES  # noqa: E402

TARGET = ROOT / "services/orchestrator/providers/samples"
LARGEST_STILL = 345_000  # bytes
STILLS = {**landscapes.STILLS, **places.STILLS, **studies.STILLS}


def jpeg(picture: Pixels, seed: int) -> bytes:
    """The finest JPEG within the size: first the grain gives way, then the quality."""
    for grain, quality in ((0.0055, 85), (0.004, 85), (0.003, 83), (0.002, 80), (0.002, 76), (0.002, 72), (0.0015, 68)):
        graded: NDArray[np.uint8] = finish(picture, seed=seed, grain=grain)
        options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1, cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
        made, data = cv2.imencode(".jpg", np.ascontiguousarray(graded[:, :, ::-1]), options)
        if made and data.size <= LARGEST_STILL:
            return data.tobytes()
    raise ValueError("too much detail for the size")


def loop(name: str, target: Path) -> None:
    """Encode one turn of a loop: the frame after the last is the first."""
    draw, seconds = LOOPS[name]
    count = seconds * FPS
    first = finish(draw(0.0), seed=5, grain=0.003)
    height, width = first.shape[:2]
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24",
        "-s", f"{width}x{height}", "-r", str(FPS), "-i", "pipe:0",
        "-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p",
        "-c:v", "libx264", "-preset", "slow", "-crf", "23", "-maxrate", "1100k", "-bufsize", "2200k", "-g", "60",
        "-threads", "1", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
        "-fflags", "+bitexact", "-flags:v", "+bitexact", "-movflags", "+faststart", str(target),
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:
        assert encoder.stdin is not None
        for frame in range(count):
            encoder.stdin.write((first if frame == 0 else finish(draw(frame / count), seed=5, grain=0.003)).tobytes())
        encoder.stdin.close()
    if encoder.returncode != 0:
        raise RuntimeError(f"the encoder failed on {name}")


def entry(path: Path) -> dict[str, object]:
    name = path.stem
    english, french, mood, words_en, words_fr = TITLES[name]
    data = path.read_bytes()
    still = path.suffix == ".jpg"
    made: dict[str, object] = {
        "id": name,
        "file": path.name,
        "kind": "image" if still else "video",
        "width": 2400 if still else 1280,
        "height": 1600 if still else 720,
    }
    if not still:
        made |= {"seconds": LOOPS[name][1], "fps": FPS}
    return made | {
        "title": {"en": english, "fr": french},
        "keywords": {"en": words_en.split(), "fr": words_fr.split()},
        "mood": mood,
        "licence": "CC0-1.0",
        "author": "Keyreel",
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def main(names: list[str]) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    for seed, (name, draw) in enumerate(STILLS.items()):
        if not names or name in names:
            (TARGET / f"{name}.jpg").write_bytes(jpeg(draw(), seed))
    for name in LOOPS:
        if not names or name in names:
            loop(name, TARGET / f"{name}.mp4")
    files = [TARGET / f"{name}.jpg" for name in STILLS] + [TARGET / f"{name}.mp4" for name in LOOPS]
    catalogue = [entry(path) for path in files]
    (TARGET / "catalogue.json").write_text(json.dumps(catalogue, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
