"""Lists page by page, by key instead of by offset: no row twice and none left out while others are added.

    Paging = Annotated[PageQuery, Depends()]

    @router.get("/videos")
    async def list_videos(caller: VideosRead, page: Paging, service: Service) -> Page[VideoOut]:
        async with service.database.unit_of_work(caller.tenant) as uow:
            return await page.read(
                uow.session, select(Video).where(Video.trashed_at.is_(None)), VideoOut.of,
                id=Video.id, sorts={"created_at": Video.created_at, "title": Video.title}, default="-created_at",
            )

`?limit=` 1..100 (50), `?sort=` a name of `sorts`, with `-` before it for descending, `?cursor=` the `next` of the page
before. A cursor is signed and bound to tenant, address and sort: a forged, foreign, mixed-up or day-old one is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final, Generic, TypeVar, cast
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel
from sqlalchemy import Row, Select, bindparam, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import ColumnElement

from kernel import context
from kernel.errors import InvalidInput, Violation
from kernel.http.errors import InvalidCursor
from kernel.secret import Secret

LARGEST: Final = 100
USUAL: Final = 50
CURSOR_LIFE: Final = 24 * 3600
MOST_PARAMETERS: Final = 32
_MAC: Final = 16

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


class Page(BaseModel, Generic[T]):
    """Some of a list. `next` is the cursor of what follows; null at the end."""

    items: list[T]
    next: str | None = None


class PageQuery:
    """Which page is asked for: `Annotated[PageQuery, Depends()]`."""

    def __init__(
        self,
        request: Request,
        limit: Annotated[int, Query(ge=1, le=LARGEST, description="how many, 1 to 100")] = USUAL,
        cursor: Annotated[str | None, Query(max_length=2048, description="the `next` of the page before")] = None,
        sort: Annotated[str | None, Query(max_length=64, description="a field; `-` before it: descending")] = None,
    ) -> None:
        if len(request.query_params.multi_items()) > MOST_PARAMETERS:
            raise _refused("too_many_filters", f"At most {MOST_PARAMETERS} parameters can be given.", "")
        route = request.scope.get("route")
        self.limit = limit
        self.cursor = cursor
        self.sort = sort
        self._address = str(getattr(route, "path", request.url.path))
        self._key: Secret = request.app.state.cursor_key

    async def read(
        self,
        session: AsyncSession,
        statement: Select[*tuple[Any, ...]],
        view: Callable[[Any], T | Awaitable[T]],
        *,
        id: Any,  # noqa: A002 - it is the id column
        sorts: Mapping[str, Any],
        default: str,
    ) -> Page[T]:
        """The page of what `statement` selects, each row made into a `view`.

        `view` gets the entity when the statement selects one thing, else the row. `id` and the values of `sorts` are
        columns or expressions that are never NULL; `id` is unique. Raises InvalidCursor (400), InvalidInput
        (`unknown_sort`, 422).
        """
        rows, following = await self.rows(session, statement, id=id, sorts=sorts, default=default)
        items = [await made if isinstance(made, Awaitable) else made for made in map(view, rows)]
        return Page(items=cast(list[T], items), next=following)

    async def rows(
        self,
        session: AsyncSession,
        statement: Select[*tuple[Any, ...]],
        *,
        id: Any,  # noqa: A002 - it is the id column
        sorts: Mapping[str, Any],
        default: str,
    ) -> tuple[list[Any], str | None]:
        """The rows themselves and the cursor of what follows, for pages whose views need them all at once."""
        sort = self.sort or default
        name, descending = sort.removeprefix("-"), sort.startswith("-")
        if name not in sorts:
            known = ", ".join(sorted(sorts))
            raise _refused(
                "unknown_sort", f"The list can be sorted by {known}; put - before it for descending.", "/sort"
            )
        column, tie = sorts[name], id
        place = tuple_(column, tie)
        if self.cursor is not None:
            after = self._open(self.cursor, sort)
            # Typed as the columns are, so that the index on (column, id) serves.
            bound = tuple_(*(_bind(value, like) for value, like in zip(after, (column, tie), strict=True)))
            statement = statement.where(place < bound if descending else place > bound)
        order = (column.desc(), tie.desc()) if descending else (column.asc(), tie.asc())
        selected = statement.add_columns(column.label("_sort"), tie.label("_id")).order_by(None).order_by(*order)
        found: list[Row[Any]] = list((await session.execute(selected.limit(self.limit + 1))).all())
        shown = found[: self.limit]
        following = self._seal(shown[-1][-2:], sort) if len(found) > self.limit else None
        width = len(shown[0]) - 2 if shown else 0
        return [row[0] if width == 1 else row[:width] for row in shown], following

    def _seal(self, after: Any, sort: str) -> str:
        body = json.dumps([int(time.time()), *(_pack(value) for value in after)], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._mac(body, sort) + body).decode().rstrip("=")

    def _open(self, cursor: str, sort: str) -> list[Any]:
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise InvalidCursor from None
        mac, body = raw[:_MAC], raw[_MAC:]
        if not hmac.compare_digest(mac, self._mac(body, sort)):
            raise InvalidCursor
        made_at, *after = json.loads(body)
        if time.time() - made_at > CURSOR_LIFE:
            raise InvalidCursor("The list was read too long ago; read it from its beginning.")
        return [_unpack(value) for value in after]

    def _mac(self, body: bytes, sort: str) -> bytes:
        bound_to = json.dumps([str(context.current().tenant), self._address, sort]).encode()
        message = len(bound_to).to_bytes(4, "big") + bound_to + body
        return hmac.digest(self._key.reveal().encode(), message, hashlib.sha256)[:_MAC]


def _bind(value: Any, like: ColumnElement[Any]) -> Any:
    return bindparam(None, value, type_=like.type, unique=True)


_KINDS: Final[dict[str, Callable[[Any], Any]]] = {
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "u": UUID,
    "v": lambda value: value,
}


def _pack(value: object) -> list[Any]:
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, UUID):
        return ["u", str(value)]
    if isinstance(value, bool | int | float | str):
        return ["v", value]
    raise TypeError(f"a list can't be sorted by {type(value).__name__}")


def _unpack(packed: list[Any]) -> Any:
    kind, value = packed
    return _KINDS[kind](value)


def _refused(code: str, message: str, pointer: str) -> InvalidInput:
    return InvalidInput(violations=(Violation(pointer, code, message),))
