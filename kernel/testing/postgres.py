"""A real Postgres for tests: one server a test process, a database of its own for whoever asks.

    async def test_x(database_server: DatabaseServer) -> None:
        async with database_server.fresh([History("storage", folder)]) as databases:
            databases["storage"].unit_of_work(tenant)

The plugin is loaded by `addopts` (pyproject.toml).
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from adapters.postgres_embedded import EmbeddedPostgres
from kernel.db import Database
from kernel.ids import uuid7
from kernel.migrations import History, migrate
from kernel.roles import service_password, service_url
from kernel.secret import Secret

_MASTER: Final = Secret("the master secret of tests")
#: what a test writes need not survive a power cut
_HASTY: Final = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_wal_size": "1GB"}


class DatabaseServer:
    """Migrates a set of services once and copies the result, which takes some 50 ms."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.server = server
        self._templates: dict[tuple[tuple[str, Path], ...], str] = {}

    @asynccontextmanager
    async def fresh(self, histories: Sequence[History], **options: Any) -> AsyncIterator[dict[str, Database]]:
        """A migrated database and each service's `Database` on it; dropped afterwards. `options` go to `Database`."""
        async with self.fresh_url(histories) as owner:
            databases = {
                one.service: Database(one.service, self.app_url(owner, one.service), **options) for one in histories
            }
            try:
                yield databases
            finally:
                for database in databases.values():
                    await database.close()

    @asynccontextmanager
    async def fresh_url(self, histories: Sequence[History]) -> AsyncIterator[Secret]:
        """The owner's address of a migrated database, dropped afterwards."""
        template = await self._template(histories)
        name = f"t_{uuid7().hex}"
        await self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        try:
            yield self.server.url(name)
        finally:
            await self._run(f"DROP DATABASE {name} WITH (FORCE)")

    @staticmethod
    def app_url(owner: Secret, service: str) -> Secret:
        """The address as a service's app role."""
        return service_url(owner, service, service_password(_MASTER, service))

    async def _template(self, histories: Sequence[History]) -> str:
        key = tuple((one.service, one.folder) for one in histories)
        if key not in self._templates:
            name = f"template_{uuid7().hex}"
            await self._run(f"CREATE DATABASE {name}")
            passwords = {one.service: service_password(_MASTER, one.service) for one in histories}
            await migrate(self.server.url(name), histories, passwords)
            self._templates[key] = name
        return self._templates[key]

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(self.server.url().reveal())
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def database_server() -> Iterator[DatabaseServer]:
    """The test process's server; what it holds goes away with it."""
    # Not below pytest's own folder, where nobody but us may go: as root the server may be somebody else.
    with (
        tempfile.TemporaryDirectory(prefix="keyreel-postgres-") as folder,
        EmbeddedPostgres(Path(folder), settings=_HASTY) as server,
    ):
        yield DatabaseServer(server)


async def wait_until(condition: Any, seconds: float = 10.0) -> None:
    """Waits for `condition()` (plain or async) to be true; AssertionError after `seconds`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        found = condition()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return
        if loop.time() > deadline:
            raise AssertionError("it didn't come true in time")
        await asyncio.sleep(0.01)
