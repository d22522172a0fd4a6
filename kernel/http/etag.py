"""ETags of things that are edited, and the condition an edit stands under (RFC 9110 §13).

response.headers["ETag"] = etag(storyboard.version)
...
async def save(…, expected: IfMatch)
expected.check(storyboard.version)           # 428 without If-Match, 412 version_conflict if someone was faster

The condition is looked at once there is something to compare it with: what isn't there is a 404 with or without it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request

from kernel.errors import PreconditionFailed
from kernel.http.errors import PreconditionRequired

_ENTITY_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')


def etag(version: object) -> str:
    """A strong entity tag: `etag(7)` is `"7"`."""
    return f'"{version}"'


def parse_tags(field: str) -> tuple[str, ...]:
    """The entity tags of an If-Match or If-None-Match field; `*` stays `*`."""
    return ("*",) if field.strip() == "*" else tuple(_ENTITY_TAG.findall(field))


@dataclass(frozen=True, slots=True)
class Expected:
    """The versions an edit may replace; None: the request named none."""

    tags: tuple[str, ...] | None

    def check(self, version: object) -> None:
        """Raises PreconditionFailed (412 `version_conflict`) unless `version` is one of them. Weak tags never match.

        Raises PreconditionRequired (428) where none was named.
        """
        if self.tags is None:
            raise PreconditionRequired
        if "*" not in self.tags and etag(version) not in self.tags:
            raise PreconditionFailed


def if_match(request: Request) -> Expected:
    """What the request expects to replace."""
    fields: Sequence[str] = request.headers.getlist("if-match")
    return Expected(tuple(tag for field in fields for tag in parse_tags(field)) if fields else None)


async def _documented(
    request: Request, if_match_: Annotated[str | None, Header(alias="If-Match", description="the ETag you read")] = None
) -> Expected:
    return if_match(request)


IfMatch = Annotated[Expected, Depends(_documented)]
"""A parameter of routes that edit: `async def save(…, expected: IfMatch)`."""
