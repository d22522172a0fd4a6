"""Waits for NOTIFY on one connection per database, whatever the number of channels and listeners."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any, Final

import asyncpg
import structlog

from kernel.secret import Secret

_RECONNECT_SECONDS: Final = 0.5
_KEPT: Final = 1000

log = structlog.get_logger(__name__)


class Listener:
    """Listens on channels as long as somebody waits on them; connects again by itself.

    A notice that was sent while there was no connection is lost: Postgres keeps none. So every connection, also the
    first, gives each listener an empty payload, which means "look at everything".
    """

    def __init__(self, url: Secret, application_name: str) -> None:
        self._url = url
        self._application_name = application_name
        self._queues: dict[str, set[asyncio.Queue[str]]] = {}
        self._listening: set[str] = set()
        self._changed = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    async def listen(self, channel: str) -> AsyncGenerator[str, None]:
        """The payloads of a channel, from now on, without end. A slow reader gets one empty payload for many."""
        queue: asyncio.Queue[str] = asyncio.Queue(_KEPT)
        self._queues.setdefault(channel, set()).add(queue)
        if channel in self._listening:
            queue.put_nowait("")
        self._changed.set()
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep(), name=f"listener {self._application_name}")
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues[channel].discard(queue)
            self._changed.set()

    async def close(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None

    async def _keep(self) -> None:
        while True:
            try:
                await self._serve()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as lost:
                log.warning("listener_disconnected", error=type(lost).__name__)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _serve(self) -> None:
        """Keeps one connection until it is lost, listening on what is asked for."""
        connection: asyncpg.Connection[Any] = await asyncpg.connect(
            self._url.reveal(), timeout=5, server_settings={"application_name": self._application_name}
        )
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: self._lose(lost))
        try:
            while not lost.is_set():
                self._changed.clear()
                wanted = {channel for channel, queues in self._queues.items() if queues}
                for channel in self._listening - wanted:
                    self._listening.discard(channel)
                    await connection.remove_listener(channel, self._heard)
                for channel in wanted - self._listening:
                    await connection.add_listener(channel, self._heard)
                    self._listening.add(channel)
                    self._give(channel, "")
                await self._changed.wait()
        finally:
            self._listening.clear()
            connection.terminate()

    def _lose(self, lost: asyncio.Event) -> None:
        lost.set()
        self._changed.set()

    def _heard(self, connection: Any, pid: int, channel: str, payload: object) -> None:
        self._give(channel, str(payload))

    def _give(self, channel: str, payload: str) -> None:
        for queue in self._queues.get(channel, ()):
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                payload = ""
            queue.put_nowait(payload)
