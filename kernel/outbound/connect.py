"""Connections that go where the check said: a name is looked up once, every answer is checked, one of them is used.

TLS and the Host header keep the name, so certificates are checked as ever. A name that answers differently the next
time (DNS rebinding) gains nothing: there is no next time between the check and the connection.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from ipaddress import ip_address

import httpcore2
import httpx2

from kernel.outbound.addresses import IPAddress, allowed
from kernel.outbound.errors import UrlNotAllowed
from kernel.outbound.urls import AllowList

# At level debug it tells what the other side sent, which may repeat a key.
logging.getLogger("httpcore2").setLevel(logging.WARNING)

Resolve = Callable[[str, int], Awaitable[Sequence[IPAddress]]]
"""Looks up a name: every address it has, in the order to try. Raises OSError for a name that has none."""


async def resolve(host: str, port: int) -> Sequence[IPAddress]:
    """Looks `host` up with the system's resolver."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(ip_address(entry[4][0]) for entry in found))


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Opens TCP connections for the pool; the only place where a name becomes an address."""

    def __init__(self, allow: AllowList, resolve: Resolve = resolve) -> None:
        self._allow = allow
        self._resolve = resolve
        self._tcp = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the first address of `host` that answers, within `timeout` seconds for all of them.

        Raises UrlNotAllowed if even one address of the host is not allowed, and httpcore2's ConnectError and
        ConnectTimeout.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._first(await self.addresses(host, port), port, local_address, socket_options)
        except TimeoutError:
            raise httpcore2.ConnectTimeout from None

    async def sleep(self, seconds: float) -> None:
        await self._tcp.sleep(seconds)

    async def addresses(self, host: str, port: int) -> Sequence[IPAddress]:
        """Every address of `host`, all of them allowed. Raises UrlNotAllowed, and ConnectError for an unknown name."""
        try:
            addresses: Sequence[IPAddress] = [ip_address(host)]
        except ValueError:
            try:
                addresses = await self._resolve(host, port)
            except (OSError, UnicodeError):
                raise httpcore2.ConnectError("unknown host") from None
        if (host, port) not in self._allow and not all(map(allowed, addresses)):
            raise UrlNotAllowed("The address leads to a private or reserved network.")
        return addresses

    async def _first(
        self,
        addresses: Sequence[IPAddress],
        port: int,
        local_address: str | None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None,
    ) -> httpcore2.AsyncNetworkStream:
        failure: Exception = httpcore2.ConnectError("no address")
        for address in addresses:
            try:
                return await self._tcp.connect_tcp(
                    str(address), port, local_address=local_address, socket_options=socket_options
                )
            except httpcore2.ConnectError as error:
                failure = error
        raise failure


class GuardedTransport(httpx2.AsyncBaseTransport):
    """httpx2's requests over a pool whose connections are guarded. No proxies, cookies or settings from outside."""

    def __init__(self, allow: AllowList, resolve: Resolve, tls: ssl.SSLContext | None) -> None:
        self.backend = GuardedBackend(allow, resolve)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=30.0,
            network_backend=self.backend,
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Sends one request; errors are those of httpcore2 and UrlNotAllowed."""
        answer = await self._pool.handle_async_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(
            answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx2.AsyncByteStream):
    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if not isinstance(self._answer.stream, AsyncIterable):
            raise TypeError("an asynchronous pool gives asynchronous streams")
        async for part in self._answer.stream:
            yield part

    async def aclose(self) -> None:
        await self._answer.aclose()
