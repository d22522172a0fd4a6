"""The whole studio in one process: database, services, background and web app, started and stopped together.

    lock ─▶ folder ─▶ store of keys ─▶ Postgres ─▶ migrations ─▶ services ─▶ HTTP

Everything is released in the opposite order. What was acknowledged is in the database, so a kill at any moment loses
nothing: the next start ends what was left running and goes on.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import asyncpg
import structlog

from adapters.events_local import LocalTransport
from adapters.folder_lock import AlreadyRunning, DataFolderLock
from adapters.keys_sealed import SealedKeys
from adapters.postgres_embedded import EmbeddedPostgres, PostgresNotStarted
from kernel.background import Background
from kernel.db import Database
from kernel.http.app import HttpOptions
from kernel.inbox import Inbox
from kernel.keystore import KeyStore
from kernel.migrations import Migrated, migrate
from kernel.roles import service_password, service_url
from kernel.secret import Secret
from kernel.service import BuiltService, Installation, Ports, ServiceSpec, Studio, check_whole, compose
from kernel.task_expiry import end_leases
from keyreel.studio import ports
from keyreel.studio.backup import DATABASE, restore
from keyreel.studio.errors import StudioRefused
from keyreel.studio.folder import DataFolder
from keyreel.studio.root_key import root_key
from keyreel.studio.services import WHOLE, Share, specs
from keyreel.studio.settings import StudioSettings

log = structlog.get_logger(__name__)

#: how often it is seen whether the database lives, and how soon after a failed start it is tried again, seconds
_LOOK_SECONDS: Final = 0.5
_AGAIN_SECONDS: Final = 5.0
#: the web app as `make up` builds it in a checkout
_BUILT = Path(__file__).parents[2] / "frontend" / "client" / "dist"


@dataclass(frozen=True, slots=True)
class Ground:
    """What an embedded studio stands on: its folder, its database server, its store of keys."""

    settings: StudioSettings
    folder: DataFolder
    server: EmbeddedPostgres
    keys: KeyStore
    root: Secret

    @property
    def owner_url(self) -> Secret:
        """The database, for its owner."""
        return self.server.url(DATABASE)

    def passwords(self, services: list[ServiceSpec]) -> dict[str, Secret]:
        """Of each service's role."""
        return {one.name: service_password(self.root, one.name) for one in services}

    def database(self, service: str) -> Database:
        """One service's way to its tables."""
        return Database(service, service_url(self.owner_url, service, service_password(self.root, service)))


@contextmanager
def _held(folder: DataFolder, note: str) -> Iterator[None]:
    folder.prepare()
    lock = DataFolderLock(folder.root)
    lock.acquire()
    lock.note(note)
    try:
        folder.settle()
        yield
    finally:
        lock.release()


@asynccontextmanager
async def ground(settings: StudioSettings) -> AsyncIterator[Ground]:
    """Lock the folder, open the store of keys, start the database. Call it from the main thread.

    Raises AlreadyRunning, StudioRefused, KeyStoreRefused, PostgresNotStarted.
    """
    if not settings.embedded:
        raise StudioRefused("This needs the embedded database: unset KEYREEL_DATABASE_URL.")
    folder = DataFolder(settings.data_dir.expanduser().absolute())
    with _held(folder, f", port {settings.port}"):
        keys = ports.keys(settings, folder)
        try:
            root = await root_key(keys)
            with EmbeddedPostgres(folder.state) as server:
                await create_database(server)
                watch = asyncio.create_task(_keep_alive(server))
                try:
                    yield Ground(settings, folder, server, keys, root)
                finally:
                    watch.cancel()
        finally:
            keys.close()


async def _keep_alive(server: EmbeddedPostgres) -> None:
    """Starts the database again when it ends by itself: nobody else would, and every request would be refused."""
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        if not server.running:
            log.error("database_ended")
            # In this thread, which the server has to be a child of: nothing could be answered meanwhile anyway.
            try:
                server.revive()
            except PostgresNotStarted as error:
                log.error("database_not_revived", reason=error.detail)
                await asyncio.sleep(_AGAIN_SECONDS)


@asynccontextmanager
async def reach(settings: StudioSettings) -> AsyncIterator[tuple[DataFolder, EmbeddedPostgres]]:
    """The folder and its database for the operator's own acts, whether a studio is running on it or not.

    Raises what `ground` raises but AlreadyRunning.
    """
    try:
        async with ground(settings) as on:
            yield on.folder, on.server
    except AlreadyRunning:
        folder = DataFolder(settings.data_dir.expanduser().absolute())
        server = EmbeddedPostgres(folder.state)
        server.attach()
        yield folder, server


async def create_database(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(server.url().reveal())
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await connection.close()


async def bring_up_to_date(on: Ground) -> list[Migrated]:
    """Run what migrations there are. Raises NewerSchema."""
    services = specs()
    return await migrate(on.owner_url, [one.history for one in services], on.passwords(services))


@asynccontextmanager
async def studio_on(on: Ground, share: Share = WHOLE) -> AsyncIterator[Studio]:
    """All services in this process, composed but not started: the application's lifespan does that.

    `share` says whose routes are served and whose events and tasks are worked on; the others answer questions.
    """
    services = specs()
    check_whole(services)
    async with AsyncExitStack() as stack:
        databases: dict[str, Database] = {}
        for one in services:
            databases[one.name] = on.database(one.name)
            stack.push_async_callback(databases[one.name].close)
            # The folder is ours alone, so whoever still holds a lease was killed: its tasks need not wait for the end.
            await end_leases(databases[one.name])
        settings = on.settings
        installation = Installation(
            databases=databases,
            settings=settings,
            ports=Ports(
                objects=ports.objects(settings, on.folder),
                mail=ports.mail(settings, on.folder),
                limits=ports.limits(settings),
                keys=on.keys,
                data_dir=on.folder.root,
            ),
            base_url=settings.base_url,
            root_key=on.root,
        )
        options = HttpOptions(
            base_url=settings.base_url,
            allowed_hosts=settings.allowed_hosts,
            trusted_proxies=settings.trusted_proxies,
            web_dir=settings.web_dir or _BUILT,
            version=version("keyreel"),
        )
        inboxes = [Inbox(databases[one.name], one.events) for one in services if one.events is not None]
        workers = settings.render_workers or len(os.sched_getaffinity(0))

        def background(built: Sequence[BuiltService]) -> Background:
            working = [one.backed for one in built if one.spec.name in share.work]
            return Background(working, LocalTransport(inboxes), places={"cpu": workers})

        yield compose(services, installation, options, runner=background, serve=share.serve)


async def restore_state(settings: StudioSettings, source: Path) -> None:
    """Put a backup in the place of the present state. Raises AlreadyRunning, BackupRefused, KeyStoreRefused."""
    folder = DataFolder(settings.data_dir.expanduser().absolute())
    with _held(folder, ", restoring"):
        services = specs()
        # The keys come first: a backup that this master key can't open is refused before anything is made of it.
        with tempfile.TemporaryDirectory(dir=folder.root) as scratch:
            shutil.copytree(source / "keys", Path(scratch, "keys"))
            keys = SealedKeys(Path(scratch, "keys"), ports.master_keys(settings, folder))
            try:
                root = await root_key(keys)
            finally:
                keys.close()
        passwords = {one.name: service_password(root, one.name) for one in services}
        await restore(source, folder, [one.history for one in services], passwords)
