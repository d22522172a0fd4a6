"""The instruments of `music_offline`: each turns a note into samples, by additive and FM synthesis.

All return float32 arrays of shape (n,) or, for sustained sounds with a stereo image of their own, (2, n).
They begin and end at silence, so that they can be added anywhere without a click.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
Sound = NDArray[np.float32]

_TABLE = 16_384


def frequency(pitch: float) -> float:
    """Hertz of a MIDI number, equal temperament, A4 = 69 = 440 Hz."""
    return float(440.0 * 2 ** ((pitch - 69) / 12))


def _time(seconds: float) -> NDArray[np.float64]:
    return np.arange(max(1, int(seconds * RATE))) / RATE


def _shaped(sound: NDArray[np.floating], attack: float, release: float) -> Sound:
    """With a rise of `attack` and a fall of `release` seconds, both raised cosines."""
    rise, fall = int(attack * RATE), int(release * RATE)
    n = sound.shape[-1]
    gain = np.ones(n)
    rise, fall = min(rise, n // 2), min(fall, n // 2)
    gain[:rise] = 0.5 - 0.5 * np.cos(np.pi * np.arange(rise) / max(1, rise))
    gain[n - fall :] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(1, fall + 1) / max(1, fall))
    return (sound * gain).astype(np.float32)


def _partials(f: float, seconds: float, parts: list[tuple[float, float, float]]) -> NDArray[np.float64]:
    """Sum of decaying sines; parts are (ratio, amplitude, decay time constant in seconds)."""
    t = _time(seconds)
    sound = np.zeros_like(t)
    for ratio, amplitude, decay in parts:
        if f * ratio < 0.42 * RATE:
            heard = min(t.size, int(decay * 7 * RATE) + 1)  # then below -60 dB
            sound[:heard] += amplitude * np.sin(2 * np.pi * f * ratio * t[:heard]) * np.exp(-t[:heard] / decay)
    return sound


def piano(pitch: int, seconds: float) -> Sound:
    """A felt piano: few partials, a little stretched (stiff string), the high ones dying first."""
    f = frequency(pitch)
    body = 1.9 * (261.6 / f) ** 0.35
    stretch = 3e-4
    parts = [
        (k * (1 + stretch * k * k) ** 0.5, amplitude, body / (0.6 + 0.45 * k))
        for k, amplitude in enumerate((1.0, 0.56, 0.4, 0.24, 0.15, 0.11, 0.07, 0.045, 0.03), start=1)
    ]
    sound = _partials(f, seconds + 0.6, parts) + 0.35 * _partials(f * 1.0009, seconds + 0.6, parts[:2])
    return _shaped(sound, 0.006, 0.45)


def keys(pitch: int, seconds: float) -> Sound:
    """An electric piano by frequency modulation: a mellow tone with a short bright tine."""
    f = frequency(pitch)
    t = _time(seconds + 0.35)
    index = 0.9 * np.exp(-t / 0.5) + 0.12
    tine = 0.1 * np.exp(-t / 0.05) * np.sin(2 * np.pi * 7 * f * t)
    sound = np.sin(2 * np.pi * f * t + index * np.sin(2 * np.pi * f * t) + tine) * np.exp(-t / 1.5)
    return _shaped(sound, 0.006, 0.3)


def plucked(pitch: int, seconds: float, *, brightness: float, sustain: float) -> Sound:
    """A plucked string: the spectrum of a string pulled at 0.23 of its length (sin(πkp)/k²)."""
    f = frequency(pitch)
    parts = [
        (float(k), float(np.sin(np.pi * k * 0.23)) / k ** (2.2 - brightness) * 1.6, sustain / (0.7 + 0.3 * k))
        for k in range(1, 12)
    ]
    return _shaped(_partials(f, seconds + 0.35, parts), 0.003, 0.25)


def mallet(pitch: int, seconds: float) -> Sound:
    """A wooden bar tuned like a marimba's: partials at 1, 4 and 9.8."""
    f = frequency(pitch)
    return _shaped(_partials(f, seconds + 0.3, [(1, 1, 0.32), (4, 0.22, 0.09), (9.8, 0.07, 0.03)]), 0.002, 0.1)


def bell(pitch: int, seconds: float) -> Sound:
    f = frequency(pitch)
    parts = [(1, 1, 1.1), (2.0, 0.32, 0.8), (3.01, 0.16, 0.5), (5.4, 0.06, 0.2)]
    return _shaped(_partials(f, seconds + 1.2, parts), 0.008, 0.6)


def bass(pitch: int, seconds: float) -> Sound:
    f = frequency(pitch)
    t = _time(seconds + 0.08)
    body = np.sin(2 * np.pi * f * t) + 0.42 * np.sin(4 * np.pi * f * t) * np.exp(-t / 0.5)
    body += 0.16 * np.sin(6 * np.pi * f * t) * np.exp(-t / 0.25)
    return _shaped(np.tanh(1.1 * body) * np.exp(-t / 2.2), 0.008, 0.08)


@lru_cache(maxsize=64)
def _wave(harmonics: int, slope: float) -> Sound:
    """One period of a band-limited wave whose harmonics fall as 1/k^slope, phases spread to keep peaks low."""
    k = np.arange(1, harmonics + 1)
    spectrum = np.zeros(_TABLE // 2 + 1, dtype=complex)
    spectrum[1 : harmonics + 1] = k**-slope * np.exp(1j * np.pi * k * k / harmonics)
    wave = np.fft.irfft(spectrum)
    return np.asarray(wave / np.sqrt(np.mean(wave**2)), dtype=np.float32)


def _sustained(
    pitch: int,
    seconds: float,
    *,
    slopes: tuple[float, float],
    attack: float,
    release: float,
    sweep: float,
    vibrato: float,
) -> Sound:
    """Three detuned voices across the stereo field; a slow filter moves between two spectral slopes."""
    f = frequency(pitch)
    t = _time(seconds + release)
    harmonics = max(2, min(40, int(9000 / f)))
    dark, bright = _wave(harmonics, slopes[0]), _wave(harmonics, slopes[1])
    opening = (0.5 - 0.5 * np.cos(2 * np.pi * (sweep * t + pitch * 0.13))).astype(np.float32)
    wobble = vibrato * np.sin(2 * np.pi * 5.1 * t) * np.minimum(1, t / 0.8)
    sound = np.zeros((2, t.size), dtype=np.float32)
    for voice, (cents, left, right) in enumerate(((-7.0, 0.85, 0.3), (0.0, 0.6, 0.6), (6.0, 0.3, 0.85))):
        cycles = f * 2 ** (cents / 1200) * t + wobble + 0.37 * voice
        at = (cycles * _TABLE).astype(np.int64) & (_TABLE - 1)
        tone = dark[at] * (1 - opening) + bright[at] * opening
        sound[0] += left * tone
        sound[1] += right * tone
    return _shaped(sound, attack, release)


def pad(pitch: int, seconds: float) -> Sound:
    return _sustained(pitch, seconds, slopes=(2.1, 1.25), attack=0.7, release=1.1, sweep=0.09, vibrato=0.0)


def strings(pitch: int, seconds: float) -> Sound:
    return _sustained(pitch, seconds, slopes=(1.6, 1.1), attack=0.45, release=0.8, sweep=0.11, vibrato=0.012)


def spiccato(pitch: int, seconds: float) -> Sound:
    short = _sustained(pitch, seconds, slopes=(1.5, 1.1), attack=0.012, release=0.18, sweep=0.0, vibrato=0.0)
    return (short * np.exp(-_time(seconds + 0.18) / 0.16)).astype(np.float32)


def _noise(seconds: float, low: float, high: float, name: int) -> NDArray[np.float64]:
    n = int(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(name).standard_normal(n))
    f = np.fft.rfftfreq(n, 1 / RATE)
    spectrum *= (1 / (1 + (low / np.maximum(f, 1)) ** 6)) * (1 / (1 + (f / high) ** 6))
    noise = np.fft.irfft(spectrum, n)
    return np.asarray(noise / np.abs(noise).max())


def _sweep(start: float, end: float, fall: float, seconds: float, decay: float) -> NDArray[np.float64]:
    t = _time(seconds)
    phase = end * t + (start - end) * fall * (1 - np.exp(-t / fall))
    return np.asarray(np.sin(2 * np.pi * phase) * np.exp(-t / decay))


def kick(pitch: int, seconds: float) -> Sound:
    return _shaped(_sweep(120, 50, 0.03, 0.35, 0.11), 0.003, 0.08)


def drum(pitch: int, seconds: float) -> Sound:
    """A large low drum, far away."""
    sound = _sweep(88, 52, 0.06, 1.2, 0.34)
    skin = _noise(0.4, 60, 420, 5) * np.exp(-_time(0.4) / 0.06)
    sound[: skin.size] += 0.5 * skin
    return _shaped(sound, 0.006, 0.4)


def clap(pitch: int, seconds: float) -> Sound:
    t = _time(0.3)
    bursts = sum(np.where(t >= d, np.exp(-(t - d) / (0.006 if d < 0.02 else 0.07)), 0) for d in (0, 0.009, 0.021))
    return _shaped(_noise(0.3, 900, 3200, 7) * bursts * 0.6, 0.001, 0.1)


def snap(pitch: int, seconds: float) -> Sound:
    return _shaped(_noise(0.18, 1600, 3600, 11) * np.exp(-_time(0.18) / 0.022), 0.001, 0.06)


def hat(pitch: int, seconds: float) -> Sound:
    return _shaped(_noise(0.12, 7000, 13_000, 13) * np.exp(-_time(0.12) / 0.022), 0.001, 0.04)


def shaker(pitch: int, seconds: float) -> Sound:
    t = _time(0.14)
    return _shaped(_noise(0.14, 4500, 9500, 17) * np.exp(-((t - 0.035) ** 2) / 0.0009), 0.01, 0.05)


def _guitar(pitch: int, seconds: float) -> Sound:
    return plucked(pitch, seconds, brightness=0.95, sustain=0.85)


def _soft_pluck(pitch: int, seconds: float) -> Sound:
    return plucked(pitch, seconds, brightness=0.7, sustain=0.4)


def _pizzicato(pitch: int, seconds: float) -> Sound:
    return plucked(pitch, seconds, brightness=0.7, sustain=0.2)


# voice: its sound, its level in the mix, how much of it goes into the reverb
VOICES: dict[str, tuple[Callable[[int, float], Sound], float, float]] = {
    "pad": (pad, 0.046, 0.8),
    "strings": (strings, 0.060, 1.0),
    "piano": (piano, 0.25, 0.8),
    "keys": (keys, 0.19, 0.6),
    "guitar": (_guitar, 0.18, 0.6),
    "pluck": (_soft_pluck, 0.30, 0.7),
    "pizzicato": (_pizzicato, 0.26, 0.6),
    "spiccato": (spiccato, 0.19, 0.9),
    "mallet": (mallet, 0.30, 0.6),
    "bell": (bell, 0.20, 1.2),
    "bass": (bass, 0.26, 0.05),
    "kick": (kick, 0.38, 0.05),
    "drum": (drum, 0.45, 0.9),
    "clap": (clap, 0.34, 0.5),
    "snap": (snap, 0.32, 0.6),
    "hat": (hat, 0.22, 0.25),
    "shaker": (shaker, 0.24, 0.3),
}
