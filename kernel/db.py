"""A service's database: units of work under row-level security, retries, and errors that say what to do.

    database = Database("storage", url)
    async with database.unit_of_work(tenant) as uow:                  # reads
        videos = await uow.session.scalars(select(Video))
    video = await database.transact(tenant, lambda uow: create(uow, title))   # writes: tried again when they collide
    async with database.system() as uow: ...                          # all tenants: sweepers, the kernel's own loops

Whatever the tenant, a query sees only its rows: `app.tenant` and the role are set for one transaction and vanish with
it, so a pooled connection carries nothing over. Without a tenant, queries on tenants' tables are errors.

The address is Postgres' own (`postgresql://role:password@host:port/name`).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any, ClassVar, Final, TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy import MetaData, Text, Uuid, event, func, select, text
from sqlalchemy import exc as sql
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.url import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from kernel import failpoints
from kernel.errors import AppError, Unavailable
from kernel.ids import TenantId
from kernel.listen import Listener
from kernel.roles import ServiceRoles
from kernel.secret import Secret
from kernel.tables import NAMING, kernel_tables
from kernel.uow import UnitOfWork

T = TypeVar("T")

RETRIES: Final = 3
_RETRY_SECONDS: Final = 0.05
_CONNECT_SECONDS: Final = 5.0

failpoints.declare("db.commit.before", "a unit of work is about to commit")
failpoints.declare("db.commit.after", "a unit of work has committed, nobody knows yet")
failpoints.declare(
    "db.serialization", "a unit of work that wrote is about to commit; raise40001 or raise40P01 fails it"
)


class DatabaseBusy(Unavailable):
    """No connection came free in time, or the work collided with other work more often than it is tried again."""

    code = "busy"
    title = "The studio is very busy; try again in a moment"

    def __init__(self, detail: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(detail, retry_after=retry_after)


class Collision(DatabaseBusy):
    """A serialization failure or deadlock: the transaction is rolled back and the same work may succeed at once."""


class DatabaseUnavailable(Unavailable):
    """The database can't be reached or is restarting. Whether a commit under way succeeded is not known."""

    code = "database_unavailable"
    title = "The studio can't reach its database; try again in a moment"


def base_for(service: str) -> type[DeclarativeBase]:
    """The base of a service's models: a MetaData of its own, with the kernel's tables in it.

        class Base(base_for("storage")):
            __abstract__ = True

    Annotations map as `_COLUMN_TYPES` says: str to text, datetime to timestamptz, dict and list to jsonb (None: NULL).
    The kernel's tables carry `info["kernel"]`, for those who go over all tables and mean the service's own.
    """
    ServiceRoles(service)
    service_metadata = MetaData(naming_convention=NAMING)
    for table in kernel_tables(service_metadata).all():
        table.info["kernel"] = True

    class Base(DeclarativeBase):
        metadata = service_metadata
        type_annotation_map: ClassVar = _COLUMN_TYPES

    return Base


_COLUMN_TYPES: Final[dict[Any, Any]] = {
    str: Text(),
    datetime: TIMESTAMP(timezone=True),
    dict[str, Any]: JSONB(none_as_null=True),
    list[Any]: JSONB(none_as_null=True),
    list[str]: JSONB(none_as_null=True),
}


class TenantScoped:
    """Mixin of models whose rows belong to a tenant; their migration calls `protect(op, table)`.

    `tenant_in_key = True` makes the tenant part of the primary key, where the rest of it isn't ours to choose.
    """

    @declared_attr
    @classmethod
    def tenant_id(cls) -> Mapped[UUID]:
        return mapped_column(Uuid, primary_key=getattr(cls, "tenant_in_key", False), sort_order=-1)


class Database:
    """One service's access to its schema, with a pool of connections. Close it in the event loop that used it."""

    def __init__(
        self,
        service: str,
        url: Secret,
        *,
        pool_size: int = 5,
        max_overflow: int = 10,
        pool_timeout: float = 2.0,
        statement_timeout: float = 30.0,
        application_name: str | None = None,
    ) -> None:
        """At most `pool_size + max_overflow` connections; waits `pool_timeout` seconds for one. Connects lazily."""
        self.service = service
        self.roles = ServiceRoles(service)
        name = application_name or f"keyreel-{service}"
        self.engine: AsyncEngine = create_async_engine(
            make_url(url.reveal()).set(drivername="postgresql+asyncpg"),
            pool_size=pool_size,
            max_overflow=max_overflow,
            pool_timeout=pool_timeout,
            pool_pre_ping=True,
            pool_use_lifo=True,
            pool_recycle=1800,
            hide_parameters=True,
            connect_args={
                "timeout": _CONNECT_SECONDS,
                # For a server that no longer answers at all; otherwise its own timeout comes first.
                "command_timeout": statement_timeout + 5,
                "server_settings": {
                    "application_name": name,
                    "search_path": self.roles.schema,
                    "statement_timeout": f"{statement_timeout * 1000:.0f}",
                    "idle_in_transaction_session_timeout": "60000",
                    "timezone": "UTC",
                    # Pages are in memory or on a solid disk: with the default, made for rotating ones, the queues'
                    # queries read a whole backlog rather than walk an index to its first rows.
                    "random_page_cost": "1.1",
                },
            },
        )
        event.listen(self.engine.sync_engine, "handle_error", _translate)
        self.task_kinds: frozenset[str] | None = None
        """The kinds of task that may be enqueued, once services are composed; None: any."""
        self._listener = Listener(url, f"{name}-listen")

    @asynccontextmanager
    async def unit_of_work(self, tenant: TenantId) -> AsyncIterator[UnitOfWork]:
        """A transaction that sees one tenant's rows; commits on a clean exit, rolls back on an error.

        Raises:
            DatabaseBusy, DatabaseUnavailable: both 503 and worth another try.
        """
        async with self._unit(tenant, system=False) as uow:
            yield uow

    @asynccontextmanager
    async def system(self, tenant: TenantId | None = None) -> AsyncIterator[UnitOfWork]:
        """A transaction in the system role, which sees all tenants; `tenant` is what `uow.emit` assumes."""
        async with self._unit(tenant, system=True) as uow:
            yield uow

    @asynccontextmanager
    async def operator_unit_of_work(self, *, reason: str) -> AsyncIterator[UnitOfWork]:
        """A transaction across tenants for a person; who and why is recorded, and committed, before it begins."""
        if not reason.strip():
            raise ValueError("An operator's unit of work needs a reason")
        async with self.system() as record:
            record.audit("tenants.crossed", f"service:{self.service}", reason=reason)
        async with self.system() as uow:
            yield uow

    async def transact(
        self, tenant: TenantId | None, work: Callable[[UnitOfWork], Awaitable[T]], *, system: bool = False
    ) -> T:
        """Runs `work` in a unit of work and returns what it returns; again, up to 3 times, when it collides.

        `work` may run several times, so what it does outside the database belongs into `uow.after_commit`.
        Without a tenant it runs in the system role, and with one as well if `system`.

        Raises:
            DatabaseBusy: it collided every time, or no connection came free; DatabaseUnavailable.
        """
        for attempt in range(RETRIES):
            try:
                async with self._unit(tenant, system=system or tenant is None) as uow:
                    return await work(uow)
            except Collision:
                await asyncio.sleep(random.uniform(0, _RETRY_SECONDS * 2**attempt))  # noqa: S311 - full jitter
        async with self._unit(tenant, system=system or tenant is None) as uow:
            return await work(uow)

    def listen(self, channel: str) -> AsyncGenerator[str, None]:
        """Payloads notified on `channel`; an empty one says that some may be missing, look at everything.

        The first comes as soon as it listens. Close it (`contextlib.aclosing`) when leaving it early.
        """
        return self._listener.listen(channel)

    async def ping(self) -> None:
        """One round trip; DatabaseBusy or DatabaseUnavailable when it can't be made."""
        with _translated():
            async with self.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Stops listening and closes every connection."""
        await self._listener.close()
        await self.engine.dispose()

    @asynccontextmanager
    async def _unit(self, tenant: TenantId | None, *, system: bool) -> AsyncIterator[UnitOfWork]:
        settings = [func.set_config("app.tenant", str(tenant), True)] if tenant is not None else []
        if system:
            settings.append(func.set_config("role", self.roles.system, True))
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            uow = UnitOfWork(session, self.service, tenant, self.task_kinds)
            with _translated():
                await session.execute(select(*settings))
            yield uow
            with _translated():
                await uow.flush()
                failpoints.hit("db.commit.before")
                await _collide_if_armed(session)
                await session.commit()
                failpoints.hit("db.commit.after")
            uow.committed()


async def _collide_if_armed(session: AsyncSession) -> None:
    """Lets the server itself fail a transaction that wrote something, as it does when two of them collide."""
    try:
        failpoints.hit("db.serialization")
    except failpoints.FailpointHit as injected:
        if injected.sqlstate is None:
            raise
        await session.execute(
            text(
                "DO $$ BEGIN IF pg_current_xact_id_if_assigned() IS NOT NULL THEN"
                f" RAISE EXCEPTION USING ERRCODE = '{injected.sqlstate}', MESSAGE = 'injected'; END IF; END $$"
            )
        )


@contextmanager
def _translated() -> Iterator[None]:
    """For what does not pass `_translate`: connecting, and waiting for a pooled connection."""
    try:
        yield
    except sql.TimeoutError as exhausted:
        raise DatabaseBusy from exhausted
    except (OSError, asyncpg.PostgresError, sql.DBAPIError) as failed:
        error = _meaning(failed)
        if error is None:
            raise
        raise error from failed


def _translate(happened: ExceptionContext) -> BaseException | None:
    """SQLAlchemy's `handle_error`: what the engine raises instead, None for the original."""
    # A cancelled task breaks its connection too, and is still just cancelled.
    if happened.is_pre_ping or not isinstance(happened.original_exception, Exception):
        return None
    if isinstance(happened.original_exception, OSError):
        happened.is_disconnect = True
    return _meaning(happened.original_exception, lost=happened.is_disconnect)


def _meaning(error: BaseException, *, lost: bool = False) -> AppError | None:
    """Our error for one of the driver's, by SQLSTATE (PostgreSQL documentation, appendix A)."""
    if isinstance(error, sql.DBAPIError):
        lost = lost or error.connection_invalidated
        error = error.orig or error
    state = str(getattr(error, "sqlstate", None) or "")
    if state in ("40001", "40P01"):
        return Collision()
    # Statement or lock timeout, too many connections.
    if state in ("57014", "55P03", "53300"):
        return DatabaseBusy()
    # Lost or refused connections, shutdown, start-up, recovery; no room or memory; a standby that does not write.
    gone = state.startswith(("08", "57P", "53")) or state in ("25006", "25P03")
    # OSError: connection refused or reset, and time-outs, which the driver passes on as they are.
    if lost or gone or isinstance(error, OSError):
        return DatabaseUnavailable()
    return None
