"""Credits of the media in a video: title, author, source, licence (the TASL form that Creative Commons recommends)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from storyboard.fields import Line
from storyboard.models import Model
from storyboard.timeline import Timeline, fingerprint


class Attribution(Model):
    """Who made an asset, where it is from, and under which licence it may be used."""

    asset: str
    title: Line | None = None
    author: Line | None = None
    licence: Line | None = None
    licence_url: str | None = None
    page_url: str | None = None
    source: Line | None = None


def _used(timeline: Timeline, attributions: Sequence[Attribution]) -> Iterator[Attribution]:
    """Those of the timeline's assets, in the order they come into sight: pictures, overlays, logo, sound, music."""
    known: Mapping[str, Attribution] = {attribution.asset: attribution for attribution in attributions}
    order: list[str] = []
    for scene in timeline.scenes:
        order += [asset for asset in (getattr(scene.picture, "asset", None),) if asset]
        order += [layer.asset for layer in scene.layers if layer.type == "image"]
    order += [asset.id for asset in timeline.assets]
    for asset in dict.fromkeys(order):
        if asset in known:
            yield known[asset]


def _missing(timeline: Timeline, attributions: Sequence[Attribution]) -> list[str]:
    known = {attribution.asset for attribution in attributions}
    return [asset.id for asset in timeline.assets if asset.id not in known]


def credits_json(timeline: Timeline, attributions: Sequence[Attribution]) -> str:
    """JSON with the title, the render fingerprint, the credits, and the assets nothing is known of."""
    document = {
        "title": timeline.title,
        "fingerprint": fingerprint(timeline),
        "credits": [
            attribution.model_dump(mode="json", by_alias=True, exclude_none=True)
            for attribution in _used(timeline, attributions)
        ],
        "withoutAttribution": _missing(timeline, attributions),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def credits_text(timeline: Timeline, attributions: Sequence[Attribution]) -> str:
    """Plain text for a description: “Title” by Author, source (address). Licence (address)."""
    lines = [timeline.title, ""]
    lines += [_line(attribution) for attribution in _used(timeline, attributions)]
    missing = _missing(timeline, attributions)
    if missing:
        lines += ["", f"Without attribution: {', '.join(missing)}"]
    return "\n".join(" ".join(line.split()) for line in lines).rstrip("\n") + "\n"


def _line(attribution: Attribution) -> str:
    title = f"“{attribution.title}”" if attribution.title else "Untitled"
    author = f" by {attribution.author}" if attribution.author else ""
    origin = _linked(attribution.source, attribution.page_url)
    licence = _linked(attribution.licence, attribution.licence_url)
    return f"{title}{author}{f', {origin}' if origin else ''}.{f' {licence}.' if licence else ''}"


def _linked(name: str | None, address: str | None) -> str:
    if name and address:
        return f"{name} ({address})"
    return name or address or ""
