"""The benchmark's job: one storyboard, and the same job in plain numbers for the programs we compare with.

Scene i is on screen from `scene_seconds` · i; all but the last last half a second longer, under the cross-fade into
the next. So n scenes of 6 s make exactly 6 n seconds.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from services.renderer.engine.cache import Cache
from services.renderer.engine.ingest.prepare import describe
from services.renderer.engine.text import fonts
from storyboard import Resolution, Take, TakeWord, Timeline, compile_storyboard, parse_storyboard
from storyboard.frameplan import zoom_at
from storyboard.timeline import ImagePicture

FADE_SECONDS = 0.5
#: media of the ten scenes, in order; a longer job begins anew
_MEDIA = (
    "photo-0.jpg", "clip-1080p30.mp4", "photo-1.jpg", "clip-720p25.mp4", "photo-2.jpg",
    "photo-3.jpg", "clip-720p60.mp4", "photo-4.jpg", "photo-0.jpg", "clip-1080p30.mp4",
)  # fmt: skip
_MOTION = ("zoomIn", "none", "panRight", "none", "zoomOut", "panLeft", "none", "zoomIn", "panUp", "none")
_AMOUNT = 0.2
#: the scene that is edited, and the word that is
EDITED_SCENE, _WRONG, _RIGHT = 2, "simple", "plain"


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What a job shows. `edit`: "caption" changes one word on screen, "narration" what is spoken in one scene too."""

    scenes: int
    width: int = 1920
    height: int = 1080
    fps: int = 30
    scene_seconds: float = 6.0
    edit: str = ""

    @property
    def seconds(self) -> float:
        return self.scenes * self.scene_seconds

    @property
    def frames(self) -> int:
        return round(self.seconds * self.fps)

    def edited(self, what: str) -> JobSpec:
        return replace(self, edit=what)

    def as_json(self) -> dict[str, Any]:
        return {
            "scenes": self.scenes, "width": self.width, "height": self.height, "fps": self.fps,
            "scene_seconds": self.scene_seconds, "edit": self.edit,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """A compiled job: the timeline and the files of its assets by id."""

    spec: JobSpec
    timeline: Timeline
    files: dict[str, Path]
    notices: tuple[str, ...]


def load(spec: JobSpec, material: Path, cache: Cache) -> Job:
    """Probe the media and compile the storyboard: what Keyreel does with a job before it renders."""
    voices = _voices(spec, material)
    board = _storyboard(spec, voices)
    names = {scene["visual"]["src"] for scene in board["scenes"]} | {f"file:{voice['file']}" for voice in voices}
    names.add(board["music"]["src"])
    files = {name: material / name.removeprefix("file:") for name in sorted(names)}

    def described(name: str) -> Any:
        return describe(files[name], hashlib.sha256(files[name].read_bytes()).hexdigest(), cache)

    with ThreadPoolExecutor(2) as threads:
        assets = dict(zip(files, threads.map(described, files), strict=True))
    takes = {
        scene["id"]: Take(
            src=f"file:{voice['file']}",
            seconds=voice["seconds"],
            words=tuple(TakeWord(**word) for word in voice["words"]),
            method="provider",
            confidence=1.0,
        )
        for scene, voice in zip(board["scenes"], voices, strict=True)
    }
    resolution = Resolution(assets=assets, takes=takes, fonts=fonts.families())
    compiled = compile_storyboard(parse_storyboard(board), resolution)
    return Job(spec, compiled.timeline, files, tuple(notice.code for notice in compiled.notices))


def _voices(spec: JobSpec, material: Path) -> list[dict[str, Any]]:
    """The recording of each scene, with the edit in it."""
    told = json.loads((material / "voices.json").read_text())
    voices = [dict(told["voices"][index % len(told["voices"])]) for index in range(spec.scenes)]
    if spec.edit == "narration":
        voices[EDITED_SCENE] = told["retake"]
    elif spec.edit == "caption":
        voice = voices[EDITED_SCENE]
        words = [{**word, "text": word["text"].replace(_WRONG, _RIGHT)} for word in voice["words"]]
        voices[EDITED_SCENE] = {**voice, "text": voice["text"].replace(_WRONG, _RIGHT), "words": words}
    return voices


def _storyboard(spec: JobSpec, voices: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "version": "storyboard/1",
        "title": "Benchmark",
        "canvas": {"width": spec.width, "height": spec.height, "fps": spec.fps},
        "captions": {"style": "highlight"},
        "music": {"src": "file:music.wav", "volume": 0.25},
        "scenes": [_scene(spec, index, voice["text"]) for index, voice in enumerate(voices)],
    }


def _scene(spec: JobSpec, index: int, text: str) -> dict[str, Any]:
    last = index == spec.scenes - 1
    kind = index % len(_MEDIA)
    still = _MEDIA[kind].endswith(".jpg")
    title = {
        "type": "text", "text": f"Chapter {index + 1}", "x": 0.05, "y": 0.12, "anchor": "left", "width": 0.5,
        "start": 0.7, "duration": min(2.5, spec.scene_seconds - 1.0), "animation": "fadeInOut", "font": {"size": 6.5},
    }  # fmt: skip
    return {
        "id": f"scene-{index + 1}",
        "duration": spec.scene_seconds + (0.0 if last else FADE_SECONDS),
        "narration": {"text": text},
        "visual": {"type": "upload", "src": f"file:{_MEDIA[kind]}"},
        "motion": {"effect": _MOTION[kind], "amount": _AMOUNT if still else 0.0, "easing": "linear"},
        "overlays": [title],
        "transition": {"type": "none" if last else "fade", "duration": 0.0 if last else FADE_SECONDS},
    }


def write_plain(job: Job, material: Path, folder: Path) -> Path:
    """The job as `job.json` with its sound tracks beside it: seconds, file names, camera centres and zooms.

    A scene's `camera` is [zoom, x, y] at its first and last frame: the middle of what is seen, in fractions of the
    picture as it covers the canvas. Captions are groups of words with absolute times. Returns the JSON's path.
    """
    # Only here: a render in a process of its own must not pay for the making of media.
    from material import concatenate_voices

    timeline, spec = job.timeline, job.spec
    fps = timeline.canvas.fps
    folder.mkdir(parents=True, exist_ok=True)
    starts = [(job.files[clip.asset].name, clip.start / fps) for clip in timeline.narration]
    concatenate_voices(material, starts, spec.seconds, folder / "narration.wav")
    scenes = []
    for index, scene in enumerate(timeline.scenes):
        picture = scene.picture
        captions = [
            [{"text": word.text, "start": word.start / fps, "end": word.end / fps} for word in group.words]
            for group in timeline.captions.groups
            if group.scene == index
        ]
        camera = None
        if isinstance(picture, ImagePicture):
            camera = [_camera(scene.motion, along) for along in (0.0, 1.0)]
        title = scene.layers[0]
        scenes.append(
            {
                "media": getattr(picture, "asset", "").removeprefix("file:"),
                "start": scene.start / fps,
                "seconds": scene.frames / fps,
                "camera": camera,
                "title": getattr(title, "text", ""),
                "title_start": (scene.start + title.start) / fps,
                "title_end": (scene.start + title.start + title.frames) / fps,
                "captions": captions,
            }
        )
    plain = {
        "width": spec.width, "height": spec.height, "fps": spec.fps, "seconds": spec.seconds, "frames": spec.frames,
        "fade": FADE_SECONDS, "material": str(material), "narration": str(folder / "narration.wav"),
        "music": str(material / "music.wav"), "font": str(fonts.FOLDER / "Inter-Bold.ttf"), "scenes": scenes,
    }  # fmt: skip
    path = folder / "job.json"
    path.write_text(json.dumps(plain, indent=1))
    return path


def _camera(motion: Any, along: float) -> list[float]:
    zoom, x, y = zoom_at(motion, along)
    size = 1.0 / zoom
    return [zoom, (1.0 - size) * x + size / 2, (1.0 - size) * y + size / 2]
