"""Easing curves f(t) for t in 0…1, from + − × ÷ and polynomials only, so that Python and JavaScript agree bit for bit.

`easeIn`, `easeOut` and `easeInOut` are the quadratic and cubic curves of R. Penner's "Programming Macromedia Flash MX"
(2002), chapter 7; `easeOutBack` his overshooting one with s = 1.70158.
"""

from __future__ import annotations

from collections.abc import Callable


def linear(t: float) -> float:
    return t


def ease_in(t: float) -> float:
    return t * t


def ease_out(t: float) -> float:
    return t * (2.0 - t)


def ease_in_out(t: float) -> float:
    if t < 0.5:
        return 4.0 * t * t * t
    u = 1.0 - t
    return 1.0 - 4.0 * u * u * u


def ease_out_back(t: float) -> float:
    u = t - 1.0
    return 1.0 + u * u * (2.70158 * u + 1.70158)


EASINGS: dict[str, Callable[[float], float]] = {
    "linear": linear,
    "easeIn": ease_in,
    "easeOut": ease_out,
    "easeInOut": ease_in_out,
    "easeOutBack": ease_out_back,
}
