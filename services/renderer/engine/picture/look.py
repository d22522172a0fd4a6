"""What the picture looks like where the timeline leaves it to the renderer: every compositor draws by these numbers.

Fractions are of the canvas' shorter side ("vmin") where not said otherwise.
"""

from __future__ import annotations

#: fit "blur": sigma of the Gaussian over the covering copy, and how much of its light is left
BLUR_SIGMA = 0.04
BLUR_LIGHT = 0.72

#: the logo's distance from both edges of its corner
LOGO_MARGIN = 0.04

#: captions keep away from the edges by these fractions of the canvas' height. On a portrait canvas (9:16) platforms
#: put titles and buttons over the lower part.
CAPTION_MARGIN = 0.08
CAPTION_MARGIN_PORTRAIT = 0.18
CAPTION_TOP_PORTRAIT = 0.12
#: widest line of a caption, as a fraction of the canvas' width
CAPTION_WIDTH = 0.86
#: tallest text overlay, as a fraction of the canvas' height
OVERLAY_HEIGHT = 0.92
#: from one baseline to the next, in ems
LINE_HEIGHT = 1.22

#: the shadow under all text: how much fatter than the letters at least, sigma and shift down in ems, opacity
SHADOW_SPREAD = 0.045
SHADOW_SIGMA = 0.08
SHADOW_SHIFT = 0.05
SHADOW_OPACITY = 0.7

#: the least space between the words of a caption, besides what outlines or boxes take, in ems
WORD_GAP = 0.22

#: caption style "box": padding beside the active word, reach above and below the baseline, corner radius, in ems
BOX_PADDING = 0.17
BOX_ASCENT = 0.95
BOX_DESCENT = 0.36
BOX_RADIUS = 0.2

#: width of the soft edge of circleOpen, as a fraction of its radius at the end
CIRCLE_SOFTNESS = 0.01


def caption_margins(width: int, height: int) -> tuple[float, float]:
    """What captions leave free at the top and at the bottom, in pixels: more, the more upright the canvas is."""
    upright = min(1.0, max(0.0, (height / width - 1.0) / (16 / 9 - 1.0)))
    top = CAPTION_MARGIN + (CAPTION_TOP_PORTRAIT - CAPTION_MARGIN) * upright
    bottom = CAPTION_MARGIN + (CAPTION_MARGIN_PORTRAIT - CAPTION_MARGIN) * upright
    return top * height, bottom * height


def caption_lines(width: int, height: int) -> int:
    """How many lines a caption may take."""
    return 3 if height >= width else 2


def slide_offset(transition: str, progress: float, width: int, height: int) -> tuple[int, int]:
    """Where slideX has moved the outgoing picture, in whole pixels; the incoming one follows edge to edge.

    slideLeft moves both to the left: the new scene comes in from the right.
    """
    across, down = _direction(transition)
    return across * round(progress * width), down * round(progress * height)


def incoming_offset(transition: str, outgoing: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """Where slideX has the incoming picture when the outgoing one is at `outgoing`."""
    across, down = _direction(transition)
    return outgoing[0] - across * width, outgoing[1] - down * height


def wipe_rect(transition: str, progress: float, width: int, height: int) -> tuple[int, int, int, int]:
    """The part (left, top, right, bottom) of the canvas that wipeX has given to the incoming picture, in whole pixels.

    The edge moves in the direction of the name: wipeLeft uncovers from the right side.
    """
    across, down = _direction(transition)
    x, y = round(progress * width), round(progress * height)
    if across:
        return (width - x, 0, width, height) if across < 0 else (0, 0, x, height)
    return (0, height - y, width, height) if down < 0 else (0, 0, width, y)


def circle_radius(progress: float, width: int, height: int) -> tuple[float, float]:
    """Inner and outer radius of circleOpen in pixels, about the middle of the canvas: the incoming picture is whole
    within the inner one, gone beyond the outer one and linear between them. At progress 1 the corners are inside."""
    reach = ((width * width + height * height) ** 0.5) / 2
    soft = CIRCLE_SOFTNESS * reach
    inner = progress * (reach + soft) - soft
    return inner, inner + soft


def dip(progress: float) -> tuple[bool, float]:
    """fadeBlack and fadeWhite: whether the incoming scene is on, and how much of the picture is left over the
    colour. The first half goes out to it, the second comes back."""
    return (False, 1.0 - 2.0 * progress) if progress < 0.5 else (True, 2.0 * progress - 1.0)


def _direction(transition: str) -> tuple[int, int]:
    if transition.endswith("Left"):
        return -1, 0
    if transition.endswith("Right"):
        return 1, 0
    return (0, -1) if transition.endswith("Up") else (0, 1)
