"""Films made by tasks: planned, drawn in parts, joined, put in their place, told of once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from contracts.events.assets import JobWithdrawn
from kernel.ids import TenantId, uuid7
from kernel.objects import ObjectKey
from kernel.task_worker import TaskWorker
from services.renderer.invariants import invariants

pytestmark = pytest.mark.slow


def scenes(darkroom: Any) -> list[dict[str, Any]]:
    """A photo that moves and is spoken over, a clip with sound, a colour: 5.2 s."""
    return [
        {
            "duration": 2.0,
            "narration": {"text": "One voice speaks over it."},
            "visual": {"type": "upload", "src": darkroom.media.photo(1)},
            "motion": {"effect": "zoomIn"},
            "transition": {"type": "fade", "duration": 0.4},
        },
        {
            "duration": 2.0,
            "visual": {"type": "upload", "src": darkroom.media.clip(), "volume": 0.5},
            "transition": {"type": "slideLeft", "duration": 0.4},
        },
        {"duration": 2.0, "visual": {"type": "color", "color": "#204060"}},
    ]


def takes(darkroom: Any, sine: Any) -> dict[str, Path]:
    return {"s0": darkroom.media.wav("darkroom-voice", sine(300, 1.5))}


async def test_a_film_is_made_with_everything_that_belongs_to_it(darkroom: Any, sine: Any) -> None:
    event = await darkroom.fetched(scenes(darkroom), takes=takes(darkroom, sine))
    await darkroom.drain()
    film = await darkroom.film()
    assert (film.job_id, film.storyboard_id, film.version) == (event.job_id, event.storyboard_id, 1)
    assert (film.title, film.frames, film.seconds) == ("A short film", 156, pytest.approx(5.2))
    assert (film.width, film.height, film.fps, film.encoder) == (320, 180, 30, "libx264")
    assert film.segments == film.segments_rendered == 5
    frames = await darkroom.frames(film)
    assert len(frames) == 156
    assert np.std([frame.mean() for frame in frames]) > 1
    assert film.bytes == len(await darkroom.read(film.object_key))
    assert (await darkroom.read(film.poster_key))[:3] == b"\xff\xd8\xff"
    assert "One voice" in (await darkroom.read(film.srt_key)).decode()
    assert (await darkroom.read(film.vtt_key)).startswith(b"WEBVTT")
    assert "Somebody" in (await darkroom.read(film.credits_key)).decode()
    assert await darkroom.emitted("render.failed") == []


async def test_progress_is_told_and_never_falls(darkroom: Any, sine: Any) -> None:
    await darkroom.fetched(scenes(darkroom), takes=takes(darkroom, sine))
    await darkroom.drain()
    told = await darkroom.emitted("render.progressed")
    progress = [one["progress"] for one in told]
    assert progress == sorted(progress)
    assert told[0]["segments"] == 5
    assert all(0 <= one["segments_rendered"] <= 5 and 0 <= one["scenes_done"] <= 3 for one in told)


async def test_the_same_film_again_draws_nothing_and_has_the_same_bytes(darkroom: Any, sine: Any) -> None:
    await darkroom.fetched(scenes(darkroom), takes=takes(darkroom, sine))
    await darkroom.drain()
    await darkroom.fetched(scenes(darkroom), takes=takes(darkroom, sine))
    await darkroom.drain()
    first, second = await darkroom.emitted("video.rendered")
    assert second["segments_rendered"] == 0
    assert second["sha256"] == first["sha256"]
    assert second["object_key"] != first["object_key"]


async def test_an_edited_caption_draws_one_segment(darkroom: Any) -> None:
    film = [
        {
            "duration": 2.0,
            "narration": {"text": f"Scene number {number}."},
            "visual": {"type": "upload", "src": darkroom.media.photo(number)},
        }
        for number in (1, 2, 3)
    ]
    await darkroom.fetched(film)
    await darkroom.drain()
    film[1]["narration"] = {"text": "Something else."}
    await darkroom.fetched(film)
    await darkroom.drain()
    films = await darkroom.emitted("video.rendered")
    assert [one["segments_rendered"] for one in films] == [3, 1]
    assert [one["scenes_rendered"] for one in films] == [3, 1]


async def test_a_transition_drawn_anew_counts_for_no_scene(darkroom: Any, sine: Any) -> None:
    film = scenes(darkroom)
    await darkroom.fetched(film, takes=takes(darkroom, sine))
    await darkroom.drain()
    film[1]["transition"]["type"] = "wipeUp"
    await darkroom.fetched(film, takes=takes(darkroom, sine))
    await darkroom.drain()
    films = await darkroom.emitted("video.rendered")
    assert [(one["segments_rendered"], one["scenes_rendered"]) for one in films] == [(5, 3), (1, 0)]


async def test_another_process_uses_the_parts_that_were_made(darkroom: Any, sine: Any, tmp_path: Path) -> None:
    """Every part lies in the store: a worker with an empty folder draws nothing again."""
    await darkroom.fetched(scenes(darkroom), takes=takes(darkroom, sine))
    await darkroom.drain()
    darkroom.service.cache_root = tmp_path / "another"
    await darkroom.fetched(scenes(darkroom), takes=takes(darkroom, sine))
    await darkroom.drain()
    first, second = await darkroom.emitted("video.rendered")
    assert (second["segments_rendered"], second["sha256"]) == (0, first["sha256"])


async def test_t23_parts_of_one_workspace_are_not_another_s(darkroom: Any) -> None:
    """T21: the same film of another workspace is drawn anew, into its own prefix and folder."""
    other = TenantId(uuid7())
    film = [{"duration": 1.0, "visual": {"type": "upload", "src": darkroom.media.photo(1)}}]
    await darkroom.fetched(film)
    await darkroom.fetched(film, tenant=other)
    await darkroom.drain()
    assert [one["segments_rendered"] for one in await darkroom.emitted("video.rendered")] == [1, 1]
    folders = {path.name for path in darkroom.service.cache_root.iterdir()}
    assert folders == {str(darkroom.tenant), str(other)}
    theirs = [str(one.key) async for one in darkroom.service.objects.list(ObjectKey.of(other, "parts", "render"))]
    mine = await darkroom.keys("parts", "render")
    assert sorted(key.rpartition("/")[2] for key in theirs) == sorted(mine)


async def test_a_silent_film_without_captions_has_neither(darkroom: Any) -> None:
    await darkroom.fetched([{"duration": 1.0, "visual": {"type": "color", "color": "#204060"}}])
    await darkroom.drain()
    film = await darkroom.film()
    assert (film.srt_key, film.vtt_key, film.frames) == (None, None, 30)


async def test_nothing_but_the_film_is_left_after_a_while(darkroom: Any) -> None:
    event = await darkroom.fetched([{"duration": 1.0, "visual": {"type": "color", "color": "#204060"}}])
    await darkroom.drain()
    place = ("jobs", str(event.job_id))
    attempt = ObjectKey.of(darkroom.tenant, *place, "attempt-0123456789ab-1", "video.mp4")
    await darkroom.service.objects.put_bytes(attempt, b"cut off", content_type="video/mp4")
    await darkroom.rows("UPDATE renders SET finished_at = now() - interval '1 hour' RETURNING job_id")
    await darkroom.here.tick("renderer.tidy")
    film = await darkroom.film()
    folder = ObjectKey.parse(film.object_key, darkroom.tenant).segments[2]
    left = {key for key in await darkroom.keys(*place) if not key.endswith(".json")}
    assert left == {f"{folder}/video.mp4", f"{folder}/poster.jpg", f"{folder}/credits.txt"}


async def test_a_storyboard_that_does_not_fit_what_was_fetched_fails_with_a_sentence(darkroom: Any) -> None:
    event = await darkroom.fetched([{"duration": 1.0, "visual": {"type": "upload", "src": "asset:nowhere"}}])
    await darkroom.drain()
    (failed,) = await darkroom.emitted("render.failed")
    assert (failed["job_id"], failed["code"]) == (str(event.job_id), "invalid_storyboard")
    assert "isn't known" in failed["detail"]


async def test_a_file_that_was_deleted_meanwhile_fails_the_film_with_its_scene(darkroom: Any) -> None:
    event = await darkroom.fetched([{"duration": 1.0, "visual": {"type": "upload", "src": darkroom.media.photo(1)}}])
    keys = [ObjectKey.parse(key, darkroom.tenant) for key in event.files.values()]
    await darkroom.service.objects.delete(keys)
    await darkroom.drain()
    (failed,) = await darkroom.emitted("render.failed")
    assert (failed["code"], failed["scene"]) == ("asset_missing", "s0")
    assert (
        await darkroom.rows("SELECT id FROM tasks WHERE state IN ('ready', 'running') AND tenant_id IS NOT NULL") == []
    )


async def test_a_failed_film_can_be_begun_again(darkroom: Any) -> None:
    photo = darkroom.media.photo(1)
    event = await darkroom.fetched([{"duration": 1.0, "visual": {"type": "upload", "src": photo}}])
    (key,) = [ObjectKey.parse(key, darkroom.tenant) for key in event.files.values()]
    await darkroom.service.objects.delete([key])
    await darkroom.drain()
    await darkroom.service.objects.put_file(key, photo, content_type="image/jpeg")
    await darkroom.tell(event)
    await darkroom.drain()
    assert (await darkroom.film()).job_id == event.job_id


async def test_parts_that_vanish_before_the_end_are_made_again(darkroom: Any, tmp_path: Path) -> None:
    await darkroom.fetched([{"duration": 1.0, "visual": {"type": "color", "color": "#204060"}}])
    backed = next(one.backed for one in darkroom.here.composed.built)
    hands = TaskWorker(backed.database, backed.tasks, backed.service)
    while not await darkroom.rows("SELECT key FROM segments WHERE done"):
        await hands.step()
    parts = ObjectKey.of(darkroom.tenant, "parts", "render")
    segments = [one.key async for one in darkroom.service.objects.list(parts) if one.key.name.endswith(".mp4")]
    await darkroom.service.objects.delete(segments)
    darkroom.service.cache_root = tmp_path / "another"
    await darkroom.drain()
    assert (await darkroom.film()).frames == 30
    assert await darkroom.emitted("render.failed") == []


async def test_a_withdrawn_film_is_not_made_and_that_is_said_once(darkroom: Any) -> None:
    event = await darkroom.fetched([{"duration": 1.0, "visual": {"type": "color", "color": "#204060"}}])
    await darkroom.tell(JobWithdrawn(job_id=event.job_id))
    await darkroom.tell(JobWithdrawn(job_id=event.job_id))
    await darkroom.drain()
    assert await darkroom.emitted("video.rendered") == []
    (told,) = await darkroom.emitted("render.failed")
    assert told["code"] == "render_cancelled"


async def test_a_film_that_is_finished_can_not_be_withdrawn(darkroom: Any) -> None:
    event = await darkroom.fetched([{"duration": 1.0, "visual": {"type": "color", "color": "#204060"}}])
    await darkroom.drain()
    await darkroom.tell(JobWithdrawn(job_id=event.job_id))
    await darkroom.drain()
    assert len(await darkroom.emitted("video.rendered")) == 1
    assert await darkroom.emitted("render.failed") == []


async def test_withdrawing_what_was_never_begun_is_nothing(darkroom: Any) -> None:
    await darkroom.tell(JobWithdrawn(job_id=uuid7()))
    await darkroom.drain()
    assert await darkroom.emitted("render.failed") == []


async def test_the_film_carries_its_title_and_fingerprint(darkroom: Any) -> None:
    await darkroom.fetched([{"duration": 1.0, "visual": {"type": "color", "color": "#204060"}}])
    await darkroom.drain()
    film = await darkroom.film()
    await darkroom.frames(film)
    with av.open(str(darkroom.folder / "film.mp4")) as container:
        assert container.metadata["title"] == "A short film"
        assert container.metadata["fingerprint"] == film.fingerprint


async def test_the_invariants_hold_along_a_film_s_whole_life(darkroom: Any) -> None:
    good = {"stranded_renders": 0, "jobs_with_several_results": 0}
    await darkroom.fetched([{"duration": 1.0, "visual": {"type": "color", "color": "#204060"}}])
    assert await invariants(darkroom.service) == good
    await darkroom.drain()
    assert await invariants(darkroom.service) == good


async def test_a_film_that_nobody_works_for_is_counted(darkroom: Any) -> None:
    await darkroom.fetched([{"duration": 1.0, "visual": {"type": "color", "color": "#204060"}}])
    await darkroom.rows("DELETE FROM tasks WHERE kind = 'renderer.prepare' RETURNING id")
    assert (await invariants(darkroom.service))["stranded_renders"] == 1
