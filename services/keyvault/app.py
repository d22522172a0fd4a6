"""The built service: what its routes, its consumers and those who ask it for keys share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from kernel.db import Database
from kernel.errors import InvalidInput, Violation
from kernel.ids import TenantId
from kernel.keystore import KeyStore
from kernel.outbound import Outbound
from kernel.secret import Secret
from services.keyvault.connectors import Connector
from services.keyvault.leases import lease


@dataclass(frozen=True, slots=True)
class Keyvault:
    """The service in this process; it is also its own answer to `contracts.clients.keys.Keys`."""

    database: Database
    store: KeyStore
    outbound: Outbound
    connectors: Mapping[str, Connector]

    def connector(self, name: str) -> Connector:
        """Raises InvalidInput (`unknown_choice`), with the names there are."""
        if name not in self.connectors:
            names = ", ".join(self.connectors)
            raise InvalidInput(violations=(Violation("/connector", "unknown_choice", f"Choose one of: {names}."),))
        return self.connectors[name]

    async def lease(self, tenant: TenantId, connection_id: UUID, *, job_id: UUID, host: str) -> Secret:
        """The key, for one call to `host`; see `leases.lease` for who gets none."""
        return await lease(self.database, self.store, self.connectors, tenant, connection_id, job_id=job_id, host=host)
