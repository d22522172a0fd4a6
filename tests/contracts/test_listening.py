"""The port the studio listens on."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from keyreel.studio.serve import listen_on


def addresses() -> list[str]:
    found = ["127.0.0.1"]
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        found.append("::1")
    return found


@pytest.mark.parametrize("host", addresses())
async def test_small_answers_leave_at_once(host: str) -> None:
    """Without TCP_NODELAY the second packet of an answer waits for the acknowledgement of the first, some 40 ms."""
    without_delay: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        without_delay.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    with listen_on(host, 0) as listener:
        async with await asyncio.start_server(accepted, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname()[:2])
            assert await asyncio.wait_for(without_delay, 10) == 1
            writer.close()
            await writer.wait_closed()
