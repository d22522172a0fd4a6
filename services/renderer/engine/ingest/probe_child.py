"""Opens one media file with the demuxer it is told, prints what is in it as JSON. Runs inside the sandbox only.

    python -m services.renderer.engine.ingest.probe_child PATH DEMUXER DECODERS MAX_SECONDS

Prints one object, the fields of `services.renderer.engine.probe.Findings`, or `null` where FFmpeg refused the file.
Any exit code but 0 is a crash.
"""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from typing import Any, Final

import av
from av.container import InputContainer
from av.video.stream import VideoStream

_RATE_TOLERANCE: Final = 0.01
_FRAMES_TO_TRY: Final = 30


def main() -> None:
    path, demuxer, decoders, max_seconds = sys.argv[1:]
    options = {
        "protocol_whitelist": "file",
        "format_whitelist": demuxer,
        "codec_whitelist": decoders,
        "probesize": "8000000",
        "analyzeduration": "10000000",
    }
    findings: dict[str, Any] | None
    try:
        with av.open(f"file:{path}", format=demuxer, options=options, metadata_errors="replace") as container:
            findings = _findings(container, float(max_seconds))
    except (av.FFmpegError, StopIteration) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        findings = None
    json.dump(findings, sys.stdout)


def _findings(container: InputContainer, max_seconds: float) -> dict[str, Any]:
    pictures = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
    sounds = list(container.streams.audio)
    audio = None
    if sounds:
        chosen = next((s for s in sounds if s.disposition & av.stream.Disposition.default), sounds[0])
        audio = {
            "index": sounds.index(chosen),
            "codec": chosen.codec_context.codec.canonical_name,
            "channels": chosen.codec_context.channels,
            "sample_rate": chosen.codec_context.sample_rate or 0,
            "streams": len(sounds),
        }
    duration = _duration(container, pictures[0] if pictures else None)
    video = _video(container, pictures) if pictures else None
    if duration is None:
        duration = _measured(container, max_seconds)
    return {"duration": duration, "streams": len(container.streams), "audio": audio, "video": video}


def _duration(container: InputContainer, video: VideoStream | None) -> float | None:
    """Seconds as the file tells them, those of the video where it has one."""
    told = container.duration / av.time_base if container.duration else None
    if video is not None and video.duration and video.time_base:
        return float(video.duration * video.time_base)
    return told


def _measured(container: InputContainer, max_seconds: float) -> float | None:
    """Seconds up to the end of the last packet, for files written live, which don't tell (as browsers record them)."""
    container.seek(0)
    end, start = Fraction(0), None
    for packet in container.demux():
        if packet.pts is None or packet.time_base is None:
            continue
        time = packet.pts * packet.time_base
        start = time if start is None else min(start, time)
        end = max(end, time + (packet.duration or 0) * packet.time_base)
        if end - start > max_seconds:
            break
    return float(end - (start or 0)) or None


def _video(container: InputContainer, pictures: list[VideoStream]) -> dict[str, Any]:
    stream = pictures[0]
    stream.codec_context.thread_count = 1
    frame = _first_frame(container, stream)
    components = frame.format.components
    average, base = stream.average_rate, stream.guessed_rate
    aspect = stream.sample_aspect_ratio or Fraction(1)
    return {
        "index": container.streams.video.index(stream),
        "codec": stream.codec_context.codec.canonical_name,
        "width": frame.width,
        "height": frame.height,
        "sample_aspect": [aspect.numerator, aspect.denominator],
        "rotation": frame.rotation % 360,
        "frame_rate": [average.numerator, average.denominator] if average else None,
        "variable_frame_rate": bool(average and base and abs(float(average / base) - 1) > _RATE_TOLERANCE),
        "pixel_format": frame.format.name,
        "bit_depth": max(component.bits for component in components),
        "alpha_channel": any(component.is_alpha for component in components) or frame.format.has_palette,
        "is_rgb": frame.format.is_rgb or frame.format.has_palette,
        "interlaced": bool(frame.interlaced_frame),
        "matrix": int(frame.colorspace),
        "range": int(frame.color_range),
        "primaries": int(frame.color_primaries),
        "transfer": int(frame.color_trc),
        "streams": len(pictures),
    }


def _first_frame(container: InputContainer, stream: VideoStream) -> av.VideoFrame:
    """The first frame that can be decoded; raises what FFmpeg says about the last of several tries."""
    failure: av.FFmpegError | None = None
    for tried, packet in enumerate(container.demux(stream)):
        try:
            for frame in packet.decode():
                return frame
        except av.FFmpegError as error:
            failure = error
        if tried > _FRAMES_TO_TRY:
            break
    raise failure or StopIteration("no frame")


if __name__ == "__main__":
    main()
