"""What happens to a workspace beside others: one that floods (T36), one that is deleted (T33) and one of its old name
(T34), what is logged and counted of it (T25), and backups that would reach further than they may (T32)."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import logging
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import structlog
from neighbours import Neighbours, document, done, film, neighbours, storyboard

from kernel import telemetry
from kernel.testing.postgres import DatabaseServer
from keyreel.studio.backup import verify
from keyreel.studio.errors import BackupRefused
from services.auth.testing import PASSWORD

pytestmark = pytest.mark.slow
shared = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def logs() -> Iterator[io.StringIO]:
    """Everything that is logged while this module runs, at level debug."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level, config = root.handlers[:], root.level, structlog.get_config()
    telemetry.configure_logging("json", "debug", stream)
    quiet = logging.getLogger("httpx2")  # the client of this test, which tells every address it asks
    quiet.setLevel(logging.WARNING)
    yield stream
    quiet.setLevel(logging.NOTSET)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**config)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(
    database_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory, studio: Any, logs: io.StringIO
) -> AsyncIterator[Neighbours]:
    folder = tmp_path_factory.mktemp("isolation")
    async with neighbours(database_server, folder, studio.photo(7).read_bytes()) as both:
        yield both


@shared
async def test_t25_nothing_a_workspace_wrote_is_in_a_log_line_a_metric_or_an_error(
    here: Neighbours, logs: io.StringIO
) -> None:
    """Titles, names, addresses and keys of B all have its mark; its ids may be logged, its words may not."""
    for path in ("/nothing", f"/videos/{here.mark}", f"/assets?sort={here.mark}", f"/jobs?state={here.mark}"):
        answer = await here.b.get(path)
        assert answer.status_code >= 400
    assert here.mark not in logs.getvalue()
    assert here.planted["api token"] not in logs.getvalue()
    assert str(here.b.workspace) in logs.getvalue(), "this is where B's acts are logged"
    measured = telemetry.metrics().decode()
    assert here.mark not in measured
    assert str(here.b.workspace) not in measured


@shared
async def test_t36_a_workspace_that_floods_meets_its_own_limits_and_takes_nothing_from_others(
    here: Neighbours,
) -> None:
    boards = [await storyboard(here.a, document(f"flood {number}")) for number in range(12)]
    answers = [await here.a.post("/jobs", {"storyboard_id": board}) for board in boards]
    codes = [answer.status_code for answer in answers]
    assert codes[0] == 201
    assert codes[-1] == 429, "as many at once as its plan allows"
    assert answers[-1].json()["code"] == "concurrency_exceeded"
    board = await storyboard(here.b, document("in between"))
    theirs = await here.b.post("/jobs", {"storyboard_id": board})
    assert theirs.status_code == 201
    assert theirs.json()["queue_position"] <= 2  # behind B's own waiting one, not behind A's
    quotas = {row["quota"]: row for row in (await done(here.b, "GET", "/quotas"))["items"]}
    assert quotas["videos"]["reserved"] == 2
    await here.house.running.drain()
    assert (await done(here.b, "GET", f"/jobs/{theirs.json()['id']}"))["state"] == "ready"


@shared
async def test_t33_of_a_deleted_workspace_nothing_opens_any_more_and_nothing_is_left(here: Neighbours) -> None:
    board = await storyboard(here.b, document("never made"))
    await here.house.running.drain()
    queued = await film(here.b, board, None)
    old = dict(here.b.session)
    assert (here.folder / "cache" / str(here.b.workspace)).exists()
    await done(here.b, "DELETE", "/workspace", {"name": f"{here.mark} house", "password": PASSWORD})
    await here.house.running.drain()

    await asyncio.sleep(3.5)  # what a process remembers of who may do what
    client = here.house.browser().client
    bearer = {"Authorization": f"Bearer {old['access_token']}"}
    api = {"Authorization": f"Bearer {here.planted['api token']}"}
    for path in ("/api/v1/videos", f"/api/v1/jobs/{queued}", "/api/v1/events", "/api/v1/workspace"):
        for headers in (bearer, api):
            answer = await client.get(path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token"), path
    for path in (here.planted["media"], here.planted["film media"], f"/api/v1/shares/{here.planted['share token']}"):
        assert (await client.get(path)).status_code in (403, 404, 410), path

    folder = here.folder
    kept = [path for path in (folder / "objects").rglob("*") if path.is_file() and str(here.b.workspace) in str(path)]
    assert kept == []
    assert not (folder / "cache" / str(here.b.workspace)).exists()
    assert not (folder / "keys" / f"{here.b.workspace}.sqlite").exists()
    rows = await here.rows(here.b.workspace)
    left = {
        table
        for table, found in rows.items()
        if found and not table.endswith((".outbox", ".inbox", ".tasks", ".dead_letters", ".idempotency"))
    }
    # what proves that it was there and is gone; no word of it but its own name in its audit log
    assert left <= {
        "auth.workspaces",
        "auth.audit_entries",
        "auth.audit_chains",
        "billing.subscriptions",
        "billing.balances",
        "billing.ledger",
        "billing.reservations",
        "storage.deleted_tenants",
        # facts that come after the end: that its last job was cancelled, told to open pages for a quarter of an hour,
        # and counted by day; ids and numbers, no word of anybody
        "notifications.live_events",
        "analytics.daily_videos",
    }, left
    assert here.mark not in str([rows[table] for table in left - {"auth.workspaces", "auth.audit_entries"}])
    open_tasks = [
        json.loads(row)
        for table, found in rows.items()
        if table.endswith(".tasks")
        for row in found
        if json.loads(row)["state"] in ("ready", "running")
    ]
    assert open_tasks == []
    assert (await done(here.a, "GET", f"/videos/{here.own['video']}"))["status"] == "ready"


@shared
async def test_t34_a_new_workspace_of_an_old_name_inherits_nothing(here: Neighbours) -> None:
    """After T33; the owner makes one of the same name again."""
    await here.house.sign_in(f"bea-{here.mark}@example.com")
    newcomer = await here.house.member("newcomer@example.com", name="New")
    made = await done(newcomer, "POST", "/workspaces", {"name": f"{here.mark} house"})
    assert made["id"] != here.planted["workspace"]
    await done(newcomer, "POST", "/auth/refresh", {"workspace_id": made["id"]})
    await here.house.running.drain()
    for path in ("assets", "videos", "videos?trashed=true", "storyboards", "jobs", "connections", "invitations"):
        assert (await done(newcomer, "GET", f"/{path}"))["items"] == [], path
    assert (await done(newcomer, "GET", "/workspace/networks"))["networks"] == []
    assert [member["email"] for member in (await done(newcomer, "GET", "/members"))["items"]] == [
        "newcomer@example.com"
    ]
    quotas = {row["quota"]: row for row in (await done(newcomer, "GET", "/quotas"))["items"]}
    assert all(row["used"] in (0, 1) and not row["reserved"] for row in quotas.values())  # 1: the member
    actions = [entry["action"] for entry in (await done(newcomer, "GET", "/audit"))["items"]]
    assert set(actions) <= {"workspace.created", "member.joined"}


def forged(folder: Path, name: str) -> Path:
    """A backup whose manifest names a file of this name, which is there."""
    backup = folder / "backup"
    shutil.rmtree(backup, ignore_errors=True)
    backup.mkdir()
    data = b"somebody else's"
    (folder / "outside").write_bytes(data)
    described = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    manifest = {"format": "keyreel-backup/1", "rows": {}, "revisions": {}, "files": {name: described}}
    (backup / "manifest.json").write_text(json.dumps(manifest))
    return backup


@pytest.mark.parametrize("name", ["../outside", "objects/../../outside", "/etc/hostname", "objects/./x", ""])
def test_t32_a_backup_names_no_file_outside_of_itself(tmp_path: Path, name: str) -> None:
    with pytest.raises(BackupRefused):
        verify(forged(tmp_path, name))


def test_t32_a_link_in_a_backup_brings_no_file_of_this_machine_into_the_studio(tmp_path: Path) -> None:
    backup = forged(tmp_path, "objects/linked")
    (backup / "objects").mkdir()
    (backup / "objects" / "linked").symlink_to(tmp_path / "outside")
    with pytest.raises(BackupRefused):
        verify(backup)
