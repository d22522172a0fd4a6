"""The routes: connectors there are, and a workspace's connections. Keys come in here; none ever goes out."""

from __future__ import annotations

from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Response
from sqlalchemy import select

from contracts.permissions import Scope
from kernel.auth import Caller, require
from kernel.errors import InvalidInput, NotFound
from kernel.http.limits import limited
from kernel.http.pages import Page, PageQuery
from kernel.http.problems import problems
from kernel.http.routes import api_router
from kernel.keystore import SecretIntegrityError, SecretMissing
from kernel.outbound import UrlNotAllowed
from kernel.ports import Limit, LimiterDown
from kernel.service import service_of
from services.keyvault import connections
from services.keyvault.app import Keyvault
from services.keyvault.errors import InvalidKeyFormat
from services.keyvault.models import Connection
from services.keyvault.schemas import (
    ConnectionChange,
    ConnectionIn,
    ConnectionOut,
    ConnectionState,
    ConnectorOut,
    ConnectorsOut,
    KeyIn,
    KeyVerdict,
)

router = api_router("keyvault")

Service = Annotated[Keyvault, Depends(service_of(Keyvault))]
Reads = Annotated[Caller, Depends(require(Scope.KEYS_READ))]
Writes = Annotated[Caller, Depends(require(Scope.KEYS_WRITE))]
Paging = Annotated[PageQuery, Depends()]

#: each asks a provider with a client's key
TRIALS = Limit.per_minute(10)


@router.get("/connectors")
async def list_connectors(caller: Reads, service: Service) -> ConnectorsOut:
    """The services a workspace can bring a key for."""
    items = [
        ConnectorOut(
            id=one.id,
            name=one.name,
            unlocks=list(one.unlocks),
            key_page=one.key_page,
            key_hint=one.key_hint,
            takes_base_url=one.takes_base_url,
        )
        for one in service.connectors.values()
    ]
    return ConnectorsOut(items=items)


@router.get("/connections", responses=problems(InvalidInput))
async def list_connections(caller: Reads, service: Service, page: Paging) -> Page[ConnectionOut]:
    """The workspace's keys, masked, newest first."""
    async with service.database.unit_of_work(caller.tenant) as uow:
        sorts = {"created_at": Connection.created_at, "name": Connection.name}
        query = select(Connection)
        return await page.read(uow.session, query, _out, id=Connection.id, sorts=sorts, default="-created_at")


@router.post("/connections", status_code=201, responses=problems(InvalidKeyFormat, UrlNotAllowed, InvalidInput))
async def add_connection(given: ConnectionIn, caller: Writes, service: Service) -> ConnectionOut:
    """Give a key. It is sealed at once and never shown again."""
    connector = service.connector(given.connector)
    added = await connections.add(service, caller.tenant, connector, given.key, given.name, given.base_url)
    return _out(added)


@router.post("/connections/{connection_id}/key", responses=problems(NotFound, InvalidKeyFormat))
async def rotate_key(connection_id: UUID, given: KeyIn, caller: Writes, service: Service) -> ConnectionOut:
    """Replace a key; the old one is destroyed."""
    return _out(await connections.rotate(service, caller.tenant, connection_id, given.key))


@router.post(
    "/connections/{connection_id}/test",
    dependencies=[Depends(limited("key-tests", TRIALS, by=("tenant",)))],
    responses=problems(NotFound, UrlNotAllowed, SecretMissing, SecretIntegrityError, LimiterDown),
)
async def test_connection(connection_id: UUID, caller: Writes, service: Service) -> KeyVerdict:
    """Ask the provider whether it takes the key."""
    tried = await connections.try_out(service, caller.tenant, connection_id)
    return KeyVerdict(outcome=tried.outcome, detail=tried.detail)


@router.patch("/connections/{connection_id}", responses=problems(NotFound))
async def change_connection(
    connection_id: UUID, given: ConnectionChange, caller: Writes, service: Service
) -> ConnectionOut:
    """Rename a connection, switch it off or on."""
    return _out(await connections.change(service, caller.tenant, connection_id, given.name, given.enabled))


@router.delete("/connections/{connection_id}", status_code=204, responses=problems(NotFound))
async def remove_connection(connection_id: UUID, caller: Writes, service: Service) -> Response:
    """Destroy a key."""
    await connections.remove(service, caller.tenant, connection_id)
    return Response(status_code=204)


def _out(connection: Connection) -> ConnectionOut:
    return ConnectionOut(
        id=connection.id,
        connector=connection.connector,
        name=connection.name,
        base_url=connection.base_url,
        last_four=connection.last_four,
        state=cast(ConnectionState, connection.verdict) if connection.enabled else "disabled",
        last_used_at=connection.last_used_at,
        created_at=connection.created_at,
        version=connection.version,
    )
