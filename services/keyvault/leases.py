"""Lending a key: the one way by which a value leaves the store towards a provider.

It is lent to a workspace for its own connection, while that is enabled, for one host of the connector. Everything else
is refused and leaves a security record in the log of the workspace that asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import or_, select, update

from kernel.clock import now
from kernel.db import Database
from kernel.errors import AppError, UnknownReference
from kernel.ids import TenantId
from kernel.keystore import KeysShredded, KeyStore, SecretIntegrityError, SecretMissing
from kernel.secret import Secret
from kernel.uow import UnitOfWork
from services.keyvault.connectors import Connector
from services.keyvault.errors import HostNotAllowed, KeyDisabled
from services.keyvault.models import Connection

#: the time of last use is kept this exactly, so that a busy key is not a busy row
USE_EVERY: Final = timedelta(minutes=1)


async def lease(
    database: Database,
    store: KeyStore,
    connectors: Mapping[str, Connector],
    tenant: TenantId,
    connection_id: UUID,
    *,
    job_id: UUID,
    host: str,
) -> Secret:
    """The key of a connection for one call to `host`.

    Raises UnknownReference, KeyDisabled, HostNotAllowed, SecretMissing, SecretIntegrityError, KeysShredded and
    Unavailable.
    """
    refusal: AppError
    try:
        connection = await _connection(database, connectors, tenant, connection_id, host)
        return await _value(database, store, tenant, connection)
    except (UnknownReference, HostNotAllowed, SecretIntegrityError, KeysShredded) as error:
        refusal = error
    await record_refusal(database, tenant, connection_id, refusal, {"job": str(job_id), "host": host[:253]})
    raise refusal


async def read(database: Database, tenant: TenantId, connection_id: UUID) -> Connection | None:
    """The workspace's connection of that id."""
    async with database.unit_of_work(tenant) as uow:
        found: Connection | None = await uow.session.scalar(select(Connection).where(Connection.id == connection_id))
        return found


async def opened(database: Database, store: KeyStore, tenant: TenantId, connection: Connection) -> Secret:
    """The value of a connection as it is now; of one that is rotated at this moment, the new one."""
    place = connection.connector, connection.id
    try:
        return await store.use(tenant, *place, connection.version)
    except SecretMissing:
        later = await read(database, tenant, connection.id)
        if later is None or later.version == connection.version:
            raise
        return await store.use(tenant, *place, later.version)


async def record_refusal(
    database: Database, tenant: TenantId, connection_id: UUID, refusal: AppError, about: dict[str, str]
) -> None:
    """A security record: who asked for which key, and why they got none. A transaction of its own, so that it stays."""

    async def record(uow: UnitOfWork) -> None:
        uow.audit("key.refused", f"connection:{connection_id}", reason=refusal.code, after=about)

    await database.transact(tenant, record)


async def _connection(
    database: Database, connectors: Mapping[str, Connector], tenant: TenantId, connection_id: UUID, host: str
) -> Connection:
    found = await read(database, tenant, connection_id)
    if found is None or found.connector not in connectors:
        raise UnknownReference
    if host.lower() not in _hosts(connectors[found.connector], found):
        raise HostNotAllowed
    if not found.enabled:
        raise KeyDisabled
    return found


def _hosts(connector: Connector, connection: Connection) -> frozenset[str]:
    """The hosts a connection's key may be sent to."""
    own = urlsplit(connection.base_url).hostname if connection.base_url else None
    return connector.hosts | ({own} if own else frozenset())


async def _value(database: Database, store: KeyStore, tenant: TenantId, connection: Connection) -> Secret:
    value = await opened(database, store, tenant, connection)
    at = now()
    unused = or_(Connection.last_used_at.is_(None), Connection.last_used_at < at - USE_EVERY)

    async def used(uow: UnitOfWork) -> None:
        await uow.session.execute(
            update(Connection).where(Connection.id == connection.id, unused).values(last_used_at=at)
        )

    await database.transact(tenant, used)
    return value
