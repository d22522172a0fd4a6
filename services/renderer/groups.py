"""How the missing segments of a render become tasks: a few seconds of film each, neighbours together.

Small enough that two workers share one short video, large enough that preparing a task stays cheap beside it. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.renderer.engine.plan import SegmentJob

#: film seconds of a task: a short film is cut finer, so that every worker gets some of it
_SHORTEST, _LONGEST = 4.0, 10.0
#: how many tasks a film is cut into before they become longer than the shortest
_SHARES = 6


def group(missing: Sequence[SegmentJob], fps: int) -> list[list[SegmentJob]]:
    """The segments in order, in runs of about equal length; a run ends between scenes where it can."""
    total = sum(job.segment.frames for job in missing)
    wanted = min(_LONGEST, max(_SHORTEST, total / fps / _SHARES)) * fps
    groups: list[list[SegmentJob]] = []
    length = 0
    for job in missing:
        frames = job.segment.frames
        new_scene = bool(groups) and groups[-1][-1].segment.scene != job.segment.scene
        full = length + frames / 2 > wanted
        if not groups or full or (new_scene and length + frames > wanted):
            groups.append([])
            length = 0
        groups[-1].append(job)
        length += frames
    return groups
