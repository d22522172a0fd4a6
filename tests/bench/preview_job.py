"""The time from asking a warm worker for the first preview segment to having its file.

    python preview_job.py '{"spec": {…}, "material": …, "cache": …}'

Warm: media are ready in preview size, the worker process runs and has the timeline open. It has drawn nothing of it.
Prints {"seconds": s, "start_seconds": s, "frames": n}; `start_seconds` is what making a worker warm took.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from job import JobSpec, load
from keyreel_job import prepared

from kernel.sandbox import discover
from services.renderer.engine import plan
from services.renderer.engine.cache import Cache
from services.renderer.engine.encode import encoders
from services.renderer.engine.ingest.prepared import PreparedClip, PreparedStill
from services.renderer.engine.toolchain import find_ffmpeg
from services.renderer.engine.workers.handle import Host
from services.renderer.engine.workers.pool import Pool
from services.renderer.engine.workers.protocol import Open, ProbeEncoder, RenderSegment
from storyboard.segments import segments


def main(order: dict[str, Any]) -> None:
    cache = Cache(Path(order["cache"]))
    job = load(JobSpec(**order["spec"]), Path(order["material"]), cache)
    timeline = plan.preview_timeline(job.timeline)
    ready = prepared(timeline, job.files, cache, 2)
    encoder = encoders.software(timeline.output.codec, timeline.output.quality)
    with cache.scratch() as scratch:
        path = scratch / "timeline.json"
        path.write_text(timeline.model_dump_json(by_alias=True, exclude_none=True))
        opened = Open(
            timeline=str(path),
            stills={name: media for name, media in ready.items() if isinstance(media, PreparedStill)},
            clips={name: media for name, media in ready.items() if isinstance(media, PreparedClip)},
        )
        host = Host(discover(), (cache.objects, find_ffmpeg().path), scratch)
        with Pool(host, opened, 1, threading.Event()) as pool:
            began = time.monotonic()
            pool.ask(ProbeEncoder(encoder=encoder, path=str(scratch / "probe.mp4")))
            started = time.monotonic() - began
            first = segments(timeline)[0]
            target = scratch / "first.mp4"
            began = time.monotonic()
            pool.ask(RenderSegment(segment=first, encoder=encoder, path=str(target)))
            seconds = time.monotonic() - began
        if target.stat().st_size == 0:
            raise OSError("the first preview segment is empty")
    print(json.dumps({"seconds": seconds, "start_seconds": started, "frames": first.frames}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
