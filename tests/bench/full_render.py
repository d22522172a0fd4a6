"""The big table: one job by everybody, as a multiple of encoding its finished frames; drawing cost and scaling."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from context import WORKER_MARK, Bench, CaseFailed, answer, link_copy, printable, reason_of, require, wrong_with
from measure import Usage, median, run
from peer_setup import PEERS, Peer, PeerUnavailable
from report import CaseResult, Table, Verdict, at_least, at_most, megabytes, number, ratio

from services.renderer.engine.toolchain import find_ffmpeg

#: a contender that takes more CPU than this is measured once, seconds
SLOW = 100.0

LIMIT, PLAIN = "limit: encode of the composed frames, our settings", "plain limit: the same frames, veryfast crf 21"
COLD_1, COLD_2 = "**Keyreel**, cold cache, 1 worker", "**Keyreel**, cold cache, 2 workers"
WARM_1, WARM_2 = "**Keyreel**, media prepared, 1 worker", "**Keyreel**, media prepared, 2 workers"
EDITLY = "editly"


@dataclass(slots=True)
class Contender:
    """`command` makes ready, unmeasured, and returns what is run to write a file."""

    name: str
    command: Callable[[Path], list[str]]
    runs: list[Usage] = field(default_factory=list)
    reason: str = ""
    remark: str = ""

    @property
    def cpu(self) -> float:
        return median([run.cpu_seconds for run in self.runs])

    @property
    def wall(self) -> float:
        return median([run.wall_seconds for run in self.runs])

    @property
    def tree(self) -> float:
        return max((float(run.tree_bytes) for run in self.runs), default=float("nan"))

    @property
    def worker(self) -> float:
        return max((float(run.marked_bytes) for run in self.runs), default=float("nan"))


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is made beforehand for all contenders."""

    folder: Path
    job: Path
    frames: Path
    sound: Path
    prepared: Path
    draw_milliseconds: float
    drawn: int


def make_inputs(bench: Bench) -> Inputs:
    """Composed frames, mixed sound and a cache of prepared media, kept for the cases of one run."""
    folder = bench.folder("full", empty="inputs" not in bench.facts)
    job = folder / "job.json"
    frames, sound, prepared = folder / "frames.yuv", folder / "sound.wav", folder / "prepared"
    if "inputs" not in bench.facts:
        bench.say("composing the frames")
        bench.plain_job(bench.five, folder)
        order = bench.order(bench.five, prepared, workers=2, prepare=True, out="")
        require(bench.script("keyreel_job.py", order), "preparing the media")
        drawn = answer(require(bench.script("compose.py", bench.order(bench.five, prepared, out=frames)), "composing"))
        bench.facts["drawn"] = drawn["frames"]
        bench.facts["draw_ms"] = 1000 * drawn["draw_cpu_seconds"] / drawn["frames"]
        first = folder / "first.mp4"
        bench.keyreel(bench.five, folder / "first-cache", first)
        argv = [str(find_ffmpeg().path), "-v", "error", "-y", "-nostdin", "-i", str(first), "-vn", str(sound)]
        subprocess.run(argv, check=True)
        bench.facts["inputs"] = 1.0
    return Inputs(folder, job, frames, sound, prepared, bench.facts["draw_ms"], int(bench.facts["drawn"]))


def _contenders(bench: Bench, inputs: Inputs) -> list[Contender]:
    def ffmpeg(do: str, **more: object) -> Callable[[Path], list[str]]:
        order = {"do": do, "job": inputs.job, "frames": inputs.frames, "sound": inputs.sound, **more}
        return lambda out: bench.argv("ffmpeg_job.py", {**order, "out": out})

    def keyreel(workers: int, *, warm: bool) -> Callable[[Path], list[str]]:
        def command(out: Path) -> list[str]:
            cache = inputs.folder / "cache"
            shutil.rmtree(cache, ignore_errors=True)
            if warm:
                link_copy(inputs.prepared, cache)
            return bench.argv("keyreel_job.py", bench.order(bench.five, cache, out=out, workers=workers))

        return command

    def peer(one: Peer) -> Callable[[Path], list[str]]:
        return lambda out: one.command(one.ready(bench.peers), inputs.job, out)

    own = [
        Contender(LIMIT, ffmpeg("limit")),
        Contender(PLAIN, ffmpeg("plain")),
        Contender(WARM_1, keyreel(1, warm=True)),
        Contender(WARM_2, keyreel(2, warm=True)),
        Contender(COLD_1, keyreel(1, warm=False)),
        Contender(COLD_2, keyreel(2, warm=False)),
        Contender("one ffmpeg graph, zoompan (jitters)", ffmpeg("graph", upscale=0)),
        Contender("the copy-paste answer, zoompan on 8,000 px", ffmpeg("graph", upscale=8000)),
    ]
    return [*own, *(Contender(one.name, peer(one)) for one in PEERS if bench.with_peers)]


def _run_once(bench: Bench, inputs: Inputs, contender: Contender, number_: int) -> None:
    out = inputs.folder / f"{number_}.mp4"
    out.unlink(missing_ok=True)
    try:
        argv = contender.command(out)
    except (PeerUnavailable, OSError) as error:
        contender.reason = f"not measured: {printable(str(error))}"
        bench.say(f"{contender.name}: {contender.reason}")
        return
    usage = run(argv, env=bench.environment(), mark=WORKER_MARK, timeout=900)
    fault = wrong_with(out, bench.five) if usage.ok else ""
    if not usage.ok or fault.startswith("no readable"):
        contender.reason = f"failed: {fault or reason_of(usage)}"
        bench.say(f"{contender.name}: {contender.reason}")
        return
    contender.remark = fault
    contender.runs.append(usage)
    bench.say(f"{contender.name}: {usage.cpu_seconds:.1f} CPU s, {usage.wall_seconds:.1f} s, {fault or 'complete'}")


def measure(bench: Bench) -> dict[str, Contender]:
    """Every contender, round by round; slow ones once, failing ones not again."""
    inputs = make_inputs(bench)
    contenders = _contenders(bench, inputs)
    for round_ in range(bench.rounds):
        bench.say(f"round {round_ + 1} of {bench.rounds}")
        for place, contender in enumerate(contenders):
            if not contender.reason and (round_ == 0 or contender.cpu <= SLOW):
                _run_once(bench, inputs, contender, place)
    found = {contender.name: contender for contender in contenders}
    if not found[LIMIT].runs:
        raise CaseFailed(f"the limit could not be measured: {found[LIMIT].reason}")
    return found


def full(bench: Bench) -> CaseResult:
    found = measure(bench)
    limit, plain = found[LIMIT].cpu, found[PLAIN].cpu
    warm, cold = found[WARM_1], found[COLD_2]
    editly = found[EDITLY].cpu if EDITLY in found else float("nan")
    bench.facts |= {
        "frame_seconds": warm.cpu / bench.five.frames,
        "wall_1": warm.wall,
        "wall_2": found[WARM_2].wall,
        "cold_wall_1": found[COLD_1].wall,
        "cold_wall_2": cold.wall,
    }
    rows = [
        (
            contender.name,
            number(contender.cpu, 1),
            number(ratio(contender.cpu, limit)),
            number(ratio(contender.cpu, plain)),
            number(contender.wall, 1),
            megabytes(contender.tree),
            contender.reason
            or contender.remark
            or (f"{len(contender.runs)} rounds" if len(contender.runs) > 1 else "1 round"),
        )
        for contender in found.values()
    ]
    workers = max((c.worker for c in (warm, cold, found[WARM_2], found[COLD_1]) if c.runs), default=float("nan"))
    spec = bench.five
    head = ("contender", "CPU s", "× limit", "× plain limit", "wall s", "peak of the tree", "remarks")
    return CaseResult(
        "full",
        "Full render",
        Table(head, tuple(rows)),
        verdicts=(
            at_most("full render, media prepared, × the limit", ratio(warm.cpu, limit), 1.2),
            at_most("full render, cold cache, × the limit", ratio(cold.cpu, limit), 1.2),
            at_most("full render, media prepared, × the plain limit", ratio(warm.cpu, plain), 0.75),
            at_most("full render, cold cache, × the plain limit", ratio(cold.cpu, plain), 0.75),
            at_most("memory of a worker at its peak, full render", workers / 2**20, 300, " MB", 0),
            at_least("editly's CPU, × ours with a cold cache", ratio(editly, cold.cpu), 5),
        ),
        notes=(
            f"{spec.seconds:g} s, {spec.scenes} scenes, {spec.width}×{spec.height} at {spec.fps} frames a second: "
            "photos with pan and zoom, clips, word captions, titles, cross-fades, narration, music stepping back under "
            "it. The limits encode frames and sound that are finished already, in one thread. Peers encode veryfast "
            "crf 21. MoviePy and Remotion don't lower the music; editly and MoneyPrinterTurbo's flow don't colour the "
            "spoken word; that flow has no titles and fades through black.",
        ),
        data={
            contender.name: {"reason": contender.reason, "runs": [usage.as_json() for usage in contender.runs]}
            for contender in found.values()
        },
    )


def scaling(bench: Bench) -> CaseResult:
    """One worker against two, by the clock; from the big table's runs or from its own."""
    if "wall_1" not in bench.facts:
        inputs = make_inputs(bench)
        by_name = {contender.name: contender for contender in _contenders(bench, inputs)}
        for _ in range(bench.rounds):
            for place, name in enumerate((WARM_1, WARM_2, COLD_1, COLD_2)):
                _run_once(bench, inputs, by_name[name], 100 + place)
        bench.facts |= {"wall_1": by_name[WARM_1].wall, "wall_2": by_name[WARM_2].wall}
        bench.facts |= {"cold_wall_1": by_name[COLD_1].wall, "cold_wall_2": by_name[COLD_2].wall}
    facts = bench.facts
    rows = []
    for name, one, two in (
        ("media prepared", facts["wall_1"], facts["wall_2"]),
        ("cold cache", facts["cold_wall_1"], facts["cold_wall_2"]),
    ):
        rows.append((name, number(one), number(two), number(ratio(one, two))))
    table = Table(("full render", "1 worker, s", "2 workers, s", "×"), tuple(rows))
    verdict = at_least("two workers, × one, media prepared", ratio(facts["wall_1"], facts["wall_2"]), 1.8)
    note = "By the clock: noisy where the machine has other work. The sound track is mixed beside the picture."
    return CaseResult("scaling", "Two workers against one", table, (verdict,), (note,), dict(facts))


def compose(bench: Bench) -> CaseResult:
    """What a frame costs before it is encoded."""
    inputs = make_inputs(bench)
    size = f"{bench.five.width}×{bench.five.height}"
    table = Table(
        ("drawing", "frames", "CPU ms a frame"),
        ((f"{size}, all of the job's frames", str(inputs.drawn), number(inputs.draw_milliseconds)),),
    )
    verdict = Verdict("drawing one 1080p frame", "4.3 ms (prototype)", f"{inputs.draw_milliseconds:.2f} ms", None)
    if not bench.quick:
        verdict = at_most("drawing one 1080p frame", inputs.draw_milliseconds, 4.3, " ms")
    return CaseResult("compose", "Drawing alone", table, (verdict,), data={"ms": inputs.draw_milliseconds})
