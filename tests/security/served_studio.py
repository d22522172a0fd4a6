"""A whole studio served over HTTP from a thread of its own, for clients that block; with one workspace furnished.

with served(database_server, folder, photo) as studio:
    httpx2.get(f"{studio.address}/healthz")
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from neighbours import PLAN, done, furnish

from adapters.keys_sealed import FileMasterKeys, SealedKeys
from kernel.testing.postgres import DatabaseServer
from keyreel.studio.services import specs
from keyreel.studio.settings import StudioSettings
from services.auth.testing import Browser, House, house


@dataclass
class ServedStudio:
    """`token` is the owner's access token, `things` are ids of what the workspace has, by name."""

    address: str = ""
    token: str = ""
    things: dict[str, str] = field(default_factory=dict)
    house: House | None = None
    owner: Browser | None = None
    ready: threading.Event = field(default_factory=threading.Event)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    loop: asyncio.AbstractEventLoop | None = None
    error: BaseException | None = None


@contextmanager
def served(server: DatabaseServer, folder: Path, photo: bytes) -> Iterator[ServedStudio]:
    """Nothing works in its background, and no limit counts: every request reaches its operation."""
    studio = ServedStudio()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(studio, server, folder, photo)))
    thread.start()
    studio.ready.wait(120)
    try:
        if studio.error is not None:
            raise studio.error
        yield studio
    finally:
        if studio.loop is not None and not studio.loop.is_closed():
            studio.loop.call_soon_threadsafe(studio.stop.set)
        thread.join(30)


async def _serve(studio: ServedStudio, server: DatabaseServer, folder: Path, photo: bytes) -> None:
    studio.loop = asyncio.get_running_loop()
    store = SealedKeys(folder / "keys", FileMasterKeys(folder / "master.key"))
    try:
        async with AsyncExitStack() as stack:
            settings = StudioSettings(default_plan=PLAN, data_dir=folder, render_workers=1)
            here = await stack.enter_async_context(
                house(*specs(), server=server, folder=folder, keys=store, settings=settings)
            )
            owner = await here.member("ada@example.com")
            studio.things = await furnish(here, owner, "", photo)
            await done(owner, "POST", "/auth/refresh", {})
            studio.token = owner.session["access_token"]
            studio.house, studio.owner = here, owner
            studio.address = await stack.enter_async_context(here.running.served())
            studio.ready.set()
            await studio.stop.wait()
    except BaseException as error:  # told to the thread that waits
        studio.error = error
        raise
    finally:
        studio.ready.set()
        store.close()
