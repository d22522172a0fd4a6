import pytest

from services.orchestrator.providers.cards import (
    LEAST_CONTRAST,
    PALETTES,
    color_for,
    contrast,
    gradient_for,
    palette_for,
    quote_card,
    title_card,
)
from storyboard.models import ColorVisual, GradientVisual, TextOverlay


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert contrast("#ff0000", "#ff0000") == 1


def between(a: str, b: str, share: float) -> str:
    pairs = [(int(a[i : i + 2], 16), int(b[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in pairs)


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize("name", PALETTES)
def test_text_is_readable_everywhere_on_every_gradient(name: str, light: bool) -> None:
    for seed in range(60):
        palette = palette_for(seed, name, light=light)
        for a, b in zip(palette.colors, palette.colors[1:], strict=False):
            for step in range(5):
                assert contrast(between(a, b, step / 4), palette.text) >= LEAST_CONTRAST


def test_the_same_seed_gives_the_same_palette_and_seeds_differ() -> None:
    assert palette_for(7) == palette_for(7)
    assert len({palette_for(seed).colors for seed in range(100)}) >= 99
    assert len({palette_for(seed).name for seed in range(100)}) == len(PALETTES)


def test_fragments_are_valid_parts_of_a_storyboard() -> None:
    for seed in range(30):
        assert GradientVisual.model_validate(gradient_for(seed)).angle in range(361)
        GradientVisual.model_validate(gradient_for(seed, light=True))
        ColorVisual.model_validate(color_for(seed, "ocean"))
        cards = (
            title_card("Three reasons to drink tea", seed=seed, subtitle="and one not to"),
            title_card("T" * 160, seed=seed),
            quote_card("Where there's tea there's hope.", seed=seed, author="Arthur Pinero"),
        )
        for card in cards:
            assert set(card) == {"visual", "overlays"}
            GradientVisual.model_validate(card["visual"])
            assert [TextOverlay.model_validate(overlay).text for overlay in card["overlays"]]


def test_longer_titles_are_set_smaller() -> None:
    sizes = [title_card("x" * n, seed=1)["overlays"][0]["font"]["size"] for n in (4, 20, 80, 300)]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > 2 * sizes[-1] - 1


def test_an_unknown_family_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        palette_for(1, "plaid")
