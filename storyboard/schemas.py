"""JSON Schemas (2020-12) of storyboard/1, as written, and of timeline/1, as compiled.

They are committed under `contracts/schemas/` and hold what a schema can say; what no single member can know (unique
ids, transitions that fit into their scenes, merge fields) is checked by `parse_storyboard` alone.
"""

from __future__ import annotations

from storyboard.models import Storyboard
from storyboard.timeline import Timeline

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Json = object


def schemas() -> dict[str, dict[str, Json]]:
    """File name → schema."""
    return {
        "storyboard-1.schema.json": {
            "$schema": DIALECT,
            "$id": "urn:keyreel:schema:storyboard-1",
            **_described(Storyboard.model_json_schema(by_alias=True, mode="validation"), "Storyboard"),
        },
        "timeline-1.schema.json": {
            "$schema": DIALECT,
            "$id": "urn:keyreel:schema:timeline-1",
            **_described(Timeline.model_json_schema(by_alias=True, mode="serialization"), "Timeline"),
        },
    }


_DESCRIPTIONS = {
    "Storyboard": (
        "What a person or a program writes: scenes in order, whose duration may be “auto”. Times are seconds with at "
        "most three decimals, positions and sizes fractions of the canvas, type sizes percent of its shorter side."
    ),
    "Timeline": (
        "What a renderer plays: absolute integer frames, assets by SHA-256, every default filled in. Members without "
        "a value are left out. The SHA-256 of its canonical JSON (RFC 8785) is the render fingerprint."
    ),
}


def _described(schema: dict[str, Json], title: str) -> dict[str, Json]:
    members = {key: _tidy(item, names=key == "$defs" or key == "properties") for key, item in schema.items()}
    return {**members, "title": title, "description": _DESCRIPTIONS[title]}


def _tidy(node: Json, *, names: bool = False) -> Json:
    """Without the titles that only repeat a member's name, and with docstrings on one line. `names`: the keys are
    names of members, not keywords."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    result: dict[str, Json] = {}
    for key, item in node.items():
        if names:
            result[key] = _tidy(item)
        elif key == "description" and isinstance(item, str):
            result[key] = " ".join(item.split())
        elif key != "title":
            result[key] = _tidy(item, names=key in ("properties", "$defs"))
    return result
