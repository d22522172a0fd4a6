"""Clips whose last frame leads into the first: everything in them moves by sines of whole turns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import skia

from tools.sample_art.canvas import SCREEN, Canvas, Pixels, blend_stops, mix, paint, smooth
from tools.sample_art.studies import sheet

W, H, FPS = 1280, 720, 30
TURN = 2 * np.pi


def paper_sea(t: float) -> Pixels:
    """Sheets of paper waves that roll past each other; t runs from 0 to 1."""
    c = Canvas(W, H)
    c.sky([(0, "#2b3f7a"), (0.45, "#8a78b4"), (0.75, "#f2b5a4"), (1, "#ffd9b0")])
    x0, y0 = 860, 300 + 5 * np.sin(TURN * t)
    for radius, colour in ((200, "#e7a3a8"), (152, "#f8b79d"), (106, "#ffd9a8")):
        c.disc(x0, y0 + 5, radius, paint("#2a1440", 0.22, blur=12))
        c.disc(x0, y0, radius, paint(colour))
    x = np.linspace(0, 1, 49)
    tones = (
        ("#8fa9cf", "#6d8cc0"),
        ("#6d92c4", "#4a72ae"),
        ("#4c78b4", "#305a98"),
        ("#315e9d", "#1f437f"),
        ("#1f4681", "#132f63"),
        ("#142f62", "#0b1d44"),
    )
    for i, (top, bottom) in enumerate(tones):
        way = 1 if i % 2 else -1
        roll = (30 - 1.5 * i) * np.sin(TURN * ((1 + 0.5 * (i % 3)) * x + way * t + 0.37 * i))
        swell = 9 * np.sin(TURN * (2.5 * x - way * t + 0.61 * i)) + 7 * np.sin(TURN * (t + 0.2 * i))
        sheet(c, 372 + 58 * i + roll + swell, top, bottom, 160, scale=0.5)
    return c.rgb()


def drifting_lights(t: float) -> Pixels:
    """Soft lights out of focus that breathe and drift."""
    rng = np.random.default_rng(17)
    c = Canvas(W, H)
    c.sky([(0, "#120b2e"), (0.5, "#2a1548"), (1, "#0c1030")])
    c.glow(300 + 40 * np.sin(TURN * t), 560, 760, "#d0507a", 0.42)
    c.glow(1040 + 40 * np.cos(TURN * t), 240, 720, "#3f6ae0", 0.42)
    c.glow(700, 400 + 30 * np.sin(TURN * t), 560, "#f09a4a", 0.28)
    colours = ("#ffb86a", "#ff7f8f", "#8fb4ff", "#ffd9a0", "#c79aff")
    for _ in range(58):
        x, y, radius = rng.uniform(-40, W + 40), rng.uniform(-40, H + 40), 12 + rng.gamma(2.0, 17)
        phase, drift, colour = rng.uniform(), rng.uniform(12, 60), colours[rng.integers(5)]
        px = x + drift * np.sin(TURN * (t + phase))
        py = y - drift * 0.6 * np.cos(TURN * (t + 1.3 * phase))
        alpha = (0.10 + 0.22 * rng.uniform()) * (0.7 + 0.3 * np.sin(TURN * (t * rng.integers(1, 3) + phase)))
        c.disc(px, py, radius, paint(colour, alpha, blur=radius * 0.08, blend=SCREEN))
        c.disc(
            px,
            py,
            radius * 0.95,
            paint(mix(colour, "#ffffff", 0.45), alpha * 0.6, blur=1.2, blend=SCREEN, stroke=max(1.0, radius * 0.06)),
        )
    return c.rgb()


def silk(t: float) -> Pixels:
    """Ribbons of light that wave like cloth under water."""
    c = Canvas(W, H)
    c.sky([(0, "#06182f"), (0.5, "#0c2f4f"), (1, "#081a36")])
    c.glow(330, 180, 760, "#1fa3a8", 0.36)
    c.glow(1000, 560, 760, "#5b4be0", 0.40)
    u = np.linspace(0, 1, 42)
    families = [
        ([(0, "#2fe0c0"), (0.5, "#3fb2ff"), (1, "#6a7bff")], 0.05, 240, 150),
        ([(0, "#6a8bff"), (0.5, "#a06bff"), (1, "#ff7ad0")], 0.42, 370, 170),
        ([(0, "#ffd08a"), (0.5, "#ff9a8f"), (1, "#e06ac0")], 0.73, 500, 120),
    ]  # fmt: skip
    for stops, phase, middle, spread in families:
        colours = [skia.Color4f(*map(float, v), 0.30).toColor() for v in blend_stops(stops, np.linspace(0, 1, 10))]
        made = paint("#ffffff", stroke=3.4, blend=SCREEN)
        made.setShader(skia.GradientShader.MakeLinear([skia.Point(0, 0), skia.Point(W, 0)], colours))
        for v in np.linspace(-0.5, 0.5, 56):
            fold = np.sin(TURN * (0.6 * u + phase + t)) + 0.3 * np.sin(TURN * (1.3 * u - t + 2 * phase))
            y = (
                middle
                + 92 * np.sin(TURN * (0.8 * u + phase - t))
                + 28 * np.sin(TURN * (1.7 * u + t + 3 * phase))
                + v * spread * fold
            )
            made.setAlphaf(float(0.12 + 0.30 * np.cos(np.pi * v) ** 2))
            c.draw.drawPath(smooth(list(zip(-40 + (W + 80) * u, y, strict=True))), made)
    return c.rgb()


# name: the picture at a moment 0…1 of the loop, and its length in seconds
LOOPS: dict[str, tuple[Callable[[float], Pixels], int]] = {
    "paper-sea-loop": (paper_sea, 8),
    "drifting-lights-loop": (drifting_lights, 8),
    "silk-loop": (silk, 8),
}
