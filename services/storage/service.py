"""Storage on one screen: its routes, the events it acts on and states, the question it answers, its upkeep."""

from __future__ import annotations

from pathlib import Path

from contracts.clients.assets import Assets
from contracts.events.assets import AssetRemoved, AssetUploaded
from contracts.events.videos import VideoPurged, VideoRestored, VideoStored, VideoTrashed
from kernel import objects
from kernel.service import ServiceSpec
from services.storage import errors
from services.storage.api import routers
from services.storage.app import build
from services.storage.consumers import events
from services.storage.reconcile import invariants
from services.storage.worker import tasks

SPEC = ServiceSpec(
    name="storage",
    routers=routers,
    events=events,
    tasks=tasks,
    migrations=Path(__file__).parent / "migrations",
    build=build,
    emits=(AssetUploaded, AssetRemoved, VideoStored, VideoTrashed, VideoRestored, VideoPurged),
    errors=(
        errors.EmptyUpload,
        errors.UploadTooLarge,
        errors.StorageQuotaExceeded,
        errors.UnsupportedUpload,
        errors.UploadTypeMismatch,
        errors.ChecksumMismatch,
        errors.TooManyUploads,
        errors.UploadExpired,
        errors.UploadStalled,
        errors.ShareNotInPlan,
        errors.AssetMissing,
        errors.MediaAddressInvalid,
        objects.PartMismatch,
        objects.PartsMismatch,
        objects.ObjectMissing,
        objects.StoreFull,
        objects.StoreUnavailable,
    ),
    answers={Assets: lambda storage: storage},
    invariants=invariants,
)
