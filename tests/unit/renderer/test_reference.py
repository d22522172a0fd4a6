"""The reference compositor against what each frame must be by definition."""

from collections.abc import Mapping
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from services.renderer.engine.picture import look
from services.renderer.engine.picture.media import Prepared, PreparedClip, PreparedStill
from services.renderer.engine.picture.reference import ReferenceCompositor, mixed, to_planes, to_rgb
from storyboard.frameplan import plan
from storyboard.timeline import (
    CaptionGroup,
    CaptionWord,
    ClipPicture,
    ColorPicture,
    GradientPicture,
    ImageLayer,
    ImagePicture,
    Picture,
    TextLayer,
    Timeline,
    TimelineAsset,
    TimelineCanvas,
    TimelineCaptions,
    TimelineFont,
    TimelineLogo,
    TimelineMotion,
    TimelineOutput,
    TimelineScene,
    TimelineTransition,
)

WIDTH, HEIGHT = 320, 180
FONT = TimelineFont(family="Inter", weight=800, size=9, color="#ffffff", stroke="#000000", stroke_width=0.4)
STILL = TimelineMotion(effect="none", amount=0, focus_x=0.5, focus_y=0.5, easing="linear")
RED, BLUE = (200, 40, 30), (20, 60, 190)


def flat(colour: tuple[int, int, int], alpha: int = 255) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 4), (*colour, alpha), np.uint8)


def scene(picture: Picture, index: int = 0, frames: int = 40, **changes: object) -> TimelineScene:
    values = {"motion": STILL, "layers": (), "transition": TimelineTransition(type="none", frames=0)}
    return TimelineScene(id=f"s{index}", start=30 * index, frames=frames, picture=picture, **{**values, **changes})


def timeline(*scenes: TimelineScene, assets: tuple[TimelineAsset, ...] = (), **changes: object) -> Timeline:
    values = {
        "title": "t",
        "language": "en",
        "seed": 0,
        "canvas": TimelineCanvas(width=WIDTH, height=HEIGHT, fps=30, background="#204060"),
        "captions": TimelineCaptions(
            style="highlight", position="bottom", font=FONT, active_color="#ffcc00", groups=()
        ),
        "output": TimelineOutput(codec="h264", quality="draft", poster=0),
    }
    frames = scenes[-1].start + scenes[-1].frames
    lists = {"fonts": (), "narration": (), "sounds": ()}
    return Timeline(frames=frames, scenes=scenes, assets=assets, **lists, **{**values, **changes})


def asset(name: str, width: int, height: int, frames: int | None = None) -> TimelineAsset:
    kind = "video" if frames else "image"
    return TimelineAsset(id=name, kind=kind, sha256="0" * 64, width=width, height=height, frames=frames)


def still(folder: Path, name: str, pixels: np.ndarray) -> PreparedStill:
    """The prepared file of RGB or RGBA pixels."""
    path = folder / name
    has_alpha = pixels.shape[2] == 4
    path.write_bytes(pixels.tobytes() if has_alpha else b"".join(plane.tobytes() for plane in to_planes(pixels)))
    return PreparedStill(str(path), pixels.shape[1], pixels.shape[0], has_alpha)


def drawn(story: Timeline, number: int, media: Mapping[str, Prepared] | None = None) -> np.ndarray:
    compositor = ReferenceCompositor(story, media or {})
    try:
        return compositor.frame(number)
    finally:
        compositor.close()


def grid(width: int, height: int) -> np.ndarray:
    """A smooth picture in which every place has its own colour."""
    y, x = np.mgrid[0:height, 0:width]
    return np.dstack([40 + 170 * x / width, 40 + 170 * y / height, np.full(x.shape, 90.0)]).astype(np.uint8)


def test_planes_and_rgb_are_each_others_inverse() -> None:
    smooth = cv2.GaussianBlur(grid(64, 48), (0, 0), 2)
    assert np.abs(to_rgb(to_planes(smooth)).astype(int) - smooth).max() <= 3


@pytest.mark.parametrize(
    ("rgb", "yuv"), [((255, 255, 255), (235, 128, 128)), ((0, 0, 0), (16, 128, 128)), ((255, 0, 0), (63, 102, 240))]
)
def test_colours_have_the_values_of_bt_709_limited_range(rgb: tuple[int, int, int], yuv: tuple[int, int, int]) -> None:
    planes = to_planes(np.full((4, 4, 3), rgb, np.uint8))
    assert tuple(int(plane[0, 0]) for plane in planes) == yuv


def test_a_colour_with_alpha_stands_on_the_background() -> None:
    frame = drawn(timeline(scene(ColorPicture(color="#ff000080"))), 0)
    assert np.abs(frame.reshape(-1, 3).astype(int) - (144, 32, 48)).max() <= 1


@pytest.mark.parametrize(
    ("angle", "first", "last"),
    [(0, (179, 160), (0, 160)), (90, (90, 0), (90, 319)), (180, (0, 160), (179, 160)), (135, (0, 0), (179, 319))],
)
def test_gradients_run_as_in_css(angle: float, first: tuple[int, int], last: tuple[int, int]) -> None:
    frame = drawn(timeline(scene(GradientPicture(colors=("#ff0000", "#00ff00", "#0000ff"), angle=angle))), 0)
    assert frame[first][0] >= 250 and frame[last][2] >= 250
    assert frame[90, 160][1] >= 250


def test_cover_fills_and_contain_leaves_bars_of_background(tmp_path: Path) -> None:
    media = {"a": still(tmp_path, "a", np.full((200, 200, 3), RED, np.uint8))}
    assets = (asset("a", 200, 200),)
    covered = drawn(timeline(scene(ImagePicture(asset="a", fit="cover")), assets=assets), 0, media)
    assert np.abs(covered.astype(int) - RED).max() <= 3
    contained = drawn(timeline(scene(ImagePicture(asset="a", fit="contain")), assets=assets), 0, media)
    assert np.abs(contained[:, 72:248].astype(int) - RED).max() <= 3
    assert (contained[:, :69] == (0x20, 0x40, 0x60)).all() and (contained[:, 251:] == (0x20, 0x40, 0x60)).all()


def test_blur_puts_the_picture_over_a_darker_copy_of_itself(tmp_path: Path) -> None:
    media = {"a": still(tmp_path, "a", np.full((200, 200, 3), RED, np.uint8))}
    frame = drawn(timeline(scene(ImagePicture(asset="a", fit="blur")), assets=(asset("a", 200, 200),)), 0, media)
    assert np.abs(frame[90, 160].astype(int) - RED).max() <= 3
    assert np.abs(frame[:, :60].astype(int) - np.rint(np.array(RED) * look.BLUR_LIGHT)).max() <= 3


@pytest.mark.parametrize("effect", ["zoomIn", "panRight", "none"])
@pytest.mark.parametrize("fit", ["cover", "fill"])
def test_each_pixel_shows_the_place_its_view_says(tmp_path: Path, effect: str, fit: str) -> None:
    motion = TimelineMotion(effect=effect, amount=0.5, focus_x=0.3, focus_y=0.7, easing="easeInOut")
    pixels = grid(800, 600)
    story = timeline(scene(ImagePicture(asset="a", fit=fit), motion=motion), assets=(asset("a", 800, 600),))
    compositor = ReferenceCompositor(story, {"a": still(tmp_path, "a", pixels)})
    for number in (0, 13, 39):
        view = plan(story, number).scene.view
        assert view is not None
        x = view.x + view.width * (np.arange(WIDTH) + 0.5) / WIDTH
        y = view.y + view.height * (np.arange(HEIGHT) + 0.5) / HEIGHT
        frame = compositor.frame(number).astype(float)
        assert np.abs(frame[..., 0] - (40 + 170 * x)[None, :]).max() < 4
        assert np.abs(frame[..., 1] - (40 + 170 * y)[:, None]).max() < 4


def test_fine_detail_is_averaged_not_aliased(tmp_path: Path) -> None:
    lines = np.zeros((720, 1280, 3), np.uint8)
    lines[:, ::2] = 255
    media = {"a": still(tmp_path, "a", lines)}
    frame = drawn(timeline(scene(ImagePicture(asset="a", fit="cover")), assets=(asset("a", 1280, 720),)), 0, media)
    assert np.abs(frame.astype(int) - 127).max() <= 4


def test_a_still_with_transparency_shows_the_background(tmp_path: Path) -> None:
    media = {"a": still(tmp_path, "a", flat(RED, 0))}
    frame = drawn(timeline(scene(ImagePicture(asset="a", fit="cover")), assets=(asset("a", WIDTH, HEIGHT),)), 0, media)
    assert (frame == (0x20, 0x40, 0x60)).all()


def test_a_clip_shows_the_planned_frame(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(30):
            planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
            planes[:HEIGHT] = 40 + 6 * number
            container.mux(stream.encode(av.VideoFrame.from_ndarray(planes, "yuv420p")))
        container.mux(stream.encode())
    media = {"c": PreparedClip(str(path), WIDTH, HEIGHT, 0, 30)}
    picture = ClipPicture(asset="c", fit="cover", trim=4, speed=0.5)
    compositor = ReferenceCompositor(timeline(scene(picture), assets=(asset("c", WIDTH, HEIGHT, 30),)), media)
    for number, shown in ((0, 4), (11, 9), (38, 23), (3, 5)):
        expected = (40 + 6 * shown - 16) * 255 / 219
        assert np.abs(compositor.frame(number).mean() - expected) < 2
    compositor.close()


def test_fade_is_the_weighted_mean() -> None:
    below, above = flat(RED), flat(BLUE)
    for progress in (0.025, 0.25, 0.5, 0.975):
        expected = np.array(RED) * (1 - progress) + np.array(BLUE) * progress
        assert np.abs(mixed("fade", progress, below, above)[..., :3] - expected).max() <= 0.51


@pytest.mark.parametrize(("kind", "colour"), [("fadeBlack", 0), ("fadeWhite", 255)])
def test_dips_go_through_the_colour(kind: str, colour: int) -> None:
    below, above = flat(RED), flat(BLUE)
    for progress, of in ((0.25, RED), (0.75, BLUE)):
        expected = (np.array(of) + colour) / 2
        assert np.abs(mixed(kind, progress, below, above)[..., :3] - expected).max() <= 0.51
    assert (mixed(kind, 0.5, below, above)[..., :3] == colour).all()


@pytest.mark.parametrize(
    ("kind", "new"),
    [
        ("wipeLeft", np.s_[:, 240:]),
        ("wipeRight", np.s_[:, :80]),
        ("wipeUp", np.s_[135:, :]),
        ("wipeDown", np.s_[:45, :]),
    ],
)
def test_wipes_move_a_hard_edge(kind: str, new: tuple[slice, slice]) -> None:
    expected = flat(RED)
    expected[new] = flat(BLUE)[new]
    assert (mixed(kind, 0.25, flat(RED), flat(BLUE)) == expected).all()


@pytest.mark.parametrize(("kind", "down", "right"), [("Left", 0, -1), ("Right", 0, 1), ("Up", -1, 0), ("Down", 1, 0)])
def test_slides_push_the_old_scene_out(kind: str, down: int, right: int) -> None:
    old = np.dstack([grid(WIDTH, HEIGHT), np.full((HEIGHT, WIDTH), 255, np.uint8)])
    new = np.ascontiguousarray(old[::-1, ::-1])
    y, x = down * HEIGHT // 4, right * WIDTH // 4
    strip = np.concatenate([old, new] if down + right < 0 else [new, old], axis=0 if down else 1)
    top = -y if y < 0 else HEIGHT - y if down else 0
    left = -x if x < 0 else WIDTH - x if right else 0
    assert (mixed(f"slide{kind}", 0.25, old, new) == strip[top : top + HEIGHT, left : left + WIDTH]).all()


def test_circle_opens_from_the_middle_to_the_corners() -> None:
    below, above = flat(RED), flat(BLUE)
    half = mixed("circleOpen", 0.5, below, above)[..., :3]
    inner, outer = look.circle_radius(0.5, WIDTH, HEIGHT)
    y, x = np.ogrid[0:HEIGHT, 0:WIDTH]
    distance = np.hypot(x + 0.5 - WIDTH / 2, y + 0.5 - HEIGHT / 2)
    assert (half[distance <= inner] == BLUE).all() and (half[distance >= outer] == RED).all()
    assert 0 < outer - inner < 4
    assert (mixed("circleOpen", 1.0, below, above)[..., :3] == BLUE).all()
    assert (mixed("circleOpen", 0.0, below, above)[..., :3] == RED).all()


def story_with_everything(layers: tuple[TextLayer | ImageLayer, ...] = (), transition: str = "wipeLeft") -> Timeline:
    words = (CaptionWord(text="Why", start=0, end=20), CaptionWord(text="tea", start=20, end=60))
    captions = TimelineCaptions(
        style="highlight",
        position="bottom",
        font=FONT,
        active_color="#ffcc00",
        groups=(CaptionGroup(scene=0, start=0, end=60, words=words),),
    )
    return timeline(
        scene(ColorPicture(color="#c8281e"), layers=layers, transition=TimelineTransition(type=transition, frames=10)),
        scene(ColorPicture(color="#143cbe"), 1),
        assets=(asset("l", 40, 20),),
        captions=captions,
        logo=TimelineLogo(asset="l", corner="topLeft", width=0.125),
    )


def test_captions_and_logo_stand_over_transitions(tmp_path: Path) -> None:
    logo = np.full((20, 40, 4), (0, 255, 0, 255), np.uint8)
    frame = drawn(story_with_everything(), 35, {"l": still(tmp_path, "l", logo)})
    assert (frame[8:27, 8:46] == (0, 255, 0)).all()
    assert tuple(frame[90, 20]) == RED and tuple(frame[90, 300]) == BLUE
    yellow = (np.abs(frame.astype(int) - (255, 204, 0)).max(axis=2) < 12).sum()
    assert yellow > 20
    assert (frame.min(axis=2) > 245).sum() > 20


def test_layers_take_opacity_and_shift_from_their_state(tmp_path: Path) -> None:
    values = {"start": 0, "frames": 30, "x": 0.5, "y": 0.5, "width": 0.25, "anchor": "center"}
    layer = ImageLayer(animation="slideUp", asset="l", opacity=0.5, **values)
    white = still(tmp_path, "l", np.full((20, 40, 4), 255, np.uint8))
    story = story_with_everything((layer,))
    compositor = ReferenceCompositor(story, {"l": white})
    settled = compositor.frame(20)[90, 160].astype(int)
    assert np.abs(settled - (np.array(RED) + 255) / 2).max() <= 2
    state = plan(story, 2).scene.layers[0]
    early = compositor.frame(2)
    share = 0.5 * state.opacity
    assert np.abs(early[90, 160] - (np.array(RED) * (1 - share) + 255 * share)).max() <= 2
    rows = np.flatnonzero(np.abs(early[:, 160].astype(int) - RED).max(axis=1) > 3)
    assert rows.min() == 70 + round(state.shift * HEIGHT)


def test_text_overlays_are_drawn_over_the_picture() -> None:
    text = TextLayer(
        start=0, frames=30, x=0.5, y=0.3, width=0.8, anchor="center", animation="none", text="Hello", font=FONT
    )
    story = timeline(scene(ColorPicture(color="#c8281e"), layers=(text,)))
    assert (drawn(story, 5).min(axis=2) > 245).sum() > 100
    assert (drawn(story, 35).min(axis=2) > 245).sum() == 0


def test_the_same_frame_has_the_same_bytes(tmp_path: Path) -> None:
    media = {"l": still(tmp_path, "l", np.full((20, 40, 4), 200, np.uint8))}
    story = story_with_everything(transition="circleOpen")
    assert drawn(story, 36, media).tobytes() == drawn(story, 36, media).tobytes()
