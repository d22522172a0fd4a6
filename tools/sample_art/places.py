"""Pictures of places and things: city, forest, harbour, window, table, desk."""

from __future__ import annotations

import numpy as np
import skia

from tools.sample_art.canvas import SCREEN, Canvas, Pixels, mix, paint, polygon, smooth, wander

W, H = 2400, 1600


def bokeh(
    canvas: Canvas,
    rng: np.random.Generator,
    count: int,
    area: tuple[float, float, float, float],
    size: tuple[float, float],
    colours: tuple[str, ...],
    alpha: float,
) -> None:
    """Lights out of focus: flat discs with a brighter rim."""
    for _ in range(count):
        x, y = rng.uniform(area[0], area[2]), rng.uniform(area[1], area[3])
        radius = rng.uniform(*size)
        colour = colours[rng.integers(len(colours))]
        strength = alpha * rng.uniform(0.35, 1)
        canvas.disc(x, y, radius, paint(colour, strength, blur=radius * 0.06, blend=SCREEN))
        canvas.disc(
            x,
            y,
            radius * 0.96,
            paint(mix(colour, "#ffffff", 0.4), strength * 0.55, blur=radius * 0.03, blend=SCREEN, stroke=radius * 0.07),
        )


def city_night() -> Pixels:
    rng = np.random.default_rng(71)
    c = Canvas(W, H)
    c.sky([(0, "#0b1030"), (0.3, "#222457"), (0.5, "#5b3a78"), (0.64, "#b0587f"), (0.72, "#ee8f78"), (1, "#2a1c3f")])
    c.glow(1250, 1120, 1300, "#ff9a6b", 0.45)
    for _ in range(220):
        c.disc(rng.uniform(0, W), rng.uniform(0, 520), rng.uniform(0.7, 1.8), paint("#ffffff", rng.uniform(0.15, 0.6)))
    shore = 1230
    layers = [("#8a4f7e", 330, 34), ("#513766", 470, 26), ("#2a2450", 600, 21), ("#12143a", 560, 15)]
    for depth, (body, tallest, count) in enumerate(layers):
        xs = np.linspace(-80, W + 80, count)
        for i, x in enumerate(xs):
            wide = (W / count) * rng.uniform(0.62, 1.12)
            centre = np.exp(-(((x - 1250) / 900) ** 2))
            tall = tallest * rng.uniform(0.32, 0.72) * (0.55 + 0.75 * centre) * (1 if i % 3 else 1.25)
            left, top = x + rng.uniform(-20, 20), shore - tall
            house = skia.Path()
            house.addRect(skia.Rect.MakeLTRB(left, top, left + wide, shore + 4))
            style = rng.integers(4)
            if style == 0 and depth > 0:
                house.addRect(skia.Rect.MakeLTRB(left + wide * 0.25, top - 34, left + wide * 0.75, top))
                house.addRect(skia.Rect.MakeLTRB(left + wide * 0.48, top - 120, left + wide * 0.52, top))
            elif style == 1:
                house.addPoly(
                    [skia.Point(left, top), skia.Point(left + wide, top - wide * 0.32), skia.Point(left + wide, top)],
                    True,
                )
            c.shape(house, [(0, body), (1, mix(body, "#ff9a7a", 0.30 * (1 - depth / 4)))], (0, top, 0, shore))
            if depth == 0:
                continue
            size, step = 5 + 2.2 * depth, 15 + 6.5 * depth
            lit_share = rng.uniform(0.2, 0.5)
            for wy in np.arange(top + 20, shore - 24, step):
                for wx in np.arange(left + step * 0.5, left + wide - step * 0.6, step * 0.82):
                    if rng.random() < lit_share:
                        tone = ("#ffd38a", "#ffb765", "#fff0cf", "#9fd4ff")[rng.choice(4, p=[0.5, 0.28, 0.15, 0.07])]
                        c.draw.drawRect(
                            skia.Rect.MakeXYWH(float(wx), float(wy), size, size * 1.35),
                            paint(tone, rng.uniform(0.35, 0.55) + 0.13 * depth),
                        )
        c.veil("#ff9d85", shore - 420, shore + 30, 0.20 * (1 - depth / 4))
    above = c.rgb()[:shore]
    mirrored = above[::-1][: H - shore]
    rows = np.arange(len(mirrored))
    shift = (rng.normal(0, 1, len(mirrored)) * (2 + rows * 0.03) + 6 * np.sin(rows * 0.55)).astype(int)
    water = np.stack([np.roll(row, s, axis=0) for row, s in zip(mirrored, shift, strict=True)])
    kernel = 13
    padded = np.pad(water, ((kernel // 2, kernel // 2), (0, 0), (0, 0)), mode="edge")
    water = np.mean([padded[i : i + len(water)] for i in range(kernel)], axis=0) * np.array(
        [0.62, 0.64, 0.80], np.float32
    )
    full = np.zeros((H, W, 4), np.float32)
    full[shore:, :, :3], full[shore:, :, 3] = water, 1
    c.pixels(full)
    for row in range(60):
        t = (row / 59) ** 1.6
        y, x, length = shore + 6 + t * (H - shore), rng.uniform(0, W), rng.uniform(80, 420)
        c.draw.drawPath(
            smooth([(x - length, y), (x, y - 1 - t), (x + length, y), (x, y + 1 + t)], close=True),
            paint("#ffc6a0", 0.12, blend=SCREEN),
        )
    c.veil("#ffb28e", shore - 26, shore + 26, 0.25)
    bokeh(c, rng, 24, (0, 1380, W, 1640), (26, 92), ("#ffb46a", "#ff7f8f", "#7fb4ff", "#ffd9a0"), 0.26)
    return c.rgb()


def autumn_forest() -> Pixels:
    rng = np.random.default_rng(83)
    c = Canvas(W, H)
    c.sky([(0, "#d98b4a"), (0.3, "#f2b866"), (0.55, "#ffe2a6"), (0.75, "#f6c27a"), (1, "#8a4a28")])
    c.glow(1240, 700, 1300, "#fff3c4", 0.85)
    tones = [
        ("#f0b868", "#e8a65a"),
        ("#d98a45", "#cf6f33"),
        ("#a9552c", "#b8491f"),
        ("#5a2c1e", "#8e3318"),
        ("#2c1714", "#571c12"),
    ]
    for depth, (wood, leaf) in enumerate(tones):
        base = 1060 + 110 * depth
        heights = (
            base
            + (30 + 8 * depth) * wander(rng, 400, octaves=4, first=4)
            - 40 * np.abs(np.linspace(-1, 1, 400)) ** 2 * depth
        )
        c.land(heights, [(0, mix(wood, leaf, 0.5)), (1, mix(wood, "#3a1d14", 0.22 * depth))], depth=300)
        count = 26 - 4 * depth
        for i in range(count):
            x = (i + rng.uniform(0.15, 0.85)) * W / count
            if abs(x - 1230) < 130 + 110 * depth and depth > 0:  # a clearing with the light at its end
                continue
            foot = float(np.interp(x, np.linspace(-20, W + 20, 400), heights)) + 14
            thick = (9 + 9 * depth) * rng.uniform(0.7, 1.3)
            lean = rng.normal(0, 14 + 6 * depth)
            trunk = skia.Path()
            trunk.moveTo(x - thick * 1.9, foot + 12)
            trunk.cubicTo(x - thick * 0.8, foot - 30, x - thick * 0.7, foot - 300, x + lean - thick * 0.42, -20)
            trunk.lineTo(x + lean + thick * 0.42, -20)
            trunk.cubicTo(x + thick * 0.7, foot - 300, x + thick * 0.8, foot - 30, x + thick * 1.9, foot + 12)
            lit = mix(wood, "#ffdf9a", 0.35)
            sides = [(0, lit), (0.45, wood), (1, mix(wood, "#1c0d0b", 0.35))]
            c.shape(
                trunk,
                sides if x > 1230 else [(1 - p, colour) for p, colour in reversed(sides)],
                (x - thick, 0, x + thick, 0),
            )
            for _ in range(2 + depth // 2):
                y, way = rng.uniform(60, 430), rng.choice((-1, 1))
                reach, climb = rng.uniform(80, 190) * (0.5 + 0.22 * depth), rng.uniform(60, 190)
                stem = x + lean * (1 - y / foot)
                bough = skia.Path()
                bough.moveTo(stem, y + thick * 0.3)
                bough.quadTo(stem + way * reach * 0.75, y - climb * 0.25, stem + way * reach, y - climb)
                bough.quadTo(stem + way * reach * 0.65, y - climb * 0.4, stem, y - thick * 0.3)
                c.draw.drawPath(bough, paint(wood))
        for _ in range(420 - 40 * depth):  # the canopy, thinner towards the light
            x, y = rng.uniform(-40, W + 40), rng.uniform(-60, 520 + 20 * depth) * rng.uniform(0.3, 1)
            hollow = np.exp(-(((x - 1230) / 620) ** 2) - ((y - 640) / 460) ** 2)
            if rng.random() < hollow * (0.75 + 0.1 * depth):
                continue
            size = rng.uniform(10, 26) * (1 + 0.24 * depth)
            tone = mix(
                mix(leaf, ("#f7c04a", "#e8672c", "#b93a1e")[rng.integers(3)], 0.55 - 0.09 * depth),
                "#fff0b0",
                0.32 * hollow,
            )
            angle = rng.uniform(0, np.pi)
            ux, uy = np.cos(angle) * size, np.sin(angle) * size
            c.draw.drawPath(
                smooth(
                    [
                        (x - ux, y - uy),
                        (x - uy * 0.45, y + ux * 0.45),
                        (x + ux, y + uy),
                        (x + uy * 0.45, y - ux * 0.45),
                    ],
                    close=True,
                ),
                paint(tone, 0.88),
            )
        c.veil("#ffe7b0", base - 420, base + 190, 0.36 * (1 - depth / 5))
    for i in range(9):
        angle = np.pi * (0.24 + 0.066 * i)
        far, wide = 1700, 0.02 + 0.016 * (i % 3)
        ray = polygon(
            [
                (1240, 240),
                (1240 + far * np.cos(angle - wide), 240 + far * np.sin(angle - wide)),
                (1240 + far * np.cos(angle + wide), 240 + far * np.sin(angle + wide)),
            ]
        )
        made = paint("#fff0b8", 1, blur=22, blend=SCREEN)
        made.setShader(
            skia.GradientShader.MakeRadial(
                skia.Point(1240, 240),
                1350,
                [skia.Color4f(1, 0.92, 0.66, 0.30).toColor(), skia.Color4f(1, 0.92, 0.66, 0).toColor()],
            )
        )
        c.draw.drawPath(ray, made)
    path = smooth([(1225, 1190), (1180, 1330), (900, 1640), (1640, 1640), (1330, 1330), (1262, 1190)], close=True)
    c.shape(path, [(0, "#ffe9b4"), (0.5, "#d8914e"), (1, "#7c3f22")], (0, 1190, 0, 1600), alpha=0.62, blur=9)
    for _ in range(300):
        x, t = rng.uniform(0, W), rng.random()
        y, size = 1250 + 340 * t, (3 + 10 * t) * rng.uniform(0.6, 1.2)
        c.draw.drawPath(
            smooth([(x - size, y), (x, y - size * 0.42), (x + size, y), (x, y + size * 0.42)], close=True),
            paint(("#f6b443", "#e2602a", "#b33318", "#ffd887")[rng.integers(4)], 0.8),
        )
    return c.rgb()


def harbour() -> Pixels:
    rng = np.random.default_rng(97)
    c = Canvas(W, H)
    c.sky([(0, "#35508c"), (0.22, "#7f7fb4"), (0.4, "#e0a0b4"), (0.52, "#ffc9a4"), (0.58, "#ffdfb4"), (1, "#ffdfb4")])
    for _ in range(26):
        x, y, length = rng.uniform(-200, W + 200), rng.uniform(80, 560), rng.uniform(300, 1000)
        cloud = skia.Path()
        cloud.addOval(skia.Rect.MakeXYWH(x - length / 2, y, length, rng.uniform(8, 34)))
        c.draw.drawPath(
            cloud, paint(mix("#ffe3d0", "#b48fb8", (560 - y) / 480), rng.uniform(0.2, 0.5), blur=rng.uniform(8, 18))
        )
    horizon = 940
    c.glow(640, horizon, 1100, "#ffe2ac", 0.7)
    for index, (top, base, tall) in enumerate((("#b58fb0", 850, 60), ("#8a6f9c", 890, 70), ("#5d5284", 925, 46))):
        heights = base - tall * (0.4 + 0.8 * wander(rng, 500, octaves=6, rough=0.45, first=3 + index)) * np.linspace(
            0.35, 1.25, 500
        )
        c.land(np.minimum(heights, horizon), [(0, top), (1, mix(top, "#ffd0b0", 0.5))], depth=160)
    for _ in range(120):  # the village along the far shore
        x = 1350 + abs(rng.normal(0, 420))
        y, size = horizon - rng.uniform(0, 64), rng.uniform(14, 30)
        wall = ("#f3d9c4", "#d99a83", "#e8bb9a", "#b97f82", "#f6e7d6")[rng.integers(5)]
        c.draw.drawRect(skia.Rect.MakeXYWH(x, y - size, size * 1.1, size), paint(mix(wall, "#5d5284", 0.3)))
        c.draw.drawPath(
            polygon([(x - 2, y - size), (x + size * 0.55, y - size * 1.5), (x + size * 1.1 + 2, y - size)]),
            paint("#6a3f55"),
        )
        if rng.random() < 0.6:
            c.draw.drawRect(skia.Rect.MakeXYWH(x + size * 0.4, y - size * 0.7, 4.5, 6), paint("#ffe09a"))
    above = c.rgb()[:horizon]
    span = H - horizon
    source = (np.arange(span) * 1.05).astype(int)
    mirrored = above[::-1][np.minimum(source, horizon - 1)]
    shift = (8 * np.sin(np.arange(span) * 0.31) * (0.3 + np.arange(span) / 260)).astype(int)
    full = np.zeros((H, W, 4), np.float32)
    full[horizon:, :, :3] = np.stack(
        [np.roll(row, s, axis=0) for row, s in zip(mirrored, shift, strict=True)]
    ) * np.array([0.80, 0.80, 0.90], np.float32)
    full[horizon:, :, 3] = 1
    c.pixels(full)
    for row in range(150):
        t = (row / 149) ** 1.7
        y, x, length = horizon + 3 + t * span, rng.uniform(0, W), rng.uniform(60, 300) * (0.4 + 1.4 * t)
        lens = smooth([(x - length, y), (x, y - 1 - 3 * t), (x + length, y), (x, y + 1 + 3 * t)], close=True)
        c.draw.drawPath(lens, paint("#fff0da" if row % 2 else "#3c4a86", 0.13 + 0.06 * t))
    for x, y, s, hull, sail in (
        (520, 1130, 1.25, "#28305c", "#fff3e4"),
        (1010, 1030, 0.62, "#7a3a4e", "#ffe3cf"),
        (1470, 1085, 0.82, "#f3ece6", "#f4b79a"),
        (1960, 1270, 1.7, "#a8404a", "#fff8ee"),
        (2210, 1010, 0.45, "#334070", "#fbe7da"),
    ):
        ripple = smooth(
            [(x - 150 * s, y + 12 * s), (x, y + 2 * s), (x + 150 * s, y + 12 * s), (x, y + 34 * s)], close=True
        )
        c.draw.drawPath(ripple, paint("#232a55", 0.45, blur=7 * s))
        mast = y - 330 * s
        for alpha, flip in ((0.26, -1), (1.0, 1)):

            def at(px: float, py: float, x: float = x, y: float = y, flip: int = flip) -> tuple[float, float]:
                return x + px, y + (py - y) * flip * (0.8 if flip < 0 else 1)

            blur = 0.0 if flip > 0 else 6 * s
            main = smooth(
                [at(10 * s, mast), at(46 * s, y - 190 * s), at(130 * s, y - 62 * s), at(10 * s, y - 58 * s)], close=True
            )
            jib = smooth(
                [at(-6 * s, mast + 26 * s), at(-40 * s, y - 170 * s), at(-112 * s, y - 54 * s), at(-6 * s, y - 50 * s)],
                close=True,
            )
            c.shape(
                main, [(0, sail), (1, mix(sail, "#e59b8f", 0.45))], (x, mast, x + 130 * s, y), alpha=alpha, blur=blur
            )
            c.shape(
                jib,
                [(0, mix(sail, "#e59b8f", 0.28)), (1, mix(sail, "#c77f92", 0.5))],
                (x, mast, x - 110 * s, y),
                alpha=alpha,
                blur=blur,
            )
            c.draw.drawLine(*at(2 * s, mast - 14 * s), *at(2 * s, y - 20 * s), paint("#3c2c40", alpha, stroke=5 * s))
            body = smooth(
                [
                    at(-140 * s, y - 34 * s),
                    at(-20 * s, y - 26 * s),
                    at(138 * s, y - 40 * s),
                    at(104 * s, y + 14 * s),
                    at(-92 * s, y + 14 * s),
                ],
                close=True,
            )
            c.shape(
                body,
                [(0, mix(hull, "#ffffff", 0.15)), (1, mix(hull, "#101530", 0.45))],
                (0, y - 36 * s, 0, y + 14 * s),
                alpha=alpha,
                blur=blur,
            )
    c.veil("#ffe6c4", horizon - 50, horizon + 34, 0.4)
    return c.rgb()


def rain_window() -> Pixels:
    rng = np.random.default_rng(101)
    c = Canvas(W, H)
    c.sky([(0, "#0c1730"), (0.45, "#1b3354"), (0.75, "#3a3f66"), (1, "#151a33")])
    colours = ("#ffb25e", "#ff7a5c", "#ffd99a", "#5fc3e8", "#e8588a", "#8fe0c0")
    c.glow(1600, 1000, 1200, "#f08a5a", 0.32)
    c.glow(500, 1100, 900, "#3f9ac8", 0.28)
    bokeh(c, rng, 70, (0, 560, W, 1280), (34, 92), colours, 0.42)
    bokeh(c, rng, 26, (0, 860, W, 1620), (90, 176), colours, 0.24)
    scene = c.rgb()
    c.pixels(np.concatenate([np.full((2, 2, 3), 0.62, np.float32), np.full((2, 2, 1), 0.07, np.float32)], axis=2))

    def drop(x: float, y: float, r: float) -> None:
        """A lens of water: the scene behind it upside down, dark above, a bright rim below."""
        tall = r * rng.uniform(1.05, 1.3)
        angles = np.linspace(0, 2 * np.pi, 11)[:-1]
        edge = smooth(
            [
                (x + r * rng.uniform(0.92, 1.06) * np.cos(a), y + tall * rng.uniform(0.94, 1.05) * np.sin(a))
                for a in angles
            ],
            close=True,
        )
        px, py = int(np.clip(x + rng.uniform(-30, 30), 4, W - 5)), int(np.clip(1500 - y * 0.55, 4, H - 5))
        behind = scene[py - 4 : py + 4, px - 4 : px + 4].mean(axis=(0, 1))
        tone = "#" + "".join(f"{int(np.clip(v, 0, 1) * 255):02x}" for v in behind)
        c.draw.drawPath(edge, paint("#050a18", 0.5, blur=max(1.0, r * 0.16)))
        c.shape(
            edge,
            [(0, mix(tone, "#060b1c", 0.72)), (0.5, mix(tone, "#0c1630", 0.3)), (1, mix(tone, "#fff4e2", 0.42))],
            (x, y - tall, x, y + tall),
            alpha=0.92,
        )
        c.disc(x - r * 0.3, y - tall * 0.42, max(0.8, r * 0.16), paint("#ffffff", 0.85, blur=max(0.4, r * 0.05)))
        if r > 9:
            c.draw.drawPath(
                smooth([(x - r * 0.55, y + tall * 0.55), (x, y + tall * 0.78), (x + r * 0.55, y + tall * 0.55)]),
                paint("#fff6e6", 0.55, stroke=r * 0.09, blur=r * 0.05),
            )

    for _ in range(1500):
        drop(rng.uniform(0, W), rng.uniform(0, H), 1.5 + rng.gamma(1.4, 2.0))
    for _ in range(17):  # runnels
        x, y0, y1, r = rng.uniform(40, W - 40), rng.uniform(-80, 500), rng.uniform(700, 1500), rng.uniform(11, 22)
        ys = np.linspace(y0, y1, 24)
        xs = x + 16 * wander(rng, 24, octaves=3, first=4)
        c.draw.drawPath(smooth(list(zip(xs, ys, strict=True))), paint("#9db8d8", 0.10, stroke=r * 1.1, blur=2.5))
        for px, py in zip(xs[::3], ys[::3], strict=True):
            drop(float(px), float(py), rng.uniform(2.5, 6))
        drop(float(xs[-1]), float(ys[-1]), r * 1.25)
    for _ in range(150):
        drop(rng.uniform(0, W), rng.uniform(0, H), rng.uniform(9, 25))
    return c.rgb()


def tea() -> Pixels:
    rng = np.random.default_rng(113)
    c = Canvas(W, H)
    c.sky([(0, "#2f3b36"), (0.35, "#56665a"), (0.62, "#a49a7c"), (0.7, "#c9ad84"), (1, "#8a5d3b")])
    bokeh(c, rng, 22, (0, 0, W, 860), (60, 170), ("#e9d9a0", "#a9c48a", "#ffe9b8", "#7d9a6e"), 0.20)
    c.glow(520, 260, 1400, "#fff0c4", 0.55)
    table = skia.Path()
    table.addRect(skia.Rect.MakeLTRB(0, 1060, W, H))
    c.shape(table, [(0, "#c58f5c"), (0.3, "#a8713f"), (1, "#5e361d")], (0, 1060, 0, H))
    for _ in range(70):
        t = rng.random() ** 1.4
        y = 1064 + t * 536
        grain = y + (2 + 5 * t) * wander(rng, 40, octaves=2, first=3)
        c.draw.drawPath(
            smooth(list(zip(np.linspace(-20, W + 20, 40), grain, strict=True))),
            paint(("#5a3018", "#e2b27c")[rng.integers(2)], 0.10, stroke=1 + 4 * t, blur=1),
        )
    c.glow(760, 1080, 1200, "#ffe3ad", 0.35, flat=0.32)
    x, y = 1290, 1180
    c.draw.drawOval(skia.Rect.MakeXYWH(x - 400, y + 6, 1180, 150), paint("#2a140a", 0.55, blur=38))
    c.draw.drawOval(skia.Rect.MakeXYWH(x - 440, y - 52, 880, 180), paint("#2a140a", 0.4, blur=16))
    for inset, tones in ((0, ["#fffaf0", "#d8ccb8"]), (26, ["#e9dfcd", "#fbf4e6"]), (170, ["#d9cdb8", "#efe5d3"])):
        plate = skia.Path()
        plate.addOval(skia.Rect.MakeLTRB(x - 430 + inset, y - 66 + inset * 0.19, x + 430 - inset, y + 92 - inset * 0.2))
        c.shape(plate, [(0, tones[0]), (1, tones[1])], (x - 430, y - 60, x + 430, y + 90))
    handle = smooth([(x + 232, y - 270), (x + 372, y - 300), (x + 392, y - 170), (x + 300, y - 84), (x + 190, y - 66)])
    c.draw.drawPath(handle, paint("#b9a98e", stroke=44))
    c.draw.drawPath(handle, paint("#efe4d0", stroke=30))
    cup = skia.Path()
    cup.moveTo(x - 272, y - 318)
    cup.cubicTo(x - 264, y - 150, x - 200, y - 16, x - 96, y + 6)
    cup.quadTo(x, y + 20, x + 96, y + 6)
    cup.cubicTo(x + 200, y - 16, x + 264, y - 150, x + 272, y - 318)
    cup.close()
    c.shape(cup, [(0, "#fffbf3"), (0.32, "#f4ebdb"), (0.72, "#cdbb9f"), (1, "#9c8567")], (x - 272, 0, x + 272, 0))
    c.draw.save()
    c.draw.clipPath(cup, True)
    c.glow(x - 150, y - 190, 170, "#ffffff", 0.7)
    for band, width in ((-214, 15), (-190, 5)):
        rim = skia.Path()
        rim.addArc(skia.Rect.MakeLTRB(x - 268, y + band - 62, x + 268, y + band + 62), 0, 180)
        c.draw.drawPath(rim, paint("#3f6b62", 0.8, stroke=width))  # its far half is inside
    c.draw.restore()
    for inset, tones in (
        (0, [(0, "#fffdf7"), (1, "#d6c7ae")]),
        (15, [(0, "#bba98a"), (1, "#f0e6d4")]),
        (30, [(0, "#7d3f14"), (0.5, "#b5651f"), (1, "#d98a35")]),
    ):
        oval = skia.Path()
        oval.addOval(
            skia.Rect.MakeLTRB(
                x - 272 + inset,
                y - 384 + inset * 0.42 + (10 if inset == 30 else 0),
                x + 272 - inset,
                y - 252 - inset * 0.42,
            )
        )
        c.shape(oval, tones, (x - 272, y - 384, x + 272, y - 252))
    c.draw.drawOval(skia.Rect.MakeLTRB(x - 190, y - 346, x - 40, y - 322), paint("#ffe9bd", 0.65, blur=7))
    for strand in range(5):
        t = np.linspace(0, 1, 26)
        sx = x - 90 + 48 * strand + (26 + 95 * t) * np.sin(2 * np.pi * (0.85 * t + 0.21 * strand)) * t**0.6
        sy = y - 330 - (620 + 70 * (strand % 2)) * t
        for a, b in zip(range(25), range(1, 26), strict=True):
            c.draw.drawLine(
                float(sx[a]),
                float(sy[a]),
                float(sx[b]),
                float(sy[b]),
                paint(
                    "#fffaf0",
                    0.115 * np.sin(np.pi * min(1, t[b] * 1.15)) ** 0.8,
                    stroke=20 + 70 * float(t[b]),
                    blur=17 + 13 * float(t[b]),
                ),
            )
    for lx, ly, angle, size in (
        (620, 1352, -0.35, 150),
        (772, 1410, 0.25, 120),
        (1930, 1398, 2.7, 140),
        (540, 1455, 0.5, 100),
    ):
        c.draw.save()
        c.draw.translate(lx, ly)
        c.draw.scale(1, 0.62)
        c.draw.rotate(float(np.degrees(angle)))
        body = smooth(
            [
                (-size, 0),
                (-size * 0.3, -size * 0.3),
                (size * 0.45, -size * 0.24),
                (size, 0),
                (size * 0.45, size * 0.24),
                (-size * 0.3, size * 0.3),
            ],
            close=True,
        )
        c.draw.save()
        c.draw.translate(14, 26)
        c.draw.drawPath(body, paint("#2a140a", 0.45, blur=14))
        c.draw.restore()
        c.shape(body, [(0, "#b7cf86"), (0.5, "#6f9a55"), (1, "#3c6a3e")], (0, -size * 0.3, 0, size * 0.3))
        c.draw.drawLine(-size, 0, size * 0.95, 0, paint("#dcebb4", 0.7, stroke=4))
        for rib in np.linspace(-0.55, 0.6, 6):
            for way in (-1, 1):
                c.draw.drawLine(
                    float(rib * size),
                    0,
                    float((rib + 0.22) * size),
                    float(way * size * 0.19 * (1 - abs(rib) * 0.5)),
                    paint("#dcebb4", 0.35, stroke=2.5),
                )
        c.draw.restore()
    return c.rgb()


STILLS = {
    "city-night": city_night,
    "autumn-forest": autumn_forest,
    "harbour-boats": harbour,
    "rain-window": rain_window,
    "tea-cup": tea,
}
