"""Files that are whole or not there: what the folder store needs of a file system."""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import uuid4

from kernel.objects import ObjectMissing, StoreFull, StoreUnavailable

FOLDER_MODE: Final = 0o700
BLOCK: Final = 1024 * 1024
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_LINKS: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class About(NamedTuple):
    """What an object is; valid for bytes of this size and time of change."""

    size: int
    mtime_ns: int
    sha256: str
    content_type: str


@contextmanager
def errors() -> Iterator[None]:
    """Errors of the file system as those of the object store; the system's words and paths stay behind."""
    try:
        yield
    except FileNotFoundError as missing:
        raise ObjectMissing from missing
    except OSError as broken:
        raise (StoreFull if broken.errno in _FULL else StoreUnavailable) from broken


def create(path: Path, *, again: bool = False) -> FileIO:
    """A new file for the owner only, unbuffered, to write and read; with `again`, an existing one is taken as it is."""
    return FileIO(
        path, "r+" if again and path.exists() else "x+", opener=lambda name, flags: os.open(name, flags, 0o600)
    )


def write(out: FileIO, block: bytes | bytearray) -> None:
    """Write all of a block: unbuffered files may take less than they are given."""
    view = memoryview(block)
    while view:
        view = view[out.write(view) :]


def blocks(source: FileIO) -> Iterator[bytes]:
    """What is left to read, a mebibyte at a time."""
    while block := source.read(BLOCK):
        yield block


def seal(out: FileIO) -> None:
    """Make a finished file read-only and durable, with a time of change no other version shares."""
    handle = out.fileno()
    os.fchmod(handle, 0o400)
    os.utime(handle, ns=(time.time_ns(), time.time_ns()))
    os.fsync(handle)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path, *, below: Path) -> None:
    """Make a folder and those above it, durably, up to `below`, which exists."""
    if folder == below or folder.is_dir():
        return
    make_folder(folder.parent, below=below)
    with suppress(FileExistsError):
        folder.mkdir(mode=FOLDER_MODE)
    sync_folder(folder.parent)


def prune(folder: Path, *, below: Path) -> None:
    """Remove a folder and those above it as far as they are empty, never `below` itself."""
    while folder != below:
        try:
            folder.rmdir()
        except OSError:  # not empty, or already gone together with its parent
            if folder.exists():
                return
        folder = folder.parent


def link(sealed: Path, path: Path, *, replace: bool) -> None:
    """Another name for sealed bytes, or their only one. FileExistsError when it is taken and not to be replaced.

    A file system without hard links gets a rename instead, where two writers of one key at once are not told apart.
    """
    if replace:
        sealed.replace(path)
        return
    try:
        os.link(sealed, path)
    except OSError as refused:
        if refused.errno not in _NO_LINKS:
            raise
        if path.exists():
            raise FileExistsError from refused
        sealed.rename(path)


def write_json(path: Path, content: dict[str, Any], *, by: Path) -> None:
    """Write a small JSON file whole, by way of a temporary file in the folder `by`."""
    temporary = by / uuid4().hex
    try:
        with create(temporary) as out:
            write(out, json.dumps(content).encode())
            os.fsync(out.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def touched(path: Path) -> float:
    """When a file was last changed, in seconds since 1970; the end of time for one that has just gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def size_of(path: Path) -> int | None:
    """The size of a file, or None when it isn't there."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
