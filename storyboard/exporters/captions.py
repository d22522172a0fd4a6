"""What the caption exporters share: the text of a group and times of frames."""

from __future__ import annotations

from storyboard.timeline import CaptionGroup


def group_text(group: CaptionGroup) -> str:
    """The words of a group as they are written: glued ones without a space between."""
    return "".join(word.text if word.glued or index == 0 else f" {word.text}" for index, word in enumerate(group.words))


def milliseconds(frame: int, fps: int) -> int:
    """The time of a frame, rounded half up; less than a frame off at every frame rate."""
    return (frame * 2000 + fps) // (2 * fps)


def clock(time: int, mark: str) -> str:
    """Milliseconds as HH:MM:SS and thousandths after `mark`."""
    seconds, thousandths = divmod(time, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}{mark}{thousandths:03d}"
