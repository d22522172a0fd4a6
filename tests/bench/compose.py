"""Frames drawn by Keyreel's compositor without any encoding: the input of the limit, and the cost of drawing.

    python compose.py '{"spec": {…}, "material": …, "cache": …, "out": "frames.yuv" or null, "frames": 900}'

Prints {"frames": n, "draw_cpu_seconds": s}: the CPU time of drawing alone, the opening of pictures included.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import cv2
from job import JobSpec, load
from keyreel_job import prepared

from services.renderer.engine.cache import Cache
from services.renderer.engine.picture.compositor import Compositor
from services.renderer.engine.picture.planes import empty_planes


def main(order: dict[str, Any]) -> None:
    cv2.setNumThreads(1)
    cache = Cache(Path(order["cache"]))
    job = load(JobSpec(**order["spec"]), Path(order["material"]), cache)
    timeline = job.timeline
    compositor = Compositor(timeline, prepared(timeline, job.files, cache, 1))
    canvas = empty_planes(timeline.canvas.width, timeline.canvas.height)
    count = min(order.get("frames") or timeline.frames, timeline.frames)
    spent = 0.0
    with Path(order.get("out") or os.devnull).open("wb") as sink:
        for number in range(count):
            before = time.process_time()
            compositor.draw(number, canvas)
            spent += time.process_time() - before
            for plane in canvas:
                sink.write(plane.tobytes())
    compositor.close()
    print(json.dumps({"frames": count, "draw_cpu_seconds": spent}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
