"""What happens to rendered videos."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from kernel.events import Event


class RenderProgressed(Event):
    """How far a render is; at most two a second and job. Emitted by the renderer."""

    type: ClassVar[str] = "render.progressed"

    job_id: UUID
    progress: float
    segments: int
    segments_rendered: int
    scenes_done: int = 0

    def key(self) -> str:
        return str(self.job_id)


class VideoRendered(Event):
    """A job's film lies in the object store. `segments_rendered` of its `segments` were drawn anew.

    `scenes_rendered` counts the scenes with such a segment; a transition alone doesn't count for a scene.
    Emitted by the renderer (or by storage, for a film rendered in a browser); acted on by storage.
    """

    type: ClassVar[str] = "video.rendered"

    job_id: UUID
    storyboard_id: UUID
    version: int
    title: str
    object_key: str
    poster_key: str
    srt_key: str | None
    vtt_key: str | None
    credits_key: str | None
    sha256: str
    bytes: int
    seconds: float
    frames: int
    width: int
    height: int
    fps: int
    segments: int
    segments_rendered: int
    scenes_rendered: int = 0
    encoder: str
    fingerprint: str

    def key(self) -> str:
        return str(self.job_id)


class RenderFailed(Event):
    """A render gave up. `code` and `detail` are those of the error, for the client's eyes."""

    type: ClassVar[str] = "render.failed"

    job_id: UUID
    code: str
    detail: str
    scene: str | None = None

    def key(self) -> str:
        return str(self.job_id)


class VideoStored(Event):
    """A rendered film is registered in the library. Ends a job well. Emitted by storage."""

    type: ClassVar[str] = "video.stored"

    job_id: UUID
    video_id: UUID
    version: int
    title: str
    bytes: int
    seconds: float

    def key(self) -> str:
        return str(self.job_id)


class VideoTrashed(Event):
    """A video went to the trash; it can be restored until it is purged. Emitted by storage."""

    type: ClassVar[str] = "video.trashed"

    video_id: UUID

    def key(self) -> str:
        return str(self.video_id)


class VideoRestored(Event):
    """A video came back from the trash. Emitted by storage."""

    type: ClassVar[str] = "video.restored"

    video_id: UUID

    def key(self) -> str:
        return str(self.video_id)


class VideoPurged(Event):
    """A video and its files are gone for good; `bytes` no longer count. Emitted by storage."""

    type: ClassVar[str] = "video.purged"

    video_id: UUID
    bytes: int

    def key(self) -> str:
        return str(self.video_id)
