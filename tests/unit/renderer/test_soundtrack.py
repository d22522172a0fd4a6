"""Loudness, true peak, silence, pitch: measured on the encoded sound by FFmpeg itself."""

import math
import wave

import numpy as np
import pytest

from services.renderer.engine.sound.soundtrack import encode, retime

RATE = 48_000


def raw(tmp_path, samples: np.ndarray):
    path = tmp_path / "mix.f32"
    np.stack([samples, samples], axis=1).astype("<f4").tofile(path)
    return path


def speech_like(seconds: float, level: float) -> np.ndarray:
    """Noise in syllables with pauses and peaks far above its mean."""
    chance = np.random.default_rng(5)
    time = np.arange(round(seconds * RATE)) / RATE
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * time), 0, 1) ** 2 * (np.sin(2 * np.pi * 0.3 * time) > -0.6)
    smooth = np.convolve(chance.normal(0, 1, len(time)), np.ones(12) / 12, "same")
    return level * smooth * syllables


@pytest.mark.parametrize(
    "samples",
    [speech_like(8, 0.02), speech_like(8, 0.5), 0.9 * np.sin(np.arange(8 * RATE) * 2 * np.pi * 220 / RATE)],
    ids=["a quiet voice", "a loud voice with peaks", "a loud tone"],
)
def test_every_mix_comes_out_equally_loud_and_never_clips(tmp_path, listen, samples):
    target = tmp_path / "sound.m4a"
    reached = encode(raw(tmp_path, samples), target)
    heard = listen(target)
    assert heard.lufs == pytest.approx(-14.0, abs=0.5)
    assert heard.lufs == pytest.approx(reached, abs=0.3)
    assert heard.true_peak <= -1.0


@pytest.mark.parametrize("level", [0.0, 1e-5])
def test_silence_stays_silent(tmp_path, listen, level):
    target = tmp_path / "sound.m4a"
    noise = level * np.random.default_rng(6).uniform(-1, 1, 3 * RATE)
    assert encode(raw(tmp_path, noise), target) == -math.inf
    assert np.abs(listen(target).samples).max() < 1e-4


@pytest.mark.parametrize("speed", [0.25, 0.5, 2.0, 4.0])
def test_a_recording_played_faster_keeps_its_pitch(studio, tmp_path, sine, speed):
    source = studio.wav("a440", sine(440, 3.0))
    with wave.open(str(retime(source, speed, tmp_path / "out.wav"))) as out:
        samples = np.frombuffer(out.readframes(out.getnframes()), "<i2").reshape(-1, out.getnchannels())[:, 0]
    assert len(samples) == pytest.approx(3.0 / speed * RATE, rel=0.03)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert spectrum.argmax() * RATE / len(samples) == pytest.approx(440, abs=2)
