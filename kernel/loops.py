"""The shape of the kernel's background loops: work while there is some, wait to be woken, stop between two steps."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Final

import structlog

from kernel.db import Database

log = structlog.get_logger(__name__)

_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 5.0


class Wake:
    """A bell: rung by a NOTIFY or by this process, answered by one loop. Rings before the wait are not lost."""

    def __init__(self) -> None:
        self._bell = asyncio.Event()
        self._closed = asyncio.Event()

    def ring(self) -> None:
        self._bell.set()

    def close(self) -> None:
        """Ends the loop: a step under way is finished, no other begins until `open`."""
        self._closed.set()
        self._bell.set()

    def open(self) -> None:
        """A new loop may use it."""
        self._closed.clear()

    @property
    def closed(self) -> bool:
        return self._closed.is_set()

    async def wait(self, seconds: float) -> None:
        """Until it rings, `seconds` at most; not at all once closed."""
        if not self.closed:
            await _within(seconds, self._bell)
            self._bell.clear()

    async def pause(self, seconds: float) -> None:
        """`seconds`, however often it rings; not at all once closed."""
        await _within(seconds, self._closed)


async def _within(seconds: float, event: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def repeat(name: str, step: Callable[[], Awaitable[int]], wake: Wake, poll: float) -> None:
    """Calls `step` again and again until `wake` is closed: at once while it reports work, else when woken or after
    `poll` seconds. An error is logged, and the step tried again after a pause that grows to 5 s."""
    pause = _FIRST_PAUSE
    while not wake.closed:
        try:
            done = await step()
        except Exception as error:  # the loop outlives whatever happened; the row it was at is still there
            log.warning("loop_failed", loop=name, error=type(error).__name__, pause=round(pause, 1), exc_info=True)
            await wake.pause(random.uniform(pause / 2, pause))  # noqa: S311 - jitter
            pause = min(_LONGEST_PAUSE, pause * 2)
            continue
        pause = _FIRST_PAUSE
        if not done:
            await wake.wait(poll)


@asynccontextmanager
async def noticing(database: Database, channel: str, call: Callable[[str], None]) -> AsyncIterator[None]:
    """While inside, calls `call(payload)` at every notice on `channel`, and with "" when some may have been missed."""

    async def listen() -> None:
        async with aclosing(database.listen(channel)) as notices:
            async for payload in notices:
                call(payload)

    listening = asyncio.create_task(listen(), name=f"notices {channel}")
    try:
        yield
    finally:
        listening.cancel()
        await asyncio.wait([listening])
