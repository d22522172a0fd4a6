"""Put finished segments and the sound track into one MP4, by packets: nothing is decoded or encoded.

Frame times are counted, not copied: the n-th frame of the video is shown at n / fps exactly. Decode times follow the
reordering delay that all segments share (ISO/IEC 14496-12, composition offsets).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from services.renderer.errors import RenderCrashed


def join(
    segments: Sequence[Path],
    audio: Path | None,
    fps: int,
    metadata: Mapping[str, str],
    path: Path,
    progress: Callable[[int], None] = lambda frames: None,
) -> None:
    """Write `path` with the segments one after the other and the sound beside them, ready to stream (faststart).

    `progress` is told the frames written after each segment.
    Raises RenderCrashed if the segments were encoded with different headers: they could not be played as one.
    """
    delay = max(_delay(segment) for segment in segments)
    with (
        av.open(str(segments[0])) as first,
        av.open(
            str(path),
            "w",
            format="mp4",
            options={"movflags": "+faststart+use_metadata_tags", "movie_timescale": "48000"},
        ) as out,
    ):
        out.metadata.update(metadata)
        template = first.streams.video[0]
        video = out.add_stream_from_template(template, opaque=True)
        headers = template.codec_context.extradata
        pictures = _pictures(segments, headers, fps, delay, progress)
        if audio is None:
            _mux(out, video, pictures)
            return
        with av.open(str(audio)) as sound:
            source = sound.streams.audio[0]
            track = out.add_stream_from_template(source)
            _interleave(out, video, pictures, track, _packets(sound, source))


def _packets(container: InputContainer, stream: VideoStream | AudioStream) -> Iterator[Packet[Any]]:
    return (packet for packet in container.demux(stream) if packet.size)


def _frame_times(packets: Sequence[Packet[Any]], fps: int) -> list[int]:
    """Presentation order of packets, in frames from the segment's beginning."""
    times = [int(Fraction(packet.pts or 0) * (packet.time_base or 1) * fps + Fraction(1, 2)) for packet in packets]
    earliest = min(times)
    return [time - earliest for time in times]


def _delay(segment: Path) -> int:
    """How many frames the decoder has to be ahead of what is shown."""
    with av.open(str(segment)) as container:
        stream = container.streams.video[0]
        packets = list(_packets(container, stream))
        times = _frame_times(packets, round(stream.average_rate or 1))
    return max(index - time for index, time in enumerate(times))


def _pictures(
    segments: Sequence[Path], headers: bytes | None, fps: int, delay: int, progress: Callable[[int], None]
) -> Iterator[Packet[Any]]:
    base = 0
    for segment in segments:
        with av.open(str(segment)) as container:
            stream = container.streams.video[0]
            if stream.codec_context.extradata != headers:
                raise RenderCrashed("Two parts of the video were encoded with different settings; render it again.")
            packets = list(_packets(container, stream))
            for index, (packet, time) in enumerate(zip(packets, _frame_times(packets, fps), strict=True)):
                packet.time_base = Fraction(1, fps)
                packet.pts, packet.dts, packet.duration = base + time, base + index - delay, 1
                yield packet
            base += len(packets)
            progress(base)


def _mux(out: OutputContainer, stream: VideoStream, packets: Iterator[Packet[Any]]) -> None:
    for packet in packets:
        packet.stream = stream
        out.mux(packet)


def _interleave(
    out: OutputContainer,
    video: VideoStream,
    pictures: Iterator[Packet[Any]],
    track: AudioStream,
    sounds: Iterator[Packet[Any]],
) -> None:
    """Write both by decode time, so that a player never has to wait for one of them."""
    sound = next(sounds, None)
    for picture in pictures:
        while sound is not None and _seconds(sound) <= _seconds(picture):
            sound.stream = track
            out.mux(sound)
            sound = next(sounds, None)
        picture.stream = video
        out.mux(picture)
    while sound is not None:
        sound.stream = track
        out.mux(sound)
        sound = next(sounds, None)


def _seconds(packet: Packet[Any]) -> Fraction:
    return Fraction(packet.dts or 0) * (packet.time_base or 1)
