"""Errors on HTTP: RFC 9457 problems, the same shape everywhere.

    {"type": "urn:keyreel:problem:…", "title": …, "status": 422, "code": …, "detail": …, "request_id": …,
     "errors": [{"pointer": "/title", "code": "too_long", "message": …}]}

`problems(NotFound, QuotaExceeded)` declares a route's errors in the OpenAPI document; `catalogue` collects them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from kernel import context, db, errors, objects, ports
from kernel.errors import AppError, InvalidInput, NotFound, Violation
from kernel.http import errors as http_errors
from kernel.http.errors import InternalError, MethodNotAllowed
from kernel.http.strictjson import escape

log = structlog.get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
CODES: Final = "x-codes"
"""Where `problems` leaves the codes of a response for the OpenAPI document."""


class ProblemError(BaseModel):
    """One thing that is wrong: where it stands in the body (RFC 6901) or which parameter, and what to do."""

    pointer: str
    code: str
    message: str


class Problem(BaseModel):
    """An error (RFC 9457). `code` is stable, `detail` is a sentence to show, `request_id` finds the log entry."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str | None = None
    errors: list[ProblemError] | None = None


def problems(*kinds: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that can refuse so."""
    responses: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        response = responses.setdefault(kind.status, {"model": Problem, "description": "", CODES: []})
        response[CODES].append(kind.code)
        response["description"] = " · ".join(filter(None, (response["description"], kind.title)))
    return responses


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the published catalogue."""

    code: str
    status: int
    title: str
    text: str
    retryable: bool


def catalogue(kinds: Iterable[type[AppError]] = ()) -> list[Entry]:
    """The kernel's problems and these, by code; the bases of trees of errors ("Base of …") are none.

    Raises ValueError when two of different statuses share a code.
    """
    found: dict[str, Entry] = {}
    for kind in (*_kernel_errors(), *kinds):
        text = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
        if text.startswith("Base of"):
            continue
        entry = Entry(kind.code, kind.status, kind.title, text, kind.retryable)
        known = found.setdefault(kind.code, entry)
        if known.status != entry.status:
            raise ValueError(f"the code {kind.code} stands for two statuses, {known.status} and {entry.status}")
    return sorted(found.values(), key=lambda entry: entry.code)


def _kernel_errors() -> Iterator[type[AppError]]:
    for module in (errors, http_errors, db, objects, ports):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, AppError) and value.__module__ == module.__name__:
                yield value


VIOLATIONS: Final[Mapping[str, tuple[str, str]]] = {
    # pydantic's error type → our stable code, what to do
    "extra_forbidden": ("unknown_field", "This field does not exist; leave it out."),
    "missing": ("missing", "This is needed."),
    "string_too_long": ("too_long", "At most {max_length} characters fit here."),
    "too_long": ("too_long", "At most {max_length} fit here."),
    "string_too_short": ("too_short", "At least {min_length} characters are needed."),
    "too_short": ("too_short", "At least {min_length} are needed."),
    "string_unicode": ("invalid_text", "Text may hold neither NUL nor half of a surrogate pair."),
    "string_pattern_mismatch": ("invalid_format", "This does not have the expected form."),
    "literal_error": ("unknown_choice", "Choose one of: {expected}."),
    "enum": ("unknown_choice", "Choose one of: {expected}."),
    "greater_than": ("out_of_range", "Give more than {gt}."),
    "greater_than_equal": ("out_of_range", "Give at least {ge}."),
    "less_than": ("out_of_range", "Give less than {lt}."),
    "less_than_equal": ("out_of_range", "Give at most {le}."),
    "finite_number": ("invalid_type", "Give a finite number."),
    "union_tag_invalid": ("unknown_choice", "Choose one of: {expected_tags}."),
}
FIELD_CODES: Final[Mapping[str, str]] = {
    "blank": "Nothing but white space.",
    "invalid_format": "Not of the expected form.",
    "invalid_idempotency_key": "Not 1 to 255 printable ASCII characters, or sent twice.",
    "invalid_limit": "A page has 1 to 100 entries.",
    "invalid_text": "Control characters, half of a surrogate pair, or characters that reorder text.",
    "invalid_type": "Of another type: text for a number, and the like.",
    "invalid_value": "Can't be used here; the message says why.",
    "missing": "Needed, and not there.",
    "out_of_range": "Too large or too small a number.",
    "too_long": "Too many characters or entries.",
    "too_many_filters": "More parameters than a list takes.",
    "too_short": "Too few characters or entries.",
    "unknown_choice": "None of the choices there are.",
    "unknown_field": "A field that does not exist; also one that can't be set this way.",
    "unknown_sort": "A list can't be sorted by this.",
}
"""What can be wrong with a field, whatever the service; services have codes of their own beside these."""

_KINDS: Final = {"string": "text", "int": "a whole number", "float": "a number", "bool": "true or false"}
_TYPES: Final = {"uuid": "an id", "datetime": "a date and time (RFC 3339)", "date": "a date", "list": "a list"}


def violation_of(error: Mapping[str, Any]) -> Violation:
    """What pydantic found, in stable codes and plain words; never the value that was sent."""
    kind, place = str(error["type"]), list(error["loc"])
    pointer = "".join(f"/{escape(str(part))}" for part in (place[1:] if place else place))
    if place[:1] == ["query"] and place[1:] == ["limit"]:
        return Violation(pointer, "invalid_limit", "Give a limit between 1 and 100.")
    values = {name: value for name, value in (error.get("ctx") or {}).items() if isinstance(value, int | float | str)}
    # Our own texts say `too_long` as well, in words of theirs; pydantic's, of lists, names the type of the field.
    if kind in VIOLATIONS and (kind not in ("too_long", "too_short") or "field_type" in values):
        code, message = VIOLATIONS[kind]
        try:
            return Violation(pointer, code, message.format(**values))
        except KeyError:
            return Violation(pointer, code, str(error["msg"]))
    if kind in ("value_error", "assertion_error"):
        return Violation(pointer, "invalid_value", str(error["msg"]).partition(", ")[2] or "This value can't be used.")
    stem = kind.partition("_")[0]
    words = {**_KINDS, **_TYPES, "dict": "an object", "model": "an object"}.get(stem)
    if words is not None or kind.endswith(("_type", "_parsing")):
        return Violation(pointer, "invalid_type", f"Give {words}." if words else "This has the wrong type.")
    # A code of our own: a type that raised PydanticCustomError.
    return Violation(pointer, kind, str(error["msg"]))


def response_of(error: AppError) -> Response:
    """The answer to an error. `request_id` is the one thing in it that differs from time to time."""
    body = error.problem()
    body["request_id"] = context.current().request_id
    headers = dict(error.headers)
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return JSONResponse(body, status_code=error.status, headers=headers, media_type=MEDIA_TYPE)


async def _app_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)
    if error.status >= 500:
        log.warning("request_refused", code=error.code, status=error.status)
    return response_of(error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = list(error.errors())
    if any(one["loc"][:1] == ("path",) for one in found):
        # A malformed id is an unknown one: the two must not be told apart.
        return response_of(NotFound())
    return response_of(InvalidInput(violations=tuple(map(violation_of, found[:100]))))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return response_of(NotFound())
    if error.status_code == 405:
        allow = _allowed(request) or (error.headers or {}).get("Allow", "")
        return response_of(MethodNotAllowed(headers={"Allow": allow}))
    # Nothing of ours raises these; what the framework refuses by itself is a request it can't read.
    log.warning("request_unreadable", status=error.status_code)
    return response_of(http_errors.MalformedJson("The request can't be read."))


def _allowed(request: Request) -> str:
    """The methods of all routes of this path: the router names only those of the first.

    A path that has no parameter is nobody's id besides.
    """
    fixed = request.app.state.fixed_paths.get(request.scope["path"])
    if fixed is not None:
        return ", ".join(sorted(fixed))
    methods: set[str] = set()
    for found in iter_route_contexts(request.app.routes):
        if found.methods and found.path_regex.match(request.scope["path"]):
            methods |= found.methods
    return ", ".join(sorted(methods))


async def internal_error(request: Request, error: Exception) -> Response:
    """500 without a word of what happened; the log has it under the same request_id."""
    return response_of(InternalError())


def handle_errors(app: FastAPI) -> None:
    """Make every error of this application a problem."""
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, internal_error)
