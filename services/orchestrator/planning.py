"""What a storyboard will take, told before it runs: every reason why it can't run, or how long the film will be.

The compiler says it, from what is known now: uploads as they were described, takes that were spoken before, reading
speed for the rest. What is still being looked at is taken for what its place needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contracts import fonts
from contracts.clients.assets import AssetGrant
from contracts.clients.entitlements import Wanted
from kernel.errors import AppError, InvalidInput
from services.orchestrator import making
from services.orchestrator.errors import SpeechVoiceUnknown, plain
from services.orchestrator.providers import samples, speech_offline
from services.orchestrator.references import asset_id, expected_kind, references
from storyboard import Resolution, ResolvedAsset, Storyboard, StoryboardInvalid, Take, Violation, compile_storyboard
from storyboard import parse_storyboard as parse
from storyboard.errors import pointer

_NO_HASH = "0" * 64
#: how long a clip or a recording is taken to be that nobody has looked at yet
_UNKNOWN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """`seconds` of film as far as can be told, and what each source is asked for: connector → number of calls."""

    board: Storyboard
    seconds: float
    calls: dict[str, int]

    @property
    def wanted(self) -> Wanted:
        return Wanted(render_seconds=max(1, -int(-self.seconds // 1)), height=lines(self.board))


def lines(board: Storyboard) -> int:
    """The lines of the shorter side: what plans limit."""
    return min(board.canvas.width, board.canvas.height)


def parsed(document: Mapping[str, Any], *, below: str = "") -> Storyboard:
    """The storyboard with its fields merged. Raises InvalidInput with every violation, pointers below `below`."""
    try:
        return parse(document)
    except StoryboardInvalid as invalid:
        raise refused(invalid, below=below) from invalid


def refused(invalid: StoryboardInvalid, *, below: str = "") -> InvalidInput:
    found = tuple(Violation(below + each.pointer, each.code, each.message) for each in invalid.violations)
    return InvalidInput(violations=plain(found))


def named_uploads(board: Storyboard) -> list[UUID]:
    """The uploads a storyboard shows or plays, each once."""
    ids = (asset_id(reference) for reference, _ in references(board))
    return list(dict.fromkeys(each for each in ids if each is not None))


def estimate(board: Storyboard, grants: Mapping[UUID, AssetGrant], takes: Mapping[str, Take]) -> Estimate:
    """What a run would take. `takes` are spoken ones by their address. Blocking: asks the speech engine what it speaks.

    Raises InvalidInput with everything that can't be found or doesn't fit, pointers into the storyboard.
    """
    violations = _unavailable(board)
    visuals = making.chosen_samples(board)
    resolution = Resolution(
        assets=_expected(board, grants, visuals),
        visuals=visuals,
        takes=_takes(board, grants, takes),
        music="asset:music" if making.music_mood(board) else None,
        fonts=fonts.families(),
    )
    try:
        compiled = compile_storyboard(board, resolution)
    except StoryboardInvalid as invalid:
        violations += invalid.violations
    if violations:
        raise InvalidInput(violations=plain(sorted(set(violations))))
    calls = {making.SPEECH: sum(1 for _ in making.to_speak(board))}
    calls |= {making.MUSIC: 1} if making.music_mood(board) else {}
    calls |= {samples.CONNECTOR_ID: len(visuals)} if visuals else {}
    return Estimate(board, compiled.timeline.seconds, {name: count for name, count in calls.items() if count})


def _unavailable(board: Storyboard) -> list[Violation]:
    """Sources this studio can't ask."""
    voice = board.voice
    if voice is None or not any(making.to_speak(board)):
        return []
    if voice.connector != making.SPEECH:
        message = f"There is no connection to {voice.connector} here; “{making.SPEECH}” needs none."
        return [Violation(pointer("voice", "connector"), "unknown_reference", message)]
    try:
        speech_offline.check(board.language, voice.voice)
    except SpeechVoiceUnknown as unknown:
        return [Violation(pointer("voice", "voice"), "unknown_reference", unknown.detail)]
    except AppError as unavailable:
        return [Violation(pointer("language"), unavailable.code, unavailable.detail)]
    return []


def described(grant: AssetGrant) -> ResolvedAsset | None:
    """What an upload is, once that is known."""
    return None if grant.described is None else ResolvedAsset.model_validate(grant.described)


def sample_assets() -> dict[str, ResolvedAsset]:
    """Every bundled sample by its reference; none of them has sound."""
    return {
        making.sample_reference(sample): ResolvedAsset(
            kind=sample.kind,
            sha256=sample.sha256,
            width=sample.width,
            height=sample.height,
            seconds=sample.seconds,
        )
        for sample in samples.catalogue()
    }


def _expected(
    board: Storyboard, grants: Mapping[UUID, AssetGrant], visuals: Mapping[str, str]
) -> dict[str, ResolvedAsset]:
    """What each reference stands for; those that are unknown, foreign or refused are not in it."""
    known = sample_assets()
    music = ResolvedAsset(kind="audio", sha256=_NO_HASH, seconds=_UNKNOWN_SECONDS, has_audio=True)
    assets = {"asset:music": music} | {name: known[name] for name in visuals.values()}
    for reference, where in references(board):
        upload = asset_id(reference)
        grant = grants.get(upload) if upload else None
        if reference in known:
            assets[reference] = known[reference]
        elif grant is not None and grant.state != "refused":
            assets[reference] = described(grant) or ResolvedAsset.model_validate(
                {
                    "kind": expected_kind(board, where),
                    "sha256": _NO_HASH,
                    "width": board.canvas.width,
                    "height": board.canvas.height,
                    "seconds": _UNKNOWN_SECONDS,
                }
            )
    return assets


def _takes(board: Storyboard, grants: Mapping[UUID, AssetGrant], spoken: Mapping[str, Take]) -> dict[str, Take]:
    """The recordings that exist: own ones, and those spoken before."""
    takes: dict[str, Take] = {}
    for scene in board.scenes:
        if scene.narration is not None and scene.narration.src is not None:
            upload = asset_id(scene.narration.src)
            grant = grants.get(upload) if upload else None
            known = described(grant) if grant else None
            takes[scene.id] = Take(src=scene.narration.src, seconds=(known and known.seconds) or _UNKNOWN_SECONDS)
    if board.voice is not None:
        for _, scene, text in making.to_speak(board):
            take = spoken.get(making.speech_key(text, board.language, board.voice))
            if take is not None:
                # Only its length matters here; its file is asked for when the job runs.
                takes[scene.id] = take.model_copy(update={"src": "asset:music"})
    return takes
