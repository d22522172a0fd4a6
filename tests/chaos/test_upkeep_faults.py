"""The master key is changed and backups are made while the power fails or the disk is full: F39 and F54."""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from studio_acts import ask
from studio_rows import rows

from kernel.ids import TenantId
from kernel.keystore import KeyStore
from kernel.sandbox import discover
from keyreel.studio.backup import verify
from keyreel.studio.embedded import ground
from keyreel.studio.settings import StudioSettings
from keyreel.testing import StudioProcess

pytestmark = pytest.mark.slow

KEYS = {"pexels": "Qq7" + "x" * 53, "pixabay": "12345678-" + "a" * 25}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "studio"


def master() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def with_master(folder: Path, key: str, before: str = "") -> StudioProcess:
    previous = {"KEYREEL_MASTER_KEY_PREVIOUS": before} if before else {}
    return StudioProcess(folder, KEYREEL_MASTER_KEY=key, **previous)


def opened(studio: StudioProcess) -> list[str]:
    """Every client's key as a job would get it: unsealed with the studio's master key."""
    connections = rows(studio, "SELECT tenant_id, connector, id, version FROM keyreel_keyvault.connections")

    async def use(store: KeyStore) -> list[str]:
        return [
            (await store.use(TenantId(tenant), connector, secret, version)).reveal()
            for tenant, connector, secret, version in connections
        ]

    async def all_of_them() -> list[str]:
        settings = StudioSettings.from_env(studio.variables, beside=StudioSettings.beside)
        async with ground(settings) as on:
            return sorted(await use(on.keys))

    return asyncio.run(all_of_them())


@pytest.mark.parametrize("point", ["keys.rotate.noted=kill", "keys.rotate.wrapped=kill@2", "keys.rotate.done=kill"])
def test_f39_a_change_of_the_master_key_that_was_killed_is_finished_by_the_next_start(folder: Path, point: str) -> None:
    old, new = master(), master()
    with with_master(folder, old) as studio:
        studio.start()
        token = studio.owner_token()
        with studio.client(token) as owner:
            for connector, key in KEYS.items():
                ask(owner, "POST", "connections", json={"connector": connector, "name": connector, "key": key})
        studio.stop()
    with with_master(folder, new, old) as studio:
        studio.launch("up", failpoints=point)
        assert studio.ended() == -signal.SIGKILL
        studio.start()
        with studio.client(token) as owner:
            assert len(ask(owner, "GET", "connections")["items"]) == len(KEYS)
        studio.stop()
    with with_master(folder, new) as studio:
        assert opened(studio) == sorted(KEYS.values())
        studio.start()  # what is sealed of its own, the root key, is readable as well
        with studio.client(token) as owner:
            assert owner.get("workspace").status_code == 200


@pytest.fixture
def studio(folder: Path) -> Iterator[StudioProcess]:
    """One that runs, and holds thirty megabytes of an upload."""
    with StudioProcess(folder) as process:
        process.start()
        with process.client(process.owner_token()) as owner:
            data = secrets.token_bytes(30 << 20)
            about = {"filename": "film.mp4", "bytes": len(data), "content_type": "video/mp4"}
            upload = ask(owner, "POST", "uploads", json=about)
            parts = []
            for part in upload["parts"]:
                begin = (part["number"] - 1) * upload["part_bytes"]
                address = part["address"].removeprefix("/api/v1/")
                sent = ask(owner, "PUT", address, content=data[begin : begin + part["bytes"]])
                parts.append({"number": part["number"], "etag": sent["etag"]})
            ask(owner, "POST", f"uploads/{upload['id']}/complete", json={"parts": parts})
        yield process


def backup_line(target: Path) -> list[str]:
    return [sys.executable, "-m", "keyreel", "backup", str(target)]


def listed(target: Path) -> list[Path]:
    """What an operator takes for backups."""
    return sorted(path for path in target.glob("keyreel-*") if not path.name.endswith(".partial"))


def test_f54_a_backup_killed_at_any_moment_is_not_listed_and_the_next_one_is_whole(
    studio: StudioProcess, tmp_path: Path
) -> None:
    target = tmp_path / "backups"
    killed_half_way = 0
    for moment in range(24):
        process = subprocess.Popen(
            backup_line(target), env=studio.variables, stdout=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + 60
        # Once something of it is there, a little later each time.
        while process.poll() is None and not list(target.glob("keyreel-*/*")) and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(moment * 0.02)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        killed_half_way += process.returncode == -signal.SIGKILL
        for backup in listed(target):
            verify(backup)
        if process.returncode == 0:
            break
    assert killed_half_way >= 3
    made = subprocess.run(backup_line(target), env=studio.variables, capture_output=True, text=True, timeout=120)
    assert made.returncode == 0, made.stderr
    verify(Path(made.stdout.strip()))
    assert listed(target) == sorted(target.iterdir())
    assert studio.counts(wait=60) == {}


@pytest.mark.parametrize("mebibytes", [0.05, 8], ids=["at the database", "at the objects"])
def test_f54_a_full_disk_is_said_and_nothing_of_the_backup_is_kept(
    studio: StudioProcess, tmp_path: Path, mebibytes: float
) -> None:
    """The target is a file system of its own; what it holds in the end is listed inside."""
    target = tmp_path / "small"
    target.mkdir()
    size = str(int(mebibytes * (1 << 20)))
    disk = [discover().bwrap[0], "--dev-bind", "/", "/", "--size", size, "--tmpfs", str(target)]
    script = '"$@"; code=$?; find "$0" -mindepth 1; exit $code'
    line = [*disk, "/bin/sh", "-c", script, str(target), *backup_line(target)]
    done = subprocess.run(line, env=studio.variables, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "backup_failed" in done.stderr
    assert "its disk is full" in done.stderr
    with studio.client() as anybody:
        assert anybody.get("plans").status_code == 200
