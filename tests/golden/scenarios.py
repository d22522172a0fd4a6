"""The storyboards whose frames are compared: together they use every fit, motion, transition, caption style, animation,
aspect and frame rate that storyboard/1 knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, get_args

from golden_material import Material

from services.renderer.engine.text import fonts
from storyboard import Resolution, compile_storyboard, parse_storyboard
from storyboard.fields import FRAME_RATES
from storyboard.models import (
    Animation,
    CaptionStyle,
    Corner,
    Easing,
    Fit,
    MotionEffect,
    Position,
    TransitionType,
)
from storyboard.timeline import Timeline

Json = dict[str, Any]

WIDE, TALL, SQUARE, FEED = (1280, 720), (720, 1280), (720, 720), (864, 1080)
FULL_WIDE, FULL_TALL, FULL_SQUARE, FULL_FEED = (1920, 1080), (1080, 1920), (1080, 1080), (1080, 1350)

HOSTILE = r"""':[];,%{}\ it's 100% [in]:v=0;drawtext='%{pts}'"""
#: name → language, text, words a group
TEXTS: dict[str, tuple[str, str, int]] = {
    "arabic": ("ar", "القمر يضيء الطريق، والبحر 3 أمواج هادئة", 7),
    "hebrew": ("he", "הירח מאיר את הדרך (שלום) לים 24", 7),
    "chinese": ("zh", "月光照亮了回家的路,海浪轻轻拍岸。", 14),
    "japanese": ("ja", "月の光が帰り道をやさしく照らす", 14),
    "korean": ("ko", "달빛이 집으로 가는 길을 비춘다", 6),
    "thai": ("th", "แสงจันทร์ส่องทางกลับบ้าน", 12),
    "hindi": ("hi", "चाँद घर का रास्ता दिखाता है", 6),
    "emoji": ("en", "Family 👩‍👩‍👧‍👦 waves 👋🏽 from 🇯🇵 with ❤️‍🔥 love", 8),
    "long": ("de", "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft ruft", 2),
    "hostile": ("en", HOSTILE, 12),
}


@dataclass(frozen=True)
class Shot:
    """A frame of a scene: `at` is a number from its first frame, or a fraction of its length; `golden` ones are kept
    as pictures."""

    name: str
    scene: int
    at: int | float
    golden: bool = False


@dataclass(frozen=True)
class Scenario:
    """A storyboard and the frames of it to look at. `feature` groups scenarios in the table of results."""

    name: str
    feature: str
    board: Json
    shots: tuple[Shot, ...]

    def timeline(self, material: Material) -> Timeline:
        resolution = Resolution(assets=dict(material.assets), fonts=_families())
        return compile_storyboard(parse_storyboard(self.board), resolution).timeline

    def frame(self, timeline: Timeline, shot: Shot) -> int:
        """The number of a shot's frame in the timeline."""
        scene = timeline.scenes[shot.scene]
        local = shot.at if isinstance(shot.at, int) else round(shot.at * (scene.frames - 1))
        return scene.start + local


@lru_cache(maxsize=1)
def _families() -> dict[str, str]:
    return fonts.families()


@dataclass
class _Film:
    """Collects the scenes of a scenario."""

    name: str
    feature: str
    size: tuple[int, int]
    fps: int
    rest: Json = field(default_factory=dict)
    scenes: list[Json] = field(default_factory=list)
    shots: list[Shot] = field(default_factory=list)

    def scene(
        self,
        visual: Json,
        shots: Mapping[str, int | float],
        golden: Sequence[str] = (),
        seconds: float = 1.0,
        **more: Any,
    ) -> None:
        index = len(self.scenes)
        self.scenes.append({"id": f"s{index}", "duration": seconds, "visual": visual, **more})
        self.shots += [Shot(f"{self.name}-{name}".rstrip("-"), index, at, name in golden) for name, at in shots.items()]

    def scenario(self) -> Scenario:
        width, height = self.size
        canvas = {"width": width, "height": height, "fps": self.fps, **self.rest.pop("canvas", {})}
        board = {"version": "storyboard/1", "canvas": canvas, "scenes": self.scenes, **self.rest}
        return Scenario(self.name, self.feature, board, tuple(self.shots))


def upload(name: str, fit: str = "cover", **more: Any) -> Json:
    return {"type": "upload", "src": f"file:{name}", "fit": fit, **more}


PHOTO, PORTRAIT, CUTOUT = "photo.jpg", "portrait.png", "cutout.png"
WIDE_CLIP, SMALL_CLIP = "wide.mp4", "small.mp4"
SOURCES = {"photo": PHOTO, "portrait": PORTRAIT, "cutout": CUTOUT, "wide": WIDE_CLIP, "small": SMALL_CLIP}
MOTION = {"effect": "zoomIn", "amount": 0.25, "focus": [0.3, 0.65], "easing": "linear"}
BACKGROUND = {"canvas": {"background": "#24506e"}}


def _fits() -> Iterator[Scenario]:
    """Every fit of every kind of picture, still and moving, on a wide and a tall canvas."""
    for size, fps, title in ((FULL_WIDE, 30, "wide"), (TALL, 25, "tall")):
        for fit in get_args(Fit):
            film = _Film(f"fit-{fit}-{title}", f"fit {fit}", size, fps, {**BACKGROUND})
            for source, file in SOURCES.items():
                if (title == "wide") == (source == "small"):
                    continue  # one clip each
                golden = (source,) if (title == "wide") == (source in ("portrait", "cutout", "wide")) else ()
                if fit == "cover" and source in ("photo", "wide"):
                    golden = ()
                film.scene(upload(file, fit), {source: 0.5}, golden, 0.4)
            for source in ("portrait", "photo", "cutout"):
                film.scene(upload(SOURCES[source], fit), {f"{source}-zoomed": 0.62}, (), 0.4, motion=MOTION)
            yield film.scenario()


def _motions() -> Iterator[Scenario]:
    easings = get_args(Easing)
    for size, fps, sources in (
        (WIDE, 50, (PHOTO, WIDE_CLIP)),
        (FULL_SQUARE, 60, (PORTRAIT, CUTOUT)),
    ):
        for source in sources:
            kind = source.split(".")[0]
            film = _Film(f"motion-{kind}", "motion", size, fps, {**BACKGROUND})
            for index, effect in enumerate(get_args(MotionEffect)):
                motion = {
                    "effect": effect,
                    "amount": 0.35,
                    "focus": [0.2, 0.7],
                    "easing": easings[index % len(easings)],
                }
                golden = {"photo": ("start", "end"), "portrait": ("middle",)}.get(kind, ())
                shots = {f"{effect}-start": 0, f"{effect}-middle": 0.43, f"{effect}-end": 1.0}
                if effect == "none":
                    shots, golden = {effect: 0.43}, ()
                film.scene(upload(source), shots, [f"{effect}-{part}" for part in golden], 0.8, motion=motion)
            yield film.scenario()
    film = _Film("easing", "motion", FULL_WIDE, 60)
    for easing in easings:
        motion = {"effect": "zoomOut", "amount": 0.2, "focus": [0.9, 0.1], "easing": easing}
        shots = {f"{easing}-{part}": at for part, at in (("early", 0.2), ("late", 0.8))}
        film.scene(upload(PHOTO), shots, (), 0.8, motion=motion)
    yield film.scenario()


def _transitions() -> Iterator[Scenario]:
    pictures = (
        upload(PHOTO),
        upload(PORTRAIT),
        upload(SMALL_CLIP),
        {"type": "gradient", "colors": ["#1d2b64", "#f8cdda"]},
    )
    for size, fps, title in ((WIDE, 24, "wide"), (FULL_FEED, 60, "feed")):
        film = _Film(f"transition-{title}", "transition", size, fps)
        for index, kind in enumerate(get_args(TransitionType)):
            overlap = 0 if kind == "none" else round(0.5 * fps)
            length = round(1.2 * fps)
            shots = {
                f"{kind}-{share:g}": length - overlap + int(share * overlap) if overlap else length - 1
                for share in (0.15, 0.5, 0.85)[: 3 if overlap else 1]
            }
            golden = [f"{kind}-{share:g}" for share in (0.15, 0.85)] if title == "wide" and kind != "none" else []
            film.scene(
                pictures[index % 4],
                shots,
                golden[index % 2 :: 2],
                1.2,
                motion={"effect": "panRight", "amount": 0.2},
                transition={"type": kind, "duration": 0.5 if overlap else 0},
            )
        film.scene(pictures[1], {"last": 0.9}, (), 1.2)
        yield film.scenario()


def _captions() -> Iterator[Scenario]:
    canvases = ((WIDE, 30), (FULL_TALL, 30), (FULL_SQUARE, 25), (FULL_FEED, 24), (FULL_WIDE, 60), (TALL, 50))
    text = "Every picture tells of quiet evenings by the wide sea"
    for index, style in enumerate(get_args(CaptionStyle)):
        for place, position in enumerate(get_args(Position)):
            size, fps = canvases[(index + place) % len(canvases)]
            rest = {"captions": {"style": style, "position": position, "maxWords": 5}}
            film = _Film(f"caption-{style}-{position}", f"caption {style}", size, fps, rest)
            shots = {"first": 1, "inside": 0.27, "turned": 0.52, "end": 0.86}
            golden = ("inside",) if style != "none" else ()
            film.scene(upload(PHOTO), shots, golden, 2.4, narration={"text": text}, motion={"effect": "panLeft"})
            yield film.scenario()
    styles = [style for style in get_args(CaptionStyle) if style != "none"]
    for index, (name, (language, text, words)) in enumerate(TEXTS.items()):
        size, fps = canvases[index % len(canvases)]
        rest = {"language": language, "captions": {"style": styles[index % len(styles)], "maxWords": words}}
        film = _Film(f"text-{name}", "text", size, fps, rest)
        film.scene(upload(PORTRAIT), {"early": 0.3, "": 0.9}, ("early", ""), 2.4, narration={"text": text})
        yield film.scenario()
    yield _coloured_captions()


def _coloured_captions() -> Scenario:
    font = {
        "family": "Inter",
        "weight": 600,
        "size": 7.0,
        "color": "#ffe9c4c0",
        "stroke": "#3b1d60",
        "strokeWidth": 0.9,
    }
    rest = {"captions": {"style": "karaoke", "position": "center", "font": font, "active": {"color": "#30d5c8"}}}
    film = _Film("caption-coloured", "caption karaoke", FULL_SQUARE, 30, rest)
    film.scene(
        {"type": "color", "color": "#d8d2c4"},
        {"": 0.6},
        ("",),
        2.0,
        narration={"text": "Pale glass letters, edged in violet"},
    )
    return film.scenario()


def _overlays() -> Iterator[Scenario]:
    for size, fps in ((WIDE, 30), (FULL_TALL, 25)):
        title = "wide" if size == WIDE else "tall"
        film = _Film(f"overlay-{title}", "overlay", size, fps)
        for animation in get_args(Animation):
            words = {"type": "text", "text": f"Hello {animation}\nsecond line", "y": 0.3, "animation": animation}
            picture = {"type": "image", "src": f"file:{CUTOUT}", "x": 0.7, "y": 0.62, "width": 0.31, "opacity": 0.8}
            plate = {"type": "image", "src": "file:badge.png", "x": 0.05, "y": 0.97, "width": 0.3, "anchor": "left"}
            layers = [words, {**picture, "animation": animation}, {**plate, "animation": animation}]
            shots = {f"{animation}-{moment}": at for moment, at in (("1", 1), ("3", 3), ("6", 6), ("late", 0.9))}
            golden = [f"{animation}-{'late' if animation == 'none' else 3}"]
            film.scene(upload(PHOTO), shots, golden if title == "wide" else (), 0.8, overlays=layers)
        yield film.scenario()
    film = _Film("overlay-type", "overlay", FULL_FEED, 50)
    serif = {"size": 9.0, "weight": 400, "color": "#102030", "stroke": "#ffffff", "strokeWidth": 0.5}
    layers = [
        {"type": "text", "text": "Left edge", "x": 0.04, "y": 0.1, "anchor": "left", "animation": "none"},
        {
            "type": "text",
            "text": "right edge",
            "x": 0.96,
            "y": 0.2,
            "anchor": "right",
            "animation": "none",
            "font": serif,
        },
        {"type": "text", "text": HOSTILE, "y": 0.4, "width": 0.9, "animation": "none"},
        {"type": "text", "text": "שלום world 月 👍🏾 ok", "y": 0.6, "animation": "none"},
        {
            "type": "text",
            "text": "An" + "til" * 40,
            "y": 0.85,
            "width": 0.5,
            "animation": "none",
            "font": {"size": 4.0},
        },
    ]
    film.scene({"type": "color", "color": "#7a8f86"}, {"": 0.5}, ("",), 0.4, overlays=layers)
    yield film.scenario()


def _logos() -> Iterator[Scenario]:
    for corner, size, fps in zip(get_args(Corner), (WIDE, FULL_TALL, SQUARE, FEED), (24, 30, 50, 60), strict=True):
        rest = {"brand": {"logo": "file:badge.png", "logoCorner": corner, "logoWidth": 0.22}}
        film = _Film(f"logo-{corner}", "logo", size, fps, rest)
        film.scene(upload(PHOTO), {"": 0.5}, ("",), 0.3)
        yield film.scenario()


def _flat() -> Iterator[Scenario]:
    """Colours and gradients, with and without alpha."""
    film = _Film("flat", "colour", WIDE, 25, {**BACKGROUND})
    for colour in ("#ff0000", "#00ff00", "#0000ff", "#ffffff", "#c86432", "#c8643280", "#00000000"):
        film.scene({"type": "color", "color": colour}, {colour[1:]: 0.5}, (), 0.2)
    yield film.scenario()
    for size, fps, title in ((FULL_WIDE, 24, "wide"), (FULL_TALL, 50, "tall")):
        film = _Film(f"gradient-{title}", "gradient", size, fps, {**BACKGROUND})
        for angle, colours in (
            (0, ["#0f2027", "#2c5364"]),
            (45, ["#ff512f", "#dd2476"]),
            (90, ["#ff000000", "#ffcc00ff"]),
            (135, ["#12c2e9", "#c471ed80", "#f64f59"]),
            (200, ["#ffffff", "#000000"]),
            (333.3, ["#ff0000", "#00ff00", "#0000ff", "#ffff00", "#ff00ff"]),
        ):
            name = f"{angle:g}"
            film.scene({"type": "gradient", "colors": colours, "angle": angle}, {name: 0.5}, (name,), 0.2)
        yield film.scenario()


def _clips() -> Iterator[Scenario]:
    film = _Film("clip", "clip", WIDE, 30)
    for name, file, more, seconds in (
        ("half-speed", WIDE_CLIP, {"speed": 0.5}, 1.0),
        ("double-speed", SMALL_CLIP, {"speed": 2.0}, 0.8),
        ("trimmed", WIDE_CLIP, {"trim": 1.2}, 0.5),
        ("too-short", SMALL_CLIP, {"trim": 1.0}, 2.0),
    ):
        shots = {f"{name}-{part}": at for part, at in (("start", 0), ("middle", 0.5), ("end", 1.0))}
        film.scene(upload(file, **more), shots, (f"{name}-middle",), seconds)
    yield film.scenario()
    film = _Film("clip-full", "clip", FULL_WIDE, 24)
    film.scene(upload(WIDE_CLIP), {"same-size": 0.5}, (), 0.5)
    film.scene(upload(SMALL_CLIP), {"enlarged": 0.5}, (), 0.5)
    film.scene(upload(SMALL_CLIP, "blur"), {"zoomed": 0.7}, (), 0.5, motion=MOTION)
    yield film.scenario()


@lru_cache(maxsize=1)
def scenarios() -> tuple[Scenario, ...]:
    """All scenarios, in an order that doesn't change."""
    made = (_fits, _motions, _transitions, _captions, _overlays, _logos, _flat, _clips)
    found = tuple(scenario for make in made for scenario in make())
    rates = {scenario.board["canvas"]["fps"] for scenario in found}
    if rates != set(FRAME_RATES):
        raise ValueError(f"frame rates without a scenario: {set(FRAME_RATES) - rates}")
    return found
