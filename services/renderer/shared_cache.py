"""The engine's cache of one tenant, with the object store behind it, so that every worker of every process shares it.

    local    <cache folder>/<tenant>/objects/…      in front, trimmed to a size (`trim`)
    store    t/<tenant>/parts/render/<key><suffix>  behind, collected by age (`collection`)

A tenant's parts are never another's: not the folder, not the prefix, not the sandbox that sees them (matrix row T21).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any, Final, TypeVar

from kernel.ids import TenantId
from kernel.objects import ObjectKey, ObjectMissing, Objects, StoreUnavailable
from services.renderer.engine.cache import GRACE_SECONDS, LEASE_SECONDS, Cache
from services.renderer.errors import RenderCancelled

T = TypeVar("T")

_TYPES: Final = {
    ".mp4": "video/mp4",
    ".m4a": "audio/mp4",
    ".wav": "audio/wav",
    ".json": "application/json",
    ".jpg": "image/jpeg",
}
_POLL_SECONDS: Final = 0.2
_TRIES: Final = 4
_FIRST_WAIT: Final = 0.1


async def patiently(act: Callable[[], Awaitable[T]], tries: int = _TRIES) -> T:
    """An act of the store, again if the store didn't answer: a part that is drawn is worth a second.

    All of them may be repeated: an answer that was lost is given again. Raises what the last try raised.
    """
    for number in range(1, tries):
        with contextlib.suppress(StoreUnavailable):
            return await act()
        await asyncio.sleep(random.uniform(0, _FIRST_WAIT * 2**number))  # noqa: S311 - jitter
    return await act()


class Bridge:
    """Lets threads of the engine use the object store of the event loop; a wait ends when the work is cancelled."""

    def __init__(self, objects: Objects, loop: asyncio.AbstractEventLoop, cancel: threading.Event) -> None:
        self.objects = objects
        self._loop = loop
        self._cancel = cancel

    def wait(self, act: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of an act in the event loop, done patiently. Raises RenderCancelled, and whatever it raises."""
        future = asyncio.run_coroutine_threadsafe(patiently(act), self._loop)
        while True:
            try:
                return future.result(_POLL_SECONDS)
            except CancelledError:
                raise RenderCancelled() from None
            except TimeoutError:
                if future.done():  # the work's own time-out, not ours
                    raise
                if self._cancel.is_set():
                    future.cancel()
                    raise RenderCancelled() from None


def parts(tenant: TenantId) -> ObjectKey:
    """Where a tenant's parts lie in the store."""
    return ObjectKey.of(tenant, "parts", "render")


class SharedCache(Cache):
    """As `Cache`; what isn't here is looked for in the store, and what is put here is put there too.

    For threads of one piece of work. `get` and `put` may raise `ObjectsError`s and RenderCancelled.
    """

    def __init__(self, root: Path, tenant: TenantId, bridge: Bridge) -> None:
        super().__init__(root / str(tenant))
        self.tenant = tenant
        self._bridge = bridge

    def get(self, key: str, suffix: str) -> Path | None:
        found = super().get(key, suffix)
        if found is not None:
            return found
        return self.fetch(self._behind(key, suffix), key, suffix)

    def put(self, key: str, suffix: str, file: Path) -> Path:
        behind, kind = self._behind(key, suffix), _TYPES.get(suffix, "application/octet-stream")
        # The store first: what lies here is taken to lie there too.
        self._bridge.wait(lambda: self._bridge.objects.put_file(behind, file, content_type=kind))
        return super().put(key, suffix, file)

    def fetch(self, source: ObjectKey, key: str, suffix: str) -> Path | None:
        """The file of any object of the store, kept here under `key`; None if the store has no such object."""
        local = super().get(key, suffix)
        if local is not None:
            return local
        with self.scratch() as folder, contextlib.suppress(ObjectMissing):
            self._bridge.wait(lambda: self._bridge.objects.fetch(source, folder / "fetched"))
            return super().put(key, suffix, folder / "fetched")
        return None

    def _behind(self, key: str, suffix: str) -> ObjectKey:
        return parts(self.tenant) / f"{key}{suffix}"


def trim(root: Path, max_bytes: int) -> int:
    """Remove from all tenants' folders what killed processes left, and the files used longest ago over the cap.

    Files used in the last hour stay, even over the cap. Returns the bytes freed. For one process at a time is enough;
    several don't harm each other.
    """
    now = time.time()
    for folder in root.glob("*/scratch/*"):
        with contextlib.suppress(FileNotFoundError):
            if folder.stat().st_mtime < now - GRACE_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
    files = []
    for path in root.glob("*/objects/*/*"):
        with contextlib.suppress(FileNotFoundError):
            stat = path.stat()
            files.append((stat.st_mtime, stat.st_size, path))
    excess = sum(size for _, size, _ in files) - max_bytes
    freed = 0
    for used, size, path in sorted(files):
        if freed >= excess or used >= now - LEASE_SECONDS:
            break
        path.unlink(missing_ok=True)
        freed += size
    return freed
