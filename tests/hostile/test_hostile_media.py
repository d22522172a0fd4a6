"""Every hostile file ends in the error that is named here, or in a product that is decoded and checked.

Numbers B41 to B46 are the rows of the input matrix the cases cover.
"""

import importlib.util
import json
import resource
import socket
import subprocess
import sys
import threading
import time
import wave
from fractions import Fraction
from pathlib import Path

import av
import pytest

from kernel.errors import AppError
from kernel.sandbox import discover
from services.renderer.engine.ingest.normalise import (
    AudioAsset,
    ClipAsset,
    StillAsset,
    normalise_audio,
    normalise_clip,
    normalise_image,
)
from services.renderer.engine.ingest.probe import MediaInfo, probe
from services.renderer.engine.toolchain import find_ffmpeg
from services.renderer.errors import MediaError

# pytest's importlib mode puts no test folder on the path
_spec = importlib.util.spec_from_file_location("hostile_media", Path(__file__).with_name("hostile_media.py"))
assert _spec is not None
assert _spec.loader is not None
hostile_media = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(hostile_media)

MIB = 1024 * 1024
FPS = Fraction(30)

EMPTY, MISMATCH, UNSUPPORTED = "empty_file", "type_mismatch", "unsupported_media"
TOO_LARGE, UNREADABLE, ENCRYPTED = "media_too_large", "unreadable_media", "encrypted_media"
IMAGE, VIDEO, AUDIO = "image", "video", "audio"  # becomes a good product of this kind

OUTCOMES: dict[str, dict[str, list[str]]] = {
    "B41": {
        EMPTY: ["zero.jpg", "zero.mp4"],
        MISMATCH: ["png-named.mp4", "double.jpg.mp4", "mp3-named.jpg", "mp4-named.png"],
        IMAGE: ["jpeg-named.png", "-i.png", "%03d:[in],'.jpg"],
        VIDEO: ["--help 'q\" ;$(x)\n%s.mp4"],
    },
    "B42": {
        UNSUPPORTED: [
            "playlist.mp4", "playlist.jpg", "playlist-file.wav", "concat.mp4", "dash.mp4", "svg.png", "page.mp4",
            "archive.mp4", "document.jpg", "pdf-inside.jpg", "script-inside.jpg", "zip-behind.png", "zip-behind.mp4",
            "program.mp4", "avi.mp4", "heic.jpg", "text.mp3", "noise.mp4", "noise.jpg", "noise.mp3",
        ],
        UNREADABLE: ["reference.mov"],
    },
    "B43": {
        TOO_LARGE: [
            "bomb-50k.png", "bomb-16k.png", "bomb.jpg", "bomb.webp", "ten-hours.mp4", "ten-hours.webm",
            "ten-hours.wav", "wide-track.mp4", "forty-streams.mkv",
        ],
        UNSUPPORTED: ["frames.gif", "moving.png", "moving.webp"],
        IMAGE: ["inflating.png", "largest.png"],
    },
    "B44": {
        UNREADABLE: [
            "cut.jpg", "spoilt.jpg", "header-only.jpg", "cut.png", "spoilt.png", "header-only.png", "cut.webp",
            "header-only.webp", "cut.avif", "spoilt.avif", "header-only.avif", "no-data.png", "zero-wide.png",
            "huge-chunk.png", "cut-good.mp4", "spoilt-good.mp4", "cut-faststart.mp4", "spoilt-faststart.mp4",
            "cut-good.mkv", "spoilt-good.mkv", "cut-good.webm", "spoilt-good.webm", "cut-good.wav", "cut-good.flac",
            "spoilt-good.flac", "cut-good.ogg", "spoilt-good.ogg", "no-channels.wav", "many-channels.wav",
            "header-only.wav", "no-index.mp4", "cut-index.mp4", "index-only.mp4", "tiny-box.mp4", "long-box.mp4",
            "64-bit-box.mp4", "nested.mp4", "many-boxes.mp4", "sample-count.mp4", "chunk-offset.mp4",
            "no-tracks.webm", "text-only.mkv",
        ],
        IMAGE: [
            "good.jpg", "good.png", "good.webp", "good.avif", "spoilt.webp", "1x1.png", "3x5.jpg", "16-bit.png",
            "palette.png", "gps.jpg",
        ],
        VIDEO: [
            "good.mp4", "faststart.mp4", "good.mov", "good.mkv", "good.webm", "live.webm", "long-element.webm",
            "negative.mp4", "late.mkv", "vfr.mp4", "three-tracks.mkv", "pq.mp4", "hlg.mp4", "rotated.mp4", "odd.mkv",
            "one-frame.mp4", "size-change.mkv", "filter-title.mp4",
        ],
        AUDIO: [
            "good.wav", "good.mp3", "good.flac", "good.ogg", "good.m4a", "good.opus", "spoilt-good.wav",
            "spoilt-good.mp3", "cut-good.mp3", "endless.wav", "audio-only.mp4", "cover.m4a", "cover.mp3", "5.1.flac",
            "8-khz.wav",
        ],
    },
    "B45": {ENCRYPTED: ["sealed-video.mp4", "sealed-sound.m4a", "cenc.mp4", "sealed.zip", "sealed.webm"]},
    "B46": {UNSUPPORTED: ["external.svg", "script.svg", "utf16.svg", "entity.svg"]},
}  # fmt: skip
CASES = [
    pytest.param(name, outcome, id=f"{row}-{name.encode('unicode_escape').decode()}")
    for row, outcomes in OUTCOMES.items()
    for outcome, names in outcomes.items()
    for name in names
]


class Listener:
    """Counts the connections that anything makes to a port of this machine."""

    def __init__(self) -> None:
        self.seen = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            connection.close()
            self.seen += 1

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()


@pytest.fixture(scope="session")
def listener():
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture(scope="session")
def corpus(tmp_path_factory, listener) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "corpus"
    folder.mkdir()
    hostile_media.write_corpus(folder, find_ffmpeg().path, listener.port)
    return folder


def ingest(source: Path, out: Path) -> tuple[MediaInfo, StillAsset | ClipAsset | AudioAsset]:
    info = probe(source, source.name)
    match info.kind:
        case "image":
            return info, normalise_image(source, out, info=info)
        case "video":
            return info, normalise_clip(source, out, fps=FPS, with_audio=True, info=info)
        case _:
            return info, normalise_audio(source, out, info=info)


def check(info: MediaInfo, asset: StillAsset | ClipAsset | AudioAsset) -> None:
    """Decodes the product to its end."""
    match asset:
        case StillAsset(path, width, height, has_alpha):
            assert width % 2 == height % 2 == 0
            assert path.stat().st_size == width * height * (8 if has_alpha else 3) // 2
        case ClipAsset():
            with av.open(str(asset.path)) as container:
                assert [stream.type for stream in container.streams] == ["video"]
                stream = container.streams.video[0]
                frames = list(container.decode(stream))
                assert not (set(container.metadata) | set(stream.metadata)) & {"title", "location", "location-eng"}
            assert len(frames) == asset.frames > 0
            assert [frame.pts * frame.time_base * FPS for frame in frames] == list(range(asset.frames))
            assert {(frame.width, frame.height) for frame in frames} == {(asset.width, asset.height)}
            assert {(f.format.name, int(f.colorspace), int(f.color_range)) for f in frames} == {("yuv420p", 1, 1)}
            assert (asset.audio_path is None) == (info.audio is None)
        case AudioAsset(path, samples):
            with wave.open(str(path), "rb") as file:
                assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48_000, 2, 2)
                assert len(file.readframes(samples + 1)) == samples * 4 > 0


def test_the_table_names_every_file_of_the_corpus_once(corpus):
    listed = [name for outcomes in OUTCOMES.values() for names in outcomes.values() for name in names]
    assert sorted(listed) == sorted(path.name for path in corpus.iterdir())
    assert len(listed) >= 60


@pytest.mark.parametrize(("name", "outcome"), CASES)
def test_a_hostile_file_ends_in_its_error_or_a_good_product(corpus, tmp_path, name, outcome):
    started = time.monotonic()
    try:
        info, asset = ingest(corpus / name, tmp_path)
    except AppError as error:
        assert error.code == outcome
        assert isinstance(error, MediaError)
        assert str(corpus) not in error.detail
        assert list(tmp_path.iterdir()) == []
    else:
        assert info.kind == outcome
        check(info, asset)
        assert {path.name.split(".")[0] for path in tmp_path.iterdir()} <= {"still", "clip", "audio"}
    assert time.monotonic() - started < 30
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        assert resource.getrusage(who).ru_maxrss * 1024 < 512 * MIB


PROBE_AND_MEASURE = """
import json, resource, sys
from kernel.errors import AppError
from services.renderer.engine.ingest.probe import probe
try:
    probe(sys.argv[1])
    code = "ok"
except AppError as error:
    code = error.code
peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps([code, max(peaks) * 1024]))
"""


@pytest.mark.parametrize("name", OUTCOMES["B43"][TOO_LARGE], ids=lambda name: f"B43-{name}")
def test_what_is_too_large_is_refused_within_two_seconds_and_200_megabytes(corpus, name):
    started = time.monotonic()
    argv = [sys.executable, "-c", PROBE_AND_MEASURE, str(corpus / name)]
    done = subprocess.run(argv, capture_output=True, check=True, timeout=30)
    took = time.monotonic() - started
    code, peak = json.loads(done.stdout)
    assert code == TOO_LARGE
    assert took < 2
    assert peak < 200 * MIB


@pytest.mark.parametrize("name", ["playlist.mp4", "playlist-file.wav", "concat.mp4"])
@pytest.mark.parametrize("demuxer", ["hls", "concat"])
def test_t20_even_past_the_sniffer_nothing_is_fetched_and_no_other_file_is_read(
    corpus, tmp_path, listener, name, demuxer
):
    """FFmpeg is let loose on the file with every protocol allowed: the sandbox alone has to hold."""
    ffmpeg = find_ffmpeg().path
    argv = [ffmpeg, "-nostdin", "-protocol_whitelist", "file,http,tcp,https,tls,crypto,data", "-f", demuxer]
    unsafe = ["-safe", "0"] if demuxer == "concat" else ["-allowed_extensions", "ALL"]
    out = [*unsafe, "-i", str(corpus / name), "-map", "0", "-c", "copy", "-f", "data", str(tmp_path / "out")]
    done = discover().run([*argv, *out], read_only=[ffmpeg, corpus / name], writable=[tmp_path])
    assert done.returncode != 0
    assert hostile_media.SECRET not in done.stderr_tail
    assert not any(hostile_media.SECRET.encode() in path.read_bytes() for path in tmp_path.iterdir())
    assert listener.seen == 0


def test_no_file_of_the_corpus_made_a_connection(corpus, listener, tmp_path):
    for name in OUTCOMES["B42"][UNSUPPORTED] + OUTCOMES["B46"][UNSUPPORTED]:
        with pytest.raises(AppError):
            ingest(corpus / name, tmp_path)
    assert listener.seen == 0


def test_the_listener_does_see_connections():
    listener = Listener()
    socket.create_connection(("127.0.0.1", listener.port)).close()
    deadline = time.monotonic() + 5
    while not listener.seen and time.monotonic() < deadline:
        time.sleep(0.01)
    listener.close()
    assert listener.seen == 1


@pytest.mark.parametrize(
    ("name", "marks"), [("gps.jpg", [b"48.85"]), ("filter-title.mp4", [b"drawtext", b"loci"])], ids=["jpeg", "mp4"]
)
def test_place_and_title_of_the_source_are_in_no_product(corpus, tmp_path, name, marks):
    source = (corpus / name).read_bytes()
    ingest(corpus / name, tmp_path)
    for product in tmp_path.iterdir():
        data = product.read_bytes()
        for mark in marks:
            assert mark in source
            assert mark not in data
