"""Storyboards that between them use everything storyboard/1 has, and what was resolved for them."""

from __future__ import annotations

Json = object

FONTS = {family: character * 64 for family, character in (("Inter", "1"), ("Noto Sans", "2"), ("Anton", "3"))}
ASSETS: dict[str, dict[str, Json]] = {
    "asset:wide": {"kind": "image", "sha256": "a" * 64, "width": 1600, "height": 900},
    "asset:tall": {"kind": "image", "sha256": "b" * 64, "width": 900, "height": 1600},
    "asset:square": {"kind": "image", "sha256": "c" * 64, "width": 1001, "height": 1001},
    "asset:clip": {
        "kind": "video",
        "sha256": "d" * 64,
        "width": 1920,
        "height": 1080,
        "seconds": 6.0,
        "hasAudio": True,
    },
    "asset:silent": {"kind": "video", "sha256": "e" * 64, "width": 720, "height": 1280, "seconds": 2.5},
    "asset:voice": {"kind": "audio", "sha256": "f" * 64, "seconds": 3.2},
    "asset:music": {"kind": "audio", "sha256": "9" * 64, "seconds": 42.0},
    "asset:logo": {"kind": "image", "sha256": "8" * 64, "width": 400, "height": 120},
}
BASE: dict[str, Json] = {"assets": ASSETS, "fonts": FONTS}

MOTIONS = ("none", "zoomIn", "zoomOut", "panLeft", "panRight", "panUp", "panDown")
EASINGS = ("linear", "easeIn", "easeOut", "easeInOut", "easeOutBack")
FITS = ("cover", "contain", "blur", "fill")
TRANSITIONS = (
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
)
STYLES = ("none", "block", "highlight", "karaoke", "pop", "typewriter", "box")
ANIMATIONS = ("none", "fadeIn", "fadeInOut", "slideUp", "popIn")
BLACK: dict[str, Json] = {"type": "color", "color": "#101010"}
SPOKEN = "Tea is grown in the hills. It is picked by hand, dried for a day — and then? Poured!"
SCRIPTS = {
    "en": "Why tea? Because it’s warm, and there are 3 good reasons.",
    "de": "Die Teezubereitungszeit beträgt 3–5 Minuten; danach: genießen!",
    "zh": "茶是一种饮料。它来自中国,很好喝!",
    "ja": "お茶は温かい飲み物です。コーヒーより好きですか?",
    "ko": "차는 따뜻한 음료입니다. 좋아하세요?",
    "th": "ชาเป็นเครื่องดื่มที่อบอุ่น",
    "ar": "الشاي مشروب دافئ، هل تحبه؟",
    "he": "תה הוא משקה חם. נכון?",
    "hi": "चाय एक गर्म पेय है। क्या आपको पसंद है?",
    "ru": "Чай — тёплый напиток. Вам нравится?",
    "el": "Το τσάι είναι ζεστό. Σας αρέσει;",
    "my": "လက်ဖက်ရည်သည် ပူသည်။",
}


def board(*scenes: dict[str, Json], **members: Json) -> dict[str, Json]:
    return {"version": "storyboard/1", **members, "scenes": list(scenes)}


def scene(identifier: str, seconds: Json = "auto", **members: Json) -> dict[str, Json]:
    return {"id": identifier, "duration": seconds, "visual": BLACK, **members}


def picture(src: str = "asset:wide", **members: Json) -> dict[str, Json]:
    return {"type": "image", "src": src, **members}


def say(text: str, **members: Json) -> dict[str, Json]:
    return {"text": text, **members}


def cases() -> list[dict[str, Json]]:
    """name, storyboard, and what the resolution has beside BASE."""
    found: list[dict[str, Json]] = []

    def add(name: str, storyboard: dict[str, Json], **resolved: Json) -> None:
        found.append({"name": name, "storyboard": storyboard, "resolved": resolved})

    add("one colour", board(scene("a", 2)))
    add("shortest", board(scene("a", 0.001), canvas={"width": 64, "height": 64, "fps": 24}))
    add("half frames", board(scene("a", 0.05), scene("b", 0.15), scene("c", 0.25), scene("d", 0.35)))
    for rate in (24, 25, 30, 50, 60):
        canvas = {"width": 1920, "height": 1080, "fps": rate, "background": "#FFFFFF80"}
        add(f"{rate} fps", board(scene("a", 1.234, narration=say(SPOKEN)), scene("b", 2.001), canvas=canvas))
    for fit in FITS:
        shapes = ("asset:wide", "asset:tall", "asset:square")
        scenes = (
            scene(
                f"s{index}{effect}",
                1,
                visual=picture(shapes[index % 3], fit=fit),
                motion={
                    "effect": effect,
                    "amount": 0.07 * (index + 1),
                    "focus": [0.1 * index, 1 - 0.15 * index],
                    "easing": EASINGS[index % 5],
                },
            )
            for index, effect in enumerate(MOTIONS)
        )
        add(f"motion in {fit}", board(*scenes))
    for easing in EASINGS:
        motion = {"effect": "zoomIn", "amount": 0.3, "easing": easing}
        add(f"zoom {easing}", board(scene("a", 1.3, visual=picture(), motion=motion)))
    joined = [
        scene(f"t{index}", 1.5, visual=picture(), transition={"type": kind, "duration": 0.3 + index / 100})
        for index, kind in enumerate(TRANSITIONS)
    ]
    add("every transition", board(*joined, scene("last", 2)))
    short = {"type": "fade", "duration": 0.05}
    add("transition as long as its scene", board(scene("a", 0.05, transition=short), scene("b", 0.05), scene("c", 1)))
    for position, style in zip(("top", "center", "bottom") * 3, STYLES, strict=False):
        captions = {
            "style": style,
            "position": position,
            "maxWords": 3,
            "font": {"family": "Anton", "size": 6.5, "color": "#FFEEDD", "strokeWidth": 0},
            "active": {"color": "#00ff00cc"},
        }
        spoken = scene("a", narration=say(SPOKEN, padStart=0.25, padEnd=1))
        add(f"captions {style}", board(spoken, captions=captions, canvas={"fps": 25}))
    for language, text in SCRIPTS.items():
        add(f"captions in {language}", board(scene("a", narration=say(text)), language=language))
    words = [
        {"text": word, "start": 0.1 + 0.31 * index, "end": 0.35 + 0.31 * index}
        for index, word in enumerate(["Why", "tea?", "Because", "it’s", "warm."])
    ]
    take = {"src": "asset:voice", "seconds": 3.2, "words": words, "method": "provider", "confidence": 0.9}
    narrated = scene(
        "a", narration=say("Why tea? **Because** it’s warm. 🍵"), transition={"type": "fade", "duration": 0.5}
    )
    add("a take with words", board(narrated, scene("b", 1)), takes={"a": take})
    add("a take without words", board(narrated, scene("b", 1)), takes={"a": {"src": "asset:voice", "seconds": 3.2}})
    other = scene("a", narration=say("A text of quite another length than what was said"))
    add("a take that said something else", board(other), takes={"a": take})
    add("a take longer than its scene", board({**narrated, "duration": 1.5}, scene("b", 1)), takes={"a": take})
    add(
        "silence between words",
        board(other),
        takes={"a": {**take, "words": [words[0], {**words[4], "start": 3, "end": 3.1}]}},
    )
    clip = {"type": "video", "src": "asset:clip", "trim": 0.52, "speed": 1.37, "volume": 0.4, "fit": "contain"}
    add(
        "clips",
        board(
            scene("a", 2, visual=clip),
            scene("b", visual=clip),
            scene("c", 3, visual={"type": "upload", "src": "asset:silent", "speed": 0.25}),
        ),
    )
    stock = {"type": "stock", "query": "tea", "media": "video"}
    generate = {"type": "generate", "prompt": "tea", "connector": "maker", "fit": "blur"}
    add(
        "chosen media",
        board(scene("a", 1, visual=stock), scene("b", 1, visual=generate)),
        visuals={"a": "asset:silent", "b": "asset:square"},
    )
    overlays = [
        {
            "type": "text",
            "text": f"{animation} {{b}}\nline",
            "start": 0.2 * index,
            "duration": 0.9,
            "y": 0.2 * index,
            "animation": animation,
            "font": {"weight": 400, "stroke": "#12345678"},
        }
        for index, animation in enumerate(ANIMATIONS)
    ] + [
        {
            "type": "image",
            "src": "asset:logo",
            "x": 1,
            "width": 0.3,
            "anchor": "right",
            "opacity": 0.5,
            "animation": animation,
        }
        for animation in ANIMATIONS
    ]
    add("overlays", board(scene("a", 2, overlays=overlays), scene("b", 1, overlays=overlays[:2])))
    brand = {
        "logo": "asset:logo",
        "logoCorner": "bottomLeft",
        "logoWidth": 0.2,
        "fonts": ["Noto Sans"],
        "colors": {"primary": "#ff8800"},
    }
    music = {"src": "asset:music", "volume": 0.4, "fadeIn": 1, "fadeOut": 99, "loop": False, "duck": {"gainDb": -20}}
    add(
        "brand and music",
        board(scene("a", narration=say("One. Two.")), scene("b", 1), brand=brand, music=music, title="Tea", seed=7),
    )
    add("music by mood", board(scene("a", 5), music={"mood": "calm"}), music="asset:music")
    fields = [{"name": "PRODUCT", "default": "{{KIND}} tea"}, {"name": "KIND", "default": "green"}]
    merged = scene("a", narration=say("Why {{PRODUCT}}? {{7*7}} {{config}}"))
    add("merge fields", board(merged, fields=fields, title="{{KIND}}"))
    colours = ["#112233", "#445566", "#778899"]
    add(
        "gradients",
        board(
            scene("a", 1, visual={"type": "gradient", "colors": colours, "angle": 45}),
            scene("b", 7.5, visual={"type": "gradient", "colors": colours[:2]}),
            output={"poster": 0.9, "codec": "hevc", "quality": "draft"},
        ),
    )
    long_scene = scene("a", narration=say(" ".join([SPOKEN] * 6)))
    add("a long scene in pieces", board(long_scene, scene("b", 20)))
    add("filter syntax as text", board(scene("a", narration=say("':[];,%{}\\ {\\b1} <i>x</i> $(id) `id`"))))
    add("emoji and joiners", board(scene("a", narration=say("👩‍👩‍👧 family 🇩🇪 flag ❤️ heart 1️⃣ one"))))
    return found
