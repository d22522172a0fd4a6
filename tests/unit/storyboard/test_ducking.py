"""The music's gain curve under speech."""

import pytest

from storyboard.ducking import SHORTEST_RETURN, duck_curve, speech_intervals


def film(studio, sine, *pauses: float, **duck):
    """Scenes of a spoken second each, apart by pauses; music throughout."""
    voice, music = studio.wav("second", sine(300, 1.0)), studio.wav("tune", sine(200, 2.0))
    scenes, takes = [], {}
    for pause in (*pauses, 2.0):
        takes[f"s{len(scenes)}"] = voice
        scenes.append({"duration": 1.0, "visual": {"type": "color", "color": "#000000"}, "narration": {"text": "Hi."}})
        scenes.append({"duration": pause, "visual": {"type": "color", "color": "#000000"}})
    return studio.film(scenes, takes=takes, music={"src": music, "duck": duck}).timeline


def test_without_music_there_is_nothing_to_duck(studio):
    timeline = studio.film([{"duration": 1.0, "visual": {"type": "color", "color": "#000000"}}]).timeline
    assert speech_intervals(timeline) == duck_curve(timeline) == []


def test_the_music_is_down_when_a_voice_begins_and_back_after_it_ends(studio, sine):
    timeline = film(studio, sine, 3.0, gainDb=-12.0, attack=0.2, release=0.5)
    low = 10 ** (-12 / 20)
    points = duck_curve(timeline)
    assert points[:3] == [(0.0, low), (1.0, low), (1.5, 1.0)]
    assert points[3:] == [(pytest.approx(3.8), 1.0), (4.0, low), (5.0, low), (5.5, 1.0)]


@pytest.mark.parametrize(("pause", "count"), [(0.9, 1), (0.5 + 0.2 + SHORTEST_RETURN + 0.1, 2)])
def test_a_short_pause_keeps_the_music_down_and_a_longer_brings_it_back(studio, sine, pause, count):
    timeline = film(studio, sine, pause, gainDb=-12.0, attack=0.2, release=0.5)
    assert len(speech_intervals(timeline)) == count


def test_points_ascend_in_time(studio, sine):
    times = [time for time, _ in duck_curve(film(studio, sine, 1.6, 0.1, 3.0))]
    assert times == sorted(times)
