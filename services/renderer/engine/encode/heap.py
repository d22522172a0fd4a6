"""The heap under an encoder: made the same each time, and told from an empty one.

x264's macroblock tree works on rows in steps of eight macroblocks and reads past rows of other lengths, so that what
happens to lie on the heap decides bits of the output: the same frames gave different bytes at every width that isn't
a multiple of 128 (seen with x264 core 165; 1280 and 1920 are, 1080 is not). glibc can be asked to fill what it hands
out. The C library of a host without that (musl, macOS) leaves the bytes to chance; the picture is as good either way.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Iterator
from contextlib import contextmanager

#: <malloc.h>; a block is filled with the complement of the parameter's low byte, 0 turns that off
_M_PERTURB = -6
_FILL_WITH_ZEROS = 0xFF

#: what an encoder asks for at once, at 4K
_ROOM = 256 * 1024 * 1024

_mallopt = getattr(ctypes.CDLL(None), "mallopt", None)


@contextmanager
def zeroed_heap() -> Iterator[None]:
    """Memory allocated inside begins as zeros. For the whole process, so for use in one thread."""
    if _mallopt is None:
        yield
        return
    _mallopt(_M_PERTURB, _FILL_WITH_ZEROS)
    try:
        yield
    finally:
        _mallopt(_M_PERTURB, 0)


def is_exhausted() -> bool:
    """Whether the limit on this process' memory is near: an encoder that fails without a cause has met it then."""
    try:
        mmap.mmap(-1, _ROOM).close()
    except OSError:
        return True
    return False
