"""Who is asking, from where and on which trace: set at the edge, read where a log line or an audit entry is made.

    with bind(request_id="…", tenant=tenant, actor=f"user:{user_id}", address="203.0.113.7"):
        ...
        current().actor

It is carried by contextvars: a task or thread started inside sees it, a sibling does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Final

from kernel.ids import TenantId


@dataclass(frozen=True, slots=True)
class Context:
    """`actor` is `user:<id>`, `token:<id>`, `operator:<id>` or `service:<name>`; `traceparent` is W3C Trace Context."""

    request_id: str | None = None
    tenant: TenantId | None = None
    actor: str | None = None
    address: str | None = None
    traceparent: str | None = None


_context: Final[ContextVar[Context]] = ContextVar("context", default=Context())  # noqa: B039 - frozen


def current() -> Context:
    return _context.get()


@contextmanager
def bind(
    *,
    request_id: str | None = None,
    tenant: TenantId | None = None,
    actor: str | None = None,
    address: str | None = None,
    traceparent: str | None = None,
) -> Iterator[Context]:
    """Sets what is given for the block; the rest stays as it was."""
    given: dict[str, Any] = {
        "request_id": request_id,
        "tenant": tenant,
        "actor": actor,
        "address": address,
        "traceparent": traceparent,
    }
    bound = replace(current(), **{name: value for name, value in given.items() if value is not None})
    token = _context.set(bound)
    try:
        yield bound
    finally:
        _context.reset(token)
