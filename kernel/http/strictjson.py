"""JSON as RFC 8259 means it, without the traps: duplicate names, NaN, a BOM and bottomless nesting are errors.

`storyboard.strictjson` does the same for documents. The two stay apart because neither library may import the other,
and they differ: here errors are HTTP's, numbers stay as Python reads them, and text that PostgreSQL can't hold (NUL,
lone surrogates) is refused wherever it stands, also in parts of a body that no model describes.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from kernel.errors import InvalidInput, Violation
from kernel.http.errors import DuplicateKey, MalformedJson, TooDeep

MAX_DEPTH = 64

# Strings, or a bracket outside of them: one pass in C instead of a loop over characters.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def _refuse_deep(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        first = text[match.start()]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise TooDeep
        elif first in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise DuplicateKey
    return result


def _not_a_number(name: str) -> NoReturn:
    raise MalformedJson(f"{name} is not a JSON number.")


def _finite(literal: str) -> float:
    value = float(literal)
    if value in (float("inf"), float("-inf")):
        raise MalformedJson("A number in the body is too large.")
    return value


def loads(data: bytes) -> Any:
    """Parse a body. Raises MalformedJson, DuplicateKey, TooDeep (400) or InvalidInput (422, `invalid_text`)."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedJson("The body of the request is not UTF-8 text.") from None
    if text.startswith("\ufeff"):
        raise MalformedJson("The body begins with a byte order mark; send it without.")
    if not text.strip():
        raise MalformedJson("The body of the request is empty; send JSON.")
    _refuse_deep(text)
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_not_a_number, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise MalformedJson(f"Not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    except ValueError:
        # int() refuses more than 4300 digits (CVE-2020-10735)
        raise MalformedJson("A number in the body has too many digits.") from None
    if _SUSPECT.search(text) and (pointer := unstorable(value)) is not None:
        message = "Text may hold neither NUL nor half of a surrogate pair."
        raise InvalidInput(violations=(Violation(pointer, "invalid_text", message),))
    return value


def unstorable(value: Any, pointer: str = "") -> str | None:
    """Where the first text stands that holds NUL or a lone surrogate; a name that does counts as its object's."""
    if isinstance(value, str):
        return pointer if not _storable(value) else None
    if isinstance(value, dict):
        for name, inner in value.items():
            if not _storable(name):
                return pointer
            if (found := unstorable(inner, f"{pointer}/{escape(name)}")) is not None:
                return found
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if (found := unstorable(inner, f"{pointer}/{index}")) is not None:
                return found
    return None


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def escape(segment: str) -> str:
    """One reference token of a JSON pointer (RFC 6901 §3)."""
    return segment.replace("~", "~0").replace("/", "~1")
