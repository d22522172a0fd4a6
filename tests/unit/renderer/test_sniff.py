"""What the sniffer says about bytes: built by hand where the exact header matters, by a real encoder elsewhere."""

import struct
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.errors import AppError
from services.renderer.engine.ingest.sniff import MAX_PIXELS, MAX_SIDE, sniff
from services.renderer.errors import (
    EmptyFile,
    EncryptedMedia,
    MediaError,
    MediaTooLarge,
    TypeMismatch,
    UnreadableMedia,
    UnsupportedMedia,
)


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, *extra: bytes) -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b"")


def jpeg(width: int, height: int, comment: bytes = b"") -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    segment = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment if comment else b""
    return b"\xff\xd8" + segment + b"\xff\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xda\0\x08"


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1) for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def box(name: bytes, *body: bytes) -> bytes:
    joined = b"".join(body)
    return struct.pack(">I4s", len(joined) + 8, name) + joined


def track(handler: bytes, entry: bytes, width: int = 0, height: int = 0, extra: bytes = b"") -> bytes:
    sample_entry = box(entry, bytes(24), struct.pack(">HH", width, height), bytes(50), extra)
    described = box(b"stsd", struct.pack(">II", 0, 1), sample_entry)
    return box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), handler, bytes(12)), box(b"minf", box(b"stbl", described))))


def mp4(*tracks: bytes, brand: bytes = b"isom") -> bytes:
    return box(b"ftyp", brand, bytes(4), b"mp42") + box(b"moov", *tracks) + box(b"mdat", b"data")


def element(ident: int, body: bytes) -> bytes:
    return ident.to_bytes((ident.bit_length() + 7) // 8, "big") + (len(body) | 1 << 56).to_bytes(8, "big") + body


def matroska(*entries: bytes, doc_type: bytes = b"webm") -> bytes:
    head = element(0x1A45DFA3, element(0x4282, doc_type))
    return head + element(0x18538067, element(0x1654AE6B, b"".join(element(0xAE, entry) for entry in entries)))


MKV_VIDEO = element(0x83, b"\x01") + element(0xE0, element(0xB0, b"\x02\x80") + element(0xBA, b"\x01\x68"))
MKV_AUDIO = element(0x83, b"\x02")
MP3_FRAME = b"\xff\xfb\x90\x00" + bytes(413)  # MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes


def wav(data_bytes: int) -> bytes:
    format_chunk = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    return b"RIFF\x24\0\0\0WAVE" + format_chunk + b"data" + struct.pack("<I", data_bytes) + bytes(8)


def ogg(*first_packets: bytes) -> bytes:
    def page(flags: int, packet: bytes) -> bytes:
        return b"OggS\0" + bytes([flags]) + bytes(20) + bytes([1, len(packet)]) + packet

    return b"".join(page(2, packet) for packet in first_packets) + page(0, b"data")


@pytest.fixture
def sniffed(tmp_path):
    def sniff_bytes(data: bytes, declared: str | None = None):
        path = tmp_path / "upload"
        path.write_bytes(data)
        return sniff(path, declared)

    return sniff_bytes


@pytest.mark.parametrize(
    ("data", "kind", "name", "size"),
    [
        (jpeg(640, 480), "image", "jpeg", (640, 480)),
        (jpeg(640, 480, b"a comment with \xff\xc0 in it"), "image", "jpeg", (640, 480)),
        (png(30, 50), "image", "png", (30, 50)),
        (webp((b"VP8 ", bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", 300, 200))), "image", "webp", (300, 200)),
        (webp((b"VP8L", b"\x2f" + struct.pack("<I", 299 | 199 << 14))), "image", "webp", (300, 200)),
        (mp4(track(b"vide", b"avc1", 640, 360), track(b"soun", b"mp4a")), "video", "mp4", (640, 360)),
        (mp4(track(b"soun", b"mp4a"), brand=b"M4A "), "audio", "m4a", (0, 0)),
        (mp4(track(b"vide", b"avc1", 640, 360))[20:], "video", "mp4", (640, 360)),
        (matroska(MKV_AUDIO, MKV_VIDEO), "video", "webm", (640, 360)),
        (matroska(MKV_AUDIO, doc_type=b"matroska"), "audio", "webm", (0, 0)),
        (wav(8), "audio", "wav", (0, 0)),
        (wav(0xFFFFFFFF), "audio", "wav", (0, 0)),
        (b"fLaC\0\0\0\x22", "audio", "flac", (0, 0)),
        (MP3_FRAME * 2, "audio", "mp3", (0, 0)),
        (b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + MP3_FRAME * 2, "audio", "mp3", (0, 0)),
        (b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + b"fLaC\0\0\0\x22", "audio", "flac", (0, 0)),
        (ogg(b"\x01vorbis"), "audio", "ogg", (0, 0)),
        (ogg(b"OpusHead"), "audio", "ogg", (0, 0)),
    ],
)
def test_the_bytes_tell_kind_format_and_size(sniffed, data, kind, name, size):
    found = sniffed(data)
    assert (found.kind, found.format, (found.width, found.height)) == (kind, name, size)


@pytest.mark.parametrize(
    ("data", "advice"),
    [
        (b"GIF89a" + bytes(50), "MP4"),
        (png(9, 9, png_chunk(b"acTL", bytes(8))), "one frame"),
        (webp((b"VP8X", b"\x02" + bytes(9)), (b"ANIM", bytes(6))), "one frame"),
        (webp((b"ANIM", bytes(6))), "one frame"),
        (box(b"ftyp", b"avis", bytes(4), b"avif"), "one frame"),
        (box(b"ftyp", b"heic", bytes(4), b"mif1") + bytes(16), "JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "PNG"),
        (b"\xef\xbb\xbf \n<?xml version='1.0'?><!-- x --><SVG onload='x'/>", "PNG"),
        ("<svg/>".encode("utf-16"), "PNG"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1/x.ts", "Playlists"),
        (b"ffconcat version 1.0\nfile 'x'", "Playlists"),
        (b"<?xml version='1.0'?><MPD/>", "Playlists"),
        (b"PK\x03\x04\x14\0\0\0" + bytes(30), "Unpack"),
        (b"%PDF-1.7\n", "Export"),
        (b"RIFF\x10\0\0\0AVI LIST", "Video: MP4"),
        (matroska(MKV_VIDEO, doc_type=b"other"), "Video: MP4"),
        (ogg(b"\x80theora"), "Vorbis"),
        (ogg(b"\x01vorbis", b"\x80theora"), "Vorbis"),
        (b"just text", "Pictures: JPEG"),
    ],
)
def test_formats_that_are_not_taken_are_refused_with_what_to_do(sniffed, data, advice):
    with pytest.raises(UnsupportedMedia) as caught:
        sniffed(data)
    assert advice in caught.value.detail


@pytest.mark.parametrize(
    "data",
    [
        jpeg(9, 9, b"<script>alert(1)</script>"),
        jpeg(9, 9, b"%PDF-1.4"),
        png(9, 9) + b"PK\x05\x06" + bytes(18),
        mp4(track(b"soun", b"mp4a")) + b"PK\x05\x06" + bytes(16) + b"\x03\0abc",
    ],
)
def test_files_of_two_kinds_at_once_are_refused(sniffed, data):
    with pytest.raises(UnsupportedMedia, match="two kinds"):
        sniffed(data)


@pytest.mark.parametrize(
    "data",
    [
        png(50_000, 50_000),
        png(MAX_SIDE + 1, 1),
        png(1, MAX_SIDE + 1),
        jpeg(65_535, 65_535),
        png(8000, MAX_PIXELS // 8000 + 1),
        webp((b"VP8X", b"\0" * 4 + b"\xff" * 6), (b"VP8L", b"\x2f\0\0\0\0")),
        mp4(track(b"vide", b"avc1", 640, 360), track(b"vide", b"avc1", 60_000, 60_000)),
    ],
)
def test_too_many_pixels_are_refused_by_the_header_alone(sniffed, data):
    with pytest.raises(MediaTooLarge, match="40 megapixels"):
        sniffed(data)


def test_the_largest_allowed_picture_is_taken(sniffed):
    assert sniffed(png(8000, MAX_PIXELS // 8000)).width == 8000
    assert sniffed(png(MAX_SIDE, 2)).width == MAX_SIDE


@pytest.mark.parametrize(
    "data",
    [
        png(0, 10),
        jpeg(10, 0),
        jpeg(9, 9)[:8],
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\0\x01" + bytes(20),
        png(9, 9)[:30],
        png(9, 9)[:12] + b"junk" + bytes(40),
        webp((b"VP8 ", b"no start code here")),
        webp((b"VP8L", b"\x2f" + bytes(4)))[:-2],
        box(b"ftyp", b"isom", bytes(4)) + box(b"mdat", b"x"),
        mp4(track(b"vide", b"avc1", 9, 9))[:60],
        box(b"ftyp", b"isom", bytes(4)) + struct.pack(">I4s", 4, b"moov"),
        box(b"ftyp", b"isom", bytes(4)) + struct.pack(">I4sQ", 1, b"moov", 2**63),
        mp4(track(b"text", b"tx3g")),
        matroska(),
        matroska(MKV_VIDEO)[:5],
        ogg(b"\x01vorbis")[:20],
        wav(100),
        wav(8)[:20],
    ],
)
def test_damaged_headers_are_unreadable(sniffed, data):
    with pytest.raises(UnreadableMedia):
        sniffed(data)


@pytest.mark.parametrize(
    "data",
    [
        mp4(track(b"vide", b"encv", 640, 360)),
        mp4(track(b"vide", b"avc1", 640, 360), track(b"soun", b"enca")),
        mp4(track(b"vide", b"avc1", 640, 360, box(b"sinf", box(b"schm", b"cenc")))),
        matroska(MKV_VIDEO + element(0x6D80, element(0x6240, element(0x5035, b"")))),
        b"PK\x03\x04\x14\0\x01\0" + bytes(30),
    ],
)
def test_encrypted_media_is_named_as_such(sniffed, data):
    with pytest.raises(EncryptedMedia):
        sniffed(data)


def test_an_empty_file_has_an_error_of_its_own(sniffed):
    with pytest.raises(EmptyFile) as caught:
        sniffed(b"")
    assert (caught.value.status, caught.value.code) == (400, "empty_file")


@pytest.mark.parametrize(
    ("data", "declared"),
    [
        (png(9, 9), "video/mp4"),
        (png(9, 9), "holiday.mp4"),
        (png(9, 9), "picture.png.mp3"),
        (mp4(track(b"vide", b"avc1", 640, 360)), "image/jpeg; charset=binary"),
        (MP3_FRAME * 2, ".JPG"),
        (MP3_FRAME * 2, "video/mp4"),
    ],
)
def test_bytes_of_another_kind_than_declared_are_a_mismatch(sniffed, data, declared):
    with pytest.raises(TypeMismatch):
        sniffed(data, declared)


@pytest.mark.parametrize(
    ("data", "declared"),
    [
        (png(9, 9), "image/jpeg"),
        (png(9, 9), "photo.JPG"),
        (png(9, 9), "application/octet-stream"),
        (png(9, 9), "no-extension"),
        (png(9, 9), ""),
        (mp4(track(b"soun", b"mp4a")), "video/mp4"),
        (matroska(MKV_VIDEO), "audio/webm"),
    ],
)
def test_a_declaration_of_the_same_kind_or_of_nothing_known_is_accepted(sniffed, data, declared):
    assert sniffed(data, declared)


def test_no_message_names_the_file(sniffed, tmp_path):
    with pytest.raises(AppError) as caught:
        sniffed(b"junk")
    assert str(tmp_path) not in caught.value.detail


SEEDS = [
    jpeg(9, 9), png(9, 9), webp((b"VP8X", bytes(10)), (b"VP8L", b"\x2f\0\0\0\0")), mp4(track(b"vide", b"avc1", 9, 9)),
    matroska(MKV_VIDEO), ogg(b"OpusHead"), MP3_FRAME * 2, box(b"ftyp", b"avif", bytes(4)), b"ID3\x04\0\0\0\0\0\x0a",
]  # fmt: skip


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.sampled_from([b"", *SEEDS]),
    edits=st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=9)), max_size=6),
    keep=st.integers(0, 2000),
    tail=st.binary(max_size=80),
)
def test_any_bytes_end_in_a_finding_or_a_typed_error(sniffed, seed, edits, keep, tail):
    data = bytearray(seed)
    for at, patch in edits:
        data[at : at + len(patch)] = patch
    try:
        found = sniffed(bytes(data[:keep]) + tail)
    except MediaError as error:
        assert error.status in (400, 422)
    else:
        assert found.width * found.height <= MAX_PIXELS
