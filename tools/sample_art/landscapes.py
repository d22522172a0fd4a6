"""Pictures of land, sea and sky."""

from __future__ import annotations

import numpy as np
import skia
from numpy.typing import NDArray

from tools.sample_art.canvas import PLUS, SCREEN, Canvas, Pixels, mix, paint, polygon, rgb, smooth, wander

W, H = 2400, 1600


def conifer(canvas: Canvas, rng: np.random.Generator, x: float, foot: float, height: float, colour: str) -> None:
    """A fir: a narrow crown of ragged, drooping tiers."""
    tiers = max(7, int(height / 16))
    left, right = [], []
    for tier in range(tiers):
        t = tier / tiers
        y = foot - height * (1 - t)
        reach = height * 0.19 * (0.08 + t**0.9) * rng.uniform(0.75, 1.2)
        left += [(x - reach * 0.35, y), (x - reach, y + height / tiers * 1.15)]
        reach = height * 0.19 * (0.08 + t**0.9) * rng.uniform(0.75, 1.2)
        right += [(x + reach * 0.35, y), (x + reach, y + height / tiers * 1.15)]
    canvas.draw.drawPath(polygon([(x, foot - height * 1.04), *right, (x, foot), *reversed(left)]), paint(colour))


def treeline(
    canvas: Canvas,
    rng: np.random.Generator,
    heights: NDArray[np.floating],
    count: int,
    size: tuple[float, float],
    colour: str,
) -> None:
    for x in np.sort(rng.uniform(-10, W + 10, count)):
        foot = float(np.interp(x, np.linspace(-20, W + 20, len(heights)), heights)) + 10
        conifer(canvas, rng, float(x), foot, rng.uniform(*size), colour)


def mountains_dusk() -> Pixels:
    rng = np.random.default_rng(11)
    c = Canvas(W, H)
    c.sky([(0, "#1d2350"), (0.22, "#4a3f7c"), (0.42, "#a25c8c"), (0.56, "#ee9487"), (0.66, "#ffd0a0"), (1, "#ffd9b0")])
    c.glow(1560, 930, 1250, "#ffb27a", 0.55)
    c.glow(1560, 930, 420, "#fff0c8", 0.75)
    c.disc(1560, 905, 66, paint("#fff6de", blur=2))
    haze, night = "#f3a99a", "#141a3c"
    for layer in range(7):
        t = layer / 6
        heights = (
            900
            + 96 * layer
            + (200 - 95 * t) * wander(rng, 900, octaves=7, rough=0.47, first=3 + layer) * (0.62 if layer else 0.8)
        )
        top = mix(haze, night, 0.16 + 0.84 * t**0.75)
        c.land(heights, [(0, top), (1, mix(top, haze, 0.55 * (1 - t)))], depth=420)
        if layer < 6:
            c.veil("#ffc9b0" if layer < 3 else "#b97f9f", 930 + 96 * layer, 1240 + 100 * layer, 0.34 * (1 - t) + 0.06)
        if layer >= 5:
            treeline(
                c,
                rng,
                heights,
                130 if layer == 5 else 46,
                (46, 100) if layer == 5 else (150, 330),
                mix(top, "#0b1029", 0.5),
            )
    return c.rgb()


def ocean_sunset() -> Pixels:
    rng = np.random.default_rng(23)
    c = Canvas(W, H)
    horizon, sun = 800, 1130
    c.sky([(0, "#203a6b"), (0.18, "#5d5f95"), (0.34, "#c9799a"), (0.44, "#ff9f7e"), (0.5, "#ffd08a"), (1, "#ffd08a")])
    for _ in range(34):  # long flat clouds, lit from below
        y = rng.uniform(90, 690)
        x, length = rng.uniform(-200, W + 200), rng.uniform(300, 1100)
        lit = mix("#ffd5a8", "#8a6aa0", min(1, (690 - y) / 480))
        path = skia.Path()
        path.addOval(skia.Rect.MakeXYWH(x - length / 2, y, length, rng.uniform(6, 26)))
        c.draw.drawPath(path, paint(lit, rng.uniform(0.18, 0.5), blur=rng.uniform(6, 16)))
    c.glow(sun, horizon - 60, 1150, "#ffb066", 0.6)
    c.glow(sun, horizon - 60, 380, "#fff1c4", 0.85)
    c.disc(sun, horizon - 62, 96, paint("#fff7df", blur=2))
    sea = skia.Path()
    sea.addRect(skia.Rect.MakeLTRB(0, horizon, W, H))
    c.shape(
        sea, [(0, "#f2a27d"), (0.1, "#b8728a"), (0.35, "#5b5288"), (0.7, "#2a3768"), (1, "#14234a")], (0, horizon, 0, H)
    )
    for row in range(150):  # swell: rows of slim lenses, larger as they come nearer
        depth = (row / 149) ** 1.9
        y = horizon + 4 + depth * (H - horizon)
        for _ in range(int(16 - 9 * depth)):
            x, length = rng.uniform(-100, W + 100), rng.uniform(40, 130) * (0.6 + 4.2 * depth)
            tall = 1.2 + 15 * depth * rng.uniform(0.5, 1)
            lens = smooth([(x - length, y), (x, y - tall * 0.35), (x + length, y), (x, y + tall * 0.55)], close=True)
            near_sun = np.exp(-(((x - sun) / (120 + 420 * depth)) ** 2))
            if rng.random() < 0.55:
                c.draw.drawPath(lens, paint(mix("#0f1c44", "#7a4f78", 0.75 * (1 - depth)), 0.30))
            else:
                c.draw.drawPath(lens, paint(mix("#e6939a", "#ffd9a0", near_sun), 0.10 + 0.16 * (1 - depth)))
    for row in range(130):  # the path of the sun
        depth = (row / 129) ** 1.5
        y = horizon + 3 + depth * (H - horizon) * 0.86
        for _ in range(4):
            x = sun + rng.normal(0, 46 + 130 * depth)
            length = rng.uniform(14, 62) * (0.7 + 1.8 * depth)
            lens = smooth(
                [(x - length, y), (x, y - 1.2 - 5 * depth), (x + length, y), (x, y + 1.2 + 5 * depth)], close=True
            )
            c.draw.drawPath(
                lens, paint("#ffd591", 0.60 * (1 - depth) ** 0.9 + 0.10, blend=PLUS if depth < 0.25 else SCREEN)
            )
    c.veil("#ffd9a6", horizon - 90, horizon + 60, 0.5)
    return c.rgb()


def night_sky() -> Pixels:
    rng = np.random.default_rng(35)
    c = Canvas(W, H)
    c.sky([(0, "#060a20"), (0.35, "#0f1c46"), (0.65, "#27407a"), (0.82, "#5d6fa6"), (0.92, "#c79aa6"), (1, "#e9b69c")])
    y, x = np.mgrid[0:400, 0:600].astype(np.float32)
    along = (x - 300) * 0.83 - (y - 130) * 0.56
    across = (x - 330) * 0.56 + (y - 150) * 0.83
    cloud = np.zeros((400, 600))
    for octave in range(5):
        cells = 5 * 2**octave
        grid = rng.standard_normal((cells, cells)).astype(np.float32)
        image = skia.Image.fromarray(
            np.repeat(grid[:, :, None], 4, axis=2).astype(np.float16), colorType=skia.ColorType.kRGBA_F16_ColorType
        )
        info = skia.ImageInfo.Make(600, 400, skia.ColorType.kRGBA_F16_ColorType, skia.AlphaType.kUnpremul_AlphaType)
        large = np.zeros((400, 600, 4), np.float16)
        image.scalePixels(skia.Pixmap(info, large, 600 * 8), skia.SamplingOptions(skia.CubicResampler.Mitchell()))
        cloud += large[:, :, 0].astype(np.float64) * 0.55**octave
    band = np.exp(-((across / 62) ** 2)) * (0.62 + 0.36 * cloud) + 0.1 * np.exp(-((across / 150) ** 2))
    band *= np.clip(1.1 - y / 330, 0, 1) * (0.75 + 0.25 * np.cos(along / 150))
    lane = np.exp(-(((across + 8 + 14 * cloud) / 13) ** 2)) * 0.45
    strength = np.clip(band - lane * band, 0, 1)[:, :, None]
    milky = np.concatenate([strength * np.array([0.72, 0.78, 1.0]), np.ones((400, 600, 1))], axis=2).astype(np.float32)
    c.pixels(milky, SCREEN, 0.52)
    for _ in range(5200):
        sx, sy = rng.uniform(0, W), rng.uniform(0, 1350) ** 1.0
        weight = float(strength[min(399, int(sy / 4)), min(599, int(sx / 4)), 0])
        if rng.random() > 0.42 + weight * 1.2:
            continue
        size = 0.7 + rng.pareto(4.2) * 0.7
        dim = np.clip(1.15 - sy / 1300, 0.06, 1)
        tint = ("#ffffff", "#dbe6ff", "#ffeedd")[rng.integers(3)]
        c.disc(sx, sy, min(size, 3.4), paint(tint, min(1, rng.uniform(0.3, 0.95) * dim)))
        if size > 2.1 and sy < 1000:
            c.glow(sx, sy, min(size, 4) * 6, tint, 0.4)
    streak = smooth([(1760, 250), (1990, 345)])
    for width, alpha in ((7, 0.10), (3, 0.35), (1.6, 0.8)):
        made = paint("#ffffff", 1, stroke=width)
        made.setShader(
            skia.GradientShader.MakeLinear(
                [skia.Point(1760, 250), skia.Point(1990, 345)],
                [skia.Color4f(1, 1, 1, 0).toColor(), skia.Color4f(1, 1, 1, alpha).toColor()],
            )
        )
        c.draw.drawPath(streak, made)
    far = 1380 + 60 * wander(rng, 700, octaves=6, first=4)
    c.land(far, [(0, "#2c3a6b"), (1, "#4c5688")], depth=200)
    c.veil("#b892a8", 1330, 1520, 0.35)
    hill = 1500 - 130 * np.exp(-(((np.linspace(0, 1, 700) - 0.27) / 0.26) ** 2)) + 12 * wander(rng, 700, first=5)
    treeline(c, rng, hill + 8, 34, (50, 130), "#0a1027")
    x0, y0 = 690, 1322  # a cabin on the crest
    c.glow(x0, y0 + 6, 210, "#ffb765", 0.45)
    outline = [
        (-46, 60),
        (-46, 0),
        (-60, 0),
        (0, -44),
        (20, -29),
        (20, -52),
        (34, -52),
        (34, -19),
        (60, 0),
        (46, 0),
        (46, 60),
    ]
    c.draw.drawPath(polygon([(x0 + dx, y0 + dy) for dx, dy in outline]), paint("#060a1b"))
    for dx in (-26, 8):
        c.glow(x0 + dx + 9, y0 + 18, 60, "#ffc878", 0.55)
        c.draw.drawRect(skia.Rect.MakeXYWH(x0 + dx, y0 + 6, 18, 22), paint("#ffd58a"))
    c.land(hill, [(0, "#0a1027"), (1, "#050819")], depth=240)
    return c.rgb()


def dunes() -> Pixels:
    rng = np.random.default_rng(47)
    c = Canvas(W, H)
    c.sky([(0, "#7fb4d8"), (0.25, "#b9d2dc"), (0.45, "#f3dcc0"), (0.55, "#ffdcae"), (1, "#ffd9a8")])
    c.glow(420, 560, 1100, "#fff0cf", 0.8)
    c.disc(420, 545, 80, paint("#fffaf0", blur=3))
    crests = [
        ("#f3cfa5", "#e2ab80", 760, 46, 0.9), ("#efbd8b", "#cf8c66", 880, 80, 1.7),
        ("#eaa873", "#b7704f", 1010, 120, 2.6),
        ("#e09560", "#9a573f", 1180, 150, 3.9), ("#cf7d4c", "#71402f", 1390, 170, 5.2),
    ]  # fmt: skip
    for index, (lit, shade, base, tall, phase) in enumerate(crests):
        x = np.linspace(-20, W + 20, 600)
        u = x / W
        ridge = base - tall * (
            np.sin(2 * np.pi * (0.75 * u + phase)) + 0.42 * np.sin(2 * np.pi * (1.6 * u + 1.3 * phase))
        )
        c.land(ridge, [(0, mix(lit, "#fff3dc", 0.35)), (0.4, lit), (1, mix(lit, shade, 0.5))], depth=560)
        # the lee side: from each crest a spine runs down towards us; the shadow right of it fades into the next slope
        for peak in (i for i in range(5, 595) if ridge[i] == ridge[i - 5 : i + 6].min()):
            trough = next((i for i in range(peak + 8, 594) if ridge[i] == ridge[i - 5 : i + 6].max()), 599)
            (px, py), (qx, qy) = (float(x[peak]), float(ridge[peak])), (float(x[trough]), float(ridge[trough]))
            span, drop = qx - px, 330 + 90 * index
            foot = (px + 0.62 * span, py + drop)
            face = skia.Path()
            face.addPoly([skia.Point(float(x[i]), float(ridge[i])) for i in range(peak, trough + 1)], False)
            face.cubicTo(qx - 0.05 * span, qy + 0.3 * drop, foot[0] + 0.2 * span, foot[1] - 0.1 * drop, *foot)
            face.cubicTo(px + 0.30 * span, py + 0.62 * drop, px + 0.20 * span, py + 0.24 * drop, px, py)
            r, g, b = rgb(shade)
            fade = [skia.Color4f(float(r), float(g), float(b), alpha).toColor() for alpha in (1.0, 0.72, 0.28, 0.0)]
            made = paint(shade)
            made.setShader(
                skia.GradientShader.MakeLinear(
                    [skia.Point(px, py), skia.Point(px + 0.52 * span, py + 0.30 * drop)], fade
                )
            )
            c.draw.drawPath(face, made)
        clip = polygon([*zip(x, ridge, strict=True), (W + 20, H + 20), (-20, H + 20)])
        c.draw.save()
        c.draw.clipPath(clip, True)
        for line in range(int(8 + 6 * index)):  # wind ripples
            y0 = ridge + 26 + line * (15 + 5 * index) + 9 * wander(rng, 600, octaves=3, first=9)
            c.draw.drawPath(
                smooth(list(zip(x, y0, strict=True))[::10]),
                paint(mix(lit, "#fff6e2", 0.3), 0.13, stroke=1.5 + 0.6 * index),
            )
        c.draw.restore()
        c.veil("#ffe3be", base - tall, base + 230, 0.30 * (1 - index / 5))
    return c.rgb()


def aurora() -> Pixels:
    rng = np.random.default_rng(59)
    c = Canvas(W, H)
    c.sky([(0, "#040a1e"), (0.4, "#0a1f3c"), (0.62, "#12405a"), (0.7, "#1d5a68"), (1, "#0a2a3a")])
    for _ in range(900):
        c.disc(
            rng.uniform(0, W),
            rng.uniform(0, 1050),
            min(2.2, 0.7 + rng.pareto(4) * 0.6),
            paint("#eaf4ff", rng.uniform(0.15, 0.8)),
        )
    horizon, w = 1130, 1200
    y = np.arange(horizon // 2)[:, None].astype(np.float64)
    u = np.linspace(0, 1, w)
    light = np.zeros((horizon // 2, w, 3))
    for low, tall, phase, strength, foot_colour, top_colour in (
        (400, 300, 0.1, 0.9, (0.25, 1.0, 0.62), (0.35, 0.30, 0.95)),
        (330, 330, 0.45, 1.0, (0.30, 1.0, 0.55), (0.62, 0.25, 0.85)),
        (455, 190, 0.8, 0.6, (0.20, 0.95, 0.75), (0.20, 0.45, 0.95)),
    ):  # fmt: skip
        foot = (
            low
            + 40 * np.sin(2 * np.pi * (0.7 * u + phase))
            + 16 * np.sin(2 * np.pi * (2.3 * u + 2 * phase))
            + 9 * wander(rng, w, octaves=4, first=18)
        )
        rays = 0.62 + 0.34 * wander(rng, w, octaves=6, rough=0.68, first=12)
        rays *= np.clip(0.62 + 0.85 * wander(rng, w, octaves=2, first=3), 0.05, 1.5)
        up = (foot - y) / (tall * (0.75 + 0.45 * rays))
        body = np.where(up > 0, np.exp(-2.5 * up) * (1 - 0.75 * np.exp(-up * 9)), 0.25 * np.exp(-((up * 2.6) ** 2)))
        tone = np.clip(up, 0, 1)[:, :, None]
        light += (
            strength
            * (body * np.clip(rays, 0.08, 1.3))[:, :, None]
            * (np.array(foot_colour) * (1 - tone) + np.array(top_colour) * tone)
        )
    light = np.clip(1 - np.exp(-1.35 * light), 0, 1)
    full = np.zeros((H // 2, w, 3), np.float32)
    full[: horizon // 2] = light
    mirrored = light[::-1][: H // 2 - horizon // 2]
    ripple = np.stack(
        [np.roll(row, int(3 + 10 * i / len(mirrored) * np.sin(i * 1.7)), axis=0) for i, row in enumerate(mirrored)]
    )
    full[horizon // 2 :] = 0.5 * ripple
    c.pixels(full, SCREEN)
    peaks = 1060 - 90 * np.abs(wander(rng, 800, octaves=7, rough=0.5, first=5)) - 30
    c.land(np.minimum(peaks, horizon - 8), [(0, "#0d2a3e"), (1, "#123a4c")], depth=200)
    lake = skia.Path()
    lake.addRect(skia.Rect.MakeLTRB(0, horizon, W, H))
    c.shape(lake, [(0, "#155061"), (0.4, "#0b3244"), (1, "#051726")], (0, horizon, 0, H), alpha=0.72)
    for row in range(90):
        depth = (row / 89) ** 1.7
        yy = horizon + 4 + depth * (H - horizon)
        for _ in range(3):
            x, length = rng.uniform(-100, W + 100), rng.uniform(60, 260) * (0.5 + 2 * depth)
            c.draw.drawPath(
                smooth(
                    [(x - length, yy), (x, yy - 1 - 2 * depth), (x + length, yy), (x, yy + 1 + 2 * depth)], close=True
                ),
                paint("#7dffcf", 0.05 + 0.05 * (1 - depth), blend=SCREEN),
            )
    c.veil("#5be0b8", horizon - 50, horizon + 46, 0.30)
    shore = horizon + 24
    for x in np.sort(np.concatenate([rng.uniform(-20, 760, 60), rng.uniform(1720, W + 20, 56)])):
        edge = min(1.0, abs(float(x) - 1240) / 1240)
        tall = rng.uniform(50, 120) + 190 * edge**2.4 * rng.uniform(0.45, 1.1)
        c.draw.drawPath(
            polygon([(x - tall * 0.16, shore), (x + tall * 0.16, shore), (x, shore + tall * 0.85)]),
            paint("#04111d", 0.5, blur=5),
        )
        conifer(c, rng, float(x), shore, tall, "#04111d")
    return c.rgb()


def round_tree(
    canvas: Canvas, rng: np.random.Generator, x: float, foot: float, size: float, shade: str, lit: str
) -> None:
    """A broad-leaved tree: a trunk and an uneven crown, lit from the right."""
    canvas.draw.drawRect(
        skia.Rect.MakeLTRB(x - size * 0.1, foot - size * 0.9, x + size * 0.1, foot + 6),
        paint(mix(shade, "#3a2a1c", 0.6)),
    )
    for step, (dx, dy, scale) in enumerate(((0, 0, 1.0), (-0.45, 0.25, 0.66), (0.5, 0.28, 0.62), (0.12, -0.34, 0.7))):
        angles = np.linspace(0, 2 * np.pi, 15)[:-1]
        radii = size * scale * rng.uniform(0.9, 1.1, angles.size)
        cx, cy = x + dx * size, foot - size * (1.65 - dy)
        crown = smooth(
            list(zip(cx + radii * np.cos(angles), cy + 0.92 * radii * np.sin(angles), strict=True)), close=True
        )
        canvas.shape(
            crown,
            [(0, lit), (0.5, mix(lit, shade, 0.6)), (1, shade)],
            (cx + size * scale, cy - size * scale, cx - 0.7 * size, cy + size * scale),
            alpha=1.0 if step < 3 else 0.8,
        )


def meadow_morning() -> Pixels:
    rng = np.random.default_rng(61)
    c = Canvas(W, H)
    c.sky([(0, "#6fb3d9"), (0.3, "#a9d4e0"), (0.5, "#f4ecd0"), (0.62, "#ffe9b6"), (1, "#ffe9b6")])
    sun_x, sun_y = 1720, 600
    c.glow(sun_x, sun_y, 1400, "#fff0b8", 0.75)
    for _ in range(30):
        x, yy, length = rng.uniform(-200, W + 200), rng.uniform(60, 520), rng.uniform(260, 900)
        cloud = skia.Path()
        cloud.addOval(skia.Rect.MakeXYWH(x - length / 2, yy, length, rng.uniform(10, 40)))
        c.draw.drawPath(cloud, paint("#ffffff", rng.uniform(0.15, 0.42), blur=rng.uniform(10, 24)))
    greens = [
        ("#b9d3a4", 780),
        ("#a3c486", 860),
        ("#86b066", 960),
        ("#6a9a4d", 1090),
        ("#4d7f3a", 1250),
        ("#34642f", 1420),
    ]
    for index, (green, base) in enumerate(greens):
        heights = base + (70 - 6 * index) * wander(rng, 500, octaves=3, rough=0.4, first=2 + index % 2)
        if 1 <= index <= 4:
            for x in np.sort(rng.uniform(0, W, 26 - 4 * index)):
                foot = float(np.interp(x, np.linspace(-20, W + 20, 500), heights))
                size = rng.uniform(9, 15) * (1 + 0.7 * index)
                round_tree(c, rng, float(x), foot, size, mix(green, "#1f4a2b", 0.5), mix(green, "#f3ec9c", 0.45))
        c.land(heights, [(0, mix(green, "#fff3b0", 0.34)), (0.35, green), (1, mix(green, "#23502b", 0.4))], depth=520)
        c.veil("#fff4cf", base - 60, base + 170, 0.42 * (1 - index / 6))
    for spread in range(13):  # sun rays
        angle = np.pi * (0.12 + 0.062 * spread) + rng.uniform(-0.02, 0.02)
        wide = rng.uniform(0.012, 0.034)
        far = 2600
        ray = polygon(
            [
                (sun_x, sun_y),
                (sun_x + far * np.cos(angle - wide), sun_y + far * np.sin(angle - wide)),
                (sun_x + far * np.cos(angle + wide), sun_y + far * np.sin(angle + wide)),
            ]
        )
        made = paint("#fff3c0", 1, blur=18, blend=SCREEN)
        made.setShader(
            skia.GradientShader.MakeRadial(
                skia.Point(sun_x, sun_y),
                1500,
                [skia.Color4f(1, 0.95, 0.72, 0.34).toColor(), skia.Color4f(1, 0.95, 0.72, 0).toColor()],
            )
        )
        c.draw.drawPath(ray, made)
    c.disc(sun_x, sun_y, 90, paint("#fffdf0", blur=10))
    c.glow(sun_x, sun_y, 420, "#fffbe2", 0.9)
    for _ in range(5200):  # grass, light against the sun
        t = rng.random() ** 0.7
        x, foot = rng.uniform(-20, W + 20), 1330 + 300 * t
        tall = (26 + 92 * t) * rng.uniform(0.6, 1.2)
        lean = rng.normal(0, 0.22) * tall
        blade = smooth(
            [
                (x - 2 - 2 * t, foot),
                (x + lean * 0.4, foot - tall * 0.6),
                (x + lean, foot - tall),
                (x + lean * 0.5 + 2, foot - tall * 0.55),
                (x + 3 + 2 * t, foot),
            ],
            close=True,
        )
        c.draw.drawPath(blade, paint(mix(mix("#d9d972", "#7fae45", rng.random()), "#1d4a27", 0.25 + 0.65 * t), 0.9))
    for _ in range(170):
        t = rng.random() ** 0.8
        x, yy, size = rng.uniform(0, W), 1340 + 210 * t, (3 + 9 * t) * rng.uniform(0.6, 1.15)
        colour = ("#fff4f0", "#ffd873", "#f58f8a", "#b9a4ea")[rng.integers(4)]
        for petal in range(6):
            angle = petal * np.pi / 3 + rng.uniform(0, 0.4)
            c.disc(x + size * 0.75 * np.cos(angle), yy + size * 0.6 * np.sin(angle), size * 0.52, paint(colour, 0.95))
        c.disc(x, yy, size * 0.42, paint("#f2b03c"))
    return c.rgb()


STILLS = {
    "mountains-dusk": mountains_dusk,
    "ocean-sunset": ocean_sunset,
    "night-sky": night_sky,
    "desert-dunes": dunes,
    "aurora-lake": aurora,
    "meadow-morning": meadow_morning,
}
