"""The job as one MoviePy 2 composition, written the way its documentation shows.

python moviepy_plain.py job.json out.mp4
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from moviepy import (
    AudioFileClip,
    CompositeAudioClip,
    CompositeVideoClip,
    ImageClip,
    TextClip,
    VideoFileClip,
    afx,
    vfx,
)


def scene_clip(job: dict[str, Any], scene: dict[str, Any]) -> Any:
    """A scene as a clip of the canvas' size."""
    size, seconds = (job["width"], job["height"]), scene["seconds"]
    path = str(Path(job["material"]) / scene["media"])
    if scene["camera"] is None:
        picture = VideoFileClip(path, audio=False).subclipped(0, seconds).resized(width=size[0])
        return CompositeVideoClip([picture.with_position("center")], size=size).with_duration(seconds)
    (zoom_0, x_0, y_0), (zoom_1, x_1, y_1) = scene["camera"]
    still = ImageClip(path).with_duration(seconds).resized(width=size[0])
    tall = still.h

    def zoom(time: float) -> float:
        return zoom_0 + (zoom_1 - zoom_0) * time / seconds

    def place(time: float) -> tuple[float, float]:
        along = time / seconds
        left = size[0] / 2 - (x_0 + (x_1 - x_0) * along) * size[0] * zoom(time)
        top = size[1] / 2 - ((y_0 + (y_1 - y_0) * along) * size[1] + (tall - size[1]) / 2) * zoom(time)
        return left, top

    return CompositeVideoClip([still.resized(zoom).with_position(place)], size=size).with_duration(seconds)


def text_clips(job: dict[str, Any]) -> list[Any]:
    """Titles, caption lines, and the spoken word in its colour above them."""
    unit = job["height"] / 100
    style = {"font": job["font"], "stroke_color": "black", "margin": (4, round(2 * unit))}
    clips = []
    for scene in job["scenes"]:
        title = TextClip(
            text=scene["title"], font_size=round(6.5 * unit), color="white", stroke_width=round(0.4 * unit), **style
        )
        fades = [vfx.CrossFadeIn(0.35), vfx.CrossFadeOut(0.35)]
        shown = title.with_start(scene["title_start"]).with_end(scene["title_end"]).with_effects(fades)
        clips.append(shown.with_position((round(8 * unit), round(9 * unit))))
        for group in scene["captions"]:
            outline = {"font_size": round(5.2 * unit), "stroke_width": round(0.4 * unit), **style}
            line = TextClip(text=" ".join(word["text"] for word in group), color="white", **outline)
            timed = line.with_start(group[0]["start"]).with_end(group[-1]["end"])
            clips.append(timed.with_position(("center", round(84 * unit))))
            for word in group:
                active = TextClip(text=word["text"], color="#FFCC00", **outline)
                timed = active.with_start(word["start"]).with_end(word["end"])
                clips.append(timed.with_position(("center", round(77 * unit))))
    return clips


def sound_clip(job: dict[str, Any]) -> Any:
    """Narration over music; MoviePy has no ducking."""
    seconds = job["seconds"]
    music = AudioFileClip(job["music"]).subclipped(0, seconds).with_effects([afx.MultiplyVolume(0.12)])
    return CompositeAudioClip([AudioFileClip(job["narration"]).subclipped(0, seconds), music])


def write(clip: Any, job: dict[str, Any], out: str, **more: Any) -> None:
    """Encode like the other contenders do."""
    clip.write_videofile(
        out, fps=job["fps"], codec="libx264", preset="veryfast", ffmpeg_params=["-crf", "21"], threads=2, logger=None,
        **more,
    )  # fmt: skip


def main(job_path: str, out: str) -> None:
    job = json.loads(Path(job_path).read_text())
    clips = []
    for index, scene in enumerate(job["scenes"]):
        clip = scene_clip(job, scene).with_start(scene["start"])
        clips.append(clip.with_effects([vfx.CrossFadeIn(job["fade"])]) if index else clip)
    size = (job["width"], job["height"])
    video = CompositeVideoClip([*clips, *text_clips(job)], size=size).with_duration(job["seconds"])
    write(video.with_audio(sound_clip(job)), job, out, audio_codec="aac", audio_bitrate="160k")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
