"""The built service: what its routes, its consumers and those who ask it share."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from contracts.clients.entitlements import Allowance, Wanted
from kernel.db import Database
from kernel.ids import TenantId
from kernel.uow import UnitOfWork
from services.billing import reservations, subscriptions
from services.billing.subscriptions import Account
from services.billing.thresholds import announce, used

LIMITS = ("videos", "render_seconds", "storage_bytes", "members", "concurrent_jobs", "max_height")


@dataclass(frozen=True, slots=True)
class Billing:
    """The service in this process; it is also its own answer to `contracts.clients.entitlements.Entitlements`."""

    database: Database
    default_plan: str

    async def account(self, tenant: TenantId) -> Account:
        """Subscription, plan and use of a workspace."""
        return await self.database.transact(tenant, lambda uow: subscriptions.account(uow, tenant, self.default_plan))

    async def reserve(self, tenant: TenantId, job_id: UUID, wanted: Wanted) -> None:
        """Hold a place for the job; see `reservations.reserve` for what it refuses."""
        await self.database.transact(
            tenant, lambda uow: reservations.reserve(uow, tenant, job_id, wanted, self.default_plan)
        )

    async def commit(self, tenant: TenantId, job_id: UUID, render_seconds: int) -> None:
        """Charge the job with what it really took, once. Raises NotFound for a job that is not this workspace's."""

        async def work(uow: UnitOfWork) -> None:
            if await reservations.commit(uow, tenant, job_id, render_seconds, self.default_plan):
                await announce(uow, tenant, self.default_plan, "videos", "render_seconds")

        await self.database.transact(tenant, work)

    async def release(self, tenant: TenantId, job_id: UUID) -> None:
        """Give the job's place back, if it holds one."""
        await self.database.transact(tenant, lambda uow: reservations.release(uow, tenant, job_id))

    async def allowance(self, tenant: TenantId) -> Allowance:
        """The plan, its limits and what is used."""
        here = await self.account(tenant)
        return Allowance(
            plan=here.plan.id,
            limits={name: getattr(here.plan, name) for name in LIMITS},
            used={str(quota): amount for quota, amount in used(here.balance).items()},
            features=frozenset(here.plan.features),
        )
