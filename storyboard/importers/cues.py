"""SubRip and WebVTT files → cues, or every broken line.

SubRip has no specification; what is read here is what players accept. WebVTT: https://www.w3.org/TR/webvtt1/.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import regex

from storyboard.compiler import Notice
from storyboard.errors import Violation
from storyboard.fields import FORBIDDEN, MAX_SECONDS, MAX_TEXT
from storyboard.importers.source import line_pointer
from storyboard.literal import restored

_CLOCK = r"(-?)(?:(\d{1,4}):)?(\d{1,3}):(\d{1,3})[,.](\d{1,3})"
_TIMING = regex.compile(rf"\s*{_CLOCK}\s*--+>\s*{_CLOCK}(?:\s+(.*))?\s*")
_ALMOST = regex.compile(r"\s*[\d:;,. -]*--+>.*")
_OVERRIDE = regex.compile(r"\{\\[^{}]*\}")
_TAG = regex.compile(r"</?[A-Za-z][^<>]{0,200}>|<(?:\d+:)?\d\d:\d\d\.\d\d\d>|</>")


@dataclass(frozen=True, slots=True)
class Cue:
    """Text on screen from `start` to `end`, in seconds; `line` is the number of its timing line."""

    line: int
    start: float
    end: float
    text: str


@dataclass(slots=True)
class CueReader:
    """Reads one file; `violations` and `notices` fill while `cues` runs."""

    vtt: bool
    violations: list[Violation] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def cues(self, text: str) -> list[Cue]:
        """The cues in the order of the file, without markup."""
        found: list[Cue] = []
        for number, lines in self._blocks(text.split("\n")):
            if self.vtt and self._is_setting(number, lines):
                continue
            found += self._block(number, lines)
        return found

    def _fail(self, line: int, code: str, message: str) -> None:
        self.violations.append(Violation(line_pointer(line), code, f"Line {line}: {message}"))

    def _note(self, line: int, code: str, message: str) -> None:
        self.notices.append(Notice(line_pointer(line), code, f"Line {line}: {message}"))

    def _blocks(self, lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
        """Lines between blank ones, with the number of the first."""
        block: list[str] = []
        for number, line in enumerate([*lines, ""], 1):
            if line.strip():
                block.append(line)
            elif block:
                yield number - len(block), block
                block = []

    def _is_setting(self, number: int, lines: Sequence[str]) -> bool:
        """Whether a WebVTT block is its header, a comment or a style sheet."""
        word = (lines[0].split() or [""])[0]
        if word == "WEBVTT" and number == 1:
            return not any(_TIMING.fullmatch(line) for line in lines)
        if word in ("STYLE", "REGION") and not any("-->" in line for line in lines[:2]):
            self._note(number, "styling_removed", "The style sheet was left out; set the look of captions here.")
            return True
        return word == "NOTE"

    def _block(self, number: int, lines: Sequence[str]) -> Iterator[Cue]:
        """The cues of one block: more than one where the blank line between them was forgotten."""
        places = [index for index, line in enumerate(lines) if _TIMING.fullmatch(line)]
        almost = [index for index, line in enumerate(lines) if index not in places and _ALMOST.fullmatch(line)]
        for index in almost:
            self._fail(number + index, "invalid_time", "This should read like 00:00:01,000 --> 00:00:02,500.")
        if not places:
            if not almost:
                self._fail(number, "malformed_cue", "No times stand above this text.")
            return
        if places[0] > 1:
            self._fail(number, "malformed_cue", "More than a number or a name stands above the times.")
        for place, following in zip(places, [*places[1:], None], strict=True):
            end = len(lines) if following is None else following
            if following is not None and lines[following - 1].strip().isdecimal() and following - 1 > place:
                end -= 1
            cue = self._cue(number + place, lines[place], lines[place + 1 : end])
            if cue is not None:
                yield cue

    def _cue(self, line: int, timing: str, lines: Sequence[str]) -> Cue | None:
        found = _TIMING.fullmatch(timing)
        assert found is not None
        start, end = self._seconds(line, found.groups()[:5]), self._seconds(line, found.groups()[5:10])
        if start is None or end is None:
            return None
        if end <= start:
            self._fail(line, "invalid_range", "The cue ends before it begins, or lasts no time.")
            return None
        if end > MAX_SECONDS:
            self._fail(line, "invalid_range", "A video is at most 4 hours long.")
            return None
        text = self._plain(line + 1, lines)
        if not text:
            self._note(line, "empty_cue", "The cue has no text and was left out.")
            return None
        if len(text) > MAX_TEXT:
            self._fail(line, "text_too_long", f"The cue has {len(text)} characters, at most {MAX_TEXT} fit.")
            return None
        return Cue(line, start, end, text)

    def _seconds(self, line: int, parts: Sequence[str | None]) -> float | None:
        sign, hours, minutes, seconds, fraction = (part or "" for part in parts)
        if sign:
            self._fail(line, "invalid_time", "A time can't be negative.")
            return None
        if int(minutes) > 59 or int(seconds) > 59:
            self._fail(line, "invalid_time", "Minutes and seconds go to 59.")
            return None
        whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
        return whole + int(fraction.ljust(3, "0")) / 1000

    def _plain(self, line: int, lines: Sequence[str]) -> str:
        """Cue text without tags and override blocks; what an export had to disarm is as it was."""
        text = "\n".join(lines)
        # WebVTT has no override blocks: braces are text there.
        plain = _TAG.sub("", text if self.vtt else _OVERRIDE.sub("", text))
        if plain != text:
            self._note(line, "markup_removed", "Tags were left out; captions have one look here.")
        if self.vtt:
            plain = FORBIDDEN.sub("", html.unescape(plain))
        kept = (" ".join(row.split()) for row in restored(plain).split("\n"))
        return "\n".join(row for row in kept if row)
