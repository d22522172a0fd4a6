"""Reads what is inside ISO base media files (MP4, MOV, M4A, AVIF) and Matroska files, without a demuxer.

Just enough to know the kind, the largest picture and whether tracks are encrypted. Boxes: ISO/IEC 14496-12 and
23008-12 (HEIF); elements: RFC 9559 (Matroska) on RFC 8794 (EBML).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from services.renderer.engine.ingest.headers import MAX_PARTS, Size, Source, damaged
from services.renderer.errors import EncryptedMedia, UnreadableMedia, UnsupportedMedia

_CUT_OFF: Final = "The file is cut off. Upload it again from the original."
_ENCRYPTED: Final = "The file is protected (DRM). Use a copy without protection."
_ENCRYPTED_ENTRIES: Final = frozenset([b"encv", b"enca", b"enct", b"encs", b"encm", b"drms", b"drmi", b"drmt"])
_MAX_SAMPLE_ENTRIES_BYTES: Final = 1 << 20
_TOP_LEVEL: Final = frozenset([b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"uuid"])
_HEIC_BRANDS: Final = frozenset([b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"])


class Contents(NamedTuple):
    """What a container holds. `largest` is (0, 0) where no size is written."""

    has_video: bool
    has_audio: bool
    largest: Size


class Box(NamedTuple):
    name: bytes
    start: int  # of the payload
    end: int


def is_iso_media(head: bytes) -> bool:
    return head[4:8] == b"ftyp" or (head[4:8] in _TOP_LEVEL and head[:3] != b"\xff\xd8\xff")


def brands(source: Source) -> set[bytes]:
    """The major and compatible brands; empty for QuickTime files older than `ftyp`."""
    size, name = struct.unpack(">I4s", source.read(0, 8))
    if name != b"ftyp":
        return set()
    if not 16 <= size <= 4096 or size % 4:
        raise damaged("file")
    body = source.read(8, size - 8)
    return {body[:4], *(body[i : i + 4] for i in range(8, len(body), 4))}


def avif_size(source: Source) -> Size:
    """The largest image of an AVIF file: its items may be tiles of a larger grid, each with a size of its own."""
    sizes = [
        Size(*struct.unpack(">II", source.read(box.start + 4, 8)))
        for meta in boxes(source, 0, source.size)
        if meta.name == b"meta"
        for properties in boxes(source, meta.start + 4, meta.end)
        if properties.name == b"iprp"
        for container in boxes(source, *properties[1:])
        if container.name == b"ipco"
        for box in boxes(source, *container[1:])
        if box.name == b"ispe"
    ]
    if not sizes:
        raise damaged("AVIF picture")
    return max(sizes, key=lambda size: size.width * size.height)


def refuse_heic(names: set[bytes]) -> None:
    if names & _HEIC_BRANDS and not names & {b"isom", b"mp41", b"mp42", b"avif"}:
        raise UnsupportedMedia("HEIC pictures aren't supported. Save the picture as JPEG and upload that.")


def iso_contents(source: Source) -> Contents:
    """Walks the movie box. Raises EncryptedMedia, UnreadableMedia (no movie box, or cut off)."""
    movie = next((box for box in boxes(source, 0, source.size) if box.name == b"moov"), None)
    if movie is None:
        raise UnreadableMedia("The video has no index: its recording or upload was interrupted. Upload it again.")
    video = audio = False
    largest = Size(0, 0)
    for track in boxes(source, *movie[1:]):
        if track.name != b"trak":
            continue
        handler, entries = _track(source, track)
        if any(name in _ENCRYPTED_ENTRIES or (b"sinf" in body and b"schm" in body) for name, body in entries):
            raise EncryptedMedia(_ENCRYPTED)
        audio = audio or handler == b"soun"
        if handler == b"vide":
            video = True
            sizes = [Size(*struct.unpack(">HH", body[24:28])) for _, body in entries if len(body) >= 28]
            largest = max([largest, *sizes], key=lambda size: size.width * size.height)
    return Contents(video, audio, largest)


def mezzanine_frames(source: Source) -> tuple[Size, int]:
    """Size and exact number of frames of the one video track of a file this engine wrote (sample size box, `stsz`)."""
    path = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz")
    start, end = 0, source.size
    for name in path:
        box = next((box for box in boxes(source, start, end) if box.name == name), None)
        if box is None:
            raise damaged("video")
        start, end = box.start, box.end
    (count,) = struct.unpack(">I", source.read(start + 8, 4))
    return iso_contents(source).largest, count


def boxes(source: Source, start: int, end: int) -> Iterator[Box]:
    """The boxes between two offsets. Raises UnreadableMedia where one is larger than the space it is in."""
    for _ in range(MAX_PARTS):
        if end - start < 8:
            return
        size, name = struct.unpack(">I4s", source.read(start, 8))
        header = 8
        if size == 1:
            (size,), header = struct.unpack(">Q", source.read(start + 8, 8)), 16
        elif size == 0:
            size = end - start
        if size < header:
            raise damaged("file")
        if start + size > end:
            raise UnreadableMedia(_CUT_OFF)
        yield Box(name, start + header, start + size)
        start += size
    raise damaged("file")


def _track(source: Source, track: Box) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """The handler type of a track and its sample entries (name, payload)."""
    handler = b""
    entries: list[tuple[bytes, bytes]] = []
    for media in (box for box in boxes(source, *track[1:]) if box.name == b"mdia"):
        for box in boxes(source, *media[1:]):
            if box.name == b"hdlr":
                handler = source.read(box.start + 8, 4)
            elif box.name == b"minf":
                entries += _sample_entries(source, box)
    return handler, entries


def _sample_entries(source: Source, information: Box) -> list[tuple[bytes, bytes]]:
    found = []
    for table in (box for box in boxes(source, *information[1:]) if box.name == b"stbl"):
        for description in (box for box in boxes(source, *table[1:]) if box.name == b"stsd"):
            if description.end - description.start > _MAX_SAMPLE_ENTRIES_BYTES:
                raise damaged("file")
            for entry in boxes(source, description.start + 8, description.end):
                found.append((entry.name, source.read(entry.start, entry.end - entry.start)))
    return found


# Matroska element ids, with their length marker bits
_SEGMENT: Final = 0x18538067
_CLUSTER: Final = 0x1F43B675
_TRACKS: Final = 0x1654AE6B
_TRACK_ENTRY: Final = 0xAE
_TRACK_TYPE: Final = 0x83
_VIDEO: Final = 0xE0
_PIXEL_WIDTH: Final = 0xB0
_PIXEL_HEIGHT: Final = 0xBA
_CONTENT_ENCODINGS: Final = 0x6D80
_CONTENT_ENCODING: Final = 0x6240
_CONTENT_ENCRYPTION: Final = 0x5035
_DOC_TYPE: Final = 0x4282


class Element(NamedTuple):
    id: int
    start: int
    end: int


def matroska_doc_type(source: Source) -> bytes:
    head = next(elements(source, 0, source.size), None)
    if head is None or head.end - head.start > 4096:
        raise damaged("file")
    return next((_payload(source, e, 32) for e in elements(source, *head[1:]) if e.id == _DOC_TYPE), b"").rstrip(b"\0")


def matroska_contents(source: Source) -> Contents:
    """Reads the track list. Raises EncryptedMedia, UnreadableMedia (no tracks before the first cluster)."""
    segment = next((e for e in elements(source, 0, source.size) if e.id == _SEGMENT), None)
    if segment is None:
        raise damaged("file")
    for element in elements(source, *segment[1:]):
        if element.id == _CLUSTER:
            break
        if element.id == _TRACKS:
            return _tracks(source, element)
    raise damaged("file")


def elements(source: Source, start: int, end: int) -> Iterator[Element]:
    """The elements between two offsets; one of unknown size, or longer than its space, ends with that space."""
    for _ in range(MAX_PARTS):
        if end - start < 2:
            return
        ident, start = _vint(source, start, keep_marker=True)
        size, start = _vint(source, start, keep_marker=False)
        stop = end if size is None else min(start + size, end)
        if ident is None:
            raise damaged("file")
        yield Element(ident, start, stop)
        start = stop
    raise damaged("file")


def _tracks(source: Source, tracks: Element) -> Contents:
    video = audio = False
    largest = Size(0, 0)
    for entry in (e for e in elements(source, *tracks[1:]) if e.id == _TRACK_ENTRY):
        for element in elements(source, *entry[1:]):
            if element.id == _TRACK_TYPE:
                kind = _uint(source, element)
                video, audio = video or kind == 1, audio or kind == 2
            elif element.id == _VIDEO:
                numbers = {e.id: _uint(source, e) for e in elements(source, *element[1:])}
                size = Size(numbers.get(_PIXEL_WIDTH, 0), numbers.get(_PIXEL_HEIGHT, 0))
                largest = max(largest, size, key=lambda s: s.width * s.height)
            elif element.id == _CONTENT_ENCODINGS:
                for encoding in (e for e in elements(source, *element[1:]) if e.id == _CONTENT_ENCODING):
                    if any(e.id == _CONTENT_ENCRYPTION for e in elements(source, *encoding[1:])):
                        raise EncryptedMedia(_ENCRYPTED)
    return Contents(video, audio, largest)


def _vint(source: Source, offset: int, *, keep_marker: bool) -> tuple[int | None, int]:
    """A variable-length integer and the offset after it; None for the reserved "unknown" value."""
    first = source.read(offset, 1)[0]
    if first == 0:
        raise damaged("file")
    length = 9 - first.bit_length()
    value = int.from_bytes(source.read(offset, length), "big")
    data = value & ((1 << 7 * length) - 1)
    unknown = data == (1 << 7 * length) - 1
    return (None if unknown else value if keep_marker else data), offset + length


def _uint(source: Source, element: Element) -> int:
    return int.from_bytes(_payload(source, element, 8), "big")


def _payload(source: Source, element: Element, limit: int) -> bytes:
    return source.read(element.start, min(element.end - element.start, limit))
