"""Plain text → storyboard: a blank line begins a new scene."""

from __future__ import annotations

from storyboard.errors import StoryboardInvalid, Violation
from storyboard.fields import MAX_SCENES, MAX_TEXT
from storyboard.importers.source import Imported, Json, decode, document, gradient, line_pointer, refuse


def import_text(data: str | bytes, *, title: str | None = None, language: str = "en") -> Imported:
    """Each paragraph becomes a narrated scene over a gradient, as long as its narration.

    Raises StoryboardInvalid: `blank` (no text at all), `too_many` scenes, `text_too_long` for each paragraph of
    more than 5,000 characters, and what `decode` raises.
    """
    text, notices = decode(data)
    paragraphs = _paragraphs(text)
    if not paragraphs:
        raise refuse("", "blank", "There is no text here. Write a paragraph for each scene.")
    violations = [
        Violation(
            line_pointer(line),
            "text_too_long",
            f"The paragraph at line {line} has {len(paragraph)} characters, at most {MAX_TEXT} fit in a scene; "
            "divide it by a blank line.",
        )
        for line, paragraph in paragraphs
        if len(paragraph) > MAX_TEXT
    ]
    if len(paragraphs) > MAX_SCENES:
        line = paragraphs[MAX_SCENES][0]
        message = (
            f"The text has {len(paragraphs)} paragraphs, a storyboard holds {MAX_SCENES}; split it at line {line}."
        )
        violations.append(Violation(line_pointer(line), "too_many", message))
    if violations:
        raise StoryboardInvalid(violations)
    scenes: list[Json] = [
        {"id": f"s{index + 1}", "narration": {"text": paragraph}, "visual": gradient(index)}
        for index, (_, paragraph) in enumerate(paragraphs)
    ]
    return Imported(document(title, language, scenes, notices), tuple(notices))


def _paragraphs(text: str) -> list[tuple[int, str]]:
    """Runs of lines that aren't blank, each with the number of its first line."""
    found: list[tuple[int, list[str]]] = []
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            inside = False
            continue
        if not inside:
            found.append((number, []))
            inside = True
        found[-1][1].append(line.strip())
    return [(number, "\n".join(lines)) for number, lines in found]
