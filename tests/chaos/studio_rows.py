"""Looking at a studio process's tables from outside, and hurrying what would take it minutes."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg

from keyreel.studio.backup import DATABASE
from keyreel.studio.embedded import reach
from keyreel.studio.settings import StudioSettings
from keyreel.testing import StudioProcess

#: as long as a worker may be silent, and longer
_SILENT = "interval '2 minutes'"


def rows(studio: StudioProcess, query: str, *given: Any) -> list[tuple[Any, ...]]:
    """What a query gives to the owner of the database, whether the studio runs or not."""

    async def ask() -> list[tuple[Any, ...]]:
        settings = StudioSettings.from_env(studio.variables, beside=StudioSettings.beside)
        async with reach(settings) as (_, server):
            connection = await asyncpg.connect(server.url(DATABASE).reveal())
            try:
                return [tuple(row) for row in await connection.fetch(query, *given)]
            finally:
                await connection.close()

    return asyncio.run(ask())


def number(studio: StudioProcess, query: str, *given: Any) -> int:
    """The one number a query gives."""
    ((found,),) = rows(studio, query, *given)
    return int(found)


def make_jobs_look_silent(studio: StudioProcess) -> None:
    """As if nothing had been heard of any job for two minutes, and the sweeper's next look were due."""
    rows(studio, f"UPDATE keyreel_orchestrator.jobs SET heard_at = heard_at - {_SILENT}")
    rows(
        studio,
        "UPDATE keyreel_orchestrator.tasks SET due_at = now() WHERE kind = 'orchestrator.sweep' AND state = 'ready'",
    )
    rows(studio, "SELECT pg_notify('keyreel_orchestrator_tasks', 'ready')")
