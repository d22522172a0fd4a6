"""What holds for every storyboard: determinism, arithmetic of frames, partition, captions, plans."""

from __future__ import annotations

import json
import math
import random

import opentimelineio as otio
import pysubs2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storyboard_strategies import any_text, compilable

from storyboard import Resolution, StoryboardInvalid, Timeline, compile_storyboard, parse_storyboard
from storyboard.exporters import export_ass, export_otio, export_srt, export_vtt
from storyboard.exporters.captions import group_text
from storyboard.frameplan import plan
from storyboard.importers import csv_rows, import_shotstack, import_srt, import_text, import_vtt, jsonl_rows
from storyboard.segments import content_hash, segments
from storyboard.timeline import canonical
from storyboard.words import clean_text

common = settings(
    max_examples=75,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
FONTS = Resolution(fonts={"Inter": "1" * 64})


def compiled(case) -> Timeline:
    board, resolution = case
    return compile_storyboard(parse_storyboard(board), resolution).timeline


def shuffled(node, rng):
    if isinstance(node, dict):
        items = [(key, shuffled(value, rng)) for key, value in node.items()]
        rng.shuffle(items)
        return dict(items)
    return [shuffled(item, rng) for item in node] if isinstance(node, list) else node


@common
@given(compilable, st.integers(0, 1000))
def test_the_same_storyboard_gives_the_same_bytes_in_whatever_order_its_members_stand(case, seed):
    board, resolution = case
    other = shuffled(board, random.Random(seed))
    again = Resolution.model_validate(shuffled(resolution.model_dump(), random.Random(seed)))
    first = canonical(compiled(case))
    assert canonical(compile_storyboard(parse_storyboard(other), again).timeline) == first
    assert canonical(compiled((json.dumps(board), resolution))) == first


@common
@given(compilable)
def test_scene_lengths_less_their_overlaps_are_the_length_of_the_whole_to_the_frame(case):
    timeline = compiled(case)
    overlaps = [scene.transition.frames for scene in timeline.scenes]
    assert sum(scene.frames for scene in timeline.scenes) - sum(overlaps) == timeline.frames
    assert overlaps[-1] == 0
    incoming = 0
    start = 0
    for scene in timeline.scenes:
        assert scene.start == start
        assert scene.frames >= 1
        assert incoming + scene.transition.frames <= scene.frames
        incoming = scene.transition.frames
        start += scene.frames - incoming


@common
@given(compilable)
def test_a_scene_of_fixed_length_is_as_long_as_it_says(case):
    board, _ = case
    timeline = compiled(case)
    for written, scene in zip(board["scenes"], timeline.scenes, strict=True):
        if written["duration"] != "auto":
            assert abs(scene.frames - written["duration"] * timeline.canvas.fps) <= 0.5 or scene.frames == 1


@common
@given(compilable)
def test_segments_cover_every_frame_exactly_once(case):
    timeline = compiled(case)
    cuts = segments(timeline)
    assert [cut.index for cut in cuts] == list(range(len(cuts)))
    end = 0
    for cut in cuts:
        assert cut.start == end
        assert cut.frames >= 1
        end = cut.end
        on_screen = {timeline.scenes[index].start for index in cut.scenes}
        assert max(on_screen) <= cut.start
        assert all(cut.end <= timeline.scenes[i].start + timeline.scenes[i].frames for i in cut.scenes)
    assert end == timeline.frames


@common
@given(compilable, st.integers(1, 5000))
def test_a_scene_that_only_moves_in_time_keeps_its_segments(case, length):
    board, resolution = case
    before = {"id": "before", "duration": length / 1000, "visual": {"type": "color", "color": "#000000"}}
    moved = {**board, "scenes": [before, *board["scenes"]]}
    first = compiled(case)
    second = compiled((moved, resolution))
    hashes = [content_hash(first, cut) for cut in segments(first)]
    later = [content_hash(second, cut) for cut in segments(second) if cut.scene > 0]
    assert hashes == later


@common
@given(compilable, st.data())
def test_another_word_of_the_same_weight_changes_only_the_segments_that_show_it(case, data):
    board, resolution = case
    first = compiled((board, resolution))
    if not first.captions.groups:
        return
    number = data.draw(st.integers(0, len(first.captions.groups) - 1))
    group = first.captions.groups[number]
    words = (group.words[0].model_copy(update={"text": group.words[0].text + "x"}), *group.words[1:])
    groups = list(first.captions.groups)
    groups[number] = group.model_copy(update={"words": words})
    second = first.model_copy(update={"captions": first.captions.model_copy(update={"groups": tuple(groups)})})
    for cut in segments(first):
        drawn = first.captions.style != "none"
        shows = drawn and group.start < cut.end and group.end > cut.start
        assert (content_hash(first, cut) != content_hash(second, cut)) == shows


@common
@given(compilable)
def test_captions_stand_in_order_without_overlap_inside_their_scenes(case):
    timeline = compiled(case)
    end = 0
    for group in timeline.captions.groups:
        scene = timeline.scenes[group.scene]
        assert end <= group.start < group.end
        assert scene.start <= group.start
        assert group.end <= scene.start + scene.frames
        assert group.start == group.words[0].start
        for before, after in zip(group.words, group.words[1:], strict=False):
            assert before.start < after.start
            assert before.end <= max(after.start, before.start + 1)
        assert all(word.start < word.end for word in group.words)
        assert not group.words[0].glued
        end = group.end


@common
@given(compilable, st.data())
def test_every_frame_has_a_plan_of_finite_numbers(case, data):
    timeline = compiled(case)
    edges = [scene.start + offset for scene in timeline.scenes for offset in (-1, 0, 1)]
    some = data.draw(st.lists(st.integers(0, timeline.frames - 1), max_size=10))
    for frame in {0, timeline.frames - 1, *some, *edges}:
        if not 0 <= frame < timeline.frames:
            continue
        drawn = plan(timeline, frame)
        scene = timeline.scenes[drawn.scene.index]
        assert scene.start <= frame < scene.start + scene.frames
        assert drawn.scene.local == frame - scene.start
        if drawn.incoming is None:
            assert (drawn.transition, drawn.progress) == ("none", 0.0)
        else:
            assert 0 < drawn.progress < 1
            assert drawn.incoming.index == drawn.scene.index + 1
            assert drawn.transition == scene.transition.type != "none"
        for state in filter(None, (drawn.scene, drawn.incoming)):
            if state.view:
                view = state.view
                assert all(math.isfinite(value) for value in (view.x, view.y, view.width, view.height))
                assert view.width > 0 < view.height
                picture = timeline.scenes[state.index].picture
                if picture.fit in ("cover", "fill"):
                    # Never beyond the picture, or its edge would show.
                    assert min(view.x, view.y) >= -1e-9
                    assert max(view.x + view.width, view.y + view.height) <= 1 + 1e-9
            if state.clip_frame is not None:
                assert 0 <= state.clip_frame < 6 * timeline.canvas.fps
            assert all(0 <= layer.opacity <= 1 and layer.scale > 0 for layer in state.layers)
        caption = drawn.caption
        if caption:
            group = timeline.captions.groups[caption.group]
            assert group.start <= frame < group.end
            assert caption.shown == caption.active + 1 <= len(group.words)


@common
@given(compilable)
def test_otio_reads_back_with_the_same_length_and_fingerprint(case):
    timeline = compiled(case)
    document = otio.adapters.read_from_string(export_otio(timeline), "otio_json")
    fps = timeline.canvas.fps
    assert document.duration() == otio.opentime.RationalTime(timeline.frames, fps)
    for track in document.tracks:
        assert track.duration().value <= timeline.frames
        assert track.duration().rate == fps
        assert all(clip.source_range.duration.value >= 0 for clip in track.find_clips())
    scenes = document.tracks[0]
    assert [clip.name for clip in scenes.find_clips()] == [scene.id for scene in timeline.scenes]
    markers = [(marker.name, marker.marked_range.start_time.value) for marker in document.tracks.markers]
    assert markers == [(group_text(group), group.start) for group in timeline.captions.groups]


@common
@given(compilable)
def test_subtitles_read_back_with_the_same_times_within_a_frame(case):
    timeline = compiled(case)
    fps = timeline.canvas.fps
    if not timeline.captions.groups:
        return
    for text, format_ in ((export_srt(timeline), "srt"), (export_vtt(timeline), "vtt"), (export_ass(timeline), "ass")):
        events = pysubs2.SSAFile.from_string(text, format_=format_).events
        assert len(events) == len(timeline.captions.groups)
        for event, group in zip(events, timeline.captions.groups, strict=True):
            assert abs(event.start - group.start * 1000 / fps) < 1000 / fps
            assert abs(event.end - group.end * 1000 / fps) < 1000 / fps


def squeezed(text: str) -> str:
    return "".join(text.split())


def compact(storyboard: dict) -> list[str]:
    """What is read aloud or shown, without white space: where words of one script touch another's, captions may put
    a space or take one out."""
    return [squeezed(scene["narration"]["text"]) for scene in storyboard["scenes"] if "narration" in scene]


@common
@given(st.lists(any_text.filter(lambda text: text.strip() and "{{" not in text), min_size=1, max_size=4))
def test_any_text_survives_import_compilation_and_export(paragraphs):
    imported = import_text("\n\n".join(" ".join(text.split()) for text in paragraphs).encode())
    timeline = compile_storyboard(parse_storyboard(imported.storyboard), FONTS).timeline
    shown = squeezed("".join(group_text(group) for group in timeline.captions.groups))
    # Marks that nobody pronounces at the very beginning have no word to stay with.
    expected = squeezed("".join(clean_text(text) for text in compact_source(imported.storyboard)))
    assert shown == expected
    for exported, read in ((export_srt(timeline), import_srt), (export_vtt(timeline), import_vtt)):
        if timeline.captions.groups:
            again = read(exported.encode())
            parse_storyboard(again.storyboard)
            assert "".join(compact(again.storyboard)) == shown


def compact_source(storyboard: dict) -> list[str]:
    return [scene["narration"]["text"] for scene in storyboard["scenes"]]


@common
@given(compilable)
def test_captions_survive_a_round_trip_through_srt_and_vtt(case):
    timeline = compiled(case)
    groups = timeline.captions.groups
    if not groups:
        return
    for exported, read in ((export_srt(timeline), import_srt), (export_vtt(timeline), import_vtt)):
        board = read(exported).storyboard
        again = compile_storyboard(parse_storyboard(board), FONTS).timeline
        assert "".join(compact(board)) == squeezed("".join(group_text(group) for group in groups))
        expected = groups[-1].end / timeline.canvas.fps
        assert abs(again.frames / again.canvas.fps - expected) <= 1 / again.canvas.fps + 0.001


lines = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "WEBVTT",
                "1",
                "00:00:01,000 --> 00:00:02,000",
                "00:01.000 --> 00:00.500 align:start",
                "25:61:61,0 --> 1",
                "-->",
                "",
                "{\\an8}<i>x</i>",
                "NOTE",
                "STYLE",
                "{{A}}",
                'a,b;c\t"',
                '{"A": 1}',
                "&#55296;&#7;&lt;",
            ]
        ),
        st.text(st.characters(), max_size=20),
    ),
    max_size=25,
)
IMPORTERS = (import_text, import_srt, import_vtt, csv_rows, jsonl_rows, import_shotstack)


def usable(read, data) -> None:
    """Either a storyboard that parses and compiles, or reasons."""
    try:
        result = read(data)
    except StoryboardInvalid as error:
        assert error.violations
        return
    if hasattr(result, "storyboard"):
        parsed = parse_storyboard(result.storyboard)
        if read is not import_shotstack:
            compile_storyboard(parsed, FONTS)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=200).map(lambda text: text.encode("utf-16")),
        lines.map(lambda found: "\n".join(found).encode("utf-8", "surrogatepass")),
    )
)
def test_no_bytes_make_an_importer_crash(data):
    for read in IMPORTERS:
        usable(read, data)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(lines)
def test_no_text_makes_an_importer_crash(found):
    for read in IMPORTERS:
        usable(read, "\n".join(found))
