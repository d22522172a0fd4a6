"""SRT and VTT → storyboard: each cue a silent scene with its text as caption, at its time.

A gap between two cues of less than GAP seconds lengthens the scene before it (subtitlers leave a few frames between
cues on purpose); a longer one becomes a scene without text over the same picture. Where cues overlap, the earlier
ends when the later begins; cues that begin in the same frame are shown together.
"""

from __future__ import annotations

from collections.abc import Sequence

from storyboard.captions import quantise
from storyboard.compiler import Notice
from storyboard.errors import StoryboardInvalid, Violation
from storyboard.fields import MAX_SCENES, MAX_TEXT
from storyboard.importers.cues import Cue, CueReader
from storyboard.importers.source import Imported, Json, decode, document, gradient, line_pointer, refuse

#: a shorter gap between cues is closed, seconds
GAP = 0.3
#: frame rate the storyboard is given; times are put on its grid one by one, so that roundings don't add up
FPS = 30


def import_srt(data: str | bytes, *, title: str | None = None, language: str = "en") -> Imported:
    """SubRip. Raises StoryboardInvalid with the number of each line that is wrong: `invalid_time`, `invalid_range`,
    `malformed_cue`, `text_too_long`; or `no_cues`, `too_many`, and what `decode` raises."""
    return _import(data, CueReader(vtt=False), title, language)


def import_vtt(data: str | bytes, *, title: str | None = None, language: str = "en") -> Imported:
    """WebVTT; raises as `import_srt` does. Comments are skipped, style sheets and cue settings left out."""
    return _import(data, CueReader(vtt=True), title, language)


def _import(data: str | bytes, reader: CueReader, title: str | None, language: str) -> Imported:
    text, notices = decode(data)
    if reader.vtt and not text.startswith("WEBVTT"):
        notices.append(Notice(line_pointer(1), "header_missing", "Line 1: the file should begin with WEBVTT."))
    cues = reader.cues(text)
    if reader.violations:
        raise StoryboardInvalid(tuple(dict.fromkeys(reader.violations)))
    if not cues:
        raise refuse("", "no_cues", "There are no cues with text in this file.")
    notices += reader.notices
    placed = _in_order(cues, notices)
    scenes = _scenes(placed)
    if len(scenes) > MAX_SCENES:
        message = (
            f"The file makes {len(scenes)} scenes of {len(placed)} cues and the gaps between them; "
            f"a storyboard holds {MAX_SCENES}. Split it."
        )
        raise refuse("", "too_many", message)
    board = document(title, language, scenes, notices)
    return Imported({**board, "canvas": {"fps": FPS}, "captions": {"style": "block", "maxWords": 20}}, tuple(notices))


def _in_order(cues: Sequence[Cue], notices: list[Notice]) -> list[tuple[int, int, str]]:
    """(first frame, end frame, text), one after the other without overlap."""
    placed: list[tuple[int, int, str]] = []
    violations: list[Violation] = []
    for cue in sorted(cues, key=lambda cue: cue.start):
        start = quantise(cue.start, FPS)
        end = max(start + 1, quantise(cue.end, FPS))
        if placed and start <= placed[-1][0]:
            first, until, text = placed.pop()
            start, end, joined = first, max(end, until), f"{text}\n{cue.text}"
            if len(joined) > MAX_TEXT:
                message = f"Line {cue.line}: cues that begin together have more than {MAX_TEXT} characters."
                violations.append(Violation(line_pointer(cue.line), "text_too_long", message))
            message = f"Line {cue.line}: this cue begins together with another; they became one."
            notices.append(Notice(line_pointer(cue.line), "cues_joined", message))
            placed.append((start, end, joined))
            continue
        if placed and start < placed[-1][1]:
            first, _, text = placed.pop()
            placed.append((first, start, text))
            message = f"Line {cue.line}: the cue before was still on screen; it now ends here."
            notices.append(Notice(line_pointer(cue.line), "cues_overlap", message))
        placed.append((start, end, cue.text))
    if violations:
        raise StoryboardInvalid(violations)
    return placed


def _scenes(placed: Sequence[tuple[int, int, str]]) -> list[Json]:
    scenes: list[Json] = []
    now = 0
    for index, (start, end, text) in enumerate(placed):
        if start > now:
            scenes.append(_scene(len(scenes), start - now, gradient(max(0, index - 1)), None))
        following = placed[index + 1][0] if index + 1 < len(placed) else end
        now = following if 0 < following - end < quantise(GAP, FPS) else end
        scenes.append(_scene(len(scenes), now - start, gradient(index), text))
    return scenes


def _scene(index: int, frames: int, visual: dict[str, Json], text: str | None) -> dict[str, Json]:
    scene: dict[str, Json] = {"id": f"s{index + 1}", "duration": round(frames / FPS, 3)}
    if text is not None:
        scene["narration"] = {"text": text}
    return {**scene, "visual": visual}
