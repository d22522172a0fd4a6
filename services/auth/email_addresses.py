"""E-mail addresses: which are accepted, and when two are the same.

An address is accepted as RFC 5321 writes it with an internationalised domain (RFC 5891), without control characters,
comments or an IP address for a domain. A domain label that mixes scripts, or imitates Latin letters in a Latin top
level domain, is refused: it is made to be mistaken for another (Unicode TS #39 §5.2, "highly restrictive").
Two addresses are the same when they are equal but for case and the way the domain is written; `+tags` and dots count,
as only the mail's owner knows what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import regex
from email_validator import EmailNotValidError, validate_email

from services.auth.errors import InvalidEmail

#: Cyrillic and Greek letters that look like Latin ones
_IMITATING: Final = frozenset("асԁеһіјӏорԛѕԝхуъЬҽпгѵѡοαρνκι")
_TOGETHER: Final = (
    frozenset({"Han", "Hiragana", "Katakana"}),
    frozenset({"Han", "Hangul"}),
    frozenset({"Han", "Bopomofo"}),
)
_SCRIPTS: Final = (
    "Latin",
    "Cyrillic",
    "Greek",
    "Han",
    "Hiragana",
    "Katakana",
    "Hangul",
    "Bopomofo",
    "Arabic",
    "Hebrew",
)
_SCRIPT_OF: Final = {name: regex.compile(rf"\p{{Script={name}}}") for name in _SCRIPTS}


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """`text` as a person writes it, `key` as it is compared: lower case, the domain in its ASCII form."""

    text: str
    key: str

    @property
    def local(self) -> str:
        return self.text.rpartition("@")[0]


def parse_email(text: str, *, pointer: str = "/email") -> EmailAddress:
    """Raises InvalidEmail. No lookup is made: the letter that is sent is the test."""
    try:
        valid = validate_email(
            text.strip(" "), check_deliverability=False, globally_deliverable=False, allow_smtputf8=False, strict=True
        )
    except EmailNotValidError as wrong:
        raise InvalidEmail(pointer=pointer) from wrong
    labels = valid.domain.split(".")
    # a name without a dot is no mail domain, and a last label of digits is an address; studios inside a company may
    # use names such as mail.corp.internal, so the registries' lists don't decide
    if len(labels) < 2 or labels[-1].isdigit() or any(_deceives(label, labels[-1]) for label in labels):
        raise InvalidEmail(pointer=pointer)
    return EmailAddress(valid.normalized, f"{valid.local_part.casefold()}@{valid.ascii_domain.lower()}")


def email_key(text: str) -> str | None:
    """The key of what somebody typed to sign in; None when it can't be an address (and so is nobody's)."""
    try:
        return parse_email(text).key
    except InvalidEmail:
        return None


def _deceives(label: str, top: str) -> bool:
    scripts = {name for sign in label if not sign.isascii() or sign.isalpha() for name in (_script(sign),) if name}
    if len(scripts) > 1 and not any(scripts <= allowed | {"Latin"} for allowed in _TOGETHER):
        return True
    letters = {sign for sign in label if sign.isalpha()}
    return top.isascii() and bool(letters) and not label.isascii() and letters <= _IMITATING


def _script(sign: str) -> str | None:
    if regex.match(r"\p{Script=Common}|\p{Script=Inherited}", sign):
        return None
    return next((name for name, pattern in _SCRIPT_OF.items() if pattern.match(sign)), "other")
