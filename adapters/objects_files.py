"""The object store in a folder: one file an object, one small file beside it that says what it is.

    <root>/t/<tenant>/assets/<id>#object    the bytes; read-only, since readers may hold hard links to them
    <root>/t/<tenant>/assets/<id>#about     size, time, SHA-256 and media type as JSON
    <root>/.tmp/                            files being written
    <root>/.uploads/<upload>/               multipart uploads (`adapters.objects_multipart`)

`#` can't occur in a key, so `a` and `a/b` may both be objects. A file is written under another name, synchronised to
the disk and renamed or linked into place: it is whole or not there, after a kill and after a power cut. The `#about`
file is renamed into place first; should it not fit the bytes (a kill between the two), it is made anew from them at the
next look.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import FileIO
from pathlib import Path
from typing import Final, ParamSpec, TypeVar
from uuid import UUID, uuid4

from adapters import objects_disk as disk
from adapters.objects_multipart import Uploads
from kernel import failpoints
from kernel.ids import TenantId
from kernel.objects import (
    InvalidKey,
    ObjectExists,
    ObjectKey,
    ObjectMissing,
    Part,
    Stored,
    StoreUnavailable,
    Usage,
)

OBJECT: Final = "#object"
ABOUT: Final = "#about"
_PIECE: Final = 256 * 1024
_BATCH: Final = 200

P = ParamSpec("P")
T = TypeVar("T")

failpoints.declare("objects.place.before", "bytes of a new object on the disk, not yet under its key")
failpoints.declare("objects.place.between", "what a new object is has been written, its bytes not yet under its key")


class FileObjects:
    """`kernel.objects.Objects` over a folder. Several processes may share it; blocking calls run in threads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._temporary = root / ".tmp"
        for folder in (root, root / "t", self._temporary, root / ".uploads"):
            folder.mkdir(mode=disk.FOLDER_MODE, parents=True, exist_ok=True)
        self._uploads = Uploads(root / ".uploads", self._place)

    async def put_file(self, key: ObjectKey, path: Path, *, content_type: str, if_absent: bool = False) -> Stored:
        return await self._run(self._put_file, key, path, content_type, if_absent)

    async def put_bytes(self, key: ObjectKey, data: bytes, *, content_type: str, if_absent: bool = False) -> Stored:
        return await self._run(self._put_bytes, key, data, content_type, if_absent)

    async def read(self, key: ObjectKey, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        path = self._object(key)
        handle = await self._run(os.open, path, os.O_RDONLY)
        try:
            position, end = start, os.fstat(handle).st_size if end is None else end
            while position < end:
                piece = await self._run(os.pread, handle, min(_PIECE, end - position), position)
                if not piece:
                    raise StoreUnavailable("The file in the store is shorter than it was.")
                position += len(piece)
                yield piece
        finally:
            os.close(handle)

    async def fetch(self, key: ObjectKey, path: Path) -> Stored:
        return await self._run(self._fetch, key, path)

    async def stat(self, key: ObjectKey) -> Stored | None:
        return await self._run(self._stat, key)

    async def delete(self, keys: Iterable[ObjectKey]) -> None:
        await self._run(self._delete, [*keys])

    async def list(self, prefix: ObjectKey) -> AsyncIterator[Stored]:
        keys = await self._run(lambda: [*self._keys(prefix)])
        for first in range(0, len(keys), _BATCH):
            for stored in await self._run(self._stats, keys[first : first + _BATCH]):
                yield stored

    async def tenants(self) -> AsyncIterator[TenantId]:
        for name in await self._run(lambda: sorted(path.name for path in (self.root / "t").iterdir())):
            yield TenantId(UUID(name))

    async def promote(self, source: ObjectKey, target: ObjectKey) -> Stored:
        return await self._run(self._promote, source, target)

    async def usage(self, prefix: ObjectKey) -> Usage:
        def measure() -> Usage:
            sizes = [size for key in self._keys(prefix) if (size := disk.size_of(self._object(key))) is not None]
            return Usage(len(sizes), sum(sizes))

        return await self._run(measure)

    async def begin(self, key: ObjectKey, size: int, content_type: str) -> str:
        self._object(key)
        return await self._run(self._uploads.begin, key, size, content_type)

    async def part_address(self, upload_id: str, key: ObjectKey, number: int, size: int) -> str | None:
        return None

    async def put_part(
        self,
        upload_id: str,
        key: ObjectKey,
        number: int,
        chunks: AsyncIterator[bytes],
        size: int,
        sha256: str | None = None,
    ) -> Part:
        incoming = await self._run(self._uploads.open_part, upload_id, key, number, size, sha256)
        try:
            async for chunk in chunks:
                if incoming.buffer(chunk):
                    await self._run(incoming.flush)
            return await self._run(incoming.keep)
        finally:
            incoming.discard()

    async def parts(self, upload_id: str, key: ObjectKey) -> Sequence[Part]:
        return await self._run(self._uploads.parts, upload_id, key)

    async def complete(self, upload_id: str, key: ObjectKey, parts: Sequence[tuple[int, str]]) -> Stored:
        async with self._uploads.turn(upload_id):
            return await self._run(self._uploads.complete, upload_id, key, parts)

    async def abort(self, upload_id: str, key: ObjectKey) -> None:
        async with self._uploads.turn(upload_id):
            await self._run(self._uploads.abort, upload_id, key)

    async def sweep(self, older_than: timedelta) -> int:
        def clear() -> int:
            before = (datetime.now(UTC) - older_than).timestamp()
            old = [path for path in self._temporary.iterdir() if disk.touched(path) < before]
            for path in old:
                path.unlink(missing_ok=True)
            return len(old) + self._uploads.sweep(before)

        return await self._run(clear)

    # What follows blocks, and runs in threads.

    async def _run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call in a thread. A cancelled caller waits for its end: nobody closes a file another thread is writing."""

        def guarded() -> T:
            with disk.errors():
                return call(*args, **kwargs)

        work = asyncio.ensure_future(asyncio.to_thread(guarded))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            while not work.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([work])
            work.exception()  # seen: nobody is left to be told
            raise

    def _object(self, key: ObjectKey) -> Path:
        """Where the bytes lie. A prefix of everything a tenant has is no object."""
        if not key.segments:
            raise InvalidKey
        return self.root / f"{key}{OBJECT}"

    def _put_file(self, key: ObjectKey, path: Path, content_type: str, if_absent: bool) -> Stored:
        with FileIO(path) as source:
            return self._put(key, disk.blocks(source), content_type, if_absent)

    def _put_bytes(self, key: ObjectKey, data: bytes, content_type: str, if_absent: bool) -> Stored:
        return self._put(key, iter((data,)), content_type, if_absent)

    def _put(self, key: ObjectKey, blocks: Iterator[bytes], content_type: str, if_absent: bool) -> Stored:
        self._object(key)
        temporary = self._temporary / uuid4().hex
        digest = hashlib.sha256()
        try:
            with disk.create(temporary) as out:
                for block in blocks:
                    digest.update(block)
                    disk.write(out, block)
                disk.seal(out)
            return self._place(key, temporary, digest.hexdigest(), content_type, if_absent)
        finally:
            temporary.unlink(missing_ok=True)

    def _place(self, key: ObjectKey, sealed: Path, sha256: str, content_type: str, if_absent: bool) -> Stored:
        """Give sealed bytes their key; the caller removes the name they were written under, if it is still there."""
        failpoints.hit("objects.place.before")
        path = self._object(key)
        found = sealed.stat()
        about = disk.About(found.st_size, found.st_mtime_ns, sha256, content_type)
        for last in (False, False, True):
            try:
                disk.make_folder(path.parent, below=self.root)
                if if_absent and path.exists():
                    return self._same(key, sha256)
                self._write_about(key, about)
                failpoints.hit("objects.place.between")
                disk.link(sealed, path, replace=not if_absent)
                disk.sync_folder(path.parent)
                return self._stored(key, about)
            except FileNotFoundError:
                # The folder was empty, and a deletion beside us removed it.
                if last:
                    raise
            except FileExistsError:
                return self._same(key, sha256)
        raise AssertionError("unreachable")

    def _same(self, key: ObjectKey, sha256: str) -> Stored:
        stored = self._stat(key)
        if stored is None or stored.sha256 != sha256:
            raise ObjectExists
        return stored

    def _stored(self, key: ObjectKey, about: disk.About) -> Stored:
        modified = datetime.fromtimestamp(about.mtime_ns / 1e9, UTC)
        return Stored(key, about.size, about.sha256, about.sha256, about.content_type, modified)

    def _stat(self, key: ObjectKey) -> Stored | None:
        path = self._object(key)
        try:
            handle = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        with os.fdopen(handle, "rb") as source:
            found = os.fstat(source.fileno())
            about = self._read_about(key)
            if about is None or (about.size, about.mtime_ns) != (found.st_size, found.st_mtime_ns):
                digest = hashlib.file_digest(source, "sha256").hexdigest()
                kind = about.content_type if about else "application/octet-stream"
                about = disk.About(found.st_size, found.st_mtime_ns, digest, kind)
                self._write_about(key, about)
        return self._stored(key, about)

    def _stats(self, keys: Iterable[ObjectKey]) -> Sequence[Stored]:
        return [stored for stored in map(self._stat, keys) if stored is not None]

    def _read_about(self, key: ObjectKey) -> disk.About | None:
        try:
            return disk.About(**json.loads((self.root / f"{key}{ABOUT}").read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def _write_about(self, key: ObjectKey, about: disk.About) -> None:
        disk.write_json(self.root / f"{key}{ABOUT}", about._asdict(), by=self._temporary)

    def _fetch(self, key: ObjectKey, path: Path) -> Stored:
        stored = self._stat(key)
        if stored is None:
            raise ObjectMissing
        temporary = path.with_name(f".{uuid4().hex}")
        try:
            try:
                os.link(self._object(key), temporary)
            except FileNotFoundError:
                raise ObjectMissing from None
            except OSError:  # another file system, or one without hard links
                shutil.copyfile(self._object(key), temporary)
            temporary.replace(path)
        finally:
            # Two names of one file can't replace each other, so the temporary one may still be there.
            temporary.unlink(missing_ok=True)
        return stored

    def _promote(self, source: ObjectKey, target: ObjectKey) -> Stored:
        stored, there = self._stat(source), self._stat(target)
        if stored is None:
            if there is None:
                raise ObjectMissing
            return there
        placed = self._place(target, self._object(source), stored.sha256, stored.content_type, True)
        self._delete([source])
        return placed

    def _delete(self, keys: Sequence[ObjectKey]) -> None:
        for key in keys:
            path = self._object(key)
            path.unlink(missing_ok=True)
            (self.root / f"{key}{ABOUT}").unlink(missing_ok=True)
            disk.prune(path.parent, below=self.root / "t")

    def _keys(self, prefix: ObjectKey) -> Iterator[ObjectKey]:
        try:
            names = sorted(entry.name for entry in os.scandir(self.root / str(prefix)))
        except FileNotFoundError:
            return
        for name in names:
            if name.endswith(OBJECT):
                yield prefix.below(name.removesuffix(OBJECT))
            elif not name.endswith(ABOUT):
                yield from self._keys(prefix.below(name))
