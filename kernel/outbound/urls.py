"""Which addresses may be asked at all, told from the text of the URL alone.

The parser is the client's own (`httpx2.URL`), so that what is checked is what is connected to. What a name leads to is
checked again when it has been looked up (`kernel.outbound.connect`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

import httpx2

from kernel.outbound.addresses import IPAddress, allowed
from kernel.outbound.errors import UrlNotAllowed

MAX_URL_CHARACTERS: Final = 2048

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_NAME: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_NUMBER: Final = re.compile(
    r"(?:[0-9]+|0[xX][0-9a-fA-F]*)"
)  # WHATWG URL: a host ending in such a label is an IPv4 address
_INSIDE: Final = (
    "arpa",
    "corp",
    "home",
    "internal",
    "intranet",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "private",
)
_ENTRY: Final = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class AllowList:
    """Hosts with ports, exactly as URLs name them, to which an operator lets requests go, over plain HTTP too.

    For an internal model server, a proxy of a provider, a test: `127.0.0.1:11434`, `llm.internal:443`, `[::1]:8080`.
    """

    entries: frozenset[tuple[str, int]] = frozenset()

    @classmethod
    def of(cls, *texts: str) -> AllowList:
        """Reads `host:port` entries. ValueError names the one that can't be read."""
        entries = set()
        for entry in texts:
            match = _ENTRY.fullmatch(entry)
            if match is None or not 0 < int(match["port"]) < 65536:
                raise ValueError(f"{entry} is not a host with a port, like 127.0.0.1:11434")
            entries.add((match["host"].strip("[]").lower(), int(match["port"])))
        return cls(frozenset(entries))

    def __contains__(self, origin: object) -> bool:
        return origin in self.entries


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be asked, normalised. `host` is lower case, an A-label, an IP address or a name."""

    url: httpx2.URL
    host: str
    port: int

    @property
    def origin(self) -> tuple[str, str, int]:
        """What has to stay the same for a key to go along on a redirect."""
        return self.url.scheme, self.host, self.port


def check(url: str | httpx2.URL, allow: AllowList) -> Target:
    """The target of `url`; UrlNotAllowed if it is malformed, not HTTPS on its port, or leads inside by its looks."""
    text = str(url)
    if len(text) > MAX_URL_CHARACTERS:
        raise UrlNotAllowed(f"The address is longer than {MAX_URL_CHARACTERS} characters.")
    if re.search(r"[\x00-\x20\x7f\\]", text):
        raise UrlNotAllowed("The address holds a space, a backslash or a control character.")
    try:
        parsed = httpx2.URL(text)
    except (httpx2.InvalidURL, UnicodeError, ValueError):
        raise UrlNotAllowed("The address can't be read as a URL.") from None
    if parsed.scheme not in _DEFAULT_PORTS:
        raise UrlNotAllowed("The address must begin with https://.")
    authority = re.match(r"[^:]+://([^/?#]*)", text)
    if authority is None or "@" in authority[1]:
        raise UrlNotAllowed("The address must name a host, and no user or password before it.")
    host = parsed.raw_host.decode("ascii").lower().removesuffix(".")
    port = parsed.port or _DEFAULT_PORTS[parsed.scheme]
    target = Target(parsed.copy_with(host=host, fragment=None), host, port)
    if (host, port) in allow:
        return target
    if parsed.scheme != "https":
        raise UrlNotAllowed("The address must begin with https://.")
    if port != _DEFAULT_PORTS["https"]:
        raise UrlNotAllowed("The address must use the usual port of HTTPS, 443.")
    literal = _literal(host)
    if literal is None:
        _check_name(host)
    elif not allowed(literal):
        raise UrlNotAllowed("The address leads to a private or reserved network.")
    return target


def _literal(host: str) -> IPAddress | None:
    """The IP address that `host` is, None for a name; UrlNotAllowed for other ways to write an address."""
    if ":" in host:
        return IPv6Address(host)
    if not _NUMBER.fullmatch(host.rpartition(".")[2]):
        return None
    try:
        return IPv4Address(host)  # refuses octal, hexadecimal, short and decimal forms, which resolvers accept
    except AddressValueError:
        raise UrlNotAllowed("The address holds a number that is no IP address in its usual form.") from None


def _check_name(host: str) -> None:
    if len(host) > 253 or not _NAME.fullmatch(host):
        raise UrlNotAllowed("The address does not name a host.")
    if "." not in host or host.rpartition(".")[2] in _INSIDE:
        raise UrlNotAllowed("The address names a host of a private network.")
