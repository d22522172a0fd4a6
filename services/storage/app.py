"""The built service: what its routes, consumers and tasks share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from sqlalchemy import select

from contracts.clients.assets import AssetGrant
from contracts.clients.entitlements import Allowance, Entitlements
from kernel.db import Database
from kernel.ids import TenantId
from kernel.objects import Objects
from kernel.service import Environment
from services.storage.media import MediaAddresses
from services.storage.models import Asset
from services.storage.settings import Rules, StorageSettings


@dataclass(frozen=True, slots=True)
class Storage:
    """The service in this process; it is also its own answer to `contracts.clients.assets.Assets`."""

    database: Database
    objects: Objects
    media: MediaAddresses
    rules: Rules
    base_url: str
    env: Environment = field(repr=False)

    async def allowance(self, tenant: TenantId) -> Allowance:
        """The workspace's plan and use, asked of billing."""
        return await self.env.ask(Entitlements).allowance(tenant)  # type: ignore[type-abstract]  # asked by protocol

    async def grant(self, tenant: TenantId, asset_ids: Sequence[UUID]) -> dict[UUID, AssetGrant]:
        """Those of the ids that are this tenant's assets, with what is known of them."""
        async with self.database.unit_of_work(tenant) as uow:
            found = await uow.session.scalars(select(Asset).where(Asset.id.in_(asset_ids)))
            return {
                asset.id: AssetGrant(
                    asset_id=asset.id,
                    state=asset.state,  # type: ignore[arg-type]  # one of its states: the table checks it
                    object_key=asset.object_key,
                    sha256=asset.sha256 or "",
                    described=asset.described,
                )
                for asset in found
            }


def build(env: Environment) -> Storage:
    """Put the service together."""
    return Storage(
        database=env.database,
        objects=env.ports.objects,
        media=MediaAddresses(env.key("media")),
        rules=Rules.of(cast(StorageSettings, env.settings)),
        base_url=env.base_url,
        env=env,
    )
