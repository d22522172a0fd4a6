"""What starting, backing up and restoring a studio can refuse.

StudioError
├── StudioRefused      a setting, port, folder or program isn't usable: says which and what to do (exit 2)
├── UnknownTopic       no event has this type
└── BackupError
    ├── BackupFailed     it couldn't be written, or be put in place, for want of room or rights; nothing half remains
    └── BackupRefused    it can't be restored: damaged, newer, or of another master key; live data is untouched
"""

from __future__ import annotations

from kernel.errors import AppError


class StudioError(AppError):
    """Base of these errors."""


class StudioRefused(StudioError):
    """The studio can't start as things are."""

    code = "studio_refused"
    title = "The studio can't start"


class UnknownTopic(StudioError):
    """Events of a type that no service states."""

    code = "unknown_topic"
    status = 422
    title = "No event is called that"


class BackupError(StudioError):
    """Base of what can go wrong with a backup."""


class BackupFailed(BackupError):
    """The backup could not be written."""

    code = "backup_failed"
    title = "The backup could not be written"


class BackupRefused(BackupError):
    """The backup can't be restored."""

    code = "backup_refused"
    status = 422
    title = "This backup can't be restored"
