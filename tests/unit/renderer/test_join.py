"""The finished file: exact times, whole sound, packets as the segments hold them."""

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
import pytest

from services.renderer.engine.cache import Cache
from services.renderer.engine.encode.encoders import software
from services.renderer.engine.encode.join import join
from services.renderer.engine.encode.segment import SegmentWriter
from services.renderer.engine.picture.media import frame_planes
from services.renderer.engine.plan import segment_jobs
from services.renderer.engine.render import Options, render
from services.renderer.errors import RenderCrashed
from storyboard.timeline import TimelineCanvas

RATE = 48_000
SIZE = (192, 108)
CPU = Options(engine="cpu", jobs=2)


def picture_packets(path: Path) -> list[str]:
    with av.open(str(path)) as container:
        return [hashlib.sha256(bytes(packet)).hexdigest() for packet in container.demux(video=0) if packet.size]


def frames(path: Path) -> list[tuple[Fraction, float]]:
    """Time and mean luma of each frame as it is shown."""
    with av.open(str(path)) as container:
        decoded = list(container.decode(video=0))
    return [
        (Fraction(frame.pts or 0) * (frame.time_base or 1), float(frame_planes(frame)[0].mean())) for frame in decoded
    ]


def boxes(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        yield data[at + 4 : at + 8]
        at += int.from_bytes(data[at : at + 4], "big")


def segment(path: Path, count: int, first: int, *, fps: int = 30, quality: str = "standard") -> Path:
    """Grey frames, one step lighter each."""
    writer = SegmentWriter(
        path, TimelineCanvas(width=64, height=48, fps=fps, background="#000000"), software("h264", quality)
    )
    for number in range(first, first + count):
        frame = av.VideoFrame(64, 48, "yuv420p")
        for plane, value in zip(frame_planes(frame), (40 + 2 * number, 128, 128), strict=True):
            plane[:] = value
        writer.write(frame)
    writer.close(lambda done: None)
    return path


@pytest.mark.parametrize("fps", [24, 25, 30, 50, 60])
def test_frame_n_is_shown_at_n_over_fps_exactly_across_segments(tmp_path, fps):
    counts = [7, 1, 30, 13]
    parts = [segment(tmp_path / f"{n}.mp4", count, sum(counts[:n]), fps=fps) for n, count in enumerate(counts)]
    out = tmp_path / "out.mp4"
    told: list[int] = []
    join(parts, None, fps, {"title": "Grey"}, out, told.append)
    shown = frames(out)
    assert [time for time, _ in shown] == [Fraction(number, fps) for number in range(sum(counts))]
    assert [luma for _, luma in shown] == pytest.approx([40 + 2 * number for number in range(sum(counts))], abs=2)
    assert told == [7, 8, 38, 51]
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert Fraction(stream.duration or 0) * (stream.time_base or 1) == Fraction(sum(counts), fps)
        assert container.metadata["title"] == "Grey"


def test_a_joined_file_can_be_streamed_from_its_beginning(tmp_path):
    join([segment(tmp_path / "a.mp4", 5, 0)], None, 30, {}, tmp_path / "out.mp4")
    order = list(boxes((tmp_path / "out.mp4").read_bytes()))
    assert order.index(b"moov") < order.index(b"mdat")


def test_segments_of_different_headers_are_refused(tmp_path):
    parts = [segment(tmp_path / "a.mp4", 5, 0), segment(tmp_path / "b.mp4", 5, 5, quality="draft")]
    with pytest.raises(RenderCrashed, match="different settings"):
        join(parts, None, 30, {}, tmp_path / "out.mp4")


@pytest.mark.slow
def test_the_file_holds_the_segments_packets_bit_by_bit_and_an_edit_changes_one_segment(studio, tmp_path):
    cache, found = Cache(tmp_path / "cache"), []
    for text in ("One of the captions.", "One of the changes."):
        scenes = [
            {
                "duration": 1.5,
                "visual": {"type": "upload", "src": studio.photo(number)},
                "narration": {"text": text if number == 1 else "Words that stay as they are."},
                "transition": {"type": "fade", "duration": 0.3},
            }
            for number in range(4)
        ]
        film = studio.film(scenes, size=SIZE)
        result = render(film.timeline, film.files, tmp_path / "out.mp4", cache=cache, options=CPU)
        jobs = segment_jobs(film.timeline, software("h264", "standard"))
        parts = [picture_packets(cache.path(job.key, ".mp4")) for job in jobs]
        assert picture_packets(tmp_path / "out.mp4") == list(chain.from_iterable(parts))
        found.append((parts, result.rendered))
    (before, all_of_them), (after, edited) = found
    assert (all_of_them, edited) == (len(before), 1)
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


@pytest.mark.slow
def test_sound_runs_on_over_segment_boundaries_and_lies_exactly_under_the_picture(studio, tmp_path, sine, listen):
    """A tone of six seconds over seven segments keeps its phase; noise in scene 2 begins at its first sample."""
    noise = np.random.default_rng(9).uniform(-0.3, 0.3, RATE)
    scenes = [
        {"duration": 3.0, "visual": {"type": "upload", "src": studio.photo(1)}, "narration": {"text": "A tone."}},
        {"duration": 3.0, "visual": {"type": "color", "color": "#446688"}},
        {"duration": 1.5, "visual": {"type": "color", "color": "#000000"}, "narration": {"text": "Noise."}},
    ]
    takes = {"s0": studio.wav("long-tone", sine(440, 6.0)), "s2": studio.wav("white", noise)}
    film = studio.film(scenes, takes=takes, size=SIZE)
    render(film.timeline, film.files, tmp_path / "out.mp4", cache=Cache(tmp_path / "cache"), options=CPU)
    heard = listen(tmp_path / "out.mp4").samples[:, 0].astype(np.float64)
    with av.open(str(tmp_path / "out.mp4")) as container:
        for stream in container.streams:
            assert Fraction(stream.duration or 0) * (stream.time_base or 1) == Fraction(15, 2)
    tone = heard[RATE // 5 : 6 * RATE - RATE // 5]
    window = RATE // 44  # 480/11 periods would leak: these are 1090 samples, and the phase is of the mean
    turned = tone * np.exp(-2j * np.pi * 440 * np.arange(RATE // 5, RATE // 5 + len(tone)) / RATE)
    smooth = np.convolve(turned, np.hanning(4 * window), "valid")[::window]
    phase = np.unwrap(np.angle(smooth))
    assert np.abs(np.diff(phase)).max() < 0.01
    assert np.ptp(phase) < 0.02
    assert phase.mean() == pytest.approx(-np.pi / 2, abs=0.02), "a sine that began at sample 0"
    match = np.correlate(heard[6 * RATE - 3000 :], noise[: RATE // 2], "valid")
    assert int(match.argmax()) - 3000 == 0
