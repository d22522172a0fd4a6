"""storyboard/1: what a person or a program writes. Scenes in order; durations may be "auto".

camelCase in JSON, snake_case in Python. Unknown members are refused. State (status, cost, resolved assets) lives
outside. The JSON Schema made from these models is `contracts/schemas/storyboard-1.schema.json`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from storyboard.fields import (
    MAX_FIELDS,
    MAX_SCENES,
    Colour,
    FieldName,
    Flag,
    Fraction,
    FrameRate,
    Identifier,
    LanguageTag,
    Line,
    OverlayText,
    PositiveSeconds,
    Reference,
    Seconds,
    Side,
    SpokenText,
    Text,
)


class Model(BaseModel):
    """Closed, immutable, camelCase outside."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        ser_json_inf_nan="constants",
    )


Fit = Literal["cover", "contain", "blur", "fill"]
MotionEffect = Literal["none", "zoomIn", "zoomOut", "panLeft", "panRight", "panUp", "panDown"]
Easing = Literal["linear", "easeIn", "easeOut", "easeInOut", "easeOutBack"]
TransitionType = Literal[
    "none",
    "fade",
    "fadeBlack",
    "fadeWhite",
    "slideLeft",
    "slideRight",
    "slideUp",
    "slideDown",
    "wipeLeft",
    "wipeRight",
    "wipeUp",
    "wipeDown",
    "circleOpen",
]
CaptionStyle = Literal["none", "block", "highlight", "karaoke", "pop", "typewriter", "box"]
Position = Literal["top", "center", "bottom"]
Corner = Literal["topLeft", "topRight", "bottomLeft", "bottomRight"]
Animation = Literal["none", "fadeIn", "fadeInOut", "slideUp", "popIn"]
Codec = Literal["h264", "hevc", "av1"]
Quality = Literal["draft", "standard", "high"]
Engine = Literal["auto", "cpu", "nvenc", "vaapi"]


class Canvas(Model):
    width: Side = 1080
    height: Side = 1920
    fps: FrameRate = 30
    background: Colour = "#000000"


class MergeField(Model):
    """A {{NAME}} that any string may hold; its value comes with each video (a CSV row, an API call)."""

    name: FieldName
    default: Text | None = None
    required: Flag = False


class BrandColors(Model):
    primary: Colour | None = None
    secondary: Colour | None = None


class Brand(Model):
    logo: Reference | None = None
    logo_corner: Corner = "topRight"
    logo_width: Fraction = 0.14
    fonts: tuple[Line, ...] = Field(default=(), max_length=8)
    colors: BrandColors = BrandColors()


class Voice(Model):
    """Who speaks. Without a voice nobody does, and captions are timed by reading speed."""

    connector: Identifier
    connection: Identifier | None = None
    voice: Line | None = None
    speed: float = Field(default=1.0, strict=True, ge=0.5, le=2.0)


class Font(Model):
    """Sizes in vmin (percent of the canvas' shorter side). What is left out comes from the style it is used in."""

    family: Line | None = None
    weight: int | None = Field(default=None, strict=True, ge=100, le=900, multiple_of=100)
    size: float | None = Field(default=None, strict=True, ge=0.5, le=50)
    color: Colour | None = None
    stroke: Colour | None = None
    stroke_width: float | None = Field(default=None, strict=True, ge=0, le=5)


class ActiveWord(Model):
    color: Colour | None = None


class Captions(Model):
    style: CaptionStyle = "highlight"
    position: Position = "bottom"
    max_words: int = Field(default=4, strict=True, ge=1, le=20)
    font: Font = Font()
    active: ActiveWord = ActiveWord()


class Duck(Model):
    """How far music steps back under speech, in dB, and how fast it goes down and comes back, in seconds."""

    gain_db: float = Field(default=-12, strict=True, ge=-40, le=0)
    attack: float = Field(default=0.15, strict=True, ge=0.001, le=2)
    release: float = Field(default=0.4, strict=True, ge=0.01, le=9)


class Music(Model):
    src: Reference | None = None
    mood: Literal["calm", "warm", "upbeat", "cinematic", "focus", "playful"] | None = None
    volume: Fraction = 0.25
    fade_in: Seconds = 0.5
    fade_out: Seconds = 1.5
    loop: Flag = True
    duck: Duck = Duck()


class Narration(Model):
    """Spoken text, or the tenant's own recording of it (`src`)."""

    text: SpokenText
    src: Reference | None = None
    pad_start: Seconds = 0
    pad_end: Seconds = 0.3


class _Media(Model):
    fit: Fit = "cover"
    locked: Flag = False


class _Clip(_Media):
    trim: Seconds = 0
    speed: float = Field(default=1.0, strict=True, ge=0.25, le=4.0)
    volume: Fraction = 0


class StockVisual(_Clip):
    """Footage or a picture to be found by a search; `src` is set once it was chosen."""

    type: Literal["stock"]
    media: Literal["image", "video"] = "video"
    query: Line
    connectors: tuple[Identifier, ...] = Field(default=(), max_length=10)
    src: Reference | None = None


class GenerateVisual(_Clip):
    """A picture or clip to be made by a model from a prompt; `src` is set once it was made."""

    type: Literal["generate"]
    media: Literal["image", "video"] = "image"
    prompt: Text
    connector: Identifier
    connection: Identifier | None = None
    src: Reference | None = None


class UploadVisual(_Clip):
    """The tenant's own file, a picture or a clip."""

    type: Literal["upload"]
    src: Reference


class ImageVisual(_Media):
    type: Literal["image"]
    src: Reference


class VideoVisual(_Clip):
    type: Literal["video"]
    src: Reference


class ColorVisual(Model):
    type: Literal["color"]
    color: Colour
    locked: Flag = False


class GradientVisual(Model):
    """A linear gradient; `angle` as in CSS: 0 points up, 90 to the right, in degrees."""

    type: Literal["gradient"]
    colors: tuple[Colour, ...] = Field(min_length=2, max_length=5)
    angle: float = Field(default=135, strict=True, ge=0, le=360)
    locked: Flag = False


Visual = Annotated[
    StockVisual | GenerateVisual | UploadVisual | ImageVisual | VideoVisual | ColorVisual | GradientVisual,
    Field(discriminator="type"),
]


class Motion(Model):
    effect: MotionEffect = "none"
    amount: float = Field(default=0.12, strict=True, ge=0, le=1)
    focus: tuple[Fraction, Fraction] = (0.5, 0.5)
    easing: Easing = "easeInOut"


class _Overlay(Model):
    start: Seconds = 0
    duration: PositiveSeconds | None = None
    x: Fraction = 0.5
    y: Fraction = 0.5
    anchor: Literal["center", "left", "right"] = "center"
    animation: Animation = "fadeIn"


class TextOverlay(_Overlay):
    type: Literal["text"]
    text: OverlayText
    width: Fraction = 0.8
    font: Font = Font()


class ImageOverlay(_Overlay):
    """A logo or a sticker; `width` is a fraction of the canvas' width, the height follows."""

    type: Literal["image"]
    src: Reference
    width: Annotated[float, Field(gt=0, le=1, strict=True)] = 0.2
    opacity: Fraction = 1


Overlay = Annotated[TextOverlay | ImageOverlay, Field(discriminator="type")]


class Transition(Model):
    """Into the next scene; the overlap is subtracted from the whole."""

    type: TransitionType = "fade"
    duration: Seconds = 0.4


class Scene(Model):
    id: Identifier
    duration: Literal["auto"] | PositiveSeconds = "auto"
    narration: Narration | None = None
    visual: Visual
    motion: Motion = Motion()
    overlays: tuple[Overlay, ...] = Field(default=(), max_length=20)
    transition: Transition = Transition(type="none", duration=0)


class Output(Model):
    format: Literal["mp4"] = "mp4"
    codec: Codec = "h264"
    quality: Quality = "standard"
    engine: Engine = "auto"
    poster: Fraction = 0.5


class Storyboard(Model):
    version: Literal["storyboard/1"]
    title: Line = "Untitled"
    language: LanguageTag = "en"
    seed: int = Field(default=0, strict=True, ge=0, le=2**53 - 1)
    canvas: Canvas = Canvas()
    fields: tuple[MergeField, ...] = Field(default=(), max_length=MAX_FIELDS)
    brand: Brand = Brand()
    voice: Voice | None = None
    captions: Captions = Captions()
    music: Music | None = None
    scenes: tuple[Scene, ...] = Field(min_length=1, max_length=MAX_SCENES)
    output: Output = Output()
