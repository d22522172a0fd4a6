"""The cache with the store behind it, its upkeep, and the worker processes that are kept."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.objects_files import FileObjects
from kernel.ids import TenantId, uuid7
from kernel.objects import ObjectKey
from services.renderer.collecting import collect_parts
from services.renderer.engine.cache import Cache
from services.renderer.errors import RenderCancelled
from services.renderer.shared_cache import Bridge, SharedCache, trim
from services.renderer.warm import Workers

TENANT = TenantId(uuid7())


@pytest.fixture
def objects(tmp_path: Path) -> FileObjects:
    return FileObjects(tmp_path / "objects")


async def cache_of(objects: Any, root: Path, cancel: threading.Event | None = None) -> SharedCache:
    return SharedCache(root, TENANT, Bridge(objects, asyncio.get_running_loop(), cancel or threading.Event()))


def keep(cache: Cache, key: str, content: bytes) -> Path:
    with cache.scratch() as folder:
        (folder / "made").write_bytes(content)
        return cache.put(key, ".mp4", folder / "made")


async def test_what_one_process_keeps_another_finds(objects: FileObjects, tmp_path: Path) -> None:
    one, other = await cache_of(objects, tmp_path / "one"), await cache_of(objects, tmp_path / "other")
    await asyncio.to_thread(keep, one, "ab" * 32, b"drawn")
    found = await asyncio.to_thread(other.get, "ab" * 32, ".mp4")
    assert found is not None
    assert found.read_bytes() == b"drawn"
    assert found.is_relative_to(tmp_path / "other")


async def test_what_nobody_made_is_not_found(objects: FileObjects, tmp_path: Path) -> None:
    cache = await cache_of(objects, tmp_path / "one")
    assert await asyncio.to_thread(cache.get, "ab" * 32, ".mp4") is None
    assert list((tmp_path / "one" / str(TENANT) / "scratch").iterdir()) == []


async def test_a_part_lies_on_the_disk_once(objects: FileObjects, tmp_path: Path) -> None:
    """On one file system, cache and store share its bytes."""
    one, other = await cache_of(objects, tmp_path / "one"), await cache_of(objects, tmp_path / "other")
    await asyncio.to_thread(keep, one, "ab" * 32, b"drawn")
    found = await asyncio.to_thread(other.get, "ab" * 32, ".mp4")
    assert found is not None
    assert found.stat().st_nlink >= 2


async def test_a_wait_for_the_store_ends_with_the_work(objects: FileObjects, tmp_path: Path) -> None:
    class Slow:
        async def fetch(self, key: ObjectKey, path: Path) -> None:
            await asyncio.sleep(60)

    cancel = threading.Event()
    cache = await cache_of(Slow(), tmp_path / "one", cancel)
    waiting = asyncio.create_task(asyncio.to_thread(cache.get, "ab" * 32, ".mp4"))
    await asyncio.sleep(0.1)
    cancel.set()
    with pytest.raises(RenderCancelled):
        await asyncio.wait_for(waiting, 5)


async def test_the_files_used_longest_ago_go_first_whoever_s_they_are(objects: FileObjects, tmp_path: Path) -> None:
    root = tmp_path / "cache"
    paths = []
    for age, tenant in enumerate((TenantId(uuid7()), TenantId(uuid7()), TenantId(uuid7()))):
        cache = SharedCache(root, tenant, Bridge(objects, asyncio.get_running_loop(), threading.Event()))
        path = await asyncio.to_thread(keep, cache, "ab" * 32, b"x" * 100)
        used = time.time() - 3600 * (age + 2)
        os.utime(path, (used, used))
        paths.append(path)
    fresh = await asyncio.to_thread(keep, await cache_of(objects, root), "cd" * 32, b"x" * 100)
    assert trim(root, 250) == 200
    assert [path.exists() for path in (*paths, fresh)] == [True, False, False, True]


async def test_scratch_that_a_killed_process_left_is_removed_after_hours(objects: FileObjects, tmp_path: Path) -> None:
    cache = await cache_of(objects, tmp_path / "cache")
    old, new = cache.scratch_root / "old", cache.scratch_root / "new"
    for folder in (old, new):
        folder.mkdir()
    os.utime(old, (time.time() - 7 * 3600,) * 2)
    trim(tmp_path / "cache", 10**9)
    assert (old.exists(), new.exists()) == (False, True)


async def test_parts_are_collected_by_age_and_by_size_but_not_the_newest(objects: FileObjects) -> None:
    prefix = ObjectKey.of(TENANT, "parts", "render")
    media = ObjectKey.of(TENANT, "parts", "media", "spoken.wav")
    for key in (prefix / "a.mp4", prefix / "b.mp4", media):
        await objects.put_bytes(key, b"x" * 100, content_type="video/mp4")
    assert await collect_parts(objects, max_bytes=0) == 0, "younger than a day"
    assert await collect_parts(objects, kept=timedelta(0)) == 2
    assert await objects.stat(media) is not None


# -- worker processes -------------------------------------------------------------------------------------------------


def test_no_more_borrow_at_once_than_there_are_places(tmp_path: Path) -> None:
    workers, cancel = Workers(2), threading.Event()
    cache, most, now = Cache(tmp_path), [0], [0]
    lock = threading.Lock()

    def work() -> None:
        with workers.borrow(cache, cancel):
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            time.sleep(0.05)
            with lock:
                now[0] -= 1

    run_all([work] * 6)
    assert most == [2]


def test_who_wants_to_be_alone_is_and_is_not_starved(tmp_path: Path) -> None:
    workers, cancel, cache = Workers(2), threading.Event(), Cache(tmp_path)
    busy, seen = [0], []
    lock = threading.Lock()

    def work(*, alone: bool = False) -> None:
        with workers.borrow(cache, cancel, alone=alone):
            with lock:
                busy[0] += 1
            time.sleep(0.05)
            with lock:
                if alone:
                    seen.append(busy[0])
                busy[0] -= 1

    run_all([work, work, lambda: work(alone=True), work, work])
    assert seen == [1]


def test_waiting_for_a_place_ends_when_the_work_is_cancelled(tmp_path: Path) -> None:
    workers, cancel = Workers(1), threading.Event()
    with workers.borrow(Cache(tmp_path), threading.Event()):
        cancel.set()
        with pytest.raises(RenderCancelled), workers.borrow(Cache(tmp_path), cancel):
            pytest.fail("there was no place")


def test_a_process_is_kept_for_its_own_cache_and_for_no_other(tmp_path: Path) -> None:
    workers, cancel = Workers(1), threading.Event()
    mine, theirs = Cache(tmp_path / "mine"), Cache(tmp_path / "theirs")
    with workers.borrow(mine, cancel) as first:
        pass
    with workers.borrow(mine, cancel) as again:
        assert again is first
    with workers.borrow(theirs, cancel) as other:
        assert other is not first
    with workers.borrow(mine, cancel) as anew:
        assert anew is not first, "there is one place, so the first was ended for the other"


def test_after_an_error_the_process_is_not_used_again(tmp_path: Path) -> None:
    workers, cancel, cache = Workers(1), threading.Event(), Cache(tmp_path)
    with pytest.raises(ZeroDivisionError), workers.borrow(cache, cancel) as first:
        raise ZeroDivisionError
    with workers.borrow(cache, cancel) as second:
        assert second is not first


def run_all(works: list[Any]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
        time.sleep(0.01)
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
