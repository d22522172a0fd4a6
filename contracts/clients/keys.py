"""`keys.lease`: the key of a connection, for one call to one host. Answered by keyvault."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from kernel.ids import TenantId
from kernel.secret import Secret


class Keys(Protocol):
    """If keyvault is down or sealed, jobs wait and go on when it is back."""

    async def lease(self, tenant: TenantId, connection_id: UUID, *, job_id: UUID, host: str) -> Secret:
        """The key, if the connection is this tenant's, enabled, and `host` belongs to its connector.

        Raises UnknownReference (422), KeyDisabled (409), HostNotAllowed (403, with a security record).
        """
