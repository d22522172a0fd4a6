"""From a pasted text and an uploaded photo to a film that plays, through the services as a client uses them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import pytest

from contracts.permissions import SCOPES_OF
from kernel.settings import Settings
from kernel.testing.postgres import DatabaseServer
from kernel.testing.studio import Member, RunningStudio, studio
from services.billing.service import SPEC as BILLING
from services.orchestrator.service import SPEC as ORCHESTRATOR
from services.renderer.service import SPEC as RENDERER
from services.storage.service import SPEC as STORAGE

pytestmark = pytest.mark.slow

API = "/api/v1"
TEXT = "Tea is made of leaves and hot water.\n\nSome drink it black, and some with milk."


class StudioSettings(Settings):
    """What the services read of the studio's settings."""

    default_plan: str = "free"
    trash_days: int = 30
    upload_max_bytes: int = 100_000_000
    render_workers: int = 0


@dataclass
class Client:
    """Somebody with a browser."""

    here: RunningStudio
    member: Member

    async def ask(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        answer = await self.member.client.request(method, path if path.startswith("/") else f"{API}/{path}", **more)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def upload(self, file: Path, kind: str) -> str:
        """The id of a file, uploaded and looked at."""
        data = file.read_bytes()
        wanted = {"filename": file.name, "bytes": len(data), "content_type": kind}
        upload = await self.ask("POST", "uploads", 201, json=wanted)
        parts = []
        for part in upload["parts"]:
            begin = (part["number"] - 1) * upload["part_bytes"]
            sent = await self.ask("PUT", part["address"], content=data[begin : begin + part["bytes"]])
            parts.append({"number": part["number"], "etag": sent["etag"]})
        await self.ask("POST", f"uploads/{upload['id']}/complete", json={"parts": parts})
        await self.here.drain()
        asset = await self.ask("GET", f"assets/{upload['id']}")
        assert (asset["state"], asset["kind"]) == ("ready", "image")
        assert (await self.member.client.get(asset["thumbnail_url"])).headers["content-type"] == "image/jpeg"
        return str(upload["id"])

    async def save(self, board: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
        match = {"If-Match": f'"{board["version"]}"'}
        saved: dict[str, Any] = await self.ask(
            "PUT", f"storyboards/{board['id']}", json={"document": document}, headers=match
        )
        return saved

    async def make(self, board: dict[str, Any]) -> dict[str, Any]:
        """A job, followed to its end."""
        body = {"storyboard_id": board["id"]}
        job = await self.ask("POST", "jobs", 201, json=body, headers={"Idempotency-Key": f"v{board['version']}"})
        assert job["state"] == "queued"
        await self.here.drain()
        done: dict[str, Any] = await self.ask("GET", f"jobs/{job['id']}")
        return done


@pytest.fixture
async def client(database_server: DatabaseServer, tmp_path: Path) -> AsyncIterator[Client]:
    specs = (BILLING, STORAGE, ORCHESTRATOR, RENDERER)
    settings = StudioSettings()
    async with studio(*specs, server=database_server, folder=tmp_path, roles=SCOPES_OF, settings=settings) as here:
        yield Client(here, here.as_member("owner"))


def small(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "canvas": {**document["canvas"], "width": 320, "height": 180}}


async def test_a_pasted_text_becomes_a_film_and_an_edit_draws_only_what_it_changes(
    client: Client, studio: Any, tmp_path: Path
) -> None:
    photo = await client.upload(studio.photo(7), "image/jpeg")
    board = await client.ask("POST", "storyboards/from-text", 201, json={"text": TEXT, "assets": [photo]})
    assert board["document"]["scenes"][0]["visual"]["src"] == f"asset:{photo}"
    board = await client.save(board, small(board["document"]))
    estimate = await client.ask("POST", f"storyboards/{board['id']}/estimate")
    before = await client.ask("GET", "quotas")

    job = await client.make(board)
    assert (job["state"], job["failure"], job["progress"]) == ("ready", None, 1.0)
    assert {call["outcome"] for call in job["calls"]} == {"ok"}
    assert job["segments_rendered"] == job["segments"] > 1

    video = await client.ask("GET", f"videos/{board['id']}")
    assert video["status"] == "ready"
    assert video["seconds"] == pytest.approx(estimate["seconds"], rel=0.6)
    film = await client.member.client.get(video["file_url"])
    assert film.status_code == 200
    target = tmp_path / "film.mp4"
    target.write_bytes(film.content)
    with av.open(str(target)) as container:
        frames = sum(1 for _ in container.decode(video=0))
    with av.open(str(target)) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) > 0
    assert frames == round(video["seconds"] * 30)
    assert "Tea is made" in (await client.member.client.get(video["srt_url"])).text

    after = await client.ask("GET", "quotas")
    used = [{row["quota"]: row["used"] for row in answer["items"]} for answer in (before, after)]
    assert used[1]["videos"] - used[0]["videos"] == 1
    assert all(row["reserved"] == 0 for row in after["items"])

    document = json.loads(json.dumps(board["document"]))
    # Words on the screen: the piece of film they are on is drawn again.
    document["scenes"][0]["overlays"] = [{"type": "text", "text": "Tea!", "start": 0, "duration": 0.5}]
    board = await client.save(board, document)
    again = await client.make(board)
    assert (again["state"], again["segments_rendered"]) == ("ready", 1)
    assert {call["outcome"] for call in again["calls"]} == {"cached"}
    assert again["segments"] == job["segments"]
    # Words that are spoken: one scene and its transition, the others stay.
    document["scenes"][1]["narration"]["text"] = "Some drink it black, and some with lemon."
    board = await client.save(board, document)
    spoken = await client.make(board)
    assert sorted({call["outcome"] for call in spoken["calls"]}) == ["cached", "ok"]
    assert 1 <= spoken["segments_rendered"] < spoken["segments"]
    assert (spoken["scenes"], spoken["scenes_rendered"]) == (2, 1)
    assert (await client.ask("GET", f"videos/{board['id']}"))["version"] == board["version"]


async def test_a_job_of_a_video_that_can_not_be_made_leaves_no_place_taken(client: Client) -> None:
    scene = {"id": "a", "narration": {"text": "日本茶"}, "visual": {"type": "color", "color": "#000000"}}
    document = {
        "version": "storyboard/1",
        "language": "ja",
        "canvas": {"width": 320, "height": 180},
        "voice": {"connector": "speech-offline"},
        "scenes": [scene],
    }
    board = await client.ask("POST", "storyboards", 201, json={"document": document})
    job = await client.make(board)
    assert (job["state"], job["failure"]["code"], job["failure"]["scene"]) == ("failed", "speech_text_unreadable", "a")
    assert all(row["reserved"] == 0 for row in (await client.ask("GET", "quotas"))["items"])
    assert (await client.ask("GET", f"videos/{board['id']}"))["status"] == "failed"
