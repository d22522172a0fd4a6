"""The shape of the kernel's background loops: work while there is some, then wait to be woken."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import aclosing
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

    def ring(self) -> None:
        self._bell.set()

    async def wait(self, seconds: float) -> None:
        """Until it rings, `seconds` at most."""
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            return
        finally:
            self._bell.clear()


async def ring_on_notify(database: Database, channel: str, call: Callable[[str], None]) -> None:
    """Calls `call(payload)` at every notice on `channel`, and with "" when some may have been missed. Never returns."""
    async with aclosing(database.listen(channel)) as notices:
        async for payload in notices:
            call(payload)


async def repeat(name: str, step: Callable[[], Awaitable[int]], wake: Wake, poll: float) -> None:
    """Calls `step` again and again: at once while it reports work, else when woken or after `poll` seconds.

    An error is logged and the step tried again after a pause that grows to 5 s. Ends only by cancellation.
    """
    pause = _FIRST_PAUSE
    while True:
        try:
            done = await step()
        except Exception as error:  # the loop outlives whatever happened; the row it was at is still there
            log.warning("loop_failed", loop=name, error=type(error).__name__, pause=round(pause, 1), exc_info=True)
            await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - jitter
            pause = min(_LONGEST_PAUSE, pause * 2)
            continue
        pause = _FIRST_PAUSE
        if not done:
            await wake.wait(poll)
