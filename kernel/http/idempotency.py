"""Acts that are done once, however often they are asked for (draft-ietf-httpapi-idempotency-key-header).

    @router.post("/jobs", status_code=201, responses=problems(IdempotencyMismatch, InProgress))
    async def start(body: NewJob, caller: JobsWrite, service: Service, request: Request) -> JobOut:
        async def act(uow: UnitOfWork) -> JobOut: ...
        return await idempotent(request, caller.tenant, service.database, act, status=201)

The row of the key, what the act does and its answer are one transaction. A process that dies before the commit leaves
nothing, after it the answer: the same request gets it again, with `Idempotent-Replayed: true`. Errors are not kept.
While the first runs, a second one gets 409 `in_progress`; with another body, 409 `idempotency_mismatch`. Keys are a
workspace's own, per route, and are kept a day (`purge_keys`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Generic, TypeVar, cast

from fastapi import Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from kernel.db import Database
from kernel.errors import InvalidInput, Violation
from kernel.http.errors import IdempotencyMismatch, InProgress
from kernel.ids import TenantId
from kernel.tables import KERNEL
from kernel.uow import UnitOfWork

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
LONGEST_KEY: Final = 255
KEPT: Final = timedelta(days=1)

T = TypeVar("T")
Act = Callable[[UnitOfWork], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class Once(Generic[T]):
    """What an act gave: `value` when it ran now, `answer` (its JSON) always, `replayed` if it ran before."""

    answer: Any
    status: int
    replayed: bool
    value: T | None = None


def idempotency_key(request: Request) -> str | None:
    """The request's key. Raises InvalidInput (`invalid_idempotency_key`) unless it is 1..255 printable characters."""
    keys = request.headers.getlist(HEADER)
    if not keys:
        return None
    key = keys[0]
    if len(keys) > 1 or not 0 < len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        message = f"{HEADER} is 1 to {LONGEST_KEY} printable ASCII characters, once."
        raise InvalidInput(violations=(Violation("", "invalid_idempotency_key", message),))
    return key


async def once(request: Request, tenant: TenantId, database: Database, act: Act[T], *, status: int = 201) -> Once[T]:
    """Run `act` in a transaction, once per key; without a key, simply run it.

    What it gives must become JSON (a model, a dict, an id): that is kept and given again. For an act that goes on
    after its transaction: keep an id here, and make what follows idempotent by that id.
    Raises InProgress, IdempotencyMismatch (409), InvalidInput (422) and what `act` raises.
    """
    key = idempotency_key(request)
    if key is None:
        value = await database.transact(tenant, act)
        return Once(jsonable_encoder(value), status, replayed=False, value=value)
    route = _route(request)
    body_hash = hashlib.sha256(await request.body()).digest()

    async def work(uow: UnitOfWork) -> Once[T]:
        await _alone(uow, tenant, route, key)
        table = KERNEL.idempotency
        place = (table.c.tenant_id == tenant, table.c.route == route, table.c.key == key)
        row = (
            await uow.session.execute(select(table.c.body_hash, table.c.status, table.c.body).where(*place))
        ).one_or_none()
        if row is not None:
            if row.body_hash != body_hash:
                raise IdempotencyMismatch
            return Once(row.body, row.status, replayed=True)
        value = await act(uow)
        answer = jsonable_encoder(value)
        await uow.session.execute(
            insert(table).values(
                tenant_id=tenant,
                route=route,
                key=key,
                body_hash=body_hash,
                status=status,
                headers={},
                body=answer,
                finished_at=func.now(),
            )
        )
        return Once(answer, status, replayed=False, value=value)

    return await database.transact(tenant, work)


async def idempotent(
    request: Request,
    tenant: TenantId,
    database: Database,
    act: Act[T],
    *,
    status: int = 201,
    location: Callable[[Any], str] | None = None,
) -> T:
    """Run `act` once per key and answer with what it gave; see `once`. `location` makes the Location header of it.

    What is returned is a response; its type is that of `act`, so that the route's own type is its schema.
    """
    done = await once(request, tenant, database, act, status=status)
    headers = {REPLAYED: "true"} if done.replayed else {}
    if location is not None:
        headers["Location"] = location(done.answer)
    return cast(T, JSONResponse(done.answer, status_code=done.status, headers=headers))


async def purge_keys(uow: UnitOfWork) -> int:
    """Drop the keys of more than a day ago, of all tenants (a unit of the system role); returns how many."""
    table = KERNEL.idempotency
    old = delete(table).where(table.c.created_at < func.now() - KEPT).returning(table.c.key)
    return len((await uow.session.execute(old)).all())


async def _alone(uow: UnitOfWork, tenant: TenantId, route: str, key: str) -> None:
    """Hold the key until the transaction ends, in whichever way. Raises InProgress when someone else does."""
    digest = hashlib.blake2b(f"{uow.service}\0{tenant}\0{route}\0{key}".encode(), digest_size=8).digest()
    number = int.from_bytes(digest, "big", signed=True)
    if not (await uow.session.execute(select(func.pg_try_advisory_xact_lock(number)))).scalar_one():
        raise InProgress(retry_after=1)


def _route(request: Request) -> str:
    route = request.scope.get("route")
    return f"{request.method} {getattr(route, 'path', request.url.path)}"
