"""Shotstack titles, texts and small pictures → overlays."""

from __future__ import annotations

from collections.abc import Mapping

from storyboard.fields import FORBIDDEN
from storyboard.importers.shotstack_clips import Clip, Reader, Where, number, reference
from storyboard.importers.source import Json
from storyboard.merge import PLACEHOLDER

#: a title's named sizes in percent of the shorter side
_SIZES = {
    "xx-small": 2.0,
    "x-small": 2.8,
    "small": 3.8,
    "medium": 5.2,
    "large": 7.0,
    "x-large": 9.5,
    "xx-large": 13.0,
}
_MARGIN = 0.1
_MAX_TEXT = 500
_ANIMATIONS = {"fade": "fadeIn", "slideUp": "slideUp"}


def overlay(clip: Clip, canvas: Mapping[str, Json], reader: Reader) -> dict[str, Json] | None:
    """The overlay without its times; None for what can't be one (reported)."""
    if clip.kind == "video":
        reader.note(clip.where, "unsupported_asset", "A clip can't lie small over another here; it was left out.")
        return None
    if clip.kind not in ("title", "text", "image"):
        return None  # reported when it was read
    if clip.raw.get("effect") not in (None, "none", ""):
        reader.note((*clip.where, "effect"), "unsupported_member", "Overlays stand still; the effect was left out.")
    if clip.kind == "image":
        return _picture(clip, reader)
    return _text(clip, canvas, reader)


def _picture(clip: Clip, reader: Reader) -> dict[str, Json]:
    reader.others(clip.asset, (*clip.where, "asset"), {"type", "src"})
    opacity = number(clip.raw.get("opacity"))
    return {
        "type": "image",
        "src": reference(clip, reader),
        "width": min(1.0, max(0.01, number(clip.raw.get("scale")) or 1.0)),
        "opacity": 1.0 if opacity is None else min(1.0, max(0.0, opacity)),
        **_place(clip, clip.raw.get("position"), clip.raw.get("offset")),
        "animation": _animation(clip, reader),
    }


def _text(clip: Clip, canvas: Mapping[str, Json], reader: Reader) -> dict[str, Json] | None:
    asset, where = clip.asset, (*clip.where, "asset")
    text = asset.get("text")
    if not isinstance(text, str):
        reader.fail((*where, "text"), "missing_field", "A title has a text.")
        return None
    text = FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    shown = PLACEHOLDER.sub(lambda found: reader.defaults.get(found[1], found[1]), text)
    if not shown.strip():
        reader.note((*where, "text"), "empty_text", "The text is blank; the clip was left out.")
        return None
    if len(shown) > _MAX_TEXT:
        reader.fail((*where, "text"), "text_too_long", f"Shorten the text to at most {_MAX_TEXT} characters.")
        return None
    title = clip.kind == "title"
    if title:
        reader.others(asset, where, {"type", "text", "color", "size", "position", "offset"})
        font = _title_font(asset, where, reader)
    else:
        reader.others(asset, where, {"type", "text", "font", "stroke"})
        font = _text_font(asset, where, canvas, reader)
    return {
        "type": "text",
        "text": text,
        "font": font,
        **_place(
            clip,
            asset.get("position") if title and "position" in asset else clip.raw.get("position"),
            asset.get("offset") if title and "offset" in asset else clip.raw.get("offset"),
        ),
        "animation": _animation(clip, reader),
    }


def _title_font(asset: Mapping[str, Json], where: Where, reader: Reader) -> dict[str, Json]:
    size = _SIZES.get(str(asset.get("size", "medium")))
    if size is None:
        reader.note((*where, "size"), "unsupported_member", "This size isn't known; “medium” was taken.")
    return {
        "size": size or _SIZES["medium"],
        "color": reader.colour(asset.get("color"), (*where, "color"), "#ffffff"),
    }


def _text_font(asset: Mapping[str, Json], where: Where, canvas: Mapping[str, Json], reader: Reader) -> dict[str, Json]:
    """Pixels of the canvas become percent of its shorter side. Families aren't carried over: they may not be here."""
    font, stroke = asset.get("font"), asset.get("stroke")
    shorter = min(number(canvas["width"]) or 1.0, number(canvas["height"]) or 1.0)
    result: dict[str, Json] = {}
    if isinstance(font, dict):
        reader.others(font, (*where, "font"), {"size", "color", "weight"})
        if size := number(font.get("size")):
            result["size"] = min(50.0, max(0.5, round(size / shorter * 100, 3)))
        if weight := number(font.get("weight")):
            result["weight"] = min(900, max(100, int(weight / 100 + 0.5) * 100))
        result["color"] = reader.colour(font.get("color"), (*where, "font", "color"), "#ffffff")
    if isinstance(stroke, dict):
        reader.others(stroke, (*where, "stroke"), {"color", "width"})
        result["stroke"] = reader.colour(stroke.get("color"), (*where, "stroke", "color"), "#000000")
        width = number(stroke.get("width")) or 0.0
        result["strokeWidth"] = min(5.0, max(0.0, round(width / shorter * 100, 3)))
    return result


def _place(clip: Clip, position: Json, offset: Json) -> dict[str, Json]:
    """One of nine positions and an offset from it in fractions of the canvas, up being positive."""
    name = str(position or "center").lower()
    x = _MARGIN if "left" in name else 1 - _MARGIN if "right" in name else 0.5
    y = _MARGIN if "top" in name else 1 - _MARGIN if "bottom" in name else 0.5
    anchor = "left" if "left" in name else "right" if "right" in name else "center"
    if isinstance(offset, dict):
        x += number(offset.get("x")) or 0.0
        y -= number(offset.get("y")) or 0.0
    return {"x": round(min(1.0, max(0.0, x)), 4), "y": round(min(1.0, max(0.0, y)), 4), "anchor": anchor}


def _animation(clip: Clip, reader: Reader) -> str:
    wanted = clip.raw.get("transition")
    ways = wanted if isinstance(wanted, dict) else {}
    entry, leave = ways.get("in"), ways.get("out")
    name = str(entry or "").removesuffix("Fast").removesuffix("Slow")
    if name == "zoom":
        return "popIn"
    if leave:
        if not str(leave).startswith("fade"):
            reader.note(
                (*clip.where, "transition", "out"), "transition_replaced", "Overlays only fade out; a fade was taken."
            )
        return "fadeInOut"
    if not entry:
        return "none"
    if name in _ANIMATIONS:
        return _ANIMATIONS[name]
    reader.note(
        (*clip.where, "transition", "in"), "transition_replaced", "This way in has no counterpart; a fade was taken."
    )
    return "fadeIn"
