"""What a timeline needs, and which cache keys an edit changes."""

from services.renderer.engine import plan
from services.renderer.engine.encode.encoders import software

CPU = software("h264", "standard")


def scenes(studio, *texts: str, **first):
    return [
        {
            "duration": 2.0,
            "visual": {"type": "upload", "src": studio.photo(number)},
            "narration": {"text": text},
            "transition": {"type": "fade", "duration": 0.4},
            **(first if number == 0 else {}),
        }
        for number, text in enumerate(texts)
    ]


def keys(film, encoder=CPU) -> list[str]:
    return [job.key for job in plan.segment_jobs(film.timeline, encoder)]


def test_keys_are_the_same_for_the_same_film_and_differ_by_encoder_and_quality(studio):
    film = studio.film(scenes(studio, "one", "two"))
    assert keys(film) == keys(studio.film(scenes(studio, "one", "two")))
    for other in (software("h264", "draft"), software("hevc", "standard")):
        assert not set(keys(film)) & set(keys(film, other))


def test_an_edited_caption_changes_the_keys_of_the_segments_that_show_it(studio):
    before, after = (keys(studio.film(scenes(studio, "one", text, "three"))) for text in ("two", "new"))
    changed = [number for number, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    assert len(changed) == 1


def test_a_longer_first_scene_keeps_the_keys_of_those_after_it(studio):
    """Scene 1 and what follows only moves in time."""
    before = keys(studio.film(scenes(studio, "one", "two", "three")))
    after = keys(studio.film(scenes(studio, "one", "two", "three", duration=3.0)))
    assert before[2:] == after[2:]


def test_the_title_changes_no_segment(studio):
    film = scenes(studio, "one", "two")
    assert keys(studio.film(film, title="A")) == keys(studio.film(film, title="B"))


def test_scenes_of_one_clip_share_a_product_that_holds_all_they_show(studio):
    clip = studio.clip(6.0)
    parts = [{"type": "upload", "src": clip, "trim": trim, "speed": speed} for trim, speed in ((1.0, 1.0), (3.5, 2.0))]
    film = studio.film([{"duration": 1.0, "visual": part} for part in parts])
    (need,) = plan.clip_needs(film.timeline)
    assert need.first == 30
    assert need.first + need.frames >= 3.5 * 30 + 2 * 29 + 1
    assert need.frames % 30 == 0


def test_a_preview_is_small_and_even_and_otherwise_the_same(studio):
    film = studio.film(scenes(studio, "one"), size=(1080, 1920))
    preview = plan.preview_timeline(film.timeline)
    assert (preview.canvas.width, preview.canvas.height) == (360, 640)
    assert (preview.frames, preview.captions.groups) == (film.timeline.frames, film.timeline.captions.groups)
    assert preview.output.quality == "draft"
