"""Serving HTTP: uvicorn in this process, told to stop by a signal, gone within seconds."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from keyreel.studio.errors import StudioRefused

#: how long requests under way may take after a signal, seconds
_GRACE_SECONDS = 3


def listen_on(host: str, port: int) -> socket.socket:
    """The port, taken before anything is started. Raises StudioRefused if it isn't free or not ours to take."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol by name: else asyncio sets no TCP_NODELAY, and a small answer waits 40 ms for an acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(512)
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        reason = "is in use by another program" if taken else f"can't be used ({(error.strerror or '').lower()})"
        raise StudioRefused(f"Port {port} of {host} {reason}. Choose another with KEYREEL_PORT.") from error
    return listener


class _Server(uvicorn.Server):
    """Tells the studio first: open live streams would hold up the graceful stop."""

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stopping()
        super().handle_exit(sig, frame)


async def until_told_to_stop() -> None:
    """Until SIGINT or SIGTERM."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    try:
        await told.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def serve(
    app: FastAPI, listener: socket.socket, *, ready: Callable[[], None], stopping: Callable[[], None]
) -> None:
    """Serve until SIGINT or SIGTERM, calling `ready` once requests are answered and `stopping` at the signal."""
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,  # the studio reads them itself, from the proxies it was told to trust
        timeout_graceful_shutdown=_GRACE_SECONDS,
        h11_max_incomplete_event_size=64 * 1024,
    )
    server = _Server(config, stopping)

    async def announce() -> None:
        while not server.started:
            await asyncio.sleep(0.01)
        ready()

    announcing = asyncio.create_task(announce())
    try:
        await server.serve([listener])
    finally:
        announcing.cancel()
    if not server.started:
        raise StudioRefused("The studio's services could not be started; the log above says why.")
