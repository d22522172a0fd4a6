"""What storage does by itself, done by the real worker: tasks of its table, periodic ones made due."""

from __future__ import annotations

from uuid import UUID

from contracts.events.tenants import TenantDeleted


async def test_the_trash_is_emptied_and_the_objects_follow(desk):
    film = await desk.film()
    await desk.tell(film.event)
    await desk.ask("POST", f"/videos/{film.video}/trash")
    await desk.here.tick("storage.empty-trash")
    assert await desk.emitted("video.purged") == []
    await desk.change("UPDATE videos SET purge_at = now() - interval '1 second'")
    await desk.here.tick("storage.empty-trash")
    assert await desk.emitted("video.purged") == [{"video_id": str(film.video), "bytes": len(film.data)}]
    await desk.here.tick("storage.remove")
    assert len(await desk.stored()) == 5
    await desk.change("UPDATE removals SET due_at = now()")
    await desk.here.tick("storage.remove")
    assert await desk.stored() == []
    await desk.check()


async def test_unfinished_uploads_and_old_links_expire(desk):
    upload, video = await desk.begin(b"unfinished"), await desk.video()
    for _ in range(2):
        await desk.ask("POST", f"/videos/{video['id']}/shares", json={"expires_in_hours": 1}, status=201)
    (old, _) = await desk.rows("SELECT id FROM shares ORDER BY id")
    await desk.change("UPDATE shares SET expires_at = now() - interval '31 days' WHERE id = :id", id=old["id"])
    await desk.change(
        "UPDATE assets SET expires_at = now() - interval '1 second' WHERE id = :id", id=UUID(upload["id"])
    )
    await desk.here.tick("storage.expire")
    assert await desk.refused("GET", f"/uploads/{upload['id']}") == (404, "not_found")
    assert len(await desk.rows("SELECT id FROM shares")) == 1


async def test_rows_and_objects_are_compared(desk):
    asset = await desk.asset()
    for path in desk.storage.objects.root.rglob("*#object"):
        path.unlink()
    await desk.here.tick("storage.reconcile")
    assert (await desk.ask("GET", f"/assets/{asset['id']}"))["missing"]


async def test_a_deleted_workspace_is_erased(desk):
    await desk.asset()
    await desk.begin(b"unfinished")
    await desk.tell(TenantDeleted())
    await desk.here.drain()
    assert await desk.stored() == []
    assert [*(desk.storage.objects.root / ".uploads").iterdir()] == []
    (row,) = await desk.rows("SELECT * FROM deleted_tenants")
    assert row["erased_at"] is not None
