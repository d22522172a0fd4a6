"""The renderer in a process of its own, to be killed: renderer_process.py DATABASE_URL FOLDER; ends when idle.

Failpoints come by the environment. It prints "ready" when it begins to work.
"""

import asyncio
import sys
from pathlib import Path

from adapters.events_local import LocalTransport
from adapters.limits_memory import MemoryLimits
from adapters.mail_console import ConsoleMailer
from adapters.objects_files import FileObjects
from kernel.background import Background
from kernel.db import Database
from kernel.http.app import HttpOptions
from kernel.inbox import Inbox
from kernel.secret import Secret
from kernel.service import Installation, Ports, compose
from kernel.settings import Settings
from services.renderer.service import SPEC


class RendererSettings(Settings):
    """What the renderer reads of the studio's settings."""

    render_workers: int = 0


async def work(url: str, folder: Path) -> None:
    database = Database("renderer", Secret(url))
    ports = Ports(FileObjects(folder / "objects"), ConsoleMailer(folder / "mail"), MemoryLimits(), data_dir=folder)
    installation = Installation(
        databases={"renderer": database},
        settings=RendererSettings(),
        ports=ports,
        base_url="http://localhost",
        root_key=Secret("root"),
    )
    studio = compose([SPEC], installation, HttpOptions(base_url="http://localhost"))
    background = Background([one.backed for one in studio.built], LocalTransport([Inbox(database, SPEC.events)]))
    print("ready", flush=True)
    await background.drain()
    await database.close()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], Path(sys.argv[2])))
