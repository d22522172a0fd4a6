"""One job rendered by Keyreel in a process of its own, as the command line would: probe, compile, render.

    python keyreel_job.py '{"spec": {…}, "material": …, "cache": …, "out": …, "workers": 2}'

`preview` in the order renders the small draft; `prepare` only makes media ready, and draws and mixes nothing.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

from job import JobSpec, load

from services.renderer.engine import plan
from services.renderer.engine.cache import Cache
from services.renderer.engine.ingest.prepare import Media
from services.renderer.engine.ingest.prepared import Prepared
from services.renderer.engine.render import Options, render
from storyboard import Timeline


def prepared(timeline: Timeline, files: dict[str, Path], cache: Cache, workers: int) -> dict[str, Prepared]:
    """Every picture, clip and sound of the timeline made ready in the cache; pictures and clips by asset id."""
    media = Media(cache, files, timeline, workers, threading.Event())
    ready: dict[str, Prepared] = {**media.stills(plan.still_needs(timeline)), **media.clips(plan.clip_needs(timeline))}
    media.voices()
    media.clip_sounds()
    if timeline.music is not None:
        media.sound(timeline.music.asset)
    return ready


def main(order: dict[str, Any]) -> None:
    cache = Cache(Path(order["cache"]))
    job = load(JobSpec(**order["spec"]), Path(order["material"]), cache)
    if order.get("prepare"):
        prepared(job.timeline, job.files, cache, order["workers"])
        return
    options = Options(engine="cpu", jobs=order["workers"], preview=bool(order.get("preview")))
    result = render(job.timeline, job.files, Path(order["out"]), cache=cache, options=options)
    print(json.dumps({"frames": result.frames, "segments": result.segments, "rendered": result.rendered}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
