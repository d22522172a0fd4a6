"""The renderer in this process: where its cache is, its worker processes, its way to the store."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from kernel.errors import NotFound
from kernel.ids import TenantId
from kernel.objects import ObjectKey, Objects, Stored
from kernel.service import Environment
from kernel.tasks import Run, StaleLease, TaskCancelled
from services.renderer.engine.cache import GIB, scratch_errors
from services.renderer.film import Desk
from services.renderer.shared_cache import Bridge, SharedCache, patiently, trim
from services.renderer.warm import Workers

T = TypeVar("T")


class RendererSettings(Protocol):
    """What the renderer reads of the studio's settings."""

    @property
    def render_workers(self) -> int:
        """Worker processes at once; 0: one for each processor."""
        ...


#: how often scratch and cache of this process are looked after, seconds
_TIDY_SECONDS = 600.0
_RETIRE_SECONDS = 10.0


@dataclass(slots=True)
class Renderer:
    """The service in this process."""

    env: Environment
    cache_root: Path
    cache_bytes: int = 10 * GIB
    places: int = 0
    workers: Workers = field(init=False)
    _threads: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self.places = self.places or max(1, len(os.sched_getaffinity(0)))
        self.workers = Workers(self.places)
        # Threads of its own: whoever has one waits for the store, whose adapter may want one of the loop's.
        self._threads = ThreadPoolExecutor(2 * self.places, thread_name_prefix="renderer")

    @property
    def objects(self) -> Objects:
        return self.env.ports.objects

    def desk(self, run: Run[Any]) -> Desk:
        """What one task works with."""
        tenant = tenant_of(run)
        bridge = Bridge(self.objects, asyncio.get_running_loop(), run.cancelled)
        return Desk(SharedCache(self.cache_root, tenant, bridge), self.workers, run.cancelled)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Blocking work of the engine beside the event loop; a full disk comes out as ScratchFull."""

        def guarded() -> T:
            with scratch_errors():
                return work()

        return await asyncio.get_running_loop().run_in_executor(self._threads, guarded)

    async def close(self) -> None:
        """End the worker processes and the threads."""
        await asyncio.to_thread(self.workers.retire, 0)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def read(self, key: str, tenant: TenantId) -> bytes:
        """A small object. Raises ObjectsErrors."""
        return await patiently(lambda: self._read(ObjectKey.parse(key, tenant)))

    async def _read(self, key: ObjectKey) -> bytes:
        return b"".join([chunk async for chunk in self.objects.read(key)])

    async def put_file(self, key: ObjectKey, path: Path, content_type: str) -> Stored:
        """Store a file. Raises ObjectsErrors."""
        return await patiently(lambda: self.objects.put_file(key, path, content_type=content_type))

    async def promote(self, source: ObjectKey, target: ObjectKey) -> Stored:
        """Move an object. Raises ObjectsErrors."""
        return await patiently(lambda: self.objects.promote(source, target))


def build(env: Environment) -> Renderer:
    """Put the service together: its cache lies in the data folder, or in the system's own for temporary files."""
    home = env.ports.data_dir or Path(tempfile.gettempdir()) / f"keyreel-{os.getuid()}"
    settings = cast(RendererSettings, env.settings)
    return Renderer(env, home / "cache", places=settings.render_workers)


def tenant_of(run: Run[Any]) -> TenantId:
    """Whose task it is. Raises NotFound for one of nobody: the renderer has none."""
    if run.tenant is None:
        raise NotFound
    return run.tenant


@asynccontextmanager
async def telling(run: Run[Any], tell: Callable[[], Any], seconds: float = 0.5) -> AsyncIterator[None]:
    """Calls `tell` every so often while the block runs; a task that was lost or cancelled meanwhile is stopped."""

    async def again() -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await tell()
            except (StaleLease, TaskCancelled):
                run.cancelled.set()
                return

    teller = asyncio.create_task(again())
    try:
        yield
    finally:
        teller.cancel()
        await asyncio.gather(teller, return_exceptions=True)


async def retire_idle_workers(service: Renderer) -> None:
    """Ends worker processes that nobody needs."""
    while True:
        await asyncio.sleep(_RETIRE_SECONDS)
        await asyncio.to_thread(service.workers.retire)


async def tidy_cache(service: Renderer) -> None:
    """Keeps the local cache within its size."""
    while True:
        await asyncio.to_thread(trim, service.cache_root, service.cache_bytes)
        await asyncio.sleep(_TIDY_SECONDS)
