"""Rate limits: token buckets by address, account, token and workspace.

    @router.post("/auth/sign-in", dependencies=[Depends(limited("sign-in", Limit.per_minute(10), by=("address",)))])

    await charge(request, "sign-in", f"account:{email_hash}", Limit.per_minute(5))     # a bucket only the act knows

Every signed-in request also takes from its token's and its workspace's bucket for reads or writes. Answers carry
`RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10) of the bucket that is nearest to empty.
When the limiter does not answer, these pass; strict ones, such as sign-in, refuse with 503.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, Literal

import structlog
from fastapi import Request

from kernel.errors import RateLimited
from kernel.http.addresses import client_address
from kernel.ports import Limit, LimiterDown, Limits, Verdict

if TYPE_CHECKING:
    from kernel.auth import Caller

log = structlog.get_logger(__name__)

By = Literal["address", "tenant", "token"]

READS: Final = Limit(rate=20, burst=300)
WRITES: Final = Limit(rate=5, burst=100)
TENANT_READS: Final = Limit(rate=100, burst=1500)
TENANT_WRITES: Final = Limit(rate=25, burst=500)

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def limited(
    name: str, limit: Limit, *, by: tuple[By, ...] = ("address",), cost: int = 1, strict: bool = True
) -> Callable[[Request], Awaitable[None]]:
    """A dependency that takes from a bucket of `name` for each of `by`.

    `tenant` and `token` need a signed-in caller. Raises RateLimited (429) and, if `strict`, LimiterDown (503).
    """

    async def dependency(request: Request) -> None:
        for kind in by:
            await charge(request, name, await _bucket(request, kind), limit, cost=cost, strict=strict)

    return dependency


async def charge(request: Request, name: str, bucket: str, limit: Limit, *, cost: int = 1, strict: bool = True) -> None:
    """Take `cost` from one bucket, such as `account:<hash>`. Raises RateLimited, and LimiterDown if `strict`.

    Bucket names may hold what a person typed: they are hashed before they leave here.
    """
    limits: Limits = request.app.state.ports.limits
    digest = hashlib.blake2b(bucket.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    try:
        verdict = await limits.take(f"{name}:{digest}", limit, cost)
    except LimiterDown:
        if strict:
            raise
        log.warning("limiter_down", policy=name)
        return
    _remember(request, name, limit, verdict)
    if not verdict.allowed:
        raise RateLimited(retry_after=max(1, math.ceil(verdict.reset_seconds)))


async def charge_caller(request: Request, caller: Caller) -> None:
    """What every signed-in request costs, once. Raises RateLimited."""
    if getattr(request.state, "charged", False):
        return
    request.state.charged = True
    reads = request.method in _SAFE
    kind = "reads" if reads else "writes"
    credential = caller.token_id or caller.session_id or caller.user_id
    await charge(request, kind, f"token:{credential}", READS if reads else WRITES, strict=False)
    await charge(
        request, f"workspace-{kind}", f"tenant:{caller.tenant}", TENANT_READS if reads else TENANT_WRITES, strict=False
    )


def rate_limit_headers(request_state: dict[str, object]) -> dict[str, str]:
    """The headers for the bucket nearest to empty, if any was touched."""
    found = request_state.get("rate_limit")
    if not isinstance(found, tuple):
        return {}
    name, limit, verdict = found
    return {
        "RateLimit": f'"{name}";r={verdict.remaining};t={math.ceil(verdict.reset_seconds)}',
        "RateLimit-Policy": f'"{name}";q={limit.burst};w={limit.window}',
    }


def _remember(request: Request, name: str, limit: Limit, verdict: Verdict) -> None:
    known = getattr(request.state, "rate_limit", None)
    if known is None or not verdict.allowed or verdict.remaining / limit.burst < known[2].remaining / known[1].burst:
        request.state.rate_limit = (name, limit, verdict)


async def _bucket(request: Request, kind: By) -> str:
    if kind == "address":
        return f"address:{client_address(request)}"
    from kernel.auth import caller_of  # the two need each other: a caller is charged, a charge may name a caller

    caller = await caller_of(request)
    return f"tenant:{caller.tenant}" if kind == "tenant" else f"token:{caller.token_id or caller.session_id}"
