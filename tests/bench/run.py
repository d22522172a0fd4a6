"""Measures Keyreel's renderer and its peers, and writes `docs/benchmarks.md` and `build/bench/results.json`.

    python tests/bench/run.py [--only full,edit] [--rounds 3] [--quick [--with-peers]] [--peers-dir DIR]

Peers are installed at the first time into a folder outside the repository (`--peers-dir`, KEYREEL_BENCH_PEERS, or the
user's cache). With --quick or --only the page is not touched: its text goes to the JSON's folder.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

import edit_cases  # noqa: E402
import full_render  # noqa: E402
import material  # noqa: E402
import peer_setup  # noqa: E402
import quality_cases  # noqa: E402
from context import Bench, printable  # noqa: E402  (after the checkout is on the path)
from machine import machine  # noqa: E402
from report import CaseResult, Table, chapter_of, page  # noqa: E402

from services.renderer.engine.toolchain import find_ffmpeg  # noqa: E402

CASES: dict[str, Callable[[Bench], CaseResult]] = {
    "full": full_render.full,
    "compose": full_render.compose,
    "scaling": full_render.scaling,
    "quality": quality_cases.quality,
    "motion": quality_cases.motion,
    "edit": edit_cases.edit,
    "growth": edit_cases.growth,
    "preview": edit_cases.preview,
    "fleet": quality_cases.fleet,
}


def main() -> int:
    """Exit code 1 if a case could not be measured at all; a missed target is told, not punished."""
    options = _options()
    names = options.only.split(",") if options.only else list(CASES)
    unknown = [name for name in names if name not in CASES]
    if unknown:
        print(f"There is no case {', '.join(unknown)}. Cases: {', '.join(CASES)}.", file=sys.stderr)
        return 2
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - began:6.0f} s] {text}", flush=True)

    build = ROOT / "build" / "bench"
    say("making the media")
    bench = Bench(
        material=material.make(build, small=options.quick),
        work=build / ("work-quick" if options.quick else "work"),
        peers=Path(options.peers_dir).expanduser().resolve(),
        rounds=1 if options.quick else options.rounds,
        quick=options.quick,
        with_peers=options.with_peers or not options.quick,
        say=say,
    )
    results = []
    failures = 0
    for name in names:
        say(f"case {name}")
        try:
            results.append(CASES[name](bench))
        except Exception as error:  # a case that fails is a row of the page; the others go on
            failures += 1
            traceback.print_exc()
            table = Table(("not measured",), ((printable(f"{type(error).__name__}: {error}"),),))
            results.append(CaseResult(name, name.capitalize(), table))
    (bench.work / "full" / "frames.yuv").unlink(missing_ok=True)
    _write(results, build, options.quick, whole=not options.only, command=_command(options))
    say("done")
    return 1 if failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure Keyreel's renderer and its peers.")
    parser.add_argument("--only", default="", help=f"cases, separated by commas: {', '.join(CASES)}")
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender is measured (3)")
    parser.add_argument("--quick", action="store_true", help="tiny jobs: does the program work?")
    parser.add_argument("--with-peers", action="store_true", help="run the peers in a --quick run too")
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    peers = os.environ.get("KEYREEL_BENCH_PEERS") or f"{cache}/keyreel-bench-peers"
    parser.add_argument("--peers-dir", default=peers, help="where peers are installed, outside the repository")
    return parser.parse_args()


def _command(options: argparse.Namespace) -> str:
    parts = ["python tests/bench/run.py"]
    parts += [f"--only {options.only}"] * bool(options.only)
    parts += [f"--rounds {options.rounds}"] * (options.rounds != 3)
    parts += ["--quick"] * options.quick
    parts += ["--with-peers"] * options.with_peers
    return " ".join(parts)


def _write(results: list[CaseResult], build: Path, quick: bool, *, whole: bool, command: str) -> None:
    about = _about()
    if quick:
        about["Trial"] = "tiny jobs to see that the program works; the figures mean nothing"
    text = page(results, about, command)
    kind = "quick" if quick else "results" if whole else "partial"
    record = {"about": about, "command": command, "cases": [result.as_json() for result in results]}
    (build / f"{kind}.json").write_text(json.dumps(record, indent=1))
    target = ROOT / "docs" / "benchmarks.md" if kind == "results" else build / f"{kind}.md"
    if kind == "results" and target.exists():
        text += chapter_of(target.read_text())
    target.write_text(text)
    print(text)


def _about() -> dict[str, str]:
    """The machine, the day and the versions; nothing that names a host."""
    names = ("av", "opencv-python-headless", "skia-python", "numpy")
    ours = ", ".join(f"{name} {version(name)}" for name in names)
    peers = ", ".join(f"{name} {number}" for name, number in peer_setup.versions().items())
    return {
        "Machine": machine(),
        "Date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "Versions": f"Python {platform.python_version()}, FFmpeg {find_ffmpeg().build}, {ours}",
        "Peers": peers,
    }


if __name__ == "__main__":
    sys.exit(main())
