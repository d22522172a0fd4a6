"""What is in the finished file: as many frames as the timeline has, looking as composed, in the colours asked for."""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from drawing import compositor, draw
from golden_material import Material
from scenarios import Json, Scenario, upload
from similarity import ssim

from services.renderer.engine.picture.media import Planes, frame_planes
from services.renderer.engine.picture.reference import to_rgb
from services.renderer.engine.render import Options, render
from storyboard.timeline import Timeline

pytestmark = pytest.mark.slow

BT709, LIMITED = 1, 1
COLOURS = ("#c86432", "#1e90ff", "#2e8b57", "#f5f5f5", "#101010", "#d02090")
SCENES: list[Json] = [
    {
        "visual": upload("photo.jpg"),
        "motion": {"effect": "zoomIn"},
        "narration": {"text": "A voice nobody hears."},
        "transition": {"type": "slideLeft", "duration": 0.25},
    },
    {"visual": upload("wide.mp4"), "transition": {"type": "circleOpen", "duration": 0.25}},
    {"visual": upload("portrait.png", "blur"), "motion": {"effect": "panUp"}},
]


@dataclass(frozen=True)
class Video:
    """A decoded file: every frame's planes and presentation time in seconds, and the stream's tags."""

    frames: list[Planes]
    times: list[float]
    colour: tuple[int, int, int, int]
    pixel_format: str


def rendered(board: Json, material: Material, out: Path, size: tuple[int, int], fps: int) -> tuple[Timeline, Video]:
    """Render a storyboard for real and decode what came out."""
    canvas = {"width": size[0], "height": size[1], "fps": fps}
    scenes = [{"id": f"s{index}", "duration": 1.0, **scene} for index, scene in enumerate(board["scenes"])]
    whole = {"version": "storyboard/1", **board, "canvas": canvas, "scenes": scenes}
    timeline = Scenario("encoded", "", whole, ()).timeline(material)
    made = render(timeline, material.files, out, cache=material.cache, options=Options(engine="cpu"))
    assert made.frames == timeline.frames
    return timeline, decoded(out)


def decoded(path: Path) -> Video:
    frames, times = [], []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        for frame in container.decode(stream):
            planes = frame_planes(frame.reformat(format="yuv420p"))
            frames.append((planes[0].copy(), planes[1].copy(), planes[2].copy()))
            times.append(float(frame.time or 0))
        context = stream.codec_context
        colour = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
        return Video(frames, times, colour, str(context.pix_fmt))


def assert_like_composed(timeline: Timeline, video: Video, material: Material, least: float, every: int = 7) -> None:
    with compositor(timeline, material) as drawing:
        for number in range(0, timeline.frames, every):
            composed = draw(drawing, timeline, number)
            assert ssim(video.frames[number][0], composed[0]) >= least, number
            for encoded, plane in zip(video.frames[number], composed, strict=True):
                assert abs(float(encoded.mean()) - float(plane.mean())) <= 1, number


@pytest.mark.parametrize(
    ("codec", "quality", "size", "fps"),
    [
        ("h264", "standard", (1280, 720), 30),
        ("h264", "high", (864, 1080), 60),
        ("hevc", "high", (1280, 720), 24),
        ("av1", "high", (720, 720), 25),
    ],
)
def test_the_file_holds_every_frame_as_it_was_composed(
    codec: str, quality: str, size: tuple[int, int], fps: int, material: Material, tmp_path: Path
) -> None:
    board = {"scenes": SCENES, "output": {"codec": codec, "quality": quality}, "captions": {"style": "box"}}
    timeline, video = rendered(board, material, tmp_path / "video.mp4", size, fps)
    assert len(video.frames) == timeline.frames == 3 * fps - 2 * int(0.25 * fps + 0.5)
    assert np.abs(np.array(video.times) - np.arange(timeline.frames) / fps).max() < 1e-4
    assert video.colour == (BT709, BT709, BT709, LIMITED)
    assert video.pixel_format == "yuv420p"
    assert_like_composed(timeline, video, material, 0.97)


def test_a_draft_is_as_long_and_still_alike(material: Material, tmp_path: Path) -> None:
    board = {"scenes": SCENES, "output": {"quality": "draft"}, "captions": {"style": "none"}}
    timeline, video = rendered(board, material, tmp_path / "video.mp4", (640, 360), 50)
    assert len(video.frames) == timeline.frames
    assert_like_composed(timeline, video, material, 0.93)


@pytest.mark.parametrize("quality", ["draft", "standard", "high"])
def test_flat_colours_come_out_of_the_file_as_asked(quality: str, material: Material, tmp_path: Path) -> None:
    scenes = [{"visual": {"type": "color", "color": colour}, "duration": 0.3} for colour in COLOURS]
    board = {"scenes": scenes, "output": {"quality": quality}}
    timeline, video = rendered(board, material, tmp_path / "video.mp4", (640, 360), 30)
    for scene, colour in zip(timeline.scenes, COLOURS, strict=True):
        asked = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
        shown = to_rgb(video.frames[scene.start + scene.frames // 2]).reshape(-1, 3).mean(axis=0)
        assert np.abs(shown - asked).max() <= 2, colour


def test_4k_comes_out_whole(material: Material, tmp_path: Path) -> None:
    scene = {"visual": upload("photo.jpg"), "motion": {"effect": "zoomOut"}, "duration": 0.3}
    plain = {
        "visual": upload("wide.mp4"),
        "duration": 0.2,
        "overlays": [{"type": "text", "text": "Four times the dots"}],
    }
    timeline, video = rendered({"scenes": [scene, plain]}, material, tmp_path / "video.mp4", (3840, 2160), 30)
    assert len(video.frames) == timeline.frames == 15
    assert video.frames[0][0].shape == (2160, 3840)
    assert_like_composed(timeline, video, material, 0.97)
