"""Keyvault on a real database and a real sealed store; its providers are web servers on loopback."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

import services.keyvault
from adapters.keys_sealed import FileMasterKeys, SealedKeys
from kernel.envelope import Envelope
from kernel.events import Event, handling
from kernel.ids import TenantId, uuid7
from kernel.migrations import History
from kernel.outbound import AllowList, Outbound
from kernel.secret import Secret
from kernel.testing.postgres import DatabaseServer
from kernel.testing.web import LocalWeb, reply
from services.keyvault import connections
from services.keyvault.app import Keyvault
from services.keyvault.connectors import CONNECTORS
from services.keyvault.consumers import events
from services.keyvault.models import Connection

HISTORY = History("keyvault", Path(services.keyvault.__file__).parent / "migrations")
OPENAI_KEY = Secret("sk-test-0123456789abcdefWXYZ")

GOOD_KEYS = {
    "pexels": "563492ad6f917000010000014c1a2b3c4d5e6f708192a3b4c5d6e7f8",
    "pixabay": "12345678-0a1b2c3d4e5f60718293a4b5c",
    "unsplash": "Ab3_-9" * 7 + "x",
    "freesound": "A1b2C3d4" * 5,
    "jamendo": "0a1b2c3d",
    "openai": "sk-proj-" + "Ab3_-" * 20,
    "openai-compatible": "any-token!",
    "anthropic": "sk-ant-api03-" + "Ab3_-" * 18,
    "elevenlabs": "sk_" + "0a1b2c3d" * 6,
    "stability": "sk-" + "Ab3" * 16,
    "gemini": "AIza" + "Ab3_-" * 7,
    "deepgram": "0a1b2c3d" * 5,
}


@dataclass
class Vault:
    """Keyvault with short ways to act and look. Every connector's base URL is the local `provider`."""

    keyvault: Keyvault
    provider: LocalWeb
    folder: Path

    async def add(
        self, tenant: TenantId, connector: str = "openai", key: Secret = OPENAI_KEY, **more: Any
    ) -> Connection:
        given = {"name": None, "base_url": None, **more}
        return await connections.add(self.keyvault, tenant, self.keyvault.connector(connector), key, **given)

    async def lease(self, tenant: TenantId, connection_id: UUID, host: str = "api.openai.com") -> Secret:
        return await self.keyvault.lease(tenant, connection_id, job_id=uuid7(), host=host)

    async def rows(self, query: str) -> list[dict[str, Any]]:
        async with self.keyvault.database.system() as uow:
            return [dict(row._mapping) for row in await uow.session.execute(text(query))]

    async def emitted(self, topic: str, tenant: TenantId | None = None) -> list[dict[str, Any]]:
        """The data of the events of a type, in the order they were stated."""
        rows = await self.rows(
            f"SELECT tenant_id, envelope -> 'data' AS data FROM outbox WHERE topic = '{topic}' ORDER BY seq"
        )
        return [row["data"] for row in rows if tenant in (None, row["tenant_id"])]

    async def tell(self, tenant: TenantId, event: Event) -> None:
        """Handles one event as the inbox does."""
        for subscription in events.of_topic(event.type):

            async def work(uow: Any, handler: Any = subscription.handler) -> None:
                with handling(Envelope.around(event, source="test", tenant=tenant, traceparent=None)):
                    await handler(event, uow, self.keyvault)

            await self.keyvault.database.transact(tenant, work)


@pytest.fixture
async def vault(database_server: DatabaseServer, tmp_path: Path) -> AsyncIterator[Vault]:
    store = SealedKeys(tmp_path / "keys", FileMasterKeys(tmp_path / "private" / "master.key"))
    async with (
        database_server.fresh([HISTORY]) as databases,
        LocalWeb(lambda asked: reply(200, b'{"data": []}')) as provider,
    ):
        here = f"127.0.0.1:{provider.port}"
        outbound = Outbound(AllowList.of(here))
        local = {
            one.id: one if one.takes_base_url else dataclasses.replace(one, base_url=f"http://{here}")
            for one in CONNECTORS
        }
        yield Vault(Keyvault(databases["keyvault"], store, outbound, local), provider, tmp_path)
        await outbound.aclose()
    store.close()


@pytest.fixture
def tenant() -> TenantId:
    return TenantId(uuid7())


@pytest.fixture
def good_keys() -> dict[str, str]:
    """A key of each connector in its usual form."""
    return GOOD_KEYS
