"""The job as an editly specification.

python editly_spec.py job.json out.mp4 spec.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def picture_layer(job: dict[str, Any], scene: dict[str, Any]) -> dict[str, Any]:
    path = str(Path(job["material"]) / scene["media"])
    if scene["camera"] is None:
        return {"type": "video", "path": path, "cutFrom": 0, "cutTo": scene["seconds"], "resizeMode": "cover"}
    first, last = scene["camera"][0][0], scene["camera"][1][0]
    direction = "in" if last > first else "out" if last < first else "right"
    return {
        "type": "image",
        "path": path,
        "resizeMode": "cover",
        "zoomDirection": direction,
        "zoomAmount": max(0.2, abs(last - first)),
    }


def specification(job: dict[str, Any], out: str) -> dict[str, Any]:
    clips = []
    for scene in job["scenes"]:
        begin = scene["start"]
        layers = [picture_layer(job, scene)]
        title = {"type": "title", "text": scene["title"], "position": "top-left", "zoomDirection": None}
        layers.append({**title, "start": scene["title_start"] - begin, "stop": scene["title_end"] - begin})
        for group in scene["captions"]:
            text = " ".join(word["text"] for word in group)
            times = {"start": group[0]["start"] - begin, "stop": group[-1]["end"] - begin}
            layers.append({"type": "subtitle", "text": text, **times})
        fade = {"name": "fade", "duration": job["fade"]}
        clips.append({"duration": scene["seconds"], "layers": layers, "transition": fade})
    return {
        "outPath": out,
        "width": job["width"],
        "height": job["height"],
        "fps": job["fps"],
        "clips": clips,
        "defaults": {"layer": {"fontPath": job["font"]}},
        "audioTracks": [{"path": job["narration"], "mixVolume": 1}, {"path": job["music"], "mixVolume": 0.25}],
        "audioNorm": {"enable": True},
        "customOutputArgs": [
            "-c:v", "libx264", "-preset", "veryfast", "-crf", "21", "-pix_fmt", "yuv420p",
            "-c:a", "aac", "-b:a", "160k", "-movflags", "faststart",
        ],
    }  # fmt: skip


if __name__ == "__main__":
    job_path, out_path, spec_path = sys.argv[1:]
    Path(spec_path).write_text(json.dumps(specification(json.loads(Path(job_path).read_text()), out_path)))
