"""Captions, overlays and pictures as rasters, told by their pixels."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.renderer.engine.picture import look
from services.renderer.engine.text.painter import Raster, TextPainter
from services.renderer.engine.text.shaping import Token, shape
from storyboard.frameplan import CaptionState, LayerState, group_state
from storyboard.timeline import (
    CaptionGroup,
    CaptionWord,
    ImageLayer,
    TextLayer,
    TimelineCaptions,
    TimelineFont,
    TimelineLogo,
)

STYLES = ["block", "highlight", "karaoke", "pop", "typewriter", "box"]
CANVASES = [(1920, 1080), (1080, 1920), (1080, 1080)]
ACTIVE = (255, 204, 0)


def font(**changes: object) -> TimelineFont:
    values = {"family": "Inter", "weight": 800, "size": 5.2, "color": "#ffffff", "stroke": "#000000"}
    return TimelineFont(**{**values, "stroke_width": 0.4, **changes})


def group(*words: str, glued: bool = False) -> CaptionGroup:
    timed = tuple(
        CaptionWord(text=word, start=10 * index, end=10 * index + 10, glued=glued and index > 0)
        for index, word in enumerate(words)
    )
    return CaptionGroup(scene=0, start=0, end=10 * len(words), words=timed)


def captions(style: str, position: str = "bottom", **changes: object) -> TimelineCaptions:
    return TimelineCaptions(style=style, position=position, font=font(**changes), active_color="#ffcc00", groups=())


def overlay(text: str, **changes: object) -> TextLayer:
    values = {"start": 0, "frames": 60, "x": 0.5, "y": 0.5, "width": 0.8, "anchor": "center", "animation": "none"}
    type_ = changes.pop("font", None) or font(weight=700, size=6.0, stroke_width=0.0)
    return TextLayer(text=text, font=type_, **{**values, **changes})


def drawn(painter: TextPainter, style: str, words: CaptionGroup, frame: int, **changes: object) -> Raster:
    raster = painter.caption(captions(style, **changes), words, group_state(0, words, frame, 30))
    assert raster is not None
    return raster


def like(raster: Raster, colour: tuple[int, int, int]) -> np.ndarray:
    """Canvas x of the columns with pixels of that opaque colour."""
    hit = (np.abs(raster.rgba[..., :3].astype(int) - colour).max(axis=2) < 12) & (raster.rgba[..., 3] > 250)
    return np.flatnonzero(hit.any(axis=0)) + raster.x


def visible(raster: Raster, at_least: int = 250) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is more opaque than that, in canvas pixels."""
    rows, columns = np.nonzero(raster.rgba[..., 3] >= at_least)
    return raster.x + columns.min(), raster.y + rows.min(), raster.x + columns.max() + 1, raster.y + rows.max() + 1


@pytest.mark.parametrize(("width", "height"), CANVASES)
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("position", ["top", "center", "bottom"])
def test_captions_stay_in_the_safe_area(width: int, height: int, style: str, position: str) -> None:
    painter = TextPainter(width, height, "en")
    words = group("Why", "juggling", "great", "tea", "really", "matters")
    raster = drawn(painter, style, words, 55, position=position, size=9.0)
    left, top, right, bottom = visible(raster)
    above, below = look.caption_margins(width, height)
    assert left >= width * 0.07 - 1 and right <= width * 0.93 + 1
    assert top >= above - 12 and bottom <= height - below + 12
    third = {"top": bottom < height / 2, "center": top < height / 2 < bottom, "bottom": top > height / 2}
    assert third[position]


def test_portrait_captions_keep_clear_of_platform_buttons() -> None:
    painter = TextPainter(1080, 1920, "en")
    _, _, _, bottom = visible(drawn(painter, "highlight", group("Tea", "time"), 5))
    assert bottom <= 1920 * 0.825


def test_the_style_none_shows_nothing() -> None:
    words = group("Tea")
    assert TextPainter(640, 360, "en").caption(captions("none"), words, group_state(0, words, 0, 30)) is None


@pytest.mark.parametrize("style", ["pop", "typewriter"])
def test_nothing_is_shown_before_the_first_word_is_spoken(style: str) -> None:
    words = group("Tea")
    assert TextPainter(640, 360, "en").caption(captions(style), words, CaptionState(0, -1, 0, 0, 1.0)) is None


def test_highlight_colours_the_active_word_only() -> None:
    painter = TextPainter(1920, 1080, "en")
    words = group("first", "second", "third")
    middles = [like(drawn(painter, "highlight", words, frame), ACTIVE).mean() for frame in (5, 15, 25)]
    assert middles == sorted(middles)
    first, second = (like(drawn(painter, "highlight", words, frame), ACTIVE) for frame in (5, 15))
    assert first.max() < second.min()
    assert like(drawn(painter, "block", words, 15), ACTIVE).size == 0


def test_karaoke_keeps_spoken_words_coloured() -> None:
    painter = TextPainter(1920, 1080, "en")
    words = group("first", "second", "third")
    spans = [like(drawn(painter, "karaoke", words, frame), ACTIVE) for frame in (5, 15, 25)]
    assert len({span.min() for span in spans}) == 1
    assert spans[0].max() < spans[1].max() < spans[2].max()


@pytest.mark.parametrize(("language", "words"), [("he", ("שלום", "לכולם", "היום")), ("ar", ("أهلا", "بكم", "جميعا"))])
def test_right_to_left_words_are_highlighted_from_the_right(language: str, words: tuple[str, ...]) -> None:
    painter = TextPainter(1920, 1080, language)
    spans = [like(drawn(painter, "highlight", group(*words), frame), ACTIVE) for frame in (5, 15, 25)]
    assert spans[0].min() > spans[1].max() and spans[1].min() > spans[2].max()


def test_a_hebrew_word_in_an_english_line_is_the_one_highlighted() -> None:
    painter = TextPainter(1920, 1080, "en")
    words = group("The", "word", "שלום", "means", "peace")
    spans = [like(drawn(painter, "highlight", words, frame), ACTIVE) for frame in (5, 15, 25, 35, 45)]
    for before, after in pairwise(spans):
        assert before.max() < after.min()


def test_letters_of_arabic_join() -> None:
    joined = shape([Token("سلام")], "Inter", 800, "ar").pieces
    apart = [shape([Token(letter)], "Inter", 800, "ar").pieces[0].advance for letter in "سلام"]
    assert joined[0].advance < 0.9 * sum(apart)


@pytest.mark.parametrize("style", ["pop", "typewriter"])
def test_words_appear_where_they_stay(style: str) -> None:
    painter = TextPainter(1920, 1080, "en")
    words = group("Slow", "mornings", "with", "fresh", "tea", "leaves", "and", "honey")
    whole = drawn(painter, style, words, 79, size=8.0)
    for frame in range(9, 79, 10):
        part = drawn(painter, style, words, frame, size=8.0)
        assert (part.x, part.y, part.rgba.shape) == (whole.x, whole.y, whole.rgba.shape)
        shown = part.rgba[..., 3] == 255
        assert shown.any()
        # What is shown now looks the same at the end, but for the edge where the next word's shadow falls.
        differs = np.abs(part.rgba.astype(int) - whole.rgba).max(axis=2) > 40
        assert (differs & shown).sum() < 0.02 * shown.sum()


def test_a_typewriter_writes_letter_by_letter() -> None:
    painter = TextPainter(1920, 1080, "en")
    words = group("Great", "tea")
    areas = [int((drawn(painter, "typewriter", words, frame).rgba[..., 3] == 255).sum()) for frame in range(10)]
    assert areas == sorted(areas)
    assert areas[0] < areas[4] < areas[9]


def test_a_popping_word_grows_about_its_middle() -> None:
    painter = TextPainter(1920, 1080, "en")
    words = group("Wonderful")
    style = captions("pop")
    sizes, middles = [], []
    for scale in (0.6, 0.8, 1.0, 1.04):
        raster = painter.caption(style, words, CaptionState(0, 0, 1, 9, scale))
        assert raster is not None
        left, _, right, _ = visible(raster)
        sizes.append(right - left)
        middles.append((left + right) / 2)
    assert sizes[0] / sizes[2] == pytest.approx(0.6, abs=0.03)
    assert sizes == sorted(sizes)
    assert max(middles) - min(middles) <= 1.5


@pytest.mark.parametrize(("colour", "expected"), [("#ffcc00", 0), ("#1030c0", 255)])
def test_text_on_the_box_is_black_or_white_by_contrast(colour: str, expected: int) -> None:
    painter = TextPainter(1920, 1080, "en")
    words = group("Tea", "time")
    style = captions("box").model_copy(update={"active_color": colour})
    raster = painter.caption(style, words, group_state(0, words, 5, 30))
    assert raster is not None
    box = like(raster, tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5)))
    inside = raster.rgba[:, box.min() - raster.x : box.max() + 1 - raster.x, :3]
    assert (np.abs(inside.astype(int) - expected).max(axis=2) < 8).sum() > 200


def test_a_word_too_wide_for_a_line_is_made_smaller_not_cut() -> None:
    painter = TextPainter(1080, 1920, "de")
    raster = drawn(painter, "highlight", group("x" * 60), 5)
    left, top, right, bottom = visible(raster)
    assert 1080 * 0.8 < right - left <= 1080 * 0.87
    assert bottom - top < 40


@pytest.mark.parametrize(("width", "height", "lines"), [(1920, 1080, 2), (1080, 1920, 3)])
def test_twenty_words_take_no_more_lines_than_allowed(width: int, height: int, lines: int) -> None:
    painter = TextPainter(width, height, "en")
    words = group(*(["number", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"] * 2))
    raster = drawn(painter, "block", words, 5)
    rows = (raster.rgba[..., 0] > 250).any(axis=1).astype(int)
    assert (np.diff(rows) == 1).sum() + rows[0] <= 2 * lines
    assert visible(raster)[2] <= width * 0.93 + 1


def test_lines_are_balanced() -> None:
    painter = TextPainter(1080, 1920, "en")
    words = group("eight", "short", "words", "make", "lines", "alike")
    raster = drawn(painter, "block", words, 5, size=8.0)
    white = (raster.rgba[..., :3] == 255).all(axis=2)
    half = white.shape[0] // 2
    upper, lower = (np.flatnonzero(part.any(axis=0)) for part in (white[:half], white[half:]))
    assert 0.6 < np.ptp(upper) / np.ptp(lower) < 1.7


def test_the_caption_box_is_the_ink_to_a_pixel() -> None:
    painter = TextPainter(1920, 1080, "en")
    words = group("Why", "great", "tea")
    style = captions("block")
    raster = painter.caption(style, words, group_state(0, words, 5, 30))
    assert raster is not None
    x, y, width, height = painter.caption_box(style, words)
    left, top, right, bottom = visible(raster)
    assert abs(x - left) <= 1 and abs(y - top) <= 1
    assert abs(x + width - right) <= 1 and abs(y + height - bottom) <= 1


def test_rasters_are_tight() -> None:
    raster = drawn(TextPainter(1920, 1080, "en"), "highlight", group("Why", "tea"), 5)
    x, y, right, bottom = visible(raster, at_least=1)
    assert x - raster.x <= 8 and y - raster.y <= 12
    assert raster.x + raster.rgba.shape[1] - right <= 8 and raster.y + raster.rgba.shape[0] - bottom <= 12


def test_a_family_emoji_is_one_picture_in_colour() -> None:
    pieces = shape([Token("👨‍👩‍👧‍👦")], "Inter", 800, "en").pieces
    assert [len(piece.glyphs) for piece in pieces] == [1]
    raster = drawn(TextPainter(1920, 1080, "en"), "block", group("😍"), 5, size=20.0)
    pixels = raster.rgba[raster.rgba[..., 3] == 255][:, :3].astype(int)
    assert (np.ptp(pixels, axis=1) > 60).mean() > 0.5


@pytest.mark.parametrize("style", STYLES)
def test_the_same_input_gives_the_same_bytes(style: str) -> None:
    words = group("Tea", "שלום", "世界", "👍🏽")
    first, second = (drawn(TextPainter(1280, 720, "en"), style, words, 25) for _ in range(2))
    assert (first.x, first.y) == (second.x, second.y)
    assert first.rgba.tobytes() == second.rgba.tobytes()


def test_a_state_is_drawn_once() -> None:
    painter = TextPainter(1280, 720, "en")
    style, words = captions("highlight"), group("Tea", "time")
    first, again, other = (painter.caption(style, words, group_state(0, words, at, 30)) for at in (2, 7, 12))
    assert first is again
    assert other is not first


def test_colours_never_exceed_their_alpha() -> None:
    for style in STYLES:
        rgba = drawn(TextPainter(1280, 720, "en"), style, group("Tea", "🎉", "time"), 15).rgba
        assert (rgba[..., :3] <= rgba[..., 3:]).all()


@pytest.mark.parametrize(("anchor", "x"), [("left", 0.1), ("center", 0.5), ("right", 0.9)])
def test_an_overlay_stands_at_its_anchor(anchor: str, x: float) -> None:
    raster = TextPainter(1000, 1000, "en").layer(overlay("Hi\nHiHiHi", anchor=anchor, x=x), None)
    assert raster is not None
    left, top, right, bottom = visible(raster)
    at = {"left": left, "center": (left + right) / 2, "right": right}[anchor]
    assert at == pytest.approx(x * 1000, abs=10)
    assert (top + bottom) / 2 == pytest.approx(500, abs=10)


def test_lines_of_an_overlay_are_aligned_by_its_anchor() -> None:
    for anchor in ("left", "right"):
        raster = TextPainter(1000, 1000, "en").layer(overlay("H\nHHHHHH", anchor=anchor), None)
        assert raster is not None
        white = (raster.rgba[..., :3] == 255).all(axis=2)
        half = white.shape[0] // 2
        short, long = (np.flatnonzero(part.any(axis=0)) for part in (white[:half], white[half:]))
        edge = (short.min(), long.min()) if anchor == "left" else (short.max(), long.max())
        assert abs(edge[0] - edge[1]) <= 1
        assert np.ptp(short) < np.ptp(long) / 3


@pytest.mark.parametrize("text", ["word " * 100, "x" * 500, "你好世界，" * 100, "a\n" * 250])
def test_long_overlays_shrink_to_the_canvas(text: str) -> None:
    for width, height in CANVASES:
        raster = TextPainter(width, height, "en").layer(overlay(text[:500]), None)
        assert raster is not None
        # Very small letters are nowhere quite opaque.
        left, top, right, bottom = visible(raster, at_least=120)
        assert left >= 0 and right <= width and top >= 0 and bottom <= height
        assert right - left <= 0.8 * width + 2


def test_an_overlay_pops_in_about_its_middle() -> None:
    painter = TextPainter(1000, 1000, "en")
    layer = overlay("Pop", animation="popIn")
    small, whole = (painter.layer(layer, LayerState(0, 1.0, 0.0, scale)) for scale in (0.6, 1.0))
    assert small is not None and whole is not None
    a, b = visible(small), visible(whole)
    assert (a[2] - a[0]) / (b[2] - b[0]) == pytest.approx(0.6, abs=0.03)
    assert abs((a[0] + a[2]) - (b[0] + b[2])) <= 3


def test_an_overlay_of_white_space_draws_nothing() -> None:
    assert TextPainter(640, 360, "en").layer(overlay(" \n\t "), None) is None


def test_code_is_shown_as_it_was_written() -> None:
    for family in ("Inter", "JetBrains Mono"):
        arrow = shape([Token("->")], family, 800, "en").pieces[0].glyphs
        alone = [shape([Token(char)], family, 800, "en").pieces[0].glyphs[0] for char in "->"]
        assert list(arrow) == alone


def test_a_logo_keeps_its_margin_and_shape() -> None:
    pixels = np.full((100, 200, 4), 255, np.uint8)
    for corner in ("topLeft", "topRight", "bottomLeft", "bottomRight"):
        raster = TextPainter(1000, 500, "en").picture(pixels, TimelineLogo(asset="l", corner=corner, width=0.1))
        assert raster.rgba.shape == (50, 100, 4)
        assert raster.x == (20 if corner.endswith("Left") else 880)
        assert raster.y == (20 if corner.startswith("top") else 430)


def test_a_picture_is_premultiplied_with_its_own_opacity() -> None:
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[...] = (200, 100, 50, 128)
    layer = ImageLayer(
        start=0, frames=9, x=0.5, y=0.5, width=0.4, anchor="center", animation="none", asset="i", opacity=0.5
    )
    raster = TextPainter(100, 100, "en").picture(pixels, layer, LayerState(0, 0.3, 0.1, 1.0))
    assert raster.rgba.shape == (40, 40, 4)
    assert np.abs(raster.rgba.reshape(-1, 4).astype(int) - (50, 25, 13, 64)).max() <= 1


def test_a_picture_made_smaller_is_averaged() -> None:
    fine = np.full((400, 400, 4), 255, np.uint8)
    fine[:, ::2, :3] = 0
    layer = ImageLayer(
        start=0, frames=9, x=0.5, y=0.5, width=1.0, anchor="center", animation="none", asset="i", opacity=1.0
    )
    raster = TextPainter(100, 100, "en").picture(fine, layer)
    assert np.abs(raster.rgba[..., :3].astype(int) - 127).max() <= 2


HOSTILE = st.one_of(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=60),
    st.lists(
        st.sampled_from(
            [
                "%{pts}",
                "%{eif:1:d}",
                "':[];,",
                "\\",
                "\\N",
                "{\\an8}",
                "{\\p1}m 0 0",
                "{{ 7*7 }}",
                "{% if %}",
                "${HOME}",
                "<b>",
                "&amp;",
                '"',
                "'",
                "drawtext=textfile=/etc/passwd",
                "[in]",
                "\u202e",
                "\u200f",
                "ﷺ",
                "𒐫",
                "🏴‍☠️",
                "Z̷̧͔",
                "\ufeff",
                "\u0d4d",
                "ก็็็็็",
                "null",
                "%s%n",
                "-->",
                "\U000e0041",
            ]
        ),
        min_size=1,
        max_size=8,
    ).map("".join),
)


@pytest.fixture(scope="module")
def small_painter() -> TextPainter:
    return TextPainter(320, 180, "en")


@pytest.mark.slow
@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=HOSTILE, style=st.sampled_from(STYLES))
def test_hostile_text_is_drawn_within_the_canvas(small_painter: TextPainter, text: str, style: str) -> None:
    words = text.split()[:20]
    if words:
        timed = group(*words)
        raster = drawn(small_painter, style, timed, 10 * len(words) - 1)
        ink = raster.rgba[..., 3] > 0
        assert raster.rgba.shape[0] <= 400 and raster.rgba.shape[1] <= 640
        assert not ink.any() or visible(raster, at_least=1)[0] >= -16
    layer = small_painter.layer(overlay(text), LayerState(0, 1.0, 0.0, 1.0))
    if layer is not None:
        assert layer.rgba.shape[0] <= 500 and layer.rgba.shape[1] <= 640
        assert (layer.rgba[..., :3] <= layer.rgba[..., 3:]).all()


@pytest.mark.parametrize("text", ["%{pts}", "{\\an8}", "a\\Nb", "{{ 7*7 }}", "<b>x</b>", "':[];,"])
def test_t20_markup_is_shown_letter_by_letter(text: str) -> None:
    pieces = shape([Token(word) for word in text.split()], "Inter", 700, "en").pieces
    assert sum(len(piece.glyphs) for piece in pieces) == len(text.replace(" ", ""))


def test_a_shadow_lets_white_text_stand_on_white() -> None:
    raster = TextPainter(1000, 1000, "en").layer(overlay("White"), None)
    assert raster is not None
    over = raster.rgba[..., :3].astype(float) + 255 - raster.rgba[..., 3:]
    assert over.min() < 140
    assert cv2.cvtColor(over.astype(np.uint8), cv2.COLOR_RGB2GRAY).std() > 10
