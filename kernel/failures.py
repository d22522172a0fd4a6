"""What is kept of an error: enough to act on, nothing that may be somebody's."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from kernel.errors import AppError


@dataclass(frozen=True, slots=True)
class Failure:
    """`code` and `detail` are for the client; `exception` and `where` tell an operator what was raised, no values.

    An error that is no `AppError` has the code `internal_error`: its words were not written for clients.
    """

    code: str
    detail: str
    exception: str | None = None
    where: str | None = None

    @classmethod
    def of(cls, error: BaseException) -> Self:
        """The failure an exception stands for."""
        kind = type(error)
        exception = f"{kind.__module__}.{kind.__qualname__}"
        frames = traceback.extract_tb(error.__traceback__)
        where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno} {frames[-1].name}" if frames else None
        if isinstance(error, AppError):
            return cls(error.code, error.detail, exception, where)
        return cls(AppError.code, AppError.title, exception, where)

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        """From an `error` column."""
        return cls(kept["code"], kept["detail"], kept.get("exception"), kept.get("where"))

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}


def is_retryable(error: BaseException) -> bool:
    """Whether another attempt may succeed: an `AppError` says so itself; anything unforeseen may pass."""
    return error.retryable if isinstance(error, AppError) else True


def throttled_for(error: BaseException) -> float | None:
    """Seconds after which the other side wants to be asked again; None when it didn't say. Such a try costs nothing."""
    if not isinstance(error, AppError) or error.retry_after is None or not error.retryable:
        return None
    return float(error.retry_after)


def cause_of(error: BaseException) -> BaseException:
    """What went wrong first, when an `asyncio.TaskGroup` wrapped it into a group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
