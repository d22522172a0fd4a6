"""Multipart uploads in a folder each. Every step survives a kill: what was acknowledged is there afterwards.

    .uploads/<upload>/upload      key, size and media type of the object to be; locked while it is put together
    .uploads/<upload>/part-00003-<sha256>
    .uploads/<upload>/plan        the parts it is put together of, written when that begins
    .uploads/<upload>/joined      the parts so far, each removed once its bytes are durable here

So putting together needs room for one more part, not for a second copy, and goes on where a killed one was.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import FileIO
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol
from uuid import uuid4
from weakref import WeakValueDictionary

from adapters import objects_disk as disk
from kernel import failpoints
from kernel.objects import ObjectKey, Part, PartMismatch, PartsMismatch, Stored, UploadMissing

MOST_PARTS: Final = 10_000
_PART: Final = re.compile(r"part-(\d{5})-([0-9a-f]{64})")
_ID: Final = re.compile(r"[0-9a-f]{32}")

failpoints.declare("objects.part.received", "all bytes of a part on the disk, not yet under its number")
failpoints.declare("objects.complete.planned", "what an upload is put together of is written down, nothing joined yet")
failpoints.declare("objects.complete.joined", "a part is durable in the joined file, not yet removed itself")
failpoints.declare("objects.complete.placed", "the object is there, the upload's folder still is too")


class Place(Protocol):
    """Gives sealed bytes their key in the store."""

    def __call__(self, key: ObjectKey, sealed: Path, sha256: str, content_type: str, if_absent: bool) -> Stored: ...


class _Planned(NamedTuple):
    number: int
    sha256: str
    size: int

    @property
    def name(self) -> str:
        return f"part-{self.number:05}-{self.sha256}"


class IncomingPart:
    """One part on its way to the disk."""

    def __init__(self, folder: Path, number: int, size: int, sha256: str | None) -> None:
        self._folder, self._number, self._size, self._expected = folder, number, size, sha256
        self._temporary = folder / f".{uuid4().hex}"
        self._out = disk.create(self._temporary)
        self._digest = hashlib.sha256()
        self._waiting = bytearray()
        self._received = 0

    def buffer(self, chunk: bytes) -> bool:
        """Take a chunk; True when it is time to `flush`. Raises `PartMismatch` once there is more than announced."""
        self._received += len(chunk)
        if self._received > self._size:
            raise PartMismatch("The part is longer than announced.")
        self._waiting += chunk
        return len(self._waiting) >= disk.BLOCK

    def flush(self) -> None:
        self._digest.update(self._waiting)
        disk.write(self._out, self._waiting)
        self._waiting.clear()

    def keep(self) -> Part:
        """The part is here whole: give it its number, in place of an earlier one. Raises `PartMismatch`."""
        self.flush()
        digest = self._digest.hexdigest()
        if self._received != self._size or (self._expected is not None and digest != self._expected):
            raise PartMismatch
        disk.seal(self._out)
        failpoints.hit("objects.part.received")
        planned = _Planned(self._number, digest, self._size)
        self._temporary.rename(self._folder / planned.name)
        for other in self._folder.glob(f"part-{self._number:05}-*"):
            if other.name != planned.name:
                other.unlink(missing_ok=True)
        disk.sync_folder(self._folder)
        return Part(self._number, digest, self._size)

    def discard(self) -> None:
        """Close it, and remove it unless it was kept."""
        self._out.close()
        self._temporary.unlink(missing_ok=True)


class Uploads:
    """The folder of multipart uploads. All methods but `turn` block."""

    def __init__(self, folder: Path, place: Place) -> None:
        self._folder, self._place = folder, place
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def turn(self, upload_id: str) -> asyncio.Lock:
        """One completion or abort of an upload at a time within this process, without a thread waiting for it."""
        return self._turns.setdefault(upload_id, asyncio.Lock())

    def begin(self, key: ObjectKey, size: int, content_type: str) -> str:
        upload_id = uuid4().hex
        folder = self._folder / upload_id
        folder.mkdir(mode=disk.FOLDER_MODE)
        about = {"key": str(key), "size": size, "content_type": content_type}
        disk.write_json(folder / "upload", about, by=folder)
        disk.sync_folder(folder)
        disk.sync_folder(self._folder)
        return upload_id

    def open_part(self, upload_id: str, key: ObjectKey, number: int, size: int, sha256: str | None) -> IncomingPart:
        folder, about = self._find(upload_id, key)
        if not 1 <= number <= MOST_PARTS or not 0 <= size <= about["size"]:
            raise PartMismatch("An upload has no part of this number or size.")
        if (folder / "plan").exists():
            raise PartsMismatch("The upload is being put together already; no part of it can be replaced.")
        with _gone_is_missing():
            return IncomingPart(folder, number, size, sha256)

    def parts(self, upload_id: str, key: ObjectKey) -> Sequence[Part]:
        folder, _ = self._find(upload_id, key)
        planned = _read_plan(folder) or [*_received(folder).values()]
        return [Part(number, sha256, size) for number, sha256, size in planned]

    def complete(self, upload_id: str, key: ObjectKey, parts: Sequence[tuple[int, str]]) -> Stored:
        folder, about = self._find(upload_id, key)
        with _gone_is_missing(), (folder / "upload").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # another process may be at it
            (folder / "upload").stat()  # and may have finished it while we waited
            plan = self._plan(folder, parts, about["size"])
            failpoints.hit("objects.complete.planned")
            sealed, sha256 = _join(folder, plan)
            stored = self._place(key, sealed, sha256, about["content_type"], True)
            failpoints.hit("objects.complete.placed")
            shutil.rmtree(folder, ignore_errors=True)
        return stored

    def abort(self, upload_id: str, key: ObjectKey) -> None:
        try:
            folder, _ = self._find(upload_id, key)
        except UploadMissing:
            return
        shutil.rmtree(folder, ignore_errors=True)

    def sweep(self, before: float) -> int:
        """Remove uploads none of whose files changed since `before` (seconds since 1970)."""
        swept = 0
        for folder in self._folder.iterdir():
            if max([disk.touched(folder), *(disk.touched(path) for path in _files(folder))]) < before:
                shutil.rmtree(folder, ignore_errors=True)
                swept += 1
        return swept

    def _find(self, upload_id: str, key: ObjectKey) -> tuple[Path, dict[str, Any]]:
        if not _ID.fullmatch(upload_id):
            raise UploadMissing
        folder = self._folder / upload_id
        with _gone_is_missing():
            about: dict[str, Any] = json.loads((folder / "upload").read_bytes())
        if about["key"] != str(key):
            raise UploadMissing
        return folder, about

    def _plan(self, folder: Path, parts: Sequence[tuple[int, str]], size: int) -> list[_Planned]:
        """What to put together: as wanted now, or as a call that was cut short began."""
        plan = _read_plan(folder)
        if plan is None:
            received = _received(folder)
            plan = [received[number] for number, _ in parts if number in received]
            if sum(part.size for part in plan) != size or not plan:
                raise PartsMismatch
        if [(part.number, part.sha256) for part in plan] != [*parts] or any(
            later.number <= earlier.number for earlier, later in pairwise(plan)
        ):
            raise PartsMismatch
        disk.write_json(folder / "plan", {"parts": plan}, by=folder)
        disk.sync_folder(folder)
        return plan


def _read_plan(folder: Path) -> list[_Planned] | None:
    try:
        return [_Planned(*part) for part in json.loads((folder / "plan").read_bytes())["parts"]]
    except FileNotFoundError:
        return None


def _files(folder: Path) -> list[Path]:
    try:
        return [*folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _received(folder: Path) -> dict[int, _Planned]:
    """The parts by number; the newer one where a kill left two of a number."""
    found: dict[int, tuple[int, _Planned]] = {}
    for path in _files(folder):
        if (match := _PART.fullmatch(path.name)) is None:
            continue
        try:
            status = path.stat()
        except FileNotFoundError:  # replaced at this moment
            continue
        part = _Planned(int(match[1]), match[2], status.st_size)
        found[part.number] = max(found.get(part.number, (0, part)), (status.st_mtime_ns, part))
    return {number: found[number][1] for number in sorted(found)}


def _join(folder: Path, plan: list[_Planned]) -> tuple[Path, str]:
    """One sealed file of all parts, with its SHA-256."""
    if len(plan) == 1:
        return folder / plan[0].name, plan[0].sha256
    path = folder / "joined"
    digest = hashlib.sha256()
    with disk.create(path, again=True) as out:
        left = [part for part in plan if (folder / part.name).exists()]
        durable = sum(part.size for part in plan) - sum(part.size for part in left)
        out.truncate(durable)
        out.seek(0)
        for block in disk.blocks(out):
            digest.update(block)
        for part in left:
            with FileIO(folder / part.name) as source:
                for block in disk.blocks(source):
                    digest.update(block)
                    disk.write(out, block)
            os.fsync(out.fileno())
            failpoints.hit("objects.complete.joined")
            (folder / part.name).unlink()
        disk.seal(out)
    return path, digest.hexdigest()


@contextmanager
def _gone_is_missing() -> Iterator[None]:
    """An upload whose folder vanishes under us was completed, aborted or swept by somebody else."""
    try:
        yield
    except FileNotFoundError as gone:
        raise UploadMissing from gone
