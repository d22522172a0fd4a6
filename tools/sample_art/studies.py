"""Cut paper, ribbons, leaves, a desk seen from above."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import skia
from numpy.typing import NDArray

from tools.sample_art.canvas import SCREEN, SOFT, Canvas, Pixels, blend_stops, mix, paint, smooth, wander

W, H = 2400, 1600


def sheet(c: Canvas, heights: NDArray[np.floating], top: str, bottom: str, depth: float, scale: float = 1.0) -> None:
    """A sheet of cut paper: its shadow on what is behind, its body, a thin lit edge."""
    xs = np.linspace(-30, c.width + 30, len(heights))
    edge = smooth(list(zip(xs, heights, strict=True)))
    body = skia.Path(edge)
    body.lineTo(c.width + 30, c.height + 30)
    body.lineTo(-30, c.height + 30)
    body.close()
    c.draw.save()
    c.draw.translate(0, -16 * scale)
    c.draw.drawPath(body, paint("#04142b", 0.36, blur=26 * scale))
    c.draw.restore()
    high = float(heights.min())
    c.shape(body, [(0, top), (1, bottom)], (0, high, 0, high + depth))
    c.draw.drawPath(edge, paint(mix(top, "#ffffff", 0.6), 0.55, stroke=2.4 * scale))


def paper_waves() -> Pixels:
    rng = np.random.default_rng(131)
    c = Canvas(W, H)
    c.sky([(0, "#ffb48a"), (0.4, "#ffd9b0"), (0.7, "#fff0d8"), (1, "#fff0d8")])
    x0, y0 = 1650, 560
    for radius, colour in ((430, "#ffcb9c"), (330, "#ffb283"), (235, "#ff946c")):
        c.disc(x0, y0 + 10, radius, paint("#7a2f25", 0.22, blur=24))
        c.disc(x0, y0, radius, paint(colour))
    for x, y, s in ((520, 330, 1.0), (980, 560, 0.7), (2160, 300, 0.8)):
        cloud = skia.Path()
        for dx, dy, r in ((-130, 0, 60), (-60, -40, 78), (30, -56, 92), (116, -16, 68)):
            cloud.addCircle(x + dx * s, y + dy * s, r * s)
        cloud.addRoundRect(skia.Rect.MakeLTRB(x - 190 * s, y - 20 * s, x + 184 * s, y + 58 * s), 39 * s, 39 * s)
        c.draw.save()
        c.draw.translate(0, 16 * s)
        c.draw.drawPath(cloud, paint("#7a2f25", 0.20, blur=18))
        c.draw.restore()
        c.draw.drawPath(cloud, paint("#fff7ea"))
    x = np.linspace(0, 1, 61)
    for i, (top, bottom) in enumerate(
        (
            ("#a7dcd6", "#6fbfc4"),
            ("#6cc0c6", "#3f9fb2"),
            ("#3f9db3", "#22789a"),
            ("#237799", "#155780"),
            ("#155580", "#0d3c66"),
            ("#0e3b64", "#082748"),
        )
    ):
        heights = (
            770
            + 130 * i
            + (62 - 3 * i) * np.sin(2 * np.pi * ((1.35 + 0.22 * i) * x + 0.37 * i))
            + 20 * np.sin(2 * np.pi * (2.9 * x + rng.uniform()))
        )
        sheet(c, heights, top, bottom, 330)
    return c.rgb()


def ribbons() -> Pixels:
    c = Canvas(W, H)
    c.sky([(0, "#140f3a"), (0.5, "#2a1a5e"), (1, "#0f1440")])
    c.glow(500, 300, 1300, "#6a3df0", 0.5)
    c.glow(2000, 1300, 1300, "#e0457b", 0.45)
    c.glow(1300, 900, 900, "#2a7fe0", 0.35)
    t = np.linspace(0, 1, 70)
    families = [
        ([(0, "#ff6a88"), (0.5, "#ff9a6b"), (1, "#ffd36b")], 0.16, 1.0, 520, 0.0, 250),
        ([(0, "#5b6bff"), (0.5, "#9a5bff"), (1, "#ff6ad0")], 0.46, 1.15, 800, 0.22, 300),
        ([(0, "#2fd6d0"), (0.5, "#3f9bff"), (1, "#7a5bff")], 0.72, 0.9, 1090, 0.55, 260),
    ]  # fmt: skip
    for stops, phase, waves, middle, twist, spread in families:
        lines = 110
        for k in range(lines):
            v = k / (lines - 1) - 0.5
            fold = np.sin(2 * np.pi * (0.55 * t + twist)) + 0.28 * np.sin(2 * np.pi * (1.4 * t + phase))
            y = (
                middle
                + 230 * np.sin(2 * np.pi * (waves * t * 0.8 + phase))
                + 70 * np.sin(2 * np.pi * (1.9 * t + 2 * phase))
                + v * spread * fold * 1.25
            )
            x = -120 + 2640 * t + 90 * v * np.cos(2 * np.pi * (t + phase))
            path = smooth(list(zip(x, y, strict=True)))
            shade = 0.5 + 0.5 * np.cos(np.pi * v * 1.7)
            colours = [
                skia.Color4f(*map(float, rgb_), 0.16 + 0.28 * shade).toColor()
                for rgb_ in blend_stops(stops, np.linspace(0, 1, 12) * 0.9 + 0.1 * (v + 0.5))
            ]
            made = paint("#ffffff", stroke=5.2)
            made.setShader(skia.GradientShader.MakeLinear([skia.Point(0, 0), skia.Point(W, 0)], colours))
            c.draw.drawPath(path, made)
            if k in (0, lines - 1):
                c.draw.drawPath(path, paint("#ffffff", 0.35, stroke=2.2, blend=SCREEN))
    return c.rgb()


def _leaf(c: Canvas, size: float, stops: list[tuple[float, str]], vein: str, ribs: int) -> None:
    body = smooth(
        [
            (0, 0),
            (size * 0.26, -size * 0.28),
            (size * 0.2, -size * 0.68),
            (0, -size),
            (-size * 0.2, -size * 0.68),
            (-size * 0.26, -size * 0.28),
        ],
        close=True,
    )
    c.draw.save()
    c.draw.translate(10, 16)
    c.draw.drawPath(body, paint("#02120f", 0.38, blur=14))
    c.draw.restore()
    c.shape(body, stops, (-size * 0.26, 0, size * 0.26, 0))
    c.draw.save()
    c.draw.clipPath(body, True)
    for rib in range(1, ribs):
        y = -size * rib / ribs
        for way in (-1, 1):
            c.draw.drawPath(
                smooth([(0, y), (way * size * 0.14, y - size * 0.07), (way * size * 0.3, y - size * 0.17)]),
                paint(vein, 0.45, stroke=2),
            )
    c.draw.restore()
    c.draw.drawLine(0, size * 0.1, 0, -size * 0.96, paint(vein, 0.85, stroke=3.4))


def botanical() -> Pixels:
    rng = np.random.default_rng(149)
    c = Canvas(W, H)
    c.sky([(0, "#0f3a35"), (0.5, "#12463c"), (1, "#0a2b2c")])
    c.glow(1250, 760, 1200, "#3f8a66", 0.55)
    palettes = [
        ([(0, "#1d5a4a"), (0.5, "#2a7a5c"), (1, "#174a40")], "#7fc09a"),
        ([(0, "#4c8f62"), (0.5, "#75b37a"), (1, "#356f52")], "#d7efc0"),
        ([(0, "#93b878"), (0.5, "#b9d394"), (1, "#6f9a62")], "#f3f8d8"),
        ([(0, "#d98a5e"), (0.5, "#f0b083"), (1, "#b9663f")], "#fff0dc"),
    ]  # fmt: skip
    spots = [(x, y) for x in np.arange(-60, W + 200, 235) for y in np.arange(-40, H + 260, 235)]
    rng.shuffle(spots)
    order = []
    for x, y in spots:
        off = np.hypot((x - W / 2) / 760, (y - H / 2) / 470)
        if off > 1.0:
            order.append((off, x + rng.uniform(-60, 60), y + rng.uniform(-60, 60)))
    for _, x, y in sorted(order):
        stops, vein = palettes[rng.choice(4, p=[0.4, 0.31, 0.2, 0.09])]
        c.draw.save()
        c.draw.translate(x, y)
        outwards = np.degrees(np.arctan2(H / 2 - y, W / 2 - x)) + 90
        c.draw.rotate(float(outwards + rng.uniform(-48, 48)))
        if rng.random() < 0.42:  # a sprig: paired leaflets on a stem
            c.draw.drawPath(smooth([(0, 60), (8, -120), (0, -330)]), paint(vein, 0.7, stroke=5))
            for step in range(6):
                for way in (-1, 1):
                    c.draw.save()
                    c.draw.translate(4, -40 - 48 * step)
                    c.draw.rotate(way * (62 - 5 * step))
                    _leaf(c, 128 - 12 * step, stops, vein, 5)
                    c.draw.restore()
        else:
            _leaf(c, float(rng.uniform(300, 430)), stops, vein, 11)
        c.draw.restore()
    for _ in range(90):
        angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(0.98, 1.5)
        c.disc(
            W / 2 + 760 * far * np.cos(angle),
            H / 2 + 470 * far * np.sin(angle),
            rng.uniform(3, 8),
            paint("#f3d9a4", 0.85),
        )
    c.glow(500, 120, 1500, "#e8ffd0", 0.16)
    return c.rgb()


def coffee_desk() -> Pixels:
    rng = np.random.default_rng(151)
    c = Canvas(W, H)
    c.sky([(0, "#d9c3a8"), (0.5, "#cdb394"), (1, "#b7997a")])
    for _ in range(130):
        y = rng.uniform(0, H)
        line = y + 9 * wander(rng, 30, octaves=2, first=2)
        c.draw.drawPath(
            smooth(list(zip(np.linspace(-20, W + 20, 30), line, strict=True))),
            paint(("#8a6a4a", "#efdcc2")[rng.integers(2)], 0.12, stroke=rng.uniform(1.5, 6), blur=1),
        )

    def card(
        x: float, y: float, w: float, h: float, angle: float, stops: list[tuple[float, str]], radius: float, lift: float
    ) -> None:
        c.draw.save()
        c.draw.translate(x, y)
        c.draw.rotate(angle)
        box = skia.Path()
        box.addRoundRect(skia.Rect.MakeXYWH(-w / 2, -h / 2, w, h), radius, radius)
        c.draw.save()
        c.draw.translate(lift * 0.8, lift)
        c.draw.drawPath(box, paint("#2b1a10", 0.42, blur=lift))
        c.draw.restore()
        c.shape(box, stops, (-w / 2, -h / 2, w / 2, h / 2))

    card(430, 330, 1080, 760, -9, [(0, "#dfe3e8"), (1, "#b9c0c9")], 34, 30)  # a laptop, partly out of sight
    c.draw.drawRect(skia.Rect.MakeLTRB(-490, -330, 490, 70), paint("#3b424d"))
    for row in range(5):
        for col in range(15):
            key = skia.Rect.MakeXYWH(-480 + col * 64.6, -322 + row * 78, 56, 68)
            c.draw.drawRoundRect(key, 9, 9, paint(mix("#232830", "#2e343e", rng.random())))
    c.draw.drawRoundRect(skia.Rect.MakeLTRB(-170, 110, 170, 340), 16, 16, paint("#cdd3da"))
    c.draw.drawRoundRect(skia.Rect.MakeLTRB(-170, 110, 170, 340), 16, 16, paint("#9aa2ad", 0.8, stroke=2))
    c.draw.restore()
    card(1480, 1130, 660, 860, 7, [(0, "#2f5d62"), (1, "#234a50")], 18, 26)
    c.draw.restore()
    card(1470, 1118, 640, 836, 7, [(0, "#fffaf0"), (1, "#f1e6d2")], 12, 6)
    for line in range(11):
        c.draw.drawLine(-250, -300 + 62 * line, 270, -300 + 62 * line, paint("#b9c4c8", 0.55, stroke=2))
    for ring in range(15):
        c.disc(-292, -380 + 54 * ring, 9, paint("#3a4a4d", 0.8))
    c.draw.restore()
    card(1640, 1010, 560, 26, -42, [(0, "#2b2f3a"), (0.5, "#525a6a"), (1, "#20242c")], 13, 14)
    c.draw.drawRoundRect(skia.Rect.MakeLTRB(150, -13, 170, 13), 3, 3, paint("#d7b26a"))
    c.draw.drawPath(smooth([(-280, -6), (-322, 0), (-280, 6)], close=True), paint("#d7b26a"))
    c.draw.restore()
    x, y = 1960, 470  # coffee from above
    c.disc(x + 34, y + 44, 300, paint("#2b1a10", 0.42, blur=40))
    for radius, top, bottom in ((292, "#fffdf8", "#d5c7b2"), (262, "#e9dfcf", "#fbf5ea"), (196, "#cdbfa8", "#f0e7d8")):
        ring = skia.Path()
        ring.addCircle(x, y, radius)
        c.shape(ring, [(0, top), (1, bottom)], (x - radius, y - radius, x + radius, y + radius))
    c.draw.save()
    c.draw.translate(x, y)
    c.draw.rotate(38)
    c.draw.drawRoundRect(skia.Rect.MakeLTRB(150, -30, 318, 34), 30, 30, paint("#2b1a10", 0.35, blur=14))
    c.draw.drawRoundRect(skia.Rect.MakeLTRB(150, -36, 312, 24), 28, 28, paint("#f6eee0"))
    c.draw.restore()
    c.disc(x + 10, y + 14, 192, paint("#2b1a10", 0.3, blur=18))
    for radius, stops in (
        (190, [(0, "#fffdf7"), (1, "#dccdb6")]),
        (170, [(0, "#b9a488"), (1, "#efe4d2")]),
        (160, [(0, "#7a4522"), (1, "#a86a38")]),
    ):
        ring = skia.Path()
        ring.addCircle(x, y, radius)
        c.shape(ring, stops, (x - radius, y - radius, x + radius, y + radius))
    for level in range(4):  # a rosette in the milk
        s = 118 - 30 * level
        heart = smooth(
            [
                (x, y + s * 0.95),
                (x - s * 0.92, y + s * 0.05),
                (x - s * 0.62, y - s * 0.72),
                (x, y - s * 0.34),
                (x + s * 0.62, y - s * 0.72),
                (x + s * 0.92, y + s * 0.05),
            ],
            close=True,
        )
        c.draw.drawPath(heart, paint("#fff3df" if level % 2 == 0 else "#a3632f", 0.95, blur=1.5))
    for angle, size in ((-70, 400), (-38, 440), (-8, 410), (24, 360), (-102, 340)):
        c.draw.save()
        c.draw.translate(120, 1560)
        c.draw.rotate(angle + 62)
        _leaf(c, size * 1.25, [(0, "#3f7d5c"), (0.5, "#6fae7c"), (1, "#2c6149")], "#d3ecc4", 11)
        c.draw.restore()
    c.glow(200, 0, 1900, "#fff4dc", 0.42, blend=SOFT)
    for slat in range(5):  # window light
        beam = skia.Path()
        beam.addPoly(
            [
                skia.Point(900 + 330 * slat, -40),
                skia.Point(1100 + 330 * slat, -40),
                skia.Point(300 + 330 * slat, H + 40),
                skia.Point(60 + 330 * slat, H + 40),
            ],
            True,
        )
        c.draw.drawPath(beam, paint("#fff3d6", 0.13, blur=26, blend=SCREEN))
    return c.rgb()


STILLS: dict[str, Callable[[], Pixels]] = {
    "paper-waves": paper_waves,
    "flowing-ribbons": ribbons,
    "botanical-frame": botanical,
    "coffee-desk": coffee_desk,
}
