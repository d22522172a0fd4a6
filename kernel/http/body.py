"""What may come in: the base of request models, the type of short texts, and how many bytes.

class VideoChange(Body):                                # an unknown member is refused: `unknown_field`
    title: Annotated[str, Text(200)] | None = None
    notes: Annotated[str, Text(5_000, lines=True)] = "…"

@router.put("/storyboards/{storyboard_id}")
@body_limit(8 * MIB)                                    # 1 MiB where nothing is said
async def save(...): ...
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from kernel.http import strictjson
from kernel.http.errors import BodyTooLarge, UnsupportedMediaType

MIB: Final = 1024 * 1024
DEFAULT_LIMIT: Final = MIB

_LIMIT = "__body_limit__"
_C = TypeVar("_C", bound=Callable[..., Any])

# Embeddings, overrides and isolates reorder the text around them (Unicode TR 9 §2); the marks LRM, RLM, ALM do not.
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def _refuse_other_types(schema: Any) -> None:
    """Make JSON's own types strict. Not the whole model: ids and times are text in JSON, which strictness refuses."""
    if isinstance(schema, dict):
        if schema.get("type") in ("bool", "int", "float", "str"):
            schema["strict"] = True
        for inner in schema.values():
            _refuse_other_types(inner)
    elif isinstance(schema, list | tuple):
        for inner in schema:
            _refuse_other_types(inner)


class Body(BaseModel):
    """Base of request bodies: a member that no field has is refused (`unknown_field`), and so is "1" or true for 1."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        _refuse_other_types(schema)
        return schema


@dataclass(frozen=True, slots=True)
class Text:
    """Text of 1..`max_length` characters: `Annotated[str, Text(200)]`, or just `Text(200)` as the type.

    Refused: nothing but white space (`blank`), too many characters (`too_long`), control characters, lone surrogates
    and bidirectional overrides (`invalid_text`). With `lines`, line breaks and tabs are allowed (CRLF becomes LF).
    White space around a text without `lines` is taken off, unless `strip` is false.
    """

    max_length: int
    lines: bool = False
    strip: bool = True

    def __or__(self, other: Any) -> Any:
        return Annotated[str, self] | other

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._validated, serialization=core_schema.to_string_ser_schema()
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": self.max_length}

    def _validated(self, value: object) -> str:
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "Give text.")
        if len(value) > self.max_length:
            raise PydanticCustomError(
                "too_long", "At most {max_length} characters fit here.", {"max_length": self.max_length}
            )
        text = value.replace("\r\n", "\n") if self.lines else value
        refuse_invalid_text(text, lines=self.lines)
        if is_blank(text):
            raise PydanticCustomError("blank", "Write something here.")
        return text.strip() if self.strip and not self.lines else text


def refuse_invalid_text(text: str, *, lines: bool = False) -> None:
    """Raises PydanticCustomError `invalid_text` for control characters, lone surrogates and bidirectional overrides."""
    for char in text:
        if unicodedata.category(char) in ("Cc", "Cs") and not (lines and char in "\n\t"):
            raise PydanticCustomError("invalid_text", "Remove the control characters.")
    if _BIDI_CONTROLS.search(text):
        raise PydanticCustomError("invalid_text", "Remove the characters that reorder text (bidirectional overrides).")


def is_blank(text: str) -> bool:
    """Whether nothing would be seen: white space and invisible format characters only."""
    return all(char.isspace() or unicodedata.category(char) in ("Cf", "Cc") for char in text)


def body_limit(size: int) -> Callable[[_C], _C]:
    """Let this route take bodies of `size` bytes instead of 1 MiB. Stands below the route's decorator."""

    def mark(endpoint: _C) -> _C:
        setattr(endpoint, _LIMIT, size)
        return endpoint

    return mark


def limit_of(endpoint: Callable[..., Any]) -> int:
    """How many bytes the body of this route may have."""
    limit: int = getattr(endpoint, _LIMIT, DEFAULT_LIMIT)
    return limit


def declared_length(request: Request) -> int | None:
    """Content-Length, where the request has one that is a number."""
    value = request.headers.get("content-length", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else None


async def bounded_stream(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The body as it arrives, at most `limit` bytes. Raises BodyTooLarge, at once when a larger one is announced."""
    length = declared_length(request)
    if length is not None and length > limit:
        raise BodyTooLarge(f"At most {_size(limit)} can be sent here.")
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > limit:
            raise BodyTooLarge(f"At most {_size(limit)} can be sent here.")
        yield chunk


async def read_bounded(request: Request, limit: int) -> bytes:
    """The whole body, of at most `limit` bytes. Raises BodyTooLarge."""
    return b"".join([chunk async for chunk in bounded_stream(request, limit)])


def require_json(request: Request) -> None:
    """Raises UnsupportedMediaType unless the body is declared as JSON in UTF-8, unencoded."""
    kinds = request.headers.getlist("content-type")
    media_type, _, parameters = (kinds[0] if len(kinds) == 1 else "").partition(";")
    media_type = media_type.strip().lower()
    if media_type != "application/json" and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        raise UnsupportedMediaType
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8"):
            raise UnsupportedMediaType
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body without Content-Encoding.")


class StrictRequest(Request):
    """A request whose JSON is bounded, declared as JSON and free of RFC 8259's traps. Made by `routes.ApiRoute`."""

    limit: int = DEFAULT_LIMIT

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            self._body = await read_bounded(self, self.limit)
        return self._body

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = strictjson.loads(await self.body())
        return self._json


def _size(count: int) -> str:
    return f"{count // MIB} MiB" if count >= MIB else f"{count // 1024} KiB"
