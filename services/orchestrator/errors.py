"""What can go wrong in the orchestrator, in words a person can act on.

AppError
├── StoryboardRefused           422 invalid_storyboard (each violation with a pointer)
├── RowsRefused                 422 invalid_rows (each violation with its row)
├── InvalidJobState             409 invalid_state
├── AssetNotReady               409 asset_not_ready (retryable)
├── AssetRefused                422 asset_refused
├── JobTimedOut                 504 job_timed_out
├── SpeechLanguageUnavailable   422 speech_language_unavailable
├── SpeechVoiceUnknown          422 speech_voice_unknown
├── SpeechTextEmpty             422 speech_text_empty
├── SpeechTextTooLong           422 speech_text_too_long
├── SpeechTextUnreadable        422 speech_text_unreadable
├── SpeechFailed                500 speech_failed (retryable)
└── MusicRequestInvalid         422 music_request_invalid
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from kernel.errors import AppError, Conflict, Violation
from storyboard.errors import StoryboardInvalid
from storyboard.errors import Violation as StoryboardViolation


class StoryboardRefused(AppError):
    """The storyboard library's violations, as an error with a code and a status."""

    code = "invalid_storyboard"
    status = 422
    title = "The storyboard can't be used as it is"

    @classmethod
    def of(cls, invalid: StoryboardInvalid) -> StoryboardRefused:
        found = plain(invalid.violations)
        count = "one thing" if len(found) == 1 else f"{len(found)} things"
        return cls(f"Mend {count} in the storyboard and try again.", violations=found)


def plain(violations: Iterable[StoryboardViolation]) -> tuple[Violation, ...]:
    """The library's violations as the kernel's."""
    return tuple(Violation(each.pointer, each.code, each.message) for each in violations)


class RowsRefused(AppError):
    """A table that no video can be made from, whatever its single rows hold."""

    code = "invalid_rows"
    status = 422
    title = "The table can't be used as it is"

    @classmethod
    def of(cls, invalid: StoryboardInvalid) -> Self:
        return cls(invalid.violations[0].message, violations=plain(invalid.violations))


class InvalidJobState(Conflict):
    """The job is in a state in which this can't be done; the detail names it."""


class AssetNotReady(AppError):
    """An upload is still being received or looked at."""

    code = "asset_not_ready"
    status = 409
    title = "An upload isn't ready yet; it takes a few seconds"
    retryable = True


class AssetRefused(AppError):
    """An upload was refused when it was looked at, or was deleted meanwhile."""

    code = "asset_refused"
    status = 422
    title = "An upload this storyboard shows can't be used"


class JobTimedOut(AppError):
    """Something the job waited for didn't come in its time."""

    code = "job_timed_out"
    status = 504
    title = "The job waited too long and was stopped; retry it"


class SpeechLanguageUnavailable(AppError):
    """The built-in voice has no pronunciation for the storyboard's language; the text lists those it has."""

    code = "speech_language_unavailable"
    status = 422
    title = "The offline voice does not speak this language"


class SpeechVoiceUnknown(AppError):
    """The storyboard names a voice that does not exist; the text lists those that do."""

    code = "speech_voice_unknown"
    status = 422
    title = "There is no offline voice of this name"


class SpeechTextEmpty(AppError):
    """A narration has no letters or numbers to read; write some words, or leave it out."""

    code = "speech_text_empty"
    status = 422
    title = "There is nothing to say in this text"


class SpeechTextTooLong(AppError):
    """A narration is longer than a voice takes at once; split it into several scenes."""

    code = "speech_text_too_long"
    status = 422
    title = "This text is too long for one narration"


class SpeechTextUnreadable(AppError):
    """The built-in voice can't read this script in this language, such as kanji; the text says what helps."""

    code = "speech_text_unreadable"
    status = 422
    title = "The offline voice cannot read this script in this language"


class SpeechFailed(AppError):
    """The voice stopped before it was done; trying again may help."""

    code = "speech_failed"
    status = 500
    title = "The offline voice stopped before it was done; try again"
    retryable = True


class MusicRequestInvalid(AppError):
    """The storyboard asks for music of an unknown mood or of an impossible length."""

    code = "music_request_invalid"
    status = 422
    title = "This music cannot be composed as asked"
