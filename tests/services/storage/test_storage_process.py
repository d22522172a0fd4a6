"""Uploads to a real process: how much memory they take, and what is left when it is killed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from kernel.ids import TenantId, uuid7
from kernel.testing.postgres import DatabaseServer
from services.storage.service import SPEC

ROOT = Path(__file__).resolve().parents[3]
MIB = 1024 * 1024


@dataclass
class Running:
    """The process, and a client of its workspace's owner."""

    process: asyncio.subprocess.Process
    client: httpx2.AsyncClient

    @property
    def peak(self) -> int:
        """The most memory it had resident so far, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found
        return int(found[1]) * 1024

    def forget_peak(self) -> None:
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")


@asynccontextmanager
async def running(database: str, folder: Path, tenant: TenantId, failpoints: str = "") -> AsyncIterator[Running]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "STORAGE_DATABASE": database,
        "FAILPOINTS": "1",
        "KEYREEL_FAILPOINTS": failpoints,
    }
    script = str(Path(__file__).with_name("storage_process.py"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, script, str(folder), str(tenant), env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    about = json.loads(await process.stdout.readline())
    reading = asyncio.create_task(process.stdout.read())
    headers = {"Authorization": f"Bearer {about['token']}", "Host": "localhost"}
    try:
        async with httpx2.AsyncClient(base_url=about["address"], headers=headers, timeout=60) as client:
            yield Running(process, client)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


@pytest.fixture
async def place(database_server: DatabaseServer, tmp_path: Path):
    """Arguments of `running` for one workspace, whose state outlives the process."""
    async with database_server.fresh_url([SPEC.history]) as owner:
        yield database_server.app_url(owner, "storage").reveal(), tmp_path, TenantId(uuid7())


async def begin(client: httpx2.AsyncClient, size: int, digest: str | None = None):
    body = {"filename": "film.mp4", "bytes": size, "content_type": "video/mp4", "sha256": digest}
    answer = await client.post("/api/v1/uploads", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def piece(number: int, size: int) -> bytes:
    return hashlib.shake_128(number.to_bytes(4, "big")).digest(size)


async def complete(client: httpx2.AsyncClient, upload, parts):
    listed = [{"number": number, "etag": etag} for number, etag in sorted(parts)]
    return await client.post(f"/api/v1/uploads/{upload['id']}/complete", json={"parts": listed})


@pytest.mark.slow
async def test_a_hundred_mebibytes_pass_through_without_being_held(place):
    async with running(*place) as storage:
        first = await begin(storage.client, 1)
        etag = (await storage.client.put(first["parts"][0]["address"], content=b"x")).json()["etag"]
        assert (await complete(storage.client, first, [(1, etag)])).status_code == 200
        size = 100 * MIB + 17
        upload = await begin(storage.client, size)
        assert len(upload["parts"]) == 13
        storage.forget_peak()
        before = storage.peak
        digest, parts = hashlib.sha256(), []
        for part in upload["parts"]:
            data = piece(part["number"], part["bytes"])
            digest.update(data)
            answer = await storage.client.put(part["address"], content=data)
            parts.append((part["number"], answer.json()["etag"]))
        answer = await complete(storage.client, upload, parts)
        assert (answer.status_code, answer.json()["bytes"]) == (200, size)
        assert storage.peak - before < 16 * MIB
        # Three parts at a time, as browsers send them.
        other = await begin(storage.client, 48 * MIB)
        sending = asyncio.Semaphore(3)

        async def send(part) -> tuple[int, str]:
            async with sending:
                answer = await storage.client.put(part["address"], content=piece(part["number"], part["bytes"]))
                return part["number"], answer.json()["etag"]

        parts = await asyncio.gather(*map(send, other["parts"]))
        assert (await complete(storage.client, other, parts)).status_code == 200
        assert storage.peak - before < 24 * MIB
    key = place[1] / "objects" / "t" / str(place[2]) / "assets" / f"{upload['id']}#object"
    with key.open("rb") as stored:
        assert hashlib.file_digest(stored, "sha256").hexdigest() == digest.hexdigest()


@pytest.mark.slow
async def test_an_upload_goes_on_after_the_process_is_killed_in_the_middle_of_a_part(place):
    size = 20 * MIB
    whole = b"".join(piece(number, min(8 * MIB, size - (number - 1) * 8 * MIB)) for number in (1, 2, 3))
    async with running(*place) as storage:
        upload = await begin(storage.client, size, hashlib.sha256(whole).hexdigest())
        first = upload["parts"][0]
        kept = (await storage.client.put(first["address"], content=piece(1, first["bytes"]))).json()["etag"]

        async def half() -> AsyncIterator[bytes]:
            yield piece(2, 8 * MIB)[: 5 * MIB]
            await asyncio.sleep(0.3)
            os.kill(storage.process.pid, signal.SIGKILL)
            while True:
                yield b"x" * MIB

        with pytest.raises(httpx2.TransportError):
            await storage.client.put(upload["parts"][1]["address"], content=half())
        await storage.process.wait()
    folder = next((place[1] / "objects" / ".uploads").iterdir())
    (half_written,) = folder.glob(".*")
    assert 4 * MIB <= half_written.stat().st_size <= 5 * MIB
    async with running(*place) as storage:
        resumed = (await storage.client.get(f"/api/v1/uploads/{upload['id']}")).json()
        assert [(part["number"], part["etag"]) for part in resumed["received"]] == [(1, kept)]
        parts = [(1, kept)]
        for part in resumed["parts"][1:]:
            answer = await storage.client.put(part["address"], content=piece(part["number"], part["bytes"]))
            parts.append((part["number"], answer.json()["etag"]))
        answer = await complete(storage.client, upload, parts)
        assert (answer.status_code, answer.json()["state"]) == (200, "probing")
    assert [*(place[1] / "objects" / ".uploads").iterdir()] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "point",
    [
        "objects.part.received=kill@2",
        "objects.complete.planned=kill",
        "objects.complete.joined=kill@1",
        "objects.place.between=kill",
        "objects.complete.placed=kill",
        "storage.upload.joined=kill",
        "db.commit.before=kill@2",
        "db.commit.after=kill@2",
    ],
)
async def test_f28_wherever_it_is_killed_the_client_repeats_itself_and_has_one_asset(place, point):
    size = 9 * MIB

    async def attempt(client: httpx2.AsyncClient, upload) -> httpx2.Response:
        state = await client.get(f"/api/v1/uploads/{upload['id']}")
        if state.status_code == 409:
            return await client.get(f"/api/v1/assets/{upload['id']}")
        received = {part["number"]: part["etag"] for part in state.json()["received"]}
        for part in state.json()["parts"]:
            if part["number"] not in received:
                answer = await client.put(part["address"], content=piece(part["number"], part["bytes"]))
                received[part["number"]] = answer.json()["etag"]
        return await complete(client, upload, received.items())

    async with running(*place, point) as storage:
        upload = await begin(storage.client, size)
        with pytest.raises(httpx2.TransportError):
            await attempt(storage.client, upload)
        assert await storage.process.wait() == -signal.SIGKILL
    async with running(*place) as storage:
        answer = await attempt(storage.client, upload)
        assert (answer.status_code, answer.json()["state"], answer.json()["bytes"]) == (200, "probing", size)
        assert len((await storage.client.get("/api/v1/assets")).json()["items"]) == 1
    objects = place[1] / "objects"
    assert len([*(objects / "t").rglob("*#object")]) == 1
    assert [*(objects / ".uploads").iterdir()] == []
