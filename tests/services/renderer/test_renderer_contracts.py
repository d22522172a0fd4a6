"""What the renderer publishes for others is what it does."""

from __future__ import annotations

from contracts import fonts
from services.renderer.engine.text import fonts as drawn


def test_the_published_font_families_are_those_it_draws_with() -> None:
    assert fonts.families() == drawn.families()
