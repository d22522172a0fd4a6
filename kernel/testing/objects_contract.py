"""What every object store must do, whatever lies under it (`kernel.objects.Objects`).

class TestFileObjects(ObjectsContract):
    @pytest.fixture
    def objects(self, tmp_path): ...
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kernel.ids import TenantId, uuid7
from kernel.objects import (
    ObjectExists,
    ObjectKey,
    ObjectMissing,
    Objects,
    PartMismatch,
    PartsMismatch,
    Stored,
    UploadMissing,
)

#: the smallest part S3 takes, other than the last
PART = 5 * 1024 * 1024
TEXT = "text/plain"
MOVIE = "video/mp4"


def new_tenant() -> TenantId:
    return TenantId(uuid7())


def new_key(*segments: str) -> ObjectKey:
    return ObjectKey.of(new_tenant(), *(segments or ("assets", uuid7().hex)))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def whole(objects: Objects, key: ObjectKey, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in objects.read(key, start, end)])


async def chunks(data: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    """The data as it comes from a client."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def names(objects: Objects, prefix: ObjectKey) -> list[str]:
    return sorted([str(stored.key) async for stored in objects.list(prefix)])


async def send(objects: Objects, upload: str, key: ObjectKey, number: int, data: bytes) -> tuple[int, str]:
    part = await objects.put_part(upload, key, number, chunks(data), len(data))
    return number, part.etag


@pytest.mark.asyncio
class ObjectsContract:
    """Subclasses give the fixture `objects`: an empty store."""

    async def test_what_is_put_is_found_with_its_size_digest_and_media_type(
        self, objects: Objects, tmp_path: Path
    ) -> None:
        key, data = new_key(), os.urandom(700_000)
        source = tmp_path / "source"
        source.write_bytes(data)
        put = await objects.put_file(key, source, content_type=MOVIE)
        assert (put.key, put.size, put.sha256, put.content_type) == (key, len(data), sha256(data), MOVIE)
        assert await objects.stat(key) == put
        assert await whole(objects, key) == data
        source.write_bytes(b"the source is its owner's and may change")
        assert await whole(objects, key) == data

    async def test_any_piece_can_be_read(self, objects: Objects) -> None:
        key, data = new_key(), os.urandom(600_001)
        await objects.put_bytes(key, data, content_type=TEXT)
        for start, end in ((0, 1), (0, 600_001), (262_143, 262_145), (600_000, None), (5, 5), (300_000, 600_001)):
            assert await whole(objects, key, start, end) == data[start:end]

    async def test_an_empty_object_is_an_object(self, objects: Objects) -> None:
        key = new_key()
        assert (await objects.put_bytes(key, b"", content_type=TEXT)).size == 0
        assert await whole(objects, key) == b""

    async def test_nothing_there_is_none_or_missing(self, objects: Objects, tmp_path: Path) -> None:
        key = new_key()
        assert await objects.stat(key) is None
        with pytest.raises(ObjectMissing):
            await whole(objects, key)
        with pytest.raises(ObjectMissing):
            await objects.fetch(key, tmp_path / "local")
        assert [*tmp_path.glob("**/local")] == []
        await objects.delete([key])

    async def test_a_key_and_one_below_it_are_both_objects(self, objects: Objects) -> None:
        key = new_key("assets", "a")
        await objects.put_bytes(key / "b", b"below", content_type=TEXT)
        await objects.put_bytes(key, b"above", content_type=TEXT)
        assert await whole(objects, key) == b"above"
        assert await whole(objects, key / "b") == b"below"
        await objects.delete([key])
        assert await whole(objects, key / "b") == b"below"

    async def test_if_absent_keeps_what_is_there_and_takes_the_same_bytes_again(self, objects: Objects) -> None:
        key = new_key()
        first = await objects.put_bytes(key, b"first", content_type=TEXT, if_absent=True)
        assert (await objects.put_bytes(key, b"first", content_type=TEXT, if_absent=True)).sha256 == first.sha256
        with pytest.raises(ObjectExists):
            await objects.put_bytes(key, b"other", content_type=TEXT, if_absent=True)
        assert await whole(objects, key) == b"first"
        assert (await objects.put_bytes(key, b"other", content_type=TEXT)).etag != first.etag
        assert await whole(objects, key) == b"other"

    async def test_of_many_that_write_one_absent_key_exactly_one_wins(self, objects: Objects) -> None:
        for _ in range(5):
            key = new_key()
            put = [objects.put_bytes(key, f"{n}".encode(), content_type=TEXT, if_absent=True) for n in range(12)]
            outcomes = await asyncio.gather(*put, return_exceptions=True)
            won = [outcome for outcome in outcomes if isinstance(outcome, Stored)]
            assert len(won) == 1
            assert all(isinstance(outcome, Stored | ObjectExists) for outcome in outcomes)
            stored = await objects.stat(key)
            assert stored is not None
            assert stored.sha256 == won[0].sha256 == sha256(await whole(objects, key))

    async def test_readers_see_the_old_or_the_new_object_never_a_mixture(self, objects: Objects) -> None:
        key = new_key()
        await objects.put_bytes(key, b"0" * 300_000, content_type=TEXT)
        writing = [objects.put_bytes(key, f"{n}".encode() * 300_000, content_type=TEXT) for n in range(1, 6)]
        reading = [whole(objects, key) for _ in range(10)]
        results: list[Any] = await asyncio.gather(*writing, *reading)
        assert all(len(set(seen)) == 1 and len(seen) == 300_000 for seen in results[5:])

    async def test_a_fetched_file_is_whole_and_replaces_what_was_there(self, objects: Objects, tmp_path: Path) -> None:
        key, data = new_key(), os.urandom(100_000)
        await objects.put_bytes(key, data, content_type=MOVIE)
        target = tmp_path / "local"
        target.write_bytes(b"old")
        assert (await objects.fetch(key, target)).sha256 == sha256(data)
        assert target.read_bytes() == data
        await objects.fetch(key, target)
        await objects.delete([key])
        assert target.read_bytes() == data
        assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["local"]

    async def test_lists_are_of_whole_segments_below_a_prefix(self, objects: Objects) -> None:
        tenant = new_tenant()
        for path in ("assets/a", "assets/ab", "assets/a/x", "assets/a/y/z", "jobs/a"):
            await objects.put_bytes(ObjectKey.of(tenant, *path.split("/")), b"1", content_type=TEXT)
        head = f"t/{tenant}"
        assert await names(objects, ObjectKey.of(tenant, "assets", "a")) == [
            f"{head}/assets/a/x",
            f"{head}/assets/a/y/z",
        ]
        assert len(await names(objects, ObjectKey.of(tenant))) == 5
        assert await names(objects, ObjectKey.of(tenant, "nothing")) == []

    async def test_usage_counts_objects_and_bytes(self, objects: Objects) -> None:
        tenant = new_tenant()
        for number in range(3):
            await objects.put_bytes(ObjectKey.of(tenant, "jobs", f"{number}"), b"12345", content_type=TEXT)
        usage = await objects.usage(ObjectKey.of(tenant, "jobs"))
        assert (usage.objects, usage.bytes) == (3, 15)
        assert (await objects.usage(ObjectKey.of(new_tenant()))).objects == 0

    async def test_the_same_bytes_of_two_tenants_are_two_objects(self, objects: Objects) -> None:
        mine, theirs = ObjectKey.of(new_tenant(), "assets", "x"), ObjectKey.of(new_tenant(), "assets", "x")
        for key in (mine, theirs):
            await objects.put_bytes(key, b"same", content_type=TEXT)
        assert {mine.tenant, theirs.tenant} <= {tenant async for tenant in objects.tenants()}
        await objects.delete([mine])
        assert await objects.stat(mine) is None
        assert await whole(objects, theirs) == b"same"
        assert await names(objects, ObjectKey.of(mine.tenant)) == []

    async def test_promote_moves_once_and_may_be_repeated(self, objects: Objects) -> None:
        source = new_key("jobs", "j", "attempt-1", "film.mp4")
        target = ObjectKey.of(source.tenant, "jobs", "j", "film.mp4")
        put = await objects.put_bytes(source, b"film", content_type=MOVIE)
        for _ in range(2):
            moved = await objects.promote(source, target)
            assert (moved.key, moved.sha256, moved.content_type) == (target, put.sha256, MOVIE)
        assert await objects.stat(source) is None
        await objects.put_bytes(source, b"film", content_type=MOVIE)
        await objects.promote(source, target)
        await objects.put_bytes(source, b"another", content_type=MOVIE)
        with pytest.raises(ObjectExists):
            await objects.promote(source, target)
        assert await whole(objects, target) == b"film"
        with pytest.raises(ObjectMissing):
            await objects.promote(new_key("a"), new_key("b"))

    async def test_parts_sent_in_any_order_become_one_object(self, objects: Objects) -> None:
        key, data = new_key(), os.urandom(2 * PART + 1234)
        upload = await objects.begin(key, len(data), MOVIE)
        pieces = {number: data[(number - 1) * PART : number * PART] for number in (3, 1, 2)}
        for number, piece in pieces.items():
            part = await objects.put_part(upload, key, number, chunks(piece), len(piece), sha256(piece))
            assert (part.number, part.size) == (number, len(piece))
        received = await objects.parts(upload, key)
        assert [part.number for part in received] == [1, 2, 3]
        assert await objects.stat(key) is None
        stored = await objects.complete(upload, key, [(part.number, part.etag) for part in received])
        assert (stored.size, stored.sha256, stored.content_type) == (len(data), sha256(data), MOVIE)
        assert await whole(objects, key) == data
        with pytest.raises(UploadMissing):
            await objects.parts(upload, key)

    async def test_a_part_sent_again_replaces_the_first(self, objects: Objects) -> None:
        key, good = new_key(), b"good"
        upload = await objects.begin(key, 4, TEXT)
        bad = await send(objects, upload, key, 1, b"bad!")
        part = await send(objects, upload, key, 1, good)
        with pytest.raises(PartsMismatch):
            await objects.complete(upload, key, [bad])
        await objects.complete(upload, key, [part])
        assert await whole(objects, key) == good

    async def test_a_part_that_is_cut_off_too_long_or_changed_is_not_kept(self, objects: Objects) -> None:
        key, data = new_key(), os.urandom(100_000)
        upload = await objects.begin(key, len(data), TEXT)
        for sent, size, digest in (
            (data[:-1], len(data), None),
            (data + b"x", len(data), None),
            (data[:-1] + b"?", len(data), sha256(data)),
        ):
            with pytest.raises(PartMismatch):
                await objects.put_part(upload, key, 1, chunks(sent), size, digest)
        assert await objects.parts(upload, key) == []

    async def test_a_part_whose_sender_goes_away_is_not_kept(self, objects: Objects) -> None:
        key = new_key()
        upload = await objects.begin(key, PART, TEXT)

        async def breaks_off() -> AsyncIterator[bytes]:
            yield b"some bytes"
            raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            await objects.put_part(upload, key, 1, breaks_off(), PART)
        assert await objects.parts(upload, key) == []

    async def test_only_the_parts_received_can_be_completed_with(self, objects: Objects) -> None:
        key = new_key()
        upload = await objects.begin(key, PART + 4, TEXT)
        one = await send(objects, upload, key, 1, b"1" * PART)
        two = await send(objects, upload, key, 2, b"four")
        for parts in ([], [one], [two, one], [one, two, (3, two[1])], [one, one], [one, (2, one[1])]):
            with pytest.raises(PartsMismatch):
                await objects.complete(upload, key, parts)
        assert (await objects.complete(upload, key, [one, two])).size == PART + 4

    async def test_an_upload_answers_only_to_its_own_id_and_key(self, objects: Objects) -> None:
        key = new_key()
        upload = await objects.begin(key, 4, TEXT)
        other = ObjectKey.of(new_tenant(), *key.segments)
        for wrong_upload, wrong_key in ((upload, other), (uuid7().hex, key), ("../x", key), ("", key)):
            with pytest.raises(UploadMissing):
                await send(objects, wrong_upload, wrong_key, 1, b"four")
            with pytest.raises(UploadMissing):
                await objects.complete(wrong_upload, wrong_key, [(1, sha256(b"four"))])
            await objects.abort(wrong_upload, wrong_key)
        assert await objects.parts(upload, key) == []

    async def test_an_aborted_upload_is_gone(self, objects: Objects) -> None:
        key = new_key()
        upload = await objects.begin(key, 4, TEXT)
        await send(objects, upload, key, 1, b"four")
        for _ in range(2):
            await objects.abort(upload, key)
        with pytest.raises(UploadMissing):
            await send(objects, upload, key, 1, b"four")
        assert await objects.stat(key) is None

    async def test_many_completions_at_once_make_one_object(self, objects: Objects) -> None:
        key, data = new_key(), os.urandom(2 * PART)
        upload = await objects.begin(key, len(data), MOVIE)
        parts = [await send(objects, upload, key, n + 1, data[n * PART : (n + 1) * PART]) for n in range(2)]
        completing = [objects.complete(upload, key, parts) for _ in range(8)]
        outcomes = await asyncio.gather(*completing, return_exceptions=True)
        assert any(isinstance(outcome, Stored) and outcome.sha256 == sha256(data) for outcome in outcomes)
        assert all(isinstance(outcome, Stored | UploadMissing) for outcome in outcomes)
        assert await whole(objects, key) == data

    async def test_the_sweep_takes_abandoned_uploads_and_leaves_living_ones(self, objects: Objects) -> None:
        key = new_key()
        upload = await objects.begin(key, 4, TEXT)
        assert await objects.sweep(timedelta(hours=1)) == 0
        part = await send(objects, upload, key, 1, b"four")
        assert await objects.sweep(timedelta(seconds=-1)) >= 1
        with pytest.raises(UploadMissing):
            await objects.complete(upload, key, [part])
