"""From JSON to a Storyboard, or to every reason why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from storyboard import strictjson
from storyboard.errors import StoryboardInvalid, Violation, pointer
from storyboard.fields import MAX_SECONDS
from storyboard.merge import merge_fields
from storyboard.models import Storyboard

Json = object

_CODES = {
    "extra_forbidden": ("unknown_field", "There is no such member here; remove it or check its spelling."),
    "missing": ("missing_field", "This member is required."),
    "string_too_long": ("text_too_long", "Shorten the text to at most {max_length} characters."),
    "too_long": ("too_many", "At most {max_length} are allowed here."),
    "too_short": ("too_few", "At least {min_length} needed here."),
    "union_tag_invalid": ("invalid_choice", "Choose one of {expected_tags}."),
    "union_tag_not_found": ("missing_field", "Say the `type`."),
    "literal_error": ("invalid_choice", "Choose one of {expected}."),
    "finite_number": ("invalid_range", "Use an ordinary number."),
    "string_pattern_mismatch": ("invalid_format", "This does not have the expected form ({pattern})."),
    "greater_than": ("invalid_range", "Use a number above {gt}."),
    "greater_than_equal": ("invalid_range", "Use {ge} or more."),
    "less_than": ("invalid_range", "Use a number below {lt}."),
    "less_than_equal": ("invalid_range", "Use {le} or less."),
    "multiple_of": ("invalid_range", "Use a multiple of {multiple_of}."),
    "string_unicode": ("invalid_text", "The text holds half of a surrogate pair; write whole characters."),
}
_TYPES = {
    "tuple_type": "A list is needed here",
    "model_type": "An object is needed here",
    "model_attributes_type": "An object is needed here",
    "dict_type": "An object is needed here",
    "string_type": "Text is needed here",
    "bool_type": "True or false is needed here",
    "float_type": "A number is needed here",
    "int_type": "A whole number is needed here",
    "int_from_float": "A whole number is needed here",
}
#: more are of no use to anyone and would fill the memory
_MOST_VIOLATIONS = 1000
_OUTPUT_MEMBERS = {"width", "height", "fps"}


def parse_storyboard(document: str | bytes | Mapping[str, Json], values: Mapping[str, str] | None = None) -> Storyboard:
    """Parse and check storyboard/1; `values` fill its merge fields.

    Raises StoryboardInvalid holding every violation (of more than 1,000 the first), in document order.
    """
    raw = document if isinstance(document, Mapping) else strictjson.loads(document)
    if not isinstance(raw, Mapping):
        raise StoryboardInvalid([Violation("", "invalid_type", "A storyboard is a JSON object.")])
    merged, violations = merge_fields(cast(Mapping[str, Json], raw), values or {})
    storyboard: Storyboard | None = None
    try:
        storyboard = Storyboard.model_validate(merged)
    except ValidationError as error:
        violations += _violations(error, merged)
    violations += _across_scenes(merged)
    if violations or storyboard is None:
        raise StoryboardInvalid(_in_document_order(violations, merged))
    return storyboard


def _violations(error: ValidationError, document: Json) -> list[Violation]:
    """Pydantic's errors without its echoes: both sides of a union, and a list that is too short only because its
    members were refused."""
    found = [_violation(detail, document) for detail in error.errors(include_url=False)]
    codes: dict[str, set[str]] = {}
    inside: set[str] = set()
    for violation in found:
        codes.setdefault(violation.pointer, set()).add(violation.code)
        parent = violation.pointer.rpartition("/")[0]
        while parent and parent not in inside:
            inside.add(parent)
            parent = parent.rpartition("/")[0]
    kept: list[Violation] = []
    for violation in found:
        twins = codes[violation.pointer] - {violation.code}
        if violation.code == "too_few" and violation.pointer in inside:
            continue
        if violation.code == "invalid_choice" and twins - {"invalid_type"}:
            continue
        if violation.code == "invalid_choice" and twins:
            violation = replace(violation, message=violation.message.rstrip(".") + ", or give a number.")
        if violation.code == "invalid_type" and "invalid_choice" in twins:
            continue
        kept.append(violation)
    return kept


def _violation(detail: ErrorDetails, document: Json) -> Violation:
    kind = detail["type"]
    path = _path(detail["loc"], document)
    if kind == "too_long" and isinstance(detail["input"], str):
        kind = "string_too_long"
    if kind == "missing" and isinstance(detail["loc"][-1], int):
        code, message = "too_few", "A value is missing in this list."
    elif kind in _CODES:
        code, template = _CODES[kind]
        message = template.format_map({name: _plain(value) for name, value in detail.get("ctx", {}).items()})
    elif kind.endswith(("_type", "_parsing", "_from_float", "_parsing_size")):
        code, message = "invalid_type", f"{_TYPES.get(kind, detail['msg'])}."
    else:
        code, message = kind, detail["msg"]
    if path[:1] == ("canvas",) and path[-1] in _OUTPUT_MEMBERS and code == "invalid_range":
        code = "invalid_output"
    return Violation(pointer(*path), code, message)


def _plain(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _path(loc: Iterable[str | int], document: Json) -> tuple[str | int, ...]:
    """The path in the document; pydantic also names union members in `loc`, and those are not in the JSON."""
    parts = list(loc)
    path: list[str | int] = []
    node = document
    for index, part in enumerate(parts):
        inside_list = isinstance(node, list) and isinstance(part, int) and part < len(node)
        if inside_list or (isinstance(node, dict) and part in node):
            node = node[part]  # type: ignore[index]  # a dict or a list, as just seen
        elif index < len(parts) - 1 or not isinstance(node, dict) or part == node.get("type"):
            continue
        path.append(part)
    return tuple(path)


def _in_document_order(violations: Iterable[Violation], document: Json) -> list[Violation]:
    order: dict[str, int] = {}

    def number(node: Json, path: str) -> None:
        order[path] = len(order)
        children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, child in children:
            number(child, path + pointer(key))

    number(document, "")

    def place(violation: Violation) -> tuple[int, str]:
        known = violation.pointer
        while known not in order:
            known = known.rpartition("/")[0]
        return order[known], violation.code

    return sorted(dict.fromkeys(violations), key=place)[:_MOST_VIOLATIONS]


def _number(node: Json) -> float | None:
    if isinstance(node, bool) or not isinstance(node, int | float) or abs(node) > 2**53:
        return None
    return float(node)


def _member(node: Json, *path: str) -> Json:
    for name in path:
        node = node.get(name) if isinstance(node, dict) else None
    return node


def _across_scenes(document: Mapping[str, Json]) -> list[Violation]:
    """Rules that no single member can know. Tolerant of broken members: those have been reported already."""
    scenes = document.get("scenes")
    if not isinstance(scenes, list):
        return []
    violations: list[Violation] = []
    seen: dict[str, int] = {}
    total = 0.0
    incoming = 0.0
    for index, scene in enumerate(scenes):
        identifier = _member(scene, "id")
        if isinstance(identifier, str):
            if identifier in seen:
                message = f"Scene {seen[identifier] + 1} has this id already; ids are unique."
                violations.append(Violation(pointer("scenes", index, "id"), "duplicate_id", message))
            seen.setdefault(identifier, index)
        outgoing = _overlap(scene) if index < len(scenes) - 1 else 0.0
        duration = _number(_member(scene, "duration"))
        if duration is not None and duration > 0:
            total += duration - outgoing
            if incoming + outgoing > duration + 1e-6:  # 0.1 + 0.2 is more than 0.3 in binary
                message = (
                    f"The scene lasts {duration:g} s, its transitions {incoming + outgoing:g} s; "
                    "make it longer or a transition shorter."
                )
                violations.append(Violation(pointer("scenes", index, "duration"), "invalid_range", message))
            violations += _late_overlays(scene, index, duration)
        elif isinstance(scene, dict) and scene.get("duration", "auto") == "auto" and _has_no_length(scene):
            message = "“auto” takes its length from narration or a clip; this scene has neither. Give seconds."
            violations.append(Violation(pointer("scenes", index, "duration"), "invalid_range", message))
        incoming = outgoing
    if total > MAX_SECONDS:
        message = "The whole is longer than 4 hours; split it into several videos."
        violations.append(Violation(pointer("scenes"), "invalid_range", message))
    return violations


def _overlap(scene: Json) -> float:
    if _member(scene, "transition") is None or _member(scene, "transition", "type") == "none":
        return 0.0
    duration = _number(_member(scene, "transition", "duration"))
    return 0.4 if duration is None else max(0.0, duration)


def _has_no_length(scene: Json) -> bool:
    """Whether nothing in the scene can last; whether chosen media can is known when it is compiled."""
    return not _member(scene, "narration") and _member(scene, "visual", "type") in ("color", "gradient", "image")


def _late_overlays(scene: Json, index: int, duration: float) -> list[Violation]:
    overlays = _member(scene, "overlays")
    return [
        Violation(
            pointer("scenes", index, "overlays", position, "start"),
            "invalid_range",
            f"This overlay would start after the scene's end ({duration:g} s).",
        )
        for position, overlay in enumerate(overlays if isinstance(overlays, list) else [])
        if (start := _number(_member(overlay, "start"))) is not None and start >= duration
    ]
