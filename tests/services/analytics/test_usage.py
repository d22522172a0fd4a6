"""Analytics on a real database: each event counts once, on its day, for its workspace."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path

import pytest

from contracts.events.billing import JobCharged
from contracts.events.jobs import JobChanged
from contracts.events.tenants import TenantDeleted
from contracts.events.usage import ApiCalled
from contracts.events.videos import VideoStored
from contracts.permissions import SCOPES_OF
from kernel.clock import now
from kernel.events import Event
from kernel.ids import TenantId, uuid7
from kernel.testing.postgres import DatabaseServer
from kernel.testing.studio import RunningStudio, studio
from services.analytics.service import SPEC


async def state_facts(s: RunningStudio, *events: Event, tenant: TenantId | None = None) -> None:
    async with s.database().system() as uow:
        for event in events:
            uow.emit(event, tenant=tenant or s.tenant)
    await s.drain()


def called(outcome: str = "ok", cost: int = 0) -> ApiCalled:
    return ApiCalled(
        connector="speech-offline", operation="speak", job_id=None, outcome=outcome, milliseconds=7, cost_micros=cost
    )


async def test_a_report_adds_up_what_was_called_and_made(database_server: DatabaseServer, tmp_path: Path) -> None:
    async with studio(SPEC, server=database_server, folder=tmp_path, roles=SCOPES_OF) as s:
        job = uuid7()
        await state_facts(
            s,
            called(),
            called(cost=1500),
            called("failed"),
            called("cached"),
            VideoStored(job_id=job, video_id=uuid7(), version=1, title="Tea", bytes=5, seconds=12.0),
            JobCharged(job_id=job, render_seconds=12),
            JobChanged(job_id=uuid7(), storyboard_id=uuid7(), version=1, state="failed"),
            JobChanged(job_id=uuid7(), storyboard_id=uuid7(), version=1, state="rendering", progress=0.2),
        )
        usage = (await s.as_member("viewer").client.get("/api/v1/usage")).json()
        assert usage["calls"] == [
            {
                "connector": "speech-offline",
                "currency": "USD",
                "ok": 2,
                "failed": 1,
                "cached": 1,
                "milliseconds": 28,
                "cost_micros": 1500,
            }
        ]
        assert (usage["videos"], usage["failed"], usage["render_seconds"]) == (1, 1, 12)
        assert len(usage["days"]) == 30
        assert usage["days"][-1]["day"] == now().astimezone(UTC).date().isoformat()
        assert usage["days"][-1]["videos"] == 1


async def test_others_are_not_counted_and_a_deleted_workspace_is_forgotten(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    async with studio(SPEC, server=database_server, folder=tmp_path, roles=SCOPES_OF) as s:
        await state_facts(s, called())
        await state_facts(s, called(), called(), tenant=TenantId(uuid7()))
        owner = s.as_member("owner")
        assert (await owner.client.get("/api/v1/usage")).json()["calls"][0]["ok"] == 1
        await state_facts(s, TenantDeleted())
        assert (await owner.client.get("/api/v1/usage")).json()["calls"] == []


@pytest.mark.parametrize(("first", "last"), [("2026-02-02", "2026-02-01"), ("0001-01-01", "9999-12-31")])
async def test_a_period_the_wrong_way_round_or_too_long_is_refused(
    database_server: DatabaseServer, tmp_path: Path, first: str, last: str
) -> None:
    async with studio(SPEC, server=database_server, folder=tmp_path, roles=SCOPES_OF) as s:
        refused = await s.as_member("owner").client.get(f"/api/v1/usage?from={first}&to={last}")
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_period")


@pytest.mark.parametrize("day", ["0", "1700000000", "2026-02-01T00:00", "2026-2-1", "yesterday", ""])
async def test_a_day_is_written_out(database_server: DatabaseServer, tmp_path: Path, day: str) -> None:
    async with studio(SPEC, server=database_server, folder=tmp_path, roles=SCOPES_OF) as s:
        refused = await s.as_member("owner").client.get(f"/api/v1/usage?to={day}")
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/to"


async def test_the_first_day_of_the_calendar_is_a_day(database_server: DatabaseServer, tmp_path: Path) -> None:
    async with studio(SPEC, server=database_server, folder=tmp_path, roles=SCOPES_OF) as s:
        usage = (await s.as_member("owner").client.get("/api/v1/usage?to=0001-01-03")).json()
        assert len(usage["days"]) == 3
        assert timedelta(days=len(usage["days"])) == timedelta(days=3)
