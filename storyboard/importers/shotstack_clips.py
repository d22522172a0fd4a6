"""Reading a Shotstack edit: its clips with their times, and what is wrong or unsupported in them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import regex

from storyboard.compiler import Notice
from storyboard.errors import Violation, pointer
from storyboard.importers.source import Json

Where = tuple[str | int, ...]

#: assets with a translation
MEDIA = ("image", "video", "title", "text")
MAX_CLIPS = 2000
#: length of a clip that doesn't say how long it is and can't be asked, seconds
ASSUMED_SECONDS = 5.0
#: seconds of a transition, by the end of its name
_TRANSITION_SECONDS = {"Fast": 0.5, "Slow": 2.0, "": 1.0}
_TRANSITIONS = {
    "fade": "fade",
    "wipeLeft": "wipeLeft",
    "wipeRight": "wipeRight",
    "reveal": "wipeRight",
    **{f"{way}{side}": f"slide{side}" for way in ("slide", "carousel") for side in ("Left", "Right", "Up", "Down")},
}
_REFERENCE = regex.compile(r"(?:asset|sample):[^\x00-\x1f{}]{1,1024}")
_COLOUR = regex.compile(r"#([0-9a-fA-F]{2})?([0-9a-fA-F]{6})")


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A clip from `start` to `end` seconds; track 0 is on top."""

    where: Where
    track: int
    raw: Mapping[str, Json]
    asset: Mapping[str, Json]
    kind: str
    start: float
    end: float

    @property
    def fills_frame(self) -> bool:
        """Whether the asset is as large as the canvas and nothing below it can be seen."""
        offset = self.raw.get("offset")
        moved = isinstance(offset, dict) and any(number(offset.get(axis)) for axis in ("x", "y"))
        opacity = number(self.raw.get("opacity"))
        return (number(self.raw.get("scale")) or 1.0) >= 1.0 and not moved and (opacity is None or opacity == 1)


def number(value: Json) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 2**53 or math.isnan(value):
        return None
    return float(value)


@dataclass(slots=True)
class Reader:
    """What was found on the way; `media` maps made-up references to addresses."""

    references: dict[str, str]
    #: in order, each once
    notices: dict[Notice, None] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    media: dict[str, str] = field(default_factory=dict)
    #: our field → its value in the edit, for the fields that remain in texts
    defaults: dict[str, str] = field(default_factory=dict)

    def note(self, where: Where, code: str, message: str) -> None:
        self.notices[Notice(pointer(*where), code, message)] = None

    def fail(self, where: Where, code: str, message: str) -> None:
        self.violations.append(Violation(pointer(*where), code, message))

    def others(self, node: Mapping[str, Json], where: Where, known: set[str]) -> None:
        """Report every member that isn't translated."""
        for name in node:
            if name not in known:
                self.note((*where, name), "unsupported_member", f"“{name[:40]}” has no counterpart and was left out.")

    def refer(self, address: str) -> str:
        """Our reference of an address; one made of its digest where there is none yet."""
        if address in self.references:
            return self.references[address]
        if _REFERENCE.fullmatch(address):
            return address
        made = f"asset:import-{hashlib.sha256(address.encode('utf-8', 'replace')).hexdigest()[:16]}"
        self.media[made] = address
        return made

    def colour(self, value: Json, where: Where, default: str) -> str:
        """#AARRGGBB or #RRGGBB → #RRGGBBAA or #RRGGBB."""
        if value is None:
            return default
        found = _COLOUR.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            if value != "transparent":
                self.note(where, "colour_replaced", f"This colour isn't #RRGGBB; {default} was taken.")
            return default
        alpha, colour = found.groups()
        return f"#{colour}{alpha or ''}".lower()

    def clips(self, tracks: Json) -> list[Clip]:
        """Every clip of every track, top first."""
        found: list[Clip] = []
        waiting: list[Clip] = []
        count = 0
        if not isinstance(tracks, list) or not tracks:
            self.fail(("timeline", "tracks"), "missing_field", "A timeline has tracks with clips.")
            return found
        for index, track in enumerate(tracks):
            where: Where = ("timeline", "tracks", index)
            clips = track.get("clips") if isinstance(track, dict) else None
            if not isinstance(clips, list):
                self.fail((*where, "clips"), "missing_field", "A track has a list of clips.")
                continue
            self.others(track, where, {"clips"})
            count += len(clips)
            if count > MAX_CLIPS:
                self.fail((*where, "clips"), "too_many", f"An edit holds {MAX_CLIPS} clips.")
                return found
            after = 0.0
            for position, raw in enumerate(clips):
                clip = self._clip((*where, "clips", position), index, raw, after)
                if clip is None:
                    continue
                after = clip.end
                (waiting if clip.raw.get("length") == "end" else found).append(clip)
        last = max((clip.end for clip in found), default=0.0)
        for clip in waiting:
            end = max(last, clip.start + ASSUMED_SECONDS if last <= clip.start else last)
            found.append(Clip(clip.where, clip.track, clip.raw, clip.asset, clip.kind, clip.start, end))
        return found

    def _clip(self, where: Where, track: int, raw: Json, after: float) -> Clip | None:
        asset = raw.get("asset") if isinstance(raw, dict) else None
        if not isinstance(raw, dict) or not isinstance(asset, dict):
            self.fail((*where, "asset"), "missing_field", "A clip has an asset.")
            return None
        kind = str(asset.get("type"))
        self.others(
            raw,
            where,
            {"asset", "start", "length", "fit", "scale", "position", "offset", "transition", "effect", "opacity"},
        )
        start = after if raw.get("start") == "auto" else number(raw.get("start"))
        length = number(raw.get("length"))
        if raw.get("length") == "auto":
            message = f"The length of the file isn't known here; {ASSUMED_SECONDS:g} seconds were taken."
            self.note((*where, "length"), "length_assumed", message)
            length = ASSUMED_SECONDS
        elif raw.get("length") == "end":
            length = ASSUMED_SECONDS
        if start is None or length is None:
            member = "start" if start is None else "length"
            self.fail((*where, member), "invalid_type", f"Give the {member} in seconds.")
            return None
        if start < 0 or round(length, 3) <= 0:
            member = "start" if start < 0 else "length"
            self.fail((*where, member), "invalid_range", "A clip starts at 0 or later and lasts some time.")
            return None
        if kind in ("image", "video") and not isinstance(asset.get("src"), str):
            self.fail((*where, "asset", "src"), "missing_field", "Give the address of the file.")
            return None
        if kind not in MEDIA:
            message = f"Assets of type “{kind[:40]}” have no counterpart; the clip was left out."
            self.note((*where, "asset"), "unsupported_asset", message)
        return Clip(where, track, raw, asset, kind, round(start, 3), round(start + length, 3))


def reference(clip: Clip, reader: Reader) -> str:
    return reader.refer(str(clip.asset["src"]))


def transition(clip: Clip, side: str, reader: Reader) -> tuple[str, float] | None:
    """Our type and the seconds of a clip's transition `in` or `out`; None without one."""
    wanted = clip.raw.get("transition")
    name = wanted.get(side) if isinstance(wanted, dict) else None
    if not isinstance(name, str) or name in ("", "none"):
        return None
    speed = next((end for end in ("Fast", "Slow") if name.endswith(end)), "")
    kind = _TRANSITIONS.get(name.removesuffix(speed))
    if kind is None:
        message = f"The transition “{name[:40]}” has no counterpart; a fade was taken."
        reader.note((*clip.where, "transition", side), "transition_replaced", message)
        kind = "fade"
    return kind, _TRANSITION_SECONDS[speed]
