"""JSON as RFC 8259 means it, without the traps: duplicate names, NaN, BOM and bottomless nesting are errors."""

from __future__ import annotations

import json
from typing import NoReturn

from storyboard.errors import StoryboardInvalid, Violation

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 64


def _refuse(code: str, message: str) -> NoReturn:
    raise StoryboardInvalid([Violation("", code, message)])


def _depth(text: str) -> int:
    """Deepest nesting of arrays and objects, counted before parsing so that the parser can't be made to recurse."""
    depth = deepest = 0
    in_string = escaped = False
    for char in text:
        if in_string:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    return deepest


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                _refuse("duplicate_key", f"The member “{name}” stands twice in one object; keep one.")
            seen.add(name)
    return result


def _number(literal: str) -> float:
    """1.0 is the integer 1, as in JavaScript and in JSON Schema."""
    value = float(literal)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def loads(data: str | bytes) -> object:
    """Parse a document of at most 8 MiB and 64 levels.

    Raises StoryboardInvalid with `body_too_large`, `too_deep`, `duplicate_key` or `malformed_json`.
    """
    if len(data) > MAX_BYTES:
        _refuse("body_too_large", "The document is larger than 8 MiB; split it.")
    if isinstance(data, bytes):
        try:
            data = data.decode("utf-8")
        except UnicodeDecodeError:
            _refuse("malformed_json", "The document is not UTF-8 text; save it as UTF-8.")
    if data.startswith("\ufeff"):
        _refuse("malformed_json", "The document begins with a byte order mark; save it as UTF-8 without BOM.")
    if _depth(data) > MAX_DEPTH:
        _refuse("too_deep", f"The document nests deeper than {MAX_DEPTH} levels.")
    try:
        return json.loads(
            data,
            object_pairs_hook=_unique,
            parse_constant=lambda name: _refuse("malformed_json", f"{name} is not a JSON number."),
            parse_float=_number,
        )
    except StoryboardInvalid:
        raise
    except json.JSONDecodeError as error:
        _refuse("malformed_json", f"Not JSON: {error.msg} at line {error.lineno}, column {error.colno}.")
    except ValueError:
        # int() refuses more than 4300 digits (CVE-2020-10735)
        _refuse("malformed_json", "A number in the document has too many digits.")
