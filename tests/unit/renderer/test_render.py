"""Whole renders: the same bytes however they come about, what an edit costs, memory, progress, codecs."""

import json
import threading
from pathlib import Path

import av
import pytest

from services.renderer.engine.cache import Cache
from services.renderer.engine.progress import Progress
from services.renderer.engine.render import Options, render
from services.renderer.errors import RendererError

SIZE = (192, 108)
CPU = Options(engine="cpu", jobs=2)


def frame_count(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


@pytest.mark.slow
def test_the_same_timeline_gives_the_same_bytes_with_any_number_of_workers(studio, tmp_path):
    """The portrait width is one at which x264 reads memory it never wrote."""
    film = studio.short_film(size=(108, 192))
    files = []
    for jobs in (1, 2, 3):
        out = tmp_path / f"{jobs}.mp4"
        options = Options(engine="cpu", jobs=jobs)
        render(film.timeline, film.files, out, cache=Cache(tmp_path / f"cache-{jobs}"), options=options)
        files.append(out.read_bytes())
    assert files[0] == files[1] == files[2]


@pytest.mark.slow
def test_progress_goes_forward_to_done_and_a_second_render_makes_nothing(studio, cache, tmp_path, listen):
    film = studio.short_film(size=SIZE)
    told: list[Progress] = []
    poster = tmp_path / "poster.jpg"
    options = Options(engine="cpu", jobs=2, poster=poster)
    first = render(film.timeline, film.files, tmp_path / "a.mp4", cache=cache, options=options, report=told.append)
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)
    assert told[-1] == Progress("done", 1.0, 0.0)
    assert {progress.stage for progress in told} == {"prepare", "render", "sound", "join", "done"}
    guesses = [progress.seconds_left for progress in told if progress.seconds_left is not None]
    assert guesses[-1] < max(guesses)
    assert (first.rendered, first.segments) == (5, 5)
    assert frame_count(tmp_path / "a.mp4") == first.frames == film.timeline.frames
    assert listen(tmp_path / "a.mp4").lufs == pytest.approx(-14.0, abs=0.5)
    assert poster.read_bytes().startswith(b"\xff\xd8\xff")

    second = render(film.timeline, film.files, tmp_path / "b.mp4", cache=cache, options=options)
    assert second.rendered == 0
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("codec", ["h264", "hevc", "av1"])
@pytest.mark.parametrize("quality", ["draft", "standard", "high"])
def test_every_codec_and_quality_renders_to_the_right_number_of_frames(studio, cache, tmp_path, codec, quality):
    scenes = [
        {"duration": 0.8, "visual": {"type": "upload", "src": studio.photo(1)}, "motion": {"effect": "zoomIn"}},
        {"duration": 0.4, "visual": {"type": "color", "color": "#336699"}},
    ]
    scenes[0]["transition"] = {"type": "fade", "duration": 0.2}
    film = studio.film(scenes, size=SIZE, output={"codec": codec, "quality": quality})
    result = render(film.timeline, film.files, tmp_path / "out.mp4", cache=cache, options=CPU)
    assert frame_count(tmp_path / "out.mp4") == result.frames == 30
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.streams.video[0].codec_context.name.replace("libdav1d", "av1") == codec


def test_a_sound_that_fails_ends_the_render_with_its_own_error(studio, cache, tmp_path, sine):
    """The narration's file is gone since it was compiled; the pictures aren't waited for."""
    voice = tmp_path / "gone.wav"
    voice.write_bytes(studio.wav("kept", sine(300, 1.0)).read_bytes())
    scene = {"duration": 60.0, "visual": {"type": "color", "color": "#336699"}, "narration": {"text": "Hello."}}
    film = studio.film([scene], takes={"s0": voice}, size=SIZE)
    voice.write_bytes(b"RIFF no more")
    with pytest.raises(RendererError) as caught:
        render(film.timeline, film.files, tmp_path / "out.mp4", cache=cache, options=CPU)
    assert caught.value.code in ("unreadable_media", "unsupported_media")
    assert list((tmp_path / "cache" / "scratch").iterdir()) == []


def test_the_callers_event_is_never_set_by_the_render(studio, cache, tmp_path):
    film = studio.film([{"duration": 0.5, "visual": {"type": "color", "color": "#336699"}}], size=SIZE)
    cancel = threading.Event()
    tiny = Options(engine="cpu", jobs=1, memory_bytes=200 * 1024 * 1024)
    with pytest.raises(RendererError):
        render(film.timeline, film.files, tmp_path / "out.mp4", cache=cache, options=tiny, cancel=cancel)
    assert not cancel.is_set()


def test_a_target_that_cannot_be_written_leaves_no_scratch(studio, cache, tmp_path):
    film = studio.film([{"duration": 0.2, "visual": {"type": "color", "color": "#336699"}}], size=SIZE)
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(OSError, match="file"):
        render(film.timeline, film.files, blocked / "out.mp4", cache=cache, options=CPU)
    assert list((tmp_path / "cache" / "scratch").iterdir()) == []


@pytest.mark.slow
def test_a_worker_at_full_hd_stays_small(studio, cache, tmp_path, peak_memory):
    scenes = [
        {
            "duration": 1.2,
            "visual": {"type": "upload", "src": studio.photo(number, 4000, 3000)},
            "motion": {"effect": "zoomIn"},
            "narration": {"text": "Words over a large picture that moves."},
            "transition": {"type": "fade", "duration": 0.3},
        }
        for number in (11, 12, 13)
    ]
    film = studio.film(scenes, size=(1920, 1080))
    with peak_memory:
        render(film.timeline, film.files, tmp_path / "out.mp4", cache=cache, options=CPU)
    print(f"a worker at 1080p: {peak_memory.bytes / 1e6:.0f} MB")
    assert 0 < peak_memory.bytes < 350e6


@pytest.mark.slow
def test_the_memory_of_a_worker_does_not_grow_with_the_scenes(studio, tmp_path, peak_memory):
    peaks = []
    for count in (10, 160):
        scenes = [
            {
                "duration": 0.6,
                "visual": {"type": "upload", "src": studio.photo(number % 8)},
                "motion": {"effect": "panLeft"},
                "transition": {"type": "fade", "duration": 0.2},
            }
            for number in range(count)
        ]
        film = studio.film(scenes, size=(640, 360), output={"quality": "draft"})
        with type(peak_memory)() as peak:
            cache = Cache(tmp_path / str(count))
            render(film.timeline, film.files, tmp_path / "out.mp4", cache=cache, options=Options(engine="cpu", jobs=1))
        peaks.append(peak.bytes)
    print("a worker of 10 and 160 scenes at 360p:", json.dumps([round(peak / 1e6) for peak in peaks]), "MB")
    assert 0 < peaks[1] < 1.15 * peaks[0]
