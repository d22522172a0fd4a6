"""Errors a person can act on.

AppError                     a stable code, an HTTP status, a sentence in plain words
├── NotFound                 unknown, foreign and malformed ids alike
├── Unauthenticated, Forbidden
├── InvalidInput             with violations; UnknownReference
├── Conflict, PreconditionFailed
├── RateLimited, Unavailable try again later
└── every service's own tree (e.g. services/renderer/errors.py); what only HTTP can get wrong: kernel/http/errors.py

An `AppError` becomes an RFC 9457 problem on HTTP, a line with an exit code on the command line and
a retry decision in an event or task handler. `detail` never holds a path, a secret, SQL or another
program's output: it is shown to clients as it is. The class docstring's first paragraph is the error's
entry in the published list of problems.
"""

from __future__ import annotations

from collections.abc import Mapping
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

    `retryable` says whether the same act may succeed when it is tried again unchanged; `retry_after` says in how
    many whole seconds, where that is known (the `Retry-After` header). `headers` go onto the HTTP answer.
    """

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong on our side"
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        detail: str | None = None,
        *,
        violations: tuple[Violation, ...] = (),
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.violations = violations
        self.retry_after = retry_after
        self.headers = dict(headers or {})

    def problem(self) -> dict[str, object]:
        """The body of an `application/problem+json` answer (RFC 9457)."""
        body: dict[str, object] = {
            "type": problem_type(self.code),
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.violations:
            body["errors"] = [asdict(violation) for violation in self.violations]
        return body


def problem_type(code: str) -> str:
    """The URI of a kind of problem: the same on every installation."""
    return f"urn:keyreel:problem:{code}"


class NotFound(AppError):
    """There is nothing at this address, or nothing this workspace may see.

    Raised without a text of one's own, so that an unknown, a foreign and a malformed id give the same bytes.
    """

    code = "not_found"
    status = 404
    title = "Nothing is here; it may have been deleted, or the address is wrong"


class Unauthenticated(AppError):
    """The access token is missing, expired, revoked or not one of ours; sign in again."""

    code = "invalid_token"
    status = 401
    title = "Sign in again: the access token is missing, expired or not valid"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


class Forbidden(AppError):
    """You are signed in, but this is not yours to do."""

    code = "forbidden"
    status = 403
    title = "You may not do this here; ask an owner of the workspace"


class MissingScope(Forbidden):
    """Your role, or the API token used, does not include the permission this needs."""

    code = "missing_scope"
    title = "Your role does not include this; ask an owner of the workspace"


class AddressNotAllowed(Forbidden):
    """The workspace admits only some networks, and your address is in none of them."""

    code = "address_not_allowed"
    title = "This workspace does not admit your network address; ask one of its owners"


class InvalidInput(AppError):
    """Something in the request is not as it must be; `errors` says what and where.

    The answer's `code` is that of the violations when they all share one, else `invalid_input`.
    """

    code = "invalid_input"
    status = 422
    title = "Some of what was sent can't be used"

    def problem(self) -> dict[str, object]:
        body = super().problem()
        codes = {violation.code for violation in self.violations}
        if type(self) is InvalidInput and len(codes) == 1:
            (code,) = codes
            body |= {"code": code, "type": problem_type(code)}
            if self.detail == self.title:
                body["detail"] = self.violations[0].message
        return body


class UnknownReference(AppError):
    """The request names something that does not exist in this workspace."""

    code = "unknown_reference"
    status = 422
    title = "Something the request refers to does not exist in this workspace; choose another"


class Conflict(AppError):
    """The thing is in a state in which this can't be done; the text names the state."""

    code = "invalid_state"
    status = 409
    title = "This can't be done in the present state"


class PreconditionFailed(AppError):
    """Someone changed it since you read it; read it again and repeat your change."""

    code = "version_conflict"
    status = 412
    title = "It was changed since you opened it; load it again and repeat your change"


class RateLimited(AppError):
    """Too many requests in a short time; the text says when to try again."""

    code = "rate_limited"
    status = 429
    title = "Too many requests"
    retryable = True

    def __init__(self, *, retry_after: int, headers: Mapping[str, str] | None = None, what: str | None = None) -> None:
        super().__init__(
            f"{what or self.title}; try again in {wait_in_words(retry_after)}.",
            retry_after=retry_after,
            headers=headers,
        )


class Unavailable(AppError):
    """A part of the studio does not answer at the moment; the same request will work when it does."""

    code = "unavailable"
    status = 503
    title = "A part of the studio does not answer right now; try again in a moment"
    retryable = True

    def __init__(self, detail: str | None = None, *, retry_after: int = 2) -> None:
        super().__init__(detail, retry_after=retry_after)


def wait_in_words(seconds: int) -> str:
    """`1` → "1 second", `90` → "2 minutes": rounded up, for the text of a refusal."""
    if seconds < 60:
        return f"{max(seconds, 1)} second{'s' * (seconds > 1)}"
    minutes = -(-seconds // 60)
    if minutes < 60:
        return f"{minutes} minute{'s' * (minutes > 1)}"
    hours = -(-minutes // 60)
    return f"{hours} hour{'s' * (hours > 1)}"
