"""A service of one table on a database of its own, and a tenant."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from kernel.db import Database
from kernel.ids import TenantId, uuid7
from kernel.testing.notes import NOTES
from kernel.testing.postgres import DatabaseServer


@pytest_asyncio.fixture
async def notes(database_server: DatabaseServer) -> AsyncIterator[Database]:
    async with database_server.fresh([NOTES]) as databases:
        yield databases["notes"]


@pytest.fixture
def tenant() -> TenantId:
    return TenantId(uuid7())
