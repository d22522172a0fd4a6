"""Renders in a process of its own: render_process.py TIMELINE FILES OUT CACHE, JSON on stdout (a result or a code)."""

import json
import sys
from pathlib import Path

from kernel.errors import AppError
from services.renderer.engine.cache import Cache
from services.renderer.engine.render import Options, render
from storyboard.timeline import Timeline


def main() -> int:
    timeline, files, out, cache = map(Path, sys.argv[1:])
    originals = {key: Path(path) for key, path in json.loads(files.read_text()).items()}
    try:
        result = render(
            Timeline.model_validate_json(timeline.read_bytes()),
            originals,
            out,
            cache=Cache(cache),
            options=Options(engine="cpu", jobs=2),
        )
    except AppError as error:
        print(json.dumps({"code": error.code, "detail": error.detail}))
        return 3
    print(json.dumps({"frames": result.frames, "rendered": result.rendered}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
