"""The database of one service in one process: connections, transactions and the two roles they run in.

    database = Database("storage", url)
    async with database.unit_of_work(tenant) as uow: ...            # the rows of one tenant
    await database.transact(tenant, lambda uow: rename(uow, id))    # writes: tried again when transactions collide
    async with database.operator_unit_of_work(reason="…") as uow:   # all tenants, audited

DatabaseError
├── DatabaseBusy          503  busy                  every connection of the pool is in use
└── DatabaseUnavailable   503  database_unavailable  it can't be reached, or the connection broke
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, ClassVar, Final, TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy import Integer, MetaData, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from kernel import failpoints
from kernel.errors import Unavailable
from kernel.ids import TenantId
from kernel.listen import Listener
from kernel.roles import ServiceRoles
from kernel.secret import Secret
from kernel.tables import NAMING, kernel_tables
from kernel.uow import UnitOfWork

T = TypeVar("T")

_TRIES: Final = 4
_COLLISIONS: Final = frozenset({"40001", "40P01"})
#: connection exceptions, too many connections, the server going down or coming up
_LOST: Final = ("08", "53300", "57P01", "57P02", "57P03")
_FIRST_WAIT: Final = 0.02

failpoints.declare("db.commit.before", "everything is written, nothing is committed")
failpoints.declare("db.commit.after", "committed, nobody has been told")
failpoints.declare("db.serialization", "before the commit, where raise40001 makes the transaction collide")


class DatabaseBusy(Unavailable):
    """Every connection is in use."""

    code = "busy"
    title = "The studio is very busy; try again in a moment"


class DatabaseUnavailable(Unavailable):
    """The database can't be reached, or the connection broke in the middle."""

    code = "database_unavailable"
    title = "The studio can't reach its database; try again in a moment"


class TenantScoped:
    """A table whose rows belong to a tenant: row-level security shows each tenant its own."""

    @declared_attr
    @classmethod
    def tenant_id(cls) -> Mapped[UUID]:
        """Whose row it is; part of the primary key where the id alone isn't ours to choose."""
        return mapped_column(Uuid, primary_key=getattr(cls, "tenant_in_key", False), sort_order=-1)


def base_for(service: str) -> type[DeclarativeBase]:
    """The declarative base of one service's models, with MetaData of its own that has the kernel's tables too."""
    ServiceRoles(service)
    metadata = MetaData(naming_convention=NAMING)
    for table in kernel_tables(metadata).all():
        table.info["kernel"] = True

    class Base(DeclarativeBase):
        """Models of one service."""

        type_annotation_map: ClassVar[dict[Any, Any]] = {
            datetime: TIMESTAMP(timezone=True),
            dict[str, Any]: JSONB(none_as_null=True),
            list[Any]: JSONB(none_as_null=True),
            int: Integer,
        }

    Base.metadata = metadata
    Base.registry.metadata = metadata
    return Base


class Database:
    """One service's pool of connections as its app role, and a connection that listens."""

    def __init__(
        self,
        service: str,
        url: Secret,
        *,
        pool_size: int = 5,
        max_overflow: int = 10,
        pool_timeout: float = 2.0,
        statement_timeout: float = 30.0,
    ) -> None:
        """`url` is `postgresql://role:password@host:port/database` of the app role; times are seconds."""
        self.service = service
        self.roles = ServiceRoles(service)
        name = f"keyreel {service}"
        plain = url.reveal().partition("://")[2]
        self.engine = create_async_engine(
            f"postgresql+asyncpg://{plain}",
            pool_size=pool_size,
            max_overflow=max_overflow,
            pool_timeout=pool_timeout,
            pool_pre_ping=True,
            pool_use_lifo=True,
            hide_parameters=True,
            connect_args={
                "timeout": 5,
                "server_settings": {
                    "application_name": name,
                    "search_path": self.roles.schema,
                    "statement_timeout": str(int(statement_timeout * 1000)),
                    "idle_in_transaction_session_timeout": "60000",
                },
            },
        )
        self._listener = Listener(url, f"{name} listener")

    @asynccontextmanager
    async def unit_of_work(self, tenant: TenantId) -> AsyncIterator[UnitOfWork]:
        """A transaction that sees one tenant's rows. Raises DatabaseBusy, DatabaseUnavailable."""
        async with self._unit(tenant, system=False) as uow:
            yield uow

    @asynccontextmanager
    async def system(self, tenant: TenantId | None = None) -> AsyncIterator[UnitOfWork]:
        """A transaction that sees all tenants' rows, for the kernel's loops and a service's own upkeep."""
        async with self._unit(tenant, system=True) as uow:
            yield uow

    @asynccontextmanager
    async def operator_unit_of_work(self, *, reason: str) -> AsyncIterator[UnitOfWork]:
        """A transaction of a person who may see all tenants. That it happened, and why, is recorded first."""
        async with self._unit(None, system=True) as uow:
            uow.audit("operator.access", f"service:{self.service}", reason=reason)
            yield uow

    async def transact(self, tenant: TenantId | None, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        """Run `work` in a transaction (`tenant` None: the system role), again if it collided with another.

        `work` may run up to four times and must have no effect outside its transaction.
        """
        for attempt in range(1, _TRIES + 1):
            try:
                async with self._unit(tenant, system=tenant is None) as uow:
                    return await work(uow)
            except DBAPIError as error:
                if attempt == _TRIES or _sqlstate(error) not in _COLLISIONS:
                    raise
            # Full jitter, so that two that collided don't collide again.
            await asyncio.sleep(random.uniform(0, _FIRST_WAIT * 2**attempt))  # noqa: S311 - jitter
        raise AssertionError("the loop returns or raises")

    async def listen(self, channel: str) -> AsyncIterator[str]:
        """The payloads of a channel, without end. An empty one means: look at everything."""
        async for payload in self._listener.listen(channel):
            yield payload

    async def close(self) -> None:
        """Close every connection."""
        await self._listener.close()
        await self.engine.dispose()

    @asynccontextmanager
    async def _unit(self, tenant: TenantId | None, *, system: bool) -> AsyncIterator[UnitOfWork]:
        async with _translated():
            session = AsyncSession(self.engine, expire_on_commit=False)
            try:
                if system:
                    await session.execute(_SYSTEM, {"role": self.roles.system, "tenant": str(tenant or "")})
                else:
                    await session.execute(_TENANT, {"tenant": str(tenant)})
                uow = UnitOfWork(session, self.service, tenant)
                yield uow
                await uow.flush()
                await self._collide(session)
                failpoints.hit("db.commit.before")
                await session.commit()
                failpoints.hit("db.commit.after")
            finally:
                # Also when this task is cancelled: a connection in the middle of a transaction must not go back.
                await asyncio.shield(session.close())
            uow.committed()

    async def _collide(self, session: AsyncSession) -> None:
        if not failpoints.armed("db.serialization"):
            return
        try:
            failpoints.hit("db.serialization")
        except failpoints.FailpointHit as hit:
            if hit.sqlstate is None:
                raise
            await session.execute(
                text(f"DO $$ BEGIN RAISE EXCEPTION 'failpoint' USING ERRCODE = '{hit.sqlstate}'; END $$")
            )


# As SET LOCAL does: gone at the end of the transaction, whatever the connection is used for next.
_TENANT: Final = text("SELECT set_config('app.tenant', :tenant, true)")
_SYSTEM: Final = text("SELECT set_config('role', :role, true), set_config('app.tenant', :tenant, true)")


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    """Errors of the pool and of a lost connection as ours; every other database error stays as it is."""
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseBusy(retry_after=1) from error
    except DBAPIError as error:
        if _is_lost(error):
            raise DatabaseUnavailable(retry_after=5) from error
        raise
    except (ConnectionError, asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError, TimeoutError) as error:
        raise DatabaseUnavailable(retry_after=5) from error


def _sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


def _is_lost(error: DBAPIError) -> bool:
    return error.connection_invalidated or isinstance(error, InterfaceError) or _sqlstate(error).startswith(_LOST)
