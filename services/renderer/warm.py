"""Worker processes kept from one task to the next, so that a task doesn't begin by starting one (0.3 s).

A process belongs to one tenant for its life: its sandbox shows that tenant's cache and nothing else.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from kernel.sandbox import discover
from services.renderer import errors
from services.renderer.engine.cache import Cache
from services.renderer.engine.encode import encoders
from services.renderer.engine.toolchain import locate_ffmpeg
from services.renderer.engine.workers.handle import IDLE_SECONDS, LIMITS, Host, Worker

#: a process that nobody needs gives its memory back, seconds
_RETIRED_AFTER = 30.0
_POLL_SECONDS = 0.1


@dataclass(slots=True)
class _Kept:
    place: str
    hardware: bool
    worker: Worker
    since: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one process may use, in bytes of address space, and how long it may say nothing, in seconds."""

    memory_bytes: int = LIMITS.address_space_bytes
    idle_seconds: float = IDLE_SECONDS


class Workers:
    """At most `places` processes at once. For threads."""

    def __init__(self, places: int, bounds: Bounds | None = None) -> None:
        self._places = places
        self.bounds = bounds or Bounds()
        self._idle: list[_Kept] = []
        self._busy = 0
        self._alone = False
        self._waiting_alone = 0
        self._changed = threading.Condition()

    @contextmanager
    def borrow(
        self, cache: Cache, cancel: threading.Event, *, hardware: bool = False, alone: bool = False
    ) -> Iterator[Worker]:
        """A worker for one piece of work, which sees that cache alone and obeys `cancel`.

        Waits for a free place; `alone` waits until no other works and lets none begin, for work that ran out of memory
        beside others. `hardware` shows the worker the devices of this host. Raises RenderCancelled while it waits.
        """
        kept = self._take(cache, cancel, hardware=hardware, alone=alone)
        kept.worker.follow(cancel)
        try:
            yield kept.worker
        except BaseException:
            # What state its timeline and memory are in is anyone's guess.
            kept.worker.close()
            self._give(None, alone=alone)
            raise
        self._give(kept, alone=alone)

    def _take(self, cache: Cache, cancel: threading.Event, *, hardware: bool, alone: bool) -> _Kept:
        place = str(cache.objects)
        with self._changed:
            self._wait_for_place(cancel, alone=alone)
            self._busy += 1
            self._alone = alone
            mine = [kept for kept in self._idle if kept.place == place and kept.hardware == hardware]
            # Others' processes beyond the places go: memory is counted in places.
            spare = [kept for kept in self._idle if kept not in mine[-1:]]
            leaving = spare[: max(0, len(spare) + self._busy - self._places)] if not alone else spare
            self._idle = [kept for kept in spare if kept not in leaving]
        for kept in leaving:
            kept.worker.close()
        return mine[-1] if mine else _Kept(place, hardware, self._start(cache, cancel, hardware=hardware))

    def _wait_for_place(self, cancel: threading.Event, *, alone: bool) -> None:
        """Who wants to be alone comes before those who don't, or it would never be."""
        self._waiting_alone += alone
        try:
            while self._alone or (self._busy if alone else self._waiting_alone or self._busy >= self._places):
                if cancel.is_set():
                    raise errors.RenderCancelled()
                self._changed.wait(_POLL_SECONDS)
        finally:
            self._waiting_alone -= alone

    def _give(self, kept: _Kept | None, *, alone: bool) -> None:
        with self._changed:
            self._busy -= 1
            self._alone = self._alone and not alone
            if kept is not None:
                kept.since = time.monotonic()
                self._idle.append(kept)
            self._changed.notify_all()

    def retire(self, idle_seconds: float = _RETIRED_AFTER) -> None:
        """End the processes that nobody has needed for so long; 0 ends all that are idle."""
        limit = time.monotonic() - idle_seconds
        with self._changed:
            leaving = [kept for kept in self._idle if kept.since <= limit]
            self._idle = [kept for kept in self._idle if kept.since > limit]
        for kept in leaving:
            kept.worker.close()

    def _start(self, cache: Cache, cancel: threading.Event, *, hardware: bool) -> Worker:
        host = Host(
            discover(),
            (cache.objects, locate_ffmpeg()),
            cache.scratch_root,
            replace(LIMITS, address_space_bytes=self.bounds.memory_bytes),
            self.bounds.idle_seconds,
            encoders.devices() if hardware else (),
        )
        return Worker(host, None, cancel)
