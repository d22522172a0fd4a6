"""A half-float canvas with the strokes the sample pictures are made of.

Colours are "#rrggbb"; gradients are lists of (position 0…1, colour) and are mixed in OKLab
(https://bottosson.github.io/posts/oklab/), so that they keep their brightness between the stops. Half floats
and a final grain keep skies free of bands.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import skia
from numpy.typing import NDArray

Stops = Sequence[tuple[float, str]]
Points = Sequence[tuple[float, float]] | NDArray[np.floating]
Pixels = NDArray[np.float32]

SCREEN, PLUS, MULTIPLY, SOFT = (
    skia.BlendMode.kScreen,
    skia.BlendMode.kPlus,
    skia.BlendMode.kMultiply,
    skia.BlendMode.kSoftLight,
)
OVER = skia.BlendMode.kSrcOver


def rgb(colour: str) -> NDArray[np.float64]:
    return np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def hex_of(value: NDArray[np.floating]) -> str:
    return "#" + "".join(f"{round(float(np.clip(v, 0, 1)) * 255):02x}" for v in value)


def mix(a: str, b: str, share: float) -> str:
    return hex_of(blend_stops([(0, a), (1, b)], np.array([share]))[0])


def blend_stops(stops: Stops, at: NDArray[np.floating]) -> NDArray[np.float64]:
    """sRGB values, shape (*at.shape, 3), of a gradient at the positions `at`."""
    m1 = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                   [0.0883024619, 0.2817188376, 0.6299787005]])  # fmt: skip
    m2 = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
                   [0.0259040371, 0.7827717662, -0.8086757660]])  # fmt: skip
    colours = np.array([rgb(colour) for _, colour in stops])
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    lab = np.cbrt(linear @ m1.T) @ m2.T
    positions = [position for position, _ in stops]
    mixed = np.stack([np.interp(at, positions, lab[:, i]) for i in range(3)], axis=-1)
    back = (mixed @ np.linalg.inv(m2).T) ** 3 @ np.linalg.inv(m1).T
    back = np.clip(back, 0, 1)
    return np.where(back <= 0.0031308, back * 12.92, 1.055 * back ** (1 / 2.4) - 0.055)


def paint(
    colour: str, alpha: float = 1.0, *, blur: float = 0.0, blend: skia.BlendMode = OVER, stroke: float = 0.0
) -> skia.Paint:
    r, g, b = rgb(colour)
    made = skia.Paint(Color4f=skia.Color4f(float(r), float(g), float(b), alpha), AntiAlias=True, BlendMode=blend)
    if blur:
        made.setMaskFilter(skia.MaskFilter.MakeBlur(skia.BlurStyle.kNormal_BlurStyle, blur))
    if stroke:
        made.setStyle(skia.Paint.kStroke_Style)
        made.setStrokeWidth(stroke)
        made.setStrokeCap(skia.Paint.kRound_Cap)
        made.setStrokeJoin(skia.Paint.kRound_Join)
    return made


def polygon(points: Points) -> skia.Path:
    path = skia.Path()
    path.addPoly([skia.Point(float(x), float(y)) for x, y in points], True)
    return path


def smooth(points: Points, *, close: bool = False) -> skia.Path:
    """A Catmull-Rom curve through the points."""
    p = [np.asarray(q, dtype=float) for q in points]
    n = len(p)
    path = skia.Path()
    path.moveTo(*map(float, p[0]))
    for i in range(n if close else n - 1):
        a, b = p[i], p[(i + 1) % n]
        before = p[i - 1] if i or close else a
        after = p[(i + 2) % n] if close or i + 2 < n else b
        c1, c2 = a + (b - before) / 6, b - (after - a) / 6
        path.cubicTo(*map(float, (*c1, *c2, *b)))
    if close:
        path.close()
    return path


def wander(
    rng: np.random.Generator, n: int, *, octaves: int = 6, rough: float = 0.5, first: int = 3
) -> NDArray[np.float64]:
    """Smooth noise of n samples in about −1…1: octaves of cosine-interpolated values."""
    total = np.zeros(n)
    for octave in range(octaves):
        cells = first * 2**octave
        values = rng.uniform(-1, 1, cells + 2)
        at = np.linspace(0, cells, n)
        low = at.astype(int)
        t = at - low
        t = t * t * (3 - 2 * t)
        total += rough**octave * (values[low] * (1 - t) + values[low + 1] * t)
    return total


class Canvas:
    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        info = skia.ImageInfo.Make(width, height, skia.ColorType.kRGBA_F16_ColorType, skia.AlphaType.kPremul_AlphaType)
        self._surface = skia.Surface.MakeRaster(info)
        self.draw: skia.Canvas = self._surface.getCanvas()
        self.draw.clear(skia.Color4f(0, 0, 0, 1))

    # whole-canvas paint

    def pixels(self, rgba: Pixels, blend: skia.BlendMode = OVER, alpha: float = 1.0) -> None:
        """Paint an array (h, w, 3 or 4; not premultiplied), stretched over the canvas."""
        if rgba.shape[2] == 3:
            rgba = np.concatenate([rgba, np.ones((*rgba.shape[:2], 1), np.float32)], axis=2)
        data = np.ascontiguousarray(rgba.astype(np.float16))
        image = skia.Image.fromarray(data, colorType=skia.ColorType.kRGBA_F16_ColorType)
        self.draw.drawImageRect(
            image,
            skia.Rect.MakeWH(self.width, self.height),
            skia.SamplingOptions(skia.FilterMode.kLinear),
            skia.Paint(BlendMode=blend, Alphaf=alpha),
        )

    def sky(self, stops: Stops) -> None:
        column = blend_stops(stops, np.linspace(0, 1, self.height))
        self.pixels(np.repeat(column[:, None].astype(np.float32), 2, axis=1))

    def veil(self, colour: str, top: float, bottom: float, alpha: float, blend: skia.BlendMode = OVER) -> None:
        """A horizontal band of haze, soft above and below."""
        y = np.linspace(0, self.height, self.height)
        t = np.clip((y - top) / max(1.0, bottom - top), 0, 1)
        band = np.zeros((self.height, 2, 4), np.float32)
        band[:, :, :3] = rgb(colour)
        band[:, :, 3] = (alpha * np.sin(np.pi * t) ** 1.5)[:, None]
        self.pixels(band, blend)

    def glow(
        self,
        x: float,
        y: float,
        radius: float,
        colour: str,
        alpha: float,
        blend: skia.BlendMode = SCREEN,
        flat: float = 1.0,
    ) -> None:
        """Light that falls off smoothly to nothing at `radius`; flat < 1 squeezes it vertically."""
        r, g, b = rgb(colour)
        fall = [(1 - t) ** 2.2 for t in np.linspace(0, 1, 12)]
        colours = [skia.Color4f(float(r), float(g), float(b), alpha * f).toColor() for f in fall]
        shader = skia.GradientShader.MakeRadial(skia.Point(0, 0), radius, colours)
        self.draw.save()
        self.draw.translate(x, y)
        self.draw.scale(1, flat)
        self.draw.drawCircle(0, 0, radius, skia.Paint(Shader=shader, AntiAlias=True, BlendMode=blend, Dither=True))
        self.draw.restore()

    # shapes

    def shape(
        self, path: skia.Path, stops: Stops, box: tuple[float, float, float, float], **style: float | skia.BlendMode
    ) -> None:
        """Fill a path with a gradient from (x0, y0) to (x1, y1) of `box`."""
        x0, y0, x1, y1 = box
        at = np.linspace(0, 1, 16)
        colours = [skia.Color4f(*map(float, c), 1).toColor() for c in blend_stops(stops, at)]
        made = paint("#000000", **style)  # type: ignore[arg-type]  # alpha, blur, blend
        made.setShader(
            skia.GradientShader.MakeLinear([skia.Point(x0, y0), skia.Point(x1, y1)], colours, list(map(float, at)))
        )
        made.setDither(True)
        self.draw.drawPath(path, made)

    def land(self, heights: NDArray[np.floating], stops: Stops, *, depth: float | None = None) -> skia.Path:
        """Everything below a line of heights (one value at equal steps across), shaded from its top down."""
        xs = np.linspace(-20, self.width + 20, len(heights))
        path = polygon([*zip(xs, heights, strict=True), (self.width + 20, self.height + 20), (-20, self.height + 20)])
        top = float(np.min(heights))
        self.shape(path, stops, (0, top, 0, top + (depth or self.height - top)))
        return path

    def disc(self, x: float, y: float, radius: float, made: skia.Paint) -> None:
        self.draw.drawCircle(x, y, radius, made)

    # the result

    def rgb(self) -> Pixels:
        half = np.zeros((self.height, self.width, 4), np.float16)
        info = skia.ImageInfo.Make(
            self.width, self.height, skia.ColorType.kRGBA_F16_ColorType, skia.AlphaType.kPremul_AlphaType
        )
        self._surface.readPixels(info, half, self.width * 8, 0, 0)
        return half[:, :, :3].astype(np.float32)


def finish(
    image: Pixels, *, seed: int, vignette: float = 0.22, grain: float = 0.0055, contrast: float = 0.12
) -> NDArray[np.uint8]:
    """The grade all pictures share: a soft S-curve, darker corners, fine grain that hides bands."""
    h, w = image.shape[:2]
    image = np.clip(image, 0, 1)
    image = image + contrast * (image * image * (3 - 2 * image) - image)
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j].astype(np.float32)
    image *= (1 - vignette * np.clip((x * x + y * y) / 2, 0, 1) ** 1.4)[:, :, None]
    noise = np.random.default_rng(seed).standard_normal((h, w)).astype(np.float32)
    noise = (noise + np.roll(noise, 1, 0) + np.roll(noise, 1, 1) + np.roll(noise, (1, 1), (0, 1))) / 2
    luma = image.mean(axis=2)
    strength = grain * (0.45 + 1.2 * luma * (1 - luma) * 2)
    return np.round(np.clip(image + (strength * noise)[:, :, None], 0, 1) * 255).astype(np.uint8)
