"""The fast compositor draws what the reference draws."""

from collections.abc import Mapping
from typing import get_args

import cv2
import numpy as np
import pytest
from drawing import compositor, draw, likenesses, prepared
from golden_material import Material
from scenarios import Scenario, scenarios, upload
from similarity import box_of, difference_box, ssim

from services.renderer.engine.picture import look
from services.renderer.engine.picture.media import Planes
from services.renderer.engine.picture.planes import colour_yuv
from services.renderer.engine.picture.reference import ReferenceCompositor, to_planes, to_rgb
from services.renderer.engine.text.painter import TextPainter
from storyboard.models import Position
from storyboard.timeline import Timeline

#: of every frame: SSIM of luma, and how far the mean of a chroma plane may be off
LEAST, FURTHEST = 0.98, 0.5
SIZES = [(1280, 720), (1080, 1920), (1080, 1080), (864, 1080)]


@pytest.mark.slow
@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
def test_every_frame_is_like_the_reference(scenario: Scenario, material: Material) -> None:
    for likeness in likenesses(scenario, material):
        assert likeness.ssim >= LEAST, likeness.shot
        assert likeness.chroma <= FURTHEST, likeness.shot


def film(
    material: Material, *scenes: Mapping[str, object], size: tuple[int, int] = (1280, 720), **rest: object
) -> Timeline:
    canvas = {"width": size[0], "height": size[1], "fps": 30, "background": "#808080"}
    numbered = [{"id": f"s{index}", "duration": 2.0, **scene} for index, scene in enumerate(scenes)]
    board = {"version": "storyboard/1", "canvas": canvas, "scenes": numbered, **rest}
    return Scenario("film", "", board, ()).timeline(material)


def flat(colour: str, **more: object) -> dict[str, object]:
    return {"visual": {"type": "color", "color": colour}, **more}


def without_captions(timeline: Timeline) -> Timeline:
    return timeline.model_copy(update={"captions": timeline.captions.model_copy(update={"groups": ()})})


def luma_of(timeline: Timeline, material: Material, frame: int) -> np.ndarray:
    with compositor(timeline, material) as drawing:
        return draw(drawing, timeline, frame)[0]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("position", get_args(Position))
@pytest.mark.parametrize("style", ["block", "highlight", "karaoke", "pop", "typewriter"])
def test_captions_stand_where_their_geometry_says(
    style: str, position: str, size: tuple[int, int], material: Material
) -> None:
    bright = {"color": "#ffffff", "stroke": "#ffffff"}
    captions = {"style": style, "position": position, "maxWords": 4, "font": bright, "active": {"color": "#ffffff"}}
    scene = flat("#808080", narration={"text": "Quiet jolly evenings"})
    timeline = film(material, scene, size=size, captions=captions)
    group = timeline.captions.groups[0]
    luma = luma_of(timeline, material, group.end - 1)
    # Letters and outlines are lighter than the grey behind them, shadows darker.
    left, top, right, bottom = box_of(luma > 175) or (0, 0, 0, 0)
    x, y, width, height = TextPainter(*size, "en").caption_box(timeline.captions, group)
    assert np.abs(np.array([left, top, right, bottom]) - (x, y, x + width, y + height)).max() <= 1
    above, below = look.caption_margins(*size)
    outline = 0.004 * min(size) + 1
    assert top >= above - outline and bottom <= size[1] - below + outline
    assert abs((left + right) / 2 - size[0] / 2) <= 0.01 * size[0]


@pytest.mark.parametrize("style", ["block", "highlight", "karaoke", "pop", "typewriter", "box"])
def test_captions_change_the_same_box_in_both_compositors(style: str, material: Material) -> None:
    scene = {"visual": upload("photo.jpg"), "narration": {"text": "Words that pass, one by one"}}
    timeline = film(material, scene, captions={"style": style})
    plain = without_captions(timeline)
    media = prepared(timeline, material)
    for frame in (2, 16, 31):
        ours = difference_box(luma_of(timeline, material, frame), luma_of(plain, material, frame), 12)
        theirs = difference_box(
            *(to_planes(ReferenceCompositor(story, media).frame(frame))[0] for story in (timeline, plain)), 12
        )
        assert ours is not None and theirs is not None
        assert np.abs(np.subtract(ours, theirs)).max() <= 1


@pytest.mark.parametrize("number", [1, 4, 7, 13])
@pytest.mark.parametrize("kind", ["Left", "Right", "Up", "Down"])
@pytest.mark.parametrize("family", ["wipe", "slide"])
def test_wipes_and_slides_have_their_edge_where_defined(
    family: str, kind: str, number: int, material: Material
) -> None:
    transition = {"type": f"{family}{kind}", "duration": 0.5}
    timeline = film(material, flat("#202020", transition=transition), flat("#e0e0e0"), size=(1280, 722))
    luma = luma_of(timeline, material, timeline.scenes[1].start + number)
    left, top, right, bottom = box_of(luma > 128) or (0, 0, 0, 0)
    share = (number + 0.5) / 15
    if kind in ("Left", "Right"):
        assert (top, bottom) == (0, 722) and abs((right - left) - share * 1280) <= 1
        assert right == 1280 if kind == "Left" else left == 0
    else:
        assert (left, right) == (0, 1280) and abs((bottom - top) - share * 722) <= 1
        assert bottom == 722 if kind == "Up" else top == 0


def test_a_circle_opens_round_and_in_the_middle(material: Material) -> None:
    timeline = film(material, flat("#202020", transition={"type": "circleOpen", "duration": 0.5}), flat("#e0e0e0"))
    luma = luma_of(timeline, material, timeline.scenes[1].start + 6)
    left, top, right, bottom = box_of(luma > 128) or (0, 0, 0, 0)
    inner, outer = look.circle_radius(6.5 / 15, 1280, 720)
    assert abs((left + right) / 2 - 640) <= 0.5 and abs((top + bottom) / 2 - 360) <= 0.5
    assert abs((right - left) / 2 - (inner + outer) / 2) <= 1 and abs((bottom - top) - (right - left)) <= 1


@pytest.mark.parametrize("fit", ["contain", "blur"])
def test_a_transparent_picture_has_no_rectangle_around_it(fit: str, material: Material) -> None:
    timeline = film(material, {"visual": upload("cutout.png", fit)})
    with compositor(timeline, material) as drawing:
        luma = draw(drawing, timeline, 0)[0].astype(float)
    # 900 × 720 in the middle: along the sides of that box, where the cutout has nothing, no step may be seen.
    for column in (190, 1090):
        rows = np.r_[2:120] if column == 1090 else np.r_[2:500]
        assert np.abs(luma[rows, column - 2] - luma[rows, column + 1]).max() <= 4


@pytest.mark.parametrize("colour", ["#ff0000", "#00ff00", "#0000ff", "#ffffff", "#000000", "#c86432", "#3f7fbf"])
def test_flat_colours_are_the_colours_asked_for(colour: str, material: Material) -> None:
    asked = tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
    timeline = film(material, flat(colour))
    with compositor(timeline, material) as drawing:
        planes: Planes = draw(drawing, timeline, 0)
    assert tuple(int(plane[0, 0]) for plane in planes) == colour_yuv((asked[0], asked[1], asked[2]))
    assert np.abs(to_rgb(planes).reshape(-1, 3).mean(axis=0) - asked).max() <= 2


def test_slow_gradients_have_no_bands(material: Material) -> None:
    timeline = film(material, {"visual": {"type": "gradient", "colors": ["#303848", "#483830"], "angle": 90}})
    with compositor(timeline, material) as drawing:
        planes = draw(drawing, timeline, 0)
    # A band would be columns of one value; dithered, the mean of each column runs straight.
    for plane in planes:
        means = cv2.blur(plane.mean(axis=0)[None, :], (9, 1))[0][8:-8]
        places = np.arange(means.size)
        straight = np.polyval(np.polyfit(places, means, 1), places)
        assert abs(means[-1] - means[0]) > 2 and np.abs(means - straight).max() <= 0.15


def test_ssim_is_one_for_equal_pictures_and_falls_with_noise() -> None:
    random = np.random.default_rng(1)
    picture = cv2.GaussianBlur(random.integers(0, 256, (90, 120), np.uint8), (0, 0), 2)
    noisy = np.clip(picture + random.normal(0, 12, picture.shape), 0, 255).astype(np.uint8)
    assert ssim(picture, picture) == pytest.approx(1.0, abs=1e-6)
    assert ssim(picture, noisy) < ssim(picture, cv2.addWeighted(picture, 0.5, noisy, 0.5, 0)) < 1
    # Constant pictures: only the term of the means is left (Wang et al., equation 6).
    first, second = np.full((20, 20), 100, np.uint8), np.full((20, 20), 120, np.uint8)
    constant = (0.01 * 255) ** 2
    assert ssim(first, second) == pytest.approx((2 * 100 * 120 + constant) / (100**2 + 120**2 + constant), abs=1e-4)
