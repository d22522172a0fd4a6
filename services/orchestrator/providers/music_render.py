"""A score as sound: instruments mixed in stereo, reverb, level, WAV."""

from __future__ import annotations

import wave
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.orchestrator.providers.music_score import BEATS, Score
from services.orchestrator.providers.music_voices import RATE, VOICES, Sound

TARGET_LUFS = -19.0
_REVERB_SECONDS = 2.2
_CEILING = 0.84  # of full scale, about -1.5 dBFS
_FADE_IN, _FADE_OUT = 0.35, 2.2


def render(score: Score, seconds: float, out: Path) -> None:
    """Write `score` as 48 kHz stereo 16-bit WAV of exactly `seconds`.

    The level is about -19 LUFS (ITU-R BS.1770-4), peaks stay below -1.5 dBFS.
    """
    bar = round(BEATS * 60 / score.bpm * RATE)
    total = round(seconds * RATE)
    middle = range(score.cycle[0] * bar, score.cycle[1] * bar) if score.cycle else range(0)
    rendered = total - len(middle) * (score.repeats - 1)
    mix = _mix(score, bar, rendered)
    mix *= 10 ** ((TARGET_LUFS - loudness(mix)) / 20)
    mix = _limited(mix)
    fade_in, fade_out = (min(int(s * RATE), rendered // 4) for s in (_FADE_IN, _FADE_OUT))
    mix[:, :fade_in] *= np.linspace(0, 1, fade_in, dtype=np.float32) ** 2
    mix[:, rendered - fade_out :] *= np.linspace(1, 0, fade_out, dtype=np.float32) ** 2
    pcm = np.round(mix.T * 32767).astype("<i2").tobytes()
    frame = 4  # bytes: two channels of 16 bits
    with wave.open(str(out), "wb") as wav:
        wav.setnchannels(2)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes(pcm[: middle.stop * frame] if middle else pcm)
        for _ in range(score.repeats - 1):
            wav.writeframes(pcm[middle.start * frame : middle.stop * frame])
        if middle:
            wav.writeframes(pcm[middle.stop * frame :])


def _mix(score: Score, bar: int, length: int) -> Sound:
    """Dry sound and reverb of all notes, shape (2, length)."""
    dry = np.zeros((2, length), dtype=np.float32)
    send = np.zeros((2, length), dtype=np.float32)
    sounds: dict[tuple[str, int, float], Sound] = {}
    for note in score.notes:
        play, level, wet = VOICES[note.voice]
        key = (note.voice, note.pitch, note.beats)
        if key not in sounds:
            sounds[key] = play(note.pitch, note.beats * bar / BEATS / RATE)
        sound = sounds[key]
        start = round(note.beat * bar / BEATS)
        stop = min(length, start + sound.shape[-1])
        if stop <= start:
            continue
        # constant power pan; sounds with an image of their own keep it
        angle = (note.pan + 1) * np.pi / 4
        for channel, gain in enumerate((np.cos(angle), np.sin(angle))):
            part = sound if sound.ndim == 1 else sound[channel]
            piece = part[: stop - start] * np.float32(gain * level * note.velocity)
            dry[channel, start:stop] += piece
            send[channel, start:stop] += piece * np.float32(wet)
    return _reverberated(dry, send, score.reverb)


@lru_cache(maxsize=1)
def _impulse() -> NDArray[np.float64]:
    """A room made of noise that decays and darkens: bands of noise, the high ones shorter. Shape (2, n)."""
    n = int(_REVERB_SECONDS * RATE)
    rng = np.random.default_rng(20)
    t = np.arange(n) / RATE
    f = np.fft.rfftfreq(n, 1 / RATE)
    response = np.zeros((2, n))
    for low, high, decay in ((120, 500, 0.50), (500, 1500, 0.42), (1500, 4000, 0.28), (4000, 8000, 0.16)):
        band = (f >= low) & (f < high)
        for channel in range(2):
            noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) * band, n)
            response[channel] += noise * np.exp(-t / decay)
    response *= np.minimum(1, t / 0.02)  # the first reflections arrive late and soft
    return np.asarray(response / np.sqrt((response**2).sum(axis=1, keepdims=True)))


def _reverberated(dry: Sound, send: Sound, amount: float) -> Sound:
    """Fast convolution of the send with the room, and the tone of the whole mix."""
    impulse = _impulse()
    n = dry.shape[1]
    size = _fast_length(n + impulse.shape[1])
    f = np.fft.rfftfreq(size, 1 / RATE)
    tone = _mix_tone(f)
    mixed = np.empty_like(dry)
    for channel in range(2):
        spectrum = np.fft.rfft(send[channel], size)
        spectrum *= np.fft.rfft(impulse[channel], size)
        spectrum *= amount
        spectrum += np.fft.rfft(dry[channel], size)
        spectrum *= tone
        mixed[channel] = np.fft.irfft(spectrum, size)[:n]
    return mixed


def _mix_tone(f: NDArray[np.floating]) -> NDArray[np.float64]:
    """High-pass at 28 Hz, less mud around 260 Hz, air above 2 kHz: the balance of mixed records. Zero phase."""
    octaves = np.log2(np.maximum(f, 1) / 260)
    mud = 10 ** (-4 / 20 * np.exp(-((octaves / 0.9) ** 2)))
    air = 10 ** (6 / 20 / (1 + (2000 / np.maximum(f, 1)) ** 2))
    return np.asarray(mud * air / (1 + (28 / np.maximum(f, 1e-3)) ** 4))


def _fast_length(n: int) -> int:
    """The next length of the form 2^a · 3^b · 5^c, for which the FFT is fast."""
    best = 1 << (n - 1).bit_length()
    five = 1
    while five < best:
        three = five
        while three < best:
            length = three
            while length < n:
                length *= 2
            best = min(best, length)
            three *= 3
        five *= 5
    return best


def loudness(sound: Sound) -> float:
    """Integrated loudness in LUFS of shape (2, n) at 48 kHz: ITU-R BS.1770-4, gated, blocks without overlap."""
    block = int(0.4 * RATE)
    count = max(1, sound.shape[1] // block)
    padded = (
        sound[:, : count * block] if sound.shape[1] >= block else np.pad(sound, ((0, 0), (0, block - sound.shape[1])))
    )
    spectra = np.abs(np.fft.rfft(padded.reshape(2, count, block), axis=2)) ** 2
    spectra[:, :, 1:-1] *= 2  # the negative frequencies
    power = (spectra * _k_weighting(block)).sum(axis=2).sum(axis=0) / block**2
    levels = -0.691 + 10 * np.log10(np.maximum(power, 1e-12))
    audible = power[levels > -70]
    if not audible.size:
        return -70.0
    gate = -0.691 + 10 * np.log10(audible.mean()) - 10
    return float(-0.691 + 10 * np.log10(power[(levels > -70) & (levels > gate)].mean()))


def _k_weighting(block: int) -> NDArray[np.float64]:
    """|H(f)|² of the two filters of BS.1770-4, tables 1 and 2 (48 kHz)."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(block))
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high_pass = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    return np.asarray(np.abs(shelf * high_pass) ** 2)


def _limited(sound: Sound) -> Sound:
    """Peaks bent smoothly below the ceiling; what is under two thirds of it stays as it is."""
    knee = 0.66 * _CEILING
    loud = np.abs(sound)
    over = np.maximum(loud - knee, 0)
    bent = knee + (_CEILING - knee) * np.tanh(over / (_CEILING - knee))
    return np.where(loud > knee, np.sign(sound) * bent, sound).astype(np.float32)
