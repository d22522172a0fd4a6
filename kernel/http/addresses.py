"""Whose address a request comes from, behind the proxies that are ours.

The connection's own peer is believed; `X-Forwarded-For` is read from the right, and only as far as the hops are in the
list of trusted networks (KEYREEL_TRUSTED_PROXIES). What stands further left anyone could have written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

Network = IPv4Network | IPv6Network
UNKNOWN = "unknown"
"""The address of a peer that has none: a Unix socket, a test."""


def parse_networks(networks: Iterable[str]) -> tuple[Network, ...]:
    """CIDRs, host bits allowed. Raises ValueError; `*` is none: it would trust what anyone writes."""
    return tuple(ip_network(text, strict=False) for text in networks)


def normalise(address: str) -> str | None:
    """An IP address in its usual spelling, IPv4-mapped IPv6 as IPv4; None if it is none. Ports are cut off."""
    text = address.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    ip = _ip(text)
    return None if ip is None else str(ip)


def forwarded_client(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """The right-most hop that is not one of our proxies; `forwarded_for` are the X-Forwarded-For fields in order.

    A hop that is no address ends the search: the last trusted one is the answer.
    """
    client = normalise(peer)
    if client is None:
        return UNKNOWN
    hops = [hop for field in forwarded_for for hop in field.split(",")]
    for hop in reversed(hops):
        if not _within(client, trusted):
            break
        found = normalise(hop)
        if found is None:
            break
        client = found
    return client


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    try:
        ip = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return ip.ipv4_mapped or ip if isinstance(ip, IPv6Address) else ip


def _within(address: str, networks: Sequence[Network]) -> bool:
    ip = ip_address(address)
    return any(ip in network for network in networks)


class ClientAddressMiddleware:
    """Writes the client's address to `scope["state"]["address"]`."""

    def __init__(self, app: ASGIApp, trusted: Sequence[Network] = ()) -> None:
        self.app = app
        self._trusted = tuple(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            peer = (scope.get("client") or (UNKNOWN, 0))[0]
            fields = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
            scope.setdefault("state", {})["address"] = forwarded_client(peer, fields, self._trusted)
        await self.app(scope, receive, send)


def client_address(request: Request) -> str:
    """The client's address, as text; `unknown` where there is none."""
    address: str = getattr(request.state, "address", UNKNOWN)
    return address
