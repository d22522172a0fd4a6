"""Who made what a timeline shows, as far as this machine knows."""

from __future__ import annotations

from services.orchestrator.providers import samples
from storyboard.exporters import Attribution
from storyboard.timeline import Timeline


def attributions(timeline: Timeline) -> list[Attribution]:
    """Who made the bundled samples a timeline uses."""
    found = []
    language = "fr" if timeline.language.startswith("fr") else "en"
    for asset in timeline.assets:
        scheme, _, name = asset.id.partition(":")
        sample = next((each for each in samples.catalogue() if each.id == name), None) if scheme == "sample" else None
        if sample is not None:
            found.append(
                Attribution(
                    asset=asset.id,
                    title=sample.title[language],
                    author=sample.author,
                    licence=sample.licence,
                    source="Keyreel samples",
                )
            )
    return found
