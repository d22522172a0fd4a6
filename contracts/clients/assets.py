"""`objects.grant`: which object is this asset, and is it this tenant's? Answered by storage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from uuid import UUID

from kernel.ids import TenantId


@dataclass(frozen=True, slots=True)
class AssetGrant:
    """An uploaded file: where its bytes lie and what they are (`ResolvedAsset` as JSON, once recognised)."""

    asset_id: UUID
    state: Literal["uploading", "probing", "ready", "refused"]
    object_key: str
    sha256: str
    described: dict[str, Any] | None


class Assets(Protocol):
    """If storage is down, jobs wait in their stage; nothing is lost."""

    async def grant(self, tenant: TenantId, asset_ids: Sequence[UUID]) -> dict[UUID, AssetGrant]:
        """Those of the ids that are this tenant's; unknown and foreign ones are simply not in the answer."""
