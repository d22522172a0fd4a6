"""What the models of each service say is what its migrations make."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from kernel.migrations import History
from kernel.testing import notes
from kernel.testing.postgres import DatabaseServer
from kernel.testing.schema import drift

SERVICES = Path(__file__).parents[2] / "services"
NAMES = [folder.parent.name for folder in sorted(SERVICES.glob("*/migrations"))]


@pytest.mark.parametrize("name", NAMES)
async def test_models_say_what_the_migrations_make(database_server: DatabaseServer, name: str):
    models = importlib.import_module(f"services.{name}.models")
    async with database_server.fresh_url([History(name, SERVICES / name / "migrations")]) as owner:
        assert await drift(owner, name, models.Base.metadata) == []


async def test_a_difference_is_noticed(database_server: DatabaseServer):
    async with database_server.fresh_url([notes.NOTES]) as owner:
        assert await drift(owner, "notes", notes.Base.metadata) == []
        found = await drift(owner, "notes", importlib.import_module("services.billing.models").Base.metadata)

    assert any("remove_table notes" in one for one in found)
