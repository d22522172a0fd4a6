"""What can go wrong where the parts are put together.

AppError
├── StoryboardRefused       422  invalid_storyboard (each violation with a pointer)
├── FileNotReadable         422  file_not_readable
├── ConnectorUnavailable    422  connector_unavailable
└── FormatUnknown           422  format_unknown
"""

from __future__ import annotations

from kernel.errors import AppError, Violation
from storyboard.errors import StoryboardInvalid


class StoryboardRefused(AppError):
    """The storyboard library's violations, as an error with a code and a status."""

    code = "invalid_storyboard"
    status = 422
    title = "The storyboard can't be used as it is"

    @classmethod
    def of(cls, invalid: StoryboardInvalid) -> StoryboardRefused:
        found = tuple(Violation(each.pointer, each.code, each.message) for each in invalid.violations)
        count = "one thing" if len(found) == 1 else f"{len(found)} things"
        return cls(f"Mend {count} in the storyboard and try again.", violations=found)


class FileNotReadable(AppError):
    code = "file_not_readable"
    status = 422
    title = "A file could not be read"


class ConnectorUnavailable(AppError):
    """A source that needs a key or a server, in a place that has neither."""

    code = "connector_unavailable"
    status = 422
    title = "This source isn't available here"


class FormatUnknown(AppError):
    code = "format_unknown"
    status = 422
    title = "This format isn't known"
