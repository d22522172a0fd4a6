"""Write the JSON Schemas and the shared test vectors; with --check only compare, and fail if any file differs.

python tools/make_vectors.py [--check]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from pydantic.alias_generators import to_camel
from vectors import boards, invalid, texts

from storyboard import Resolution, StoryboardInvalid, compile_storyboard, parse_storyboard
from storyboard.captions import quantise
from storyboard.compiler import Compiled
from storyboard.easing import EASINGS
from storyboard.exporters.captions import milliseconds
from storyboard.fields import FRAME_RATES
from storyboard.frameplan import clip_offset, plan
from storyboard.schemas import schemas
from storyboard.segments import content_hash, segments
from storyboard.timeline import canonical, fingerprint
from storyboard.words import caption_words, clean_text, reading_seconds, spoken_text, spread, weight

Json = object
CONTRACTS = Path(__file__).resolve().parent.parent / "contracts"
#: seconds over which the words of words.json are spread
SPREAD_SECONDS = 7.3


def camel(node: Json) -> Json:
    if isinstance(node, dict):
        return {to_camel(key): camel(value) for key, value in node.items()}
    return [camel(item) for item in node] if isinstance(node, list | tuple) else node


def lines(**members: Json) -> str:
    """JSON with one line for each element of a member that is a list."""
    parts = []
    for name, value in members.items():
        if isinstance(value, list):
            inside = ",\n".join(json.dumps(item, ensure_ascii=True) for item in value)
            parts.append(f"{json.dumps(name)}: [\n{inside}\n]")
        else:
            parts.append(f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=True)}")
    return "{" + ",\n".join(parts) + "}\n"


def easing() -> str:
    times = [index / 64 for index in range(65)] + [0.1, 0.2, 0.3, 1 / 3, 0.7, 0.999]
    return lines(times=times, curves=[{"name": name, "values": [f(t) for t in times]} for name, f in EASINGS.items()])


def quantisation() -> str:
    seconds = [
        0,
        0.001,
        0.016,
        0.017,
        0.02,
        0.021,
        0.05,
        0.1,
        0.15,
        0.25,
        0.35,
        0.5,
        1 / 3,
        1.005,
        2.675,
        59.999,
        14400,
    ]
    speeds = [0.25, 0.5, 0.999, 1, 1.001, 1.37, 1 / 3, 2.2, 4]
    frames = [0, 1, 2, 7, 29, 30, 59, 1001, 863999]
    return lines(
        frames=[{"seconds": t, "fps": fps, "frame": quantise(t, fps)} for fps in FRAME_RATES for t in seconds],
        clipOffsets=[{"local": n, "speed": v, "offset": clip_offset(n, v)} for v in speeds for n in frames],
        milliseconds=[{"frame": n, "fps": fps, "time": milliseconds(n, fps)} for fps in FRAME_RATES for n in frames],
    )


def words() -> str:
    return lines(
        seconds=SPREAD_SECONDS,
        cases=[
            {
                "text": text,
                "clean": clean_text(text),
                "spoken": spoken_text(text),
                "units": [
                    {
                        "text": word.text,
                        "weight": weight(word.text),
                        "start": word.start,
                        "end": word.end,
                        "glued": word.glued,
                    }
                    for word in spread(caption_words(text), SPREAD_SECONDS)
                ],
                "readingSeconds": reading_seconds(text),
            }
            for text in texts.TEXTS
        ],
    )


def compiled(case: Mapping[str, Json]) -> Compiled:
    resolved = Resolution.model_validate({**boards.BASE, **case["resolved"]})  # type: ignore[dict-item]
    return compile_storyboard(parse_storyboard(case["storyboard"]), resolved)  # type: ignore[arg-type]


def compilation(results: Mapping[str, tuple[Mapping[str, Json], Compiled]]) -> str:
    return lines(
        base=boards.BASE,
        cases=[
            {
                **case,
                "timeline": json.loads(canonical(result.timeline)),
                "fingerprint": fingerprint(result.timeline),
                "segments": [
                    [cut.kind, cut.scene, cut.start, cut.frames, content_hash(result.timeline, cut)]
                    for cut in segments(result.timeline)
                ],
                "notices": [asdict(notice) for notice in result.notices],
            }
            for case, result in results.values()
        ],
    )


def chosen(result: Compiled) -> list[int]:
    """The edges of scenes, layers, transitions, words and groups, and some frames between them."""
    timeline = result.timeline
    edges = {0, timeline.frames - 1}
    for index, scene in enumerate(timeline.scenes):
        body = scene.start + scene.frames - scene.transition.frames
        edges |= {scene.start, scene.start + scene.frames // 3, body - 1, body, scene.start + scene.frames - 1}
        for layer in scene.layers:
            start = scene.start + layer.start
            edges |= {start, start + 3, start + layer.frames - 1}
        if index > 40:
            break
    for group in timeline.captions.groups[:6]:
        edges |= {group.start, group.end - 1, group.end}
        edges |= {word.start + step for word in group.words for step in (0, 2)}
    return sorted(frame for frame in edges if 0 <= frame < timeline.frames)


def plans(results: Mapping[str, tuple[Mapping[str, Json], Compiled]]) -> str:
    return lines(
        cases=[
            {
                "case": name,
                "plans": [{"frame": frame, **camel(asdict(plan(result.timeline, frame)))} for frame in chosen(result)],
            }  # type: ignore[dict-item]
            for name, (_, result) in results.items()
        ]
    )


def violations(document: Json, values: Mapping[str, str] | None = None, resolved: Json = None) -> list[list[str]]:
    """[pointer, code] of everything that is wrong; messages are for people and not part of the contract."""
    try:
        storyboard = parse_storyboard(document, values)  # type: ignore[arg-type]
        compile_storyboard(storyboard, Resolution.model_validate(resolved))
    except StoryboardInvalid as error:
        return [[wrong.pointer, wrong.code] for wrong in error.violations]
    raise AssertionError("a case of invalid.json is valid")


def refusals() -> str:
    return lines(
        texts=[{"name": name, "text": text, "violations": violations(text)} for name, text in invalid.texts().items()],
        documents=[
            {"name": name, "document": document, "violations": violations(document)}
            for name, document in invalid.documents().items()
        ],
        values=[
            {"name": name, "document": document, "values": given, "violations": violations(document, given)}
            for name, (document, given) in invalid.values().items()
        ],
        unresolved=[
            {
                "name": name,
                "document": document,
                "resolution": resolved,
                "violations": violations(document, None, resolved),
            }
            for name, (document, resolved) in invalid.unresolved().items()
        ],
    )


def files() -> Iterable[tuple[Path, str]]:
    results = {str(case["name"]): (case, compiled(case)) for case in boards.cases()}
    for name, schema in schemas().items():
        yield CONTRACTS / "schemas" / name, json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
    vectors = CONTRACTS / "vectors"
    yield vectors / "easing.json", easing()
    yield vectors / "quantise.json", quantisation()
    yield vectors / "words.json", words()
    yield vectors / "compile.json", compilation(results)
    yield vectors / "invalid.json", refusals()
    yield vectors / "plan.json", plans(results)


def main() -> int:
    checking = "--check" in sys.argv[1:]
    different = []
    for path, text in files():
        if path.exists() and path.read_text("utf-8") == text:
            continue
        different.append(path.relative_to(CONTRACTS.parent))
        if not checking:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    for name in different:
        sys.stdout.write(f"{'differs' if checking else 'written'}: {name}\n")
    return 1 if checking and different else 0


if __name__ == "__main__":
    sys.exit(main())
