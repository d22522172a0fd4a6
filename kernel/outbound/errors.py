"""What goes wrong on the way to an outside address.

OutboundError
├── UrlNotAllowed          422  url_not_allowed         never asked: the address is not one we go to
├── TooManyRedirects       422  too_many_redirects
├── FileTooLarge           422  file_too_large
├── AnswerNotUnderstood    502  provider_answer_invalid
├── ProviderUnreachable    502  provider_unreachable    retryable
└── ProviderTimeout        504  provider_timeout        retryable

Details name the host at most: the rest of an address may hold a key.
"""

from __future__ import annotations

from kernel.errors import AppError


class OutboundError(AppError):
    """Base of the errors of `kernel.outbound`."""

    code = "outbound_error"


class UrlNotAllowed(OutboundError):
    """The address is refused, before or after its name was looked up. Nothing was sent there."""

    code = "url_not_allowed"
    status = 422
    title = "This address is not allowed"


class TooManyRedirects(OutboundError):
    """The answer was somewhere else once too often."""

    code = "too_many_redirects"
    status = 422
    title = "The address redirects too often"


class FileTooLarge(OutboundError):
    """The answer is larger than allowed, as it came or unpacked."""

    code = "file_too_large"
    status = 422
    title = "The file at this address is too large"


class AnswerNotUnderstood(OutboundError):
    """The other side did not speak HTTP as agreed."""

    code = "provider_answer_invalid"
    status = 502
    title = "The other side gave an answer that can't be read"


class ProviderUnreachable(OutboundError):
    """No connection, or it broke before the answer was complete."""

    code = "provider_unreachable"
    status = 502
    title = "The other side can't be reached"
    retryable = True


class ProviderTimeout(OutboundError):
    """The answer did not begin, went silent or was not complete in time."""

    code = "provider_timeout"
    status = 504
    title = "The other side took too long"
    retryable = True
