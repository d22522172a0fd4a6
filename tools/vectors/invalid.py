"""Documents that are no storyboard, each with the reason in its name."""

from __future__ import annotations

from vectors.boards import ASSETS, BLACK, FONTS, board, picture, say, scene

Json = object


def texts() -> dict[str, str]:
    """Not even JSON, or JSON that parsers disagree about."""
    return {
        "empty": "",
        "not JSON": "{version: 1}",
        "an array": "[]",
        "null": "null",
        "duplicate member": '{"version": "storyboard/1", "version": "storyboard/1", "scenes": []}',
        "NaN (B28)": '{"version": "storyboard/1", "seed": NaN, "scenes": []}',
        "Infinity": '{"version": "storyboard/1", "seed": -Infinity, "scenes": []}',
        "byte order mark": '\ufeff{"version": "storyboard/1"}',
        "too deep (B34)": "[" * 100 + "]" * 100,
        "trailing comma": '{"version": "storyboard/1",}',
    }


def documents() -> dict[str, dict[str, Json]]:
    """JSON that breaks a rule."""
    fade = {"type": "fade", "duration": 0.4}
    found = {
        "nothing (B27)": {},
        "no scenes (B27)": board(),
        "501 scenes (B27)": board(*(scene(f"s{index}", 1) for index in range(501))),
        "other version": {**board(scene("a", 1)), "version": "storyboard/2"},
        "unknown members": {**board(scene("a", 1, colour="red")), "a/b": 1, "~": 2},
        "scenes are no list": {"version": "storyboard/1", "scenes": {"a": 1}},
        "a scene is null": {"version": "storyboard/1", "scenes": [None, scene("a", 1)]},
        "duplicate id": board(scene("a", 1), scene("b", 1), scene("a", 1)),
        "id with a space": board(scene("a b", 1)),
        "no visual": board({"id": "a", "duration": 1}),
        "visual without type": board(scene("a", 1, visual={"color": "#000000"})),
        "visual of unknown type": board(scene("a", 1, visual={"type": "film"})),
        "visual is null": board(scene("a", 1, visual=None)),
        "auto without narration (B28)": board({"id": "a", "visual": BLACK}),
        "auto, said so (B28)": board(scene("a")),
        "transitions longer than the scene (B28)": board(
            scene("a", 1, transition=fade), scene("b", 0.7, transition=fade), scene("c", 1)
        ),
        "overlay after the end (B28)": board(scene("a", 1, overlays=[{"type": "text", "text": "x", "start": 1}])),
        "over 4 hours in all (B28)": board(*(scene(f"s{index}", 7200) for index in range(3))),
        "overlay of unknown type": board(scene("a", 1, overlays=[{"type": "video"}])),
        "21 overlays": board(scene("a", 1, overlays=[{"type": "text", "text": "x"}] * 21)),
        "blank overlay": board(scene("a", 1, overlays=[{"type": "text", "text": " \n"}])),
        "overlay of 501 characters (B32)": board(scene("a", 1, overlays=[{"type": "text", "text": "x" * 501}])),
        "narration of 5,001 characters (B32)": board(scene("a", narration=say("x" * 5001))),
        "blank narration": board(scene("a", narration=say("\t "))),
        "control character": board(scene("a", narration=say("bell \u0007"))),
        "bidi override": board(scene("a", narration=say("abc \u202e txt"))),
        "title of 201 characters": board(scene("a", 1), title="x" * 201),
        "language": board(scene("a", 1), language="english please"),
        "three-number focus": board(scene("a", 1, motion={"focus": [0, 0, 0]})),
        "one-number focus": board(scene("a", 1, motion={"focus": [0]})),
        "focus outside": board(scene("a", 1, motion={"focus": [1.5, -1]})),
        "unknown effect, easing and transition": board(
            scene("a", 1, motion={"effect": "spin", "easing": "bounce"}, transition={"type": "star"})
        ),
        "one gradient colour": board(scene("a", 1, visual={"type": "gradient", "colors": ["#000000"]})),
        "address as reference (B30)": board(scene("a", 1, visual=picture("https://example.org/a.jpg"))),
        "reference with a newline (B30)": board(scene("a", 1, visual=picture("asset:a\nb"))),
        "caption members": board(scene("a", 1), captions={"style": "neon", "position": "left", "maxWords": 0}),
        "fractional words": board(scene("a", 1), captions={"maxWords": 2.5}),
        "font sizes": board(scene("a", 1), captions={"font": {"size": 51, "weight": 450, "strokeWidth": -1}}),
        "music": board(scene("a", 1), music={"volume": 2, "mood": "sad", "duck": {"gainDb": 3}}),
        "voice": board(scene("a", 1), voice={"speed": 9}),
        "null canvas": board(scene("a", 1), canvas=None),
        "number as text (B35)": board(scene("a", 1), seed="7"),
        "truth as number (B35)": board(scene("a", 1), seed=True, captions={"maxWords": True}),
        "text as truth (B35)": board(scene("a", 1), music={"loop": "yes"}),
        "seed beyond 2^53": board(scene("a", 1), seed=2**53),
        "output": board(scene("a", 1), output={"format": "avi", "codec": "mpeg2", "quality": "best", "poster": 2}),
        "many at once": board(
            scene("a", -1, visual={"type": "color", "color": "red"}),
            scene("a", 2, transition={"type": "x"}),
            canvas={"fps": 31},
            title=5,
        ),
        "undeclared field (B35)": board(scene("a", narration=say("{{NAME}} and {{NAME}}")), title="{{OTHER}}"),
        "required field without value (B35)": board(
            scene("a", narration=say("{{A}}")), fields=[{"name": "A", "required": True}]
        ),
        "field declared twice": board(scene("a", 1), fields=[{"name": "A"}, {"name": "A"}]),
        "field name": board(scene("a", 1), fields=[{"name": "a-b"}]),
        "field of another type (B35)": board(scene("a", 1), fields=[{"name": "A", "default": 5}]),
        "101 fields": board(scene("a", 1), fields=[{"name": f"F{index}"} for index in range(101)]),
        "circle of one (B34)": board(scene("a", 1), fields=[{"name": "A", "default": "{{A}}"}]),
        "circle of three (B34)": board(
            scene("a", 1), fields=[{"name": name, "default": f"{{{{{other}}}}}"} for name, other in ("AB", "BC", "CA")]
        ),
        "fields that double a hundred times (B34)": board(
            scene("a", 1),
            fields=[{"name": f"F{index}", "default": f"{{{{F{index + 1}}}}}" * 2} for index in range(99)]
            + [{"name": "F99", "default": "x"}],
            title="{{F0}}",
        ),
        "empty by its fields": board(scene("a", narration=say("{{A}}")), fields=[{"name": "A"}]),
    }
    for colour in ("red;drop", "#12", "#12345", "#gggggg", "rgb(0,0,0)", "#000000ff2", ""):
        found[f"colour {colour!r} (B33)"] = board(scene("a", 1, visual={"type": "color", "color": colour}))
    for seconds in (0, -1, 1e9, 14400.001, 0.0001, "3", "soon", None, True):
        found[f"duration {seconds!r} (B28)"] = board(scene("a", seconds))
    for width, height, fps in ((0, 0, 0), (1, 1, 1000), (1081, 1920, 29), (65535, 65535, 120), (-2, 1.5, "30")):
        canvas = {"width": width, "height": height, "fps": fps}
        found[f"canvas {width} × {height} at {fps!r} (B29)"] = board(scene("a", 1), canvas=canvas)
    return found


def values() -> dict[str, tuple[dict[str, Json], dict[str, str]]]:
    """Good documents with wrong values for their fields."""
    template = board(scene("a", narration=say("{{A}}")), fields=[{"name": "A", "required": True}])
    return {
        "value missing (B35)": (template, {}),
        "value for an unknown field (B35)": (template, {"A": "x", "B": "y"}),
        "blank value (B35)": (template, {"A": " "}),
        "value too long (B35)": (template, {"A": "x" * 5001}),
        "control character in a value (B35)": (template, {"A": "\u0000"}),
    }


def unresolved() -> dict[str, tuple[dict[str, Json], dict[str, Json]]]:
    """Good storyboards that don't compile with what was resolved."""
    base = {"assets": ASSETS, "fonts": FONTS}
    overlay = {"type": "image", "src": "asset:gone"}
    text = {"type": "text", "text": "x", "font": {"family": "Comic"}}
    stock = {"type": "stock", "query": "tea"}
    return {
        "unknown asset (B30)": (board(scene("a", 1, visual=picture("asset:gone"))), base),
        "everything unknown at once (B30)": (
            board(
                scene("a", 1, visual=picture("asset:gone"), overlays=[overlay, text]),
                brand={"logo": "asset:gone"},
                music={"src": "asset:gone"},
                captions={"font": {"family": "Wingdings"}},
            ),
            base,
        ),
        "clip as picture": (board(scene("a", 1, visual=picture("asset:clip"))), base),
        "sound as clip": (board(scene("a", 1, visual={"type": "upload", "src": "asset:voice"})), base),
        "picture as music": (board(scene("a", 1), music={"src": "asset:wide"}), base),
        "clip as overlay": (board(scene("a", 1, overlays=[{**overlay, "src": "asset:clip"}])), base),
        "nothing chosen": (board(scene("a", 1, visual=stock), music={"mood": "calm"}), base),
        "no fonts (B30)": (board(scene("a", narration=say("Hello"))), {"assets": ASSETS}),
        "trim after the end (B28)": (
            board(scene("a", 1, visual={"type": "video", "src": "asset:silent", "trim": 2.5})),
            base,
        ),
        "unknown take": (
            board(scene("a", narration=say("Hello"))),
            {**base, "takes": {"a": {"src": "asset:gone", "seconds": 1}}},
        ),
    }
