"""What the orchestrator says of the samples is so."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from services.orchestrator import making, planning
from services.orchestrator.providers import samples
from services.renderer.engine.cache import Cache
from services.renderer.engine.ingest.prepare import describe


@pytest.mark.slow
def test_samples_are_what_the_catalogue_says(tmp_path: Path) -> None:
    """A job takes the catalogue's word for them; this is what looking at the files gives."""
    known = planning.sample_assets()
    for sample in samples.catalogue():
        digest = hashlib.sha256(sample.path.read_bytes()).hexdigest()
        looked_at = describe(sample.path, digest, Cache(tmp_path))
        told = known[making.sample_reference(sample)]
        assert told.model_copy(update={"seconds": None}) == looked_at.model_copy(update={"seconds": None})
        if sample.kind == "video":
            assert told.seconds == pytest.approx(looked_at.seconds, abs=0.001)
