"""Requests to the outside, guarded against being led inside (server-side request forgery).

An address is checked three times: its text (`urls`: HTTPS, the usual port, no user, no numbers in disguise), every IP
address its name has at the moment of connecting (`addresses`, `connect`), and both again at each of three redirects.
Answers are bounded in time, silence and size, packed and unpacked. No other module of the services opens connections to
addresses that come from outside; a test holds that.
"""

from kernel.outbound.client import CALL, DOWNLOAD, Answer, Caps, Downloaded, Outbound, Streamed
from kernel.outbound.connect import Resolve
from kernel.outbound.errors import (
    AnswerNotUnderstood,
    FileTooLarge,
    OutboundError,
    ProviderTimeout,
    ProviderUnreachable,
    TooManyRedirects,
    UrlNotAllowed,
)
from kernel.outbound.urls import AllowList, Target

__all__ = [
    "CALL",
    "DOWNLOAD",
    "AllowList",
    "Answer",
    "AnswerNotUnderstood",
    "Caps",
    "Downloaded",
    "FileTooLarge",
    "Outbound",
    "OutboundError",
    "ProviderTimeout",
    "ProviderUnreachable",
    "Resolve",
    "Streamed",
    "Target",
    "TooManyRedirects",
    "UrlNotAllowed",
]
