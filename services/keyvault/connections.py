"""The life of a connection: given, tried, replaced, switched off and on, taken away.

A value is sealed before the row that names it is committed, and destroyed after the row is gone. What a crash leaves
between the two is a sealed value nobody names, which `tidy` destroys; never a row without its value.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import delete, select

from contracts.events.usage import KeyChanged
from kernel import failpoints
from kernel.clock import now
from kernel.errors import InvalidInput, NotFound, Violation
from kernel.ids import TenantId, uuid7
from kernel.keystore import SecretIntegrityError
from kernel.outbound import ProviderUnreachable, UrlNotAllowed
from kernel.secret import Secret
from kernel.uow import UnitOfWork
from services.keyvault.app import Keyvault
from services.keyvault.connectors import Connector, Outcome
from services.keyvault.formats import check_format, last_four
from services.keyvault.leases import opened, read, record_refusal
from services.keyvault.models import Connection
from services.keyvault.trial import Verdict, try_key

#: a sealed value without a row may belong to a request that is just running
TIDY_AFTER: Final = timedelta(hours=1)

_KEPT_AS: Final[dict[Outcome, Literal["works", "limited", "rejected"]]] = {
    "valid": "works",
    "limited": "limited",
    "invalid": "rejected",
}

failpoints.declare("keyvault.sealed", "a key is sealed, its row is not committed")
failpoints.declare("keyvault.removed", "the row of a key is gone, its value is still sealed")


async def add(
    service: Keyvault, tenant: TenantId, connector: Connector, key: Secret, name: str | None, base_url: str | None
) -> Connection:
    """Takes a key. Raises InvalidKeyFormat, InvalidInput, UrlNotAllowed, ProviderUnreachable (no such host)."""
    check_format(connector, key)
    address = await _checked_address(service, connector, base_url)
    connection_id = uuid7()
    await service.store.put(tenant, connector.id, connection_id, 1, key)
    failpoints.hit("keyvault.sealed")

    async def keep(uow: UnitOfWork) -> Connection:
        connection = Connection(
            id=connection_id,
            tenant_id=tenant,
            connector=connector.id,
            name=name or connector.name,
            base_url=address,
            last_four=last_four(key),
            enabled=True,
            verdict="unknown",
            version=1,
            created_at=now(),
        )
        uow.session.add(connection)
        _tell(uow, connection, "added")
        return connection

    return await service.database.transact(tenant, keep)


async def rotate(service: Keyvault, tenant: TenantId, connection_id: UUID, key: Secret) -> Connection:
    """Replaces a key; the old one is destroyed. Raises NotFound, InvalidKeyFormat."""

    async def replace(uow: UnitOfWork) -> Connection:
        connection = await _locked(uow, connection_id)
        check_format(service.connector(connection.connector), key)
        version = connection.version + 1
        # Under the row's lock: of two that replace a key at once, each seals its own version.
        await service.store.put(tenant, connection.connector, connection.id, version, key)
        failpoints.hit("keyvault.sealed")
        connection.version, connection.last_four, connection.verdict = version, last_four(key), "unknown"
        _tell(uow, connection, "rotated")
        return connection

    connection = await service.database.transact(tenant, replace)
    await service.store.delete(tenant, connection.id, below=connection.version)
    return connection


async def change(
    service: Keyvault, tenant: TenantId, connection_id: UUID, name: str | None, enabled: bool | None
) -> Connection:
    """Renames, switches off or on. Raises NotFound."""

    async def alter(uow: UnitOfWork) -> Connection:
        connection = await _locked(uow, connection_id)
        if name is not None:
            connection.name = name
        if enabled is not None and enabled != connection.enabled:
            connection.enabled = enabled
            _tell(uow, connection, "enabled" if enabled else "disabled")
        return connection

    return await service.database.transact(tenant, alter)


async def remove(service: Keyvault, tenant: TenantId, connection_id: UUID) -> None:
    """Destroys a key and forgets that it was there. Raises NotFound."""

    async def forget(uow: UnitOfWork) -> None:
        connection = await _locked(uow, connection_id)
        await uow.session.execute(delete(Connection).where(Connection.id == connection.id))
        _tell(uow, connection, "removed")

    await service.database.transact(tenant, forget)
    failpoints.hit("keyvault.removed")
    await service.store.delete(tenant, connection_id)


async def try_out(service: Keyvault, tenant: TenantId, connection_id: UUID) -> Verdict:
    """Asks the provider what it thinks of the key, and keeps the answer. `unknown` leaves what was known.

    Raises NotFound, UrlNotAllowed, SecretMissing, SecretIntegrityError.
    """
    connection = await read(service.database, tenant, connection_id)
    if connection is None:
        raise NotFound
    try:
        key = await opened(service.database, service.store, tenant, connection)
    except SecretIntegrityError as damaged:
        await record_refusal(service.database, tenant, connection_id, damaged, {})
        raise
    tried = await try_key(service.outbound, service.connector(connection.connector), connection.base_url, key)
    kept = _KEPT_AS.get(tried.outcome)

    async def keep(uow: UnitOfWork) -> None:
        row = await _found(uow, connection_id)
        if kept is None or row is None or row.version != connection.version or row.verdict == kept:
            return
        row.verdict = kept
        _tell(uow, row, kept)

    await service.database.transact(tenant, keep)
    return tried


async def tidy(service: Keyvault, tenant: TenantId) -> int:
    """Destroys what is sealed for a workspace without a row that names it; how many values it were."""
    gone = 0
    for entry in await service.store.held(tenant):
        if entry.sealed_at > now() - TIDY_AFTER:
            continue
        connection = await read(service.database, tenant, entry.secret_id)
        if connection is None:
            await service.store.delete(tenant, entry.secret_id)
            gone += 1
        elif entry.version < connection.version:
            await service.store.delete(tenant, entry.secret_id, below=connection.version)
            gone += 1
    return gone


async def _checked_address(service: Keyvault, connector: Connector, base_url: str | None) -> str | None:
    """The server of a connection, as it is kept; None for a connector that has its own."""
    if not connector.takes_base_url:
        if base_url is not None:
            raise _wrong("/base_url", "unknown_field", f"{connector.name} has one address for all; leave this out.")
        return None
    if base_url is None:
        raise _wrong("/base_url", "missing", "Give the address of your server, like https://llm.example.com/v1.")
    try:
        target = await service.outbound.look_up(base_url)
    except (UrlNotAllowed, ProviderUnreachable) as error:
        raise UrlNotAllowed(
            error.detail, violations=(Violation("/base_url", UrlNotAllowed.code, error.detail),)
        ) from None
    if target.url.query or target.url.fragment:
        raise _wrong(
            "/base_url", "invalid_format", "Give the address without a query, like https://llm.example.com/v1."
        )
    return str(target.url).rstrip("/")


def _wrong(pointer: str, code: str, message: str) -> InvalidInput:
    return InvalidInput(violations=(Violation(pointer, code, message),))


async def _found(uow: UnitOfWork, connection_id: UUID) -> Connection | None:
    query = select(Connection).where(Connection.id == connection_id).with_for_update()
    found: Connection | None = await uow.session.scalar(query.execution_options(populate_existing=True))
    return found


async def _locked(uow: UnitOfWork, connection_id: UUID) -> Connection:
    found = await _found(uow, connection_id)
    if found is None:
        raise NotFound
    return found


Change = Literal["added", "rotated", "disabled", "enabled", "removed", "rejected", "limited", "works"]


def _tell(uow: UnitOfWork, connection: Connection, change: Change) -> None:
    """States the fact, and records who did it."""
    uow.emit(KeyChanged(connection_id=connection.id, connector=connection.connector, change=change))
    if change not in ("works", "limited", "rejected"):  # the provider said so, nobody did it
        about = {"connector": connection.connector, "name": connection.name, "version": connection.version}
        uow.audit(f"key.{change}", f"connection:{connection.id}", after=about)
