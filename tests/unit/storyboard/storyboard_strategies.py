"""Hypothesis strategies: storyboards that use every feature and always compile, and what was resolved for them."""

from __future__ import annotations

from hypothesis import strategies as st

from storyboard.resolution import Resolution

FONTS = {"Inter": "1" * 64, "Anton": "2" * 64}
ASSETS = {
    "asset:wide": {"kind": "image", "sha256": "a" * 64, "width": 1600, "height": 900},
    "asset:tall": {"kind": "image", "sha256": "b" * 64, "width": 899, "height": 1601},
    "asset:clip": {
        "kind": "video",
        "sha256": "d" * 64,
        "width": 1920,
        "height": 1080,
        "seconds": 6.0,
        "hasAudio": True,
    },
    "asset:voice": {"kind": "audio", "sha256": "f" * 64, "seconds": 3.2},
    "asset:music": {"kind": "audio", "sha256": "9" * 64, "seconds": 42.0},
}
WORDS = [
    "tea",
    "warm,",
    "good.",
    "Why?",
    "3",
    "茶是一种饮料。",
    "お茶は",
    "شاي",
    "🍵",
    "{\\b1}",
    "a<b",
    "—",
    "ชา",
    "e\u0301",
]

texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)
#: text as people and machines write it: no control characters, half surrogates or placeholders
any_text = st.text(
    st.characters(
        exclude_categories=("Cc", "Cs"),
        exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff\u2060\ufeff",
    ),
    min_size=1,
    max_size=80,
)
colours = st.sampled_from(["#000000", "#ffcc00", "#12345678"])
fractions = st.sampled_from([0, 0.1, 0.5, 0.75, 1])
fits = st.sampled_from(["cover", "contain", "blur", "fill"])


def milliseconds(low: int, high: int) -> st.SearchStrategy[float]:
    return st.integers(low, high).map(lambda value: value / 1000)


visuals = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("image"), "src": st.sampled_from(["asset:wide", "asset:tall"]), "fit": fits}
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("video"),
            "src": st.just("asset:clip"),
            "fit": fits,
            "trim": milliseconds(0, 2000),
            "speed": st.sampled_from([0.25, 0.5, 1, 1.37, 4]),
            "volume": fractions,
        }
    ),
    st.fixed_dictionaries({"type": st.just("color"), "color": colours}),
    st.fixed_dictionaries({"type": st.just("gradient"), "colors": st.lists(colours, min_size=2, max_size=5)}),
)
motions = st.fixed_dictionaries(
    {
        "effect": st.sampled_from(["none", "zoomIn", "zoomOut", "panLeft", "panRight", "panUp", "panDown"]),
        "amount": fractions,
        "focus": st.lists(fractions, min_size=2, max_size=2),
        "easing": st.sampled_from(["linear", "easeIn", "easeOut", "easeInOut", "easeOutBack"]),
    }
)
overlays = st.one_of(
    st.fixed_dictionaries(
        {
            "type": st.just("text"),
            "text": texts,
            "animation": st.sampled_from(["none", "fadeIn", "fadeInOut", "slideUp", "popIn"]),
        },
        optional={"duration": milliseconds(1, 3000), "font": st.just({"family": "Anton"})},
    ),
    st.fixed_dictionaries({"type": st.just("image"), "src": st.just("asset:wide"), "opacity": fractions}),
)
narrations = st.fixed_dictionaries({"text": texts, "padStart": milliseconds(0, 500), "padEnd": milliseconds(0, 500)})
transition_types = st.sampled_from(["none", "fade", "fadeWhite", "slideLeft", "wipeDown", "circleOpen"])


@st.composite
def storyboards(draw: st.DrawFn) -> dict[str, object]:
    """1 to 5 scenes; transitions fit into their scenes."""
    scenes: list[dict[str, object]] = []
    incoming = 0
    count = draw(st.integers(1, 5))
    for index in range(count):
        narrated = draw(st.booleans())
        automatic = narrated and draw(st.booleans())
        length = draw(st.integers(1, 6000)) + incoming
        room = length - incoming
        outgoing = draw(st.integers(0, min(room, 800))) if not automatic else draw(st.integers(0, 800))
        scene: dict[str, object] = {
            "id": f"s{index}",
            "duration": "auto" if automatic else length / 1000,
            "visual": draw(visuals),
            "motion": draw(motions),
            "overlays": draw(st.lists(overlays, max_size=2)),
            "transition": {"type": draw(transition_types), "duration": outgoing / 1000},
        }
        if narrated:
            scene["narration"] = draw(narrations)
        incoming = 0 if scene["transition"]["type"] == "none" else outgoing  # type: ignore[index]
        scenes.append(scene)
    board: dict[str, object] = {
        "version": "storyboard/1",
        "canvas": {
            "width": draw(st.sampled_from([64, 1080, 1920])),
            "height": draw(st.sampled_from([64, 1080, 1920])),
            "fps": draw(st.sampled_from([24, 25, 30, 50, 60])),
        },
        "captions": {
            "style": draw(st.sampled_from(["none", "block", "highlight", "karaoke", "pop", "typewriter", "box"])),
            "maxWords": draw(st.integers(1, 20)),
        },
        "scenes": scenes,
    }
    if draw(st.booleans()):
        board["music"] = {"src": "asset:music", "volume": draw(fractions)}
    if draw(st.booleans()):
        board["brand"] = {"logo": "asset:wide", "fonts": ["Anton"]}
    return board


@st.composite
def resolutions(draw: st.DrawFn, board: dict[str, object]) -> Resolution:
    """Takes, with and without words, for some of the narrated scenes."""
    takes: dict[str, object] = {}
    for scene in board["scenes"]:  # type: ignore[attr-defined]
        if "narration" not in scene or not draw(st.booleans()):
            continue
        seconds = draw(milliseconds(200, 4000))
        count = draw(st.integers(0, 6))
        step = seconds / max(1, count)
        takes[scene["id"]] = {
            "src": "asset:voice",
            "seconds": seconds,
            "words": [{"text": f"w{i}", "start": i * step, "end": (i + 0.8) * step} for i in range(count)],
            "method": "provider",
            "confidence": 0.9,
        }
    return Resolution.model_validate({"assets": ASSETS, "fonts": FONTS, "takes": takes})


compilable = storyboards().flatmap(lambda board: st.tuples(st.just(board), resolutions(board)))
