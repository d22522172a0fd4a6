"""The mix, sample by sample: places, fades, music in a loop and under speech, memory."""

import threading

import numpy as np
import pytest

from kernel.sandbox import discover
from services.renderer.engine.sound.mix import mix
from services.renderer.engine.sound.soundtrack import MusicTrack, PlacedSound, music_track, placed_sounds
from services.renderer.engine.workers.handle import Host
from services.renderer.engine.workers.pool import Pool
from services.renderer.engine.workers.protocol import Mix

RATE = 48_000
STEP = 1 / 32768


def mixed(tmp_path, sounds, music=None, seconds=1.0) -> np.ndarray:
    path = tmp_path / "mix.f32"
    mix(sounds, music, round(seconds * RATE), path)
    return np.fromfile(path, "<f4").reshape(-1, 2)


def level(samples: np.ndarray) -> float:
    """RMS in dB."""
    return 20 * np.log10(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def stereo(samples: np.ndarray) -> np.ndarray:
    return np.stack([samples, samples], axis=1)


def test_sounds_lie_at_their_exact_samples_and_add_up(studio, tmp_path):
    noise = np.random.default_rng(1).uniform(-0.4, 0.4, (2000, 2))
    path = str(studio.wav("noise", noise))
    out = mixed(tmp_path, [PlacedSound(path, 12_345, 9999, 1.0), PlacedSound(path, 13_345, 500, 0.5)])
    expected = np.zeros((RATE, 2))
    expected[12_345:14_345] += noise
    expected[13_345:13_845] += 0.5 * noise[:500]
    assert np.abs(out - expected).max() < 2 * STEP


def test_a_mono_recording_of_another_rate_arrives_where_it_belongs(studio, tmp_path):
    """A click pattern at 22.05 kHz: cross-correlation finds it at its place, and mono at −3 dB on both sides."""
    rate, chance = 22_050, np.random.default_rng(2)
    coarse = np.repeat(chance.uniform(-0.5, 0.5, rate // 20), 10)
    path = str(studio.wav("mono", coarse, rate))
    out = mixed(tmp_path, [PlacedSound(path, 10_000, RATE, 1.0)])
    ideal = np.interp(np.arange(round(len(coarse) * RATE / rate)) * rate / RATE, np.arange(len(coarse)), coarse)
    match = np.correlate(out[:, 0], ideal, "valid")
    assert int(match.argmax()) == pytest.approx(10_000, abs=1)
    assert np.array_equal(out[:, 0], out[:, 1])
    gain = np.abs(out[10_000 : 10_000 + len(ideal), 0] @ ideal) / (ideal @ ideal)
    assert 20 * np.log10(gain) == pytest.approx(-3.0, abs=0.2)


def test_fades_are_straight_and_end_in_silence(studio, tmp_path):
    path = str(studio.wav("flat", np.full((RATE // 2, 2), 0.5)))
    out = mixed(tmp_path, [PlacedSound(path, 0, RATE, 1.0, fade_in=4800, fade_out=9600)])[:, 0]
    assert out[:4800] == pytest.approx(0.5 * np.arange(4800) / 4800, abs=2 * STEP)
    assert out[14_400:24_000] == pytest.approx(0.5 * np.arange(9600, 0, -1) / 9600, abs=2 * STEP)
    assert not out[24_000:].any()


@pytest.mark.parametrize("length", [7, 4800, 700_001])
def test_music_loops_without_a_gap(studio, tmp_path, length):
    tune = np.random.default_rng(3).uniform(-0.5, 0.5, (length, 2))
    music = MusicTrack(str(studio.wav(f"loop-{length}", tune)), 1.0, loop=True, fade_in=0, fade_out=0, curve=())
    out = mixed(tmp_path, [], music, seconds=31.0)
    assert np.abs(out - np.resize(tune, out.shape)).max() < 2 * STEP


def test_music_that_does_not_loop_ends_in_silence(studio, tmp_path, sine):
    music = MusicTrack(str(studio.wav("once", stereo(sine(200, 0.5)))), 1.0, False, 0, 0, ())
    out = mixed(tmp_path, [], music)
    assert out[: RATE // 2].any()
    assert not out[RATE // 2 :].any()


@pytest.mark.parametrize("gain", [-6.0, -12.0, -20.0])
def test_music_under_speech_is_lower_by_what_was_asked(studio, tmp_path, sine, gain):
    tune, voice = studio.wav("tune", stereo(sine(200, 2.0))), studio.wav("hush", np.zeros((2 * RATE, 2)))
    scenes = [
        {"duration": 2.0, "visual": {"type": "color", "color": "#000000"}, "narration": {"text": "Hush."}},
        {"duration": 4.0, "visual": {"type": "color", "color": "#000000"}},
    ]
    music = {"src": tune, "volume": 0.5, "fadeIn": 0, "fadeOut": 0, "duck": {"gainDb": gain}}
    timeline = studio.film(scenes, takes={"s0": voice}, music=music).timeline
    out = mixed(tmp_path, placed_sounds(timeline, {0: voice}, {}), music_track(timeline, tune), seconds=6.0)
    under, after = level(out[RATE // 2 : RATE]), level(out[4 * RATE : 5 * RATE])
    assert under - after == pytest.approx(gain, abs=1.0)
    assert after == pytest.approx(level(0.5 * sine(200, 1.0)), abs=0.1)


def test_nothing_to_hear_is_silence(tmp_path):
    assert not mixed(tmp_path, []).any()


@pytest.mark.slow
def test_the_memory_of_a_mix_does_not_grow_with_its_voices(studio, tmp_path, sine, peak_memory):
    """A worker mixes 20, then 500 voices of 22.05 kHz over eight minutes."""
    voice = sine(300, 0.9, 22_050)
    paths = [str(studio.wav(f"voice-{number}", voice, 22_050)) for number in range(500)]
    peaks = []
    for count in (20, 500):
        sounds = tuple(PlacedSound(path, number * RATE, RATE, 1.0) for number, path in enumerate(paths[:count]))
        (tmp_path / str(count)).mkdir()
        host = Host(discover(), (studio.folder,), tmp_path / str(count))
        with type(peak_memory)() as peak, Pool(host, None, 1, threading.Event()) as pool:
            out = tmp_path / str(count) / "mix.f32"
            pool.ask(Mix(sounds=sounds, music=None, samples=count * RATE, path=str(out)))
        peaks.append(peak.bytes)
        assert out.stat().st_size == count * RATE * 8
    print(f"mix of 20 and 500 voices: {peaks[0] / 1e6:.0f} and {peaks[1] / 1e6:.0f} MB")
    assert 0 < peaks[1] < 1.15 * peaks[0]
