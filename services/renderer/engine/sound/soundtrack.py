"""From a timeline to one loud-enough sound track: what is mixed where, then loudness, then AAC.

The mix is brought to −14 LUFS integrated (ITU-R BS.1770-4, measured by FFmpeg's `ebur128`) by one linear gain; peaks
above −1 dBTP are limited. Gain and limit are repeated until the measured result is right: limiting takes loudness.
"""

from __future__ import annotations

import math
import re
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kernel.sandbox import MIB, Completed, Limits, discover
from services.renderer.engine.toolchain import find_ffmpeg
from services.renderer.errors import RenderCancelled, RenderCrashed, RenderOutOfMemory, RenderStalled, ScratchFull
from storyboard.ducking import Point, duck_curve
from storyboard.timeline import SoundClip, Timeline

if TYPE_CHECKING:
    from ffmpeg.dag.nodes import OutputStream
    from ffmpeg.streams.audio import AudioStream

SAMPLE_RATE: Final = 48_000
TARGET_LUFS: Final = -14.0
#: the limiter works on samples, and AAC and the space between samples add up to half a decibel
_CEILING_DB: Final = -1.6
_TOLERANCE_LU: Final = 0.2
_MOST_PASSES: Final = 4
#: quieter than this is silence, and stays it
_SILENCE_LUFS: Final = -60.0
_BIT_RATE: Final = 160_000
#: FFmpeg tells its progress twice a second: one that is silent for this long hangs
_IDLE_SECONDS: Final = 60.0
#: a crash or a hang may be chance once
_ATTEMPTS: Final = 2
_LIMITS: Final = Limits(cpu_seconds=2 * 3600, wall_seconds=2 * 3600, file_size_bytes=16384 * MIB)

_INTEGRATED = re.compile(r"I:\s+(-?[\d.]+|-?inf|nan) LUFS")


@dataclass(frozen=True, slots=True)
class PlacedSound:
    """A 48 kHz stereo WAV on the track: all lengths in samples."""

    path: str
    start: int
    length: int
    gain: float
    fade_in: int = 0
    fade_out: int = 0


@dataclass(frozen=True, slots=True)
class MusicTrack:
    """Music from the first sample on; `curve` are its duck points in seconds."""

    path: str
    gain: float
    loop: bool
    fade_in: int
    fade_out: int
    curve: tuple[Point, ...]


def samples_of(frames: int, fps: int) -> int:
    """Frames of the canvas in samples: exact for every allowed frame rate."""
    return frames * SAMPLE_RATE // fps


def placed_sounds(timeline: Timeline, voices: dict[int, Path], clips: dict[int, Path]) -> list[PlacedSound]:
    """Voices (by position in `narration`) and clip sounds (by position in `sounds`) at their places."""
    fps = timeline.canvas.fps
    sounds = [
        PlacedSound(
            path=str(voices[index]),
            start=samples_of(clip.start, fps),
            length=samples_of(timeline.frames - clip.start, fps),
            gain=1.0,
        )
        for index, clip in enumerate(timeline.narration)
    ]
    for index, clip in enumerate(timeline.sounds):
        fade_in, fade_out = _fades(timeline, clip)
        sounds.append(
            PlacedSound(
                path=str(clips[index]),
                start=samples_of(clip.start, fps),
                length=samples_of(clip.frames, fps),
                gain=clip.volume,
                fade_in=fade_in,
                fade_out=fade_out,
            )
        )
    return sounds


def _fades(timeline: Timeline, clip: SoundClip) -> tuple[int, int]:
    """Sounds of clips fade with their scene's transitions, and in ten milliseconds where there is none."""
    fps = timeline.canvas.fps
    before = timeline.scenes[clip.scene - 1].transition.frames if clip.scene else 0
    after = timeline.scenes[clip.scene].transition.frames
    shortest = SAMPLE_RATE // 100
    return max(shortest, samples_of(before, fps)), max(shortest, samples_of(after, fps))


def music_track(timeline: Timeline, path: Path) -> MusicTrack | None:
    """The timeline's music, if it has some."""
    music = timeline.music
    if music is None:
        return None
    fps = timeline.canvas.fps
    return MusicTrack(
        path=str(path),
        gain=music.volume,
        loop=music.loop,
        fade_in=samples_of(music.fade_in, fps),
        fade_out=samples_of(music.fade_out, fps),
        curve=tuple(duck_curve(timeline)),
    )


def encode(
    mixed: Path, target: Path, cancel: threading.Event | None = None, idle_seconds: float = _IDLE_SECONDS
) -> float:
    """Bring a raw float mix to the target loudness and encode it as AAC in MP4; returns the LUFS reached.

    Silence stays silence (−inf). Raises RenderCrashed, RenderStalled, ScratchFull, RenderOutOfMemory or
    RenderCancelled.
    """
    measured = _loudness(_run(_measure(mixed), mixed, None, cancel, idle_seconds))
    if measured < _SILENCE_LUFS:
        _run(_encode(mixed, target, 0.0), mixed, target, cancel, idle_seconds)
        return -math.inf
    gain = TARGET_LUFS - measured
    for _ in range(_MOST_PASSES):
        measured = _loudness(_run(_encode(mixed, target, gain), mixed, target, cancel, idle_seconds))
        if abs(measured - TARGET_LUFS) <= _TOLERANCE_LU:
            break
        gain += TARGET_LUFS - measured
    return measured


def retime(sound: Path, speed: float, target: Path, cancel: threading.Event | None = None) -> Path:
    """A WAV played `speed` (0.25…4) times as fast at the same pitch."""
    import ffmpeg

    stream = ffmpeg.input(str(sound), f="wav").audio
    # One `atempo` is only clean between half and double speed.
    for _ in range(2):
        stream = stream.atempo(tempo=speed**0.5)
    argv = _compiled(stream.output(filename=str(target), f="wav", acodec="pcm_s16le"))
    _run(argv, sound, target, cancel, _IDLE_SECONDS)
    return target


def _opened(mixed: Path) -> AudioStream:
    import ffmpeg

    return ffmpeg.input(str(mixed), f="f32le", extra_options={"ar": SAMPLE_RATE, "ac": 2}).audio


def _metered(stream: AudioStream) -> AudioStream:
    """The stream through `ebur128`, whose summary goes to stderr when it ends."""
    from ffmpeg.schema import StreamType

    meter = stream.ebur128(framelog="quiet")
    # The library's table knows the meter's optional picture as its only output; without it the sound is the first.
    return replace(meter, output_typings=(StreamType.audio,)).audio(0)


def _measure(mixed: Path) -> list[str]:
    """The argument list that measures a raw float mix."""
    return _compiled(_metered(_opened(mixed)).output(filename="-", f="null"))


def _encode(mixed: Path, target: Path, gain_db: float) -> list[str]:
    """The argument list that amplifies, limits, measures and encodes."""
    amplified = _opened(mixed).volume(volume=f"{gain_db:.3f}dB")
    # The limiter looks ahead by its attack; `latency` takes that delay out again.
    limited = amplified.alimiter(limit=10 ** (_CEILING_DB / 20), level=False, attack=5, release=50, latency=True)
    codec = {"c:a": "aac", "aac_coder": "fast", "b:a": _BIT_RATE, "fflags": "+bitexact", "flags": "+bitexact"}
    return _compiled(_metered(limited).output(filename=str(target), f="mp4", extra_options=codec))


def _compiled(output: OutputStream) -> list[str]:
    options = {"nostdin": True, "nostats": True, "progress": "pipe:1"}
    program = str(find_ffmpeg().path)
    return output.global_args(hide_banner=True, y=True, extra_options=options).compile(cmd=program)


def _run(
    argv: list[str], sound: Path, target: Path | None, cancel: threading.Event | None, idle_seconds: float
) -> Completed:
    for attempt in range(1, _ATTEMPTS + 1):
        done = discover().run(
            argv,
            read_only=[find_ffmpeg().path, sound],
            writable=[target.parent] if target else [],
            limits=_LIMITS,
            cancel=cancel,
            idle_seconds=idle_seconds,
        )
        if attempt == _ATTEMPTS or not (done.stalled or (done.signal is not None and not done.killed)):
            break
    if done.cancelled:
        raise RenderCancelled()
    if done.stalled or done.timed_out:
        raise RenderStalled("The sound track made no progress and was stopped.")
    if "No space left" in done.stderr_tail or done.file_size_exceeded:
        raise ScratchFull()
    if done.out_of_memory:
        raise RenderOutOfMemory()
    if not done.ok:
        raise RenderCrashed("The sound track could not be encoded.")
    return done


def _loudness(done: Completed) -> float:
    found = _INTEGRATED.findall(done.stderr_tail)
    if not found:
        raise RenderCrashed("The loudness of the sound track could not be measured.")
    return float(found[-1])
