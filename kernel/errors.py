"""Errors a person can act on.

AppError                     a stable code, an HTTP status, a sentence in plain words
└── every service's own tree (e.g. services/renderer/errors.py)

An `AppError` becomes an RFC 9457 problem on HTTP, a line with an exit code on the command line and
a retry decision in an event or task handler. `detail` never holds a path, a secret, SQL or another
program's output: it is shown to clients as it is.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong in an input: where (RFC 6901 JSON pointer), a stable code, what to do."""

    pointer: str
    code: str
    message: str


class AppError(Exception):
    """Base of all errors with a stable `code`; subclasses set the class attributes.

    `retryable` says whether the same act may succeed when it is tried again unchanged.
    """

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong on our side"
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str | None = None, *, violations: tuple[Violation, ...] = ()) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.violations = violations

    def problem(self) -> dict[str, object]:
        """The body of an `application/problem+json` answer (RFC 9457)."""
        body: dict[str, object] = {
            "type": f"urn:keyreel:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.violations:
            body["errors"] = [asdict(violation) for violation in self.violations]
        return body
