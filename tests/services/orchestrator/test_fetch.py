"""A job's media, gathered: spoken, composed, asked for; each once, and on the ledger."""

from __future__ import annotations

import json
import wave
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contracts.events.tenants import TenantDeleted
from contracts.events.videos import VideoPurged
from kernel import failpoints
from kernel.ids import TenantId
from kernel.objects import ObjectKey
from kernel.task_worker import TaskWorker
from storyboard import Resolution, Storyboard, compile_storyboard

POINTS = [
    "orchestrator.fetch.begun",
    "orchestrator.fetch.after_speech",
    "orchestrator.fetch.after_music",
    "orchestrator.fetch.before_assets_fetched",
    "orchestrator.fetch.after_assets_fetched",
]


async def read(desk: Any, key: str, tenant: TenantId | None = None) -> bytes:
    found = ObjectKey.parse(key, tenant or desk.tenant)
    return b"".join([piece async for piece in desk.service.objects.read(found)])


async def test_everything_a_job_needs_lies_in_the_store(desk: Any) -> None:
    job = await desk.rendering()
    (event,) = await desk.emitted("assets.fetched")
    board = Storyboard.model_validate_json(await read(desk, event["storyboard_key"]))
    resolution = Resolution.model_validate_json(await read(desk, event["resolution_key"]))
    timeline = compile_storyboard(board, resolution).timeline
    assert {asset.id for asset in timeline.assets} == set(event["files"])
    for asset in timeline.assets:
        stored = await desk.service.objects.stat(ObjectKey.parse(event["files"][asset.id], desk.tenant))
        assert stored is not None
        assert stored.sha256 == asset.sha256
    (credit,) = json.loads(await read(desk, event["attributions_key"]))
    assert (credit["asset"], credit["licence"]) == ("sample:mountains-dusk", "CC0-1.0")
    assert job["scenes_done"] == 0


async def test_the_words_of_the_voice_have_their_times(desk: Any) -> None:
    await desk.rendering()
    (event,) = await desk.emitted("assets.fetched")
    resolution = Resolution.model_validate_json(await read(desk, event["resolution_key"]))
    take = resolution.takes["s1"]
    assert [word.text for word in take.words] == ["Why", "tea?"]
    assert take.method == "provider"


async def test_every_call_is_on_the_ledger_and_counted(desk: Any) -> None:
    job = await desk.rendering()
    calls = {(one["connector"], one["operation"], one["scene"], one["outcome"]) for one in job["calls"]}
    assert calls == {("speech-offline", "speak", "s1", "ok"), ("music-offline", "compose", None, "ok")}
    counted = await desk.emitted("api.called")
    assert [(one["connector"], one["outcome"], one["job_id"]) for one in counted] == [
        ("speech-offline", "ok", job["id"]),
        ("music-offline", "ok", job["id"]),
    ]


async def test_nothing_is_made_twice(desk: Any) -> None:
    made = await desk.board()
    await desk.rendering(made)
    again = await desk.rendering(made)
    assert {one["outcome"] for one in again["calls"]} == {"cached"}
    assert [one["outcome"] for one in await desk.emitted("api.called")] == ["ok", "ok", "cached", "cached"]
    first, second = await desk.emitted("assets.fetched")
    assert first["files"] == second["files"]


async def test_scenes_that_say_the_same_are_spoken_once(desk: Any, board: dict[str, Any]) -> None:
    board["scenes"] = [{**board["scenes"][0], "id": f"s{n}"} for n in range(3)]
    job = await desk.rendering(await desk.board(board))
    outcomes = sorted(one["outcome"] for one in job["calls"] if one["operation"] == "speak")
    assert outcomes == ["cached", "cached", "ok"]


async def test_t23_what_one_workspace_had_made_is_made_again_for_another(desk: Any) -> None:
    """T21: not shared, and nothing tells that it was there."""
    await desk.rendering()
    body = {"document": (await desk.board())["document"]}
    made = await desk.ask("POST", "/storyboards", by=desk.theirs, json=body, status=201)
    job = await desk.ask("POST", "/jobs", by=desk.theirs, json={"storyboard_id": made["id"]}, status=201)
    await desk.here.drain()
    theirs = await desk.ask("GET", f"/jobs/{job['id']}", by=desk.theirs)
    assert {one["outcome"] for one in theirs["calls"]} == {"ok"}
    files = (await desk.emitted("assets.fetched"))[-1]["files"]
    assert all(key.startswith(f"t/{desk.theirs.tenant}/") for key in files.values())


async def test_a_product_that_is_gone_from_the_store_is_made_again(desk: Any) -> None:
    made = await desk.board()
    await desk.rendering(made)
    keys = [ObjectKey.parse(row[0], desk.tenant) for row in await desk.rows("SELECT object_key FROM products")]
    await desk.service.objects.delete(keys)
    again = await desk.rendering(made)
    assert {one["outcome"] for one in again["calls"]} == {"ok"}
    for key in keys:
        assert await desk.service.objects.stat(key) is not None


@pytest.mark.parametrize("where", POINTS)
async def test_a_fetch_that_is_cut_off_goes_on_and_calls_nobody_twice(desk: Any, where: str) -> None:
    job = await desk.job()
    with failpoints.arm(f"{where}=raise@1"):
        await desk.here.drain()
    found = await desk.look(job)
    assert found["state"] == "rendering"
    assert sorted(one["outcome"] for one in found["calls"]) == ["ok", "ok"]
    assert [one["outcome"] for one in await desk.emitted("api.called")] == ["ok", "ok"]
    assert len(await desk.emitted("assets.fetched")) == 1
    assert UUID(job["id"]) in desk.places.held


async def test_the_music_is_as_long_as_the_film(desk: Any, tmp_path: Path) -> None:
    await desk.rendering()
    (event,) = await desk.emitted("assets.fetched")
    name = next(name for name in event["files"] if name.startswith("asset:music-"))
    target = tmp_path / "music.wav"
    target.write_bytes(await read(desk, event["files"][name]))
    resolution = Resolution.model_validate_json(await read(desk, event["resolution_key"]))
    board = Storyboard.model_validate_json(await read(desk, event["storyboard_key"]))
    with wave.open(str(target), "rb") as music:
        seconds = music.getnframes() / music.getframerate()
    assert seconds == pytest.approx(compile_storyboard(board, resolution).timeline.seconds, abs=0.05)


# -- uploads ----------------------------------------------------------------------------------------------------------


def showing(board: dict[str, Any], asset: UUID) -> dict[str, Any]:
    board["scenes"][0]["visual"] = {"type": "upload", "src": f"asset:{asset}"}
    return board


async def test_an_upload_is_shown_from_where_it_lies(desk: Any, board: dict[str, Any]) -> None:
    asset = desk.uploads.add(desk.tenant)
    await desk.rendering(await desk.board(showing(board, asset)))
    (event,) = await desk.emitted("assets.fetched")
    assert event["files"][f"asset:{asset}"] == str(ObjectKey.of(desk.tenant, "assets", str(asset)))


async def one_attempt(desk: Any) -> None:
    """The fetch task is tried once; its next attempt is due later."""
    backed = next(one.backed for one in desk.here.composed.built)
    await TaskWorker(backed.database, backed.tasks, backed.service).step()


async def test_a_job_waits_for_an_upload_that_is_still_being_looked_at(desk: Any, board: dict[str, Any]) -> None:
    asset = desk.uploads.add(desk.tenant, state="probing", described=None)
    job = await desk.job(await desk.board(showing(board, asset)))
    await one_attempt(desk)
    assert (await desk.look(job))["state"] == "fetching"
    ready = desk.uploads.grants[desk.tenant, asset]
    desk.uploads.grants[desk.tenant, asset] = type(ready)(
        asset, "ready", ready.object_key, ready.sha256, {"kind": "image", "sha256": "a" * 64, "width": 64, "height": 64}
    )
    await desk.here.drain()
    assert (await desk.look(job))["state"] == "rendering"


@pytest.mark.parametrize("how", ["refused", "deleted", "never looked at"])
async def test_a_job_whose_upload_can_not_be_used_fails_with_the_scene(
    desk: Any, board: dict[str, Any], how: str
) -> None:
    asset = desk.uploads.add(desk.tenant, state="probing", described=None)
    job = await desk.job(await desk.board(showing(board, asset)))
    if how == "refused":
        known = desk.uploads.grants[desk.tenant, asset]
        desk.uploads.grants[desk.tenant, asset] = type(known)(asset, "refused", known.object_key, known.sha256, None)
    elif how == "deleted":
        del desk.uploads.grants[desk.tenant, asset]
    await desk.here.background.drain(raise_errors=False)
    found = await desk.look(job)
    assert found["state"] == "failed"
    expected = ("asset_not_ready", None) if how == "never looked at" else ("asset_refused", "s1")
    assert (found["failure"]["code"], found["failure"]["scene"]) == expected
    assert desk.places.held == {}


# -- what can't be said -----------------------------------------------------------------------------------------------


async def test_a_narration_the_voice_can_not_read_fails_with_its_scene(desk: Any, board: dict[str, Any]) -> None:
    board["language"] = "ja"
    board["scenes"][0]["narration"] = {"text": "日本茶"}
    job = await desk.job(await desk.board(board))
    await desk.here.drain()
    found = await desk.look(job)
    assert (found["state"], found["failure"]["code"], found["failure"]["scene"]) == (
        "failed",
        "speech_text_unreadable",
        "s1",
    )
    assert [one["outcome"] for one in found["calls"]] == ["failed"]
    assert desk.places.held == {}


async def test_a_storyboard_deleted_meanwhile_ends_its_job(desk: Any) -> None:
    job = await desk.job()
    await desk.rows("DELETE FROM storyboards RETURNING id")
    await desk.here.drain()
    assert (await desk.look(job))["failure"]["code"] == "storyboard_deleted"


# -- tidying ----------------------------------------------------------------------------------------------------------


async def test_what_the_renderer_read_of_an_ended_job_is_removed_later(desk: Any) -> None:
    job = await desk.job()
    await desk.here.drain()
    place = ObjectKey.of(desk.tenant, "jobs", job["id"])
    assert {stored.key.name async for stored in desk.service.objects.list(place)} == {
        "storyboard.json",
        "resolution.json",
        "attributions.json",
    }
    await desk.rows(
        "UPDATE jobs SET state = 'ready', reservation = 'closed', finished_at = now() - interval '1 hour' RETURNING id"
    )
    await desk.here.tick("orchestrator.tidy")
    assert [stored async for stored in desk.service.objects.list(place)] == []


async def test_a_product_nobody_used_for_a_month_is_removed_with_its_row(desk: Any) -> None:
    await desk.rendering()
    await desk.rows("UPDATE products SET used_at = now() - interval '31 days' WHERE take IS NOT NULL RETURNING key")
    parts = ObjectKey.of(desk.tenant, "parts", "media")
    before = [stored.key.name async for stored in desk.service.objects.list(parts)]
    await desk.here.tick("orchestrator.tidy")
    after = [stored.key.name async for stored in desk.service.objects.list(parts)]
    assert len(before) - len(after) == 1
    assert len(await desk.rows("SELECT key FROM products")) == 1


async def test_a_purged_video_takes_its_storyboard_along_and_ends_its_jobs(desk: Any) -> None:
    made = await desk.board()
    job = await desk.job(made)
    await desk.tell(VideoPurged(video_id=made["id"], bytes=1))
    assert (await desk.look(job))["state"] == "cancelled"
    assert (await desk.refused("GET", f"/storyboards/{made['id']}"))["code"] == "not_found"
    assert await desk.rows("SELECT version FROM storyboard_versions") == []


async def test_t33_a_deleted_workspace_leaves_nothing_and_nothing_goes_on(desk: Any) -> None:
    await desk.job()
    body = {"document": (await desk.board())["document"]}
    other = await desk.ask("POST", "/storyboards", by=desk.theirs, json=body, status=201)
    await desk.tell(TenantDeleted())
    for table in ("storyboards", "storyboard_versions", "jobs", "calls", "products"):
        left = await desk.rows(f"SELECT count(*) FROM {table} WHERE tenant_id = :t", t=desk.tenant)
        assert left == [(0,)], table
    await desk.ask("GET", f"/storyboards/{other['id']}", by=desk.theirs)
    await desk.here.drain()
    assert desk.places.held == {}
