"""What the studio needs of the outside world, as protocols. `adapters/` implements them, `keyreel/` chooses.

    Objects    files (kernel/objects.py)        Mailer    messages to people
    Limits     token buckets

Every port has one contract suite in `kernel/testing/<port>_contract.py` that each of its adapters passes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from kernel.errors import AppError, Unavailable
from kernel.objects import Objects

__all__ = ["Limit", "LimiterDown", "Limits", "Mail", "MailNotAccepted", "Mailer", "Objects", "Verdict"]


@dataclass(frozen=True, slots=True)
class Mail:
    """One message to one person. `html` is the same text with mark-up."""

    to: str
    subject: str
    text: str
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        single_lines = (self.to, self.subject, *self.headers, *self.headers.values())
        if any(ord(char) < 32 or ord(char) == 127 for text in single_lines for char in text):
            raise ValueError("address, subject and headers of a mail are single lines")


class MailNotAccepted(AppError):
    """The mail server refuses this message for good."""

    code = "mail_not_accepted"
    status = 422
    title = "The mail server does not accept a message to this address"


class Mailer(Protocol):
    """Sends messages. A crash may send one twice; a `Message-ID` header lets servers drop the second."""

    async def send(self, mail: Mail) -> None:
        """Hand the message over. Raises Unavailable (try again later) or MailNotAccepted (never will be)."""


class LimiterDown(Unavailable):
    """The limiter does not answer: what it protects most stays closed until it does."""

    code = "limiter_unavailable"
    title = "This can't be done right now; try again in a minute"


@dataclass(frozen=True, slots=True)
class Limit:
    """A token bucket: `burst` at once, refilled with `rate` per second."""

    rate: float
    burst: int

    def __post_init__(self) -> None:
        if self.rate <= 0 or self.burst < 1:
            raise ValueError("a limit lets something through")

    @classmethod
    def per_minute(cls, count: int, *, burst: int | None = None) -> Limit:
        return cls(count / 60, burst or count)

    @classmethod
    def per_hour(cls, count: int, *, burst: int | None = None) -> Limit:
        return cls(count / 3600, burst or count)

    @property
    def window(self) -> int:
        """Seconds in which an empty bucket fills."""
        return max(1, round(self.burst / self.rate))


@dataclass(frozen=True, slots=True)
class Verdict:
    """`remaining` whole requests may follow at once; `reset_seconds` until the next is allowed (0 while some are)."""

    allowed: bool
    remaining: int
    reset_seconds: float


class Limits(Protocol):
    """Token buckets that all processes of the studio share."""

    async def take(self, bucket: str, limit: Limit, cost: int = 1) -> Verdict:
        """Take `cost` from the bucket if it holds that much; a refusal takes nothing. Raises LimiterDown."""
        ...
