"""Says what a file is by its bytes, never by its name, and refuses what the engine doesn't take.

allowed   jpeg png webp avif · mp4 (with mov) webm (with mkv) · wav mp3 m4a flac ogg
refused   animations, HEIC, SVG, HTML, XML, playlists, archives, PDF, polyglots, encrypted tracks, too many pixels

Pure Python and bounded: it reads headers, decodes nothing, and is safe to run on anything outside the sandbox.
"""

from __future__ import annotations

import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from services.renderer.engine.ingest import containers, headers
from services.renderer.engine.ingest.headers import Size, Source
from services.renderer.errors import (
    EmptyFile,
    EncryptedMedia,
    MediaTooLarge,
    TypeMismatch,
    UnreadableMedia,
    UnsupportedMedia,
)

Kind = Literal["image", "video", "audio"]
Format = Literal["jpeg", "png", "webp", "avif", "mp4", "webm", "wav", "mp3", "m4a", "flac", "ogg"]

MAX_PIXELS: Final = 40_000_000
MAX_SIDE: Final = 16_384
_HEAD_BYTES: Final = 4096
_NO_SIZE: Final = Size(0, 0)
_ZIP_TAIL_BYTES: Final = 65_557  # the longest comment and the record before it

DEMUXERS: Final[dict[Format, str]] = {
    "jpeg": "jpeg_pipe",
    "png": "png_pipe",
    "webp": "webp_pipe",
    "avif": "mov",
    "mp4": "mov",
    "m4a": "mov",
    "webm": "matroska",
    "wav": "wav",
    "mp3": "mp3",
    "flac": "flac",
    "ogg": "ogg",
}
_SUFFIXES: Final[dict[Kind, str]] = {
    "image": "jpg jpeg jpe jfif png webp avif gif apng heic heif bmp tif tiff svg",
    "video": "mp4 m4v mov qt webm mkv avi wmv flv mpg mpeg 3gp",
    "audio": "wav mp3 m4a m4b aac flac ogg oga opus wma aiff",
}
_KINDS_BY_SUFFIX: Final = {suffix: kind for kind, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}
_EITHER_KIND: Final = frozenset(["mp4", "m4a", "webm", "ogg"])  # containers in use for video and for sound alone
_TEXTS: Final = (
    (b"#extm3u", "Playlists aren't supported. Upload the media file itself."),
    (b"ffconcat", "Playlists aren't supported. Upload the media file itself."),
    (b"[playlist]", "Playlists aren't supported. Upload the media file itself."),
    (b"<svg", "SVG pictures aren't supported. Export the picture as PNG and upload that."),
    (b"<mpd", "Playlists aren't supported. Upload the media file itself."),
    (b"<!doctype html", "This is a web page. Download the media file itself and upload that."),
    (b"<html", "This is a web page. Download the media file itself and upload that."),
    (b"<script", "This is a web page. Download the media file itself and upload that."),
)
_BINARIES: Final = (
    (b"GIF8", "GIF isn't supported. Convert an animation to MP4, or save a still as PNG, and upload that."),
    (b"%PDF-", "PDF isn't supported. Export the page as PNG and upload that."),
    (b"7z\xbc\xaf\x27\x1c", "Archives aren't supported. Unpack it and upload the files."),
    (b"Rar!\x1a\x07", "Archives aren't supported. Unpack it and upload the files."),
    (b"\x1f\x8b", "Archives aren't supported. Unpack it and upload the files."),
)
_UNKNOWN: Final = (
    "This format isn't supported. Pictures: JPEG, PNG, WebP, AVIF. Video: MP4, MOV, WebM, MKV. "
    "Sound: WAV, MP3, M4A, FLAC, OGG."
)
_POLYGLOT: Final = "The file is two kinds of file at once. Save it again in a picture, video or sound program."


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What a file's header says. `width` × `height` are pixels as stored, 0 for sound.

    `demuxer` is the FFmpeg demuxer to force, so that FFmpeg's own guess can't open the file as something else.
    """

    kind: Kind
    format: Format
    demuxer: str
    width: int = 0
    height: int = 0


def sniff(path: str | os.PathLike[str], declared: str | None = None) -> Sniffed:
    """Identifies the file at `path`; `declared` is the MIME type, file name or extension its sender gave.

    Raises EmptyFile, UnsupportedMedia, UnreadableMedia, EncryptedMedia, MediaTooLarge (more than 40 megapixels or a
    side over 16,384) and TypeMismatch (bytes of another kind than declared).
    """
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise EmptyFile("The file is empty. Upload it again.")
        source = Source(file, size)
        head = source.peek(0, _HEAD_BYTES)
        _refuse_by_signature(source, head)
        found = _identify(source, head)
        _refuse_polyglot(source, head, found)
    _check_size(found)
    _check_declared(found, declared)
    return found


def check_pixels(width: int, height: int) -> None:
    """Raises MediaTooLarge for more than 40 megapixels or a side over 16,384, UnreadableMedia for an empty picture."""
    if width <= 0 or height <= 0:
        raise UnreadableMedia("The picture is zero pixels wide or high.")
    if width > MAX_SIDE or height > MAX_SIDE or width * height > MAX_PIXELS:
        raise MediaTooLarge(
            f"The picture is {width} × {height} pixels. Up to {MAX_PIXELS // 1_000_000} megapixels and "
            f"{MAX_SIDE:,} pixels a side are accepted: make it smaller and upload it again."
        )


def _refuse_by_signature(source: Source, head: bytes) -> None:
    for magic, message in _BINARIES:
        if head.startswith(magic):
            raise UnsupportedMedia(message)
    if head.startswith(b"PK\x03\x04"):
        flags = struct.unpack("<H", source.read(6, 2))[0]
        if flags & 1:
            raise EncryptedMedia("The archive is protected by a password. Unpack it and upload the files.")
        raise UnsupportedMedia("Archives aren't supported. Unpack it and upload the files.")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\0" in head[:8]:  # UTF-16
        text = head[2:].replace(b"\0", b"").lstrip().lower()
    if text.startswith((b"<?xml", b"<!--", b"<!doctype")):
        text = next((text[text.find(mark) :] for mark, _ in _TEXTS if mark in text), b"<xml")
    for mark, message in _TEXTS:
        if text.startswith(mark):
            raise UnsupportedMedia(message)


def _identify(source: Source, head: bytes) -> Sniffed:
    if head.startswith(b"\xff\xd8\xff"):
        return _found("image", "jpeg", headers.jpeg_size(source))
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _found("image", "png", headers.png_size(source))
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _found("image", "webp", headers.webp_size(source))
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        headers.check_wav(source)
        return _found("audio", "wav")
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _matroska(source)
    if head.startswith(b"OggS"):
        return _ogg(source)
    if containers.is_iso_media(head):
        return _iso(source)
    start = _after_id3(head)
    if source.peek(start, 4) == b"fLaC":
        return _found("audio", "flac")
    if _is_mp3(source.peek(start, _HEAD_BYTES)):
        return _found("audio", "mp3")
    raise UnsupportedMedia(_UNKNOWN)


def _found(kind: Kind, name: Format, size: Size = _NO_SIZE) -> Sniffed:
    return Sniffed(kind, name, DEMUXERS[name], *size)


def _iso(source: Source) -> Sniffed:
    brands = containers.brands(source)
    if b"avis" in brands:
        raise UnsupportedMedia("Animated pictures aren't supported. Save one frame as PNG, or convert it to MP4.")
    if b"avif" in brands:
        return _found("image", "avif", containers.avif_size(source))
    containers.refuse_heic(brands)
    contents = containers.iso_contents(source)
    if contents.has_video:
        return _found("video", "mp4", contents.largest)
    if contents.has_audio:
        return _found("audio", "m4a")
    raise UnreadableMedia("The file has no video and no sound.")


def _matroska(source: Source) -> Sniffed:
    if containers.matroska_doc_type(source) not in (b"webm", b"matroska"):
        raise UnsupportedMedia(_UNKNOWN)
    contents = containers.matroska_contents(source)
    if contents.has_video:
        return _found("video", "webm", contents.largest)
    if contents.has_audio:
        return _found("audio", "webm")
    raise UnreadableMedia("The file has no video and no sound.")


def _ogg(source: Source) -> Sniffed:
    """Ogg (RFC 3533) whose streams are all sound; every stream's first page comes before any other page."""
    offset = 0
    while True:
        page = source.read(offset, 27)
        if not page.startswith(b"OggS"):
            raise headers.damaged("file")
        if not page[5] & 0x02:  # beginning of stream
            return _found("audio", "ogg")
        table = source.read(offset + 27, page[26])
        body = source.read(offset + 27 + len(table), min(sum(table), 16))
        if not body.startswith((b"\x01vorbis", b"OpusHead", b"\x7fFLAC")):
            raise UnsupportedMedia("Of Ogg files only Vorbis, Opus and FLAC sound is supported.")
        offset += 27 + len(table) + sum(table)


def _after_id3(head: bytes) -> int:
    """The offset after an ID3v2 tag, whose size is in four 7-bit digits."""
    if not head.startswith(b"ID3") or len(head) < 10:
        return 0
    size = 0
    for digit in head[6:10]:
        size = size << 7 | digit & 0x7F
    return 10 + size + (10 if head[5] & 0x10 else 0)


_MP3_BITRATES: Final = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG-1 layer III, kbit/s
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG-2 and 2.5 layer III
}
_MP3_RATES: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def _is_mp3(data: bytes) -> bool:
    """Whether two MPEG layer III frames follow each other; padding of an odd tag may come before them."""
    start = len(data) - len(data.lstrip(b"\0"))
    length = _mp3_frame_bytes(data[start:])
    return length > 0 and (_mp3_frame_bytes(data[start + length :]) > 0 or start + length >= len(data))


def _mp3_frame_bytes(data: bytes) -> int:
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE6 != 0xE2:  # sync, layer III
        return 0
    version, bitrate, rate = data[1] >> 3 & 3, data[2] >> 4, data[2] >> 2 & 3
    if version == 1 or bitrate in (0, 15) or rate == 3:
        return 0
    kilobits = _MP3_BITRATES[3 if version == 3 else 2][bitrate]
    return (144 if version == 3 else 72) * kilobits * 1000 // _MP3_RATES[version][rate] + (data[2] >> 1 & 1)


def _refuse_polyglot(source: Source, head: bytes, found: Sniffed) -> None:
    """Refuses a good header with another kind of file around it that browsers or readers would open instead."""
    early = head[:1024].lower()
    if b"%pdf-" in early or any(mark in early for mark in (b"<script", b"<html", b"<!doctype html", b"<svg")):
        raise UnsupportedMedia(_POLYGLOT)
    tail = source.peek(max(0, source.size - _ZIP_TAIL_BYTES), _ZIP_TAIL_BYTES)
    at = tail.rfind(b"PK\x05\x06")
    if at >= 0 and len(tail) >= at + 22 and struct.unpack_from("<H", tail, at + 20)[0] == len(tail) - at - 22:
        raise UnsupportedMedia(_POLYGLOT)


def _check_size(found: Sniffed) -> None:
    if found.kind == "image" or found.width or found.height:
        check_pixels(found.width, found.height)


def _check_declared(found: Sniffed, declared: str | None) -> None:
    wanted = _declared_kind(declared or "")
    if wanted is None or wanted == found.kind:
        return
    if found.format in _EITHER_KIND and wanted != "image":
        return
    names = {"image": "a picture", "video": "a video", "audio": "sound"}
    raise TypeMismatch(f"The file was sent as {names[wanted]} but holds {names[found.kind]}. Check the file's name.")


def _declared_kind(declared: str) -> Kind | None:
    mime = re.fullmatch(r"(image|video|audio)/[\w.+-]+", declared.split(";")[0].strip().lower())
    if mime:
        return next(kind for kind in _SUFFIXES if kind == mime[1])
    return _KINDS_BY_SUFFIX.get(declared.rsplit(".", 1)[-1].strip().lower())
