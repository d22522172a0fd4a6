"""Text that a subtitle player would take for markup, disarmed and restored.

SubRip has no way to quote. An invisible U+2060 WORD JOINER after the first character of what looks like markup keeps
players from acting on it; the importer takes it out again.
"""

from __future__ import annotations

import re

_JOINER = "\u2060"
_ACTIVE = re.compile(r"\{(?=\\)|<(?=[A-Za-z0-9/])|--(?=>)")
_DISARMED = re.compile(rf"(\{{(?={_JOINER}\\)|<(?={_JOINER}[A-Za-z0-9/])|--(?={_JOINER}>)){_JOINER}")


def disarmed(text: str) -> str:
    """The text as SubRip shows it literally: `{\\b1}`, `<i>` and `-->` are no markup any more."""
    return _ACTIVE.sub(lambda found: found.group() + _JOINER, text)


def restored(text: str) -> str:
    """What `disarmed` was given."""
    return _DISARMED.sub(r"\1", text)
