"""Captions as SubRip and WebVTT, a cue for each group of words. WebVTT: https://www.w3.org/TR/webvtt1/."""

from __future__ import annotations

import html
from collections.abc import Callable

from storyboard.exporters.captions import clock, group_text, milliseconds
from storyboard.literal import disarmed
from storyboard.timeline import Timeline


def export_srt(timeline: Timeline) -> str:
    """UTF-8 SubRip; text that looks like markup is disarmed (see `storyboard.literal`)."""
    return _cues(timeline, ",", disarmed)


def export_vtt(timeline: Timeline) -> str:
    """WebVTT; `&`, `<` and `>` as character references."""
    return "WEBVTT\n\n" + _cues(timeline, ".", lambda text: html.escape(text, quote=False))


def _cues(timeline: Timeline, mark: str, written: Callable[[str], str]) -> str:
    fps = timeline.canvas.fps
    return "".join(
        f"{index + 1}\n"
        f"{clock(milliseconds(group.start, fps), mark)} --> {clock(milliseconds(group.end, fps), mark)}\n"
        f"{written(group_text(group))}\n\n"
        for index, group in enumerate(timeline.captions.groups)
    )
