"""The sound of a timeline, mixed sample by sample in blocks: memory doesn't grow with its length.

Voices and sounds of clips at their places, music under them along its gain curve. Sources are 16-bit WAV of any rate,
the mix is raw 32-bit float at 48 kHz stereo, so that nothing clips before its loudness is set.
"""

from __future__ import annotations

import hashlib
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from services.renderer.engine.sound.soundtrack import SAMPLE_RATE, MusicTrack, PlacedSound

_BLOCK = SAMPLE_RATE * 10
_FULL_SCALE = np.float32(1.0 / 32768.0)

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Source:
    path: str
    length: int

    def read(self, first: int, count: int) -> Samples:
        """`count` frames from `first`, shape (n, 2), −1…1; fewer at the end."""
        with wave.open(self.path, "rb") as recording:
            recording.setpos(min(first, self.length))
            raw = recording.readframes(count)
        return np.frombuffer(raw, "<i2").reshape(-1, 2) * _FULL_SCALE


def _source(path: str, folder: Path) -> _Source:
    """The sound at 48 kHz stereo: as it is, or converted into a file of the folder."""
    with wave.open(path, "rb") as recording:
        if (recording.getframerate(), recording.getnchannels(), recording.getsampwidth()) == (SAMPLE_RATE, 2, 2):
            return _Source(path, recording.getnframes())
    digest = hashlib.sha256(path.encode()).hexdigest()[:16]
    return _Source(*_converted(path, folder / f"{digest}.wav"))


def _converted(path: str, target: Path) -> tuple[str, int]:
    """Resample a 16-bit WAV; mono goes to both sides at −3 dB, which keeps its loudness (BS.1770 adds powers)."""
    resampler = av.AudioResampler(format="s16", layout="stereo", rate=SAMPLE_RATE)
    with wave.open(path, "rb") as recording, wave.open(str(target), "wb") as out:
        channels, rate = recording.getnchannels(), recording.getframerate()
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        while raw := recording.readframes(rate):
            block = np.frombuffer(raw, "<i2").reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="stereo" if channels == 2 else "mono")
            frame.sample_rate = rate
            for part in resampler.resample(frame):
                out.writeframesraw(part.to_ndarray().tobytes())
        for part in resampler.resample(None):
            out.writeframesraw(part.to_ndarray().tobytes())
        return str(target), out.tell()


def mix(
    sounds: Sequence[PlacedSound],
    music: MusicTrack | None,
    samples: int,
    path: Path,
    progress: Callable[[int], None] = lambda samples: None,
) -> None:
    """Write `samples` frames of interleaved little-endian float32 to `path`; its folder takes converted sources too.

    `progress` is told the frames mixed so far, also while sources are converted.
    """
    converted: dict[str, _Source] = {}
    for sound in (*sounds, *(() if music is None else (music,))):
        if sound.path not in converted:
            converted[sound.path] = _source(sound.path, path.parent)
            progress(0)
    sources = [(sound, converted[sound.path]) for sound in sounds]
    tune = None if music is None else (music, converted[music.path])
    with path.open("wb") as out:
        for start in range(0, samples, _BLOCK):
            block = np.zeros((min(_BLOCK, samples - start), 2), np.float32)
            for sound, source in sources:
                _add_sound(block, start, sound, source)
            if tune is not None:
                _add_music(block, start, *tune, samples)
            out.write(block.astype("<f4").tobytes())
            progress(start + len(block))


def _add_sound(block: Samples, start: int, sound: PlacedSound, source: _Source) -> None:
    length = min(sound.length, source.length)
    first, last = max(sound.start, start), min(sound.start + length, start + len(block))
    if first >= last:
        return
    heard = source.read(first - sound.start, last - first)
    place = np.arange(first - sound.start, first - sound.start + len(heard), dtype=np.float32)
    gain = np.full(len(heard), sound.gain, np.float32)
    if sound.fade_in:
        gain *= np.minimum(1.0, place / sound.fade_in)
    if sound.fade_out:
        gain *= np.clip((length - place) / sound.fade_out, 0.0, 1.0)
    block[first - start : first - start + len(heard)] += heard * gain[:, None]


def _add_music(block: Samples, start: int, music: MusicTrack, source: _Source, samples: int) -> None:
    if source.length == 0:
        return
    heard = _looped(source, start, len(block)) if music.loop else source.read(start, len(block))
    place = np.arange(start, start + len(heard), dtype=np.float64)
    gain = np.full(len(heard), music.gain)
    if music.curve:
        times = [point[0] * SAMPLE_RATE for point in music.curve]
        gain *= np.interp(place, times, [point[1] for point in music.curve])
    if music.fade_in:
        gain *= np.minimum(1.0, place / music.fade_in)
    if music.fade_out:
        gain *= np.clip((samples - place) / music.fade_out, 0.0, 1.0)
    block[: len(heard)] += heard * gain[:, None].astype(np.float32)


def _looped(source: _Source, start: int, count: int) -> Samples:
    """`count` frames from frame `start` of the endless repetition of a source that isn't empty."""
    if source.length < count:
        return source.read(0, source.length)[np.arange(start, start + count) % source.length]
    parts: list[Samples] = []
    while count > 0:
        part = source.read(start % source.length, count)
        parts.append(part)
        start += len(part)
        count -= len(part)
    return np.concatenate(parts)
