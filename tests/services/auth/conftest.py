"""Auth on a real database, and a clock that can be moved."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

import kernel.clock
from kernel.testing.postgres import DatabaseServer
from services.auth import testing
from services.auth.service import SPEC


@pytest.fixture
async def house(database_server: DatabaseServer, tmp_path: Path) -> AsyncIterator[testing.House]:
    async with testing.house(SPEC, server=database_server, folder=tmp_path) as opened:
        yield opened


@pytest.fixture
def advance(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Moves the clock the services see; the database's and the verifier of access tokens keep theirs."""
    real = kernel.clock.now
    moved = timedelta()

    def by(more: timedelta) -> None:
        nonlocal moved
        moved += more
        monkeypatch.setattr(kernel.clock, "now", lambda: real() + moved)

    return by
