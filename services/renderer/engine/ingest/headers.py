"""Reads file headers in pure Python: picture sizes above all, so that no decoder meets one that is too large.

Every reader takes a `Source` and raises UnreadableMedia on bytes that make no sense, UnsupportedMedia on animations.
Formats: JPEG (ITU T.81 B.2), PNG (W3C PNG 3), WebP (RFC 9649), WAV (RIFF).
"""

from __future__ import annotations

import struct
from typing import BinaryIO, Final, NamedTuple

from services.renderer.errors import UnreadableMedia, UnsupportedMedia

MAX_PARTS: Final = 20_000  # segments, chunks or boxes looked at in one file
_STANDALONE_MARKERS: Final = frozenset([0x01, *range(0xD0, 0xD8)])
_SOF_MARKERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_NOT_A_STILL: Final = "Animated pictures aren't supported. Save one frame as PNG or JPEG, or convert it to MP4."


class Size(NamedTuple):
    """Pixels as stored, before any rotation."""

    width: int
    height: int


class Source:
    """A file to read at offsets. `size` is its length in bytes."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.size = size

    def read(self, offset: int, count: int) -> bytes:
        """Exactly `count` bytes. Raises UnreadableMedia where the file ends before that."""
        data = self.peek(offset, count)
        if len(data) < count:
            raise UnreadableMedia("The file is cut off. Upload it again from the original.")
        return data

    def peek(self, offset: int, count: int) -> bytes:
        """Up to `count` bytes; fewer at the end of the file."""
        if offset < 0 or offset >= self.size:
            return b""
        self._file.seek(offset)
        return self._file.read(count)


def damaged(what: str) -> UnreadableMedia:
    return UnreadableMedia(f"The {what} is damaged. Upload it again from the original.")


def jpeg_size(source: Source) -> Size:
    """The size in the first frame header (SOFn)."""
    offset = 2
    for _ in range(MAX_PARTS):
        prefix, marker = source.read(offset, 2)
        if prefix != 0xFF:
            raise damaged("JPEG picture")
        if marker == 0xFF:  # fill byte
            offset += 1
        elif marker in _STANDALONE_MARKERS:
            offset += 2
        elif marker in _SOF_MARKERS:
            height, width = struct.unpack(">HH", source.read(offset + 5, 4))
            return Size(width, height)
        elif marker in (0xD9, 0xDA):  # end of image or scan data before any frame header
            break
        else:
            (length,) = struct.unpack(">H", source.read(offset + 2, 2))
            if length < 2:
                break
            offset += 2 + length
    raise damaged("JPEG picture")


def png_size(source: Source) -> Size:
    """The size in IHDR. Raises UnsupportedMedia for an animation (acTL before the image data)."""
    length, name, width, height = struct.unpack(">I4sII", source.read(8, 16))
    if name != b"IHDR" or length != 13:
        raise damaged("PNG picture")
    offset = 8
    for _ in range(MAX_PARTS):
        length, name = struct.unpack(">I4s", source.read(offset, 8))
        if name == b"acTL":
            raise UnsupportedMedia(_NOT_A_STILL)
        if name == b"IDAT":
            return Size(width, height)
        if name == b"IEND" or length > 0x7FFFFFFF:
            break
        offset += 12 + length
    raise damaged("PNG picture")


def webp_size(source: Source) -> Size:
    """The size of the canvas or of the single image. Raises UnsupportedMedia for an animation."""
    (riff_size,) = struct.unpack("<I", source.read(4, 4))
    if riff_size + 8 > source.size + 1:  # one byte of padding may be missing
        raise UnreadableMedia("The WebP picture is cut off. Upload it again from the original.")
    name = source.read(12, 4)
    if name == b"VP8X":
        flags, canvas = source.read(20, 1)[0], source.read(24, 6)
        if flags & 0x02:
            raise UnsupportedMedia(_NOT_A_STILL)
        size = Size(int.from_bytes(canvas[:3], "little") + 1, int.from_bytes(canvas[3:], "little") + 1)
        return _largest(size, _webp_image_size(source, 12))
    return _webp_image_size(source, 12)


def check_wav(source: Source) -> None:
    """Walks the chunks up to the samples. Raises UnreadableMedia where the file ends before they do."""
    offset = 12
    for _ in range(MAX_PARTS):
        name, length = struct.unpack("<4sI", source.read(offset, 8))
        if name == b"data":
            unknown = length in (0, 0x7FFFFFFF, 0xFFFFFFFF)  # written to a pipe
            if not unknown and offset + 8 + length > source.size + 1:
                raise UnreadableMedia("The sound is cut off. Upload it again from the original.")
            return
        offset += 8 + length + (length & 1)
    raise damaged("WAV file")


def _webp_image_size(source: Source, offset: int) -> Size:
    for _ in range(MAX_PARTS):
        name, length = struct.unpack("<4sI", source.read(offset, 8))
        if name in (b"ANIM", b"ANMF"):
            raise UnsupportedMedia(_NOT_A_STILL)
        if name == b"VP8 ":
            if source.read(offset + 11, 3) != b"\x9d\x01\x2a":
                break
            width, height = struct.unpack("<HH", source.read(offset + 14, 4))
            return Size(width & 0x3FFF, height & 0x3FFF)
        if name == b"VP8L":
            signature, bits = struct.unpack("<BI", source.read(offset + 8, 5))
            if signature != 0x2F:
                break
            return Size((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        offset += 8 + length + (length & 1)
    raise damaged("WebP picture")


def _largest(*sizes: Size) -> Size:
    return Size(max(size.width for size in sizes), max(size.height for size in sizes))
