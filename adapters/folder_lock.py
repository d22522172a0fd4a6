"""One process a data folder: a lock that the operating system lets go of when its holder ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from kernel.errors import AppError


class AlreadyRunning(AppError):
    """Another process uses the same data folder."""

    code = "already_running"
    status = 409
    title = "A studio is running on this data folder already"


class DataFolderLock:
    """Holds `<folder>/lock` for this process (flock); what the holder noted about itself is in the file."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._file: int | None = None

    def acquire(self, note: str = "") -> None:
        """Takes the folder, which is made if need be.

        Raises:
            AlreadyRunning: names the holder: its process id, and its note.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(file, 200, 0).decode(errors="replace").strip()
            os.close(file)
            raise AlreadyRunning(
                f"A studio is running on {self._path.parent} already ({holder or 'another process'}). "
                "Stop it first, or choose another folder with KEYREEL_DATA_DIR."
            ) from None
        self._file = file
        self.note(note)

    def note(self, note: str) -> None:
        """Tells those who find the folder taken something more than the process id, such as `, port 5432`."""
        if self._file is None:
            raise RuntimeError("The folder is not held")
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"process {os.getpid()}{note}\n".encode(), 0)

    def release(self) -> None:
        """Lets go of the folder; nothing if it is not held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
