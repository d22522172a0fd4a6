"""What must always be so of a studio, counted: over each service, and over what several of them say of one job.

A number may differ from 0 while events and tasks are under way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from kernel.db import Database
from kernel.invariants import kernel_invariants
from kernel.secret import Secret
from kernel.service import Environment, Ports, ServiceSpec
from keyreel.studio import ports
from keyreel.studio.backup import DATABASE
from keyreel.studio.embedded import reach
from keyreel.studio.folder import DataFolder
from keyreel.studio.services import specs
from keyreel.studio.settings import StudioSettings

_AGAIN_SECONDS: Final = 1.0

#: which invariant of docs/operating.md a count belongs to
_INVARIANT: Final = {
    "stranded_jobs": "I1",
    "stranded_renders": "I1",
    "abandoned_tasks": "I1",
    "jobs_with_several_results": "I2",
    "ready_jobs_without_a_film": "I2",
    "mischarged_jobs": "I3",
    "ready_jobs_not_charged": "I3",
    "ended_jobs_charged": "I3",
    "places_of_ended_jobs": "I4",
    "places_of_no_job": "I4",
    "unequal_balances": "I4",
    "objects_without_row": "I5",
    "rows_without_object": "I5",
    "objects_of_deleted_tenants": "I5",
    "unsent_events": "I7",
    "unprotected_tables": "I9",
    "rows_shown_to_a_stranger": "I9",
}

#: what no service can see alone, each a query that counts
_ACROSS: Final = {
    "ready_jobs_without_a_film": """
        SELECT count(*) FROM keyreel_orchestrator.jobs j
        WHERE j.state = 'ready' AND NOT EXISTS (
            SELECT FROM keyreel_storage.films f WHERE f.tenant_id = j.tenant_id AND f.job_id = j.id)
        AND EXISTS (SELECT FROM keyreel_storage.videos v WHERE v.tenant_id = j.tenant_id AND v.id = j.storyboard_id)
    """,
    "ready_jobs_not_charged": """
        SELECT count(*) FROM keyreel_orchestrator.jobs j
        WHERE j.state = 'ready' AND NOT EXISTS (
            SELECT FROM keyreel_billing.reservations r
            WHERE r.tenant_id = j.tenant_id AND r.job_id = j.id AND r.state = 'committed')
    """,
    "ended_jobs_charged": """
        SELECT count(*) FROM keyreel_orchestrator.jobs j JOIN keyreel_billing.reservations r
            ON r.tenant_id = j.tenant_id AND r.job_id = j.id
        WHERE j.state IN ('failed', 'cancelled') AND r.state = 'committed'
    """,
    "places_of_no_job": """
        SELECT count(*) FROM keyreel_billing.reservations r
        WHERE r.state = 'open' AND NOT EXISTS (
            SELECT FROM keyreel_orchestrator.jobs j WHERE j.tenant_id = r.tenant_id AND j.id = r.job_id)
    """,
}


@dataclass(frozen=True, slots=True)
class Count:
    """One number that must be 0. `owner` is a service, or `studio` for what lies across them."""

    invariant: str
    owner: str
    name: str
    number: int


async def examine(settings: StudioSettings, wait: float = 0) -> list[Count]:
    """Every number, in the order of their invariants; counted again until all are 0, `wait` seconds at most.

    The studio may run meanwhile. Raises what `reach` does.
    """
    async with _looking(settings) as (built, owner_url):
        deadline = asyncio.get_running_loop().time() + wait
        while True:
            counts = await _count(built, owner_url)
            if not any(one.number for one in counts) or asyncio.get_running_loop().time() >= deadline:
                return counts
            await asyncio.sleep(_AGAIN_SECONDS)


Built = Sequence[tuple[ServiceSpec, Database, Any]]


@asynccontextmanager
async def _looking(settings: StudioSettings) -> AsyncIterator[tuple[Built, Secret]]:
    """Each service, built to look at its tables and objects only. Nothing of it is started."""
    async with reach(settings) as (folder, server), AsyncExitStack() as stack:
        owner_url = server.url(DATABASE)
        built = []
        for spec in specs():
            # As the owner: the services' own passwords lie with the keys, which a running studio keeps to itself.
            database = Database(spec.name, owner_url, pool_size=1, application_name="keyreel-check")
            stack.push_async_callback(database.close)
            built.append((spec, database, await _built(stack, spec, database, settings, folder)))
        yield built, owner_url


async def _built(
    stack: AsyncExitStack, spec: ServiceSpec, database: Database, settings: StudioSettings, folder: DataFolder
) -> Any:
    if spec.invariants is None:
        return None
    service = spec.build(
        Environment(
            service=spec.name,
            database=database,
            settings=settings,
            ports=Ports(
                objects=ports.objects(settings, folder),
                mail=ports.mail(settings, folder),
                limits=ports.limits(settings),
                data_dir=folder.root,
            ),
            base_url=settings.base_url,
            root_key=Secret("nothing is signed or sealed here"),
            _ask=_nobody,
        )
    )
    if spec.stop is not None:
        stack.push_async_callback(spec.stop, service)
    return service


def _nobody(protocol: type[Any]) -> Any:
    raise LookupError(f"counting asks nobody, not even {protocol.__name__}")


async def _count(built: Built, owner_url: Secret) -> list[Count]:
    counts = []
    for spec, database, service in built:
        numbers = await kernel_invariants(database)
        if spec.invariants is not None:
            numbers |= await spec.invariants(service)
        counts += [Count(_INVARIANT[name], spec.name, name, number) for name, number in numbers.items()]
    connection = await asyncpg.connect(owner_url.reveal())
    try:
        for name, query in _ACROSS.items():
            counts.append(Count(_INVARIANT[name], "studio", name, await connection.fetchval(query)))
    finally:
        await connection.close()
    return sorted(counts, key=lambda one: (one.invariant, one.name, one.owner))
