"""What the benchmarks of the studio share: a database server of their own, percentiles, a case on the terminal."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "bench")]

from report import CaseResult  # noqa: E402  (after the checkout is on the path)

from adapters.postgres_embedded import EmbeddedPostgres  # noqa: E402
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


def show(result: CaseResult) -> None:
    """A case on the terminal."""
    table = [result.table.head, *result.table.rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(result.table.head))]
    print(f"\n{result.title}")
    for first, *others in table:
        cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        print("  " + "   ".join((first.ljust(widths[0]), *cells)))
    for verdict in result.verdicts:
        print(f"  {verdict.what}: {verdict.measured} ({verdict.target})")


def run(measure: Coroutine[None, None, CaseResult]) -> CaseResult:
    """Measures in an event loop as the studio's own."""
    configure_logging("console", "critical")
    return asyncio.run(measure)
