"""Whether this process can serve: the database answers and every service's schema is at least this code's.

`/healthz` only says that the process runs; `/readyz` is what a load balancer asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kernel.db import Database
from kernel.errors import Unavailable
from kernel.migrations import History, pending

_PATIENCE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """The databases of this process and the migrations they need."""

    databases: Sequence[tuple[Database, History]]

    async def reasons(self) -> list[str]:
        """Why requests can't be served now, one sentence each; none: ready. Takes two seconds at most."""
        try:
            async with asyncio.timeout(_PATIENCE):
                found = await asyncio.gather(*(self._reason(*one) for one in self.databases))
        except TimeoutError:
            return ["The database does not answer in time."]
        return [reason for reason in found if reason]

    async def _reason(self, database: Database, history: History) -> str | None:
        try:
            missing = await pending(database, history)
        except Unavailable as error:
            return f"{history.service}: {error.detail}."
        if missing:
            return f"{history.service}: {len(missing)} migrations are to be run (keyreel migrate)."
        return None
