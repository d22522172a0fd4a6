"""Which Host names are ours. A foreign one is refused before anything can make a link of it or cache its answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from kernel.http.errors import UnknownHost
from kernel.http.problems import response_of

LOCAL: Final = ("localhost", "127.0.0.1", "::1")
ANY_HOST: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Probes of an orchestrator come by pod address, which nobody can list."""


class HostMiddleware:
    """421 `unknown_host` unless Host is the base URL's, local or allowed. Ports don't matter; two Hosts are refused."""

    def __init__(self, app: ASGIApp, base_url: str, allowed: Iterable[str] = ()) -> None:
        self.app = app
        self._known = {name.lower().rstrip(".") for name in (urlsplit(base_url).hostname or "", *LOCAL, *allowed)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in ANY_HOST and not self._is_ours(scope):
            await response_of(UnknownHost())(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        return len(hosts) == 1 and host_name(hosts[0]) in self._known


def host_name(host: str) -> str | None:
    """The name in a Host field, lower case, without port and final dot; None if it is not `name[:port]`."""
    try:
        parts = urlsplit(f"//{host}")
        name, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if name is None or parts.netloc != host or parts.path or parts.query or parts.fragment or "@" in host:
        return None
    return name.lower().rstrip(".")
