"""Billing on a real database, with its events handed to it as its inbox would."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

import services.billing
from contracts.clients.entitlements import Wanted
from kernel.envelope import Envelope
from kernel.events import Event, handling
from kernel.ids import TenantId, uuid7
from kernel.migrations import History
from kernel.testing.postgres import DatabaseServer
from services.billing.app import Billing
from services.billing.consumers import events
from services.billing.ledger import mischarged_jobs, unequal_balances

HISTORY = History("billing", Path(services.billing.__file__).parent / "migrations")


@dataclass
class Desk:
    """Billing with short ways to ask, tell and look."""

    billing: Billing

    async def reserve(self, tenant: TenantId, job: UUID, seconds: int = 60, height: int = 1080) -> None:
        await self.billing.reserve(tenant, job, Wanted(render_seconds=seconds, height=height))

    async def tell(self, tenant: TenantId, event: Event, *, at: datetime | None = None) -> None:
        """Handles one event as the inbox does: in one transaction, the envelope at hand."""
        envelope = Envelope.around(event, source="test", tenant=tenant, traceparent=None)
        if at is not None:
            envelope = envelope.model_copy(update={"time": at})
        for subscription in events.of_topic(event.type):

            async def work(uow: Any, handler: Any = subscription.handler) -> None:
                with handling(envelope):
                    await handler(event, uow, self.billing)

            await self.billing.database.transact(tenant, work)

    async def balance(self, tenant: TenantId) -> dict[str, Any]:
        async with self.billing.database.system() as uow:
            row = await uow.session.execute(text("SELECT * FROM balances WHERE tenant_id = :t"), {"t": tenant})
            return dict(row.one()._mapping)

    async def emitted(self, topic: str) -> list[dict[str, Any]]:
        """The data of the events of a type, in the order they were stated."""
        async with self.billing.database.system() as uow:
            query = text("SELECT envelope -> 'data' FROM outbox WHERE topic = :topic ORDER BY seq")
            return list((await uow.session.scalars(query, {"topic": topic})).all())

    async def put_on(self, tenant: TenantId, **limits: int | None) -> None:
        """Puts a workspace on a plan of its own, with no limits but these."""
        await self.billing.account(tenant)
        columns = {"videos": None, "render_seconds": None, "storage_bytes": None, "members": None}
        columns |= {"concurrent_jobs": None, "max_height": None, **limits}
        async with self.billing.database.system() as uow:
            await uow.session.execute(
                text(
                    "INSERT INTO plans (id, version, name, monthly_price_cents, currency, offered, features, "
                    f"{', '.join(columns)}) VALUES (:id, 1, 'Own', 0, 'USD', false, '[]', "
                    f"{', '.join(':' + name for name in columns)})"
                ),
                {"id": str(tenant), **columns},
            )
            await uow.session.execute(
                text("UPDATE subscriptions SET plan_id = :id, plan_version = 1 WHERE tenant_id = :tenant"),
                {"id": str(tenant), "tenant": tenant},
            )

    async def check(self) -> None:
        """Invariants I3 and I4."""
        async with self.billing.database.system() as uow:
            assert await mischarged_jobs(uow) == []
            assert await unequal_balances(uow) == []


@pytest.fixture
async def desk(database_server: DatabaseServer) -> AsyncIterator[Desk]:
    async with database_server.fresh([HISTORY], pool_timeout=60.0) as databases:
        yield Desk(Billing(databases["billing"], default_plan="free"))


@pytest.fixture
def tenant() -> TenantId:
    return TenantId(uuid7())
