"""Small films for tests: real media, made once a session, and storyboards of it compiled to timelines."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import threading
import wave
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import psutil
import pytest

from services.renderer.engine.cache import Cache
from services.renderer.engine.ingest.prepare import describe
from services.renderer.engine.text import fonts
from services.renderer.engine.toolchain import find_ffmpeg
from storyboard import Resolution, compile_storyboard, parse_storyboard
from storyboard.resolution import ResolvedAsset, Take
from storyboard.timeline import Timeline

RATE = 48_000


@dataclass(frozen=True)
class Film:
    """A timeline with the originals of its assets: what `render` takes."""

    timeline: Timeline
    files: dict[str, Path]

    def save(self, folder: Path) -> tuple[Path, Path]:
        """The same as JSON files, for a render in another process."""
        timeline, files = folder / "timeline.json", folder / "files.json"
        timeline.write_text(self.timeline.model_dump_json(by_alias=True, exclude_none=True))
        files.write_text(json.dumps({key: str(path) for key, path in self.files.items()}))
        return timeline, files


def sine(hertz: float, seconds: float, rate: int = RATE, level: float = 0.3) -> np.ndarray:
    """Mono samples, −1…1."""
    return level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


class Studio:
    """Makes media and films in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._cache = Cache(folder / "described")
        self._known: dict[Path, tuple[str, ResolvedAsset]] = {}

    def photo(self, seed: int = 1, width: int = 640, height: int = 400) -> Path:
        """Smooth noise, so that motion shows and encoders have work to do."""
        path = self.folder / f"photo-{seed}-{width}x{height}.jpg"
        if not path.exists():
            coarse = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), np.uint8)
            cv2.imwrite(str(path), cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))
        return path

    def clip(self, seconds: float = 3.0, hertz: float = 440.0, fps: int = 30) -> Path:
        """A grey clip that gets lighter frame by frame, with a tone."""
        path = self.folder / f"clip-{seconds:g}-{hertz:g}-{fps}.mp4"
        if not path.exists():
            with av.open(str(path), "w") as out:
                video = out.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "18"})
                video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
                sound = out.add_stream("aac", rate=RATE, layout="mono")
                for number in range(round(seconds * fps)):
                    frame = av.VideoFrame(320, 180, "yuv420p")
                    frame.planes[0].update(bytes([30 + 2 * number % 200]) * frame.planes[0].buffer_size)
                    for plane in frame.planes[1:]:
                        plane.update(bytes([128]) * plane.buffer_size)
                    frame.pts, frame.time_base = number, Fraction(1, fps)
                    out.mux(video.encode(frame))
                out.mux(video.encode(None))
                samples = sine(hertz, seconds).astype(np.float32)
                for start in range(0, len(samples), 1024):
                    block = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], "fltp", "mono")
                    block.sample_rate, block.pts, block.time_base = RATE, start, Fraction(1, RATE)
                    out.mux(sound.encode(block))
                out.mux(sound.encode(None))
        return path

    def wav(self, name: str, samples: np.ndarray, rate: int = RATE) -> Path:
        """A 16-bit recording of samples −1…1, of shape (n,) or (n, channels)."""
        path = self.folder / f"{name}.wav"
        with wave.open(str(path), "wb") as out:
            out.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
            out.setsampwidth(2)
            out.setframerate(rate)
            out.writeframes(np.round(samples * 32767).astype("<i2").tobytes())
        return path

    def asset(self, path: Path) -> ResolvedAsset:
        if path not in self._known:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            self._known[path] = (digest, describe(path, digest, self._cache))
        return self._known[path][1]

    def film(
        self,
        scenes: Sequence[Mapping[str, Any]],
        *,
        takes: Mapping[str, Path] | None = None,
        music: Mapping[str, Any] | None = None,
        size: tuple[int, int] = (320, 180),
        fps: int = 30,
        **rest: Any,
    ) -> Film:
        """Compile scenes; a path as `src` of a visual or of the music is a file; `takes` are recordings by scene."""
        files: dict[str, Path] = {}

        def reference(path: Path) -> str:
            files[f"file:{path.name}"] = path
            return f"file:{path.name}"

        written: list[dict[str, Any]] = []
        for number, scene in enumerate(scenes):
            visual = dict(scene["visual"])
            if isinstance(visual.get("src"), Path):
                visual["src"] = reference(visual["src"])
            written.append({"id": f"s{number}", **scene, "visual": visual})
        voices = {
            scene: Take(src=reference(path), seconds=self.asset(path).seconds or 0.0)
            for scene, path in (takes or {}).items()
        }
        board: dict[str, Any] = {
            "version": "storyboard/1",
            "canvas": {"width": size[0], "height": size[1], "fps": fps},
            "scenes": written,
            **rest,
        }
        if music is not None:
            board["music"] = {**music, "src": reference(music["src"])}
        resolution = Resolution(
            assets={key: self.asset(path) for key, path in files.items()}, takes=voices, fonts=fonts.families()
        )
        return Film(compile_storyboard(parse_storyboard(board), resolution).timeline, files)

    def short_film(self, **rest: Any) -> Film:
        """Two photos that move and a clip with sound, a spoken scene, transitions and captions: 5.2 s, 6 segments."""
        return self.film(
            [
                {
                    "duration": 2.0,
                    "narration": {"text": "One voice speaks over the first of the scenes."},
                    "visual": {"type": "upload", "src": self.photo(1)},
                    "motion": {"effect": "zoomIn"},
                    "transition": {"type": "fade", "duration": 0.4},
                },
                {
                    "duration": 2.0,
                    "visual": {"type": "upload", "src": self.clip(), "volume": 0.5},
                    "transition": {"type": "slideLeft", "duration": 0.4},
                },
                {"duration": 2.0, "visual": {"type": "upload", "src": self.photo(2)}, "motion": {"effect": "panLeft"}},
            ],
            takes={"s0": self.wav("voice", sine(300, 1.5))},
            **rest,
        )


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(tmp_path_factory.mktemp("studio"))


@pytest.fixture(scope="session", name="sine")
def sine_samples() -> Callable[..., np.ndarray]:
    return sine


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


class PeakMemory:
    """Watches the render workers below this process: `bytes` is the most one of them had resident (VmHWM)."""

    def __init__(self) -> None:
        self.bytes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            for process in psutil.Process().children(recursive=True):
                try:
                    command = Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0")
                    status = Path(f"/proc/{process.pid}/status").read_text()
                except OSError:  # it has ended
                    continue
                # The program itself, not the sandbox around it or the fork it comes from.
                if command[-3:] == [b"-m", b"services.renderer.engine.workers.worker", b""] and b"-P" in command[:4]:
                    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
                    self.bytes = max(self.bytes, int(peak[1]) * 1024 if peak else 0)


@pytest.fixture
def peak_memory() -> PeakMemory:
    return PeakMemory()


@dataclass(frozen=True)
class Heard:
    """The sound of a finished file: `samples` of shape (n, 2) from time 0, and what FFmpeg measures of it."""

    samples: np.ndarray
    lufs: float
    true_peak: float


@pytest.fixture(scope="session")
def listen() -> Callable[[Path], Heard]:
    def heard(path: Path) -> Heard:
        parts: list[tuple[int, np.ndarray]] = []
        with av.open(str(path)) as container:
            for frame in container.decode(audio=0):
                start = round(Fraction(frame.pts or 0) * (frame.time_base or 1) * RATE)
                parts.append((start, frame.to_ndarray().T))
        samples = np.zeros((max(start + len(part) for start, part in parts), 2), np.float32)
        for start, part in parts:
            samples[max(0, start) : start + len(part)] = part[max(0, -start) :]
        command = [str(find_ffmpeg().path), "-hide_banner", "-i", str(path), "-af", "ebur128=peak=true"]
        said = subprocess.run([*command, "-f", "null", "-"], capture_output=True, text=True, check=True).stderr
        summary = said[said.rindex("Summary:") :]
        lufs, peak = (
            re.search(r"I:\s+(\S+) LUFS", summary),
            re.search(r"Peak:\s+(\S+) dBFS", summary),
        )
        assert lufs and peak
        return Heard(samples, float(lufs[1]), float(peak[1]))

    return heard
