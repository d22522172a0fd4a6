"""The orchestrator in this process: whom it asks, and the threads its own sources work in."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from contracts.clients.assets import Assets
from contracts.clients.entitlements import Entitlements
from kernel.objects import Objects
from kernel.service import Environment

T = TypeVar("T")


@dataclass(slots=True)
class Orchestrator:
    """The service in this process."""

    env: Environment
    _threads: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        # As many at once as there are cores: speech and music are work for the processor.
        self._threads = ThreadPoolExecutor(max(1, len(os.sched_getaffinity(0))), thread_name_prefix="orchestrator")

    @property
    def objects(self) -> Objects:
        return self.env.ports.objects

    @property
    def entitlements(self) -> Entitlements:
        return self.env.ask(Entitlements)  # type: ignore[type-abstract]  # asked by protocol

    @property
    def assets(self) -> Assets:
        return self.env.ask(Assets)  # type: ignore[type-abstract]  # asked by protocol

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Work that would block the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def build(env: Environment) -> Orchestrator:
    """Put the service together."""
    return Orchestrator(env)
