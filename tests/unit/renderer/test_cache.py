"""The cache: whole files or none, the least recently used go first, what is in use stays."""

import os
import threading
import time
from pathlib import Path

import pytest

from services.renderer.engine.cache import LEASE_SECONDS, Cache, publish

DAY = 24 * 3600


def put(cache: Cache, key: str, data: bytes) -> Path:
    with cache.scratch() as folder:
        (folder / "file").write_bytes(data)
        return cache.put(key, ".bin", folder / "file")


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_what_was_put_is_got_until_another_takes_its_place(tmp_path):
    cache = Cache(tmp_path)
    assert cache.get("ab1", ".bin") is None
    put(cache, "ab1", b"one")
    put(cache, "ab1", b"two")
    found = cache.get("ab1", ".bin")
    assert found == cache.path("ab1", ".bin")
    assert found.read_bytes() == b"two"


def test_the_least_recently_used_go_until_the_rest_fits(tmp_path):
    filler = Cache(tmp_path)
    for number in range(5):
        age(put(filler, f"k{number}", bytes(100)), DAY - number)
    cache = Cache(tmp_path, max_bytes=300)
    cache.get("k0", ".bin")  # used just now: the oldest no more
    assert cache.collect() == 200
    assert sorted(path.name for path in cache.objects.glob("*/*")) == ["k0.bin", "k3.bin", "k4.bin"]


def test_what_was_handed_out_stays_however_small_the_cap(tmp_path):
    cache = Cache(tmp_path, max_bytes=0)
    mine = put(cache, "mine", bytes(100))
    age(mine, DAY)
    assert cache.collect() == 0
    assert mine.exists()


def test_what_another_process_used_in_the_last_hour_stays(tmp_path):
    other = put(Cache(tmp_path), "other", bytes(100))
    age(other, LEASE_SECONDS - 60)
    assert Cache(tmp_path, max_bytes=0).collect() == 0
    age(other, LEASE_SECONDS + 60)
    assert Cache(tmp_path, max_bytes=0).collect() == 100


def test_a_long_render_keeps_its_first_files_marked_as_used(tmp_path, monkeypatch):
    cache = Cache(tmp_path)
    first = put(cache, "first", b"1")
    age(first, LEASE_SECONDS + 60)
    later = time.monotonic() + LEASE_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    put(cache, "second", b"2")
    assert Cache(tmp_path, max_bytes=0).collect() == 0
    assert first.exists()


def test_scratch_goes_with_its_owner_and_an_orphan_after_the_grace(tmp_path):
    cache = Cache(tmp_path)
    with pytest.raises(RuntimeError), cache.scratch() as folder:
        (folder / "half").write_bytes(b"x")
        raise RuntimeError
    assert not folder.exists()
    orphan = tmp_path / "scratch" / "orphan"
    orphan.mkdir()
    (orphan / "half").write_bytes(b"x")
    Cache(tmp_path, grace_seconds=60).collect()
    assert orphan.exists()
    age(orphan, 61)
    Cache(tmp_path, grace_seconds=60).collect()
    assert not orphan.exists()


def test_a_reader_never_sees_a_part_of_a_file(tmp_path):
    """One thread replaces, two read: every read is one of the whole files."""
    cache, wrong = Cache(tmp_path), []
    contents = [bytes([number]) * 200_000 for number in range(8)]
    put(cache, "key", contents[0])
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            data = Cache(tmp_path).path("key", ".bin").read_bytes()
            if data not in contents:
                wrong.append(len(data))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for data in contents * 5:
        put(cache, "key", data)
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_a_file_is_published_whole_or_not_at_all(tmp_path):
    source, out = tmp_path / "source", tmp_path / "out" / "video.mp4"
    source.write_bytes(b"film")
    publish(source, out)
    stale = out.parent / ".video.mp4.abc.part"  # a process was killed as it copied
    stale.write_bytes(b"fi")
    age(stale, LEASE_SECONDS + 60)
    publish(source, out)
    assert [path.name for path in out.parent.iterdir()] == ["video.mp4"]
    assert out.read_bytes() == b"film"
    with pytest.raises(FileNotFoundError):
        publish(tmp_path / "missing", out)
    assert [path.name for path in out.parent.iterdir()] == ["video.mp4"]
    assert out.stat().st_mode & 0o777 == 0o644
