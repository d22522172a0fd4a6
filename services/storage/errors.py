"""What storage can refuse.

StorageError
├── EmptyUpload              400  empty_file
├── UploadTooLarge           413  upload_too_large          larger than this installation takes
├── StorageQuotaExceeded     413  storage_quota_exceeded    larger than what is left of the plan
├── UnsupportedUpload        422  unsupported_media         not a kind of file that can be used
├── UploadTypeMismatch       422  type_mismatch             the name says another kind than the type
├── ChecksumMismatch         422  checksum_mismatch         whole, but not the announced bytes
├── TooManyUploads           429  too_many_uploads
├── UploadExpired            410  upload_expired
├── UploadStalled            408  upload_stalled
├── ShareNotInPlan           403  feature_not_in_plan
├── AssetMissing             410  asset_missing             the store has lost the file
└── MediaAddressInvalid      403  media_address_invalid     changed, or of an earlier hour
"""

from __future__ import annotations

from kernel.errors import AppError


class StorageError(AppError):
    """Base of this service's errors."""

    code = "storage_error"


class EmptyUpload(StorageError):
    """The file has no bytes."""

    code = "empty_file"
    status = 400
    title = "The file is empty; choose another"


class UploadTooLarge(StorageError):
    """The file is larger than this installation takes; the text says how much that is."""

    code = "upload_too_large"
    status = 413
    title = "The file is too large"


class StorageQuotaExceeded(StorageError):
    """The file does not fit into what is left of the plan's storage; delete something or take a larger plan."""

    code = "storage_quota_exceeded"
    status = 413
    title = "The plan has no room for this file; delete something, empty the trash or take a larger plan"


class UnsupportedUpload(StorageError):
    """Files of this type can't be used in a video."""

    code = "unsupported_media"
    status = 422
    title = (
        "This type of file can't be used. Pictures: JPEG, PNG, WebP, AVIF. Video: MP4, MOV, WebM, MKV. "
        "Sound: WAV, MP3, M4A, FLAC, OGG"
    )


class UploadTypeMismatch(StorageError):
    """The file's name says that it is of another type than it was declared to be."""

    code = "type_mismatch"
    status = 422
    title = "The file's name and its type don't fit together; rename it or choose the right file"


class ChecksumMismatch(StorageError):
    """The file arrived, but its SHA-256 is not the announced one; it was not kept."""

    code = "checksum_mismatch"
    status = 422
    title = "The file was changed on its way and was not kept; upload it again"


class TooManyUploads(StorageError):
    """The workspace has as many unfinished uploads as it may; finish or cancel some."""

    code = "too_many_uploads"
    status = 429
    title = "Too many uploads are unfinished; finish or cancel some, then try again"
    retryable = True


class UploadExpired(StorageError):
    """The upload was not finished in time and its parts were removed; begin again."""

    code = "upload_expired"
    status = 410
    title = "The upload took too long and was given up; begin it again"


class UploadStalled(StorageError):
    """Nothing arrived for half a minute; send the part again."""

    code = "upload_stalled"
    status = 408
    title = "The upload stopped for too long; send the part again"
    retryable = True


class ShareNotInPlan(StorageError):
    """The plan has no share links."""

    code = "feature_not_in_plan"
    status = 403
    title = "The plan does not include share links"


class AssetMissing(StorageError):
    """The store no longer has the file, although nobody deleted it; the operator can restore it from a backup."""

    code = "asset_missing"
    status = 410
    title = "The file is missing from the store; ask the operator to restore it, or make it again"


class MediaAddressInvalid(StorageError):
    """The address was changed or is no longer valid; load the page again for a fresh one."""

    code = "media_address_invalid"
    status = 403
    title = "This address is not valid any more; load the page again"
