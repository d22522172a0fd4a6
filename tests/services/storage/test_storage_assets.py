"""Assets: what the renderer says of them, lists and searches, the end of one."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from contracts.clients.assets import Assets
from contracts.events.assets import AssetProbed
from kernel.ids import uuid7
from kernel.objects import InvalidKey, ObjectKey
from services.storage import reconcile


async def listed(desk, path="", **more) -> list[str]:
    return [item["filename"] for item in (await desk.ask("GET", f"/assets{path}", **more))["items"]]


async def test_a_usable_file_shows_what_it_is_and_can_be_opened(desk):
    asset = await desk.asset(b"a photo", filename="Été à 5 h.jpg")
    assert (asset["state"], asset["kind"], asset["width"], asset["height"]) == ("ready", "image", 640, 480)
    assert (asset["refusal"], asset["missing"]) == (None, False)
    thumbnail = await desk.here.client.get(asset["thumbnail_url"])
    assert (thumbnail.content, thumbnail.headers["content-type"]) == (b"thumbnail", "image/jpeg")
    original = await desk.here.client.get(asset["file_url"], params={"download": "1"})
    assert original.content == b"a photo"
    assert "%C3%89t%C3%A9%20%C3%A0%205%20h.jpg" in original.headers["content-disposition"]


async def test_a_file_that_can_not_be_used_says_why_and_takes_no_room(desk):
    made = await desk.upload(b"not a photo")
    refusal = AssetProbed(
        asset_id=UUID(made["id"]), outcome="refused", code="unsupported_media", detail="This is a web page."
    )
    for _ in range(2):
        await desk.tell(refusal)
    asset = await desk.ask("GET", f"/assets/{made['id']}")
    assert asset["state"] == "refused"
    assert asset["refusal"] == {"code": "unsupported_media", "detail": "This is a web page."}
    assert (asset["file_url"], asset["thumbnail_url"]) == (None, None)
    assert await desk.emitted("asset.removed") == [{"asset_id": made["id"], "bytes": 11}]
    assert await reconcile.remove_due(desk.storage) == 1
    assert await desk.stored() == []
    await desk.check()
    await desk.ask("DELETE", f"/assets/{made['id']}", status=204)
    assert len(await desk.emitted("asset.removed")) == 1


async def test_what_was_said_of_a_file_first_stays(desk):
    asset = await desk.asset(b"a photo")
    await desk.tell(AssetProbed(asset_id=UUID(asset["id"]), outcome="refused", code="render_crashed", detail="No."))
    assert (await desk.ask("GET", f"/assets/{asset['id']}"))["state"] == "ready"
    await desk.tell(AssetProbed(asset_id=uuid7(), outcome="refused", code="render_crashed", detail="No."))


async def test_a_thumbnail_of_another_workspace_is_not_taken(desk):
    made = await desk.upload()
    forged = await desk.probed(made["id"], desk.theirs.tenant)
    with pytest.raises(InvalidKey):
        await desk.tell(forged)
    assert (await desk.ask("GET", f"/assets/{made['id']}"))["state"] == "probing"


async def test_a_deleted_file_frees_its_room_at_once_and_its_bytes_a_day_later(desk):
    asset = await desk.asset(b"a photo")
    await desk.ask("DELETE", f"/assets/{asset['id']}", status=204)
    assert await desk.emitted("asset.removed") == [{"asset_id": asset["id"], "bytes": 7}]
    assert await desk.refused("GET", f"/assets/{asset['id']}") == (404, "not_found")
    assert await desk.refused("DELETE", f"/assets/{asset['id']}") == (404, "not_found")
    assert await reconcile.remove_due(desk.storage) == 0
    assert len(await desk.stored()) == 2
    await desk.check()
    await desk.change("UPDATE removals SET due_at = now()")
    assert await reconcile.remove_due(desk.storage) == 2
    assert await desk.stored() == []
    await desk.check()


async def test_deleting_an_unfinished_upload_gives_it_up(desk):
    upload = await desk.begin(b"seven b")
    await desk.ask("DELETE", f"/assets/{upload['id']}", status=204)
    assert await desk.refused("GET", f"/uploads/{upload['id']}") == (404, "not_found")
    assert await desk.emitted("asset.removed") == []
    assert [*(desk.storage.objects.root / ".uploads").iterdir()] == []


async def test_files_are_listed_by_kind_state_and_name(desk):
    for name, kind in (("Beach.jpg", "image/jpeg"), ("beach.mp4", "video/mp4"), ("a_b%c.wav", "audio/wav")):
        await desk.asset(name.encode(), filename=name, content_type=kind)
    await desk.begin(b"unfinished")
    assert await listed(desk) == ["a_b%c.wav", "beach.mp4", "Beach.jpg"]
    assert await listed(desk, "?kind=video") == ["beach.mp4"]
    assert await listed(desk, "?state=uploading") == ["photo.jpg"]
    assert await listed(desk, "?state=ready&kind=image") == ["Beach.jpg"]
    assert await listed(desk, "?query=BEACH&sort=bytes") == ["Beach.jpg", "beach.mp4"]
    assert await listed(desk, "?query=_b%25") == ["a_b%c.wav"]
    assert await listed(desk, "?query=%25") == ["a_b%c.wav"]
    assert await listed(desk, "?query=ea_h") == []
    assert await listed(desk, "?query=/") == []
    assert await listed(desk, "?sort=filename") == ["a_b%c.wav", "Beach.jpg", "beach.mp4"]
    assert await listed(desk, by=desk.theirs) == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("kind=font", 422, "unknown_choice"),
        ("state=any", 422, "unknown_choice"),
        ("limit=0", 422, "invalid_limit"),
        ("limit=1000000000", 422, "invalid_limit"),
        ("sort=object_key", 422, "unknown_sort"),
        ("sort=created_at;drop", 422, "unknown_sort"),
        ("cursor=abc", 400, "invalid_cursor"),
        ("query=%00", 422, "invalid_text"),
        ("query=" + "x" * 10_000, 422, "too_long"),
        ("&".join(f"f{n}=1" for n in range(500)), 422, "too_many_filters"),
    ],
)
async def test_a_list_that_can_not_be_made_says_why(desk, query, status, code):
    assert await desk.refused("GET", f"/assets?{query}") == (status, code)


async def test_b53_searching_with_patterns_takes_no_longer_and_finds_nothing(desk):
    await desk.upload()
    for query in ("(a%2B)%2B$", "%25%25%25%25", "' OR 1=1 --", "\\", "🎬"):
        assert await listed(desk, f"?query={query}") == []


async def test_pages_of_a_list_hold_each_file_once(desk):
    for number in range(7):
        await desk.upload(filename=f"{number}.jpg")
    seen, path = [], "/assets?limit=3&sort=filename"
    while path:
        page = await desk.ask("GET", path)
        seen += [item["filename"] for item in page["items"]]
        path = page["next"] and f"/assets?limit=3&sort=filename&cursor={page['next']}"
    assert seen == [f"{number}.jpg" for number in range(7)]
    cursor = (await desk.ask("GET", "/assets?limit=3"))["next"]
    assert await desk.refused("GET", f"/assets?limit=3&cursor={cursor}", by=desk.theirs) == (400, "invalid_cursor")
    assert await desk.refused("GET", f"/videos?limit=3&cursor={cursor}") == (400, "invalid_cursor")


async def test_others_learn_of_ones_own_assets_only(desk):
    mine, theirs = await desk.asset(), await desk.asset(by=desk.theirs)
    probing = await desk.upload()
    wanted = [UUID(mine["id"]), UUID(theirs["id"]), UUID(probing["id"]), uuid7()]
    granted = await desk.here.composed.ask(Assets).grant(desk.tenant, wanted)
    assert set(granted) == {UUID(mine["id"]), UUID(probing["id"])}
    grant = granted[UUID(mine["id"])]
    assert (grant.state, grant.object_key) == ("ready", f"t/{desk.tenant}/assets/{mine['id']}")
    assert grant.described["kind"] == "image"
    assert granted[UUID(probing["id"])].state == "probing"
    assert await desk.storage.grant(desk.tenant, []) == {}


async def test_t1_another_workspace_finds_no_asset(desk):
    asset = await desk.asset()
    for some_id in (asset["id"], str(uuid7()), "x", "%2e%2e%2fvideos"):
        for method in ("GET", "DELETE"):
            assert await desk.refused(method, f"/assets/{some_id}", by=desk.theirs) == (404, "not_found")
    assert (await desk.ask("GET", f"/assets/{asset['id']}"))["state"] == "ready"


async def test_who_may_only_look_deletes_nothing(desk):
    asset = await desk.asset()
    viewer = desk.here.as_member("viewer")
    assert (await desk.ask("GET", f"/assets/{asset['id']}", by=viewer))["id"] == asset["id"]
    assert await desk.refused("DELETE", f"/assets/{asset['id']}", by=viewer) == (403, "missing_scope")


async def test_a_file_the_store_has_lost_is_marked_and_comes_back_with_its_bytes(desk):
    asset = await desk.asset(b"a photo")
    key = ObjectKey.of(desk.tenant, "assets", asset["id"])
    await desk.storage.objects.delete([key])
    gone = await desk.here.client.get(asset["file_url"])
    assert (gone.status_code, gone.json()["code"]) == (410, "asset_missing")
    await reconcile.reconcile(desk.storage)
    marked = await desk.ask("GET", f"/assets/{asset['id']}")
    assert (marked["missing"], marked["file_url"]) == (True, None)
    await desk.check()
    await desk.storage.objects.put_bytes(key, b"a photo", content_type="image/jpeg")
    await reconcile.reconcile(desk.storage)
    assert (await desk.ask("GET", f"/assets/{asset['id']}"))["missing"] is False


async def test_objects_that_belong_to_no_asset_are_collected_after_a_day(desk):
    asset = await desk.asset()
    for folder in ("assets", "thumbnails"):
        await desk.storage.objects.put_bytes(ObjectKey.of(desk.tenant, folder, "stray"), b"x", content_type="image/png")
    await desk.storage.objects.put_bytes(
        ObjectKey.of(desk.tenant, "parts", "media", "x"), b"x", content_type="audio/wav"
    )
    await reconcile.reconcile(desk.storage)
    assert len(await desk.stored()) == 5
    await desk.check()
    desk.rule(object_grace=timedelta(seconds=-1))
    assert (await reconcile.invariants(desk.storage))["objects_without_row"] == 2
    await reconcile.reconcile(desk.storage)
    assert await desk.stored() == [f"assets/{asset['id']}", "parts/media/x", f"thumbnails/{asset['id']}.jpg"]
    await desk.check()
