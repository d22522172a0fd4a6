"""What only HTTP can get wrong.

AppError
├── InternalError                           500   an error nobody foresaw
├── MalformedJson, DuplicateKey, TooDeep    400   the body is no JSON we accept
├── BodyTooLarge                            413
├── UnsupportedMediaType                    415
├── MethodNotAllowed                        405   with Allow
├── UnknownHost                             421
├── InvalidCursor                           400
├── PreconditionRequired                    428
├── IdempotencyMismatch, InProgress         409
├── RangeNotSatisfiable                     416
└── TooManyStreams                          429
"""

from __future__ import annotations

from kernel.errors import AppError


class InternalError(AppError):
    """Something went wrong on our side. The log has what, under the answer's `request_id`."""


class MalformedJson(AppError):
    """The body is not JSON (RFC 8259): empty, cut off, with a byte order mark, a trailing comma, NaN or Infinity."""

    code = "malformed_json"
    status = 400
    title = "The body of the request is not JSON"


class DuplicateKey(AppError):
    """A name stands twice in one object of the body; which one counts would be a guess."""

    code = "duplicate_key"
    status = 400
    title = "A name stands twice in one object of the body; keep one"


class TooDeep(AppError):
    """The body nests arrays and objects deeper than 64 levels."""

    code = "too_deep"
    status = 400
    title = "The body nests deeper than 64 levels"


class BodyTooLarge(AppError):
    """The body is larger than this address takes; the text says how much that is."""

    code = "body_too_large"
    status = 413
    title = "The body of the request is too large"


class UnsupportedMediaType(AppError):
    """The body's Content-Type is not one this address takes; send `application/json` in UTF-8."""

    code = "unsupported_media_type"
    status = 415
    title = "Send the body as application/json in UTF-8"


class MethodNotAllowed(AppError):
    """The address exists, but not for this method; `Allow` names those it has."""

    code = "method_not_allowed"
    status = 405
    title = "This address does not take that method"


class UnknownHost(AppError):
    """The request was meant for a host name that this installation does not serve (KEYREEL_ALLOWED_HOSTS)."""

    code = "unknown_host"
    status = 421
    title = "This installation does not serve that host name"


class InvalidCursor(AppError):
    """The cursor of a page was changed, is too old, or belongs to another list; begin again without it."""

    code = "invalid_cursor"
    status = 400
    title = "The list has to be read from its beginning again"


class PreconditionRequired(AppError):
    """A change needs `If-Match` with the ETag you read, so that nobody's change is lost."""

    code = "precondition_required"
    status = 428
    title = "Send If-Match with the version you edit"


class IdempotencyMismatch(AppError):
    """This Idempotency-Key was used for another request; take a new key for a new act."""

    code = "idempotency_mismatch"
    status = 409
    title = "This Idempotency-Key belongs to another request"


class InProgress(AppError):
    """The first request with this Idempotency-Key is still running; ask again in a moment for its answer."""

    code = "in_progress"
    status = 409
    title = "The same request is still running; try again in a second"
    retryable = True


class RangeNotSatisfiable(AppError):
    """The range asked for lies outside the file; `Content-Range` says how long it is."""

    code = "range_not_satisfiable"
    status = 416
    title = "The file has no such range"


class TooManyStreams(AppError):
    """You have as many live connections open as one person may; close a tab."""

    code = "too_many_streams"
    status = 429
    title = "Too many live connections are open; close a tab and try again in a minute"
    retryable = True
