"""Cards: colours, gradients and type, as pieces of a storyboard. Nothing is fetched and nothing is drawn here.

Every palette is made from a seed in OKLCH (https://bottosson.github.io/posts/oklab/), where hues of equal
lightness look equally bright, and is darkened or lightened until the text on it reaches a contrast of 4.5 : 1
(WCAG 2.2, success criterion 1.4.3) everywhere on the gradient.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any

CONNECTOR_ID = "cards"
LEAST_CONTRAST = 4.5
WHITE, BLACK = "#ffffff", "#111111"

_ANGLES = (120, 135, 150, 160, 200, 225)
# steps of hue, in degrees, from the first colour to the others
_HARMONIES = {"analogous": (0, 28, 52), "warm-cool": (0, 55, 95), "complement": (0, 18, 160), "single": (0, 8, 16)}
_BASES = {"dusk": 285, "ocean": 230, "forest": 155, "ember": 40, "rose": 5, "grape": 320, "sand": 75, "mint": 175}
PALETTES = tuple(_BASES)


@dataclass(frozen=True, slots=True)
class Palette:
    """`colors` from one end of the gradient to the other, the `text` colour that is readable on all of it."""

    name: str
    colors: tuple[str, ...]
    text: str
    accent: str


def palette_for(seed: int, name: str | None = None, *, light: bool = False) -> Palette:
    """A palette drawn by `seed`, in the family `name` (one of PALETTES) or any. Raises KeyError for another name."""
    rng = random.Random(f"{seed}/{name}/{light}")  # noqa: S311 - colours, not secrets
    chosen = name or rng.choice(PALETTES)
    hue = _BASES[chosen] + rng.uniform(-14, 14)
    steps = _HARMONIES[rng.choice(tuple(_HARMONIES))]
    turn = rng.choice((-1, 1))
    text = BLACK if light else WHITE
    lightness = (0.90, 0.86, 0.82) if light else (0.30, 0.40, 0.50)
    colors = []
    for base, step in zip(lightness, steps, strict=True):
        chroma = rng.uniform(0.05, 0.09) if light else rng.uniform(0.09, 0.15)
        colors.append(_readable(base + rng.uniform(-0.03, 0.03), chroma, hue + turn * step, text))
    if rng.random() < 0.5:
        colors.reverse()
    accent = _readable(0.62 if light else 0.84, 0.14, hue + 150, text="", lighter=not light)
    return Palette(chosen, tuple(colors), text, accent)


def color_for(seed: int, palette: str | None = None) -> dict[str, Any]:
    """A storyboard visual of one colour."""
    return {"type": "color", "color": palette_for(seed, palette).colors[1]}


def gradient_for(seed: int, palette: str | None = None, *, light: bool = False) -> dict[str, Any]:
    """A storyboard visual: a gradient of three colours, its angle in degrees."""
    made = palette_for(seed, palette, light=light)
    angle = random.Random(f"angle/{seed}").choice(_ANGLES)  # noqa: S311
    return {"type": "gradient", "colors": list(made.colors), "angle": angle}


def title_card(title: str, *, seed: int, subtitle: str | None = None, palette: str | None = None) -> dict[str, Any]:
    """A scene fragment: gradient, title and perhaps a line below it, to be merged into a scene."""
    made = palette_for(seed, palette)
    overlays = [_text(title, y=0.46 if subtitle else 0.5, size=_title_size(title), weight=800, color=made.text)]
    if subtitle:
        overlays.append(_text(subtitle, y=0.66, size=4.2, weight=500, color=made.text, start=0.3))
    return {"visual": gradient_for(seed, palette), "overlays": overlays}


def quote_card(quote: str, *, seed: int, author: str | None = None, palette: str | None = None) -> dict[str, Any]:
    """A scene fragment: a quotation with its author below."""
    made = palette_for(seed, palette)
    overlays = [_text(quote, y=0.45, size=min(6.4, _title_size(quote)), weight=600, color=made.text)]
    if author:
        overlays.append(_text(f"— {author}", y=0.74, size=3.8, weight=500, color=made.text, start=0.4))
    return {"visual": gradient_for(seed, palette), "overlays": overlays}


def contrast(a: str, b: str) -> float:
    """Contrast ratio of two "#rrggbb" colours, 1…21 (WCAG 2.2, relative luminance)."""
    brighter, darker = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _text(text: str, *, y: float, size: float, weight: int, color: str, start: float = 0.0) -> dict[str, Any]:
    return {
        "type": "text",
        "text": text,
        "start": start,
        "x": 0.5,
        "y": y,
        "width": 0.82,
        "anchor": "center",
        "font": {"weight": weight, "size": size, "color": color},
        "animation": "fadeIn",
    }


def _title_size(text: str) -> float:
    """Percent of the shorter side: large for a few words, smaller for many."""
    return round(max(4.6, min(10.5, 26 / math.sqrt(max(1, len(text))) + 3.2)), 1)


def _readable(lightness: float, chroma: float, hue: float, text: str, *, lighter: bool = False) -> str:
    """The colour, moved in lightness until `text` can be read on it; with no text, as it is."""
    color = _oklch(lightness, chroma, hue)
    step = 0.01 if text == BLACK or lighter else -0.01
    while text and contrast(color, text) < LEAST_CONTRAST + 0.3:
        lightness += step
        color = _oklch(lightness, chroma, hue)
    return color


def _oklch(lightness: float, chroma: float, hue: float) -> str:
    """OKLCH to "#rrggbb"; chroma shrinks until the colour lies inside sRGB."""
    while True:
        a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
        l_, m_, s_ = (
            (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3,
            (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3,
            (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3,
        )
        linear = (
            4.0767416621 * l_ - 3.3077115913 * m_ + 0.2309699292 * s_,
            -1.2684380046 * l_ + 2.6097574011 * m_ - 0.3413193965 * s_,
            -0.0041960863 * l_ - 0.7034186147 * m_ + 1.7076147010 * s_,
        )
        if all(-0.0005 <= v <= 1.0005 for v in linear) or chroma < 0.002:
            return "#" + "".join(f"{round(_encoded(v) * 255):02x}" for v in linear)
        chroma *= 0.95


def _encoded(value: float) -> float:
    value = min(1.0, max(0.0, value))
    return value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def _luminance(color: str) -> float:
    channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
