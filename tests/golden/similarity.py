"""How alike two pictures are: SSIM, and where a picture differs from another."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

#: Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error visibility to structural
#: similarity", IEEE Transactions on Image Processing 13(4), 2004, section III: window, sigma, K1, K2
_WINDOW, _SIGMA = (11, 11), 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_RADIUS = _WINDOW[0] // 2


def ssim_map(first: Pixels, second: Pixels) -> NDArray[np.float32]:
    """SSIM of every window that lies wholly inside the pictures; both of shape (height, width)."""
    if first.shape != second.shape:
        raise ValueError(f"pictures of different sizes: {first.shape} and {second.shape}")
    x, y = first.astype(np.float32), second.astype(np.float32)
    mean_x, mean_y = _mean(x), _mean(y)
    # The variances are small differences of large squares: taken about the middle of the range they stay exact.
    centred_x, centred_y = x - 128.0, y - 128.0
    low_x, low_y = mean_x - 128.0, mean_y - 128.0
    var_x = _mean(centred_x * centred_x) - low_x * low_x
    var_y = _mean(centred_y * centred_y) - low_y * low_y
    both = _mean(centred_x * centred_y) - low_x * low_y
    result = ((2 * mean_x * mean_y + _C1) * (2 * both + _C2)) / (
        (mean_x * mean_x + mean_y * mean_y + _C1) * (var_x + var_y + _C2)
    )
    inside: NDArray[np.float32] = result[_RADIUS:-_RADIUS, _RADIUS:-_RADIUS]
    return inside


def ssim(first: Pixels, second: Pixels) -> float:
    """Mean SSIM of two grey pictures of shape (height, width): 1 for equal ones."""
    return float(ssim_map(first, second).mean())


def _mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(values, _WINDOW, _SIGMA), np.float32)


def difference_box(first: Pixels, second: Pixels, threshold: int) -> tuple[int, int, int, int] | None:
    """left, top, right, bottom (exclusive) of all samples that differ by more than `threshold`; None if none do."""
    return box_of(cv2.absdiff(first, second) > threshold)


def box_of(mask: NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """left, top, right, bottom (exclusive) of what is true in a mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
