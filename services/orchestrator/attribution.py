"""Who made what a storyboard shows, as far as the orchestrator knows: the bundled samples say so themselves."""

from __future__ import annotations

from collections.abc import Iterable

from services.orchestrator.providers import samples
from storyboard.exporters import Attribution


def attributions(references: Iterable[str], language: str) -> list[Attribution]:
    """Who made the bundled samples among the references; titles in French for a French video, else in English."""
    found = []
    spoken = "fr" if language.startswith("fr") else "en"
    by_id = {sample.id: sample for sample in samples.catalogue()}
    for reference in references:
        scheme, _, name = reference.partition(":")
        sample = by_id.get(name) if scheme == "sample" else None
        if sample is not None:
            found.append(
                Attribution(
                    asset=reference,
                    title=sample.title[spoken],
                    author=sample.author,
                    licence=sample.licence,
                    source="Keyreel samples",
                )
            )
    return found
