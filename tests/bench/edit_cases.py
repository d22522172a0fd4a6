"""What is saved when little or nothing changed, what a preview takes, and how memory grows with length."""

from __future__ import annotations

import hashlib
from pathlib import Path

from context import Bench, answer, link_copy, require
from job import JobSpec
from measure import Usage, median
from report import CaseResult, Table, Verdict, at_most, megabytes, number, ratio


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def edit(bench: Bench) -> CaseResult:
    """One word of one caption in ten scenes, and one narration spoken anew, against the full render."""
    folder = bench.folder("edit")
    full: list[Usage] = []
    caption: list[Usage] = []
    spoken: list[Usage] = []
    nothing: list[Usage] = []
    sums = set()
    same = True
    for round_ in range(bench.rounds):
        cache = bench.folder(f"edit/cache-{round_}")
        full.append(bench.keyreel(bench.ten, cache, folder / "full.mp4"))
        sums.add(_sha256(folder / "full.mp4"))
        for runs, what in ((caption, "caption"), (spoken, "narration")):
            copy = link_copy(cache, folder / "copy")
            runs.append(bench.keyreel(bench.ten.edited(what), copy, folder / "edited.mp4"))
        nothing.append(bench.keyreel(bench.ten, cache, folder / "again.mp4"))
        same = same and _sha256(folder / "again.mp4") == _sha256(folder / "full.mp4")
        bench.say(
            f"edit: full {full[-1].cpu_seconds:.1f}, caption {caption[-1].cpu_seconds:.2f}, "
            f"narration {spoken[-1].cpu_seconds:.2f}, nothing {nothing[-1].cpu_seconds:.2f} CPU s"
        )
    whole = median([usage.cpu_seconds for usage in full])
    rows = []
    medians = {}
    for name, runs in (
        ("full render, cold cache", full),
        ("one word of one caption", caption),
        ("one scene's narration spoken anew", spoken),
        ("nothing", nothing),
    ):
        medians[name] = cpu = median([usage.cpu_seconds for usage in runs])
        segments = answer(runs[-1])
        made = f"{segments['rendered']} of {segments['segments']}"
        wall = median([usage.wall_seconds for usage in runs])
        rows.append((name, number(cpu), f"{100 * ratio(cpu, whole):.1f} %", number(wall), made))
    share = 100 * ratio(medians["one word of one caption"], whole)
    return CaseResult(
        "edit",
        "What an edit costs",
        Table(("edited, of ten scenes", "CPU s", "of the full render", "wall s", "segments drawn"), tuple(rows)),
        verdicts=(
            at_most("one caption edited in ten scenes, of the full render", share, 8, " %", 1),
            at_most("nothing edited, CPU", medians["nothing"], 0.5, " s"),
            _yes("nothing edited, the output", same),
            _yes(f"{bench.rounds} full renders from empty caches", len(sums) == 1),
        ),
        notes=(f"{bench.ten.seconds:g} s in {bench.ten.scenes} scenes, {bench.ten.width}×{bench.ten.height}.",),
        data={"cpu": medians, "sha256": sorted(sums)},
    )


def _yes(what: str, same: bool) -> Verdict:
    return Verdict(what, "byte-identical", "byte-identical" if same else "different", same)


def growth(bench: Bench) -> CaseResult:
    """Memory with 10 and with 160 scenes of 360p: ours, and one graph that holds every input open."""
    folder = bench.folder("growth")
    counts = (3, 6) if bench.quick else (10, 160)
    scene_seconds = 2.0 if bench.quick else 3.0
    rows = []
    peaks: dict[int, float] = {}
    data: dict[str, object] = {}
    for count in counts:
        spec = JobSpec(count, 640, 360, scene_seconds=scene_seconds)
        usage = bench.keyreel(spec, bench.folder("growth/cache"), folder / "out.mp4")
        peaks[count] = usage.marked_bytes / 2**20
        graph = _graph(bench, spec, folder)
        bench.say(
            f"growth: {count} scenes, a worker {peaks[count]:.0f} MB, one graph {graph.tree_bytes / 2**20:.0f} MB"
        )
        graphs = megabytes(graph.tree_bytes) if graph.ok else f"failed after {megabytes(graph.tree_bytes)}"
        rows.append((str(count), megabytes(usage.marked_bytes), megabytes(usage.tree_bytes), graphs))
        data[str(count)] = {"keyreel": usage.as_json(), "graph": graph.as_json()}
    more = 100 * (ratio(peaks[counts[1]], peaks[counts[0]]) - 1)
    return CaseResult(
        "growth",
        "Memory as videos grow",
        Table(("scenes", "a Keyreel worker", "Keyreel's tree, 2 workers", "one ffmpeg graph"), tuple(rows)),
        verdicts=(
            at_most(f"memory of a worker, {counts[1]} scenes", peaks[counts[1]], 300, " MB", 0),
            at_most(f"its growth from {counts[0]} to {counts[1]} scenes", more, 10, " %", 1),
        ),
        notes=(
            f"Scenes of {scene_seconds:g} s at 640×360. A worker's memory is the most its process ever had resident.",
        ),
        data=data,
    )


def _graph(bench: Bench, spec: JobSpec, folder: Path) -> Usage:
    job = bench.plain_job(spec, folder)
    order = {"do": "graph", "job": str(job), "out": str(folder / "graph.mp4"), "upscale": 0}
    return bench.script("ffmpeg_job.py", order, timeout=300)


def preview(bench: Bench) -> CaseResult:
    """From the request to the file of the first preview segment."""
    cache = bench.folder("preview")
    order = bench.order(bench.five, cache)
    require(bench.script("preview_job.py", order), "the preview")  # prepares the media
    tries = [
        answer(require(bench.script("preview_job.py", order), "the preview")) for _ in range(3 if bench.quick else 7)
    ]
    seconds = median([one["seconds"] for one in tries])
    start = median([one["start_seconds"] for one in tries])
    bench.facts["start_seconds"] = start
    rows = (
        ("first preview segment from a warm worker", number(seconds), f"{tries[0]['frames']} frames"),
        ("starting a worker and opening the timeline, before that", number(start), "not part of it"),
    )
    return CaseResult(
        "preview",
        "The first preview segment",
        Table(("by the clock", "s", ""), rows),
        (at_most("first preview segment from a warm worker", seconds, 0.4, " s"),),
        (f"Median of {len(tries)} workers; 360p draft, media ready in that size.",),
        {"tries": tries},
    )
