"""What must always be so of quotas, counted. Every number is 0 once events under way have been handled."""

from __future__ import annotations

from services.billing.app import Billing
from services.billing.ledger import mischarged_jobs, unequal_balances


async def invariants(service: Billing) -> dict[str, int]:
    """I3: jobs charged other than once or not at all. I4: balances unequal to a recount."""
    async with service.database.system() as uow:
        return {
            "mischarged_jobs": len(await mischarged_jobs(uow)),
            "unequal_balances": len(await unequal_balances(uow)),
        }
