"""The trash: in, out, and the end of a video; races between them; many at once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from kernel.ids import uuid7
from services.storage import reconcile, trash


async def overdue(desk):
    await desk.change("UPDATE videos SET purge_at = now() - interval '1 second' WHERE purge_at IS NOT NULL")


async def test_a_video_goes_into_the_trash_and_comes_out_again(desk):
    video = await desk.video()
    path = f"/videos/{video['id']}"
    for _ in range(2):
        trashed = await desk.ask("POST", f"{path}/trash")
    kept = datetime.fromisoformat(trashed["purge_at"]) - datetime.fromisoformat(trashed["trashed_at"])
    assert kept == timedelta(days=30)
    assert [item["id"] for item in (await desk.ask("GET", "/videos?trashed=true"))["items"]] == [video["id"]]
    assert (await desk.ask("GET", "/videos"))["items"] == []
    for _ in range(2):
        restored = await desk.ask("POST", f"{path}/restore")
    assert (restored["trashed_at"], restored["purge_at"], restored["file_url"]) == (None, None, video["file_url"])
    assert len((await desk.ask("GET", "/videos"))["items"]) == 1
    for topic in ("video.trashed", "video.restored"):
        assert await desk.emitted(topic) == [{"video_id": video["id"]}]


@pytest.mark.parametrize("step", ["reserving", "queued", "fetching", "rendering", "uploading"])
async def test_b39_a_video_that_is_being_made_can_not_be_trashed_or_purged(desk, changed, saved, step):
    video, job = uuid7(), uuid7()
    await desk.tell(saved(video))
    await desk.tell(changed(video, job, step))
    refusal = await desk.mine.client.post(f"/api/v1/videos/{video}/trash")
    assert (refusal.status_code, refusal.json()["code"]) == (409, "invalid_state")
    assert step in refusal.json()["detail"]
    await desk.tell(changed(video, job, "cancelled"))
    await desk.ask("POST", f"/videos/{video}/trash")
    await desk.tell(changed(video, uuid7(), step))
    assert await desk.refused("DELETE", f"/videos/{video}") == (409, "invalid_state")
    await overdue(desk)
    assert await trash.purge_due(desk.storage) == 0


async def test_only_what_is_in_the_trash_is_deleted_for_good(desk):
    film = await desk.film()
    await desk.tell(film.event)
    await desk.tell((await desk.film(video=film.video, data=b"second")).event)
    path = f"/videos/{film.video}"
    assert await desk.refused("DELETE", path) == (409, "invalid_state")
    await desk.ask("POST", f"{path}/trash")
    await desk.ask("DELETE", path, status=204)
    assert await desk.emitted("video.purged") == [{"video_id": str(film.video), "bytes": len(film.data) + 6}]
    assert [act["action"] for act in await desk.emitted("audit.recorded")] == ["video.purged"]
    for method, where in (("GET", path), ("DELETE", path), ("POST", f"{path}/restore"), ("GET", f"{path}/versions")):
        assert await desk.refused(method, where) == (404, "not_found")
    assert len(await desk.stored()) == 10
    await reconcile.remove_due(desk.storage)
    assert len(await desk.stored()) == 10
    await desk.check()
    await desk.change("UPDATE removals SET due_at = now()")
    assert await reconcile.remove_due(desk.storage) == 10
    assert await desk.stored() == []
    assert await desk.rows("SELECT * FROM removals") == []
    await desk.check()


async def test_the_trash_is_emptied_of_what_was_there_long_enough(desk):
    old, young, kept = await desk.video(title="old"), await desk.video(title="young"), await desk.video(title="kept")
    for video in (old, young):
        await desk.ask("POST", f"/videos/{video['id']}/trash")
    await desk.change("UPDATE videos SET purge_at = now() - interval '1 second' WHERE id = :id", id=UUID(old["id"]))
    assert await trash.purge_due(desk.storage) == 1
    assert await trash.purge_due(desk.storage) == 0
    assert await desk.refused("GET", f"/videos/{old['id']}") == (404, "not_found")
    for video in (young, kept):
        await desk.ask("GET", f"/videos/{video['id']}")


async def test_news_of_a_deleted_video_that_come_late_change_nothing(desk, saved, changed):
    film = await desk.film()
    await desk.tell(film.event)
    await desk.ask("POST", f"/videos/{film.video}/trash")
    await desk.ask("DELETE", f"/videos/{film.video}", status=204)
    late = await desk.film(video=film.video, version=2, data=b"late")
    for event in (saved(film.video, 2), changed(film.video, late.job, "rendering"), late.event, film.event):
        await desk.tell(event)
    assert await desk.refused("GET", f"/videos/{film.video}") == (404, "not_found")
    assert len(await desk.emitted("video.stored")) == 1
    for table in ("videos", "films", "jobs"):
        assert await desk.rows(f"SELECT * FROM {table}") == []
    desk.rule(object_grace=timedelta(seconds=-1))
    await desk.change("UPDATE removals SET due_at = now()")
    await reconcile.remove_due(desk.storage)
    await reconcile.reconcile(desk.storage)
    assert await desk.stored() == []


async def test_of_restoring_and_purging_at_once_exactly_one_happens(desk):
    for _ in range(10):
        video = await desk.video()
        path = f"/api/v1/videos/{video['id']}"
        await desk.ask("POST", f"/videos/{video['id']}/trash")
        await overdue(desk)
        await asyncio.gather(
            desk.mine.client.post(f"{path}/restore"),
            desk.mine.client.delete(path),
            trash.purge_due(desk.storage),
            trash.purge_due(desk.storage),
        )
        restored = [event for event in await desk.emitted("video.restored") if event["video_id"] == video["id"]]
        purged = [event for event in await desk.emitted("video.purged") if event["video_id"] == video["id"]]
        assert len(restored) + len(purged) == 1
        found = (await desk.mine.client.get(path)).status_code
        assert found == (200 if restored else 404)
    await desk.check()


async def test_a_film_that_comes_while_its_video_is_purged_is_kept_whole_or_not_at_all(desk):
    for _ in range(10):
        first = await desk.film()
        await desk.tell(first.event)
        await desk.ask("POST", f"/videos/{first.video}/trash")
        second = await desk.film(video=first.video, data=b"second")
        purge = desk.mine.client.delete(f"/api/v1/videos/{first.video}")
        outcome, _ = await asyncio.gather(purge, desk.tell(second.event), return_exceptions=True)
        assert outcome.status_code == 204
        (purged,) = [one for one in await desk.emitted("video.purged") if one["video_id"] == str(first.video)]
        stored = [one for one in await desk.emitted("video.stored") if one["video_id"] == str(first.video)]
        assert purged["bytes"] == sum(one["bytes"] for one in stored)
        assert await desk.rows("SELECT * FROM films") == []
    await desk.check()


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("trash", [None, None, "invalid_state", "not_found", "not_found"]),
        ("restore", [None, None, None, "not_found", "not_found"]),
        ("purge", ["invalid_state", None, "invalid_state", "not_found", "not_found"]),
        ("validate", [None, None, None, "not_found", "not_found"]),
        ("reject", [None, None, None, "not_found", "not_found"]),
        ("reopen", [None, None, None, "not_found", "not_found"]),
    ],
)
async def test_an_act_on_many_videos_answers_for_each(desk, saved, changed, action, expected):
    here, trashed, busy, theirs = await desk.video(), await desk.video(), uuid7(), uuid7()
    await desk.ask("POST", f"/videos/{trashed['id']}/trash")
    await desk.tell(saved(busy))
    await desk.tell(changed(busy, uuid7(), "rendering"))
    await desk.tell(saved(theirs), desk.theirs.tenant)
    ids = [here["id"], trashed["id"], str(busy), str(theirs), str(uuid7())]
    items = (await desk.ask("POST", "/videos/bulk", json={"action": action, "ids": [*ids, here["id"]]}))["items"]
    assert [item["id"] for item in items] == ids
    assert [item["code"] for item in items] == expected
    assert [item["done"] for item in items] == [code is None for code in expected]
    assert all(item["detail"] for item in items if not item["done"])
    assert items[3] | {"id": ""} == items[4] | {"id": ""}
    if action in ("validate", "reject"):
        assert (await desk.ask("GET", f"/videos/{here['id']}"))["review"] == {"validate": "validated"}.get(
            action, "rejected"
        )


async def test_an_act_on_many_needs_the_permission_of_the_act(desk):
    video = await desk.video()
    reviewer, viewer = desk.here.as_member("reviewer"), desk.here.as_member("viewer")
    body = {"action": "validate", "ids": [video["id"]]}
    assert (await desk.ask("POST", "/videos/bulk", by=reviewer, json=body))["items"][0]["done"]
    for by, action in ((reviewer, "trash"), (viewer, "validate"), (viewer, "purge")):
        refusal = await desk.refused("POST", "/videos/bulk", by=by, json=body | {"action": action})
        assert refusal == (403, "missing_scope")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"action": "trash", "ids": []}, "too_short"),
        ({"action": "trash", "ids": [str(uuid7())] * 101}, "too_long"),
        ({"action": "trash", "ids": ["x"]}, "invalid_type"),
        ({"action": "burn", "ids": [str(uuid7())]}, "unknown_choice"),
        ({"action": "trash"}, "missing"),
    ],
)
async def test_an_act_on_many_that_can_not_be_read_says_why(desk, body, code):
    assert await desk.refused("POST", "/videos/bulk", json=body) == (422, code)
