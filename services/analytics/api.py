"""The route: a workspace's use by day."""

from __future__ import annotations

import re
from datetime import UTC, date, timedelta
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from contracts.permissions import Scope
from kernel.auth import Caller, require
from kernel.clock import now
from kernel.http.problems import problems
from kernel.http.routes import api_router
from kernel.service import service_of
from services.analytics.app import Analytics
from services.analytics.errors import InvalidPeriod
from services.analytics.schemas import Usage
from services.analytics.usage import usage

router = api_router("analytics")

Service = Annotated[Analytics, Depends(service_of(Analytics))]
Reads = Annotated[Caller, Depends(require(Scope.USAGE_READ))]
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST = timedelta(days=400)
_USUAL = timedelta(days=29)


def _written_out(value: Any) -> Any:
    # Pydantic would take a number for seconds since 1970.
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise PydanticCustomError("invalid_format", "Give a day as YYYY-MM-DD.")
    return value


Day = Annotated[date, BeforeValidator(_written_out)]


@router.get("/usage", responses=problems(InvalidPeriod))
async def get_usage(
    caller: Reads,
    service: Service,
    first: Annotated[Day | None, Query(alias="from", description="first day, UTC; 29 days before the last")] = None,
    last: Annotated[Day | None, Query(alias="to", description="last day, UTC; today")] = None,
) -> Usage:
    """Calls, videos and render time by day, and their sums."""
    last = last or now().astimezone(UTC).date()
    if first is None:
        first = last - _USUAL if last - date.min > _USUAL else date.min
    if not timedelta(0) <= last - first <= _LONGEST:
        raise InvalidPeriod
    async with service.env.database.unit_of_work(caller.tenant) as uow:
        return await usage(uow, first, last)
