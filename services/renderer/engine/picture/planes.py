"""8-bit YUV 4:2:0 planes, BT.709 limited range: making, converting and blending them.

Conversion by ITU-R BT.709-6: Kr = 0.2126, Kb = 0.0722; luma 16…235, chroma 16…240.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.renderer.engine.picture.media import Plane, Planes

KR, KB = 0.2126, 0.0722
KG = 1.0 - KR - KB
_LUMA = 219.0 / 255.0
_CB = 224.0 / 255.0 / (2.0 * (1.0 - KB))
_CR = 224.0 / 255.0 / (2.0 * (1.0 - KR))

#: rows Y, Cb, Cr over premultiplied (R, G, B, A), all 0…255: the offsets 16 and 128 come in with the coverage
_FROM_RGBA = np.array(
    [
        [KR * _LUMA, KG * _LUMA, KB * _LUMA, 16.0 / 255.0],
        [-KR * _CB, -KG * _CB, (1.0 - KB) * _CB, 128.0 / 255.0],
        [(1.0 - KR) * _CR, -KG * _CR, -KB * _CR, 128.0 / 255.0],
    ],
    dtype=np.float32,
)

#: its inverse for opaque samples: rows R, G, B, A over (Y, Cb, Cr, 255)
_TO_RGBA = np.vstack([np.linalg.inv(np.vstack([_FROM_RGBA, [0, 0, 0, 1]]))[:3], [0, 0, 0, 1]]).astype(np.float32)

RGBA = NDArray[np.uint8]


def colour_rgba(colour: str) -> tuple[int, int, int, int]:
    """#RRGGBB or #RRGGBBAA as four numbers 0…255."""
    digits = colour[1:]
    parts = [int(digits[at : at + 2], 16) for at in range(0, len(digits), 2)]
    return parts[0], parts[1], parts[2], parts[3] if len(parts) == 4 else 255


def over(colour: str, below: str) -> tuple[int, int, int]:
    """A colour with alpha composited over an opaque one."""
    red, green, blue, alpha = colour_rgba(colour)
    base = colour_rgba(below)
    mixed = [
        (top * alpha + under * (255 - alpha) + 127) // 255 for top, under in zip((red, green, blue), base, strict=False)
    ]
    return mixed[0], mixed[1], mixed[2]


def exact_yuv(rgb: tuple[int, int, int]) -> NDArray[np.float32]:
    """Y, Cb, Cr of an opaque colour, not rounded."""
    exact: NDArray[np.float32] = _FROM_RGBA @ np.array([*rgb, 255.0], dtype=np.float32)
    return exact


def colour_yuv(rgb: tuple[int, int, int]) -> tuple[int, int, int]:
    """Y, Cb, Cr of an opaque colour."""
    luma, cb, cr = (int(value) for value in np.rint(exact_yuv(rgb)))
    return luma, cb, cr


def empty_planes(width: int, height: int) -> Planes:
    """Planes of unset samples; width and height are even."""
    half = (height // 2, width // 2)
    return np.empty((height, width), np.uint8), np.empty(half, np.uint8), np.empty(half, np.uint8)


def flat_planes(width: int, height: int, rgb: tuple[int, int, int]) -> Planes:
    """Planes of one colour."""
    planes = empty_planes(width, height)
    fill(planes, colour_yuv(rgb))
    return planes


def fill(planes: Planes, yuv: tuple[int, int, int]) -> None:
    for plane, value in zip(planes, yuv, strict=True):
        plane[:] = value


def copy_into(source: Planes, target: Planes) -> None:
    for read, write in zip(source, target, strict=True):
        np.copyto(write, read)


def halve(plane: Plane) -> Plane:
    """Mean of each 2 × 2 block: 4:4:4 chroma (or coverage) to 4:2:0."""
    height, width = plane.shape
    half: Plane = cv2.resize(plane, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return half


def rgba_planes(rgba: RGBA) -> tuple[Planes, Plane]:
    """Premultiplied RGBA of even size → premultiplied planes and the coverage (alpha), 0…255."""
    full = cv2.transform(rgba, _FROM_RGBA)
    return (full[..., 0].copy(), halve(full[..., 1]), halve(full[..., 2])), rgba[..., 3].copy()


def planes_rgba(planes: Planes) -> RGBA:
    """Opaque RGBA of a picture's planes."""
    height, width = planes[0].shape
    full = [cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR) for plane in planes[1:]]
    yuv = np.dstack([planes[0], *full, np.full((height, width), 255, np.uint8)])
    rgba: RGBA = cv2.transform(yuv, _TO_RGBA)
    return rgba


def premultiply(rgba: RGBA) -> RGBA:
    """Straight RGBA → premultiplied."""
    alpha = rgba[..., 3:4].astype(np.uint16)
    colour = (rgba[..., :3].astype(np.uint16) * alpha + 127) // 255
    return np.concatenate([colour.astype(np.uint8), rgba[..., 3:4]], axis=2)


@dataclass(frozen=True, slots=True)
class Sprite:
    """A small picture with coverage, ready to be blended over planes at even canvas pixels (x, y), inside or not."""

    x: int
    y: int
    planes: Planes
    uncovered: tuple[Plane, Plane]  #: 255 − coverage, for luma and for chroma

    @classmethod
    def from_rgba(cls, x: int, y: int, rgba: RGBA) -> Sprite:
        """From premultiplied RGBA whose top left is canvas pixel (x, y)."""
        height, width = rgba.shape[:2]
        # Chroma has half the resolution: the box grows to even pixels.
        even_x, even_y = x & ~1, y & ~1
        pad = (y - even_y, (y + height) & 1, x - even_x, (x + width) & 1)
        if any(pad):
            rgba = cv2.copyMakeBorder(rgba, *pad, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
        planes, coverage = rgba_planes(np.ascontiguousarray(rgba))
        luma = cv2.bitwise_not(coverage)
        return cls(even_x, even_y, planes, (luma, cv2.bitwise_not(halve(coverage))))

    def blend(self, canvas: Planes, opacity: float = 1.0, shift: int = 0) -> None:
        """Paint over the canvas, moved down by `shift` pixels; what lies outside is cut.

        Luma moves by every pixel, so that slow movement is smooth; chroma follows in steps of two.
        """
        for index, (plane, foreground) in enumerate(zip(canvas, self.planes, strict=True)):
            step = 1 if index == 0 else 2
            x, y = self.x // step, (self.y + shift) // step
            (rows, columns), (height, width) = plane.shape, foreground.shape
            top, bottom, left, right = max(0, -y), min(height, rows - y), max(0, -x), min(width, columns - x)
            if top >= bottom or left >= right:
                continue
            part = (slice(top, bottom), slice(left, right))
            region = plane[y + top : y + bottom, x + left : x + right]
            kept = cv2.multiply(region, self.uncovered[min(index, 1)][part], scale=1.0 / 255.0)
            if opacity >= 1.0:
                cv2.add(kept, foreground[part], dst=region)
            else:
                painted = cv2.add(kept, foreground[part])
                cv2.addWeighted(painted, opacity, region, 1.0 - opacity, 0.0, dst=region)
