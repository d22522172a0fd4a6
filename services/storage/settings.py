"""The numbers of storage, in one place. Two are the operator's; the rest are decisions, not knobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

MIB: Final = 1024 * 1024
PART_BYTES: Final = 8 * MIB
"""The usual size of an upload's parts: a lost connection costs seconds, and S3 takes none under 5 MiB."""
MOST_PARTS: Final = 1000
MEDIA_LIFE: Final = timedelta(hours=1)
MEDIA_STEP: Final = timedelta(minutes=15)
"""Media addresses made within one step are the same, so that browsers keep what they have."""
SHARE_HOURS_MAX: Final = 366 * 24
BULK_MAX: Final = 100


class StorageSettings(Protocol):
    """What storage reads of the studio's settings."""

    @property
    def trash_days(self) -> int:
        """Days a video stays in the trash before it is deleted for good."""
        ...

    @property
    def upload_max_bytes(self) -> int:
        """The largest file that can be uploaded."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How long and how much.

    trash         how long a video stays in the trash
    upload_max    bytes of the largest upload
    pending_max   unfinished uploads a workspace may have
    upload_life   an upload not completed within this time is given up
    idle          a part of which nothing arrives for so long is cut off
    part_life     a part not received within this time is cut off
    object_grace  an object without a row is left alone for this long: its row may be on its way, or the database may
                  have been restored from a backup that is somewhat older
    delete_after  the objects of something deleted stay for this long: running jobs and open players still read them
    """

    trash: timedelta = timedelta(days=30)
    upload_max: int = 4 * 1024 * MIB
    pending_max: int = 500
    upload_life: timedelta = timedelta(hours=24)
    idle: timedelta = timedelta(seconds=30)
    part_life: timedelta = timedelta(minutes=30)
    object_grace: timedelta = timedelta(hours=24)
    delete_after: timedelta = timedelta(hours=24)

    @classmethod
    def of(cls, settings: StorageSettings) -> Rules:
        return cls(trash=timedelta(days=settings.trash_days), upload_max=settings.upload_max_bytes)
