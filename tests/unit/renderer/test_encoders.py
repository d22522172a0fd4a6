"""The choice of an encoder: a GPU that passes its probe, else the processor with the true cause."""

import pytest

from services.renderer.engine.encode import encoders
from services.renderer.engine.encode.encoders import choose, hardware, require_known, software
from services.renderer.errors import EncoderUnavailable


def test_the_processor_is_never_asked_twice():
    def probe(encoder):
        raise AssertionError(encoder)

    choice = choose("h264", "standard", "cpu", probe)
    assert (choice.encoder, choice.reason) == (software("h264", "standard"), "")


def test_a_missing_device_is_the_reason_and_nothing_is_probed(monkeypatch):
    monkeypatch.setattr(encoders, "_DEVICES", {name: ("/nowhere", f"no {name} here") for name in ("nvenc", "vaapi")})
    asked = []
    choice = choose("hevc", "high", "auto", lambda encoder: asked.append(encoder) or "")
    assert asked == []
    assert choice.encoder == software("hevc", "high")
    assert choice.reason == (
        "Rendering on the processor with libx265. hevc_nvenc: no nvenc here; hevc_vaapi: no vaapi here."
    )


@pytest.mark.parametrize(
    ("engine", "broken", "chosen"),
    [
        ("auto", (), "h264_nvenc"),
        ("auto", ("h264_nvenc",), "h264_vaapi"),
        ("auto", ("h264_nvenc", "h264_vaapi"), "libx264"),
        ("vaapi", (), "h264_vaapi"),
        ("vaapi", ("h264_vaapi",), "libx264"),
    ],
)
def test_the_first_that_passes_its_probe_is_taken(monkeypatch, engine, broken, chosen):
    monkeypatch.setattr(encoders, "_DEVICES", dict.fromkeys(("nvenc", "vaapi"), ("/dev/null", "")))
    choice = choose("h264", "standard", engine, lambda encoder: "It broke." if encoder.name in broken else "")
    assert choice.encoder.name == chosen
    assert (choice.reason == "") == (chosen != "libx264")
    assert ".." not in choice.reason
    assert all(name in choice.reason for name in broken if chosen == "libx264")


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1"])
def test_every_software_encoder_is_in_the_media_library_and_no_two_qualities_are_the_same(codec):
    found = {software(codec, quality) for quality in ("draft", "standard", "high")}
    assert len(found) == 3
    for encoder in found:
        require_known(encoder.name)


def test_an_encoder_runs_in_the_program_only_where_it_has_a_device():
    assert hardware("vaapi", "h264", "draft").device
    assert not hardware("nvenc", "h264", "draft").device
    with pytest.raises(EncoderUnavailable):
        require_known("h264_nonsense")
