"""Upkeep: sealed values that a crash left without a row."""

from __future__ import annotations

import structlog

from kernel.tasks import Run, Tasks, Tick
from services.keyvault.app import Keyvault
from services.keyvault.connections import tidy

log = structlog.get_logger(__name__)

tasks = Tasks("keyvault")


@tasks.every("keyvault.tidy", cron="17 * * * *")
async def tidy_all(run: Run[Tick], service: Keyvault) -> None:
    """Every hour, of every workspace."""
    gone = 0
    async for tenant in service.store.tenants():
        gone += await tidy(service, tenant)
    if gone:
        log.info("keys_tidied", count=gone)
