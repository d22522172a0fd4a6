"""What the environment decides on this machine."""

from __future__ import annotations

import os
from pathlib import Path

from keyreel.errors import FileNotReadable
from services.renderer.engine.cache import GIB, Cache


def open_cache(folder: Path | None) -> Cache:
    """The cache of rendered parts: --cache-dir, else KEYREEL_CACHE_DIR, else the user's cache folder.

    KEYREEL_CACHE_GIB caps its size (10 where not set).
    """
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    root = folder or Path(os.environ.get("KEYREEL_CACHE_DIR") or Path(home, "keyreel"))
    size = os.environ.get("KEYREEL_CACHE_GIB", "10")
    try:
        return Cache(root, int(float(size) * GIB))
    except ValueError as error:
        raise FileNotReadable(f"KEYREEL_CACHE_GIB is “{size}”; give a number of gibibytes.") from error
    except OSError as error:
        raise FileNotReadable(
            f"The cache folder {root} can't be used ({(error.strerror or 'unknown reason').lower()}). "
            "Name another with --cache-dir."
        ) from error
