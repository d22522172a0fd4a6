"""Captions as Advanced SubStation Alpha, word effects as override tags.

Quoting follows libass and FFmpeg's own subtitle encoder: `\\{` and `\\}` are literal braces and a backslash is made
literal by an invisible U+2060 WORD JOINER after it. Sizes are pixels of the canvas (PlayRes).
"""

from __future__ import annotations

import pysubs2

from storyboard.exporters.captions import milliseconds
from storyboard.timeline import CaptionGroup, CaptionWord, Timeline

_JOINER = "\u2060"
_ALIGNMENT = {
    "top": pysubs2.Alignment.TOP_CENTER,
    "center": pysubs2.Alignment.MIDDLE_CENTER,
    "bottom": pysubs2.Alignment.BOTTOM_CENTER,
}
#: distance of captions from the edge, in fractions of the canvas' height
_MARGIN = 0.12
_SIDE = 0.08
_POP_MILLISECONDS = 180
_BOLD = 600


def export_ass(timeline: Timeline) -> str:
    """Advanced SubStation Alpha v4.00+. The looks are as near as the format allows: `box` and `highlight` colour the
    word being spoken, `karaoke` fills each word, `pop` swells it, `typewriter` shows words one by one."""
    canvas, captions = timeline.canvas, timeline.captions
    file = pysubs2.SSAFile()
    file.info.update(
        {
            "Title": " ".join(timeline.title.split()),
            "PlayResX": str(canvas.width),
            "PlayResY": str(canvas.height),
            "WrapStyle": "0",
            "ScaledBorderAndShadow": "yes",
            "YCbCr Matrix": "TV.709",
        }
    )
    unit = min(canvas.width, canvas.height) / 100
    font = captions.font
    karaoke = captions.style == "karaoke"
    file.styles = {
        "Default": pysubs2.SSAStyle(
            # A comma would end the field.
            fontname=font.family.replace(",", " "),
            fontsize=round(font.size * unit, 2),
            # Karaoke runs from the secondary colour to the primary.
            primarycolor=_color(captions.active_color if karaoke else font.color),
            secondarycolor=_color(font.color),
            outlinecolor=_color(font.stroke),
            backcolor=pysubs2.Color(0, 0, 0, 128),
            bold=font.weight >= _BOLD,
            outline=round(font.stroke_width * unit, 2),
            shadow=0,
            alignment=_ALIGNMENT[captions.position],
            marginl=int(canvas.width * _SIDE),
            marginr=int(canvas.width * _SIDE),
            marginv=int(canvas.height * _MARGIN),
        )
    }
    file.events = [
        pysubs2.SSAEvent(
            start=milliseconds(group.start, canvas.fps),
            end=milliseconds(group.end, canvas.fps),
            text=_text(group, timeline),
        )
        for group in captions.groups
    ]
    return file.to_string("ass")


def literal(text: str) -> str:
    """The text as a player shows it, whatever it holds."""
    return text.replace("\\", "\\" + _JOINER).replace("{", "\\{").replace("}", "\\}").replace("\n", "\\N")


def _color(value: str) -> pysubs2.Color:
    """#RRGGBB(AA) → its colour; ASS counts transparency, not opacity."""
    red, green, blue = (int(value[place : place + 2], 16) for place in (1, 3, 5))
    return pysubs2.Color(red, green, blue, 255 - int(value[7:9] or "ff", 16))


def _override(value: str) -> str:
    """A colour inside override tags: &HBBGGRR&."""
    return f"&H{value[5:7]}{value[3:5]}{value[1:3]}&".upper()


def _text(group: CaptionGroup, timeline: Timeline) -> str:
    parts: list[str] = []
    for index, word in enumerate(group.words):
        if index and not word.glued:
            parts.append(" ")
        parts.append(_effect(index, word, group, timeline) + literal(word.text))
    return "".join(parts)


def _effect(index: int, word: CaptionWord, group: CaptionGroup, timeline: Timeline) -> str:
    """Override tags before a word; their times count in milliseconds from the group's beginning."""
    captions, fps = timeline.captions, timeline.canvas.fps
    origin = milliseconds(group.start, fps)
    start, end = milliseconds(word.start, fps) - origin, milliseconds(word.end, fps) - origin
    plain, active = _override(captions.font.color), _override(captions.active_color)
    coloured = rf"\1c{plain}\t({start},{start + 1},\1c{active})\t({end},{end + 1},\1c{plain})"
    if captions.style == "karaoke":
        before = milliseconds(group.words[index - 1].end, fps) - origin if index else 0
        # Whole centiseconds of both ends, not of lengths: roundings must not add up along the line.
        silence = round(start / 10) - round(before / 10)
        tags = rf"\k{silence}" if silence > 0 else ""
        return f"{{{tags}}}" * bool(tags) + rf"{{\kf{max(1, round(end / 10) - round(start / 10))}}}"
    if captions.style in ("highlight", "box"):
        return f"{{{coloured}}}"
    if captions.style == "pop":
        swell = rf"\fscx60\fscy60\t({start},{start + _POP_MILLISECONDS},\fscx100\fscy100)"
        hidden = rf"\alpha&HFF&\t({start},{start + 1},\alpha&H00&)"
        return f"{{{hidden}{swell}{coloured}}}"
    if captions.style == "typewriter":
        return rf"{{\alpha&HFF&\t({start},{start + 1},\alpha&H00&)}}"
    return ""
