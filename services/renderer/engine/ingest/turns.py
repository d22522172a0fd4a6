"""One maker at a time for each product: two threads that lack the same picture must not both decode it."""

from __future__ import annotations

import threading
from weakref import WeakValueDictionary

_locks: WeakValueDictionary[tuple[str, str], threading.Lock] = WeakValueDictionary()
_guard = threading.Lock()


def turn(place: str, key: str) -> threading.Lock:
    """The lock of a product in a cache folder, the same one for every thread that holds it or waits for it."""
    with _guard:
        lock = _locks.get((place, key))
        if lock is None:
            lock = _locks[place, key] = threading.Lock()
        return lock
