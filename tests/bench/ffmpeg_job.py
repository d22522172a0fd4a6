"""The job by FFmpeg alone: encodes of frames that are composed already, and everything in one filter graph.

    python ffmpeg_job.py '{"do": "graph", "job": "job.json", "out": …, "upscale": 8000}'

The graph is what people write by hand: `zoompan` for photos (with pictures enlarged first against its jitter, where
`upscale` says so), `xfade`, captions by libass, `sidechaincompress` for the music.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from services.renderer.engine.encode import encoders
from services.renderer.engine.toolchain import find_ffmpeg

_ASS_HEAD = """\
[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
WrapStyle: 2
ScaledBorderAndShadow: yes
YCbCr Matrix: TV.709

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Caption,Inter,{caption},&H00FFFFFF,&H00FFFFFF,&H00000000,&H80000000,1,0,0,0,\
100,100,0,0,1,{line},0,2,60,60,{low},1
Style: Title,Inter,{title},&H00FFFFFF,&H00FFFFFF,&H00303030,&H80000000,1,0,0,0,\
100,100,0,0,1,{line},2,7,{left},60,{top},1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def limit_argv(frames: Path, sound: Path, job: dict[str, Any], out: Path, *, plain: bool) -> list[str]:
    """Encode raw frames and mixed sound in one process and thread: with our settings, or `plain` veryfast crf 21."""
    if plain:
        video = ["-preset", "veryfast", "-crf", "21"]
        audio = ["-c:a", "aac", "-b:a", "160k"]
    else:
        options = encoders.software("h264", "standard").options
        video = [part for name, value in options for part in (f"-{name}", value)]
        audio = ["-c:a", "aac", "-aac_coder", "fast", "-b:a", "160k"]
    size = f"{job['width']}x{job['height']}"
    return [
        str(find_ffmpeg().path), "-v", "error", "-y", "-nostdin",
        "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", size, "-r", str(job["fps"]), "-i", str(frames), "-i", str(sound),
        "-c:v", "libx264", *video, "-threads", "1", *audio, "-t", str(job["seconds"]), "-movflags", "+faststart",
        str(out),
    ]  # fmt: skip


def graph_argv(job: dict[str, Any], subtitles: Path, out: Path, upscale: int) -> list[str]:
    """Everything in one filter graph. `upscale` is the width pictures are enlarged to before zoompan, 0 for none."""
    width, height, fps, seconds = job["width"], job["height"], job["fps"], job["seconds"]
    argv = [str(find_ffmpeg().path), "-v", "error", "-y", "-nostdin"]
    chains = []
    for index, scene in enumerate(job["scenes"]):
        path = str(Path(job["material"]) / scene["media"])
        if scene["camera"]:
            argv += ["-i", path]
            chains.append(f"[{index}:v]{_zoompan(scene, width, height, fps, upscale)}[v{index}]")
        else:
            argv += ["-t", str(scene["seconds"]), "-i", path]
            chains.append(
                f"[{index}:v]fps={fps},scale={width}:{height}:force_original_aspect_ratio=increase,"
                f"crop={width}:{height},trim=0:{scene['seconds']},setpts=PTS-STARTPTS,format=yuv420p,setsar=1,"
                f"settb=1/{fps}[v{index}]"
            )
    last = "v0"
    for index, scene in enumerate(job["scenes"][1:], 1):
        fade = f"xfade=transition=fade:duration={job['fade']}:offset={scene['start']}"
        chains.append(f"[{last}][v{index}]{fade}[x{index}]")
        last = f"x{index}"
    folder = Path(job["font"]).parent
    chains.append(f"[{last}]trim=0:{seconds},ass={subtitles}:fontsdir={folder}[picture]")
    count = len(job["scenes"])
    argv += ["-i", job["narration"], "-stream_loop", "-1", "-i", job["music"]]
    chains.append(
        f"[{count}:a]aresample=48000,aformat=channel_layouts=stereo,apad=whole_dur={seconds},asplit=2[voice][key];"
        f"[{count + 1}:a]volume=-12dB,atrim=0:{seconds}[music];"
        "[music][key]sidechaincompress=threshold=0.03:ratio=8:attack=20:release=300[ducked];"
        f"[voice][ducked]amix=inputs=2:normalize=0,alimiter=limit=0.95,atrim=0:{seconds}[sound]"
    )
    argv += ["-filter_complex", ";".join(chains), "-map", "[picture]", "-map", "[sound]", "-r", str(fps)]
    argv += ["-c:v", "libx264", "-preset", "veryfast", "-crf", "21", "-pix_fmt", "yuv420p"]
    return [*argv, "-c:a", "aac", "-b:a", "160k", "-t", str(seconds), str(out)]


def _zoompan(scene: dict[str, Any], width: int, height: int, fps: int, upscale: int) -> str:
    frames = round(scene["seconds"] * fps)
    zoom, x, y = (
        f"({first:.6f}+({last - first:.6f})*on/{frames - 1})"
        for first, last in zip(scene["camera"][0], scene["camera"][1], strict=True)
    )
    enlarged = f"scale={upscale}:-2:out_color_matrix=bt709:out_range=tv," if upscale else ""
    return (
        f"crop=iw:iw*{height}/{width},{enlarged}"
        f"zoompan=z='{zoom}':x='{x}*iw-iw/zoom/2':y='{y}*ih-ih/zoom/2':d={frames}:s={width}x{height}:fps={fps},"
        f"format=yuv420p,setsar=1,settb=1/{fps}"
    )


def write_subtitles(job: dict[str, Any], path: Path) -> Path:
    """Titles and captions with the spoken word in another colour, as ASS."""
    unit = job["height"] / 100
    sizes = {"caption": 5.2, "title": 6.5, "line": 0.4, "low": 8, "left": 8, "top": 9}
    text = _ASS_HEAD.format(
        width=job["width"], height=job["height"], **{name: round(size * unit, 1) for name, size in sizes.items()}
    )
    for scene in job["scenes"]:
        begin, end = _clock(scene["title_start"]), _clock(scene["title_end"])
        text += f"Dialogue: 0,{begin},{end},Title,,0,0,0,,{{\\fad(350,350)}}{scene['title']}\n"
        for group in scene["captions"]:
            for spoken, word in enumerate(group):
                until = group[spoken + 1]["start"] if spoken + 1 < len(group) else word["end"]
                line = " ".join(
                    f"{{\\c&H00CCFF&}}{other['text']}{{\\c&HFFFFFF&}}" if place == spoken else other["text"]
                    for place, other in enumerate(group)
                )
                text += f"Dialogue: 0,{_clock(word['start'])},{_clock(until)},Caption,,0,0,0,,{line}\n"
    path.write_text(text)
    return path


def _clock(seconds: float) -> str:
    hundredths = round(seconds * 100)
    return f"{hundredths // 360000}:{hundredths // 6000 % 60:02d}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"


def main(order: dict[str, Any]) -> None:
    job = json.loads(Path(order["job"]).read_text())
    out = Path(order["out"])
    if order["do"] == "graph":
        subtitles = write_subtitles(job, out.with_suffix(".ass"))
        argv = graph_argv(job, subtitles, out, order["upscale"])
    else:
        argv = limit_argv(Path(order["frames"]), Path(order["sound"]), job, out, plain=order["do"] == "plain")
    os.execv(argv[0], argv)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
