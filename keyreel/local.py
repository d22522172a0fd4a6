"""A storyboard on this machine: its references become files, its narration is spoken, its music composed.

No server and no key: `file:` is beside the storyboard, `sample:` comes with Keyreel, speech and music are the offline
ones. Everything made is kept in the cache by content address.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from kernel.errors import AppError
from keyreel.errors import StoryboardRefused
from services.orchestrator import making
from services.orchestrator.providers import samples
from services.orchestrator.references import references
from services.renderer.engine.cache import Cache
from services.renderer.engine.ingest.prepare import describe
from services.renderer.engine.text import fonts
from services.renderer.errors import RenderCancelled
from storyboard import Resolution, ResolvedAsset, Storyboard, StoryboardInvalid, Take, Violation, compile_storyboard
from storyboard.compiler import Compiled
from storyboard.errors import pointer
from storyboard.models import Scene

Report = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Local:
    """A compiled storyboard and the files of its assets, by asset id."""

    compiled: Compiled
    files: dict[str, Path]


def resolve(
    storyboard: Storyboard,
    folder: Path,
    cache: Cache,
    *,
    cancel: threading.Event | None = None,
    report: Report = lambda fraction: None,
) -> Local:
    """Find, describe, speak and compose what the storyboard asks for, and compile it.

    `folder` is where `file:` references are looked up. Raises StoryboardRefused with every problem, pointers included.
    """
    resolver = _Resolver(storyboard, folder.resolve(), cache, cancel or threading.Event(), report)
    try:
        return resolver.resolve()
    except StoryboardInvalid as invalid:
        raise StoryboardRefused.of(invalid) from invalid


@dataclass(slots=True)
class _Resolver:
    storyboard: Storyboard
    folder: Path
    cache: Cache
    cancel: threading.Event
    report: Report
    violations: list[Violation] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)
    #: what is spoken, by position of the scene
    words: dict[int, str] = field(default_factory=dict)

    def resolve(self) -> Local:
        self.words = {index: text for index, _, text in making.to_speak(self.storyboard)}
        visuals = making.chosen_samples(self.storyboard)
        assets = self._assets(visuals)
        takes = self._takes(assets)
        if self.violations:
            raise StoryboardInvalid(sorted(self.violations))
        resolution = Resolution(assets=assets, visuals=visuals, takes=takes, fonts=fonts.families())
        mood = making.music_mood(self.storyboard)
        if mood is not None:
            resolution = self._with_music(resolution, mood)
        self.report(1.0)
        return Local(compile_storyboard(self.storyboard, resolution), self.files)

    # -- files --------------------------------------------------------------------------------------------------

    def _assets(self, visuals: Mapping[str, str]) -> dict[str, ResolvedAsset]:
        """Each file described once, side by side; one that can't be used is a violation where it is named first."""
        places: dict[str, tuple[str | int, ...]] = {}
        for reference, where in references(self.storyboard):
            places.setdefault(reference, where)
        for index, scene in enumerate(self.storyboard.scenes):
            if scene.id in visuals:
                places.setdefault(visuals[scene.id], ("scenes", index, "visual"))
        described: dict[str, ResolvedAsset] = {}

        def one(reference: str) -> None:
            path = self._path(reference)
            if path is None:
                message = "This file isn't there. `file:` paths lie beside the storyboard or below it."
                self._violate(places[reference], "unknown_reference", message)
                return
            self._go_on()
            try:
                described[reference] = describe(path, _sha256(path), self.cache, self.cancel)
                self.files[reference] = path
            except RenderCancelled:
                raise
            except AppError as error:
                self._violate(places[reference], error.code, error.detail)

        with ThreadPoolExecutor(2, thread_name_prefix="describe") as threads:
            list(threads.map(one, places))
        return described

    def _path(self, reference: str) -> Path | None:
        scheme, _, name = reference.partition(":")
        if scheme == "sample":
            return next((sample.path for sample in samples.catalogue() if sample.id == name), None)
        if scheme != "file":
            return None
        path = (self.folder / name).resolve()
        # A storyboard from a stranger must not make us read elsewhere.
        return path if path.is_relative_to(self.folder) and path.is_file() else None

    def _go_on(self) -> None:
        """Raises RenderCancelled once the work was cancelled."""
        if self.cancel.is_set():
            raise RenderCancelled()

    def _violate(self, where: tuple[str | int, ...], code: str, message: str) -> None:
        self.violations.append(Violation(pointer(*where), code, message))

    # -- sound --------------------------------------------------------------------------------------------------

    def _takes(self, assets: dict[str, ResolvedAsset]) -> dict[str, Take]:
        voice = self.storyboard.voice
        spoken = [(index, scene) for index, scene in enumerate(self.storyboard.scenes) if scene.narration is not None]
        if (
            voice is not None
            and voice.connector != making.SPEECH
            and any(not making.recorded(scene) for _, scene in spoken)
        ):
            message = f"Only “{making.SPEECH}” speaks without a server; {voice.connector} needs a key in the studio."
            self._violate(("voice", "connector"), "connector_unavailable", message)
            return {}
        takes: dict[str, Take] = {}
        done = 0

        def one(item: tuple[int, Scene]) -> None:
            nonlocal done
            index, scene = item
            self._go_on()
            take = self._take(index, scene, assets)
            if take is not None:
                takes[scene.id] = take
            done += 1
            self.report(done / len(spoken))

        with ThreadPoolExecutor(2, thread_name_prefix="speak") as threads:
            list(threads.map(one, spoken))
        for take in takes.values():
            if take.src not in assets:
                sha = _sha256(self.files[take.src])
                assets[take.src] = ResolvedAsset(kind="audio", sha256=sha, seconds=take.seconds, has_audio=True)
        return takes

    def _take(self, index: int, scene: Scene, assets: dict[str, ResolvedAsset]) -> Take | None:
        narration = scene.narration
        if narration is not None and narration.src is not None:
            recorded = assets.get(narration.src)
            return None if recorded is None else Take(src=narration.src, seconds=recorded.seconds or 0.0)
        text = self.words.get(index)
        if text is None:
            return None
        try:
            return self._spoken(text)
        except AppError as error:
            self._violate(("scenes", index, "narration", "text"), error.code, error.detail)
            return None

    def _spoken(self, text: str) -> Take:
        voice, language = self.storyboard.voice, self.storyboard.language
        if voice is None:
            raise ValueError("nobody speaks")
        key = making.speech_key(text, language, voice)
        sound, note = self.cache.get(key, ".wav"), self.cache.get(key, ".json")
        if sound is None or note is None:
            with self.cache.scratch() as scratch:
                take = making.speak(text, language, voice, scratch / "speech.wav")
                sound = self.cache.put(key, ".wav", scratch / "speech.wav")
                description = scratch / "take.json"
                description.write_text(take.model_dump_json())
                note = self.cache.put(key, ".json", description)
        self.files[making.speech_reference(key)] = sound
        return Take.model_validate_json(note.read_bytes())

    def _with_music(self, resolution: Resolution, mood: str) -> Resolution:
        """The resolution with music of the storyboard's length: that is known once the rest is compiled."""
        seconds, seed = making.music_seconds(self.storyboard, resolution), self.storyboard.seed
        key = making.music_key(mood, seed, seconds)
        tune = self.cache.get(key, ".wav")
        if tune is None:
            with self.cache.scratch() as scratch:
                target = scratch / "music.wav"
                making.compose(mood, seconds, seed, target)
                tune = self.cache.put(key, ".wav", target)
        reference = making.music_reference(key)
        self.files[reference] = tune
        asset = ResolvedAsset(kind="audio", sha256=_sha256(tune), seconds=seconds, has_audio=True)
        return resolution.model_copy(update={"assets": {**resolution.assets, reference: asset}, "music": reference})


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
