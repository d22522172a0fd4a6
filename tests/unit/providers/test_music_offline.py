import hashlib
import re
import subprocess
import sys
import wave
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from services.orchestrator import errors
from services.orchestrator.providers import music_offline, music_render
from services.orchestrator.providers.music_offline import MOODS, Mood, compose
from services.orchestrator.providers.music_score import write_score


def samples(path: Path) -> np.ndarray:
    with wave.open(str(path)) as wav:
        assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) == (48_000, 2, 2)
        return np.frombuffer(wav.readframes(wav.getnframes()), "<i2").reshape(-1, 2) / 32768


def ebur128(path: Path) -> tuple[float, float]:
    """Integrated loudness (LUFS) and true peak (dBFS) as FFmpeg measures them."""
    log = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-i", path, "-af", "ebur128=peak=true", "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    summary = log[log.rindex("Summary") :]
    integrated = re.search(r"I:\s+(-?[\d.]+) LUFS", summary)
    peak = re.search(r"Peak:\s+(-?[\d.]+) dBFS", summary)
    assert integrated and peak
    return float(integrated[1]), float(peak[1])


@pytest.mark.slow
@pytest.mark.parametrize("mood", MOODS)
def test_every_mood_has_the_level_and_balance_of_background_music(mood: Mood, tmp_path: Path) -> None:
    music = compose(mood=mood, seconds=30, seed=5, out=tmp_path / "a.wav")
    sound = samples(music.path)
    assert len(sound) == 30 * 48_000
    integrated, true_peak = ebur128(music.path)
    assert -20 <= integrated <= -18
    assert true_peak <= -1
    assert np.abs(sound.mean(axis=0)).max() < 1e-4, "no DC"
    power = np.abs(np.fft.rfft(sound.mean(axis=1))) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / 48_000)

    def share(low: float, high: float) -> float:
        return float(10 * np.log10(power[(hertz >= low) & (hertz < high)].sum() / power.sum()))

    assert share(0, 20) < -30
    assert share(20, 500) > -6
    assert -14 < share(500, 2000) < -1
    assert -28 < share(2000, 16_000) < -8
    assert np.corrcoef(sound.T)[0, 1] < 0.97, "it is stereo"


@pytest.mark.parametrize("mood", ["calm", "upbeat"])
def test_music_begins_and_ends_in_silence_without_a_click(mood: Mood, tmp_path: Path) -> None:
    sound = samples(compose(mood=mood, seconds=12, seed=3, out=tmp_path / "a.wav").path)
    assert np.abs(sound[:48]).max() < 0.001 and np.abs(sound[-48:]).max() < 0.001
    assert np.abs(np.diff(sound, axis=0)).max() < 0.2
    quietest_second = min(float(np.sqrt((s**2).mean())) for s in np.array_split(sound[48_000 : 9 * 48_000], 8))
    assert quietest_second > 0.01, "no hole in the middle"


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_piece(tmp_path: Path) -> None:
    def digest(mood: Mood, seed: int) -> str:
        path = compose(mood=mood, seconds=8, seed=seed, out=tmp_path / "a.wav").path
        return hashlib.sha256(path.read_bytes()).hexdigest()

    first = digest("warm", 1)
    assert digest("warm", 1) == first
    assert len({first, digest("warm", 2), digest("warm", 3), digest("calm", 1)}) == 4


@pytest.mark.parametrize("mood", MOODS)
def test_a_hundred_seeds_give_many_different_scores(mood: Mood) -> None:
    scores = {write_score(mood, 60, seed).notes for seed in range(100)}
    assert len(scores) >= 95


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("seconds", [1, 2.5, 7, 45, 149, 151, 400, 3600])
def test_the_last_chord_falls_before_the_end(mood: Mood, seconds: float) -> None:
    score = write_score(mood, seconds, 9)
    bar = 240 / score.bpm
    played = score.bars
    if score.cycle:
        played += (score.cycle[1] - score.cycle[0]) * (score.repeats - 1)
    assert 40 <= score.bpm <= 170
    assert played * bar < seconds or seconds < 4
    assert all(note.beat >= 0 and 24 <= note.pitch <= 96 for note in score.notes)


def test_chords_move_by_small_steps() -> None:
    score = write_score("warm", 60, 4)
    chords: dict[float, list[int]] = {}
    for note in score.notes:
        if note.voice == "pad":
            chords.setdefault(note.beat, []).append(note.pitch)
    bars = [sorted(chords[beat]) for beat in sorted(chords)]
    moves = [abs(a - b) for one, two in pairwise(bars) for a, b in zip(one, two, strict=True)]
    assert np.mean(moves) < 3.5 and max(moves) <= 7


@pytest.mark.slow
def test_a_long_piece_repeats_whole_bars_without_a_seam(tmp_path: Path) -> None:
    music = compose(mood="focus", seconds=300, seed=1, out=tmp_path / "a.wav")
    sound = samples(music.path)
    assert len(sound) == 300 * 48_000 and music.loop is not None
    begin, end = (round(t * 48_000) for t in music.loop)
    assert np.abs(sound[begin : begin + 4800] - sound[end : end + 4800]).max() < 1e-3
    seam = np.abs(np.diff(sound[end - 50 : end + 50], axis=0)).max()
    assert seam < np.abs(np.diff(sound, axis=0)).max()
    integrated, _ = ebur128(music.path)
    assert -20.5 <= integrated <= -17.5


def test_loudness_agrees_with_ffmpeg(tmp_path: Path) -> None:
    path = compose(mood="cinematic", seconds=20, seed=2, out=tmp_path / "a.wav").path
    ours = music_render.loudness(samples(path).T.astype(np.float32))
    assert abs(ours - ebur128(path)[0]) < 0.4


def test_an_unknown_mood_or_an_impossible_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.MusicRequestInvalid, match="calm"):
        compose(mood="angry", seconds=5, seed=0, out=tmp_path / "a.wav")  # type: ignore[arg-type]
    for seconds in (0, -1, float("nan"), 1e9):
        with pytest.raises(errors.MusicRequestInvalid):
            compose(mood="calm", seconds=seconds, seed=0, out=tmp_path / "a.wav")


def test_numpy_is_loaded_only_when_music_is_made() -> None:
    program = "import sys, services.orchestrator.providers.music_offline; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(music_offline.__file__).parents[3])
