"""The library: the same rows whatever the order of events, and what people see and change of them."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from kernel.clock import now
from kernel.ids import TenantId, uuid7
from kernel.objects import InvalidKey

COLUMNS = "id, title, version, width, height, status, review, job_id, progress, failure, film_job_id, trashed_at"


async def state(desk):
    """What the events have made, without times."""
    videos = await desk.rows(f"SELECT {COLUMNS} FROM videos ORDER BY id")
    films = await desk.rows("SELECT job_id, video_id, version, object_key FROM films ORDER BY job_id")
    return videos, films


async def forget(desk):
    for table in ("films", "videos", "jobs", "outbox"):
        await desk.change(f"DELETE FROM {table}")


async def titles(desk, path="", **more):
    return [item["title"] for item in (await desk.ask("GET", f"/videos{path}", **more))["items"]]


async def test_a_storyboard_is_a_draft_then_a_job_then_a_film(desk, saved, changed):
    video, job = uuid7(), uuid7()
    await desk.tell(saved(video))
    shown = await desk.ask("GET", f"/videos/{video}")
    assert (shown["status"], shown["progress"], shown["version"], shown["film_version"]) == ("draft", 0.0, 1, None)
    assert (shown["title"], shown["width"], shown["height"], shown["review"]) == ("Tea", 1920, 1080, "pending")
    assert {shown[name] for name in ("file_url", "poster_url", "srt_url", "vtt_url", "credits_url", "bytes")} == {None}
    for progress, step in enumerate(("reserving", "queued", "fetching", "rendering", "uploading")):
        await desk.tell(changed(video, job, step, progress / 10))
        shown = await desk.ask("GET", f"/videos/{video}")
        assert (shown["status"], shown["progress"], shown["job_id"]) == (step, progress / 10, str(job))
    film = await desk.film(video=video, job=job)
    await desk.tell(film.event)
    shown = await desk.ask("GET", f"/videos/{video}")
    assert (shown["status"], shown["progress"], shown["film_version"]) == ("ready", 1.0, 1)
    assert (shown["seconds"], shown["bytes"], shown["missing"]) == (12.5, len(film.data), False)
    assert (await desk.here.client.get(shown["file_url"])).content == film.data
    assert await desk.emitted("video.stored") == [
        {
            "job_id": str(job),
            "video_id": str(video),
            "version": 1,
            "title": "Tea",
            "bytes": len(film.data),
            "seconds": 12.5,
        }
    ]
    await desk.check()


async def test_a_failed_job_says_why_and_a_retry_goes_on(desk, saved, changed):
    video, job = uuid7(), uuid7()
    await desk.tell(saved(video))
    await desk.tell(changed(video, job, "rendering", 0.6))
    await desk.tell(changed(video, job, "failed", 0.6))
    shown = await desk.ask("GET", f"/videos/{video}")
    assert shown["status"] == "failed"
    assert shown["failure"] == {"code": "render_crashed", "detail": "It broke.", "scene": "s1"}
    await desk.tell(changed(video, job, "reserving", 0.0))
    shown = await desk.ask("GET", f"/videos/{video}")
    assert (shown["status"], shown["progress"], shown["failure"]) == ("reserving", 0.0, None)


@pytest.mark.slow
async def test_events_in_any_order_make_the_same_library(desk, saved, changed):
    video, first, second = uuid7(), uuid7(), uuid7()
    films = [
        await desk.film(video=video, job=first, version=1),
        await desk.film(video=video, job=second, version=2, title="Green tea", data=b"other" * 99),
    ]
    start = now()
    # What keeps its order among itself: the versions' events come in any order, a job's one after another.
    story = [
        (saved(video, 1), saved(video, 2, "Green tea", 1080, 1920)),
        (changed(video, first, "queued"), changed(video, first, "rendering", 0.5), changed(video, first, "ready", 1.0)),
        (changed(video, second, "rendering", 0.4), changed(video, second, "ready", 1.0)),
        (films[0].event,),
        (films[1].event,),
    ]
    times = {id(event): start + timedelta(seconds=n) for n, event in enumerate(itertools.chain(*story))}
    expected = None
    orders = list(itertools.permutations(range(5)))
    assert len(orders) == 120
    for order in orders:
        for stream in order:
            for event in story[stream]:
                await desk.tell(event, at=times[id(event)])
        found = await state(desk)
        expected = expected or found
        assert found == expected, order
        assert sorted(event["job_id"] for event in await desk.emitted("video.stored")) == sorted(
            map(str, (first, second))
        )
        await forget(desk)
    (line,), versions = expected
    assert (line["title"], line["version"], line["width"], line["status"]) == ("Green tea", 2, 1080, "ready")
    assert (line["job_id"], line["film_job_id"], len(versions)) == (second, second, 2)


async def test_each_event_twice_changes_nothing(desk, saved, changed):
    video, job = uuid7(), uuid7()
    film = await desk.film(video=video, job=job)
    events = [saved(video), changed(video, job, "rendering", 0.5), film.event, changed(video, job, "ready", 1.0)]
    for event in events:
        await desk.tell(event)
    once = await state(desk)
    for event in [*events, *events]:
        await desk.tell(event)
    assert await state(desk) == once
    assert len(await desk.emitted("video.stored")) == 1


async def test_news_from_before_change_nothing(desk, saved, changed):
    video, job = uuid7(), uuid7()
    early = now() - timedelta(minutes=5)
    await desk.tell(saved(video))
    await desk.tell(changed(video, job, "rendering", 0.5))
    for late in (changed(video, job, "queued"), changed(video, job, "rendering", 0.4), changed(video, job, "failed")):
        await desk.tell(late, at=early)
    shown = await desk.ask("GET", f"/videos/{video}")
    assert (shown["status"], shown["progress"], shown["failure"]) == ("rendering", 0.5, None)
    await desk.tell(changed(video, job, "cancelled", 0.5))
    await desk.tell(changed(video, job, "rendering", 0.9), at=early)
    assert (await desk.ask("GET", f"/videos/{video}"))["status"] == "cancelled"
    await desk.tell((await desk.film(video=video, job=job)).event)
    await desk.tell(changed(video, job, "failed"))
    assert (await desk.ask("GET", f"/videos/{video}"))["status"] == "ready"


async def test_steps_forward_count_though_a_clock_is_slow(desk, saved, changed):
    video, job = uuid7(), uuid7()
    await desk.tell(saved(video))
    await desk.tell(changed(video, job, "queued"))
    await desk.tell(changed(video, job, "rendering", 0.3), at=now() - timedelta(minutes=10))
    shown = await desk.ask("GET", f"/videos/{video}")
    assert (shown["status"], shown["progress"]) == ("rendering", 0.3)


async def test_an_older_job_does_not_hide_a_newer_one(desk, saved, changed):
    video, older, newer = uuid7(), uuid7(), uuid7()
    await desk.tell(saved(video))
    await desk.tell(changed(video, newer, "rendering", 0.5))
    await desk.tell(changed(video, older, "failed"))
    await desk.tell((await desk.film(video=video, job=older)).event)
    shown = await desk.ask("GET", f"/videos/{video}")
    assert (shown["status"], shown["job_id"]) == ("rendering", str(newer))
    assert shown["file_url"] is not None


async def test_every_version_is_kept_and_the_newest_is_shown(desk):
    first = await desk.film(version=1)
    second = await desk.film(video=first.video, version=2, data=b"second")
    for film in (second, first):
        await desk.tell(film.event)
    shown = await desk.ask("GET", f"/videos/{first.video}")
    assert (shown["film_version"], shown["bytes"]) == (2, 6)
    versions = (await desk.ask("GET", f"/videos/{first.video}/versions?sort=version"))["items"]
    assert [(one["id"], one["version"], one["shown"]) for one in versions] == [
        (str(first.job), 1, False),
        (str(second.job), 2, True),
    ]
    for one, film in zip(versions, (first, second), strict=True):
        assert (await desk.here.client.get(one["file_url"])).content == film.data
    assert "Tea%20v1.mp4" in versions[0]["file_url"]


async def test_a_title_given_in_the_library_stays_until_the_storyboards_own_changes(desk, saved):
    video = uuid7()
    await desk.tell(saved(video, 1, "Tea"))
    renamed = await desk.ask("PATCH", f"/videos/{video}", json={"title": "  My film  "})
    assert renamed["title"] == "My film"
    await desk.tell(saved(video, 2, "Tea"))
    assert (await desk.ask("GET", f"/videos/{video}"))["title"] == "My film"
    await desk.tell(saved(video, 3, "Green tea"))
    await desk.tell(saved(video, 2, "Tea"))
    assert (await desk.ask("GET", f"/videos/{video}"))["title"] == "Green tea"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing"),
        ({"title": ""}, "blank"),
        ({"title": " "}, "blank"),
        ({"title": "x" * 201}, "too_long"),
        ({"title": "a\x00b"}, "invalid_text"),
        ({"title": "\u202etxt"}, "invalid_text"),
        ({"title": 7}, "invalid_type"),
        ({"review": "fine"}, "unknown_choice"),
        ({"title": "a", "status": "ready"}, "unknown_field"),
        ({"title": "a", "tenant_id": "x"}, "unknown_field"),
    ],
)
async def test_a_change_that_can_not_be_made_says_why(desk, body, code):
    video = await desk.video()
    assert await desk.refused("PATCH", f"/videos/{video['id']}", json=body) == (422, code)


async def test_a_new_film_has_to_be_reviewed_anew(desk):
    film = await desk.film()
    await desk.tell(film.event)
    path = f"/videos/{film.video}"
    assert (await desk.ask("PATCH", path, json={"review": "validated"}))["review"] == "validated"
    await desk.tell((await desk.film(video=film.video, data=b"again")).event)
    assert (await desk.ask("GET", path))["review"] == "pending"


async def test_reviewers_review_editors_rename_viewers_look(desk):
    video = await desk.video()
    path = f"/videos/{video['id']}"
    reviewer, viewer = desk.here.as_member("reviewer"), desk.here.as_member("viewer")
    editor = desk.here.as_member("editor")
    assert (await desk.ask("PATCH", path, by=reviewer, json={"review": "rejected"}))["review"] == "rejected"
    assert await desk.refused("PATCH", path, by=reviewer, json={"title": "x"}) == (403, "missing_scope")
    both = {"title": "x", "review": "validated"}
    assert await desk.refused("PATCH", path, by=reviewer, json=both) == (403, "missing_scope")
    assert await desk.refused("PATCH", path, by=viewer, json={"review": "rejected"}) == (403, "missing_scope")
    assert (await desk.ask("PATCH", path, by=editor, json=both))["title"] == "x"
    assert (await desk.ask("GET", path, by=viewer))["review"] == "validated"


async def test_videos_are_listed_by_status_review_and_title(desk, saved, changed):
    ready = await desk.film(title="100% Tea_time")
    draft, failing = uuid7(), uuid7()
    await desk.tell(ready.event)
    await desk.tell(saved(draft, title="coffee"))
    await desk.tell(saved(failing, title="Cocoa"))
    await desk.tell(changed(failing, uuid7(), "failed"))
    await desk.ask("PATCH", f"/videos/{ready.video}", json={"review": "validated"})
    assert await titles(desk) == ["Cocoa", "coffee", "100% Tea_time"]
    assert await titles(desk, "?status=draft") == ["coffee"]
    assert await titles(desk, "?status=draft&status=failed&sort=title") == ["Cocoa", "coffee"]
    assert await titles(desk, "?review=validated") == ["100% Tea_time"]
    assert await titles(desk, "?review=validated&status=draft") == []
    assert await titles(desk, "?query=TEA_") == ["100% Tea_time"]
    assert await titles(desk, "?query=0%25") == ["100% Tea_time"]
    assert await titles(desk, "?query=co_f") == []
    assert await titles(desk, "?sort=title") == ["100% Tea_time", "Cocoa", "coffee"]
    assert await titles(desk, "?sort=-seconds&limit=1") == ["100% Tea_time"]
    assert await titles(desk, "?trashed=true") == []
    assert await titles(desk, by=desk.theirs) == []


@pytest.mark.parametrize("sort", ["created_at", "-updated_at", "title", "-title", "seconds", "-bytes", "trashed_at"])
async def test_pages_in_every_order_hold_each_video_once(desk, saved, sort):
    for number in range(7):
        await desk.tell(saved(uuid7(), title="same"))
        if number % 3 == 0:
            await desk.video(title="same")
    seen, cursor = [], ""
    while cursor is not None:
        page = await desk.ask("GET", f"/videos?limit=4&sort={sort}{cursor and '&cursor='}{cursor}")
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == 10


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("status=finished", 422, "unknown_choice"),
        ("review=", 422, "unknown_choice"),
        ("sort=film_job_id", 422, "unknown_sort"),
        ("sort=title,id", 422, "unknown_sort"),
        ("trashed=perhaps", 422, "invalid_type"),
        ("limit=-1", 422, "invalid_limit"),
        ("query=%00", 422, "invalid_text"),
        ("query=" + "x" * 10_000, 422, "too_long"),
        ("&".join(["status=draft"] * 500), 422, "too_many_filters"),
        ("cursor=" + "A" * 100, 400, "invalid_cursor"),
    ],
)
async def test_a_library_that_can_not_be_listed_says_why(desk, query, status, code):
    assert await desk.refused("GET", f"/videos?{query}") == (status, code)


async def test_t1_another_workspace_finds_no_video(desk):
    video = await desk.video()
    for some_id in (video["id"], str(uuid7()), "x", "' or 1=1"):
        for method, path, more in (
            ("GET", "", {}),
            ("PATCH", "", {"json": {"title": "mine now"}}),
            ("DELETE", "", {}),
            ("POST", "/trash", {}),
            ("POST", "/restore", {}),
            ("GET", "/versions", {}),
            ("GET", "/shares", {}),
            ("POST", "/shares", {"json": {"expires_in_hours": 1}}),
            ("DELETE", f"/shares/{uuid7()}", {}),
        ):
            answer = await desk.refused(method, f"/videos/{some_id}{path}", by=desk.theirs, **more)
            assert answer == (404, "not_found"), (method, path)
    assert await desk.ask("GET", f"/videos/{video['id']}") == video | {
        name: value for name, value in (await desk.ask("GET", f"/videos/{video['id']}")).items() if "url" in name
    }


async def test_a_film_with_files_of_another_workspace_is_not_registered(desk):
    film = await desk.film(tenant=desk.theirs.tenant)
    with pytest.raises(InvalidKey):
        await desk.tell(film.event)
    mixed = (await desk.film()).event.model_copy(update={"poster_key": film.event.poster_key})
    with pytest.raises(InvalidKey):
        await desk.tell(mixed)
    assert await desk.rows("SELECT * FROM films") == []
    assert await desk.rows("SELECT * FROM videos") == []
    assert await desk.emitted("video.stored") == []


async def test_one_id_in_two_workspaces_is_two_videos(desk, saved):
    video = uuid7()
    await desk.tell(saved(video, title="mine"))
    await desk.tell(saved(video, title="theirs"), desk.theirs.tenant)
    assert await titles(desk) == ["mine"]
    assert await titles(desk, by=desk.theirs) == ["theirs"]
    nobody = TenantId(uuid7())
    assert await titles(desk, by=desk.here.as_member(tenant=nobody)) == []
