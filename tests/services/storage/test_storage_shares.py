"""Share links: who makes them, what they show, how they end."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from kernel.clock import now
from kernel.ids import uuid7


async def share(desk, video, hours=24):
    made = await desk.ask("POST", f"/videos/{video['id']}/shares", json={"expires_in_hours": hours}, status=201)
    return made, f"/api/v1/shares/{made['url'].rpartition('/')[2]}"


async def test_whoever_has_the_link_watches_the_video(desk):
    film = await desk.film(title="Été")
    await desk.tell(film.event)
    made, path = await share(desk, {"id": str(film.video)})
    assert made["url"].startswith("http://localhost/s/")
    ends = datetime.fromisoformat(made["expires_at"])
    assert timedelta(hours=23, minutes=59) < ends - now() <= timedelta(hours=24)
    seen = (await desk.here.client.get(path)).json()
    assert (seen["title"], seen["seconds"], seen["width"], seen["height"]) == ("Été", 12.5, 1920, 1080)
    assert set(seen) == {
        "title", "seconds", "width", "height", "file_url", "poster_url", "vtt_url", "expires_at",
    }  # fmt: skip
    assert (await desk.here.client.get(seen["file_url"])).content == film.data
    assert (await desk.here.client.get(seen["poster_url"])).content == b"poster"
    assert (await desk.here.client.get(seen["vtt_url"])).headers["content-type"] == "text/vtt; charset=utf-8"
    await desk.here.client.get(path)
    (listed,) = (await desk.ask("GET", f"/videos/{film.video}/shares"))["items"]
    assert (listed["id"], listed["opened"]) == (made["id"], 2)
    assert "url" not in listed


async def test_the_link_itself_is_kept_nowhere(desk):
    made, _ = await share(desk, await desk.video())
    token = made["url"].rpartition("/")[2]
    (row,) = await desk.rows("SELECT * FROM shares")
    assert row["token_hash"] == hashlib.sha256(token.encode()).digest()
    for table in ("shares", "outbox"):
        assert token not in str(await desk.rows(f"SELECT * FROM {table}"))


async def test_a_withdrawn_link_ends_at_once_with_the_addresses_it_gave_out(desk):
    video = await desk.video()
    made, path = await share(desk, video)
    other, other_path = await share(desk, video)
    seen = (await desk.here.client.get(path)).json()
    still = (await desk.here.client.get(other_path)).json()
    await desk.ask("DELETE", f"/videos/{video['id']}/shares/{made['id']}", status=204)
    gone = await desk.here.client.get(path)
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    media = await desk.here.client.get(seen["file_url"])
    assert (media.status_code, media.json()["code"]) == (403, "media_address_invalid")
    for address in (still["file_url"], video["file_url"]):
        assert (await desk.here.client.get(address)).status_code == 200
    assert await desk.refused("DELETE", f"/videos/{video['id']}/shares/{made['id']}") == (404, "not_found")
    assert [act["action"] for act in await desk.emitted("audit.recorded")] == [
        "share.created",
        "share.created",
        "share.revoked",
    ]
    assert [item["id"] for item in (await desk.ask("GET", f"/videos/{video['id']}/shares"))["items"]] == [other["id"]]


async def test_a_link_ends_when_it_was_said_to(desk):
    video = await desk.video()
    made, path = await share(desk, video, hours=1)
    await desk.change("UPDATE shares SET expires_at = now() + interval '2 minutes'")
    seen = (await desk.here.client.get(path)).json()
    grant = desk.storage.media.open(*seen["file_url"].split("/")[2:])
    assert grant.expires_at <= now() + timedelta(minutes=2)
    await desk.change("UPDATE shares SET expires_at = now() - interval '1 second'")
    assert (await desk.here.client.get(path)).status_code == 404
    assert (await desk.here.client.get(seen["file_url"])).status_code == 403
    (listed,) = (await desk.ask("GET", f"/videos/{video['id']}/shares"))["items"]
    assert listed["id"] == made["id"]


async def test_a_link_rests_while_its_video_is_in_the_trash_and_ends_with_it(desk):
    video = await desk.video()
    _, path = await share(desk, video)
    seen = (await desk.here.client.get(path)).json()
    await desk.ask("POST", f"/videos/{video['id']}/trash")
    assert (await desk.here.client.get(path)).status_code == 404
    assert (await desk.here.client.get(seen["file_url"])).status_code == 403
    refusal = await desk.refused("POST", f"/videos/{video['id']}/shares", json={"expires_in_hours": 1})
    assert refusal == (409, "invalid_state")
    await desk.ask("POST", f"/videos/{video['id']}/restore")
    assert (await desk.here.client.get(path)).status_code == 200
    await desk.ask("POST", f"/videos/{video['id']}/trash")
    await desk.ask("DELETE", f"/videos/{video['id']}", status=204)
    assert (await desk.here.client.get(path)).status_code == 404
    assert await desk.rows("SELECT * FROM shares") == []


async def test_a_link_shows_the_newest_film(desk):
    film = await desk.film()
    await desk.tell(film.event)
    _, path = await share(desk, {"id": str(film.video)})
    await desk.tell((await desk.film(video=film.video, data=b"better")).event)
    seen = (await desk.here.client.get(path)).json()
    assert (await desk.here.client.get(seen["file_url"])).content == b"better"


async def test_a_draft_has_nothing_to_share(desk, saved):
    video = uuid7()
    await desk.tell(saved(video))
    refusal = await desk.refused("POST", f"/videos/{video}/shares", json={"expires_in_hours": 1})
    assert refusal == (409, "invalid_state")


async def test_a_plan_without_links_has_none(desk):
    video = await desk.video()
    desk.plan.features = frozenset()
    refusal = await desk.refused("POST", f"/videos/{video['id']}/shares", json={"expires_in_hours": 1})
    assert refusal == (403, "feature_not_in_plan")


@pytest.mark.parametrize("hours", [0, -1, 366 * 24 + 1, 1.5, "day", None])
async def test_a_link_lasts_between_an_hour_and_a_year(desk, hours):
    video = await desk.video()
    answer = await desk.mine.client.post(f"/api/v1/videos/{video['id']}/shares", json={"expires_in_hours": hours})
    assert answer.status_code == 422


async def test_viewers_share_nothing_and_withdraw_nothing(desk):
    video = await desk.video()
    made, _ = await share(desk, video)
    for role in ("viewer", "reviewer"):
        by = desk.here.as_member(role)
        path = f"/videos/{video['id']}/shares"
        refusal = await desk.refused("POST", path, by=by, json={"expires_in_hours": 1})
        assert refusal == (403, "missing_scope")
        assert await desk.refused("DELETE", f"{path}/{made['id']}", by=by) == (403, "missing_scope")
        assert len((await desk.ask("GET", path, by=by))["items"]) == 1


async def test_t2_a_link_of_one_video_is_no_link_of_another(desk):
    one, other = await desk.video(), await desk.video()
    made, path = await share(desk, one)
    assert await desk.refused("DELETE", f"/videos/{other['id']}/shares/{made['id']}") == (404, "not_found")
    theirs = await desk.film(tenant=desk.theirs.tenant)
    await desk.tell(theirs.event, desk.theirs.tenant)
    for video in (one["id"], theirs.video):
        refusal = await desk.refused("DELETE", f"/videos/{video}/shares/{made['id']}", by=desk.theirs)
        assert refusal == (404, "not_found")
    assert (await desk.here.client.get(path)).status_code == 200


@pytest.mark.parametrize(
    "token", ["x", "A" * 43, "A" * 5000, "%00", "..%2f..", "' or 1=1", "%F0%9F%8E%AC", "%ff", str(UUID(int=0))]
)
async def test_t12_guesses_find_nothing(desk, token):
    await share(desk, await desk.video())
    answer = await desk.here.client.get(f"/api/v1/shares/{token}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
