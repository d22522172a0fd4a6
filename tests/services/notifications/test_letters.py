"""Letters: both languages have words for every kind, and nobody's title breaks one."""

import pytest

from services.notifications.kinds import DEFAULTS, Kind
from services.notifications.letters import write

PARAMS = {
    "title": "Tea",
    "video_id": "0190",
    "seconds": 83.4,
    "detail": "No space left.",
    "percent": 80,
    "quota": "storage_bytes",
    "used": 1_600_000_000,
    "limit": 2_000_000_000,
    "connector": "Pexels",
    "plan": "pro",
}


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_words_in_both_languages_and_a_link_into_the_studio(kind: Kind, locale: str) -> None:
    letter = write(kind, PARAMS, locale=locale, base_url="https://studio.example/")
    assert "{" not in letter.subject + letter.text
    assert "https://studio.example/" in letter.text
    assert "studio.example//" not in letter.text
    assert kind in DEFAULTS


def test_languages_differ_and_unknown_ones_read_english() -> None:
    english = write(Kind.VIDEO_READY, PARAMS, locale="en", base_url="https://s.example")
    french = write(Kind.VIDEO_READY, PARAMS, locale="fr", base_url="https://s.example")
    assert english.subject != french.subject
    assert write(Kind.VIDEO_READY, PARAMS, locale="de", base_url="https://s.example") == english


def test_amounts_read_as_people_write_them() -> None:
    assert "1.6 GB of 2.0 GB" in write(Kind.QUOTA_NEAR, PARAMS, locale="en", base_url="https://s.example").text
    assert "1,6 Go sur 2,0 Go" in write(Kind.QUOTA_NEAR, PARAMS, locale="fr", base_url="https://s.example").text
    assert "1:23" in write(Kind.VIDEO_READY, PARAMS, locale="en", base_url="https://s.example").text


def test_a_title_can_neither_add_a_header_nor_markup_nor_be_formatted_again() -> None:
    nasty = PARAMS | {"title": "x\r\nBcc: everyone@example.com <img src=x> {limit}"}
    letter = write(Kind.VIDEO_READY, nasty, locale="en", base_url="https://s.example")
    assert "\n" not in letter.subject
    assert "\r" not in letter.subject
    assert "<img" not in letter.html
    assert "{limit}" in letter.text
