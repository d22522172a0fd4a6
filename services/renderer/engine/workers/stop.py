"""Cancelling the parts of a render: from outside by the caller's event, from inside when a part has failed."""

from __future__ import annotations

import threading


class Stop(threading.Event):
    """An event that is also set while the one it follows is; setting it leaves that one alone.

    Only `is_set` follows; whoever watches polls, as `kernel.sandbox` does.
    """

    def __init__(self, follows: threading.Event) -> None:
        super().__init__()
        self._follows = follows

    def is_set(self) -> bool:
        return super().is_set() or self._follows.is_set()
