"""Merge fields: {{NAME}} in any string of a storyboard is replaced by that field's value.

Replacement is textual and happens once; nothing is evaluated. What does not look like a field name ({{7*7}},
{{config}}) is ordinary text and stays. A field's default may use other fields; a circle is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from storyboard.errors import StoryboardInvalid, Violation, pointer
from storyboard.fields import MAX_FIELDS, MAX_TEXT
from storyboard.strictjson import MAX_DEPTH

PLACEHOLDER = re.compile(r"\{\{([A-Z][A-Z0-9_]{0,63})\}\}")

Json = object

#: characters of a text with its fields put in, placeholders counted; the schema's own limits are lower
_MOST = 4 * MAX_TEXT


def _put(text: str, texts: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: texts.get(found[1], found[0]), text)


class _Cycle(Exception):
    """Fields whose defaults use each other; the message names the circle."""


def _declared(document: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    fields = document.get("fields")
    if not isinstance(fields, list):
        return []
    # More are refused by the schema; here they would only make circles longer.
    return [cast(Mapping[str, Json], field) if isinstance(field, dict) else {} for field in fields[:MAX_FIELDS]]


def _too_long(*where: str | int) -> Violation:
    return Violation(pointer(*where), "text_too_long", f"With its fields the text has more than {MAX_TEXT} characters.")


def _length(text: str, texts: Mapping[str, str]) -> int:
    """Characters after replacement, counted before it: fields in fields must not fill the memory."""
    found = PLACEHOLDER.findall(text)
    return len(text) + sum(len(texts.get(name, "")) for name in found)


def _resolve(
    document: Mapping[str, Json], values: Mapping[str, str]
) -> tuple[dict[str, str], set[str], list[Violation]]:
    """The text of each field that has one, the names that were declared, and what is wrong with them."""
    violations: list[Violation] = []
    given: dict[str, str] = {}
    places: dict[str, int] = {}
    for index, field in enumerate(_declared(document)):
        name = field.get("name")
        if not isinstance(name, str):
            continue
        if name in places:
            violations.append(Violation(pointer("fields", index, "name"), "duplicate_id", f"{name} is declared twice."))
        places[name] = index
        if name in values:
            given[name] = values[name] if isinstance(values[name], str) else ""
        elif isinstance(field.get("default"), str):
            given[name] = cast(str, field["default"])
        elif field.get("required") is True:
            violations.append(
                Violation(pointer("fields", index), "missing_variable", f"Give a value for {name}; it has no default.")
            )
        else:
            given[name] = ""
    violations += [
        Violation("", "unknown_variable", f"There is no field {name}; declare it in `fields` or leave it out.")
        for name in values
        if name not in places
    ]
    violations += [
        Violation("", "invalid_type", f"The value of {name} is not text.")
        for name, value in values.items()
        if not isinstance(value, str)
    ]
    resolved: dict[str, str] = {}

    def text_of(name: str, path: tuple[str, ...]) -> str:
        if name in path:
            raise _Cycle(" → ".join((*path[path.index(name) :], name)))
        if name not in resolved:
            text = given[name]
            if name not in values:
                used = [found for found in dict.fromkeys(PLACEHOLDER.findall(text)) if found in given]
                parts = {found: text_of(found, (*path, name)) for found in used}
                if _length(text, parts) > MAX_TEXT and parts:
                    violations.append(_too_long("fields", places[name], "default"))
                    parts = dict.fromkeys(parts, "")
                text = _put(text, parts)
            resolved[name] = text
        return resolved[name]

    for name in given:
        try:
            resolved[name] = text_of(name, ())
        except _Cycle as circle:
            resolved[name] = ""
            violations.append(
                Violation(
                    pointer("fields", places[name], "default"),
                    "cyclic_reference",
                    f"These fields use each other in a circle: {circle}.",
                )
            )
    return resolved, set(places), violations


def merge_fields(document: Mapping[str, Json], values: Mapping[str, str]) -> tuple[dict[str, Json], list[Violation]]:
    """The document with every field replaced, and every violation found on the way.

    Codes: missing_variable (required without a value, or used and never declared), unknown_variable,
    duplicate_id, cyclic_reference, invalid_type (a value that is no text), text_too_long.
    """
    texts, declared, violations = _resolve(document, values)

    def walk(node: Json, path: tuple[str | int, ...]) -> Json:
        if len(path) > MAX_DEPTH:
            message = f"The document nests deeper than {MAX_DEPTH} levels."
            raise StoryboardInvalid([Violation("", "too_deep", message)])
        if isinstance(node, str):
            violations.extend(
                Violation(pointer(*path), "missing_variable", f"{name} is used here; declare it in `fields`.")
                for name in dict.fromkeys(PLACEHOLDER.findall(node))
                if name not in declared
            )
            if "{{" in node and _length(node, texts) > _MOST:
                violations.append(_too_long(*path))
                return node
            return _put(node, texts)
        if isinstance(node, list):
            return [walk(item, (*path, index)) for index, item in enumerate(node)]
        if isinstance(node, dict):
            return {
                key: item if path == () and key == "fields" else walk(item, (*path, key)) for key, item in node.items()
            }
        return node

    return cast(dict[str, Json], walk(dict(document), ())), violations
