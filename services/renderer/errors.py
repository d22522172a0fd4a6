"""Everything the renderer can refuse or fail with.

RendererError
├── MediaError               an input can't be used; the same bytes give the same answer
│   ├── EmptyFile              400  empty_file
│   ├── UnsupportedMedia       422  unsupported_media
│   ├── TypeMismatch           422  type_mismatch
│   ├── MediaTooLarge          422  media_too_large
│   ├── UnreadableMedia        422  unreadable_media
│   └── EncryptedMedia         422  encrypted_media
└── RenderError              our side of the work went wrong
    ├── RenderCrashed          500  render_crashed
    ├── RenderOutOfMemory      500  render_out_of_memory
    ├── ScratchFull            507  scratch_full           retryable
    ├── RenderStalled          504  render_stalled         retryable
    ├── RenderCancelled        409  render_cancelled
    ├── AssetMissing           410  asset_missing
    ├── PartsMissing           500  parts_missing
    ├── StoryboardUnfit        422  invalid_storyboard
    └── EncoderUnavailable     503  encoder_unavailable

A host without an isolating sandbox raises `kernel.sandbox.SandboxUnavailable`.
"""

from __future__ import annotations

from kernel.errors import AppError


class RendererError(AppError):
    """Base of the renderer's errors."""

    code = "renderer_error"


class MediaError(RendererError):
    """An input file can't be used. Never retried: the answer depends on its bytes alone."""

    code = "media_error"
    status = 422
    title = "The file can't be used"


class EmptyFile(MediaError):
    """Zero bytes."""

    code = "empty_file"
    status = 400
    title = "The file is empty"


class UnsupportedMedia(MediaError):
    """A format outside the allowed ones, whatever the file is called."""

    code = "unsupported_media"
    title = "This kind of file isn't supported"


class TypeMismatch(MediaError):
    """The bytes are of another kind than the name or the declared type says."""

    code = "type_mismatch"
    title = "The file isn't what its name or type says"


class MediaTooLarge(MediaError):
    """More pixels, seconds, frames or streams than are accepted."""

    code = "media_too_large"
    title = "The file is too large to process"


class UnreadableMedia(MediaError):
    """Damaged, cut off, or without a picture or sound to use."""

    code = "unreadable_media"
    title = "The file is damaged or has nothing to play"


class EncryptedMedia(MediaError):
    """Protected by a password or digital rights management."""

    code = "encrypted_media"
    title = "The file is encrypted"


class RenderError(RendererError):
    """The work on a good input failed."""

    code = "render_error"
    title = "Rendering failed"


class RenderCrashed(RenderError):
    """A child process ended by a signal. The same signal twice means the input, not chance, is the cause."""

    code = "render_crashed"
    title = "The renderer crashed"


class RenderOutOfMemory(RenderError):
    """A child process met its memory limit or the kernel's out-of-memory killer."""

    code = "render_out_of_memory"
    title = "Rendering needed more memory than allowed"


class ScratchFull(RenderError):
    """No space is left for intermediate files."""

    code = "scratch_full"
    status = 507
    title = "The working disk is full"
    retryable = True


class RenderStalled(RenderError):
    """A child process made no progress for longer than the watchdog allows."""

    code = "render_stalled"
    status = 504
    title = "Rendering made no progress and was stopped"
    retryable = True


class RenderCancelled(RenderError):
    """Stopped because it was asked to."""

    code = "render_cancelled"
    status = 409
    title = "The render was cancelled"


class AssetMissing(RenderError):
    """A file the film shows was deleted while it was being rendered."""

    code = "asset_missing"
    status = 410
    title = "A file this video shows is no longer there; choose another and render again"


class PartsMissing(RenderError):
    """Parts that were finished are gone from the store: they are made again."""

    code = "parts_missing"
    title = "Finished parts of the video are gone and have to be made again"


class StoryboardUnfit(RenderError):
    """The storyboard and what was fetched for it don't fit together."""

    code = "invalid_storyboard"
    status = 422
    title = "The storyboard can't be rendered as it is"


class EncoderUnavailable(RenderError):
    """No encoder that was asked for passes its probe on this host."""

    code = "encoder_unavailable"
    status = 503
    title = "The video encoder isn't available"
