"""How music steps back under speech: a gain curve from the timeline alone, so that every renderer mixes the same.

The music is down when a voice begins and comes back when it has ended; between sentences and over short gaps it stays
down, which is heard as calmer than a compressor that follows every pause.
"""

from __future__ import annotations

from storyboard.timeline import Timeline

#: gaps between voices shorter than this don't bring the music back (seconds, beyond attack and release)
SHORTEST_RETURN = 0.8

#: seconds from the beginning, linear gain; straight lines between points
Point = tuple[float, float]


def speech_intervals(timeline: Timeline) -> list[tuple[float, float]]:
    """When somebody speaks, in seconds, in order and without overlaps; short gaps are closed."""
    if timeline.music is None:
        return []
    duck = timeline.music.duck
    shortest = duck.attack + duck.release + SHORTEST_RETURN
    fps = timeline.canvas.fps
    merged: list[tuple[float, float]] = []
    for clip in sorted(timeline.narration, key=lambda clip: clip.start):
        start, end = clip.start / fps, min(clip.start + clip.frames, timeline.frames) / fps
        if merged and start - merged[-1][1] < shortest:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def duck_curve(timeline: Timeline) -> list[Point]:
    """Points of the music's gain (1 is its own volume); before the first and after the last it stays."""
    if timeline.music is None:
        return []
    duck = timeline.music.duck
    low = 10.0 ** (duck.gain_db / 20.0)
    points: list[Point] = []
    for start, end in speech_intervals(timeline):
        if start > duck.attack:
            points += [(start - duck.attack, 1.0), (start, low)]
        else:
            points.append((0.0, low))
        points += [(end, low), (end + duck.release, 1.0)]
    return points
