"""Timeline → OpenTimelineIO, for editing programs.

OTIO's clips abut and a transition reaches into both, where our scenes overlap: the cut lies in the middle of the
overlap. Frame numbers are RationalTime at the canvas' frame rate. What has no field there is under `keyreel` in the
metadata. https://opentimelineio.readthedocs.io/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import opentimelineio as otio

from storyboard.exporters.captions import group_text
from storyboard.models import Model
from storyboard.timeline import ClipPicture, ImagePicture, Picture, Timeline, fingerprint


def export_otio(timeline: Timeline, media: Mapping[str, str] | None = None) -> str:
    """OTIO JSON. `media` says where each asset id's file lies for the editor (a path beside the OTIO file or an
    address); an asset without one is a missing reference that keeps its id and SHA-256."""
    text: str = _Writer(timeline, dict(media or {})).document().to_json_string(indent=2)
    return text + "\n"


@dataclass(frozen=True, slots=True)
class _Item:
    """Something on a track from frame `start` for `frames`."""

    start: int
    frames: int
    clip: otio.schema.Clip


@dataclass(slots=True)
class _Writer:
    timeline: Timeline
    media: dict[str, str]

    def document(self) -> otio.schema.Timeline:
        timeline = self.timeline
        document = otio.schema.Timeline(name=timeline.title, global_start_time=self._time(0))
        document.metadata["keyreel"] = {
            "version": timeline.version,
            "fingerprint": fingerprint(timeline),
            "width": timeline.canvas.width,
            "height": timeline.canvas.height,
            "background": timeline.canvas.background,
        }
        tracks = document.tracks
        tracks.append(self._video())
        tracks.extend(self._tracks("Overlays", otio.schema.TrackKind.Video, self._overlays()))
        tracks.extend(self._tracks("Narration", otio.schema.TrackKind.Audio, self._narration()))
        tracks.extend(self._tracks("Clip sound", otio.schema.TrackKind.Audio, self._sounds()))
        tracks.extend(self._tracks("Music", otio.schema.TrackKind.Audio, self._music()))
        for group in timeline.captions.groups:
            tracks.markers.append(
                otio.schema.Marker(
                    name=group_text(group),
                    marked_range=self._range(group.start, group.end - group.start),
                    color=otio.schema.MarkerColor.YELLOW,
                    metadata={"keyreel": {"kind": "caption", "words": [_plain(word) for word in group.words]}},
                )
            )
        return document

    def _time(self, frames: int) -> otio.opentime.RationalTime:
        return otio.opentime.RationalTime(frames, self.timeline.canvas.fps)

    def _range(self, start: int, frames: int) -> otio.opentime.TimeRange:
        return otio.opentime.TimeRange(self._time(start), self._time(frames))

    # -- media ---------------------------------------------------------------------------------------------------

    def _reference(self, identifier: str) -> otio.core.MediaReference:
        asset = self.timeline.asset(identifier)
        whole = self._range(0, asset.frames) if asset.frames else None
        about = {"keyreel": {"asset": identifier, "sha256": asset.sha256}}
        if identifier in self.media:
            return otio.schema.ExternalReference(self.media[identifier], whole, about)
        return otio.schema.MissingReference(identifier, whole, about)

    def _picture(self, picture: Picture, frames: int) -> otio.core.MediaReference:
        if isinstance(picture, ImagePicture | ClipPicture):
            return self._reference(picture.asset)
        kind = "SolidColor" if picture.type == "color" else "Gradient"
        return otio.schema.GeneratorReference(kind, kind, self._range(0, frames), _plain(picture))

    # -- pictures ------------------------------------------------------------------------------------------------

    def _video(self) -> otio.schema.Track:
        """The scenes, cut in the middle of their overlaps."""
        track = otio.schema.Track(name="Scenes", kind=otio.schema.TrackKind.Video)
        before = 0  # frames of the overlap with the scene before that belong to that scene
        for scene in self.timeline.scenes:
            overlap = scene.transition.frames
            after = overlap - overlap // 2  # frames of the next overlap that belong to the next scene
            picture = scene.picture
            speed = picture.speed if isinstance(picture, ClipPicture) else 1.0
            trim = picture.trim if isinstance(picture, ClipPicture) else 0
            clip = otio.schema.Clip(
                name=scene.id,
                media_reference=self._picture(picture, scene.frames),
                source_range=self._range(trim + int(before * speed), scene.frames - before - after),
                metadata={"keyreel": {"motion": _plain(scene.motion), "picture": _plain(picture)}},
            )
            if speed != 1.0:
                clip.effects.append(otio.schema.LinearTimeWarp(name="speed", time_scalar=speed))
            track.append(clip)
            if overlap:
                track.append(
                    otio.schema.Transition(
                        name=scene.transition.type,
                        transition_type=otio.schema.TransitionTypes.SMPTE_Dissolve
                        if scene.transition.type == "fade"
                        else otio.schema.TransitionTypes.Custom,
                        in_offset=self._time(overlap // 2),
                        out_offset=self._time(after),
                    )
                )
            before = overlap // 2
        return track

    def _overlays(self) -> Iterable[_Item]:
        for scene in self.timeline.scenes:
            for layer in scene.layers:
                name = layer.text if layer.type == "text" else layer.asset
                reference = (
                    otio.schema.GeneratorReference("Text", "Text", self._range(0, layer.frames), {"text": layer.text})
                    if layer.type == "text"
                    else self._reference(layer.asset)
                )
                yield self._item(scene.start + layer.start, layer.frames, name, reference, 0, _plain(layer))
        logo = self.timeline.logo
        if logo:
            yield self._item(0, self.timeline.frames, "logo", self._reference(logo.asset), 0, _plain(logo))

    # -- sound ---------------------------------------------------------------------------------------------------

    def _narration(self) -> Iterable[_Item]:
        for voice in self.timeline.narration:
            name = f"{self.timeline.scenes[voice.scene].id} narration"
            frames = min(voice.frames, self.timeline.frames - voice.start)
            yield self._item(voice.start, frames, name, self._reference(voice.asset), 0, _plain(voice))

    def _sounds(self) -> Iterable[_Item]:
        for sound in self.timeline.sounds:
            item = self._item(
                sound.start,
                sound.frames,
                f"{self.timeline.scenes[sound.scene].id} sound",
                self._reference(sound.asset),
                sound.trim,
                _plain(sound),
            )
            if sound.speed != 1.0:
                item.clip.effects.append(otio.schema.LinearTimeWarp(name="speed", time_scalar=sound.speed))
            yield item

    def _music(self) -> Iterable[_Item]:
        music = self.timeline.music
        if music:
            yield self._item(0, self.timeline.frames, "music", self._reference(music.asset), 0, _plain(music))

    # -- tracks --------------------------------------------------------------------------------------------------

    def _item(
        self,
        start: int,
        frames: int,
        name: str,
        reference: otio.core.MediaReference,
        trim: int,
        about: Mapping[str, object],
    ) -> _Item:
        clip = otio.schema.Clip(
            name=name,
            media_reference=reference,
            source_range=self._range(trim, frames),
            metadata={"keyreel": dict(about)},
        )
        return _Item(start, frames, clip)

    def _tracks(self, name: str, kind: str, items: Iterable[_Item]) -> list[otio.schema.Track]:
        """As few tracks as hold the items without overlap, gaps between them filled; none without items."""
        tracks: list[otio.schema.Track] = []
        ends: list[int] = []
        for item in items:
            lane = next((lane for lane, end in enumerate(ends) if end <= item.start), len(tracks))
            if lane == len(tracks):
                number = f" {lane + 1}" if lane else ""
                tracks.append(otio.schema.Track(name=f"{name}{number}", kind=kind))
                ends.append(0)
            if item.start > ends[lane]:
                tracks[lane].append(otio.schema.Gap(source_range=self._range(0, item.start - ends[lane])))
            tracks[lane].append(item.clip)
            ends[lane] = item.start + item.frames
        return tracks


def _plain(model: Model) -> dict[str, object]:
    return model.model_dump(mode="json", by_alias=True)
