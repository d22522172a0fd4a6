"""The scalar types of storyboard/1: text, colours, times, fractions, references.

Times are seconds with at most three decimals; positions and sizes are fractions 0…1 of the canvas; type sizes are
percent of the canvas' shorter side (vmin).
"""

from __future__ import annotations

import math
import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

MAX_SCENES = 500
MAX_FIELDS = 100
#: characters of one narration
MAX_TEXT = 5000
MAX_SECONDS = 4 * 60 * 60
MAX_SIDE = 4096
MIN_SIDE = 64
FRAME_RATES = (24, 25, 30, 50, 60)

_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\Z")
# C0 and C1 controls but tab and newline; lone surrogates; explicit bidi controls, which can make a caption read
# otherwise than it is stored (UTS #36). Joiners and variation selectors stay: emoji and scripts need them.
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


def _text(value: str) -> str:
    found = FORBIDDEN.search(value)
    if found:
        raise PydanticCustomError(
            "invalid_text",
            "Remove the character U+{code}: control characters can't be shown.",
            {"code": f"{ord(found.group()):04X}"},
        )
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("blank", "Write some text here, or leave the whole field out.")
    return value


def _newlines(value: object) -> object:
    """CRLF and CR are ways to write a newline, not control characters to refuse."""
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


def _colour(value: str) -> str:
    if not _COLOUR.match(value):
        raise PydanticCustomError("invalid_colour", "Write the colour as #RRGGBB or #RRGGBBAA.")
    return value.lower()


def _milliseconds(value: float) -> float:
    if not math.isfinite(value) or abs(value * 1000 - round(value * 1000)) > 1e-6:
        raise PydanticCustomError("invalid_range", "Write the time in seconds with at most three decimals.")
    return round(value, 3)


def _even(value: int) -> int:
    if value % 2:
        raise PydanticCustomError(
            "invalid_output", "Use an even number of pixels, for example {near}.", {"near": value + 1}
        )
    return value


def _frame_rate(value: int) -> int:
    if value not in FRAME_RATES:
        raise PydanticCustomError("invalid_output", "Use one of these frame rates: 24, 25, 30, 50 or 60.")
    return value


Line = Annotated[str, BeforeValidator(_newlines), StringConstraints(max_length=200), AfterValidator(_text)]
Text = Annotated[str, BeforeValidator(_newlines), StringConstraints(max_length=MAX_TEXT), AfterValidator(_text)]
SpokenText = Annotated[Text, AfterValidator(_not_blank)]
OverlayText = Annotated[
    str,
    BeforeValidator(_newlines),
    StringConstraints(max_length=500),
    AfterValidator(_text),
    AfterValidator(_not_blank),
]
Colour = Annotated[
    str,
    AfterValidator(_colour),
    WithJsonSchema({"type": "string", "pattern": "^#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$"}),
]
# Strict throughout: "3" and true are no numbers, in JSON Schema and in TypeScript neither.
Flag = Annotated[bool, Field(strict=True)]
Seconds = Annotated[float, Field(ge=0, le=MAX_SECONDS, allow_inf_nan=False, strict=True), AfterValidator(_milliseconds)]
PositiveSeconds = Annotated[
    float, Field(gt=0, le=MAX_SECONDS, allow_inf_nan=False, strict=True), AfterValidator(_milliseconds)
]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]
Side = Annotated[int, Field(ge=MIN_SIDE, le=MAX_SIDE, strict=True), AfterValidator(_even)]
FrameRate = Annotated[
    int, Field(strict=True), AfterValidator(_frame_rate), WithJsonSchema({"type": "integer", "enum": list(FRAME_RATES)})
]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]
# asset:<id> is stored in the studio, sample:<name> comes with Keyreel, file:<path> is beside the storyboard and only
# means something to a render on the same machine.
Reference = Annotated[str, StringConstraints(pattern=r"^(asset|sample|file):[^\x00-\x1f]{1,1024}$")]
LanguageTag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
