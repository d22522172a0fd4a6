"""What can go wrong in the orchestrator, in words a person can act on.

AppError
├── SpeechLanguageUnavailable   422 speech_language_unavailable
├── SpeechVoiceUnknown          422 speech_voice_unknown
├── SpeechTextEmpty             422 speech_text_empty
├── SpeechTextTooLong           422 speech_text_too_long
├── SpeechTextUnreadable        422 speech_text_unreadable
├── SpeechFailed                500 speech_failed (retryable)
└── MusicRequestInvalid         422 music_request_invalid
"""

from __future__ import annotations

from kernel.errors import AppError


class SpeechLanguageUnavailable(AppError):
    code = "speech_language_unavailable"
    status = 422
    title = "The offline voice does not speak this language"


class SpeechVoiceUnknown(AppError):
    code = "speech_voice_unknown"
    status = 422
    title = "There is no offline voice of this name"


class SpeechTextEmpty(AppError):
    code = "speech_text_empty"
    status = 422
    title = "There is nothing to say in this text"


class SpeechTextTooLong(AppError):
    code = "speech_text_too_long"
    status = 422
    title = "This text is too long for one narration"


class SpeechTextUnreadable(AppError):
    code = "speech_text_unreadable"
    status = 422
    title = "The offline voice cannot read this script in this language"


class SpeechFailed(AppError):
    code = "speech_failed"
    status = 500
    title = "The offline voice stopped before it was done; try again"
    retryable = True


class MusicRequestInvalid(AppError):
    code = "music_request_invalid"
    status = 422
    title = "This music cannot be composed as asked"
