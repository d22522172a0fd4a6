"""The benchmark's media, made by the program itself: the same pictures, clips and sounds on every machine.

Photographs are landscapes of 1/f noise (the spectrum of natural images: Field, J. Opt. Soc. Am. A 4, 1987) with hard
ridge lines, texture and grain; clips look at such landscapes with a hand-held camera. So encoders meet detail, edges
and noise about as they do in real footage, and nothing is anybody's work.
"""

from __future__ import annotations

import json
import math
import subprocess
import wave
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from services.orchestrator.providers import music_offline, speech_offline
from services.renderer.engine.toolchain import find_ffmpeg

#: changes whenever other bytes are made
MATERIAL_VERSION = 1
PHOTO, SMALL_PHOTO = (2400, 1600), (1200, 800)
SMALL_CLIP_SECONDS = 4.0
MUSIC_SECONDS = 64.0

Image = NDArray[np.uint8]
Field = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """`shake` is the amplitude of the hand-held camera in pixels of the clip."""

    name: str
    seed: int
    width: int
    height: int
    fps: int
    seconds: float = 8.0
    shake: float = 14.0


PHOTOS = {"photo-0.jpg": 11, "photo-1.jpg": 12, "photo-2.jpg": 13, "photo-3.jpg": 14, "photo-4.jpg": 15}
CLIPS = (
    ClipSpec("clip-1080p30.mp4", 21, 1920, 1080, 30),
    ClipSpec("clip-720p25.mp4", 22, 1280, 720, 25),
    ClipSpec("clip-720p60.mp4", 23, 1280, 720, 60),
)
SENTENCES = (
    "At dawn the harbour wakes slowly, and the first boats leave in silence.",
    "Nobody in the old town remembers who lit the lamp on the northern hill.",
    "The numbers were simple enough, yet the pattern behind them was not.",
    "Every frame of this story was put together by a machine in a moment.",
    "The valley holds its breath while the clouds climb over the ridge.",
    "Look closer: the smallest change at the edge redraws the whole picture.",
    "She kept her promise, folded the map, and walked towards the bright door.",
    "Shadows move over the plain like slow thoughts over a tired mind.",
    "There is always one more level of detail waiting underneath the last.",
    "And so the day ends where it began, with coffee and a quiet cat.",
)
#: the third sentence as somebody reads it anew after an edit
RETAKE = "The numbers were simple, yet nobody saw the pattern behind them."


def make(folder: Path, *, small: bool = False) -> Path:
    """Make everything that isn't there yet; returns the folder of this version. `small` is for trying the program."""
    target = folder / f"material-{MATERIAL_VERSION}{'-small' if small else ''}"
    stamp = target / "complete"
    if stamp.exists():
        return target
    target.mkdir(parents=True, exist_ok=True)
    for name, seed in PHOTOS.items():
        _save_photo(landscape(seed, *(SMALL_PHOTO if small else PHOTO)), target / name)
    for spec in CLIPS:
        _film(replace(spec, seconds=SMALL_CLIP_SECONDS) if small else spec, target / spec.name)
    spoken = [_speak(text, target / f"voice-{index}.wav") for index, text in enumerate(SENTENCES)]
    retake = _speak(RETAKE, target / "retake.wav")
    (target / "voices.json").write_text(json.dumps({"voices": spoken, "retake": retake}, indent=1))
    music_offline.compose(mood="cinematic", seconds=MUSIC_SECONDS, seed=7, out=target / "music.wav")
    stamp.touch()
    return target


def landscape(seed: int, width: int, height: int) -> Image:
    """RGB, shape (height, width, 3): a sky and ranges of hills, nearer ones darker and rougher."""
    random = np.random.default_rng(seed)
    rows = np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None]
    clouds = _noise(random, width, height, 1.6)
    warm, cold = random.uniform(0.3, 1.0), random.uniform(0.5, 1.0)
    sky = np.stack([150 + 90 * warm * rows, 150 + 60 * rows, 205 * cold - 40 * rows + 0 * rows], axis=-1)
    picture = np.broadcast_to(sky, (height, width, 3)) + 16.0 * clouds[..., None]
    picture = picture.astype(np.float32)
    for layer in range(4):
        _hills(picture, random, 0.42 + 0.15 * layer, layer)
    picture += random.normal(0.0, 3.5, (height, width, 1)).astype(np.float32)
    finished: Image = np.clip(picture, 0, 255).astype(np.uint8)
    return finished


def _hills(picture: Field, random: np.random.Generator, level: float, layer: int) -> None:
    """Paint one range with a hard, rough ridge over the picture."""
    height, width, _ = picture.shape
    roughness = _noise(random, width, 2, 1.7 - 0.15 * layer)[0]
    ridge = (level + 0.07 * roughness) * height
    below = np.arange(height, dtype=np.float32)[:, None] >= ridge[None, :]
    texture = _noise(random, width, height, 1.05) * (14.0 + 7.0 * layer)
    trunks = 18.0 * (layer == 3) * np.sign(_noise(random, width, height, 0.8))
    hue = random.uniform(0.6, 1.0, 3) * (150.0 - 28.0 * layer)
    shaded = hue[None, None, :] + (texture + trunks)[..., None]
    np.copyto(picture, shaded.astype(np.float32), where=below[..., None])


def _noise(random: np.random.Generator, width: int, height: int, falloff: float) -> Field:
    """Noise whose amplitude falls with frequency as f^−falloff; mean 0, deviation 1."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    frequency[0, 0] = 1.0
    spectrum = np.fft.rfft2(random.normal(size=(height, width))) / frequency**falloff
    spectrum[0, 0] = 0.0
    field = np.fft.irfft2(spectrum, s=(height, width))
    scaled: Field = (field / field.std()).astype(np.float32)
    return scaled


def _save_photo(picture: Image, path: Path) -> None:
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    if not cv2.imwrite(str(path), bgr, [cv2.IMWRITE_JPEG_QUALITY, 92]):
        raise OSError(f"{path.name} could not be written")


def _film(spec: ClipSpec, path: Path) -> None:
    """A hand-held look at a landscape: slow drift, sway at the pace of breath and steps, grain in every frame."""
    random = np.random.default_rng(spec.seed)
    margin = 0.15
    scene = landscape(spec.seed, int(spec.width * (1 + 2 * margin)), int(spec.height * (1 + 2 * margin)))
    grain = [_grain(random, spec.width, spec.height) for _ in range(6)]
    phases = random.uniform(0.0, 2.0 * math.pi, 4)
    argv = [
        str(find_ffmpeg().path), "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24",
        "-s", f"{spec.width}x{spec.height}", "-r", str(spec.fps), "-i", "pipe:0",
        "-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p",
        "-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-threads", "1", "-bitexact",
        "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv", str(path),
    ]  # fmt: skip
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as encoder:
        if encoder.stdin is None:
            raise OSError("the encoder has no input")
        for number in range(round(spec.seconds * spec.fps)):
            time = number / spec.fps
            drift = margin * spec.width * 0.5 * (time / spec.seconds - 0.5)
            x = (
                margin * spec.width
                + drift
                + spec.shake * (math.sin(1.9 * time + phases[0]) + 0.35 * math.sin(7.1 * time + phases[1]))
            )
            y = margin * spec.height + 0.7 * spec.shake * (
                math.sin(2.6 * time + phases[2]) + 0.35 * math.sin(9.3 * time + phases[3])
            )
            moved = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
            size = (spec.width, spec.height)
            frame = cv2.warpAffine(scene, moved, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
            lighter, darker = grain[number % len(grain)]
            encoder.stdin.write(cv2.subtract(cv2.add(frame, lighter), darker).tobytes())
    if encoder.returncode != 0:
        raise OSError(f"{path.name} could not be encoded")


def _grain(random: np.random.Generator, width: int, height: int) -> tuple[Image, Image]:
    """Sensor noise of a deviation of 2, a little soft as after a camera's own processing: what it adds and takes."""
    soft = cv2.GaussianBlur(random.normal(0.0, 3.0, (height, width)).astype(np.float32), (0, 0), 0.6)
    noise = np.repeat(np.rint(soft)[..., None], 3, axis=2)
    return np.maximum(noise, 0).astype(np.uint8), np.maximum(-noise, 0).astype(np.uint8)


def _speak(text: str, path: Path) -> dict[str, object]:
    """One sentence of narration and where its words are, in seconds of the recording."""
    speech = speech_offline.synthesise(text, language="en", speed=1.05, out=path)
    words = [{"text": word.text, "start": word.start, "end": word.end} for word in speech.words]
    return {"text": text, "file": path.name, "seconds": speech.seconds, "words": words}


def concatenate_voices(folder: Path, starts: list[tuple[str, float]], seconds: float, out: Path) -> Path:
    """One WAV with recordings at their starts (seconds): peers take a single narration track."""
    rate = 22_050
    track = np.zeros(round(seconds * rate) + rate, np.int16)
    for name, start in starts:
        with wave.open(str(folder / name), "rb") as recording:
            if recording.getframerate() != rate:
                raise ValueError(f"{name} isn't at {rate} Hz")
            samples = np.frombuffer(recording.readframes(recording.getnframes()), "<i2")
        first = round(start * rate)
        track[first : first + len(samples)] = samples[: max(0, len(track) - first)]
    with wave.open(str(out), "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(rate)
        target.writeframes(track[: round(seconds * rate)].tobytes())
    return out
