"""Writes a folder of damaged, disguised, oversized and odd media files. Sound material comes from a real encoder.

`write_corpus(folder, ffmpeg, port)` writes every file once; `port` is where files that reach out would connect to.
"""

import os
import random
import struct
import subprocess
import zlib
from pathlib import Path

SECRET = "canary-5f1c9e"
HOUR = 3600


def write_corpus(folder: Path, ffmpeg: Path, port: int) -> None:
    corpus = Corpus(folder, ffmpeg)
    secret = folder.parent / "secret.txt"
    secret.write_text(SECRET)
    write_material(corpus)
    write_misnamed(corpus)
    write_disguised(corpus, f"http://127.0.0.1:{port}/x", secret)
    write_oversized(corpus)
    write_damaged_pictures(corpus)
    write_damaged_streams(corpus)
    write_damaged_boxes(corpus)
    write_unusual(corpus)
    write_encrypted(corpus)


class Corpus:
    def __init__(self, folder: Path, ffmpeg: Path) -> None:
        self.folder = folder
        self.ffmpeg = ffmpeg

    def write(self, name: str, data: bytes) -> None:
        (self.folder / name).write_bytes(data)

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def encode(self, name: str, *options: str, stdin: bytes | None = None) -> None:
        """Runs FFmpeg with `options`; inputs are names in the folder."""
        command = [str(self.ffmpeg), "-y", "-v", "error", *options, f"file:{name}"]
        subprocess.run(command, cwd=self.folder, check=True, input=stdin, timeout=60)

    def cut(self, source: str, name: str, share: float) -> None:
        data = self.read(source)
        self.write(name, data[: int(len(data) * share)])

    def spoil(self, source: str, name: str, start: float = 0.3, step: int = 89) -> None:
        """Overwrites every `step`th byte after `start` with noise."""
        data = bytearray(self.read(source))
        places = range(int(len(data) * start), len(data), step)
        data[places.start :: step] = random.Random(7).randbytes(len(places))
        self.write(name, bytes(data))


PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=320x240:r=25")
TONE = ("-f", "lavfi", "-i", "sine=440:d=2")
FAST = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def write_material(corpus: Corpus) -> None:
    """Good files: the positive cases, and what the damaged ones are made from."""
    for name in ("good.png", "good.jpg", "good.webp"):
        corpus.encode(name, *PICTURE, "-frames:v", "1")
    corpus.encode(
        "good.avif", *PICTURE, "-frames:v", "1", "-c:v", "libaom-av1", "-still-picture", "1", "-cpu-used", "8"
    )
    video = (*PICTURE, *TONE, "-t", "2", *FAST, "-c:a", "aac")
    corpus.encode("good.mp4", *video)
    corpus.encode("faststart.mp4", *video, "-movflags", "+faststart")
    corpus.encode("good.mov", *video)
    corpus.encode("good.mkv", *video)
    vp9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus")
    corpus.encode("good.webm", *PICTURE, *TONE, "-t", "2", *vp9)
    for name in ("good.wav", "good.mp3", "good.flac", "good.ogg", "good.m4a", "good.opus"):
        corpus.encode(name, *TONE)


def write_misnamed(corpus: Corpus) -> None:
    corpus.write("zero.jpg", b"")
    corpus.write("zero.mp4", b"")
    corpus.write("png-named.mp4", corpus.read("good.png"))
    corpus.write("double.jpg.mp4", corpus.read("good.jpg"))
    corpus.write("mp3-named.jpg", corpus.read("good.mp3"))
    corpus.write("mp4-named.png", corpus.read("good.mp4"))
    corpus.write("jpeg-named.png", corpus.read("good.jpg"))
    corpus.write("--help 'q\" ;$(x)\n%s.mp4", corpus.read("good.mp4"))
    corpus.write("-i.png", corpus.read("good.png"))
    corpus.write("%03d:[in],'.jpg", corpus.read("good.jpg"))


def write_disguised(corpus: Corpus, url: str, secret: Path) -> None:
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{url}.ts\n#EXT-X-ENDLIST\n"
    corpus.write("playlist.mp4", playlist.encode())
    corpus.write("playlist.jpg", playlist.encode())
    corpus.write("playlist-file.wav", playlist.replace(url, f"file://{secret}").encode())
    corpus.write("concat.mp4", f"ffconcat version 1.0\nfile '{url}'\nfile '{secret}'\n".encode())
    corpus.write("dash.mp4", f"<?xml version='1.0'?><MPD><BaseURL>{url}</BaseURL></MPD>".encode())
    image = f"<svg xmlns:xlink='x'><image xlink:href='{url}.png'/><image xlink:href='file://{secret}'/></svg>"
    corpus.write("external.svg", image.encode())
    corpus.write("svg.png", ("<?xml version='1.0'?>\n<!-- picture -->\n" + image).encode())
    corpus.write("script.svg", f"<svg onload='fetch(\"{url}\")'><script>fetch('{url}')</script></svg>".encode())
    corpus.write("utf16.svg", image.encode("utf-16"))
    corpus.write("entity.svg", f"<!DOCTYPE svg [<!ENTITY x SYSTEM 'file://{secret}'>]><svg>&x;</svg>".encode())
    corpus.write("page.mp4", f"<!DOCTYPE html><html><script src='{url}'></script></html>".encode())
    corpus.write("archive.mp4", b"PK\x03\x04\x14\0\0\0" + bytes(60))
    corpus.write("document.jpg", b"%PDF-1.7\n" + bytes(60))
    corpus.write("pdf-inside.jpg", b"\xff\xd8\xff\xfe\x00\x20" + b"%PDF-1.7".ljust(30) + corpus.read("good.jpg")[2:])
    corpus.write(
        "script-inside.jpg", b"\xff\xd8\xff\xfe\x00\x20" + b"<script></script>".ljust(30) + corpus.read("good.jpg")[2:]
    )
    corpus.write("zip-behind.png", corpus.read("good.png") + b"PK\x05\x06" + bytes(18))
    corpus.write("zip-behind.mp4", corpus.read("good.mp4") + b"PK\x05\x06" + bytes(18))
    corpus.write("program.mp4", b"\x7fELF\x02\x01\x01" + bytes(60))
    corpus.write("avi.mp4", b"RIFF\x40\0\0\0AVI LIST" + bytes(60))
    corpus.write("heic.jpg", struct.pack(">I", 24) + b"ftypheic\0\0\0\0heicmif1" + bytes(40))
    corpus.write("text.mp3", b"not a sound\n" * 50)
    for index, name in enumerate(("noise.mp4", "noise.jpg", "noise.mp3")):
        corpus.write(name, random.Random(index).randbytes(200_000))
    redirect = f"ref:rmra {url}".encode()
    corpus.write("reference.mov", struct.pack(">I4s", 8 + len(redirect), b"moov") + redirect)


def write_oversized(corpus: Corpus) -> None:
    corpus.write("bomb-50k.png", png(50_000, 50_000, zlib.compress(bytes(10_000))))
    corpus.write("bomb-16k.png", png(16_000, 16_000, zeros(16_000 * 16_001), colour=0))
    corpus.write("inflating.png", png(100, 100, zeros(200_000_000)))
    corpus.write("largest.png", png(8000, 5000, zeros(5000 * 24_001)))
    size = struct.pack(">BHHB", 8, 65_535, 65_535, 3) + b"\x01\x11\x00" * 3
    corpus.write("bomb.jpg", b"\xff\xd8\xff\xc0" + struct.pack(">H", len(size) + 2) + size + b"\xff\xda" + bytes(20))
    corpus.write("bomb.webp", riff(b"WEBP", b"VP8X", bytes(4) + b"\xff" * 6, b"VP8L", b"\x2f" + bytes(4)))
    frame = b"\x2c" + struct.pack("<HHHH", 0, 0, 1, 1) + b"\0\x02\x02\x44\x01\0"
    corpus.write("frames.gif", b"GIF89a\x01\0\x01\0\x80\0\0" + bytes(6) + frame * 100_000 + b";")
    corpus.encode("moving.png", *PICTURE, "-t", "0.2", "-f", "apng")
    corpus.encode("moving.webp", *PICTURE, "-t", "0.2", "-c:v", "libwebp_anim")
    corpus.encode("ten-hours.mp4", "-f", "lavfi", "-i", f"color=s=16x16:r=1:d={10 * HOUR}", *FAST)
    corpus.encode("ten-hours.webm", "-i", "ten-hours.mp4", "-c", "copy", "-f", "matroska")
    header = riff(b"WAVE", b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8))
    with (corpus.folder / "ten-hours.wav").open("wb") as file:
        file.write(header + b"data" + struct.pack("<I", 10 * HOUR * 8000))
        file.truncate(10 * HOUR * 8000 + 44)
    corpus.write("wide-track.mp4", corpus.read("good.mp4").replace(struct.pack(">HH", 320, 240), b"\xff\xff\xff\xff"))
    tracks = [part for index in range(40) for part in ("-map", "0:a")]
    corpus.encode("forty-streams.mkv", *TONE, *tracks, "-c:a", "pcm_s16le")


def write_damaged_pictures(corpus: Corpus) -> None:
    for name in ("jpg", "png", "webp", "avif"):
        corpus.cut(f"good.{name}", f"cut.{name}", 0.5)
        corpus.spoil(f"good.{name}", f"spoilt.{name}")
        corpus.cut(f"good.{name}", f"header-only.{name}", 0.02)
    corpus.write("no-data.png", png(64, 64, b""))
    corpus.write("zero-wide.png", png(0, 64, zlib.compress(bytes(100))))
    corpus.write("huge-chunk.png", corpus.read("good.png")[:33] + struct.pack(">I4s", 0x7FFFFFFF, b"tEXt") + bytes(50))


def write_damaged_streams(corpus: Corpus) -> None:
    for name in ("good.mp4", "faststart.mp4", "good.mkv", "good.webm", "good.wav", "good.mp3", "good.flac", "good.ogg"):
        corpus.cut(name, f"cut-{name}", 0.6)
        corpus.spoil(name, f"spoilt-{name}")
    wav = corpus.read("good.wav")
    fmt = wav.index(b"fmt ") + 8
    corpus.write("no-channels.wav", wav[: fmt + 2] + b"\0\0" + wav[fmt + 4 :])
    corpus.write("many-channels.wav", wav[: fmt + 2] + b"\xff\xff" + wav[fmt + 4 :])
    data = wav.index(b"data") + 4
    corpus.write("endless.wav", wav[:data] + b"\xff\xff\xff\xff" + wav[data + 4 :])
    corpus.write("header-only.wav", wav[: data + 4])


def write_damaged_boxes(corpus: Corpus) -> None:
    movie = corpus.read("good.mp4")
    at = movie.index(b"moov") - 4
    corpus.write("no-index.mp4", movie[:at])
    corpus.write("cut-index.mp4", movie[: at + 300])
    corpus.write("index-only.mp4", movie[:32] + movie[at:])
    corpus.write("tiny-box.mp4", movie[:at] + struct.pack(">I4s", 4, b"moov") + movie[at + 8 :])
    corpus.write("long-box.mp4", movie[:at] + struct.pack(">I", 0x7FFFFFFF) + movie[at + 4 :])
    corpus.write("64-bit-box.mp4", movie[:32] + struct.pack(">I4sQ", 1, b"free", 2**63 - 1) + movie[32:])
    nested = b""
    for _ in range(5000):
        nested = struct.pack(">I4s", len(nested) + 8, b"moov") + nested
    corpus.write("nested.mp4", movie[:32] + nested)
    corpus.write("many-boxes.mp4", movie[:32] + struct.pack(">I4s", 8, b"free") * 100_000)
    sizes = movie.index(b"stsz") + 12
    corpus.write("sample-count.mp4", movie[:sizes] + b"\xff\xff\xff\xff" + movie[sizes + 4 :])
    chunks = movie.index(b"stco") + 12
    corpus.write("chunk-offset.mp4", movie[:chunks] + b"\xff\xff\xff\xf0" + movie[chunks + 4 :])
    webm = corpus.read("good.webm")
    tracks = webm.index(b"\x16\x54\xae\x6b") + 4
    corpus.write("long-element.webm", webm[:tracks] + b"\x01\xff\xff\xff\xff\xff\xff\xfe" + webm[tracks + 8 :])
    corpus.write("no-tracks.webm", webm[: tracks - 4])


def write_unusual(corpus: Corpus) -> None:
    """Odd but good: these must come out normalised."""
    corpus.encode("audio-only.mp4", *TONE, "-c:a", "aac", "-f", "mp4")
    cover = ("-i", "good.png", "-map", "1:a", "-map", "0:v", "-disposition:v", "attached_pic")
    corpus.encode("cover.m4a", *cover[:2], *TONE, *cover[2:], "-c:a", "aac", "-c:v", "mjpeg", "-f", "ipod")
    corpus.encode("cover.mp3", *cover[:2], *TONE, *cover[2:], "-c:v", "mjpeg")
    subtitle = b'1\n00:00:00,000 --> 00:00:01,000\n<font face="\';[in]drawtext=textfile=/etc/passwd">x</font>\n'
    corpus.write("line.srt", subtitle)
    corpus.encode("text-only.mkv", "-i", "line.srt", "-c", "copy")
    (corpus.folder / "line.srt").unlink()
    corpus.encode(
        "negative.mp4", "-itsoffset", "-0.5", "-i", "good.mp4", "-c", "copy", "-avoid_negative_ts", "disabled"
    )
    corpus.encode(
        "late.mkv", "-itsoffset", "0.7", "-i", "good.mkv", "-i", "good.mkv", "-map", "0:v", "-map", "1:a", "-c", "copy"
    )
    uneven = "select=lt(n\\,10)+not(mod(n\\,7))"
    corpus.encode("vfr.mp4", *PICTURE, "-t", "3", "-vf", uneven, "-fps_mode", "vfr", *FAST)
    tones = [part for tone in (300, 600, 900) for part in ("-f", "lavfi", "-i", f"sine={tone}:d=2")]
    corpus.encode(
        "three-tracks.mkv", *PICTURE, *tones, "-map", "0", "-map", "1", "-map", "2", "-map", "3", "-t", "2", *FAST
    )
    for name, transfer in (("pq.mp4", "smpte2084"), ("hlg.mp4", "arib-std-b67")):
        colours = f"log-level=error:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"
        deep = ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-x265-params", colours)
        corpus.encode(name, *PICTURE, "-t", "0.4", *deep)
    corpus.encode("rotated.mp4", "-display_rotation", "90", "-i", "good.mp4", "-c", "copy")
    corpus.encode("1x1.png", "-f", "lavfi", "-i", "color=red:s=1x1,format=rgb24", "-frames:v", "1")
    corpus.encode("3x5.jpg", "-f", "lavfi", "-i", "color=red:s=3x5", "-frames:v", "1")
    corpus.encode("16-bit.png", *PICTURE, "-frames:v", "1", "-pix_fmt", "rgba64be")
    corpus.encode("palette.png", *PICTURE, "-frames:v", "1", "-pix_fmt", "pal8")
    corpus.encode(
        "odd.mkv", *PICTURE, "-t", "0.4", "-vf", "scale=35:17,setsar=1", "-c:v", "libx264", "-pix_fmt", "yuv444p"
    )
    corpus.encode("one-frame.mp4", *PICTURE, "-frames:v", "1", *FAST)
    corpus.encode("live.webm", "-i", "good.webm", "-c", "copy", "-live", "1")
    for index, size in enumerate(("160x120", "320x240")):
        corpus.encode(f"part{index}.mjpeg", "-f", "lavfi", "-i", f"testsrc2=s={size}:r=25:d=1", "-f", "mjpeg")
    both = corpus.read("part0.mjpeg") + corpus.read("part1.mjpeg")
    corpus.encode("size-change.mkv", "-f", "mjpeg", "-i", "-", "-c", "copy", stdin=both)
    for index in range(2):
        (corpus.folder / f"part{index}.mjpeg").unlink()
    title = "title=';[in]drawtext=textfile=/etc/passwd;movie=/etc/passwd,"
    corpus.encode(
        "filter-title.mp4", "-i", "good.mp4", "-c", "copy", "-metadata", title, "-metadata", "location=+48.8+2.3/"
    )
    remark = b"\xff\xfe\x00\x20" + b"+48.8584+002.2945/".ljust(30)
    corpus.write("gps.jpg", b"\xff\xd8" + remark + corpus.read("good.jpg")[2:])
    corpus.encode("5.1.flac", "-f", "lavfi", "-i", "anoisesrc=d=1,aformat=channel_layouts=5.1", "-c:a", "flac")
    corpus.encode("8-khz.wav", "-f", "lavfi", "-i", "sine=440:d=1:r=8000", "-c:a", "pcm_u8")


def write_encrypted(corpus: Corpus) -> None:
    corpus.write("sealed-video.mp4", corpus.read("good.mp4").replace(b"avc1\0\0", b"encv\0\0"))
    corpus.write("sealed-sound.m4a", corpus.read("good.m4a").replace(b"mp4a\0\0", b"enca\0\0"))
    key = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "00" * 16, "-encryption_kid", "11" * 16)
    corpus.encode("cenc.mp4", "-i", "good.mp4", "-c", "copy", *key)
    corpus.write("sealed.zip", b"PK\x03\x04\x14\0\x01\0\x08\0" + os.urandom(60))
    encryption = b"\x6d\x80\x8a\x62\x40\x87\x50\x35\x84\x47\xe1\x81\x05"
    entry = b"\xae" + bytes([0x80 | 3 + len(encryption)]) + b"\x83\x81\x01" + encryption
    tracks = b"\x16\x54\xae\x6b" + bytes([0x80 | len(entry)]) + entry
    head = b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm"
    corpus.write("sealed.webm", head + b"\x18\x53\x80\x67" + bytes([0x80 | len(tracks)]) + tracks)


def png(width: int, height: int, compressed: bytes, colour: int = 2) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", compressed) + chunk(b"IEND", b"")


def zeros(count: int) -> bytes:
    """`count` zero bytes, compressed without ever being held."""
    stream, block = zlib.compressobj(1), bytes(1 << 20)
    parts = [stream.compress(block) for _ in range(count >> 20)]
    return b"".join([*parts, stream.compress(bytes(count & (1 << 20) - 1)), stream.flush()])


def riff(form: bytes, *chunks: bytes) -> bytes:
    body = form
    for name, data in zip(chunks[::2], chunks[1::2], strict=True):
        body += name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)
    return b"RIFF" + struct.pack("<I", len(body)) + body
