"""The one client for every outside URL: providers, media of the web, webhooks.

    outbound = Outbound(AllowList.of(*settings.outbound_allow))
    answer = await outbound.request("GET", url, credentials={"authorization": Secret("Bearer …")})
    file = await outbound.download(url, path)

It keeps nothing between requests but open connections: no cookies, no cache, no proxy of the environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpcore2
import httpx2

from kernel.outbound.connect import GuardedTransport, Resolve, resolve
from kernel.outbound.errors import (
    AnswerNotUnderstood,
    FileTooLarge,
    ProviderTimeout,
    ProviderUnreachable,
    TooManyRedirects,
    UrlNotAllowed,
)
from kernel.outbound.urls import AllowList, Target, check
from kernel.secret import Secret

MIB: Final = 1024 * 1024
MAX_REDIRECTS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_ENCODINGS: Final = frozenset({"", "identity", "gzip", "deflate"})
_FIELD: Final = re.compile(
    r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?"
)  # a header's value: printable ASCII (RFC 9110, 5.5)
_NO_CREDENTIALS: Final[Mapping[str, Secret]] = {}


@dataclass(frozen=True, slots=True)
class Caps:
    """What one request may take. `idle_seconds` bounds each silence, `total_seconds` all; bytes count unpacked."""

    max_bytes: int = 8 * MIB
    connect_seconds: float = 10.0
    idle_seconds: float = 30.0
    total_seconds: float = 60.0

    def timeouts(self) -> dict[str, float]:
        return {
            "connect": self.connect_seconds,
            "read": self.idle_seconds,
            "write": self.idle_seconds,
            "pool": self.connect_seconds,
        }


CALL: Final = Caps()
DOWNLOAD: Final = Caps(max_bytes=2048 * MIB, total_seconds=900.0)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `url` is where it came from in the end, without its query, and `redirected` says whether that is
    another host than was asked; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    redirected: bool

    def json(self) -> Any:
        """The body as JSON; AnswerNotUnderstood if it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise AnswerNotUnderstood("The other side's answer is not JSON.") from None


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer whose body is still on its way; `chunks` can be read once, inside the `async with`."""

    status: int
    headers: Mapping[str, str]
    url: str
    redirected: bool
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that came whole. `content_type` is what the server claims: look at the bytes before trusting it."""

    bytes: int
    sha256: str
    content_type: str
    url: str


class Outbound:
    """Asks outside addresses, each checked before and after its name is looked up (see `kernel.outbound`).

    Credentials are headers (or, for providers that know nothing else, query parameters) which go to the host that was
    named and to no other: a redirect elsewhere goes without them.
    """

    def __init__(
        self,
        allow: AllowList = AllowList(),  # noqa: B008 - frozen
        *,
        resolve: Resolve = resolve,
        tls: ssl.SSLContext | None = None,
        user_agent: str = "keyreel",
    ) -> None:
        self._allow = allow
        self._transport = GuardedTransport(allow, resolve, tls)
        self._user_agent = user_agent

    def check(self, url: str) -> Target:
        """What `url` names, if its text is acceptable; UrlNotAllowed otherwise. Looks nothing up and sends nothing."""
        return check(url, self._allow)

    async def look_up(self, url: str) -> Target:
        """As `check`, and its name is looked up: for an address that is kept, to be asked (and checked again) later.

        Raises UrlNotAllowed, and ProviderUnreachable for a name that has no address.
        """
        target = self.check(url)
        try:
            await self._transport.backend.addresses(target.host, target.port)
        except httpcore2.ConnectError:
            raise ProviderUnreachable("There is no host of that name.") from None
        return target

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        credentials: Mapping[str, Secret] = _NO_CREDENTIALS,
        query_credentials: Mapping[str, Secret] = _NO_CREDENTIALS,
        caps: Caps = CALL,
    ) -> Answer:
        """Sends a request and reads the whole answer, whatever its status. Raises the errors of `kernel.outbound`."""
        async with self.stream(
            method,
            url,
            headers=headers,
            content=content,
            credentials=credentials,
            query_credentials=query_credentials,
            caps=caps,
        ) as answer:
            body = b"".join([chunk async for chunk in answer.chunks])
        return Answer(answer.status, answer.headers, body, answer.url, answer.redirected)

    async def download(
        self,
        url: str,
        path: Path,
        *,
        headers: Mapping[str, str] | None = None,
        credentials: Mapping[str, Secret] = _NO_CREDENTIALS,
        caps: Caps = DOWNLOAD,
    ) -> Downloaded:
        """Writes what is at `url` to the new file `path`. What did not come whole, with status 200, leaves no file.

        Raises ProviderUnreachable for statuses 408, 429 and 5xx, AnswerNotUnderstood for others than 200, FileTooLarge,
        and the errors of `stream`.
        """
        digest = hashlib.sha256()
        size = 0
        async with self.stream("GET", url, headers=headers, credentials=credentials, caps=caps) as answer:
            if answer.status in (408, 429) or answer.status >= 500:
                raise ProviderUnreachable(f"The other side can't give the file now (status {answer.status}).")
            if answer.status != 200:
                raise AnswerNotUnderstood(f"There is no file at this address (status {answer.status}).")
            try:
                with path.open("xb") as file:
                    async for chunk in answer.chunks:
                        await asyncio.to_thread(file.write, chunk)
                        digest.update(chunk)
                        size += len(chunk)
            except FileExistsError:
                raise
            except BaseException:
                path.unlink()
                raise
        return Downloaded(size, digest.hexdigest(), answer.headers.get("content-type", ""), answer.url)

    @contextlib.asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        credentials: Mapping[str, Secret] = _NO_CREDENTIALS,
        query_credentials: Mapping[str, Secret] = _NO_CREDENTIALS,
        caps: Caps = CALL,
    ) -> AsyncIterator[Streamed]:
        """Sends a request and hands over the answer while it comes. Redirects of GET and HEAD are followed."""
        first = self.check(url)
        target = first
        if query_credentials:
            pairs = "&".join(f"{quote(name)}={quote(key.reveal(), safe='')}" for name, key in query_credentials.items())
            query = "&".join(filter(None, [first.url.query.decode("ascii"), pairs]))
            target = Target(first.url.copy_with(query=query.encode("ascii")), first.host, first.port)
        secrets = [*credentials.values(), *query_credentials.values()]
        try:
            async with asyncio.timeout(caps.total_seconds), contextlib.AsyncExitStack() as open_answer:
                for _ in range(MAX_REDIRECTS + 1):
                    at_home = target.origin == first.origin
                    request = self._build(method, target, headers, content, credentials if at_home else {}, caps)
                    response = await self._transport.handle_async_request(request)
                    open_answer.push_async_callback(response.aclose)
                    if response.status_code not in _REDIRECTS or "location" not in response.headers:
                        break
                    target = self._redirected(method, target, response, first, secrets)
                    await open_answer.aclose()
                else:
                    raise TooManyRedirects(f"The address redirects more than {MAX_REDIRECTS} times.")
                body = _body(response, target.host, caps.max_bytes)
                open_answer.push_async_callback(body.aclose)
                headers_in = {name.lower(): value for name, value in response.headers.items()}
                came_from = str(target.url.copy_with(query=None))
                yield Streamed(response.status_code, headers_in, came_from, target.origin != first.origin, body)
        except (TimeoutError, httpcore2.TimeoutException):
            raise ProviderTimeout(f"{target.host} took too long to answer.") from None
        except (httpcore2.NetworkError, httpcore2.RemoteProtocolError):
            raise ProviderUnreachable(f"{target.host} can't be reached, or broke off its answer.") from None
        except httpcore2.LocalProtocolError:  # its text quotes what was sent
            raise AnswerNotUnderstood("The request can't be sent as it is.") from None

    async def aclose(self) -> None:
        """Closes the connections that are kept open."""
        await self._transport.aclose()

    def _build(
        self,
        method: str,
        target: Target,
        headers: Mapping[str, str] | None,
        content: bytes | None,
        credentials: Mapping[str, Secret],
        caps: Caps,
    ) -> httpx2.Request:
        sent = {"user-agent": self._user_agent, "accept": "*/*", "accept-encoding": "gzip", **(headers or {})}
        sent |= {name: key.reveal() for name, key in credentials.items()}
        if not all(_FIELD.fullmatch(value) for value in sent.values()):  # h11 would quote it in its error and debug log
            raise AnswerNotUnderstood("The request can't be sent as it is.")
        return httpx2.Request(
            method, target.url, headers=sent, content=content, extensions={"timeout": caps.timeouts()}
        )

    def _redirected(
        self, method: str, target: Target, response: httpx2.Response, first: Target, secrets: list[Secret]
    ) -> Target:
        """Where a redirect leads, checked like any address."""
        if method not in ("GET", "HEAD"):
            raise AnswerNotUnderstood(f"{target.host} sends this request elsewhere, where it will not be sent.")
        try:
            location = target.url.join(response.headers["location"])
        except (httpx2.InvalidURL, ValueError):
            raise UrlNotAllowed("The address redirects to something that can't be read as a URL.") from None
        following = self.check(str(location))
        if following.origin != first.origin:
            text = str(following.url)
            if any(secret.reveal() in text or quote(secret.reveal(), safe="") in text for secret in secrets):
                raise UrlNotAllowed(f"{target.host} redirects a key to another host.")
        return following


async def _body(response: httpx2.Response, host: str, max_bytes: int) -> AsyncGenerator[bytes]:
    """The unpacked body in pieces of at most a megabyte; FileTooLarge as soon as it is past `max_bytes`."""
    too_large = FileTooLarge(f"The answer of {host} is larger than {max_bytes // MIB or 1} MB.")
    if response.headers.get("content-encoding", "").strip().lower() not in _ENCODINGS:  # one packing, and one we know
        raise AnswerNotUnderstood(f"{host} packed its answer in a way that was not asked for.")
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise too_large
    size = 0
    try:
        async for chunk in response.aiter_bytes():
            size += len(chunk)
            if max(size, response.num_bytes_downloaded) > max_bytes:
                raise too_large
            yield chunk
    except httpx2.DecodingError:
        raise AnswerNotUnderstood(f"The answer of {host} can't be unpacked.") from None
