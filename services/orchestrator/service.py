"""The orchestrator on one screen: its routes, the events it acts on and states, its tasks."""

from __future__ import annotations

from pathlib import Path

from contracts.events.assets import AssetsFetched, JobWithdrawn
from contracts.events.jobs import JobChanged, JobRequested, StoryboardSaved
from contracts.events.usage import ApiCalled
from kernel.service import ServiceSpec
from services.orchestrator import api, api_jobs, errors
from services.orchestrator.app import Orchestrator, build
from services.orchestrator.consumers import events
from services.orchestrator.invariants import invariants
from services.orchestrator.worker import tasks

SPEC = ServiceSpec(
    name="orchestrator",
    routers=[api.router, api_jobs.router],
    events=events,
    tasks=tasks,
    migrations=Path(__file__).parent / "migrations",
    build=build,
    emits=(StoryboardSaved, JobRequested, JobChanged, AssetsFetched, JobWithdrawn, ApiCalled),
    # The first leave by routes, the others as the failure of a job.
    errors=(
        errors.RowsRefused,
        errors.InvalidJobState,
        errors.StoryboardRefused,
        errors.AssetNotReady,
        errors.AssetRefused,
        errors.JobTimedOut,
        errors.SpeechLanguageUnavailable,
        errors.SpeechVoiceUnknown,
        errors.SpeechTextEmpty,
        errors.SpeechTextTooLong,
        errors.SpeechTextUnreadable,
        errors.SpeechFailed,
        errors.MusicRequestInvalid,
    ),
    stop=Orchestrator.close,
    invariants=invariants,
)
