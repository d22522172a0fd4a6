"""What the renderer publishes for others is what it does."""

from __future__ import annotations

from contracts import fonts
from kernel.testing.postgres import DatabaseServer
from kernel.testing.schema import drift
from services.renderer.engine.text import fonts as drawn
from services.renderer.models import Base
from services.renderer.service import SPEC


def test_the_published_font_families_are_those_it_draws_with() -> None:
    assert fonts.families() == drawn.families()


async def test_the_models_are_what_the_migrations_make(database_server: DatabaseServer) -> None:
    async with database_server.fresh_url([SPEC.history]) as owner:
        assert await drift(owner, "renderer", Base.metadata) == []
