"""The object store as services see it: keys, what is stored, and the port every store implements.

Objects are immutable: a key is written once (or again with the same bytes by a retried act), read and deleted. Keys
begin with their tenant and are only made by `ObjectKey`, which keeps one tenant's files out of another's reach.

ObjectsError
├── InvalidKey           not a key, or another tenant's: both answer alike
├── ObjectMissing        nothing lies at the key
├── ObjectExists         something else lies at the key already
├── UploadMissing        no such multipart upload: finished, given up or never begun
├── PartMismatch         a part isn't as long as announced, or its SHA-256 differs
├── PartsMismatch        the list of parts to complete with isn't the list of parts received
├── StoreFull            no space left; may work later
└── StoreUnavailable     the store doesn't answer; may work later
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar, Protocol
from uuid import UUID

from kernel.errors import AppError
from kernel.ids import TenantId

#: one segment: lower case only, so that no file system folds two keys into one; no leading dot, so never `.` or `..`
_SEGMENT = re.compile(r"[a-z0-9_][a-z0-9._-]{0,127}")
_MOST_SEGMENTS = 12


class ObjectsError(AppError):
    """Base of what can go wrong with the object store."""

    code: ClassVar[str] = "object_store_error"


class InvalidKey(ObjectsError):
    """Malformed, or not below the tenant's own prefix."""

    code = "invalid_object_key"
    status = 404
    title = "There is no such file"


class ObjectMissing(ObjectsError):
    """Nothing lies at the key."""

    code = "object_missing"
    status = 410
    title = "The file is no longer in the store"


class ObjectExists(ObjectsError):
    """Something with other bytes lies at the key."""

    code = "object_exists"
    status = 409
    title = "Another file is stored under this name already"


class UploadMissing(ObjectsError):
    """The multipart upload was completed, aborted, swept or never begun."""

    code = "upload_missing"
    status = 404
    title = "There is no such upload"


class PartMismatch(ObjectsError):
    """The bytes of a part aren't the announced ones: cut off, too long or changed on their way."""

    code = "part_mismatch"
    status = 422
    title = "The part arrived incomplete or changed; send it again"


class PartsMismatch(ObjectsError):
    """The list to complete with has a part that was never received, in another order, or of another size in sum."""

    code = "parts_mismatch"
    status = 409
    title = "The parts received aren't those listed; ask for the upload's state and send what is missing"


class StoreFull(ObjectsError):
    """The disk or the quota behind the store has no room."""

    code = "store_full"
    status = 507
    title = "The store of this installation is full; try again later or ask its operator"
    retryable = True


class StoreUnavailable(ObjectsError):
    """The store failed or doesn't answer."""

    code = "store_unavailable"
    status = 503
    title = "The store can't be reached at the moment; try again shortly"
    retryable = True

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, retry_after=5)


@dataclass(frozen=True, slots=True, order=True)
class ObjectKey:
    """`t/<tenant>/<segment>/…`. With no segment it is the prefix of everything the tenant has.

    Made by `of` from trusted parts and by `parse` from text; both raise `InvalidKey`.
    """

    tenant: TenantId
    segments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.tenant, UUID) or len(self.segments) > _MOST_SEGMENTS:
            raise InvalidKey
        if not all(isinstance(segment, str) and _SEGMENT.fullmatch(segment) for segment in self.segments):
            raise InvalidKey

    @classmethod
    def of(cls, tenant: TenantId, *segments: str) -> ObjectKey:
        """`of(tenant, "jobs", str(job_id), "storyboard.json")`."""
        return cls(tenant, segments)

    @classmethod
    def parse(cls, text: str, tenant: TenantId) -> ObjectKey:
        """The key written as `text`, if it is this tenant's, spelled as `str()` spells it."""
        head = f"t/{tenant}/"
        if not text.startswith(head):
            raise InvalidKey
        return cls(tenant, tuple(text.removeprefix(head).split("/")))

    def below(self, *segments: str) -> ObjectKey:
        """A key under this one."""
        return ObjectKey(self.tenant, (*self.segments, *segments))

    def __truediv__(self, segment: str) -> ObjectKey:
        return self.below(segment)

    @property
    def name(self) -> str:
        """The last segment."""
        return self.segments[-1] if self.segments else ""

    def __str__(self) -> str:
        return "/".join(("t", str(self.tenant), *self.segments))


@dataclass(frozen=True, slots=True)
class Stored:
    """An object at rest. `sha256` is of all its bytes, in hex; `etag` is opaque, unquoted, another for other bytes."""

    key: ObjectKey
    size: int
    sha256: str
    etag: str
    content_type: str
    modified: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """One received part of a multipart upload; `number` counts from 1."""

    number: int
    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What lies below a prefix."""

    objects: int
    bytes: int


class Objects(Protocol):
    """A store of immutable objects. Whatever fails to be written whole is not there at all.

    Every method may raise `StoreUnavailable`, the writing ones `StoreFull`.
    """

    async def put_file(self, key: ObjectKey, path: Path, *, content_type: str, if_absent: bool = False) -> Stored:
        """Store a copy of a local file. With `if_absent`: raises `ObjectExists` rather than replace other bytes."""

    async def put_bytes(self, key: ObjectKey, data: bytes, *, content_type: str, if_absent: bool = False) -> Stored:
        """Store a few bytes (a JSON document, a caption file); like `put_file`."""

    def read(self, key: ObjectKey, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes `start` up to and without `end` (None: all), in pieces. Raises `ObjectMissing` at the first."""

    async def fetch(self, key: ObjectKey, path: Path) -> Stored:
        """Put the object at a local path, which appears whole; it may share the store's bytes, so never write to it.

        Raises `ObjectMissing`.
        """

    async def stat(self, key: ObjectKey) -> Stored | None:
        """What lies at the key, or None."""

    async def delete(self, keys: Iterable[ObjectKey]) -> None:
        """Remove objects; those that aren't there are none the less gone."""

    def list(self, prefix: ObjectKey) -> AsyncIterator[Stored]:
        """All below a prefix (whole segments), in the store's own order; what changes meanwhile may be missed."""

    def tenants(self) -> AsyncIterator[TenantId]:
        """The tenants that have objects (or had until a moment ago), for the sweepers."""

    async def promote(self, source: ObjectKey, target: ObjectKey) -> Stored:
        """Move an object without moving its bytes. Again after it was done: still done.

        Raises `ObjectMissing` when neither is there, `ObjectExists` when other bytes lie at the target.
        """

    async def usage(self, prefix: ObjectKey) -> Usage:
        """How many objects and bytes lie below a prefix."""

    async def begin(self, key: ObjectKey, size: int, content_type: str) -> str:
        """Begin a multipart upload of `size` bytes in all; gives its id."""

    async def part_address(self, upload_id: str, key: ObjectKey, number: int, size: int) -> str | None:
        """Where a client sends a part by itself; None when it must go through the studio (`put_part`)."""

    async def put_part(
        self,
        upload_id: str,
        key: ObjectKey,
        number: int,
        chunks: AsyncIterator[bytes],
        size: int,
        sha256: str | None = None,
    ) -> Part:
        """Receive one part, replacing an earlier one of that number. Raises `UploadMissing`, `PartMismatch`."""

    async def parts(self, upload_id: str, key: ObjectKey) -> Sequence[Part]:
        """What was received, by number. Raises `UploadMissing`."""

    async def complete(self, upload_id: str, key: ObjectKey, parts: Sequence[tuple[int, str]]) -> Stored:
        """Make the object of `(number, etag)` pairs in order. Raises `UploadMissing`, `PartsMismatch`, `ObjectExists`.

        A call that was cut short may be repeated with the same parts.
        """

    async def abort(self, upload_id: str, key: ObjectKey) -> None:
        """Forget an upload and its parts; one that isn't there is none the less gone."""

    async def sweep(self, older_than: timedelta) -> int:
        """Remove multipart uploads and half-written files untouched for so long; gives how many."""
