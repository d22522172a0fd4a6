"""The program that measures, measured: a figure in `docs/benchmarks.md` is worth what this is."""

from __future__ import annotations

import math
import sys
from itertools import pairwise
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

import ffmpeg_job
import fleet
import measure
import report
from context import printable, reason_of
from job import JobSpec
from peer_setup import Peer, PeerUnavailable

#: spends about this much CPU time, then says so
_SPIN = "import time\nend = time.process_time() + {seconds}\nwhile time.process_time() < end: pass\n"


def _python(code: str) -> list[str]:
    return [sys.executable, "-I", "-c", code]


def test_cpu_time_of_a_grandchild_is_counted() -> None:
    spin = _SPIN.format(seconds=0.4)
    child = f"import subprocess, sys\nsubprocess.run([sys.executable, '-I', '-c', {spin!r}], check=True)\n"
    usage = measure.run(_python(child))
    assert usage.ok
    assert 0.4 <= usage.cpu_seconds < 3.0


def test_cpu_time_of_an_orphan_whose_parent_is_gone_is_counted_until_it_ends() -> None:
    spin = _SPIN.format(seconds=0.4)
    child = (
        f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-I', '-c', {spin!r}], start_new_session=True)\n"
    )
    usage = measure.run(_python(child))
    assert usage.ok
    assert usage.cpu_seconds >= 0.4


def test_cpu_time_of_a_child_that_is_killed_is_counted() -> None:
    killed = _SPIN.format(seconds=0.4) + "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
    child = f"import subprocess, sys\nsubprocess.run([sys.executable, '-I', '-c', {killed!r}])\n"
    assert measure.run(_python(child)).cpu_seconds >= 0.4


def test_peak_memory_adds_up_processes_that_live_at_the_same_time() -> None:
    hold = "import time\nblock = bytearray(b'x') * (64 * 2**20)\ntime.sleep(0.8)\n"
    child = f"import subprocess, sys\nargv = [sys.executable, '-I', '-c', {hold!r}, 'marked-one']\n"
    child += "for process in [subprocess.Popen(argv) for _ in range(2)]: process.wait()\n"
    usage = measure.run(_python(child), mark="marked-one")
    assert 2 * 64 * 2**20 <= usage.tree_bytes < 256 * 2**20
    assert 64 * 2**20 <= usage.marked_bytes < 128 * 2**20


def test_a_command_that_fails_is_told_with_the_end_of_its_output() -> None:
    usage = measure.run(_python("raise SystemExit('ValueError: the disk is made of cheese')"))
    assert not usage.ok
    assert usage.code == 1
    assert reason_of(usage) == "exit code 1: ValueError: the disk is made of cheese"


def test_a_message_on_the_page_names_no_folder_and_no_address() -> None:
    told = printable("npm error: https://example.org/x.tgz for /home/someone/.cache/peer/file.js")
    assert told == "npm error: (address) for file.js"


def test_a_command_that_does_not_exist_is_told_instead_of_raised() -> None:
    assert not measure.run(["/nonexistent/program"]).ok


def test_a_command_that_never_ends_is_killed_with_what_it_started() -> None:
    sleeper = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    usage = measure.run(_python(sleeper), timeout=0.5)
    assert usage.timed_out
    assert not usage.ok
    assert usage.wall_seconds < 30
    assert reason_of(usage) == "it did not end in time"


def test_the_median_of_rounds_is_their_middle_and_of_none_unknown() -> None:
    assert measure.median([3.0, 1.0, 2.0]) == 2.0
    assert math.isnan(measure.median([]))


@pytest.mark.parametrize(
    ("value", "base", "expected"), [(3.0, 2.0, 1.5), (0.0, 2.0, 0.0), (1.0, 0.0, math.nan), (math.nan, 2.0, math.nan)]
)
def test_a_ratio_is_only_known_where_both_figures_are(value: float, base: float, expected: float) -> None:
    assert report.ratio(value, base) == pytest.approx(expected, nan_ok=True)


def test_verdicts_say_yes_no_or_not_measured() -> None:
    verdicts = [
        report.at_most("× the limit", 1.1, 1.2),
        report.at_most("memory", 301, 300, " MB", 0),
        report.at_least("editly", math.nan, 5),
    ]
    assert [verdict.met for verdict in verdicts] == [True, False, None]
    assert report.verdict_table(verdicts).rows == (
        ("× the limit", "≤ 1.2", "1.10", "yes"),
        ("memory", "≤ 300 MB", "301 MB", "**no**"),
        ("editly", "≥ 5", "–", "not measured"),
    )


def test_a_table_keeps_its_columns_whatever_a_reason_holds() -> None:
    table = report.Table(("contender", "CPU s"), (("a|b", "failed:\nno screen"),))
    assert report.markdown_table(table) == "| contender | CPU s |\n| --- | --: |\n| a\\|b | failed: no screen |"


def test_the_page_names_the_command_the_machine_and_every_target() -> None:
    table = report.Table(("what", "s"), (("render", "1.00"),))
    verdict = report.at_most("render", 1.0, 2.0, " s")
    text = report.page([report.CaseResult("full", "Full render", table, (verdict,))], {"Machine": "2 cores"}, "make it")
    assert text.startswith("# Benchmarks\n")
    for part in ("```\nmake it\n```", "- Machine: 2 cores", "| render | ≤ 2 s | 1.00 s | yes |", "## Full render"):
        assert part in text


def test_a_job_of_n_scenes_lasts_exactly_n_times_a_scene() -> None:
    assert (JobSpec(5).seconds, JobSpec(5).frames) == (30.0, 900)
    assert (JobSpec(10).seconds, JobSpec(10).frames) == (60.0, 1800)


def test_the_limit_encodes_with_the_renderers_own_settings_in_one_thread() -> None:
    job = {"width": 64, "height": 36, "fps": 30, "seconds": 1.0}
    argv = ffmpeg_job.limit_argv(Path("f.yuv"), Path("s.wav"), job, Path("o.mp4"), plain=False)
    pairs = dict(pairwise(argv))
    assert (pairs["-preset"], pairs["-crf"], pairs["-threads"]) == ("superfast", "21", "1")
    assert "rc-lookahead=10" in pairs["-x264-params"]


def test_a_peer_that_cannot_be_installed_says_why_and_is_not_tried_again(tmp_path: Path) -> None:
    tries = []

    def install(home: Path) -> None:
        tries.append(home)
        raise PeerUnavailable("its installation failed: no compiler")

    pins = tmp_path / "pins"
    pins.write_text("peer==1")
    peer = Peer("peer", "peer", pins, install, lambda home, job, out: [])
    for _ in range(2):
        with pytest.raises(PeerUnavailable, match="no compiler"):
            peer.ready(tmp_path / "peers")
    assert len(tries) == 1


def test_a_peer_that_needs_a_missing_program_says_which(tmp_path: Path) -> None:
    pins = tmp_path / "pins"
    pins.write_text("peer==1")
    peer = Peer("peer", "peer", pins, lambda home: None, lambda home, job, out: [], ("no-such-browser",))
    with pytest.raises(PeerUnavailable, match="no-such-browser isn't on this machine"):
        peer.ready(tmp_path)


def test_a_fleet_with_a_full_queue_stays_busy_and_small_tenants_do_not_wait_for_a_large_one() -> None:
    costs = fleet.Costs(frame=0.02, start=0.4)
    outcome = fleet.simulate(costs, workers=50, seconds=200.0, tenants=40, seed=3)
    assert 0.9 <= outcome.busy <= 1.0
    assert outcome.drawing < outcome.busy
    assert outcome.small_wait < 5 * outcome.small_ideal
    assert outcome.large_wait > outcome.small_wait


def test_a_simulated_fleet_gives_the_same_figures_every_time() -> None:
    costs = fleet.Costs(frame=0.02, start=0.4)
    first = fleet.simulate(costs, workers=10, seconds=60.0, tenants=8)
    assert first == fleet.simulate(costs, workers=10, seconds=60.0, tenants=8)


def test_subtitle_times_are_written_to_the_hundredth(tmp_path: Path) -> None:
    scene = {
        "title": "One", "title_start": 0.7, "title_end": 3.2,
        "captions": [[{"text": "Hello", "start": 61.239, "end": 61.5}]],
    }  # fmt: skip
    path = ffmpeg_job.write_subtitles({"width": 1920, "height": 1080, "scenes": [scene]}, tmp_path / "all.ass")
    assert "Dialogue: 0,0:01:01.24,0:01:01.50,Caption" in path.read_text()


def _studio(p50: str) -> str:
    table = report.Table(("call", "p50 ms"), (("GET /healthz (baseline)", p50),))
    case = report.CaseResult("api", "The main calls", table, (report.at_most("claim", 21.0, 20, " ms", 1),))
    return report.chapter([case], {"Date": "today"}, "python tests/bench/studio/run.py", "Noise.")


def test_the_studios_part_of_the_page_is_replaced_and_the_rest_stays() -> None:
    renderer = report.page([], {"Date": "today"}, "python tests/bench/run.py")
    assert report.chapter_of(renderer) == ""
    first = report.with_chapter(renderer, _studio("1.00"))
    second = report.with_chapter(first, _studio("2.00"))
    assert first.startswith(renderer)
    assert second == first.replace("1.00", "2.00")
    assert "| claim | ≤ 20 ms | 21.0 ms | **no** |" in second


def test_a_new_page_of_the_renderer_keeps_the_studios_part() -> None:
    renderer = report.page([], {"Date": "today"}, "python tests/bench/run.py")
    whole = report.with_chapter(renderer, _studio("1.00"))
    assert renderer + report.chapter_of(whole) == whole
