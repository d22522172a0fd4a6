"""What ingest makes of good files, looked at sample by sample."""

import struct
import subprocess
import sys
import threading
import time
import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import psutil
import pytest

from kernel.sandbox import MIB, discover
from services.renderer.engine.ingest import normalise as ingest
from services.renderer.engine.ingest.normalise import normalise_audio, normalise_clip, normalise_image
from services.renderer.engine.ingest.probe import probe
from services.renderer.engine.toolchain import find_ffmpeg
from services.renderer.errors import (
    MediaTooLarge,
    RenderCancelled,
    RenderCrashed,
    RenderOutOfMemory,
    TypeMismatch,
    UnreadableMedia,
)

FPS = Fraction(30)


def encode(target: Path, *options: str, stdin: bytes | None = None) -> Path:
    command = [str(find_ffmpeg().path), "-y", "-v", "error", *options, str(target)]
    subprocess.run(command, check=True, input=stdin, timeout=60)
    return target


def planes(asset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    data = np.fromfile(asset.path, np.uint8)
    luma = asset.width * asset.height
    half = asset.height // 2, asset.width // 2
    return data[:luma].reshape(asset.height, asset.width), *data[luma:].reshape(2, *half)


def decoded(asset) -> list[np.ndarray]:
    with av.open(str(asset.path)) as container:
        return [frame.to_ndarray(format="yuv420p") for frame in container.decode(video=0)]


def samples(path: Path) -> np.ndarray:
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2).astype(float) / 32768


def bt709(red: int, green: int, blue: int) -> tuple[float, float, float]:
    """8-bit R'G'B' to limited-range Y'CbCr (ITU-R BT.709-6, 3.2 and 3.5)."""
    luma = (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255
    return 16 + 219 * luma, 128 + 224 * (blue / 255 - luma) / 1.8556, 128 + 224 * (red / 255 - luma) / 1.5748


COLOURS = {"red": (255, 0, 0), "lime": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255), "gray": (128,) * 3}
CYCLE, STEP = 16, 13  # frames until the counting videos repeat, and luma from one frame to the next


def counting_video(target: Path, times: list[float], *, codec_options: dict[str, str] | None = None) -> Path:
    """A video whose frame i is of luma 20 + 13 (i mod 16) and is shown at times[i] seconds."""
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=30, options=codec_options or {"crf": "1", "bf": "2", "g": "300"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for index, shown in enumerate(times):
            data = np.full((72, 64), 128, np.uint8)
            data[:48] = 20 + STEP * (index % CYCLE)
            frame = av.VideoFrame.from_ndarray(data, format="yuv420p")
            frame.pts, frame.time_base = round(shown * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return target


def cycled(indices) -> list[int]:
    return [index % CYCLE for index in indices]


def counted(asset) -> list[int]:
    """The indices, modulo the cycle, of the counting video's frames in a product."""
    return [round((float(frame[:48].mean()) - 20) / STEP) for frame in decoded(asset)]


# Corners (top left, top right, bottom left, bottom right) of the upright picture, and for every EXIF orientation how a
# camera stores it: the orientation says which turn of the stored picture makes it upright.
STORED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
    8: lambda a: np.rot90(a, -1),
}


@pytest.mark.parametrize("orientation", STORED)
def test_every_exif_orientation_comes_out_upright(tmp_path, orientation):
    upright = np.zeros((32, 48, 3), np.uint8)
    upright[:16, :24], upright[:16, 24:], upright[16:, :24] = 250, 170, 90
    stored = np.ascontiguousarray(STORED[orientation](upright))
    height, width = stored.shape[:2]
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-i", "-", "-q:v", "1", "-f", "mjpeg")
    picture = encode(tmp_path / "p.jpg", *raw, stdin=stored.tobytes())
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4)
    data = picture.read_bytes()
    picture.write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:])

    info = probe(picture)
    assert info.video is not None
    assert (info.video.width, info.video.height) == (48, 32)
    asset = normalise_image(picture, tmp_path, info=info)
    assert (asset.width, asset.height) == (48, 32)
    luma = planes(asset)[0].astype(int)
    corners = [luma[8, 12], luma[8, 36], luma[24, 12], luma[24, 36]]
    assert np.allclose(corners, [bt709(v, v, v)[0] for v in (250, 170, 90, 0)], atol=3)


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "avif"])
def test_a_pictures_colours_become_bt709_limited_range(tmp_path, suffix, colour):
    options = ["-c:v", "libaom-av1", "-still-picture", "1", "-cpu-used", "8"] if suffix == "avif" else ["-q:v", "1"]
    source = f"color={colour}:s=32x32,format=rgb24"
    picture = encode(tmp_path / f"p.{suffix}", "-f", "lavfi", "-i", source, "-frames:v", "1", *options)
    found = [float(plane.mean()) for plane in planes(normalise_image(picture, tmp_path))]
    assert np.allclose(found, bt709(*COLOURS[colour]), atol=3)


@pytest.mark.parametrize(
    ("size", "matrix", "tag"),
    [
        ("640x360", "bt601", "unknown"),
        ("1280x720", "bt709", "unknown"),
        ("640x360", "bt709", "bt709"),
        ("1280x720", "bt601", "smpte170m"),
    ],
    ids=["sd-untagged", "hd-untagged", "sd-tagged-709", "hd-tagged-601"],
)
@pytest.mark.parametrize("levels", ["tv", "pc"])
def test_a_videos_colours_become_bt709_limited_range(tmp_path, size, matrix, tag, levels):
    made = f"color=red:s={size}:r=30:d=0.2,format=gbrp,scale=out_color_matrix={matrix}:out_range={levels}"
    tagged = f"format=yuv420p,setparams=colorspace={tag}:color_primaries=unknown:color_trc=unknown"
    options = ["-f", "lavfi", "-i", f"{made},{tagged}", "-c:v", "libx264", "-crf", "1"]
    asset = normalise_clip(encode(tmp_path / "v.mp4", *options), tmp_path, fps=FPS)
    frame, area = decoded(asset)[0], asset.width * asset.height
    flat = frame.reshape(-1)
    found = [float(part.mean()) for part in (flat[:area], flat[area : area * 5 // 4], flat[area * 5 // 4 :])]
    assert np.allclose(found, bt709(255, 0, 0), atol=3)


@pytest.mark.slow
def test_hdr_is_mapped_into_the_standard_range(tmp_path):
    """PQ code 0.508 is 100 cd/m², 0.75 about 1,000: both must stay apart and below white."""
    lumas = []
    for code in (0.2, 0.508, 0.75):
        level = round((16 + 219 * code) * 4)
        made = f"color=black:s=320x240:r=30:d=0.1,format=yuv420p10le,geq=lum={level}:cb=512:cr=512"
        params = "log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
        coded = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", params]
        video = encode(tmp_path / "hdr.mp4", "-f", "lavfi", "-i", made, *coded)
        info = probe(video)
        assert info.video is not None
        assert (info.video.bit_depth, info.video.colour.hdr) == (10, True)
        lumas.append(float(decoded(normalise_clip(video, tmp_path, fps=FPS, info=info))[0][:240].mean()))
    assert 16 <= lumas[0] < lumas[1] - 20
    assert lumas[1] < lumas[2] - 20
    assert lumas[2] <= 236


def test_transparency_is_kept_straight_and_only_where_there_is_any(tmp_path):
    half = encode(tmp_path / "half.png", "-f", "lavfi", "-i", "color=red@0.5:s=20x10,format=rgba", "-frames:v", "1")
    asset = normalise_image(half, tmp_path)
    assert asset.has_alpha
    pixels = np.fromfile(asset.path, np.uint8).reshape(10, 20, 4)
    assert np.allclose(pixels, (255, 0, 0, 127), atol=2)
    solid = encode(tmp_path / "solid.png", "-f", "lavfi", "-i", "color=red:s=20x10,format=rgba", "-frames:v", "1")
    assert not normalise_image(solid, tmp_path).has_alpha


def test_transparency_of_an_avif_comes_from_its_second_picture(tmp_path):
    graph = "[0:v]format=yuva444p,split[a][b];[b]alphaextract[b]"
    coded = ["-c:v", "libaom-av1", "-still-picture", "1", "-cpu-used", "8", "-frames:v", "1"]
    source = ["-f", "lavfi", "-i", "color=blue@0.25:s=32x32,format=rgba", "-filter_complex", graph]
    picture = encode(tmp_path / "p.avif", *source, "-map", "[a]", "-map", "[b]", *coded)
    asset = normalise_image(picture, tmp_path)
    assert asset.has_alpha
    assert np.allclose(np.fromfile(asset.path, np.uint8).reshape(-1, 4), (0, 0, 255, 63), atol=4)


def test_a_very_wide_picture_is_made_smaller_and_keeps_its_shape(tmp_path):
    wide = encode(tmp_path / "wide.png", "-f", "lavfi", "-i", "color=red:s=12000x300", "-frames:v", "1")
    asset = normalise_image(wide, tmp_path)
    assert (asset.width, asset.height) == (8192, 204)


def test_a_window_holds_exactly_its_frames(tmp_path):
    video = counting_video(tmp_path / "v.mp4", [index / 30 for index in range(70)])
    asset = normalise_clip(video, tmp_path, fps=FPS, start_seconds=1.0, duration_seconds=0.5)
    assert asset.frames == 15
    assert counted(asset) == cycled(range(30, 45))
    rest = normalise_clip(video, tmp_path, fps=FPS, start_seconds=2.0, duration_seconds=9)
    assert counted(rest) == cycled(range(60, 70))


def test_another_rate_repeats_and_drops_frames_evenly(tmp_path):
    video = counting_video(tmp_path / "v.mp4", [index / 30 for index in range(60)])
    assert counted(normalise_clip(video, tmp_path, fps=Fraction(15))) == cycled(range(0, 60, 2))
    doubled = counted(normalise_clip(video, tmp_path, fps=Fraction(60)))
    assert doubled == cycled(index // 2 for index in range(120))


def test_the_ntsc_rate_stays_exact(tmp_path):
    video = counting_video(tmp_path / "v.mp4", [index / 30 for index in range(60)])
    asset = normalise_clip(video, tmp_path, fps=Fraction(30000, 1001))
    with av.open(str(asset.path)) as container:
        times = [packet.pts * packet.time_base for packet in container.demux(video=0) if packet.pts is not None]
    assert times == [index * Fraction(1001, 30000) for index in range(asset.frames)]


def test_a_variable_rate_shows_at_every_time_what_a_player_shows(tmp_path):
    times = [0, 0.1, 0.2, 1.2, 1.3, 2.0, 2.1]
    video = counting_video(tmp_path / "v.mkv", times)
    asset = normalise_clip(video, tmp_path, fps=Fraction(10))
    shown = [max(index for index, begun in enumerate(times) if begun <= frame / 10 + 1e-6) for frame in range(22)]
    assert counted(asset)[:21] == shown[:21]


def test_a_variable_rate_is_told_from_a_constant_one(tmp_path):
    uneven = probe(counting_video(tmp_path / "uneven.mp4", [0, 0.1, 0.2, 1.2, 1.3, 2.0, 2.1])).video
    even = probe(counting_video(tmp_path / "even.mp4", [index / 25 for index in range(50)])).video
    assert uneven is not None
    assert even is not None
    assert (uneven.variable_frame_rate, even.variable_frame_rate) == (True, False)


def test_a_window_that_begins_during_a_long_frame_begins_with_that_frame(tmp_path):
    video = counting_video(tmp_path / "v.mkv", [0, 0.1, 2.0, 2.1, 2.2])
    asset = normalise_clip(video, tmp_path, fps=Fraction(10), start_seconds=1.0, duration_seconds=1.2)
    assert counted(asset) == [1] * 10 + [2, 3]


def test_a_picture_that_begins_late_waits_on_its_first_frame(tmp_path):
    video = counting_video(tmp_path / "v.mkv", [index / 30 for index in range(30)])
    tone = encode(tmp_path / "t.wav", "-f", "lavfi", "-i", "sine=440:d=2")
    late = ["-itsoffset", "0.5", "-i", str(video), "-i", str(tone), "-map", "0:v", "-map", "1:a", "-c", "copy"]
    asset = normalise_clip(encode(tmp_path / "late.mkv", *late), tmp_path, fps=FPS, with_audio=True)
    assert counted(asset)[:17] == [0] * 16 + [1]
    assert asset.audio_path is not None
    assert abs(samples(asset.audio_path)[:1000]).max() > 0.05


def test_sound_that_begins_late_is_preceded_by_silence(tmp_path):
    video = counting_video(tmp_path / "v.mkv", [index / 30 for index in range(60)])
    tone = encode(tmp_path / "t.wav", "-f", "lavfi", "-i", "sine=440:d=1")
    late = ["-i", str(video), "-itsoffset", "0.5", "-i", str(tone), "-map", "0:v", "-map", "1:a", "-c", "copy"]
    asset = normalise_clip(encode(tmp_path / "late.mkv", *late), tmp_path, fps=FPS, with_audio=True)
    assert asset.audio_path is not None
    sound = abs(samples(asset.audio_path)).max(axis=1)
    assert sound[:23_900].max() == 0
    assert sound[24_100:30_000].max() > 0.05


def test_the_sound_of_a_window_is_on_the_clock_of_its_frames(tmp_path):
    """A click at 1.25 s lies 0.25 s into a window from 1 s on."""
    click = "aevalsrc='0.9*between(t,1.25,1.26)':d=2:s=48000"
    made = ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=30:d=2", "-f", "lavfi", "-i", click, "-c:a", "flac"]
    video = encode(tmp_path / "v.mkv", *made, "-c:v", "libx264", "-g", "300")
    asset = normalise_clip(video, tmp_path, fps=FPS, start_seconds=1, duration_seconds=0.5, with_audio=True)
    assert asset.audio_path is not None
    sound = samples(asset.audio_path)[:, 0]
    assert abs(len(sound) - 24_000) <= 1
    assert abs(int(np.argmax(abs(sound) > 0.3)) - 12_000) <= 48


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_rotated_video_comes_out_upright(tmp_path, degrees):
    plain = encode(
        tmp_path / "v.mp4", "-f", "lavfi", "-i", "color=black:s=64x48:r=30:d=0.1,drawbox=0:0:32:24:white:fill",
        "-c:v", "libx264", "-pix_fmt", "yuv420p",
    )  # fmt: skip
    turned = encode(tmp_path / "r.mp4", "-display_rotation", str(degrees), "-i", str(plain), "-c", "copy")
    asset = normalise_clip(turned, tmp_path, fps=FPS)
    upright = np.rot90(np.pad(np.ones((24, 32)), ((0, 24), (0, 32))), degrees // 90)
    luma = decoded(asset)[0][: asset.height]
    assert luma.shape == upright.shape
    assert np.mean((luma > 128) == (upright > 0.5)) > 0.98


def test_pixels_that_are_not_square_are_made_square(tmp_path):
    wide = ["-f", "lavfi", "-i", "color=red:s=72x58:r=30:d=0.1,setsar=16/11", "-c:v", "libx264"]
    asset = normalise_clip(encode(tmp_path / "v.mp4", *wide), tmp_path, fps=FPS)
    assert (asset.width, asset.height) == (104, 58)


def test_a_mezzanine_is_cheap_to_cut_and_to_decode(tmp_path):
    video = encode(tmp_path / "v.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=3", "-c:v", "libx264")
    asset = normalise_clip(video, tmp_path, fps=FPS, scale=0.5)
    assert (asset.width, asset.height) == (160, 90)
    with av.open(str(asset.path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.pts is not None]
        assert container.streams.video[0].codec_context.has_b_frames == 0
    keys = [index for index, packet in enumerate(packets) if packet.is_keyframe]
    assert keys == [0, 30, 60]
    assert [packet.pts for packet in packets] == sorted(packet.pts for packet in packets)


def test_a_cut_into_an_open_group_of_pictures_is_no_damage(tmp_path):
    options = {"crf": "1", "bf": "3", "g": "20", "x264-params": "open-gop=1:b-adapt=0:scenecut=0"}
    video = counting_video(tmp_path / "v.mp4", [index / 30 for index in range(70)], codec_options=options)
    asset = normalise_clip(video, tmp_path, fps=FPS, start_seconds=1.3, duration_seconds=0.5)
    assert counted(asset) == cycled(range(39, 54))


def test_mono_keeps_its_loudness_in_stereo(tmp_path):
    mono = encode(tmp_path / "m.wav", "-f", "lavfi", "-i", "sine=1000:d=1:r=48000", "-ac", "1")
    asset = normalise_audio(mono, tmp_path)
    sound = samples(asset.path)
    assert (asset.frames, asset.seconds) == (48_000, 1.0)
    one_channel = np.sqrt(np.mean((0.125 * np.sin(np.arange(48_000))) ** 2))
    assert np.sqrt((sound**2).mean(axis=0).sum()) == pytest.approx(one_channel, rel=0.01)
    assert np.array_equal(sound[:, 0], sound[:, 1])


def test_the_default_track_of_several_is_used(tmp_path):
    tones = [part for tone in (300, 600) for part in ("-f", "lavfi", "-i", f"sine={tone}:d=1:r=48000")]
    chosen = ["-map", "0", "-map", "1", "-disposition:a:0", "0", "-disposition:a:1", "default", "-c:a", "pcm_s16le"]
    asset = normalise_audio(encode(tmp_path / "two.mkv", *tones, *chosen), tmp_path)
    spectrum = abs(np.fft.rfft(samples(asset.path)[:48_000, 0]))
    assert int(spectrum.argmax()) == 600


def test_a_window_of_sound_starts_and_ends_at_the_sample(tmp_path):
    ramp = encode(tmp_path / "r.wav", "-f", "lavfi", "-i", "aevalsrc='t/4|t/4':d=3:s=48000")
    asset = normalise_audio(ramp, tmp_path, start_seconds=1.0, duration_seconds=0.5)
    sound = samples(asset.path)[:, 0] * 4
    assert asset.frames == 24_000
    assert np.allclose(sound, np.arange(48_000, 72_000) / 48_000, atol=0.001)


@pytest.mark.slow
def test_each_product_stands_alone_under_its_name(tmp_path):
    made = ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=30:d=0.5", "-f", "lavfi", "-i", "sine=440:d=0.5"]
    video = encode(tmp_path / "v.mp4", *made, "-c:v", "libx264", "-pix_fmt", "yuv420p")
    picture = encode(tmp_path / "p.png", *made[:4], "-frames:v", "1")
    out = tmp_path / "out"
    out.mkdir()
    normalise_clip(video, out, fps=Fraction(30000, 1001), with_audio=True, name="a")
    normalise_image(picture, out, name="b")
    normalise_audio(video, out, name="c")
    assert sorted(path.name for path in out.iterdir()) == ["a.mp4", "a.wav", "b.yuv", "c.wav"]


def test_the_same_file_gives_the_same_bytes(tmp_path):
    made = ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=30:d=0.5", "-f", "lavfi", "-i", "sine=440:d=0.5"]
    video = encode(tmp_path / "v.mp4", *made, "-c:v", "libx264", "-pix_fmt", "yuv420p")
    first, second = (normalise_clip(video, tmp_path, fps=FPS, with_audio=True, name=name) for name in "ab")
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.audio_path is not None
    assert second.audio_path is not None
    assert first.audio_path.read_bytes() == second.audio_path.read_bytes()


def test_each_product_refuses_other_kinds_of_media(tmp_path):
    tone = encode(tmp_path / "t.wav", "-f", "lavfi", "-i", "sine=440:d=1")
    video = counting_video(tmp_path / "v.mp4", [0, 0.1, 0.2])
    with pytest.raises(TypeMismatch):
        normalise_image(tone, tmp_path)
    with pytest.raises(TypeMismatch):
        normalise_clip(tone, tmp_path, fps=FPS)
    with pytest.raises(UnreadableMedia, match="no sound"):
        normalise_audio(video, tmp_path)


def test_a_window_after_the_end_is_told_as_such(tmp_path):
    video = counting_video(tmp_path / "v.mp4", [0, 0.1, 0.2])
    with pytest.raises(UnreadableMedia, match="ends before"):
        normalise_clip(video, tmp_path, fps=FPS, start_seconds=5)
    tone = encode(tmp_path / "t.wav", "-f", "lavfi", "-i", "sine=440:d=1")
    with pytest.raises(UnreadableMedia, match="ends before"):
        normalise_audio(tone, tmp_path, start_seconds=5)


@pytest.fixture
def long_video(tmp_path) -> Path:
    made = ["-f", "lavfi", "-i", "testsrc2=s=1280x720:r=30:d=40", "-c:v", "libx264", "-preset", "ultrafast"]
    return encode(tmp_path / "long.mp4", *made)


@pytest.mark.slow
def test_cancelling_stops_within_a_second_and_leaves_nothing(tmp_path, long_video):
    info, cancel, out = probe(long_video), threading.Event(), tmp_path / "out"
    out.mkdir()
    threading.Timer(0.7, cancel.set).start()
    started = time.monotonic()
    with pytest.raises(RenderCancelled):
        normalise_clip(long_video, out, fps=FPS, info=info, cancel=cancel)
    assert time.monotonic() - started < 1.7
    assert list(out.iterdir()) == []


@pytest.mark.slow
def test_a_killed_ffmpeg_is_a_crash_and_leaves_nothing(tmp_path, long_video):
    info, out = probe(long_video), tmp_path / "out"
    out.mkdir()

    def kill() -> None:
        for process in psutil.Process().children(recursive=True):
            if "ffmpeg" in process.name():
                process.kill()

    threading.Timer(0.7, kill).start()
    with pytest.raises(RenderCrashed):
        normalise_clip(long_video, out, fps=FPS, info=info)
    assert list(out.iterdir()) == []


@pytest.mark.slow
def test_too_little_memory_is_named_as_such(tmp_path, monkeypatch):
    picture = encode(tmp_path / "p.png", "-f", "lavfi", "-i", "color=red:s=6000x6000", "-frames:v", "1")
    info = probe(picture)
    monkeypatch.setattr(ingest, "_ADDRESS_SPACE", 300 * MIB)
    with pytest.raises(RenderOutOfMemory):
        normalise_image(picture, tmp_path, info=info)


FULL_DISK = """
import sys
from pathlib import Path
from kernel.errors import AppError
from services.renderer.engine.ingest.normalise import normalise_image
try:
    normalise_image(Path(sys.argv[1]), Path(sys.argv[2]))
except AppError as error:
    print(error.code, error.retryable, list(Path(sys.argv[2]).iterdir()))
"""


@pytest.mark.slow
def test_a_full_disk_is_told_as_a_retryable_error_and_cleaned_up(tmp_path):
    picture = encode(tmp_path / "p.png", "-f", "lavfi", "-i", "testsrc2=s=1280x720", "-frames:v", "1")
    small = tmp_path / "small"
    small.mkdir()
    mounted = [discover().bwrap[0], "--dev-bind", "/", "/", "--size", str(MIB), "--tmpfs", str(small), "--"]
    argv = [*mounted, sys.executable, "-c", FULL_DISK, str(picture), str(small)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert done.stdout == "scratch_full True []\n", done.stderr


def test_pictures_that_grow_inside_a_stream_past_the_limit_are_refused(tmp_path):
    """The container says 64 × 48, the coded pictures are of 48 megapixels."""
    big = encode(tmp_path / "big.jpg", "-f", "lavfi", "-i", "color=red:s=8000x6000", "-frames:v", "1")
    small = encode(tmp_path / "small.jpg", "-f", "lavfi", "-i", "color=red:s=64x48", "-frames:v", "1")
    stream = small.read_bytes() * 5 + big.read_bytes() * 5
    video = encode(tmp_path / "v.mkv", "-f", "mjpeg", "-i", "-", "-c", "copy", stdin=stream)
    with pytest.raises((MediaTooLarge, UnreadableMedia)):
        normalise_clip(video, tmp_path, fps=FPS)
