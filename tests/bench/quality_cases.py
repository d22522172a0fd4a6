"""How it looks and moves, and a simulated fleet."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import fleet as fleet_model
from context import Bench, answer, require
from full_render import make_inputs
from measure import median
from report import CaseResult, Table, at_least, at_most, number

from services.renderer.engine.toolchain import find_ffmpeg

#: every fifth frame is judged: the mean moves by hundredths
_EVERY = 5


def quality(bench: Bench) -> CaseResult:
    """VMAF against the composed frames: ours, and the plain encode."""
    inputs = make_inputs(bench)
    spec = bench.five
    ours, plain = inputs.folder / "first.mp4", inputs.folder / "plain.mp4"
    order = {"do": "plain", "job": inputs.job, "frames": inputs.frames, "sound": inputs.sound, "out": plain}
    require(bench.script("ffmpeg_job.py", order), "the plain encode")
    rows = []
    scores = {}
    for name, video in (("Keyreel", ours), ("plain limit: veryfast crf 21", plain)):
        mean, worst = _vmaf(video, inputs.frames, (spec.width, spec.height), spec.fps, inputs.folder)
        scores[name] = mean
        size = video.stat().st_size
        rows.append(
            (name, number(mean), number(worst, 1), f"{size / 2**20:.1f} MB", number(8 * size / spec.seconds / 1e6, 1))
        )
    lost = scores["plain limit: veryfast crf 21"] - scores["Keyreel"]
    return CaseResult(
        "quality",
        "Quality of the picture",
        Table(("against the composed frames", "VMAF, mean", "lowest", "file", "Mbit/s"), tuple(rows)),
        (at_most("VMAF lower than the plain limit's by", lost, 0.2),),
        (f"libvmaf's default model, every {_EVERY}th frame.",),
        scores,
    )


def _vmaf(video: Path, frames: Path, size: tuple[int, int], fps: int, folder: Path) -> tuple[float, float]:
    """Mean and lowest VMAF of a video against raw frames."""
    log = folder / "vmaf.json"
    tags = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
    each = f"{tags},settb=1/{fps},setpts=N,select='not(mod(n,{_EVERY}))'"
    graph = f"[0:v]{each}[a];[1:v]{each}[b];[a][b]libvmaf=n_threads=2:log_path={log}:log_fmt=json"
    raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{size[0]}x{size[1]}", "-r", str(fps)]
    argv = [str(find_ffmpeg().path), "-v", "error", "-nostdin", "-i", str(video), *raw, "-i", str(frames)]
    subprocess.run([*argv, "-lavfi", graph, "-f", "null", "-"], check=True)
    pooled = json.loads(log.read_text())["pooled_metrics"]["vmaf"]
    return float(pooled["mean"]), float(pooled["min"])


def motion(bench: Bench) -> CaseResult:
    """Errors of displacement under a slow camera."""
    folder = bench.folder("motion")
    size = (640, 360) if bench.quick else (1920, 1080)
    order = {
        "photo": bench.material / "photo-0.jpg", "folder": folder, "width": size[0], "height": size[1],
        "frames": 12 if bench.quick else 120,
    }  # fmt: skip
    found = answer(require(bench.script("motion.py", order), "the motion probe"))
    contenders = list(next(iter(found.values())))
    rows = tuple((name, *(number(found[camera][name], 3) for camera in found)) for name in contenders)
    ours = max(errors["Keyreel"] for errors in found.values())
    return CaseResult(
        "motion",
        "Smoothness of slow camera moves",
        Table(("error of displacement, rms px", *found), rows),
        (at_most("rms error of a slow camera", ours, 0.2, " px"),),
        ("Phase correlation of neighbouring frames in five places; the method's own error is part of each figure.",),
        found,
    )


def fleet(bench: Bench) -> CaseResult:
    """A thousand simulated workers, with the costs measured here."""
    if "frame_seconds" not in bench.facts:
        cache = bench.folder("fleet")
        bench.script("keyreel_job.py", bench.order(bench.five, cache, workers=1, prepare=True, out=""))
        usage = bench.keyreel(bench.five, cache, cache / "out.mp4", workers=1)
        bench.facts["frame_seconds"] = usage.cpu_seconds / bench.five.frames
    if "start_seconds" not in bench.facts:
        order = bench.order(bench.five, bench.folder("preview"))
        tries = [answer(require(bench.script("preview_job.py", order), "starting a worker")) for _ in range(3)]
        bench.facts["start_seconds"] = median([one["start_seconds"] for one in tries])
    costs = fleet_model.Costs(bench.facts["frame_seconds"], bench.facts["start_seconds"])
    rows = []
    busy = []
    for seed in (1,) if bench.quick else (1, 2, 3):
        outcome = fleet_model.simulate(costs, seconds=120.0 if bench.quick else 900.0, seed=seed)
        busy.append(100 * outcome.busy)
        rows.append(
            (
                str(seed),
                f"{outcome.tasks:,}",
                f"{100 * outcome.busy:.1f} %",
                f"{100 * outcome.drawing:.1f} %",
                number(outcome.small_wait, 1),
                number(outcome.small_ideal, 1),
                number(outcome.large_wait, 1),
            )
        )
    head = (
        "seed", "tasks", "busy", "drawing", "small tenant's video, s", "had it been alone, s", "largest tenant's, s"
    )  # fmt: skip
    assumed = (
        f"Simulated, nothing is rendered: {1000 * costs.frame:.1f} ms a frame and {costs.start:.2f} s to start a "
        f"worker on a task were measured; {1000 * fleet_model.CLAIM_SECONDS:.0f} ms a claim and "
        f"{1000 * fleet_model.TRANSFER_SECONDS:.0f} ms to move media and segment are assumed. 200 tenants offer "
        f"{fleet_model.OFFERED_LOAD:g} times what the fleet can do, a fifth of it one tenant's from the start. Busy is "
        "from claim to end of a task, drawing the part of it that makes frames. Waits are medians of finished videos."
    )
    verdict = at_least("a simulated fleet of 1,000 workers, busy", min(busy), 90, " %", 1)
    return CaseResult(
        "fleet", "A fleet of 1,000 workers", Table(head, tuple(rows)), (verdict,), (assumed,), {"busy": busy}
    )
