"""Uploads: from the first part to an asset, however often something breaks off or is asked for again."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from kernel.ids import uuid7
from kernel.objects import ObjectKey, UploadMissing
from services.storage import uploads

MIB = 1024 * 1024


def data_of(size: int, seed: int = 0) -> bytes:
    return hashlib.shake_128(bytes([seed])).digest(size)


async def test_a_file_uploaded_in_parts_becomes_an_asset_and_is_announced_once(desk):
    data = data_of(2 * 8 * MIB + 5)
    upload = await desk.begin(data, filename="Été.JPG", sha256=hashlib.sha256(data).hexdigest())
    assert upload["part_bytes"] == 8 * MIB
    assert [(part["number"], part["bytes"]) for part in upload["parts"]] == [(1, 8 * MIB), (2, 8 * MIB), (3, 5)]
    assert (await desk.ask("GET", f"/assets/{upload['id']}"))["state"] == "uploading"
    parts = await desk.send(upload, data, (3, 1)) + await desk.send(upload, data, (2,))
    parts.sort(key=lambda part: part["number"])
    asset = await desk.ask("POST", f"/uploads/{upload['id']}/complete", json={"parts": parts})
    assert (asset["id"], asset["state"], asset["bytes"]) == (upload["id"], "probing", len(data))
    assert (asset["filename"], asset["kind"], asset["file_url"]) == ("Été.JPG", None, None)
    key = f"t/{desk.tenant}/assets/{upload['id']}"
    assert await desk.emitted("asset.uploaded") == [
        {
            "asset_id": upload["id"],
            "object_key": key,
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": len(data),
            "declared_type": "image/jpeg",
        }
    ]
    stored = desk.storage.objects.read(ObjectKey.parse(key, desk.tenant))
    assert b"".join([piece async for piece in stored]) == data
    await desk.check()


async def test_an_upload_tells_what_it_received_and_goes_on_from_there(desk):
    data = data_of(3 * 8 * MIB)
    upload = await desk.begin(data)
    first = await desk.send(upload, data, (1, 3))
    resumed = await desk.ask("GET", f"/uploads/{upload['id']}")
    assert resumed["parts"] == upload["parts"]
    assert [{"number": one["number"], "etag": one["etag"]} for one in resumed["received"]] == first
    missing = {part["number"] for part in resumed["parts"]} - {one["number"] for one in resumed["received"]}
    assert missing == {2}
    await desk.send(upload, data, (2,))
    received = (await desk.ask("GET", f"/uploads/{upload['id']}"))["received"]
    parts = [{"number": one["number"], "etag": one["etag"]} for one in received]
    assert (await desk.ask("POST", f"/uploads/{upload['id']}/complete", json={"parts": parts}))["state"] == "probing"


async def test_many_completions_at_once_all_succeed_and_announce_one_asset(desk):
    data = data_of(8 * MIB + 1)
    upload = await desk.begin(data)
    parts = await desk.send(upload, data)
    answers = await asyncio.gather(
        *(desk.ask("POST", f"/uploads/{upload['id']}/complete", json={"parts": parts}) for _ in range(8))
    )
    assert {(answer["id"], answer["state"]) for answer in answers} == {(upload["id"], "probing")}
    assert len(await desk.emitted("asset.uploaded")) == 1
    assert (await desk.ask("POST", f"/uploads/{upload['id']}/complete", json={"parts": parts}))["id"] == upload["id"]
    await desk.check()


@pytest.mark.parametrize(
    ("wanted", "status", "code"),
    [
        ({"bytes": 0}, 400, "empty_file"),
        ({"bytes": -1}, 422, "out_of_range"),
        ({"bytes": 10**30}, 422, "out_of_range"),
        ({"bytes": "many"}, 422, "invalid_type"),
        ({"bytes": 200 * MIB + 1}, 413, "upload_too_large"),
        ({"content_type": "image/svg+xml"}, 422, "unsupported_media"),
        ({"content_type": "text/html"}, 422, "unsupported_media"),
        ({"content_type": "application/x-mpegurl"}, 422, "unsupported_media"),
        ({"content_type": "../../etc"}, 422, "unsupported_media"),
        ({"filename": "photo.jpg.exe"}, 422, "type_mismatch"),
        ({"filename": "film.mp4"}, 422, "type_mismatch"),
        ({"filename": "../photo.jpg"}, 422, "invalid_filename"),
        ({"filename": "a\\b.jpg"}, 422, "invalid_filename"),
        ({"filename": ".."}, 422, "invalid_filename"),
        ({"filename": "a\r\nX: y.jpg"}, 422, "invalid_text"),
        ({"filename": "a\x00.jpg"}, 422, "invalid_text"),
        ({"filename": "\u202egpj.exe"}, 422, "invalid_text"),
        ({"filename": "  "}, 422, "blank"),
        ({"filename": "x" * 256 + ".jpg"}, 422, "too_long"),
        ({"sha256": "0" * 63}, 422, "invalid_format"),
        ({"sha256": "G" * 64}, 422, "invalid_format"),
        ({"tenant_id": str(uuid7())}, 422, "unknown_field"),
        ({"object_key": "t/x"}, 422, "unknown_field"),
    ],
)
async def test_b41_b49_what_can_not_be_uploaded_is_refused_before_a_byte_is_sent(desk, wanted, status, code):
    body = {"filename": "photo.jpg", "bytes": 7, "content_type": "image/jpeg"} | wanted
    assert await desk.refused("POST", "/uploads", json=body) == (status, code)
    assert await desk.rows("SELECT * FROM assets") == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("photo.jpg", "image/jpeg"),
        ("photo", "image/png"),
        ("archive.tar.WEBP", "image/webp"),
        (".jpg", "image/jpeg"),
        ("写真 📷.avif", "image/avif"),
        ("clip.mov", "video/quicktime"),
        ("clip.MKV", "Video/X-Matroska; codecs=av1"),
        ("voice.m4a", "audio/x-m4a"),
        ("voice.opus", "audio/ogg"),
    ],
)
async def test_files_of_each_kind_are_taken_under_their_names(desk, name, kind):
    asset = await desk.upload(filename=name, content_type=kind)
    assert asset["filename"] == name
    assert asset["content_type"] == kind.partition(";")[0].lower()


async def test_b41_a_part_is_exactly_as_long_as_announced(desk):
    data = data_of(100)
    upload = await desk.begin(data)
    address = upload["parts"][0]["address"]
    put = desk.mine.client.put
    assert (await put(address, content=data[:-1])).json()["code"] == "part_mismatch"
    too_long = await put(address, content=data + b"x")
    assert (too_long.status_code, too_long.json()["code"]) == (413, "body_too_large")

    async def without_length() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield data

    endless = await put(address, content=without_length())
    assert (endless.status_code, endless.json()["code"]) == (413, "body_too_large")
    assert (await desk.ask("GET", f"/uploads/{upload['id']}"))["received"] == []


async def test_a_part_can_carry_its_digest(desk):
    data = data_of(100)
    upload = await desk.begin(data)
    address = upload["parts"][0]["address"]

    async def put(digest: str) -> tuple[int, str]:
        answer = await desk.mine.client.put(address, content=data, headers={"Content-Digest": digest})
        return answer.status_code, answer.json().get("code", "kept")

    right = base64.b64encode(hashlib.sha256(data).digest()).decode()
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    assert await put(f"sha-256=:{wrong}:") == (422, "part_mismatch")
    assert await put("sha-256=:short:") == (422, "invalid_digest")
    assert await put(f"sha-256={right}") == (422, "invalid_digest")
    assert await put(f"md5=:x:, SHA-256=:{right}:") == (200, "kept")
    assert await put("unixsum=:MTI=:") == (200, "kept")


@pytest.mark.parametrize("number", ["0", "2", "-1", "1e3", "99999999999999999999", "one", "../1", "%2e%2e"])
async def test_there_are_only_the_parts_that_were_announced(desk, number):
    upload = await desk.begin(b"seven b")
    answer = await desk.mine.client.put(f"/api/v1/uploads/{upload['id']}/parts/{number}", content=b"seven b")
    assert answer.status_code == 404


async def test_an_upload_is_completed_with_the_parts_that_were_received(desk):
    data = data_of(8 * MIB + 3)
    upload = await desk.begin(data)
    one, two = await desk.send(upload, data)
    path = f"/uploads/{upload['id']}/complete"
    for parts in ([one], [two, one], [one, one], [one, two | {"etag": "x"}], [one, two, {"number": 3, "etag": "x"}]):
        assert await desk.refused("POST", path, json={"parts": parts}) == (409, "parts_mismatch")
    for body in ({"parts": []}, {}, {"parts": [one | {"number": 0}]}, {"parts": [one | {"x": 1}]}, {"parts": "all"}):
        assert (await desk.refused("POST", path, json=body))[0] == 422
    await desk.ask("POST", path, json={"parts": [one, two]})


async def test_a_file_that_is_not_the_announced_one_is_not_kept(desk):
    data = data_of(100)
    upload = await desk.begin(data, sha256=hashlib.sha256(b"another").hexdigest())
    parts = await desk.send(upload, data)
    path = f"/uploads/{upload['id']}"
    assert await desk.refused("POST", f"{path}/complete", json={"parts": parts}) == (422, "checksum_mismatch")
    assert await desk.refused("GET", path) == (404, "not_found")
    assert await desk.stored() == []
    assert await desk.emitted("asset.uploaded") == []


async def test_a_cancelled_upload_is_gone_with_its_parts(desk):
    data = data_of(100)
    upload = await desk.begin(data)
    parts = await desk.send(upload, data)
    path = f"/uploads/{upload['id']}"
    await desk.ask("DELETE", path, status=204)
    for method, where, more in (
        ("DELETE", path, {}),
        ("GET", path, {}),
        ("POST", f"{path}/complete", {"json": {"parts": parts}}),
        ("GET", f"/assets/{upload['id']}", {}),
    ):
        assert await desk.refused(method, where, **more) == (404, "not_found")
    assert [*(desk.storage.objects.root / ".uploads").iterdir()] == []


async def test_a_complete_upload_takes_no_more_parts(desk):
    asset = await desk.upload(b"seven b")
    for method, path in (
        ("GET", ""),
        ("DELETE", ""),
        ("PUT", "/parts/1"),
    ):
        assert await desk.refused(method, f"/uploads/{asset['id']}{path}", content=b"") == (409, "invalid_state")


async def test_an_upload_nobody_finishes_is_given_up_after_a_day(desk):
    data = data_of(100)
    old, young = await desk.begin(data), await desk.begin(data)
    parts = await desk.send(old, data)
    await desk.change("UPDATE assets SET expires_at = now() - interval '1 second' WHERE id = :id", id=UUID(old["id"]))
    assert await uploads.expire(desk.storage) == 1
    path = f"/uploads/{old['id']}"
    assert await desk.refused("POST", f"{path}/complete", json={"parts": parts}) == (404, "not_found")
    assert len([*(desk.storage.objects.root / ".uploads").iterdir()]) == 1
    assert (await desk.ask("GET", f"/uploads/{young['id']}"))["received"] == []


async def test_an_upload_whose_parts_were_swept_says_so(desk):
    data = data_of(100)
    upload = await desk.begin(data)
    parts = await desk.send(upload, data)
    await desk.storage.objects.sweep(timedelta(seconds=-1))
    path = f"/uploads/{upload['id']}"
    assert await desk.refused("GET", path) == (410, "upload_expired")
    assert await desk.refused("PUT", f"{path}/parts/1", content=data) == (410, "upload_expired")
    assert await desk.refused("POST", f"{path}/complete", json={"parts": parts}) == (410, "upload_expired")


async def test_a_crash_after_the_parts_were_put_together_is_mended_by_completing_again(desk):
    data = data_of(8 * MIB + 3)
    upload = await desk.begin(data)
    parts = await desk.send(upload, data)
    (row,) = await desk.rows("SELECT object_key, upload_id FROM assets")
    key = ObjectKey.parse(row["object_key"], desk.tenant)
    await desk.storage.objects.complete(row["upload_id"], key, [(part["number"], part["etag"]) for part in parts])
    with pytest.raises(UploadMissing):
        await desk.storage.objects.parts(row["upload_id"], key)
    resumed = await desk.ask("GET", f"/uploads/{upload['id']}")
    assert [(part["number"], part["bytes"]) for part in resumed["received"]] == [(1, 8 * MIB), (2, 3)]
    assert (await desk.ask("POST", f"/uploads/{upload['id']}/complete", json={"parts": parts}))["state"] == "probing"
    assert len(await desk.emitted("asset.uploaded")) == 1


async def test_b49_a_workspace_has_so_many_unfinished_uploads_also_when_many_begin_at_once(desk):
    desk.rule(pending_max=5)
    body = {"filename": "photo.jpg", "bytes": 7, "content_type": "image/jpeg"}
    answers = await asyncio.gather(*(desk.mine.client.post("/api/v1/uploads", json=body) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [429] * 7
    refusal = next(answer for answer in answers if answer.status_code == 429)
    assert (refusal.json()["code"], refusal.headers["retry-after"]) == ("too_many_uploads", "60")
    assert len(await desk.rows("SELECT * FROM assets")) == 5
    await desk.ask("POST", "/uploads", by=desk.theirs, json=body, status=201)


async def test_b49_what_is_left_of_the_plan_holds_for_unfinished_uploads_together(desk):
    desk.plan.limits, desk.plan.used = {"storage_bytes": 1000}, {"storage_bytes": 400}
    await desk.begin(data_of(400))
    body = {"filename": "photo.jpg", "bytes": 201, "content_type": "image/jpeg"}
    assert await desk.refused("POST", "/uploads", json=body) == (413, "storage_quota_exceeded")
    await desk.ask("POST", "/uploads", json=body | {"bytes": 200}, status=201)
    desk.plan.limits = {"storage_bytes": None}
    await desk.ask("POST", "/uploads", json=body, status=201)


async def test_a_part_that_stops_arriving_is_cut_off_and_not_kept(desk):
    desk.rule(idle=timedelta(seconds=0.2))
    upload = await desk.begin(data_of(100))

    async def slow() -> AsyncIterator[bytes]:
        yield b"some bytes"
        await asyncio.sleep(30)

    answer = await desk.mine.client.put(upload["parts"][0]["address"], content=slow())
    assert (answer.status_code, answer.json()["code"]) == (408, "upload_stalled")
    assert (await desk.ask("GET", f"/uploads/{upload['id']}"))["received"] == []


async def test_a_part_that_trickles_is_cut_off_after_its_time(desk):
    desk.rule(part_life=timedelta(seconds=0.5))
    upload = await desk.begin(data_of(100))

    async def trickle() -> AsyncIterator[bytes]:
        while True:
            yield b"x"
            await asyncio.sleep(0.05)

    answer = await desk.mine.client.put(upload["parts"][0]["address"], content=trickle())
    assert answer.json()["code"] == "upload_stalled"


async def test_t1_another_workspace_finds_no_upload(desk):
    data = data_of(100)
    upload = await desk.begin(data)
    parts = await desk.send(upload, data)
    for some_id in (upload["id"], str(uuid7()), "not-an-id", "' or 1=1"):
        for method, path, more in (
            ("GET", "", {}),
            ("DELETE", "", {}),
            ("PUT", "/parts/1", {"content": data}),
            ("POST", "/complete", {"json": {"parts": parts}}),
        ):
            answer = await desk.refused(method, f"/uploads/{some_id}{path}", by=desk.theirs, **more)
            assert answer == (404, "not_found")
    assert len((await desk.ask("GET", f"/uploads/{upload['id']}"))["received"]) == 1


async def test_t21_the_same_bytes_of_two_workspaces_are_two_objects_and_nobody_can_tell(desk):
    data = data_of(1000)
    digest = hashlib.sha256(data).hexdigest()
    theirs = await desk.upload(data, by=desk.theirs, sha256=digest)
    mine = await desk.upload(data, sha256=digest)
    assert {key: value for key, value in mine.items() if key not in ("id", "created_at")} == {
        key: value for key, value in theirs.items() if key not in ("id", "created_at")
    }
    assert await desk.stored() == [f"assets/{mine['id']}"]
    assert await desk.stored(desk.theirs.tenant) == [f"assets/{theirs['id']}"]
    await desk.ask("DELETE", f"/assets/{mine['id']}", status=204)
    assert (await desk.ask("GET", f"/assets/{theirs['id']}", by=desk.theirs))["state"] == "probing"


async def test_who_may_only_look_uploads_nothing(desk):
    viewer = desk.here.as_member("viewer")
    upload = await desk.begin(b"seven b")
    body = {"filename": "photo.jpg", "bytes": 7, "content_type": "image/jpeg"}
    assert await desk.refused("POST", "/uploads", by=viewer, json=body) == (403, "missing_scope")
    for method, path in (("PUT", "/parts/1"), ("DELETE", "")):
        refusal = await desk.refused(method, f"/uploads/{upload['id']}{path}", by=viewer)
        assert refusal == (403, "missing_scope")
    nobody = await desk.here.client.post("/api/v1/uploads", json=body)
    assert (nobody.status_code, nobody.json()["code"]) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("size", "part", "count"),
    [(1, 8 * MIB, 1), (8 * MIB, 8 * MIB, 1), (8000 * MIB, 8 * MIB, 1000), (8000 * MIB + 1, 9 * MIB, 889)],
)
def test_an_upload_of_any_size_has_at_most_a_thousand_parts(size, part, count):
    assert uploads.part_bytes(size) == part
    assert -(-size // part) == count
