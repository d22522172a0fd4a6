"""The font families a storyboard can name, published by the renderer that ships them.

`fonts.json` is made by `tools/make_fonts.py`; a test holds it to what the renderer draws with.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import cast


@lru_cache(maxsize=1)
def families() -> dict[str, str]:
    """Each family → SHA-256 over the files that draw it, those it falls back to included."""
    return cast(dict[str, str], json.loads(Path(__file__).with_name("fonts.json").read_text("utf-8")))
