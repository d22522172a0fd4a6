"""Storyboard + resolution → timeline; what a frame plan and a segment's hash make of it."""

from __future__ import annotations

import pytest

from storyboard import Resolution, StoryboardInvalid, compile_storyboard, parse_storyboard
from storyboard.frameplan import clip_offset, is_still, plan, scene_at, view_at, zoom_at
from storyboard.segments import content_hash, segments
from storyboard.timeline import TimelineMotion, canonical, fingerprint

ASSETS = {
    "asset:wide": {"kind": "image", "sha256": "a" * 64, "width": 1600, "height": 900},
    "asset:clip": {"kind": "video", "sha256": "d" * 64, "width": 1080, "height": 1920, "seconds": 4, "hasAudio": True},
    "asset:voice": {"kind": "audio", "sha256": "f" * 64, "seconds": 3},
    "asset:music": {"kind": "audio", "sha256": "9" * 64, "seconds": 42},
}
FONTS = {"Inter": "1" * 64, "Anton": "2" * 64}
BLACK = {"type": "color", "color": "#000000"}


def scene(identifier="a", duration=2, **members):
    return {"id": identifier, "duration": duration, "visual": BLACK, **members}


def board(*scenes, **members):
    return parse_storyboard({"version": "storyboard/1", **members, "scenes": list(scenes)})


def compiled(*scenes, resolved=None, **members):
    resolution = Resolution.model_validate({"assets": ASSETS, "fonts": FONTS, **(resolved or {})})
    return compile_storyboard(board(*scenes, **members), resolution)


def timeline(*scenes, **members):
    return compiled(*scenes, **members).timeline


def wrong(*scenes, **members):
    with pytest.raises(StoryboardInvalid) as caught:
        compiled(*scenes, **members)
    return [(violation.pointer, violation.code) for violation in caught.value.violations]


def take(**members):
    return {"takes": {"a": {"src": "asset:voice", "seconds": 3, **members}}}


def fade(seconds=0.5):
    return {"type": "fade", "duration": seconds}


def test_transitions_overlap_scenes_and_shorten_the_whole():
    made = timeline(scene("a", 2, transition=fade()), scene("b", 3, transition=fade(0.2)), scene("c", 1))
    assert [(s.start, s.frames, s.transition.frames) for s in made.scenes] == [(0, 60, 15), (45, 90, 6), (129, 30, 0)]
    assert made.frames == 159
    assert made.scenes[2].transition.type == "none"


def test_narration_waits_for_the_transition_and_auto_ends_before_the_next():
    made = timeline(
        scene("z", 1, transition=fade()),
        scene("a", "auto", narration={"text": "x", "padStart": 0.2, "padEnd": 0.1}, transition=fade(0.4)),
        scene("b", 1),
        resolved=take(),
    )
    # 15 incoming + 6 padding + 90 spoken + max(3 padding, 12 outgoing)
    assert made.scenes[1].frames == 123
    assert made.narration[0].start == 15 + 15 + 6
    assert made.narration[0].start + 90 == made.scenes[2].start


def test_auto_takes_the_length_of_a_clip_from_its_trim_at_its_speed():
    made = timeline(scene(duration="auto", visual={"type": "video", "src": "asset:clip", "trim": 1, "speed": 1.5}))
    assert made.frames == 60
    assert made.scenes[0].picture.trim == 30


def test_a_clip_too_short_for_its_scene_is_noticed_and_a_trim_past_its_end_refused():
    clip = {"type": "video", "src": "asset:clip", "speed": 2}
    assert compiled(scene(duration=2, visual=clip)).notices == ()
    notices = compiled(scene(duration=2.1, visual=clip)).notices
    assert [(notice.pointer, notice.code) for notice in notices] == [("/scenes/0/visual", "clip_shorter_than_scene")]
    assert wrong(scene(visual={**clip, "trim": 4})) == [("/scenes/0/visual/trim", "invalid_range")]


def test_narration_longer_than_a_fixed_scene_is_noticed():
    made = compiled(scene(duration=2, narration={"text": "x"}), resolved=take())
    assert [(notice.pointer, notice.code) for notice in made.notices] == [
        ("/scenes/0/duration", "narration_longer_than_scene")
    ]


def test_b30_every_unknown_reference_is_reported_at_once_and_alike():
    image = {"type": "image", "src": "asset:gone"}
    found = wrong(
        scene(visual=image, overlays=[image, {"type": "text", "text": "x", "font": {"family": "Comic"}}]),
        brand={"logo": "asset:gone"},
        music={"src": "asset:gone"},
        captions={"font": {"family": "Wingdings"}},
    )
    assert {code for _, code in found} == {"unknown_reference"}
    assert sorted(place for place, _ in found) == [
        "/brand/logo",
        "/captions/font/family",
        "/music/src",
        "/scenes/0/overlays/0/src",
        "/scenes/0/overlays/1/font/family",
        "/scenes/0/visual/src",
    ]


def test_media_of_another_kind_or_not_chosen_is_refused():
    assert wrong(scene(visual={"type": "image", "src": "asset:clip"})) == [("/scenes/0/visual/src", "type_mismatch")]
    assert wrong(scene(visual={"type": "stock", "query": "x"}), music={}) == [
        ("/scenes/0/visual", "unresolved_media"),
        ("/music", "unresolved_media"),
    ]
    chosen = timeline(scene(visual={"type": "stock", "query": "x"}), resolved={"visuals": {"a": "asset:wide"}})
    assert chosen.scenes[0].picture.asset == "asset:wide"


def test_fonts_and_colours_fall_back_from_style_to_brand_to_default():
    plain = timeline(scene(narration={"text": "x"}))
    assert (plain.captions.font.family, plain.captions.active_color) == ("Inter", "#ffcc00")
    branded = timeline(scene(narration={"text": "x"}), brand={"fonts": ["Anton"], "colors": {"primary": "#112233"}})
    assert (branded.captions.font.family, branded.captions.active_color) == ("Anton", "#112233")
    own = timeline(scene(), captions={"font": {"strokeWidth": 0}, "active": {"color": "#445566"}})
    assert (own.captions.font.stroke_width, own.captions.active_color) == (0, "#445566")
    assert [font.family for font in branded.fonts] == ["Anton"]


def test_silent_music_and_silent_clips_make_no_sound():
    made = timeline(
        scene(visual={"type": "video", "src": "asset:clip", "volume": 0.5, "trim": 1}),
        scene("b", visual={"type": "video", "src": "asset:clip"}),
        music={"src": "asset:music", "volume": 0},
    )
    assert made.music is None
    assert [(sound.scene, sound.trim, sound.frames) for sound in made.sounds] == [(0, 30, 60)]


def test_how_words_were_timed_is_kept():
    spoken = [{"text": "x", "start": 0.5, "end": 1}]
    made = timeline(
        scene(duration="auto", narration={"text": "x"}), resolved=take(words=spoken, method="provider", confidence=0.9)
    )
    assert (made.narration[0].method, made.narration[0].confidence) == ("provider", 0.9)
    assert [(word.start, word.end) for word in made.captions.groups[0].words] == [(15, 30)]
    guessed = timeline(scene(duration="auto", narration={"text": "x"}), resolved=take(method="provider"))
    assert (guessed.narration[0].method, guessed.narration[0].confidence) == ("proportional", 0.5)


def test_the_fingerprint_is_of_canonical_json_without_nulls():
    made = timeline(scene())
    text = canonical(made).decode()
    assert text.startswith('{"assets":[],"canvas":{"background":"#000000","fps":30,"height":1920,"width":1080}')
    assert "null" not in text
    assert fingerprint(made) != fingerprint(timeline(scene(duration=2.1)))


MOTION = TimelineMotion(effect="none", amount=0.5, focus_x=0.25, focus_y=0.75, easing="linear")


@pytest.mark.parametrize(
    ("effect", "start", "end"),
    [
        ("none", (1, 0.25, 0.75), (1, 0.25, 0.75)),
        ("zoomIn", (1, 0.25, 0.75), (1.5, 0.25, 0.75)),
        ("zoomOut", (1.5, 0.25, 0.75), (1, 0.25, 0.75)),
        ("panLeft", (1.5, 1, 0.75), (1.5, 0, 0.75)),
        ("panRight", (1.5, 0, 0.75), (1.5, 1, 0.75)),
        ("panUp", (1.5, 0.25, 1), (1.5, 0.25, 0)),
        ("panDown", (1.5, 0.25, 0), (1.5, 0.25, 1)),
    ],
)
def test_motions_go_from_and_to_where_their_names_say(effect, start, end):
    motion = MOTION.model_copy(update={"effect": effect})
    assert (zoom_at(motion, 0.0), zoom_at(motion, 1.0)) == (start, end)


def test_an_overshooting_easing_never_zooms_out_beyond_the_picture():
    assert zoom_at(MOTION.model_copy(update={"effect": "zoomOut"}), 1.1)[0] == 1


@pytest.mark.parametrize(
    ("fit", "expected"),
    [
        ("fill", (0, 0, 1, 1)),
        # 1600×900 in 900×900: covered it is 1600 wide, the focus a quarter from the left
        ("cover", (700 * 0.25 / 1600, 0, 900 / 1600, 1)),
        # contained it is 506.25 high, in the middle
        ("contain", (0, -(900 - 506.25) / 2 / 506.25, 1, 900 / 506.25)),
    ],
)
def test_fits_have_the_meaning_of_css(fit, expected):
    view = view_at((1600.0, 900.0), (900.0, 900.0), fit, MOTION, 0, 10)
    assert (view.x, view.y, view.width, view.height) == pytest.approx(expected)


def test_a_tall_picture_is_covered_around_its_focus():
    view = view_at((900.0, 1600.0), (900.0, 900.0), "cover", MOTION, 0, 10)
    assert (view.x, view.y, view.width, view.height) == pytest.approx((0, 700 * 0.75 / 1600, 1, 900 / 1600))


def test_a_transition_shows_both_scenes_and_its_progress_is_in_the_middle_of_frames():
    made = timeline(scene("a", 1, transition=fade(0.1)), scene("b", 1))
    plans = [plan(made, frame) for frame in range(26, 31)]
    assert [p.transition for p in plans] == ["none", "fade", "fade", "fade", "none"]
    assert [p.progress for p in plans[1:4]] == [0.5 / 3, 0.5, 2.5 / 3]
    assert [p.scene.index for p in plans] == [0, 0, 0, 0, 1]
    assert plans[1].incoming.local == 0
    assert plans[4].scene.local == 3
    assert scene_at(made, made.frames - 1) == 1


def test_a_clip_plays_at_its_speed_and_stays_on_its_last_frame():
    made = timeline(scene(duration=5, visual={"type": "video", "src": "asset:clip", "trim": 1, "speed": 1.5}))
    assert [plan(made, frame).scene.clip_frame for frame in (0, 1, 2, 3, 59, 60, 149)] == [
        30,
        31,
        33,
        34,
        118,
        119,
        119,
    ]
    assert clip_offset(3, 1 / 3) == 0
    assert clip_offset(1000, 1.001) == 1001


@pytest.mark.parametrize(
    ("animation", "first", "middle", "last"),
    [
        ("none", (1, 0, 1), (1, 0, 1), (1, 0, 1)),
        ("fadeIn", (1 / 11, 0, 1), (1, 0, 1), (1, 0, 1)),
        ("fadeInOut", (1 / 11, 0, 1), (1, 0, 1), (1 / 11, 0, 1)),
        ("slideUp", (1 / 11, 0.04 * (10 / 11) ** 2, 1), (1, 0, 1), (1, 0, 1)),
        ("popIn", (2 / 11, 0, 0.6 + 0.4 * (1 + (10 / 11) ** 2 * (1.70158 - 2.70158 * 10 / 11))), (1, 0, 1), (1, 0, 1)),
    ],
)
def test_overlays_come_and_go_as_their_animation_says(animation, first, middle, last):
    text = {"type": "text", "text": "x", "start": 0.5, "duration": 1, "animation": animation}
    made = timeline(scene(overlays=[text]))
    assert plan(made, 14).scene.layers == ()
    for frame, expected in ((15, first), (30, middle), (44, last)):
        (state,) = plan(made, frame).scene.layers
        assert (state.opacity, state.shift, state.scale) == pytest.approx(expected)
    assert plan(made, 45).scene.layers == ()


def test_captions_say_which_word_is_spoken_and_how_much_of_it_is_written():
    spoken = [{"text": "Hello", "start": 0, "end": 0.5}, {"text": "👩‍👩‍👧x", "start": 0.5, "end": 0.6}]
    made = timeline(scene(duration="auto", narration={"text": "Hello 👩‍👩‍👧x"}), resolved=take(words=spoken))
    states = [plan(made, frame).caption for frame in (0, 7, 14, 15, 17)]
    assert [(s.active, s.shown, s.letters) for s in states] == [(0, 1, 1), (0, 1, 3), (0, 1, 5), (1, 2, 1), (1, 2, 2)]
    assert states[0].scale < 1 < states[1].scale or states[1].scale == 1
    assert plan(made, made.frames - 1).caption is None


def test_only_pictures_that_move_are_not_still():
    still = {"type": "image", "src": "asset:wide"}
    made = timeline(
        scene("a", visual=still),
        scene("b", visual=still, motion={"effect": "zoomIn"}),
        scene("c", visual=still, motion={"effect": "zoomIn", "amount": 0}),
        scene("d", motion={"effect": "zoomIn"}),
        scene("e", visual={"type": "video", "src": "asset:clip"}),
    )
    assert [is_still(item) for item in made.scenes] == [True, False, True, True, False]


def hashes(made):
    return [content_hash(made, cut) for cut in segments(made)]


def test_long_scenes_are_cut_into_pieces_and_transitions_stand_alone():
    made = timeline(scene("a", 7, transition=fade()), scene("b", 3))
    assert [(cut.kind, cut.scene, cut.start, cut.frames) for cut in segments(made)] == [
        ("body", 0, 0, 90),
        ("body", 0, 90, 105),
        ("join", 0, 195, 15),
        ("body", 1, 210, 75),
    ]


def test_an_edit_of_one_captions_text_touches_one_segment():
    def made(word):
        spoken = scene(
            duration="auto",
            narration={"text": f"{word} one. Here is two. And there is three." + " And it goes on and on." * 3},
        )
        return timeline(spoken, scene("b", 3), captions={"maxWords": 2})

    before, after = hashes(made("This")), hashes(made("That"))
    assert len(before) == len(after) >= 3
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"captions": {"style": "pop"}},
        {"canvas": {"fps": 30, "background": "#111111"}},
        {"output": {"quality": "high"}},
        {"brand": {"logo": "asset:wide"}},
        {"language": "de"},
    ],
)
def test_what_shows_everywhere_changes_every_segment(change):
    scenes = (scene("a", 2, narration={"text": "Hello you."}),)
    before, after = hashes(timeline(*scenes)), hashes(timeline(*scenes, **change))
    assert all(a != b for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize(
    "change", [{"title": "x"}, {"seed": 5}, {"music": {"src": "asset:music"}}, {"output": {"poster": 0}}]
)
def test_what_is_not_seen_changes_no_segment(change):
    assert hashes(timeline(scene())) == hashes(timeline(scene(), **change))


def test_pieces_of_a_still_scene_are_rendered_once_and_of_a_moving_one_each():
    assert len(set(hashes(timeline(scene(duration=9))))) == 1
    picture = {"type": "image", "src": "asset:wide"}
    assert len(set(hashes(timeline(scene(duration=9, visual=picture, motion={"effect": "zoomIn"}))))) == 3
