"""What happens to uploaded files and to the media a job needs."""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from uuid import UUID

from kernel.events import Event


class AssetUploaded(Event):
    """An upload is complete and waits to be recognised. Emitted by storage, acted on by the renderer."""

    type: ClassVar[str] = "asset.uploaded"

    asset_id: UUID
    object_key: str
    sha256: str
    bytes: int
    declared_type: str

    def key(self) -> str:
        return str(self.asset_id)


class AssetProbed(Event):
    """What an upload is, or why it can't be used. Emitted by the renderer, acted on by storage.

    `described` is a `storyboard.resolution.ResolvedAsset` as JSON; `thumbnail_key` names a small JPEG of it.
    """

    type: ClassVar[str] = "asset.probed"

    asset_id: UUID
    outcome: Literal["ready", "refused"]
    described: dict[str, Any] | None = None
    thumbnail_key: str | None = None
    code: str | None = None
    detail: str | None = None

    def key(self) -> str:
        return str(self.asset_id)


class AssetRemoved(Event):
    """An upload was deleted by its owner; its bytes no longer count."""

    type: ClassVar[str] = "asset.removed"

    asset_id: UUID
    bytes: int

    def key(self) -> str:
        return str(self.asset_id)


class AssetsFetched(Event):
    """Everything a job shows and plays lies in the object store. Emitted by the orchestrator, acted on by the renderer.

    `storyboard_key` and `resolution_key` name JSON objects (`storyboard/1` with its fields merged, and
    `storyboard.resolution.Resolution`); `files` maps asset references of the resolution to object keys;
    `attributions_key` names a JSON list of `storyboard.exporters.Attribution`, for the credits.
    """

    type: ClassVar[str] = "assets.fetched"

    job_id: UUID
    storyboard_id: UUID
    version: int
    storyboard_key: str
    resolution_key: str
    attributions_key: str | None = None
    files: dict[str, str]

    def key(self) -> str:
        return str(self.job_id)


class JobWithdrawn(Event):
    """A job was cancelled or failed elsewhere: whoever works for it stops. Emitted by the orchestrator."""

    type: ClassVar[str] = "job.withdrawn"

    job_id: UUID

    def key(self) -> str:
        return str(self.job_id)
