"""What providers made for a tenant, kept in the object store by what was asked for: nothing is made or paid for twice.

    t/<tenant>/parts/media/<key><suffix>      a row of `products` knows it, and when it was last used

Each call is on the job's ledger before it is made, and with its outcome after it, in one transaction with the product.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.events.usage import ApiCalled
from kernel.errors import AppError
from kernel.ids import TenantId, uuid7
from kernel.objects import ObjectKey, Objects
from kernel.tasks import Run
from kernel.uow import UnitOfWork
from services.orchestrator.app import Orchestrator
from services.orchestrator.models import Call, Product


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing asked of a provider: its address, who is asked for what, for which scene, and the file's suffix."""

    key: str
    connector: str
    operation: str
    suffix: str
    scene: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What was made: seconds of sound, and the take of speech as JSON."""

    seconds: float
    take: dict[str, Any] | None = None


Make = Callable[[Path], Made]
"""Makes the product into the file, or raises an AppError. Runs in a thread."""


class Products:
    """The products of one job's tenant, for one attempt at its fetch task."""

    def __init__(self, service: Orchestrator, run: Run[Any], tenant: TenantId, job_id: UUID) -> None:
        self._service = service
        self._run = run
        self._tenant = tenant
        self._job_id = job_id
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, asked: Asked, make: Make) -> Product:
        """The product, made if it isn't there. Raises what `make` raises, and ObjectsErrors."""
        async with self._turns[asked.key]:  # two scenes that say the same are spoken once
            return await self._get(asked, make)

    async def _get(self, asked: Asked, make: Make) -> Product:
        found = await self._kept(asked)
        if found is not None:
            return found
        call = await self._begin(asked)
        began = time.monotonic()
        try:
            product = await self._make(asked, make)
        except AppError:
            await self._end(asked, call, "failed", began, None)
            raise
        await self._end(asked, call, "ok", began, product)
        return product

    async def _kept(self, asked: Asked) -> Product | None:
        async with self._service.env.database.unit_of_work(self._tenant) as uow:
            found: Product | None = await uow.session.get(Product, (self._tenant, asked.key))
        objects = self._service.objects
        if found is None or await objects.stat(ObjectKey.parse(found.object_key, self._tenant)) is None:
            return None

        async def cached(uow: UnitOfWork) -> None:
            used = update(Product).where(Product.key == asked.key).values(used_at=func.now())
            await uow.session.execute(used)
            if not await self._on_ledger(uow, asked):
                uow.session.add(self._row(asked, "cached"))
                uow.emit(self._event(asked, "cached", 0))

        await self._run.write(cached)
        return found

    async def _on_ledger(self, uow: UnitOfWork, asked: Asked) -> Call | None:
        """The job's own call for the same thing, if an earlier attempt at the task made one."""
        same = select(Call).where(Call.job_id == self._job_id, Call.request == asked.key, Call.scene == asked.scene)
        found: Call | None = await uow.session.scalar(same.limit(1))
        return found

    async def _begin(self, asked: Asked) -> UUID:
        """The call on the ledger before it is made; one that was cut off goes on under the same entry."""
        begun: list[UUID] = []

        async def work(uow: UnitOfWork) -> None:
            begun.clear()
            before = await self._on_ledger(uow, asked)
            if before is not None:
                before.outcome = "running"
                begun.append(before.id)
            else:
                row = self._row(asked, "running")
                uow.session.add(row)
                begun.append(row.id)

        await self._run.write(work)
        return begun[0]

    async def _make(self, asked: Asked, make: Make) -> Product:
        with tempfile.TemporaryDirectory(prefix="keyreel-", ignore_cleanup_errors=True) as folder:
            target = Path(folder) / f"made{asked.suffix}"
            made, sha256 = await self._service.in_thread(lambda: (make(target), _sha256(target)))
            key = ObjectKey.of(self._tenant, "parts", "media", f"{asked.key}{asked.suffix}")
            await self._service.objects.put_file(key, target, content_type="audio/wav")
        return Product(
            tenant_id=self._tenant,
            key=asked.key,
            object_key=str(key),
            sha256=sha256,
            seconds=made.seconds,
            take=made.take,
        )

    async def _end(self, asked: Asked, call: UUID, outcome: str, began: float, product: Product | None) -> None:
        milliseconds = round((time.monotonic() - began) * 1000)

        async def work(uow: UnitOfWork) -> None:
            done = update(Call).where(Call.id == call).values(outcome=outcome, milliseconds=milliseconds)
            await uow.session.execute(done)
            if product is not None:
                members = {name: getattr(product, name) for name in ("key", "object_key", "sha256", "seconds", "take")}
                kept = insert(Product).values(tenant_id=self._tenant, **members)
                again = {name: members[name] for name in members if name != "key"} | {"used_at": func.now()}
                await uow.session.execute(
                    kept.on_conflict_do_update(index_elements=[Product.tenant_id, Product.key], set_=again)
                )
            uow.emit(self._event(asked, outcome, milliseconds))

        await self._run.write(work)

    def _row(self, asked: Asked, outcome: str) -> Call:
        return Call(
            id=uuid7(),
            tenant_id=self._tenant,
            job_id=self._job_id,
            request=asked.key,
            connector=asked.connector,
            operation=asked.operation,
            scene=asked.scene,
            outcome=outcome,
            milliseconds=0,
            cost_micros=0,
        )

    def _event(self, asked: Asked, outcome: Any, milliseconds: int) -> ApiCalled:
        return ApiCalled(
            connector=asked.connector,
            operation=asked.operation,
            job_id=self._job_id,
            outcome=outcome,
            milliseconds=milliseconds,
        )


async def put_once(objects: Objects, tenant: TenantId, file: Path, sha256: str, content_type: str) -> str:
    """A bundled file among the tenant's parts, put there the first time it is used; its object key."""
    key = ObjectKey.of(tenant, "parts", "media", f"{sha256}{file.suffix}")
    if await objects.stat(key) is None:
        await objects.put_file(key, file, content_type=content_type)
    return str(key)


async def known_takes(uow: UnitOfWork, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The takes that were spoken before, by address, as JSON."""
    if not keys:
        return {}
    rows = await uow.session.execute(select(Product.key, Product.take).where(Product.key.in_(keys)))
    return {key: take for key, take in rows if take is not None}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
