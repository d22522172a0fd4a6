"""The renderer on one screen: the events it acts on and states, its tasks, what it keeps running. It has no routes."""

from __future__ import annotations

from pathlib import Path

from contracts.events.assets import AssetProbed
from contracts.events.videos import RenderFailed, RenderProgressed, VideoRendered
from kernel.service import ServiceSpec
from services.renderer import errors
from services.renderer.app import Renderer, build, retire_idle_workers, tidy_cache
from services.renderer.consumers import events
from services.renderer.invariants import invariants
from services.renderer.worker import tasks

SPEC = ServiceSpec(
    name="renderer",
    events=events,
    tasks=tasks,
    migrations=Path(__file__).parent / "migrations",
    build=build,
    emits=(AssetProbed, RenderProgressed, VideoRendered, RenderFailed),
    # They leave as the refusal of an upload, or as the failure of a job.
    errors=(
        errors.EmptyFile,
        errors.UnsupportedMedia,
        errors.TypeMismatch,
        errors.MediaTooLarge,
        errors.UnreadableMedia,
        errors.EncryptedMedia,
        errors.RenderCrashed,
        errors.RenderOutOfMemory,
        errors.ScratchFull,
        errors.RenderStalled,
        errors.RenderCancelled,
        errors.AssetMissing,
        errors.PartsMissing,
        errors.StoryboardUnfit,
        errors.EncoderUnavailable,
    ),
    loops=(retire_idle_workers, tidy_cache),
    stop=Renderer.close,
    invariants=invariants,
)
