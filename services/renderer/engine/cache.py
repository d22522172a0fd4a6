"""A folder of files by content address, with a size cap.

Files appear in it whole or not at all: they are written in a scratch folder beside it and moved in. What a killed
process leaves behind is only scratch, and is collected after a grace. Several processes may use one cache.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from services.renderer.errors import ScratchFull

GIB = 1024**3
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
#: scratch folders nobody has touched for this long belong to processes that are gone, seconds
GRACE_SECONDS = 6 * 60 * 60
#: files used this recently may be in use by another process, seconds; ours are marked as used more often than that
LEASE_SECONDS = 60 * 60


class Cache:
    """Files under `root`; the least recently used go first when they are more than `max_bytes` together.

    May be used by several threads. Raises OSError where the disk does.
    """

    def __init__(self, root: Path, max_bytes: int = 10 * GIB, *, grace_seconds: float = GRACE_SECONDS) -> None:
        self._objects = root / "objects"
        self._scratch = root / "scratch"
        self._max_bytes = max_bytes
        self._grace_seconds = grace_seconds
        self._pinned: set[Path] = set()
        self._renewed = time.monotonic()
        self._objects.mkdir(parents=True, exist_ok=True)
        self._scratch.mkdir(parents=True, exist_ok=True)

    @property
    def objects(self) -> Path:
        """The folder that holds every cached file: what a sandboxed reader needs to see."""
        return self._objects

    @property
    def scratch_root(self) -> Path:
        """The folder that holds every scratch folder: a worker that is kept from one work to the next writes there."""
        return self._scratch

    def path(self, key: str, suffix: str) -> Path:
        """Where the file of a key lies or would lie."""
        return self._objects / key[:2] / f"{key}{suffix}"

    def get(self, key: str, suffix: str) -> Path | None:
        """The file of a key, marked as used just now, or None. It stays until this object is gone."""
        path = self.path(key, suffix)
        try:
            os.utime(path)
        except FileNotFoundError:
            return None
        self._pinned.add(path)
        return path

    def put(self, key: str, suffix: str, file: Path) -> Path:
        """Move a finished file (of the scratch folder) in; a file that came first under the same key is replaced."""
        path = self.path(key, suffix)
        path.parent.mkdir(exist_ok=True)
        self._pinned.add(path)
        file.replace(path)
        self._renew()
        return path

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder on the cache's file system, removed afterwards."""
        folder = Path(tempfile.mkdtemp(dir=self._scratch))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def collect(self) -> int:
        """Remove orphaned scratch and the least recently used files over the cap; returns the bytes of the files.

        Files that this object has handed out, or any process in the last hour, are kept, even over the cap.
        """
        self.sweep()
        leased = time.time() - LEASE_SECONDS
        files = []
        for path in self._objects.glob("*/*"):
            with contextlib.suppress(FileNotFoundError):  # another process collects too
                stat = path.stat()
                files.append((stat.st_mtime, stat.st_size, path))
        excess = sum(size for _, size, _ in files) - self._max_bytes
        freed = 0
        for used, size, path in sorted(files):
            if freed >= excess:
                break
            if used < leased and path not in self._pinned:
                path.unlink(missing_ok=True)
                freed += size
        return freed

    def sweep(self) -> None:
        """Remove the scratch of processes that are gone."""
        limit = time.time() - self._grace_seconds
        for folder in self._scratch.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if folder.stat().st_mtime < limit:
                    shutil.rmtree(folder, ignore_errors=True)

    def _renew(self) -> None:
        """Mark all that was handed out as used, lest another process takes a long render's first files for old."""
        if time.monotonic() - self._renewed < LEASE_SECONDS / 6:
            return
        self._renewed = time.monotonic()
        for path in tuple(self._pinned):
            with contextlib.suppress(FileNotFoundError):
                os.utime(path)


@contextlib.contextmanager
def scratch_errors() -> Iterator[None]:
    """A full disk under our own hands is the same typed error as under a worker's."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise ScratchFull() from error
        raise


def publish(cached: Path, out: Path) -> None:
    """Copy a cached file to where it is wanted, whole or not at all; what a killed copy left there goes."""
    out.parent.mkdir(parents=True, exist_ok=True)
    prefix, suffix = f".{out.name}.", ".part"
    for stale in out.parent.iterdir():
        if stale.name.startswith(prefix) and stale.name.endswith(suffix):
            with contextlib.suppress(FileNotFoundError):
                if stale.stat().st_mtime < time.time() - LEASE_SECONDS:
                    stale.unlink()
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=prefix, suffix=suffix)
    os.close(handle)
    try:
        shutil.copyfile(cached, name)
        Path(name).chmod(0o644)
        Path(name).replace(out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
