"""What the benchmarks of the studio share: a database server of their own, percentiles, a table on the terminal."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from adapters.postgres_embedded import EmbeddedPostgres  # noqa: E402  (after the checkout is on the path)
from kernel.telemetry import configure_logging  # noqa: E402
from kernel.testing.events import Part, Rig, backed  # noqa: E402
from kernel.testing.postgres import DatabaseServer  # noqa: E402


@asynccontextmanager
async def measured_rig(*parts: Part) -> AsyncIterator[Rig]:
    """Services on an embedded server with the settings of a real installation: commits reach the disk."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as server:
        async with backed(DatabaseServer(server), *parts) as rig:
            yield rig


def percentile(samples: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, max(0, round(percent / 100 * len(ordered) + 0.5) - 1))]


async def timed(call: Callable[[], Awaitable[object]]) -> float:
    """Seconds of one call."""
    began = time.perf_counter()
    await call()
    return time.perf_counter() - began


def show(title: str, rows: Sequence[tuple[str, str]]) -> None:
    width = max(len(name) for name, _ in rows)
    print(f"\n{title}")
    for name, figure in rows:
        print(f"  {name:<{width}}  {figure}")


def run(main: Callable[[], Coroutine[None, None, None]]) -> None:
    configure_logging("console", "warning")
    uvloop.run(main())  # the event loop of the studio itself
