"""What the importers share: decoding a file of unknown encoding, and the scenes made of it."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from storyboard.compiler import Notice
from storyboard.errors import StoryboardInvalid, Violation, pointer
from storyboard.fields import FORBIDDEN, MAX_FIELDS
from storyboard.merge import PLACEHOLDER

Json = object

MAX_BYTES = 8 * 1024 * 1024
MAX_TITLE = 200

# Longest first: the UTF-32 mark begins with the UTF-16 one.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# Five bytes mean nothing in Windows-1252; ISO 8859-1 makes control characters of them, which are removed.
_WINDOWS_1252 = "".join(bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in range(256))

#: backgrounds of scenes that come without a picture, in turn; dark enough for white captions
PALETTE = (
    ("#1e3a5f", "#0f172a"),
    ("#5b2a86", "#1f1147"),
    ("#0f5c4c", "#06281f"),
    ("#7a2e3a", "#2a0d14"),
    ("#3b4a6b", "#141a2b"),
    ("#6b4a1e", "#241807"),
)


@dataclass(frozen=True, slots=True)
class Imported:
    """A storyboard/1 document (`parse_storyboard` accepts it) and what its author should know.

    `media` holds reference → address of the files that have to be fetched before it can be rendered.
    """

    storyboard: dict[str, Json]
    notices: tuple[Notice, ...] = ()
    media: Mapping[str, str] = field(default_factory=dict)


def refuse(place: str, code: str, message: str) -> StoryboardInvalid:
    """A document that can't be read any further, for `raise`."""
    return StoryboardInvalid([Violation(place, code, message)])


def line_pointer(number: int) -> str:
    return pointer("line", number)


def decode(data: str | bytes, limit: int = MAX_BYTES) -> tuple[str, list[Notice]]:
    """Text with newlines as \\n and without control characters, and notices of what that took.

    Bytes are read as their byte order mark says, else as UTF-8, else as Windows-1252 (which every ISO 8859-1 file
    is), with a notice. Raises StoryboardInvalid: `body_too_large`, `not_text`.
    """
    if len(data) > limit:
        raise refuse("", "body_too_large", f"The file is larger than {limit // 1024 // 1024} MiB; split it.")
    notices: list[Notice] = []
    text = data if isinstance(data, str) else _decoded(data, notices)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise refuse("", "not_text", "This is not a text file. Save it as text in UTF-8 and try again.")
    found = FORBIDDEN.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        message = f"Control characters were left out; the first stands in line {line}."
        notices.append(Notice(line_pointer(line), "characters_removed", message))
        text = FORBIDDEN.sub("", text)
    return text, notices


def _decoded(data: bytes, notices: list[Notice]) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(encoding, errors="replace")
            if "\ufffd" in text:
                notices.append(
                    Notice("", "characters_replaced", f"Some bytes are not {encoding.upper()}; see “\ufffd”.")
                )
            return text
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        message = "The file is not UTF-8; it was read as Windows-1252 (Latin-1). Check letters with accents."
        notices.append(Notice("", "encoding_assumed", message))
        return codecs.charmap_decode(data, "strict", _WINDOWS_1252)[0]


def gradient(index: int) -> dict[str, Json]:
    return {"type": "gradient", "colors": list(PALETTE[index % len(PALETTE)])}


def declared_fields(texts: Iterable[str], notices: list[Notice]) -> list[dict[str, Json]]:
    """A declaration for each {{NAME}} in the texts, so that an import is a template; a name stands for itself at
    first. Raises StoryboardInvalid (`too_many`) beyond 100 names."""
    names = list(dict.fromkeys(name for text in texts for name in PLACEHOLDER.findall(text)))
    if len(names) > MAX_FIELDS:
        raise refuse("", "too_many", f"The text uses {len(names)} fields; a storyboard holds {MAX_FIELDS}.")
    if names:
        listed = ", ".join(names)
        message = f"These stand in double braces and became fields of the template: {listed}."
        notices.append(Notice(pointer("fields"), "fields_declared", message))
    return [{"name": name, "default": name} for name in names]


def document(title: str | None, language: str, scenes: list[Json], notices: list[Notice]) -> dict[str, Json]:
    """The storyboard of imported scenes; `fields` is there only if the narrations use some."""
    clean = " ".join(FORBIDDEN.sub("", title or "").split())[:MAX_TITLE]
    texts = [narration["text"] for scene in scenes if isinstance(scene, dict) and (narration := scene.get("narration"))]
    fields = declared_fields([clean, *texts], notices)
    return {
        "version": "storyboard/1",
        **({"title": clean} if clean else {}),
        "language": language,
        **({"fields": fields} if fields else {}),
        "scenes": scenes,
    }
