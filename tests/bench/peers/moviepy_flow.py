"""The job in the steps of the script-to-video tools built on MoviePy (MoneyPrinterTurbo's flow), in our own words.

1. each photo becomes a clip file with a slow zoom; 2. all clips are brought to the canvas, faded and joined into one
file; 3. that file is read again, subtitles are laid over it, narration and music under it, and it is encoded again.

    python moviepy_flow.py job.json out.mp4
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from moviepy import (
    AudioFileClip,
    ColorClip,
    CompositeAudioClip,
    CompositeVideoClip,
    ImageClip,
    TextClip,
    VideoFileClip,
    afx,
    concatenate_videoclips,
    vfx,
)


def write(clip: Any, job: dict[str, Any], out: Path, **more: Any) -> None:
    """Every step's encoder: veryfast, for a fair comparison (the tool's own default is slower)."""
    clip.write_videofile(
        str(out), fps=job["fps"], codec="libx264", preset="veryfast", threads=2, logger=None, **more
    )  # fmt: skip


def photo_to_clip(job: dict[str, Any], scene: dict[str, Any], out: Path) -> None:
    """Step 1: the whole photo under a slow zoom, as a video file of its own size."""
    still = (
        ImageClip(str(Path(job["material"]) / scene["media"])).with_duration(scene["seconds"]).with_position("center")
    )
    zoomed = still.resized(lambda time: 1 + 0.03 * time)
    write(CompositeVideoClip([zoomed], size=still.size), job, out, audio=False)


def on_canvas(job: dict[str, Any], clip: Any) -> Any:
    """Fit a clip to the canvas: enlarged or reduced, on black where its shape differs."""
    size = (job["width"], job["height"])
    if clip.w / clip.h == size[0] / size[1]:
        return clip.resized(size)
    factor = size[0] / clip.w if clip.w / clip.h > size[0] / size[1] else size[1] / clip.h
    fitted = clip.resized((int(clip.w * factor), int(clip.h * factor))).with_position("center")
    background = ColorClip(size=size, color=(0, 0, 0)).with_duration(clip.duration)
    return CompositeVideoClip([background, fitted])


def joined(job: dict[str, Any], folder: Path) -> Path:
    """Steps 1 and 2: one silent video file of all scenes."""
    parts = []
    for index, scene in enumerate(job["scenes"]):
        path = Path(job["material"]) / scene["media"]
        if scene["camera"] is not None:
            path = folder / f"photo-{index}.mp4"
            photo_to_clip(job, scene, path)
        seconds = job["seconds"] / len(job["scenes"])
        clip = on_canvas(job, VideoFileClip(str(path), audio=False).subclipped(0, seconds))
        parts.append(clip.with_effects([vfx.FadeIn(job["fade"])]) if index else clip)
    out = folder / "joined.mp4"
    write(concatenate_videoclips(parts), job, out, audio=False)
    return out


def main(job_path: str, out: str) -> None:
    job = json.loads(Path(job_path).read_text())
    unit = job["height"] / 100
    with tempfile.TemporaryDirectory(dir=Path(out).parent) as folder:
        video = VideoFileClip(str(joined(job, Path(folder))), audio=False)
        subtitles = []
        for group in (group for scene in job["scenes"] for group in scene["captions"]):
            text = TextClip(
                text=" ".join(word["text"] for word in group), font=job["font"], font_size=round(5.2 * unit),
                color="white", stroke_color="black", stroke_width=round(0.4 * unit), margin=(4, round(2 * unit)),
            )  # fmt: skip
            timed = text.with_start(group[0]["start"]).with_end(group[-1]["end"])
            subtitles.append(timed.with_position(("center", round(84 * unit))))
        voice = AudioFileClip(job["narration"]).subclipped(0, job["seconds"])
        music = AudioFileClip(job["music"]).with_effects(
            [afx.MultiplyVolume(0.2), afx.AudioFadeOut(3), afx.AudioLoop(duration=job["seconds"])]
        )
        whole = CompositeVideoClip([video, *subtitles]).with_audio(CompositeAudioClip([voice, music]))
        write(whole.with_duration(job["seconds"]), job, Path(out), audio_codec="aac", audio_bitrate="160k")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
