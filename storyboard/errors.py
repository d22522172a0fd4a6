"""What is wrong in a storyboard: every violation at once, each with a JSON pointer and a stable code.

StoryboardInvalid
└── violations: tuple[Violation, ...]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One broken rule: RFC 6901 pointer into the document, stable code, a sentence that says what to do."""

    pointer: str
    code: str
    message: str


class StoryboardInvalid(ValueError):
    """The document can't be used; `violations` has every reason, in document order."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        self.violations = tuple(violations)
        first = self.violations[0]
        more = f" (and {len(self.violations) - 1} more)" if len(self.violations) > 1 else ""
        super().__init__(f"{first.pointer or '/'}: {first.message}{more}")


def escape_pointer(part: str | int) -> str:
    """One reference token of a JSON pointer (RFC 6901 section 3)."""
    return str(part).replace("~", "~0").replace("/", "~1")


def pointer(*parts: str | int) -> str:
    """The JSON pointer of a path; the whole document is the empty string."""
    return "".join(f"/{escape_pointer(part)}" for part in parts)
