"""Shotstack Edit JSON (a subset) → storyboard.

Its tracks run top first and its clips lie at absolute times; ours is a sequence of scenes. At each moment the topmost
picture or clip that fills the frame is the scene; titles, texts and smaller pictures become overlays of the scenes
they stand over. Format: https://shotstack.io/docs/api/.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from storyboard import strictjson
from storyboard.errors import StoryboardInvalid
from storyboard.fields import FRAME_RATES, MAX_SCENES, MAX_SECONDS, MAX_SIDE, MIN_SIDE
from storyboard.importers.shotstack_clips import MEDIA, Clip, Reader, number, reference, transition
from storyboard.importers.shotstack_merge import merged
from storyboard.importers.shotstack_overlays import overlay
from storyboard.importers.source import MAX_TITLE, Imported, Json, declared_fields, refuse

#: width and height at 16:9
_RESOLUTIONS = {
    "preview": (512, 288),
    "mobile": (640, 360),
    "sd": (1024, 576),
    "hd": (1280, 720),
    "1080": (1920, 1080),
    "4k": (3840, 2160),
}
_ASPECTS = {"16:9": (16, 9), "9:16": (9, 16), "1:1": (1, 1), "4:5": (4, 5), "4:3": (4, 3)}
_FITS = {"crop": "cover", "cover": "fill", "contain": "contain"}
# What moves left lets the camera travel right.
_EFFECTS = {
    "zoomIn": "zoomIn",
    "zoomOut": "zoomOut",
    "slideLeft": "panRight",
    "slideRight": "panLeft",
    "slideUp": "panDown",
    "slideDown": "panUp",
}
_SPEEDS = {"Fast": 0.25, "Slow": 0.06}
_MAX_OVERLAYS = 20

Run = tuple[Clip | None, float, float]


def import_shotstack(
    data: str | bytes, *, references: Mapping[str, str] | None = None, title: str | None = None
) -> Imported:
    """Translate an edit. `references` says which of our references stand for which addresses; others are made up and
    listed in `Imported.media`, to be fetched.

    Raises StoryboardInvalid with pointers into the edit: `malformed_json` and its like, `missing_field`,
    `invalid_type`, `invalid_range`, `text_too_long`, `too_many`. What isn't supported becomes a notice with a pointer.
    """
    raw = strictjson.loads(data)
    if not isinstance(raw, dict):
        raise refuse("", "invalid_type", "An edit is a JSON object.")
    reader = Reader(dict(references or {}))
    edit, fields = merged(raw, reader)
    reader.others(edit, (), {"timeline", "output", "merge"})
    timeline = edit.get("timeline")
    if not isinstance(timeline, dict):
        raise refuse("/timeline", "missing_field", "An edit has a timeline with tracks.")
    reader.others(timeline, ("timeline",), {"tracks", "background", "soundtrack", "cache"})
    canvas = _canvas(edit.get("output"), timeline, reader)
    clips = reader.clips(timeline.get("tracks"))
    if reader.violations:
        raise StoryboardInvalid(reader.violations)
    scenes = _scenes(clips, canvas, reader)
    music = _music(timeline.get("soundtrack"), reader)
    if reader.violations:
        raise StoryboardInvalid(reader.violations)
    name = " ".join((title or "Imported edit").split())[:MAX_TITLE]
    fields += [field for field in declared_fields([name, *_texts(scenes)], []) if field["name"] not in reader.defaults]
    board: dict[str, Json] = {
        "version": "storyboard/1",
        "title": name,
        "canvas": canvas,
        **({"fields": fields} if fields else {}),
        "captions": {"style": "none"},
        **({"music": music} if music else {}),
        "scenes": list(scenes),
    }
    return Imported(board, tuple(reader.notices), reader.media)


def _texts(scenes: Sequence[Mapping[str, Json]]) -> Iterator[str]:
    for scene in scenes:
        overlays = scene["overlays"]
        assert isinstance(overlays, list)
        yield from (item["text"] for item in overlays if "text" in item)


def _canvas(output: Json, timeline: Mapping[str, Json], reader: Reader) -> dict[str, Json]:
    where = ("output",)
    settings = output if isinstance(output, dict) else {}
    reader.others(settings, where, {"format", "resolution", "aspectRatio", "size", "fps"})
    if settings.get("format") not in (None, "mp4"):
        reader.note((*where, "format"), "unsupported_member", "Videos are MP4 here.")
    width, height = _RESOLUTIONS.get(str(settings.get("resolution", "hd")), (0, 0))
    if not width:
        reader.note((*where, "resolution"), "unsupported_member", "This resolution isn't known; 1280 × 720 was taken.")
        width, height = _RESOLUTIONS["hd"]
    across, down = _ASPECTS.get(str(settings.get("aspectRatio", "16:9")), (0, 0))
    if not across:
        reader.note((*where, "aspectRatio"), "unsupported_member", "This aspect isn't known; 16:9 was taken.")
    elif across * 9 == down * 16:
        pass
    elif (across, down) == (9, 16):
        width, height = height, width
    else:
        width = height * across // down
    size = settings.get("size")
    if isinstance(size, dict):
        width = int(number(size.get("width")) or width)
        height = int(number(size.get("height")) or height)
    sides = tuple(min(MAX_SIDE, max(MIN_SIDE, side + side % 2)) for side in (width, height))
    if sides != (width, height):
        reader.note((*where, "size"), "size_changed", f"The canvas became {sides[0]} × {sides[1]}: even, 64 to 4096.")
    wanted = number(settings.get("fps")) or 25
    fps = min(FRAME_RATES, key=lambda rate: (abs(rate - wanted), rate))
    if fps != wanted:
        reader.note((*where, "fps"), "frame_rate_changed", f"{wanted:g} frames per second became {fps}.")
    background = reader.colour(timeline.get("background"), ("timeline", "background"), "#000000")
    return {"width": sides[0], "height": sides[1], "fps": fps, "background": background}


def _scenes(clips: Sequence[Clip], canvas: Mapping[str, Json], reader: Reader) -> list[dict[str, Json]]:
    full = [clip for clip in clips if clip.kind in ("image", "video") and clip.fills_frame]
    above = [clip for clip in clips if clip not in full]
    end = max((clip.end for clip in clips if clip.kind in MEDIA), default=0.0)
    if end > MAX_SECONDS:
        reader.fail(("timeline",), "invalid_range", "A video is at most 4 hours long.")
        return []
    runs = _runs(full, end)
    if not runs:
        reader.fail(("timeline", "tracks"), "missing_field", "No clip in this edit can be shown.")
        return []
    if len(runs) > MAX_SCENES:
        reader.fail(("timeline", "tracks"), "too_many", f"The edit makes {len(runs)} scenes, at most {MAX_SCENES} fit.")
        return []
    for hidden in full:
        if not any(run[0] is hidden for run in runs):
            reader.note(hidden.where, "clip_hidden", "Another clip lies over all of this one; it was left out.")
    scenes: list[dict[str, Json]] = []
    for index, (clip, start, until) in enumerate(runs):
        following = runs[index + 1] if index + 1 < len(runs) else None
        joint = _joint(clip, following, until - start, reader)
        scene: dict[str, Json] = {
            "id": f"s{index + 1}",
            "duration": round(until - start + (number(joint["duration"]) or 0 if joint else 0), 3),
            "visual": _visual(clip, start, str(canvas["background"]), reader),
            "overlays": [],
        }
        if clip is not None:
            scene["motion"] = _motion(clip, reader)
        if joint:
            scene["transition"] = joint
        scenes.append(scene)
    for small in sorted(above, key=lambda clip: -clip.track):
        _lay(small, runs, scenes, canvas, reader)
    _report_edges(runs, reader)
    return scenes


def _runs(full: Sequence[Clip], end: float) -> list[Run]:
    """Who fills the frame when: the topmost track wins, on one track the clip that began last."""
    cuts = sorted({0.0, end, *(clip.start for clip in full), *(clip.end for clip in full)})
    runs: list[Run] = []
    for start, until in itertools.pairwise(cuts):
        here = [clip for clip in full if clip.start <= start and clip.end >= until]
        top = min(here, key=lambda clip: (clip.track, -clip.start), default=None)
        if runs and runs[-1][0] is top:
            runs[-1] = (top, runs[-1][1], until)
        else:
            runs.append((top, start, until))
    return runs


def _joint(clip: Clip | None, following: Run | None, length: float, reader: Reader) -> dict[str, Json] | None:
    """The transition into the next run: its own way in, else this one's way out. The scene lasts longer by it, so
    that everything stays where it was."""
    if following is None:
        return None
    into, start, until = following
    for side, name in ((into, "in"), (clip, "out")):
        if side is None:
            continue
        at_edge = side.start == start if name == "in" else side.end == start
        wanted = transition(side, name, reader) if at_edge else None
        if wanted:
            return {"type": wanted[0], "duration": round(min(wanted[1], until - start, length), 3)}
    return None


def _report_edges(runs: Sequence[Run], reader: Reader) -> None:
    for edge, name in ((runs[0][0], "in"), (runs[-1][0], "out")):
        if edge is not None and transition(edge, name, reader):
            message = "There is no scene to come from or go to here; the transition was left out."
            reader.note((*edge.where, "transition", name), "transition_dropped", message)


def _visual(clip: Clip | None, start: float, background: str, reader: Reader) -> dict[str, Json]:
    if clip is None:
        return {"type": "color", "color": background}
    asset = clip.asset
    fit = _FITS.get(str(clip.raw.get("fit", "crop")))
    if fit is None:
        reader.note((*clip.where, "fit"), "unsupported_member", "This fit isn't supported; “cover” was taken.")
        fit = "cover"
    visual: dict[str, Json] = {"type": clip.kind, "src": reference(clip, reader), "fit": fit}
    where = (*clip.where, "asset")
    if clip.kind == "image":
        reader.others(asset, where, {"type", "src"})
        return visual
    reader.others(asset, where, {"type", "src", "trim", "volume", "speed"})
    speed = min(4.0, max(0.25, number(asset.get("speed")) or 1.0))
    if "speed" in asset and number(asset["speed"]) != speed:
        reader.note(
            (*where, "speed"), "speed_changed", f"Clips play at 0.25 to 4 times their speed; {speed:g} was taken."
        )
    volume = number(asset.get("volume"))
    trim = max(0.0, number(asset.get("trim")) or 0.0) + (start - clip.start) * speed
    if trim > MAX_SECONDS:
        reader.fail((*where, "trim"), "invalid_range", "A clip can't be longer than 4 hours.")
    level = 1.0 if volume is None else min(1.0, max(0.0, volume))
    return {**visual, "trim": round(trim, 3), "speed": speed, "volume": level}


def _motion(clip: Clip, reader: Reader) -> dict[str, Json]:
    wanted = clip.raw.get("effect")
    if wanted in (None, "none", ""):
        return {"effect": "none"}
    name = str(wanted)
    speed = next((end for end in _SPEEDS if name.endswith(end)), "")
    effect = _EFFECTS.get(name.removesuffix(speed))
    if effect is None:
        reader.note((*clip.where, "effect"), "unsupported_member", f"The effect “{name[:40]}” isn't supported.")
        return {"effect": "none"}
    return {"effect": effect, "amount": _SPEEDS.get(speed, 0.12), "easing": "linear"}


def _lay(
    clip: Clip,
    runs: Sequence[Run],
    scenes: Sequence[dict[str, Json]],
    canvas: Mapping[str, Json],
    reader: Reader,
) -> None:
    """Put an overlay on each scene it stands over."""
    drawn = overlay(clip, canvas, reader)
    if drawn is None:
        return
    first = True
    for (_, start, until), scene in zip(runs, scenes, strict=True):
        begin, end = max(clip.start, start), min(clip.end, until)
        if round(end - begin, 3) <= 0:
            continue
        overlays = scene["overlays"]
        assert isinstance(overlays, list)
        if len(overlays) == _MAX_OVERLAYS:
            reader.note(
                clip.where, "overlay_dropped", f"A scene holds {_MAX_OVERLAYS} overlays; this one was left out."
            )
            continue
        animation = drawn["animation"] if first else "none"
        if animation == "fadeInOut" and clip.end > until:
            animation = "fadeIn"
        overlays.append(
            {**drawn, "animation": animation, "start": round(begin - start, 3), "duration": round(end - begin, 3)}
        )
        first = False


def _music(soundtrack: Json, reader: Reader) -> dict[str, Json] | None:
    where = ("timeline", "soundtrack")
    if soundtrack is None:
        return None
    if not isinstance(soundtrack, dict) or not isinstance(soundtrack.get("src"), str):
        reader.fail((*where, "src"), "missing_field", "A soundtrack has an address.")
        return None
    reader.others(soundtrack, where, {"src", "effect", "volume"})
    volume = number(soundtrack.get("volume"))
    effect = str(soundtrack.get("effect", "none"))
    return {
        "src": reader.refer(str(soundtrack["src"])),
        "volume": 1.0 if volume is None else min(1.0, max(0.0, volume)),
        "fadeIn": 2 if effect in ("fadeIn", "fadeInFadeOut") else 0,
        "fadeOut": 2 if effect in ("fadeOut", "fadeInFadeOut") else 0,
        "loop": False,
        "duck": {"gainDb": 0},
    }
