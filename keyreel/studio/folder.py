"""The data folder of an embedded studio: what lies where.

<data_dir>/lock         held while a studio runs
<data_dir>/master.key   opens what is sealed; keep a copy elsewhere, it is in no backup
<data_dir>/state/       everything a backup holds: postgres, objects, keys
<data_dir>/cache/       rendered parts; may be deleted
<data_dir>/mail/        letters, where no mail server is set
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from keyreel.studio.errors import StudioRefused

_LEAST_FREE: Final = 512 * 1024**2


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Paths below one data folder."""

    root: Path

    @property
    def state(self) -> Path:
        """What a backup holds."""
        return self.root / "state"

    @property
    def restored(self) -> Path:
        """A whole restored state that only waits to be put in place."""
        return self.root / "state.restored"

    @property
    def objects(self) -> Path:
        """Uploads and videos."""
        return self.state / "objects"

    @property
    def keys(self) -> Path:
        """Sealed keys, one file a workspace."""
        return self.state / "keys"

    @property
    def master_key(self) -> Path:
        """The master key's file."""
        return self.root / "master.key"

    @property
    def cache(self) -> Path:
        """Rendered parts."""
        return self.root / "cache"

    def prepare(self) -> None:
        """Make the folder if need be and see that it can be used. Raises StudioRefused."""
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=self.root):
                pass
        except OSError as error:
            raise StudioRefused(
                f"The data folder {self.root} can't be written ({(error.strerror or 'unknown reason').lower()}). "
                "Name another with KEYREEL_DATA_DIR."
            ) from error
        free = shutil.disk_usage(self.root).free
        if free < _LEAST_FREE:
            raise StudioRefused(
                f"The disk of {self.root} has {free // 1024**2} MiB left; a studio needs {_LEAST_FREE // 1024**2}. "
                "Free some space, or name another folder with KEYREEL_DATA_DIR."
            )

    def settle(self) -> None:
        """Put a restored state in place, where a restore was cut short after it was whole."""
        if self.restored.exists():
            if self.state.exists():
                number = sum(1 for _ in self.root.glob("state.replaced-*"))
                self.state.rename(self.root / f"state.replaced-{number + 1}")
            self.restored.rename(self.state)
            descriptor = os.open(self.root, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
        self.state.mkdir(exist_ok=True, mode=0o700)
