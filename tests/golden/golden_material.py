"""The pictures and clips of the golden frames, made by the program itself: the same on every machine.

What shows faults is in them: circles (a wrong shape), a grid (a wrong place), 1/f texture (wrong filtering), slow
gradients (bands), flat colours (wrong colour), soft and hard edges of transparency (halos).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from services.renderer.engine.cache import Cache
from services.renderer.engine.ingest.prepare import describe
from storyboard.resolution import ResolvedAsset

Pixels = NDArray[np.uint8]

#: an odd height: planes can't have it, ingest has to deal with it
PHOTO = (1620, 1081)
PORTRAIT = (900, 1350)
CUTOUT = (600, 480)
BADGE = (400, 160)
CLIP_SECONDS = 2.0


@dataclass(frozen=True)
class Material:
    """Originals by reference, what the compiler has to know of them, and the cache their prepared forms are in."""

    files: Mapping[str, Path]
    assets: Mapping[str, ResolvedAsset]
    cache: Cache


def make_material(folder: Path) -> Material:
    """Write the originals to `folder` and probe them as an upload is probed."""
    _write(folder / "photo.jpg", landscape(*PHOTO, seed=3))
    _write(folder / "portrait.png", landscape(*PORTRAIT, seed=8))
    _write(folder / "cutout.png", cutout(*CUTOUT))
    _write(folder / "badge.png", badge(*BADGE))
    _film(folder / "wide.mp4", 1920, 1080, 30, seed=5)
    _film(folder / "small.mp4", 1280, 720, 25, seed=6)
    cache = Cache(folder / "cache")
    files = {f"file:{path.name}": path for path in sorted(folder.iterdir()) if path.is_file()}
    assets = {
        reference: describe(path, hashlib.sha256(path.read_bytes()).hexdigest(), cache)
        for reference, path in files.items()
    }
    return Material(files, assets, cache)


def landscape(width: int, height: int, seed: int) -> Pixels:
    """RGB: a sky from dark to warm with a round sun, hills with texture, and a grid of dots over all."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    down = y / height
    sky = np.stack([40 + 205 * down, 80 + 110 * down, 170 - 40 * down], axis=-1)
    side = min(width, height)
    sun = np.clip(0.13 * side - np.hypot(x - 0.68 * width, y - 0.3 * height) + 0.5, 0, 1)[..., None]
    picture = sky * (1 - sun) + np.array([255, 226, 120], np.float32) * sun
    for layer, colour in enumerate(([96, 120, 96], [58, 92, 66], [36, 56, 50])):
        ridge = (0.5 + 0.15 * layer) * height + 0.05 * side * _texture(random, width, 4)[0]
        shade = np.array(colour, np.float32) + 7.0 * _texture(random, width, height)[..., None]
        picture = np.where((y >= ridge[None, :])[..., None], shade, picture)
    pitch = side / 9
    offset = np.hypot((x + pitch / 2) % pitch - pitch / 2, (y + pitch / 2) % pitch - pitch / 2)
    dots = np.clip(side / 240 - offset + 0.5, 0, 1)[..., None]
    return np.asarray(np.clip(np.rint(picture * (1 - 0.6 * dots) + 150 * dots), 0, 255), np.uint8)


def cutout(width: int, height: int) -> Pixels:
    """RGBA on nothing: a hard-edged disc, a soft glow, a bar half transparent."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    side = min(width, height)
    rgba = np.zeros((height, width, 4), np.float32)
    glow = np.clip(1.2 - np.hypot(x - 0.7 * width, y - 0.4 * height) / (0.35 * side), 0, 1)
    disc = np.clip(0.28 * side - np.hypot(x - 0.32 * width, y - 0.45 * height) + 0.5, 0, 1)
    bar = 0.5 * ((y > 0.8 * height) & (y < 0.92 * height) & (x > 0.05 * width) & (x < 0.95 * width))
    for coverage, colour in ((glow, (90, 200, 255)), (disc, (240, 70, 60)), (bar, (255, 255, 255))):
        over = coverage[..., None]
        below = rgba[..., 3:] * (1 - over)
        total = over + below
        mixed = np.array(colour) * over + rgba[..., :3] * below
        rgba[..., :3] = np.where(total > 0, mixed / np.maximum(total, 1e-6), 0)
        rgba[..., 3:] = total
    rgba[..., 3] *= 255
    return np.asarray(np.rint(rgba), np.uint8)


def badge(width: int, height: int) -> Pixels:
    """RGBA: a round-cornered plate with a ring and a triangle, as a logo."""
    rgba = np.zeros((height, width, 4), np.uint8)
    large = np.zeros((height * 4, width * 4), np.uint8)
    radius = height
    cv2.rectangle(large, (radius, 0), (width * 4 - radius, height * 4), 255, -1)
    cv2.rectangle(large, (0, radius), (width * 4, height * 4 - radius), 255, -1)
    for x in (radius, width * 4 - radius):
        for y in (radius, height * 4 - radius):
            cv2.circle(large, (x, y), radius, 255, -1)
    rgba[..., :3] = (24, 32, 72)
    rgba[..., 3] = cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)
    marks = np.zeros((height, width, 3), np.uint8)
    cv2.circle(marks, (height // 2 + 10, height // 2), height // 4, (255, 190, 40), 14, cv2.LINE_AA)
    points = np.array([[width // 2 + 20, height // 4], [width // 2 + 20, height * 3 // 4], [width - 50, height // 2]])
    cv2.fillPoly(marks, [points], (80, 220, 190), cv2.LINE_AA)
    rgba[..., :3] = np.maximum(rgba[..., :3], marks)
    return rgba


def _texture(random: np.random.Generator, width: int, height: int) -> NDArray[np.float32]:
    """Noise with the 1/f spectrum of natural pictures (Field, J. Opt. Soc. Am. A 4, 1987); mean 0, deviation 1."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    frequency[0, 0] = 1.0
    spectrum = np.fft.rfft2(random.normal(size=(height, width))) / frequency**1.05
    spectrum[0, 0] = 0.0
    field = np.fft.irfft2(spectrum, s=(height, width))
    return np.asarray(field / field.std(), np.float32)


def _write(path: Path, pixels: Pixels) -> None:
    code = cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
    options = [cv2.IMWRITE_JPEG_QUALITY, 94] if path.suffix == ".jpg" else []
    if not cv2.imwrite(str(path), cv2.cvtColor(pixels, code), options):
        raise OSError(f"{path.name} could not be written")


def _film(path: Path, width: int, height: int, fps: int, seed: int) -> None:
    """A drive past a landscape with a disc that falls: every frame differs from every other."""
    scene = landscape(width * 3 // 2, height, seed)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "14"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        context = stream.codec_context
        context.thread_count = 1
        context.color_primaries = context.color_trc = context.colorspace = context.color_range = 1
        count = round(CLIP_SECONDS * fps)
        for number in range(count):
            left = (scene.shape[1] - width) * number // count
            picture = np.ascontiguousarray(scene[:, left : left + width])
            centre = (width // 4, round((0.15 + 0.7 * number / count) * height))
            cv2.circle(picture, centre, height // 14, (235, 60, 150), -1, cv2.LINE_AA)
            frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(
                format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
            )
            frame.pts, frame.time_base = number, Fraction(1, fps)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
