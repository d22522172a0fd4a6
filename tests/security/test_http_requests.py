"""B10, B11: requests no well-behaved client sends, byte by byte over a connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kernel.testing.notes.service import ROLES, SPEC
from kernel.testing.postgres import DatabaseServer
from kernel.testing.studio import RunningStudio, studio


class Wire:
    """Sends bytes to the studio; gives the status line and the rest of what comes back."""

    def __init__(self, running: RunningStudio, address: str) -> None:
        self.running = running
        self.port = urlsplit(address).port

    async def send(self, request: bytes) -> tuple[int, str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            await writer.drain()
            async with asyncio.timeout(10):
                answer = (await reader.read(65_536)).decode("latin-1")
        finally:
            writer.close()
            await writer.wait_closed()
        return int(answer.split(" ", 2)[1]), answer


@pytest.fixture
async def wire(database_server: DatabaseServer, tmp_path: Path) -> AsyncIterator[Wire]:
    async with (
        studio(SPEC, server=database_server, folder=tmp_path, roles=ROLES) as running,
        running.served() as address,
    ):
        yield Wire(running, address)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /api/v1/whoami HTTP/1.1\r\nHost: evil.example\r\n",
        b"GET /api/v1/whoami HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n",
        b"GET /api/v1/whoami HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: localhost\r\n",
        b"GET /api/v1/whoami HTTP/1.1\r\nHost: localhost,evil.example\r\n",
        b"GET /api/v1/whoami HTTP/1.0\r\n",
    ],
)
async def test_b11_a_host_that_is_not_ours_is_refused(wire: Wire, head: bytes) -> None:
    status, answer = await wire.send(head + b"Connection: close\r\n\r\n")
    assert status in (400, 421)
    assert "evil.example" not in answer


@pytest.mark.parametrize("target", [b"http://evil.example/api/v1/whoami", b"//evil.example/api/v1/whoami"])
async def test_b11_an_absolute_target_changes_no_link_and_reaches_no_operation(wire: Wire, target: bytes) -> None:
    token = wire.running.as_member("owner").headers["Authorization"].encode()
    head = b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: " + token
    _, answer = await wire.send(head + b"\r\n\r\n")
    assert "location:" not in answer.lower()
    assert "evil.example" not in answer


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"garbage\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: a\0b\r\n\r\n",
        b"POST /api/v1/notes HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/v1/notes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /api/v1/notes HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_what_is_no_request_is_never_a_500(wire: Wire, request_: bytes) -> None:
    try:
        status, _ = await wire.send(request_)
    except (IndexError, ConnectionError):
        return  # the connection was closed without an answer
    assert status != 500


@pytest.mark.parametrize("method", [b"TRACE", b"TRACK", b"DEBUG", b"PROPFIND", b"get"])
async def test_b10_a_method_we_have_no_use_for_is_refused_and_echoes_nothing(wire: Wire, method: bytes) -> None:
    head = method + b" /api/v1/whoami HTTP/1.1\r\nHost: localhost\r\nX-Echo: find-me\r\nConnection: close\r\n\r\n"
    status, answer = await wire.send(head)
    assert status in (400, 405)
    assert "find-me" not in answer


async def test_b3_a_chunked_body_is_cut_off_at_the_limit(wire: Wire) -> None:
    token = wire.running.as_member("owner").headers["Authorization"].encode()
    head = (
        b"POST /api/v1/notes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: "
        + token
        + b"\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    status, answer = await wire.send(head + chunk * 18)
    assert status == 413
    assert "body_too_large" in answer
