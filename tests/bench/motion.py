"""How smoothly a slow camera moves: the error of each frame's displacement, in pixels.

    python motion.py '{"photo": …, "width": 1920, "height": 1080, "frames": 120}'

Neighbouring frames are compared in five places by phase correlation (Kuglin and Hines, 1975; sub-pixel peak as in
`cv2.phaseCorrelate`) with the displacement the camera's path asks for there. Prints the root mean square in pixels for
each contender and camera; the error of phase correlation itself is part of each.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from services.renderer.engine.ingest.prepared import PreparedStill
from services.renderer.engine.picture.compositor import Compositor
from services.renderer.engine.picture.planes import empty_planes
from services.renderer.engine.text import fonts
from services.renderer.engine.toolchain import find_ffmpeg
from storyboard import Resolution, ResolvedAsset, compile_storyboard, parse_storyboard
from storyboard.frameplan import View, view_at
from storyboard.timeline import Timeline

Luma = NDArray[np.uint8]
#: what the camera shows at a frame
Path_ = Callable[[int], View]

_PATCH = 256
_FPS = 30
CAMERAS = {"slow pan": ("panRight", 0.03), "slow zoom": ("zoomIn", 0.08)}


def still_of(photo: Path, folder: Path) -> PreparedStill:
    """The photo as BT.709 planes, cropped to even sides."""
    probe = cv2.imread(str(photo), cv2.IMREAD_COLOR)
    if probe is None:
        raise OSError(f"{photo.name} can't be read")
    height, width = probe.shape[0] & ~1, probe.shape[1] & ~1
    target = folder / "still.yuv"
    scale = f"crop={width}:{height}:0:0,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
    argv = [str(find_ffmpeg().path), "-v", "error", "-y", "-i", str(photo), "-vf", scale, "-f", "rawvideo", str(target)]
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
    return PreparedStill(str(target), width, height, has_alpha=False)


def one_scene(still: PreparedStill, effect: str, amount: float, size: tuple[int, int], frames: int) -> Timeline:
    board = {
        "version": "storyboard/1",
        "canvas": {"width": size[0], "height": size[1], "fps": _FPS},
        "scenes": [
            {
                "id": "scene-1",
                "duration": round(frames / _FPS, 3),
                "visual": {"type": "image", "src": "file:photo"},
                "motion": {"effect": effect, "amount": amount, "easing": "linear"},
            }
        ],
    }
    asset = ResolvedAsset(kind="image", sha256="0" * 64, width=still.width, height=still.height)
    return compile_storyboard(
        parse_storyboard(board), Resolution(assets={"file:photo": asset}, fonts=fonts.families())
    ).timeline


def camera_path(timeline: Timeline, still: PreparedStill) -> Path_:
    scene, canvas = timeline.scenes[0], timeline.canvas
    natural = (float(still.width), float(still.height))
    size = (float(canvas.width), float(canvas.height))
    return lambda frame: view_at(natural, size, "cover", scene.motion, frame, scene.frames)


def ours(timeline: Timeline, still: PreparedStill) -> Iterator[Luma]:
    compositor = Compositor(timeline, {"file:photo": still})
    for number in range(timeline.frames):
        planes = empty_planes(timeline.canvas.width, timeline.canvas.height)
        compositor.draw(number, planes)
        yield planes[0]
    compositor.close()


def zoompan(
    photo: Path, still: PreparedStill, path: Path_, size: tuple[int, int], frames: int, upscale: int
) -> Iterator[Luma]:
    """The same path by FFmpeg's filter, whose x and y are whole pixels of its input."""
    width, height = size
    first, last = path(0), path(frames - 1)
    along = f"on/{frames - 1}"
    # Zoom is linear in time, and so is its place where the zoom stays.
    whole = still.width * height / width / still.height
    zoom = f"({1 / first.width:.9f}+({1 / last.width - 1 / first.width:.9f})*{along})"
    middles = []
    for begin, end in (
        (first.x + first.width / 2, last.x + last.width / 2),
        ((first.y + first.height / 2 - 0.5) / whole + 0.5, (last.y + last.height / 2 - 0.5) / whole + 0.5),
    ):
        middles.append(f"({begin:.9f}+({end - begin:.9f})*{along})")
    enlarged = f"scale={upscale}:-2," if upscale else ""
    graph = (
        f"crop={still.width}:{round(still.width * height / width)},{enlarged}"
        f"zoompan=z='{zoom}':x='{middles[0]}*iw-iw/zoom/2':y='{middles[1]}*ih-ih/zoom/2'"
        f":d={frames}:s={width}x{height}:fps={_FPS},format=gray"
    )
    argv = [str(find_ffmpeg().path), "-v", "error", "-nostdin", "-i", str(photo), "-vf", graph]
    argv += ["-frames:v", str(frames), "-f", "rawvideo", "pipe:1"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        if process.stdout is None:
            raise OSError("the filter has no output")
        for _ in range(frames):
            yield np.frombuffer(process.stdout.read(width * height), np.uint8).reshape(height, width)


def error(pictures: Iterator[Luma], path: Path_, size: tuple[int, int]) -> float:
    """Root mean square, in pixels, of measured less wanted displacement between neighbouring frames."""
    width, height = size
    patch = min(_PATCH, height // 2)
    places = [(width // 2, height // 2)]
    places += [(x, y) for x in (patch, width - patch) for y in (patch * 3 // 4, height - patch * 3 // 4)]
    window = cv2.createHanningWindow((patch, patch), cv2.CV_32F)
    squares = []
    before: Luma | None = None
    for number, picture in enumerate(pictures):
        if before is not None:
            old, new = path(number - 1), path(number)
            for x, y in places:
                wanted_x = (((x / width) * old.width + old.x - new.x) / new.width) * width - x
                wanted_y = (((y / height) * old.height + old.y - new.y) / new.height) * height - y
                (moved_x, moved_y), _ = cv2.phaseCorrelate(
                    _cut(before, x, y, patch), _cut(picture, x, y, patch), window
                )
                squares.append((moved_x - wanted_x) ** 2 + (moved_y - wanted_y) ** 2)
        before = picture
    return float(np.sqrt(np.mean(squares)))


def _cut(picture: Luma, x: int, y: int, patch: int) -> NDArray[np.float32]:
    half = patch // 2
    return picture[y - half : y + half, x - half : x + half].astype(np.float32)


def main(order: dict[str, Any]) -> None:
    size, frames = (order["width"], order["height"]), order["frames"]
    photo, folder = Path(order["photo"]), Path(order["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    still = still_of(photo, folder)
    found: dict[str, dict[str, float]] = {}
    for camera, (effect, amount) in CAMERAS.items():
        timeline = one_scene(still, effect, amount, size, frames)
        path = camera_path(timeline, still)
        found[camera] = {
            "Keyreel": error(ours(timeline, still), path, size),
            "zoompan": error(zoompan(photo, still, path, size, frames, 0), path, size),
            "zoompan on 8,000 px": error(zoompan(photo, still, path, size, frames, 8000), path, size),
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
