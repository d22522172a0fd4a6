"""The sample service of notes, served in the process of the test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kernel.testing.notes.service import ROLES, SPEC
from kernel.testing.postgres import DatabaseServer
from kernel.testing.studio import Member, RunningStudio, studio


@pytest.fixture
async def notes_studio(database_server: DatabaseServer, tmp_path: Path) -> AsyncIterator[RunningStudio]:
    async with studio(SPEC, server=database_server, folder=tmp_path, roles=ROLES) as running:
        yield running


@pytest.fixture
def owner(notes_studio: RunningStudio) -> Member:
    return notes_studio.as_member("owner")
