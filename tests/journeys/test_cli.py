"""The command line as a person uses it: what it makes is looked at and listened to, not its exit code."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
FPS = 30


def keyreel(*args: str | Path, cwd: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "keyreel", *map(str, args)]
    environment = {**os.environ, "KEYREEL_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=540, check=False)


def events(done: subprocess.CompletedProcess[str]) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


class Film:
    """A finished video: its frames' luma (small) and its sound."""

    def __init__(self, path: Path) -> None:
        with av.open(str(path)) as container:
            self.metadata = dict(container.metadata)
            stream = container.streams.video[0]
            self.size = (stream.width, stream.height)
            self.frames = []
            self.times = []
            for frame in container.decode(stream):
                self.frames.append(frame.to_ndarray(format="gray")[::4, ::4])
                self.times.append(float(frame.pts * stream.time_base))
        with av.open(str(path)) as container:
            resampler = av.AudioResampler(format="fltp", layout="mono", rate=48_000)
            parts = [
                part.to_ndarray()[0]
                for frame in container.decode(container.streams.audio[0])
                for part in resampler.resample(frame)
            ]
            self.sound = np.concatenate(parts)
        self.path = path

    def loudness(self) -> tuple[float, float]:
        """Integrated LUFS and true peak dBTP, by FFmpeg's meter."""
        program = imageio_ffmpeg.get_ffmpeg_exe()
        meter = "ebur128=peak=true:framelog=quiet"
        command = [program, "-hide_banner", "-i", self.path, "-vn", "-af", meter, "-f", "null", "-"]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
        integrated = float(told.rpartition("I:")[2].split()[0])
        peak = float(told.rpartition("Peak:")[2].split()[0])
        return integrated, peak

    def level(self, start: float, end: float) -> float:
        """RMS of the sound in dB."""
        part = self.sound[int(start * 48_000) : int(end * 48_000)]
        return float(20 * np.log10(np.sqrt(np.mean(np.square(part))) + 1e-9))


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workshop")
    shutil.copytree(ROOT / "examples" / "tea", folder / "tea")
    return folder


@pytest.fixture(scope="module")
def board(workshop: Path) -> Path:
    """Ten scenes, as an author would keep editing them."""
    names = ["tea-cup", "mountains-dusk", "rain-window", "night-sky", "harbour-boats"]
    scenes = [
        {
            "id": f"s{number}",
            "duration": 3,
            "narration": {"text": f"Scene number {number} speaks of quiet things."},
            "visual": {"type": "upload", "src": f"sample:{names[number % 5]}"},
            "motion": {"effect": "zoomIn"},
            "transition": {"type": "fade", "duration": 0.3},
        }
        for number in range(10)
    ]
    board = workshop / "ten.json"
    canvas = {"width": 640, "height": 360}
    board.write_text(json.dumps({"version": "storyboard/1", "canvas": canvas, "scenes": scenes}))
    return board


def make(workshop: Path, text: str, *args: str) -> tuple[Film, dict, dict]:
    """Make a film from an example text; returns it with its compiled timeline and the last event."""
    name = Path(text).stem
    out = workshop / f"{name}.mp4"
    board = workshop / f"{name}.json"
    done = keyreel(
        "make", f"tea/{text}", "-o", out, "--storyboard", board, "--json", *args, cwd=workshop, cache=workshop / "cache"
    )
    assert done.returncode == 0, done.stderr + done.stdout
    exported = keyreel("export", board, "-o", f"{name}-timeline.json", cwd=workshop, cache=workshop / "cache")
    assert exported.returncode == 0, exported.stderr
    timeline = json.loads((workshop / f"{name}-timeline.json").read_text())
    return Film(out), timeline, events(done)[-1]


@pytest.fixture(scope="module", params=["article.txt", "article-fr.txt"])
def made(request: pytest.FixtureRequest, workshop: Path) -> tuple[Film, dict, dict]:
    args = ["--aspect", "9:16"] if request.param == "article-fr.txt" else []
    return make(workshop, request.param, *args)


@pytest.mark.slow
class TestMake:
    def test_the_language_is_told_from_the_text(self, made) -> None:
        film, timeline, _ = made
        assert timeline["language"] == ("fr" if film.size == (1080, 1920) else "en")

    def test_the_film_is_as_long_as_its_timeline_to_the_frame(self, made) -> None:
        film, timeline, done = made
        assert len(film.frames) == timeline["frames"] == done["frames"]
        assert np.allclose(film.times, np.arange(timeline["frames"]) / FPS, atol=1e-4)
        assert abs(len(film.sound) / 48_000 - timeline["frames"] / FPS) <= 1 / FPS

    def test_every_scene_shows_a_picture_of_its_own(self, made) -> None:
        film, timeline, _ = made
        middles = [film.frames[scene["start"] + scene["frames"] // 2] for scene in timeline["scenes"]]
        for frame in middles:
            assert frame.std() > 8, "a flat frame is no picture"
        for one, other in itertools.pairwise(middles):
            assert np.abs(one.astype(int) - other).mean() > 8, "two scenes show the same"

    def test_each_caption_appears_and_changes_when_its_words_are_spoken(self, made) -> None:
        film, timeline, _ = made
        groups = timeline["captions"]["groups"]
        height = film.frames[0].shape[0]
        band = slice(int(height * 0.68), int(height * 0.97))
        seen = 0
        for group in groups:
            before, at = group["start"] - 1, group["start"]
            scene = timeline["scenes"][group["scene"]]
            if before < scene["start"] + 16 or at >= len(film.frames):
                continue
            change = np.abs(film.frames[at].astype(int) - film.frames[before])[band].max()
            steady = np.abs(film.frames[at + 1].astype(int) - film.frames[at])[band].max()
            assert change > 60, f"no caption appears at frame {at}"
            assert change > steady, f"the caption does not appear at frame {at} but later"
            seen += 1
        assert seen >= len(groups) // 2

    def test_the_voice_is_heard_while_a_caption_is_shown_and_words_begin_where_it_gets_loud(self, made) -> None:
        film, timeline, _ = made
        for clip in timeline["narration"]:
            start, end = clip["start"] / FPS, (clip["start"] + clip["frames"]) / FPS
            assert film.level(start, end) > -26
            first = next(group for group in timeline["captions"]["groups"] if group["scene"] == clip["scene"])
            assert abs(first["start"] - clip["start"]) <= 3

    def test_it_is_as_loud_as_it_should_be(self, made) -> None:
        integrated, peak = made[0].loudness()
        assert abs(integrated - -14.0) <= 0.5
        assert peak <= -1.0

    def test_the_file_says_what_it_is(self, made) -> None:
        film, timeline, done = made
        assert film.metadata["title"] == timeline["title"]
        assert film.metadata["fingerprint"] == done["fingerprint"]


@pytest.mark.slow
def test_music_steps_back_under_the_voice(workshop: Path) -> None:
    """The same film with and without ducking: in a voice's pauses the music is lower by the asked 12 dB."""
    board = json.loads((workshop / "tea" / "storyboard.json").read_text())
    films = {}
    for name, gain in (("ducked", -12), ("level", 0)):
        board["music"]["duck"]["gainDb"] = gain
        path = workshop / f"{name}.json"
        path.write_text(json.dumps(board))
        run = {"cwd": workshop, "cache": workshop / "cache"}
        assert keyreel("render", path, "-o", f"{name}.mp4", "--preview", **run).returncode == 0
        assert keyreel("export", path, "-o", f"{name}-timeline.json", **run).returncode == 0
        films[name] = Film(workshop / f"{name}.mp4")
    timeline = json.loads((workshop / "ducked-timeline.json").read_text())
    # Between two scenes nobody speaks: the words' ends say where.
    clips = timeline["narration"]
    gaps = [((one["start"] + one["frames"]) / FPS, two["start"] / FPS) for one, two in itertools.pairwise(clips)]
    drops = [films["level"].level(*gap) - films["ducked"].level(*gap) for gap in gaps]
    assert max(drops) == pytest.approx(12, abs=2.5), drops
    end = (clips[-1]["start"] + clips[-1]["frames"]) / FPS + 0.5
    assert abs(films["level"].level(end, end + 0.2) - films["ducked"].level(end, end + 0.2)) < 2, "it comes back"


@pytest.mark.slow
class TestRender:
    def test_the_sample_storyboard_renders_as_the_readme_says(self, workshop: Path) -> None:
        out = workshop / "reasons.mp4"
        done = keyreel(
            *("render", "tea/storyboard.json", "-o", out, "--poster", workshop / "p.jpg", "--preview"),
            cwd=workshop,
            cache=workshop / "cache",
        )
        assert done.returncode == 0, done.stderr
        film = Film(out)
        assert film.size == (640, 360)
        assert (workshop / "p.jpg").read_bytes().startswith(b"\xff\xd8")

    def test_an_edited_caption_renders_one_part_again(self, workshop: Path, board: Path) -> None:
        run = {"cwd": workshop, "cache": workshop / "cache-ten"}
        first = events(keyreel("render", board, "-o", "ten.mp4", "--json", **run))[-1]
        assert first["rendered"] > 10
        before = (workshop / "ten.mp4").read_bytes()

        again = events(keyreel("render", board, "-o", "again.mp4", "--json", **run))[-1]
        assert again["rendered"] == 0
        assert (workshop / "again.mp4").read_bytes() == before

        edited = json.loads(board.read_text())
        edited["scenes"][4]["narration"]["text"] = "Scene number 4 speaks of strict things."
        (workshop / "edited.json").write_text(json.dumps(edited))
        third = events(keyreel("render", "edited.json", "-o", "edited.mp4", "--json", **run))[-1]
        assert third["rendered"] == 1

    def test_ctrl_c_leaves_neither_a_process_nor_a_half_file(self, workshop: Path, board: Path) -> None:
        out = workshop / "cancelled.mp4"
        cache = workshop / "cache-cancel"
        command = [sys.executable, "-m", "keyreel", "render", str(board), "-o", str(out), "--json"]
        environment = {**os.environ, "KEYREEL_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=workshop)
        for line in process.stdout or []:
            if json.loads(line).get("stage") == "render":
                break
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
        assert process.returncode == 130
        assert json.loads(rest.splitlines()[-1])["problem"]["code"] == "render_cancelled"
        assert not out.exists()
        assert not list(workshop.glob(".cancelled*"))
        assert not list((cache / "scratch").iterdir())
        deadline = time.monotonic() + 5
        while (left := _running(str(cache))) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not left


def _running(mark: str) -> list[str]:
    """Command lines of processes that name `mark`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if mark in line:
                found.append(line)
    return found


class TestSmallCommands:
    @pytest.fixture
    def run(self, tmp_path: Path):
        return lambda *args: keyreel(*args, cwd=tmp_path, cache=tmp_path / "cache")

    def test_validate_lists_every_problem_with_its_place(self, run, tmp_path: Path) -> None:
        (tmp_path / "bad.json").write_text(
            json.dumps(
                {
                    "version": "storyboard/1",
                    "canvas": {"width": 3, "fps": 1000},
                    "scenes": [{"id": "a", "duration": -1, "visual": {"type": "color", "color": "red"}}],
                }
            )
        )
        done = run("validate", "bad.json", "--json")
        assert done.returncode == 3
        problem = events(done)[-1]["problem"]
        assert problem["code"] == "invalid_storyboard"
        assert {(each["pointer"], each["code"]) for each in problem["errors"]} == {
            ("/canvas/width", "invalid_output"),
            ("/canvas/fps", "invalid_output"),
            ("/scenes/0/duration", "invalid_range"),
            ("/scenes/0/visual/color", "invalid_colour"),
        }
        people = run("validate", "bad.json")
        assert "/scenes/0/visual/color" in people.stderr
        assert "#RRGGBB" in people.stderr

    def test_a_file_that_is_not_there_is_named_with_its_place(self, run, tmp_path: Path) -> None:
        scene = {"id": "a", "duration": 1, "visual": {"type": "upload", "src": "file:../secret.jpg"}}
        (tmp_path / "b.json").write_text(json.dumps({"version": "storyboard/1", "scenes": [scene]}))
        done = run("render", "b.json", "-o", "b.mp4", "--json")
        assert done.returncode == 3
        assert events(done)[-1]["problem"]["errors"][0]["pointer"] == "/scenes/0/visual/src"
        assert run("render", "missing.json", "-o", "b.mp4").returncode == 3

    def test_a_storyboard_file_may_not_reach_outside_its_folder(self, run, tmp_path: Path) -> None:
        (tmp_path.parent / "outside.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        (tmp_path / "link.png").symlink_to(tmp_path.parent / "outside.png")
        for name in ("../outside.png", "link.png", "/etc/hostname"):
            scene = {"id": "a", "duration": 1, "visual": {"type": "upload", "src": f"file:{name}"}}
            (tmp_path / "b.json").write_text(json.dumps({"version": "storyboard/1", "scenes": [scene]}))
            done = run("render", "b.json", "-o", "b.mp4", "--json")
            assert events(done)[-1]["problem"]["errors"][0]["code"] == "unknown_reference"

    def test_a_voice_that_needs_a_key_says_so(self, run, tmp_path: Path) -> None:
        scene = {"id": "a", "narration": {"text": "Hi"}, "visual": {"type": "color", "color": "#000000"}}
        board = {"version": "storyboard/1", "voice": {"connector": "elevenlabs"}, "scenes": [scene]}
        (tmp_path / "b.json").write_text(json.dumps(board))
        done = run("render", "b.json", "-o", "b.mp4", "--json")
        assert events(done)[-1]["problem"]["errors"][0] == {
            "pointer": "/voice/connector",
            "code": "connector_unavailable",
            "message": "Only “speech-offline” speaks without a server; elevenlabs needs a key in the studio.",
        }

    def test_subtitles_come_in_and_go_out_with_the_same_words(self, run, tmp_path: Path) -> None:
        (tmp_path / "in.srt").write_text(
            "1\n00:00:00,000 --> 00:00:02,000\nBonjour à tous\n\n2\n00:00:02,500 --> 00:00:04,000\nEt merci\n"
        )
        assert run("import", "in.srt", "-o", "board.json").returncode == 0
        assert run("validate", "board.json").returncode == 0
        assert run("export", "board.json", "-o", "out.srt").returncode == 0
        written = (tmp_path / "out.srt").read_text()
        assert "Bonjour à tous" in written
        assert "Et merci" in written

    def test_a_table_fills_a_template_and_reports_its_bad_rows(self, run, tmp_path: Path) -> None:
        template = {
            "version": "storyboard/1",
            "fields": [{"name": "CITY", "required": True}, {"name": "TINT", "default": "#112233"}],
            "scenes": [
                {"id": "a", "narration": {"text": "Hello {{CITY}}"}, "visual": {"type": "color", "color": "{{TINT}}"}}
            ],
        }
        (tmp_path / "t.json").write_text(json.dumps(template))
        (tmp_path / "rows.csv").write_text("CITY,TINT\nParis,#aabbcc\nRome,blue\n")
        done = run("import", "rows.csv", "--template", "t.json", "-o", "made", "--json")
        assert done.returncode == 0
        assert events(done)[-1]["written"] == 1
        assert [event["code"] for event in events(done) if event["event"] == "notice"] == ["invalid_colour"]
        (made,) = (tmp_path / "made").iterdir()
        assert json.loads(made.read_text())["scenes"][0]["narration"]["text"] == "Hello Paris"

    @pytest.mark.parametrize("name", ["x.srt", "x.vtt", "x.ass", "x.otio", "x.txt", "x.json"])
    def test_every_export_is_written(self, run, tmp_path: Path, name: str) -> None:
        scene = {"id": "a", "narration": {"text": "One two"}, "visual": {"type": "color", "color": "#000000"}}
        (tmp_path / "b.json").write_text(json.dumps({"version": "storyboard/1", "title": "T", "scenes": [scene]}))
        assert run("export", "b.json", "-o", name).returncode == 0
        assert (tmp_path / name).read_text().strip()

    def test_an_unknown_format_and_an_empty_text_are_told(self, run, tmp_path: Path) -> None:
        (tmp_path / "a.xyz").write_text("x")
        assert "format" in run("import", "a.xyz", "-o", "b.json").stderr
        (tmp_path / "empty.txt").write_text(" \n")
        done = run("make", "empty.txt", "-o", "b.mp4")
        assert done.returncode == 3
        assert "empty" in done.stderr

    def test_doctor_tries_everything_and_finds_it(self, run) -> None:
        done = run("doctor", "--json")
        assert done.returncode == 0, done.stdout
        found = {event["name"]: event["state"] for event in events(done)}
        assert found["FFmpeg"] == found["h264 encoder"] == found["av1 encoder"] == found["offline speech"] == "ok"

    def test_doctor_says_what_to_do_about_a_missing_cache_folder(self, run, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        done = run("doctor", "--json", "--cache-dir", "file/cache")
        assert done.returncode == 5
        broken = next(event for event in events(done) if event["name"] == "cache")
        assert "--cache-dir" in broken["advice"]


def test_cancelling_while_voices_are_made_ends_the_command_at_once(tmp_path: Path) -> None:
    narration = {"text": "A sentence that has to be spoken before anything can be rendered."}
    visual = {"type": "color", "color": "#102030"}
    scenes = [{"id": f"s{n}", "narration": {"text": f"{n}. {narration['text']}"}, "visual": visual} for n in range(400)]
    board = tmp_path / "long.json"
    board.write_text(
        json.dumps({"version": "storyboard/1", "voice": {"connector": "speech-offline"}, "scenes": scenes})
    )
    command = [sys.executable, "-m", "keyreel", "render", str(board), "-o", str(tmp_path / "o.mp4"), "--json"]
    environment = {**os.environ, "KEYREEL_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    for line in process.stdout or []:
        if json.loads(line).get("stage") == "resolve":
            break
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    assert json.loads(rest.splitlines()[-1])["problem"]["code"] == "render_cancelled"
