"""The two writers of a segment, against what a decoder makes of their files."""

import os
import subprocess
import sys
from pathlib import Path

import av
import pytest

from services.renderer.engine.encode.encoders import Encoder, hardware, software
from services.renderer.engine.encode.pipe_writer import PipeWriter
from services.renderer.engine.encode.segment import SegmentWriter, Writer, probe_encoder
from services.renderer.engine.picture.media import frame_planes
from services.renderer.engine.toolchain import ENVIRONMENT_VARIABLE, find_ffmpeg
from services.renderer.errors import EncoderUnavailable
from storyboard.timeline import TimelineCanvas

CANVAS = TimelineCanvas(width=128, height=72, fps=25, background="#000000")
GREYS = [30 + 5 * number for number in range(40)]


def write(writer: Writer) -> int:
    """Frames of rising grey with a coloured cast; returns the last progress."""
    told = [0]
    for grey in GREYS:
        frame = av.VideoFrame(CANVAS.width, CANVAS.height, "yuv420p")
        for plane, value in zip(frame_planes(frame), (grey, 100, 150), strict=True):
            plane[:] = value
        writer.write(frame)
    writer.close(told.append)
    return told[-1]


def check(path: Path) -> None:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        tags = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
        decoded = list(container.decode(stream))
    assert tags == (1, 1, 1, 1)  # BT.709, limited
    assert [round(float(frame.pts * frame.time_base * CANVAS.fps), 6) for frame in decoded] == list(range(len(GREYS)))
    for frame, grey in zip(decoded, GREYS, strict=True):
        assert [float(plane.mean()) for plane in frame_planes(frame)] == pytest.approx([grey, 100, 150], abs=2)


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1"])
@pytest.mark.parametrize("quality", ["draft", "standard", "high"])
def test_every_software_encoder_writes_frames_that_decode_to_what_was_drawn(tmp_path, codec, quality):
    path = tmp_path / "segment.mp4"
    assert write(SegmentWriter(path, CANVAS, software(codec, quality))) == len(GREYS)
    check(path)


def test_the_ffmpeg_program_as_an_encoder_writes_the_same_frames(tmp_path):
    """The class that serves VA-API, here with an encoder that needs no GPU."""
    path = tmp_path / "segment.mp4"
    encoder = Encoder("libx264", "vaapi", (("crf", "18"), ("preset", "ultrafast")))
    assert write(PipeWriter(path, CANVAS, encoder, find_ffmpeg().path)) == len(GREYS)
    check(path)


def test_the_ffmpeg_program_that_fails_is_told_with_its_cause(tmp_path):
    encoder = hardware("vaapi", "h264", "standard")
    with pytest.raises(EncoderUnavailable, match=r"h264_vaapi failed: .*(VA|va|device)"):
        write(PipeWriter(tmp_path / "segment.mp4", CANVAS, encoder, find_ffmpeg().path))


def test_the_ffmpeg_program_on_a_full_disk_is_an_error_of_the_disk():
    encoder = Encoder("libx264", "vaapi", (("crf", "1"),))
    with pytest.raises(OSError, match="full"):
        write(PipeWriter(Path("/dev/full"), CANVAS, encoder, find_ffmpeg().path))


@pytest.mark.parametrize("engine", ["nvenc", "vaapi"])
def test_a_probe_without_its_gpu_tells_the_true_cause(tmp_path, monkeypatch, engine):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(find_ffmpeg().path))
    cause = probe_encoder(hardware(engine, "h264", "standard"), tmp_path / "probe.mp4")
    assert f"h264_{engine}" in cause
    assert len(cause) > len(f"h264_{engine} does not start: .")
    assert str(tmp_path) not in cause


def test_an_encoder_the_library_was_built_without_is_unavailable(tmp_path):
    with pytest.raises(EncoderUnavailable, match="h264_vaapi"):
        SegmentWriter(tmp_path / "segment.mp4", CANVAS, hardware("vaapi", "h264", "standard"))


PORTRAIT = """
import hashlib, sys, tempfile
from pathlib import Path
import av, numpy as np
from services.renderer.engine.encode.encoders import software
from services.renderer.engine.picture.media import frame_planes
from services.renderer.engine.encode.segment import SegmentWriter
from storyboard.timeline import TimelineCanvas
canvas = TimelineCanvas(width=360, height=640, fps=30, background="#000000")
path = Path(tempfile.mkdtemp()) / "s.mp4"
writer = SegmentWriter(path, canvas, software("h264", sys.argv[1]))
wave = np.add.outer(np.arange(640) * 0.11, np.sin(np.arange(360) * 0.07) * 9)
for number in range(24):
    frame = av.VideoFrame(360, 640, "yuv420p")
    for plane in frame_planes(frame):
        plane[:] = 128
    frame_planes(frame)[0][:] = 126 + (90 - 3 * number) * np.sin(wave + number * 0.02)
    writer.write(frame)
writer.close(lambda frames: None)
print(hashlib.sha256(path.read_bytes()).hexdigest())
"""


@pytest.mark.slow
@pytest.mark.parametrize("quality", ["standard", "high"])
def test_what_lies_on_the_heap_does_not_change_a_byte(quality):
    """glibc fills the heap of each process with another value; x264 reads of it at this width."""
    digests = set()
    for garbage in ("0", "1", "85", "254"):
        done = subprocess.run(
            [sys.executable, "-c", PORTRAIT, quality],
            env={**os.environ, "MALLOC_PERTURB_": garbage},
            capture_output=True,
            check=True,
        )
        digests.add(done.stdout)
    assert len(digests) == 1
