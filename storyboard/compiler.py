"""storyboard/1 and what was resolved for it → timeline/1. Pure: the same input gives the same bytes.

Where scenes overlap in a transition, the whole is shorter by the overlap. Narration starts when the incoming
transition is over and an automatic scene lasts until the outgoing one may begin, so that two voices never overlap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from storyboard.captions import Window, group_words, quantise
from storyboard.errors import StoryboardInvalid, Violation, pointer
from storyboard.fields import MAX_SECONDS
from storyboard.models import (
    ColorVisual,
    Font,
    GenerateVisual,
    GradientVisual,
    ImageVisual,
    Scene,
    StockVisual,
    Storyboard,
    TextOverlay,
    UploadVisual,
    VideoVisual,
)
from storyboard.resolution import Resolution, ResolvedAsset, Take
from storyboard.timeline import (
    CaptionGroup,
    ClipPicture,
    ColorPicture,
    FontDigest,
    GradientPicture,
    ImageLayer,
    ImagePicture,
    Layer,
    NarrationClip,
    Picture,
    SoundClip,
    TextLayer,
    Timeline,
    TimelineAsset,
    TimelineCanvas,
    TimelineCaptions,
    TimelineFont,
    TimelineLogo,
    TimelineMotion,
    TimelineMusic,
    TimelineOutput,
    TimelineScene,
    TimelineTransition,
)
from storyboard.words import reading_seconds, timed_words

DEFAULT_FAMILY = "Inter"
DEFAULT_ACTIVE = "#ffcc00"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the compiler decided that its author may want to know: where, a stable code, a sentence."""

    pointer: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Compiled:
    timeline: Timeline
    notices: tuple[Notice, ...]


def compile_storyboard(storyboard: Storyboard, resolution: Resolution) -> Compiled:
    """Compile; raises StoryboardInvalid with every reference that can't be used and every length that doesn't fit."""
    return _Compiler(storyboard, resolution).compile()


@dataclass(slots=True)
class _Span:
    """Where a scene lies, in frames of the timeline."""

    start: int
    frames: int
    incoming: int
    outgoing: int

    @property
    def end(self) -> int:
        return self.start + self.frames

    @property
    def body_end(self) -> int:
        return self.end - self.outgoing


@dataclass(slots=True)
class _Compiler:
    storyboard: Storyboard
    resolution: Resolution
    violations: list[Violation] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    used: dict[str, TimelineAsset] = field(default_factory=dict)

    @property
    def fps(self) -> int:
        return self.storyboard.canvas.fps

    def compile(self) -> Compiled:
        board = self.storyboard
        sources = [self._source(index, scene) for index, scene in enumerate(board.scenes)]
        lengths = [self._length(index, scene, sources[index]) for index, scene in enumerate(board.scenes)]
        spans = self._spans(lengths)
        total = spans[-1].end
        if total > MAX_SECONDS * self.fps:
            message = "The whole is longer than 4 hours; split it into several videos."
            self.violations.append(Violation(pointer("scenes"), "invalid_range", message))
        scenes = [
            self._scene(index, scene, span, source)
            for index, (scene, span, source) in enumerate(zip(board.scenes, spans, sources, strict=True))
        ]
        groups = [group for index, span in enumerate(spans) for group in self._groups(index, span)]
        voices = [voice for index, span in enumerate(spans) if (voice := self._narration(index, span))]
        sounds = [sound for index, span in enumerate(spans) if (sound := self._sound(index, span, sources[index]))]
        captions = self._captions(tuple(groups))
        music = self._music(total)
        logo = self._logo()
        fonts = self._fonts(scenes, captions)
        if self.violations:
            raise StoryboardInvalid(self.violations)
        canvas = board.canvas
        timeline = Timeline(
            title=board.title,
            language=board.language,
            seed=board.seed,
            canvas=TimelineCanvas(
                width=canvas.width, height=canvas.height, fps=canvas.fps, background=canvas.background
            ),
            frames=total,
            assets=tuple(self.used[key] for key in sorted(self.used)),
            fonts=fonts,
            scenes=tuple(scenes),
            captions=captions,
            narration=tuple(voices),
            sounds=tuple(sounds),
            music=music,
            logo=logo,
            output=TimelineOutput(
                codec=board.output.codec,
                quality=board.output.quality,
                poster=min(total - 1, int(board.output.poster * total)),
            ),
        )
        return Compiled(timeline, tuple(self.notices))

    # -- references ---------------------------------------------------------------------------------------------

    def _asset(self, reference: str, kinds: tuple[str, ...], *where: str | int) -> ResolvedAsset | None:
        """The asset of a reference, noted as used; a violation if it is unknown or of another kind."""
        asset = self.resolution.assets.get(reference)
        if asset is None:
            message = "This file isn't known here. Choose one from the library or check the name."
            self.violations.append(Violation(pointer(*where), "unknown_reference", message))
            return None
        if asset.kind not in kinds:
            message = f"This is {_a(asset.kind)}; {' or '.join(_a(kind) for kind in kinds)} is needed here."
            self.violations.append(Violation(pointer(*where), "type_mismatch", message))
            return None
        self.used[reference] = TimelineAsset(
            id=reference,
            kind=asset.kind,
            sha256=asset.sha256,
            width=asset.width,
            height=asset.height,
            frames=None if asset.kind != "video" else max(1, int((asset.seconds or 0) * self.fps + 1e-6)),
        )
        return asset

    def _source(self, index: int, scene: Scene) -> tuple[str, ResolvedAsset] | None:
        """The media of a scene's picture, or None for colours and gradients (and after a violation)."""
        visual = scene.visual
        where = ("scenes", index, "visual")
        if isinstance(visual, ColorVisual | GradientVisual):
            return None
        reference = self.resolution.visuals.get(scene.id) or visual.src
        if reference is None:
            message = "No media was chosen for this scene yet: search, upload or generate some."
            self.violations.append(Violation(pointer(*where), "unresolved_media", message))
            return None
        kinds: tuple[str, ...] = ("image", "video")
        if isinstance(visual, ImageVisual):
            kinds = ("image",)
        elif isinstance(visual, VideoVisual):
            kinds = ("video",)
        asset = self._asset(reference, kinds, *where, "src")
        return (reference, asset) if asset else None

    # -- lengths ------------------------------------------------------------------------------------------------

    def _take(self, scene: Scene) -> Take | None:
        return self.resolution.takes.get(scene.id)

    def _overlap(self, index: int) -> int:
        """Frames of the transition into the next scene; the last scene has none."""
        transition = self.storyboard.scenes[index].transition
        if transition.type == "none" or index == len(self.storyboard.scenes) - 1:
            return 0
        return quantise(transition.duration, self.fps)

    def _speech_frames(self, scene: Scene) -> int:
        if scene.narration is None:
            return 0
        take = self._take(scene)
        seconds = take.seconds if take else reading_seconds(scene.narration.text)
        return math.ceil(seconds * self.fps - 1e-6)

    def _length(self, index: int, scene: Scene, source: tuple[str, ResolvedAsset] | None) -> int:
        incoming = self._overlap(index - 1) if index else 0
        outgoing = self._overlap(index)
        if not isinstance(scene.duration, str):
            return max(1, quantise(scene.duration, self.fps))
        narration = scene.narration
        if narration is not None:
            padding = quantise(narration.pad_start, self.fps)
            tail = max(quantise(narration.pad_end, self.fps), outgoing)
            return max(incoming + padding + self._speech_frames(scene) + tail, incoming + outgoing + 1)
        visual = scene.visual
        if source and source[1].kind == "video" and not isinstance(visual, ImageVisual | ColorVisual | GradientVisual):
            left = ((source[1].seconds or 0) - visual.trim) / visual.speed
            return max(int(left * self.fps + 1e-6), incoming + outgoing + 1)
        if source or isinstance(visual, ColorVisual | GradientVisual):
            message = "“auto” takes its length from narration or a clip; this scene has neither. Give seconds."
            self.violations.append(Violation(pointer("scenes", index, "duration"), "invalid_range", message))
        return incoming + outgoing + 1

    def _spans(self, lengths: list[int]) -> list[_Span]:
        spans: list[_Span] = []
        start = incoming = 0
        for index, frames in enumerate(lengths):
            # Quantised lengths can miss by a frame what fitted in seconds: the transition gives way.
            following = lengths[index + 1] if index + 1 < len(lengths) else 0
            outgoing = max(0, min(self._overlap(index), frames - incoming, following))
            spans.append(_Span(start, frames, incoming, outgoing))
            start += frames - outgoing
            incoming = outgoing
        return spans

    # -- pictures -----------------------------------------------------------------------------------------------

    def _scene(self, index: int, scene: Scene, span: _Span, source: tuple[str, ResolvedAsset] | None) -> TimelineScene:
        motion = scene.motion
        return TimelineScene(
            id=scene.id,
            start=span.start,
            frames=span.frames,
            picture=self._picture(index, scene, span, source),
            motion=TimelineMotion(
                effect=motion.effect,
                amount=motion.amount,
                focus_x=motion.focus[0],
                focus_y=motion.focus[1],
                easing=motion.easing,
            ),
            layers=tuple(self._layers(index, scene, span)),
            transition=TimelineTransition(
                type=scene.transition.type if span.outgoing else "none", frames=span.outgoing
            ),
        )

    def _picture(self, index: int, scene: Scene, span: _Span, source: tuple[str, ResolvedAsset] | None) -> Picture:
        visual = scene.visual
        if isinstance(visual, GradientVisual):
            return GradientPicture(colors=visual.colors, angle=visual.angle)
        if isinstance(visual, ColorVisual):
            return ColorPicture(color=visual.color)
        if source is None:  # reported already
            return ColorPicture(color="#000000")
        reference, asset = source
        if asset.kind == "image" or isinstance(visual, ImageVisual):
            return ImagePicture(asset=reference, fit=visual.fit)
        trim = quantise(visual.trim, self.fps)
        available = self.used[reference].frames or 1
        if trim >= available:
            message = f"The clip is only {asset.seconds or 0:g} s long; start it earlier."
            self.violations.append(Violation(pointer("scenes", index, "visual", "trim"), "invalid_range", message))
        elif trim + (span.frames - 1) * visual.speed >= available:
            message = "The clip is shorter than the scene; its last frame stays."
            self.notices.append(Notice(pointer("scenes", index, "visual"), "clip_shorter_than_scene", message))
        return ClipPicture(asset=reference, fit=visual.fit, trim=trim, speed=visual.speed)

    def _layers(self, index: int, scene: Scene, span: _Span) -> Iterator[Layer]:
        for position, overlay in enumerate(scene.overlays):
            start = min(quantise(overlay.start, self.fps), span.frames - 1)
            wanted = span.frames if overlay.duration is None else max(1, quantise(overlay.duration, self.fps))
            place: dict[str, Any] = {
                **{name: getattr(overlay, name) for name in ("x", "y", "width", "anchor", "animation")},
                "start": start,
                "frames": min(wanted, span.frames - start),
            }
            where = ("scenes", index, "overlays", position)
            if isinstance(overlay, TextOverlay):
                yield TextLayer(
                    **place, text=overlay.text, font=self._font(overlay.font, 700, 6.0, 0.0, *where, "font")
                )
            elif self._asset(overlay.src, ("image",), *where, "src") is not None:
                yield ImageLayer(**place, asset=overlay.src, opacity=overlay.opacity)

    # -- type ---------------------------------------------------------------------------------------------------

    def _font(self, font: Font, weight: int, size: float, stroke_width: float, *where: str | int) -> TimelineFont:
        family = font.family or next(iter(self.storyboard.brand.fonts), DEFAULT_FAMILY)
        if family not in self.resolution.fonts:
            known = ", ".join(sorted(self.resolution.fonts)) or "none"
            message = f"There is no font “{family}” here; choose one of: {known}."
            self.violations.append(Violation(pointer(*where, "family"), "unknown_reference", message))
        return TimelineFont(
            family=family,
            weight=font.weight or weight,
            size=font.size or size,
            color=font.color or "#ffffff",
            stroke=font.stroke or "#000000",
            stroke_width=stroke_width if font.stroke_width is None else font.stroke_width,
        )

    def _fonts(self, scenes: list[TimelineScene], captions: TimelineCaptions) -> tuple[FontDigest, ...]:
        families = {layer.font.family for scene in scenes for layer in scene.layers if isinstance(layer, TextLayer)}
        if captions.groups:
            families.add(captions.font.family)
        known = self.resolution.fonts
        return tuple(FontDigest(family=family, sha256=known[family]) for family in sorted(families & known.keys()))

    def _captions(self, groups: tuple[CaptionGroup, ...]) -> TimelineCaptions:
        captions = self.storyboard.captions
        return TimelineCaptions(
            style=captions.style,
            position=captions.position,
            font=self._font(captions.font, 800, 5.2, 0.4, "captions", "font"),
            active_color=captions.active.color or self.storyboard.brand.colors.primary or DEFAULT_ACTIVE,
            groups=groups,
        )

    # -- sound and words ----------------------------------------------------------------------------------------

    def _speech_start(self, scene: Scene, span: _Span) -> int:
        padding = quantise(scene.narration.pad_start, self.fps) if scene.narration else 0
        return min(span.start + span.incoming + padding, span.end - 1)

    def _groups(self, index: int, span: _Span) -> list[CaptionGroup]:
        scene = self.storyboard.scenes[index]
        if scene.narration is None:
            return []
        take = self._take(scene)
        start = self._speech_start(scene, span)
        if take:
            seconds = take.seconds
        else:
            # Nobody speaks: the words have the scene to themselves.
            seconds = max(span.body_end - start, 1) / self.fps
            if scene.duration == "auto":
                seconds = min(seconds, reading_seconds(scene.narration.text))
        words = timed_words(scene.narration.text, seconds, take.words if take else ())
        window = Window(scene=index, speech_start=start, body_end=span.body_end, end=span.end)
        return group_words(words, self.storyboard.captions.max_words, self.fps, window)

    def _narration(self, index: int, span: _Span) -> NarrationClip | None:
        scene = self.storyboard.scenes[index]
        take = self._take(scene)
        if scene.narration is None or take is None:
            return None
        if self._asset(take.src, ("audio", "video"), "scenes", index, "narration") is None:
            return None
        start = self._speech_start(scene, span)
        if start + self._speech_frames(scene) > span.end:
            seconds = (start + self._speech_frames(scene) - span.start) / self.fps
            message = f"The narration is longer than the scene; give it {seconds:.1f} s or “auto”."
            self.notices.append(Notice(pointer("scenes", index, "duration"), "narration_longer_than_scene", message))
        return NarrationClip(
            scene=index,
            asset=take.src,
            start=start,
            frames=self._speech_frames(scene),
            method=take.method if take.words else "proportional",
            confidence=take.confidence if take.words else 0.5,
        )

    def _sound(self, index: int, span: _Span, source: tuple[str, ResolvedAsset] | None) -> SoundClip | None:
        visual = self.storyboard.scenes[index].visual
        if source is None or not source[1].has_audio:
            return None
        if not isinstance(visual, StockVisual | GenerateVisual | UploadVisual | VideoVisual) or visual.volume == 0:
            return None
        return SoundClip(
            scene=index,
            asset=source[0],
            start=span.start,
            frames=span.frames,
            trim=quantise(visual.trim, self.fps),
            speed=visual.speed,
            volume=visual.volume,
        )

    def _music(self, total: int) -> TimelineMusic | None:
        music = self.storyboard.music
        if music is None or music.volume == 0:
            return None
        reference = music.src or self.resolution.music
        if reference is None:
            message = "No music was chosen yet: choose a track or a mood."
            self.violations.append(Violation(pointer("music"), "unresolved_media", message))
            return None
        if self._asset(reference, ("audio", "video"), "music", "src") is None:
            return None
        return TimelineMusic(
            asset=reference,
            volume=music.volume,
            fade_in=min(quantise(music.fade_in, self.fps), total),
            fade_out=min(quantise(music.fade_out, self.fps), total),
            loop=music.loop,
            duck=music.duck,
        )

    def _logo(self) -> TimelineLogo | None:
        brand = self.storyboard.brand
        if brand.logo is None or self._asset(brand.logo, ("image",), "brand", "logo") is None:
            return None
        return TimelineLogo(asset=brand.logo, corner=brand.logo_corner, width=brand.logo_width)


def _a(kind: str) -> str:
    return {"image": "a picture", "video": "a clip", "audio": "a sound recording"}[kind]
