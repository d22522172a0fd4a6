"""Shotstack's merge fields: {{ KEY }} anywhere, with values in the edit's own `merge` list.

In the text of titles they stay fields of the template, elsewhere (addresses, colours, numbers) the value is put in.
"""

from __future__ import annotations

from collections.abc import Mapping

import regex

from storyboard.fields import FORBIDDEN, MAX_FIELDS, MAX_TEXT
from storyboard.importers.shotstack_clips import Reader
from storyboard.importers.source import Json
from storyboard.merge import PLACEHOLDER

_PLACEHOLDER = regex.compile(r"\{\{\s*([^{}]{1,200}?)\s*\}\}")
_NAME = regex.compile(r"[A-Z][A-Z0-9_]{0,63}")


def merged(edit: Mapping[str, Json], reader: Reader) -> tuple[dict[str, Json], list[dict[str, Json]]]:
    """The edit with its values put in, and our declarations of the fields that remain in texts."""
    values = _values(edit.get("merge"), reader)
    names = {find: name for find in values if _NAME.fullmatch(name := regex.sub(r"\W+", "_", find).upper())}
    used = reader.defaults

    def text_of(value: Json) -> str:
        return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else f"{value}"

    def put(found: regex.Match[str], keep: bool) -> str:
        key = found[1]
        if key not in values:
            return found[0]
        plain = FORBIDDEN.sub("", text_of(values[key]))[:MAX_TEXT]
        name = names.get(key)
        if not keep or name is None or PLACEHOLDER.search(plain) or used.setdefault(name, plain) != plain:
            return plain
        return f"{{{{{name}}}}}"

    def walk(node: Json, keep: bool) -> Json:
        if isinstance(node, str):
            whole = _PLACEHOLDER.fullmatch(node)
            if whole and whole[1] in values and not keep:
                return values[whole[1]]
            return _PLACEHOLDER.sub(lambda found: put(found, keep), node)
        if isinstance(node, list):
            return [walk(item, False) for item in node]
        if isinstance(node, dict):
            title = node.get("type") in ("title", "text")
            return {key: walk(item, title and key == "text") for key, item in node.items()}
        return node

    rest = {key: item if key == "merge" else walk(item, False) for key, item in edit.items()}
    fields: list[dict[str, Json]] = [{"name": name, "default": default} for name, default in used.items()]
    if len(fields) > MAX_FIELDS:
        reader.fail(("merge",), "too_many", f"The texts use {len(fields)} fields, at most {MAX_FIELDS} fit.")
    return rest, fields


def _values(merge: Json, reader: Reader) -> dict[str, Json]:
    values: dict[str, Json] = {}
    for index, entry in enumerate(merge if isinstance(merge, list) else []):
        find = entry.get("find") if isinstance(entry, dict) else None
        replace = entry.get("replace") if isinstance(entry, dict) else None
        if not isinstance(find, str) or not isinstance(replace, str | int | float):
            message = "A merge field has `find` and a text or number as `replace`; this one was left out."
            reader.note(("merge", index), "unsupported_member", message)
            continue
        values[find.strip()] = replace
    return values
