"""Rows and objects agree (I5), whatever was left behind; a deleted workspace leaves nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from contracts.events.tenants import TenantDeleted
from kernel import failpoints
from kernel.failpoints import FailpointHit
from kernel.ids import uuid7
from kernel.objects import ObjectKey
from services.storage import erase, reconcile
from services.storage.erase import EraseTask


async def put(desk, *path, tenant=None):
    key = ObjectKey.of(tenant or desk.tenant, *path)
    await desk.storage.objects.put_bytes(key, b"x", content_type="application/json")


async def run_erase(desk):
    """What the worker does with the task of a deleted workspace."""
    for row in await desk.rows("SELECT payload FROM tasks WHERE kind = 'storage.erase'"):
        await erase.erase(desk.storage, EraseTask.model_validate(row["payload"]))


async def test_f24_what_a_job_leaves_behind_goes_a_day_after_its_end(desk, saved, changed):
    """F24: an attempt that was uploaded and never committed; what the job was made from; a second attempt's film."""
    video, done, running, unknown = uuid7(), uuid7(), uuid7(), uuid7()
    film = await desk.film(video=video, job=done)
    await desk.tell(saved(video))
    await desk.tell(film.event)
    await desk.tell(changed(video, running, "rendering", 0.5))
    for job in (done, running, unknown):
        await put(desk, "jobs", str(job), "storyboard.json")
        await put(desk, "jobs", str(job), "attempt-abc-1", "video.mp4")
    await put(desk, "jobs", str(done), "film-0000", "video.mp4")
    await reconcile.reconcile(desk.storage)
    assert len(await desk.stored()) == 12
    desk.rule(object_grace=timedelta(seconds=-1))
    assert (await reconcile.invariants(desk.storage))["objects_without_row"] == 5
    await reconcile.reconcile(desk.storage)
    kept = {key.split("/")[1] for key in await desk.stored()}
    assert kept == {str(done), str(running)}
    assert len(await desk.stored()) == 7
    await desk.tell(changed(video, running, "failed"))
    await reconcile.reconcile(desk.storage)
    assert {key.split("/")[1] for key in await desk.stored()} == {str(done)}
    shown = await desk.ask("GET", f"/videos/{video}")
    assert (await desk.here.client.get(shown["file_url"])).content == film.data
    await desk.check()


async def test_a_lost_film_is_marked_and_comes_back_with_its_bytes(desk):
    film, whole = await desk.film(), await desk.film(data=b"whole")
    for one in (film, whole):
        await desk.tell(one.event)
    key = ObjectKey.parse(film.key, desk.tenant)
    await desk.storage.objects.delete([key])
    assert (await reconcile.invariants(desk.storage))["rows_without_object"] == 1
    await reconcile.reconcile(desk.storage)
    lost = await desk.ask("GET", f"/videos/{film.video}")
    assert (lost["missing"], lost["file_url"], lost["status"]) == (True, None, "ready")
    (version,) = (await desk.ask("GET", f"/videos/{film.video}/versions"))["items"]
    assert (version["missing"], version["file_url"]) == (True, None)
    assert (await desk.ask("GET", f"/videos/{whole.video}"))["missing"] is False
    await desk.check()
    await desk.storage.objects.put_bytes(key, film.data, content_type="video/mp4")
    await reconcile.reconcile(desk.storage)
    found = await desk.ask("GET", f"/videos/{film.video}")
    assert (await desk.here.client.get(found["file_url"])).content == film.data


async def test_comparing_while_people_work_collects_nothing_of_theirs(desk):
    desk.rule(object_grace=timedelta(seconds=5))

    async def work(number: int) -> None:
        asset = await desk.asset(filename=f"{number}.jpg")
        film = await desk.film(data=f"{number}".encode())
        await desk.tell(film.event)
        if number % 2:
            await desk.ask("DELETE", f"/assets/{asset['id']}", status=204)

    await asyncio.gather(*(work(n) for n in range(8)), *(reconcile.reconcile(desk.storage) for _ in range(4)))
    await desk.check()
    assert len((await desk.ask("GET", "/assets"))["items"]) == 4
    assert await desk.rows("SELECT * FROM assets WHERE missing_at IS NOT NULL") == []
    assert await desk.rows("SELECT * FROM films WHERE missing_at IS NOT NULL") == []


async def test_half_written_files_and_forgotten_parts_are_swept_a_day_later(desk):
    await desk.begin(b"unfinished")
    (desk.storage.objects.root / ".tmp" / "half").write_bytes(b"x")
    await reconcile.reconcile(desk.storage)
    assert len([*(desk.storage.objects.root / ".uploads").iterdir()]) == 1
    desk.rule(upload_life=timedelta(hours=-2))
    await reconcile.reconcile(desk.storage)
    assert [*(desk.storage.objects.root / ".uploads").iterdir()] == []
    assert [*(desk.storage.objects.root / ".tmp").iterdir()] == []


async def test_removing_goes_on_where_it_was_cut_short(desk):
    asset = await desk.asset()
    await desk.ask("DELETE", f"/assets/{asset['id']}", status=204)
    await desk.change("UPDATE removals SET due_at = now()")
    with failpoints.arm("storage.remove.between=raise"), pytest.raises(FailpointHit):
        await reconcile.remove_due(desk.storage)
    assert len(await desk.rows("SELECT * FROM removals")) == 2
    assert await reconcile.remove_due(desk.storage) == 2
    assert await desk.rows("SELECT * FROM removals") == []
    await desk.check()


async def test_t33_a_deleted_workspace_leaves_no_row_and_no_object(desk, saved):
    film = await desk.film()
    await desk.tell(film.event)
    await desk.asset()
    upload = await desk.begin(b"unfinished")
    await put(desk, "parts", "media", "x")
    await desk.ask("POST", f"/videos/{film.video}/shares", json={"expires_in_hours": 1}, status=201)
    kept = await desk.asset(by=desk.theirs)
    address = (await desk.ask("GET", f"/videos/{film.video}"))["file_url"]
    await desk.tell(TenantDeleted())
    await desk.tell(TenantDeleted())
    await run_erase(desk)
    assert await desk.stored() == []
    for table in ("assets", "videos", "films", "jobs", "shares", "removals", "purged_videos"):
        assert await desk.rows(f"SELECT * FROM {table} WHERE tenant_id = :t", t=desk.tenant) == []
    assert [*(desk.storage.objects.root / ".uploads").iterdir()] == []
    gone = await desk.here.client.get(address)
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    assert await desk.refused("GET", f"/uploads/{upload['id']}") == (404, "not_found")
    assert (await desk.here.client.get(kept["file_url"])).status_code == 200
    await desk.check()


async def test_t33_what_arrives_of_a_deleted_workspace_is_not_kept(desk, saved, changed):
    await desk.tell(TenantDeleted())
    await run_erase(desk)
    film = await desk.film()
    for event in (saved(film.video), changed(film.video, film.job, "rendering"), film.event):
        await desk.tell(event)
    for table in ("videos", "films", "jobs"):
        assert await desk.rows(f"SELECT * FROM {table}") == []
    assert await desk.emitted("video.stored") == []
    late = await desk.upload()
    await reconcile.reconcile(desk.storage)
    assert await desk.stored() == []
    assert await desk.rows("SELECT * FROM assets WHERE id = :id", id=UUID(late["id"])) == []
    await desk.check()


async def test_erasing_goes_on_where_it_was_cut_short(desk):
    for _ in range(3):
        await desk.asset()
    await desk.tell(TenantDeleted())
    with failpoints.arm("storage.erase.between=raise"), pytest.raises(FailpointHit):
        await run_erase(desk)
    assert await desk.rows("SELECT * FROM deleted_tenants WHERE erased_at IS NULL") != []
    await run_erase(desk)
    assert await desk.rows("SELECT * FROM deleted_tenants WHERE erased_at IS NULL") == []
    assert await desk.stored() == []


async def test_old_jobs_are_forgotten_once_they_ended(desk, saved, changed):
    video, ended, running = uuid7(), uuid7(), uuid7()
    await desk.tell(saved(video))
    await desk.tell(changed(video, ended, "failed"))
    await desk.tell(changed(video, running, "rendering"))
    await desk.change("UPDATE jobs SET told_at = now() - interval '31 days'")
    await reconcile.reconcile(desk.storage)
    assert [row["id"] for row in await desk.rows("SELECT id FROM jobs")] == [running]
    assert (await desk.ask("GET", f"/videos/{video}"))["job_id"] == str(running)
