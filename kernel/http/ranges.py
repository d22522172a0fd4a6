"""Files over HTTP as players ask for them: one range, HEAD, conditional requests (RFC 9110 §13–14).

    return await send_object(request, service.objects, stored, filename="My film.mp4", download=asked)

At most one range is answered; a list of them gets the whole file, as the RFC allows, so that no header can make the
server work (CVE-2025-62727). Parsing is linear in a header of at most 64 characters.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, Final, cast
from urllib.parse import quote

from fastapi import Request, Response
from starlette.responses import StreamingResponse

from kernel.http.errors import RangeNotSatisfiable
from kernel.http.etag import etag, parse_tags
from kernel.objects import Objects, Stored

_LONGEST: Final = 64
_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes `start` up to and without `end`."""

    start: int
    end: int

    def content_range(self, size: int) -> str:
        return f"bytes {self.start}-{self.end - 1}/{size}"


def parse_range(field: str | None, size: int) -> ByteRange | None:
    """The one range asked for in a file of `size` bytes, or None for the whole: no range, several, or no valid one.

    Raises RangeNotSatisfiable (416) for a range outside of the file.
    """
    if field is None or len(field) > _LONGEST:
        return None
    match = _RANGE.fullmatch(field.strip().replace(" ", ""))
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        length = int(last)
        start, end = max(0, size - length), size
        if length == 0:
            raise _outside(size)
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < start:
            return None  # RFC 9110 §14.1.1: an inverted one is invalid, and an invalid one is ignored
    if start >= size:
        raise _outside(size)
    return ByteRange(start, end)


def _outside(size: int) -> RangeNotSatisfiable:
    return RangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})


async def send_object(
    request: Request,
    objects: Objects,
    stored: Stored,
    *,
    filename: str | None = None,
    download: bool = False,
    cache: str = "private, max-age=3600",
) -> Response:
    """The object, or the part of it that was asked for: 200, 206, 304, 416; HEAD without a body.

    `download` makes the browser save it as `filename`. Raises RangeNotSatisfiable, and ObjectMissing (410) when the
    bytes are gone.
    """
    tag = etag(stored.etag)
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Last-Modified": format_datetime(stored.modified, usegmt=True),
        "Cache-Control": cache,
        "Content-Disposition": content_disposition(filename, download=download),
    }
    if _unchanged(request, tag, stored):
        return Response(status_code=304, headers=headers)
    wanted = parse_range(request.headers.get("range"), stored.size) if _range_applies(request, tag, stored) else None
    part = wanted or ByteRange(0, stored.size)
    headers["Content-Length"] = str(part.end - part.start)
    if wanted is not None:
        headers["Content-Range"] = wanted.content_range(stored.size)
    status = 206 if wanted is not None else 200
    if request.method == "HEAD" or part.start == part.end:
        return Response(status_code=status, headers=headers, media_type=stored.content_type)
    chunks = objects.read(stored.key, part.start, part.end)
    # The first chunk before the status: an object that is gone is a 410, not half of a 200.
    first = await anext(chunks, b"")
    return StreamingResponse(_rest(first, chunks), status_code=status, headers=headers, media_type=stored.content_type)


async def _rest(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    # A client that hangs up must not leave the file open until the garbage collector comes by.
    async with aclosing(cast(Any, chunks)):
        yield first
        async for chunk in chunks:
            yield chunk


def content_disposition(filename: str | None, *, download: bool) -> str:
    """RFC 6266: a plain name for old clients, the whole one in UTF-8. Control characters and slashes are replaced."""
    kind = "attachment" if download else "inline"
    if not filename:
        return kind
    name = "".join(char if char.isprintable() and char not in '/\\"' else "_" for char in filename)[:200]
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace("%", "_")
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name.encode('utf-8', 'replace'), safe='')}"


def _unchanged(request: Request, tag: str, stored: Stored) -> bool:
    known = request.headers.get("if-none-match")
    if known is not None:
        return known.strip() == "*" or tag in {one.removeprefix("W/") for one in parse_tags(known)}
    since = _date(request.headers.get("if-modified-since"))
    return since is not None and int(stored.modified.timestamp()) <= since


def _range_applies(request: Request, tag: str, stored: Stored) -> bool:
    """If-Range: the range counts only for the file the client has the beginning of (RFC 9110 §13.1.5)."""
    condition = request.headers.get("if-range")
    if condition is None:
        return True
    if condition.startswith(('"', "W/")):
        return condition == tag
    return _date(condition) == int(stored.modified.timestamp())


def _date(field: str | None) -> int | None:
    if not field:
        return None
    try:
        return int(parsedate_to_datetime(field).timestamp())
    except (ValueError, OverflowError):
        return None
