"""Pictures and clips that come with Keyreel: found by the words of a scene, without an account or a network.

All of them were drawn by `tools/make_samples.py` and are given to everyone under CC0-1.0.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import regex

CONNECTOR_ID = "samples"

Media = Literal["image", "video"]
_FOLDER = Path(__file__).with_name("samples")
_SHORTEST_STEM = 4  # shorter words match only as a whole


@dataclass(frozen=True, slots=True)
class Sample:
    """One file: `seconds` is None for a picture; clips loop without a seam. Titles and keywords by language."""

    id: str
    path: Path
    kind: Media
    width: int
    height: int
    seconds: float | None
    title: dict[str, str]
    keywords: dict[str, tuple[str, ...]]
    mood: str
    licence: str
    author: str
    sha256: str


@lru_cache(maxsize=1)
def catalogue() -> tuple[Sample, ...]:
    """All samples, in the order of the catalogue."""
    entries = json.loads((_FOLDER / "catalogue.json").read_text("utf-8"))
    return tuple(
        Sample(
            id=entry["id"],
            path=_FOLDER / entry["file"],
            kind=entry["kind"],
            width=entry["width"],
            height=entry["height"],
            seconds=entry.get("seconds"),
            title=entry["title"],
            keywords={language: tuple(words) for language, words in entry["keywords"].items()},
            mood=entry["mood"],
            licence=entry["licence"],
            author=entry["author"],
            sha256=entry["sha256"],
        )
        for entry in entries
    )


def search(query: str, *, language: str = "en", media: Media | None = None, limit: int = 20) -> tuple[Sample, ...]:
    """Samples that match a word of `query`, best first. An empty query lists everything.

    language: a BCP 47 tag; French words are looked for in French, all others in English.
    """
    offered = [sample for sample in catalogue() if media is None or sample.kind == media]
    if not query.strip():
        return tuple(offered[:limit])
    ranked = [(_score(sample, query, language), sample) for sample in offered]
    found = sorted((pair for pair in ranked if pair[0] > 0), key=lambda pair: -pair[0])
    return tuple(sample for _, sample in found[:limit])


def pick(
    text: str, *, language: str = "en", used: Collection[str] = (), seed: int = 0, media: Media | None = None
) -> Sample:
    """The sample for a scene's text: the best match whose id is not in `used`, else one drawn by `seed`.

    When all have been used they begin again with those used least. Same arguments, same sample.
    """
    offered = [sample for sample in catalogue() if media is None or sample.kind == media]
    counts = {sample.id: list(used).count(sample.id) for sample in offered}
    least = min(counts.values())
    fresh = [sample for sample in offered if counts[sample.id] == least]

    def draw(sample: Sample) -> bytes:
        return hashlib.sha256(f"{seed}/{text}/{sample.id}".encode()).digest()

    return min(fresh, key=lambda sample: (-_score(sample, text, language), draw(sample)))


def _score(sample: Sample, text: str, language: str) -> float:
    """How well the words fit: a keyword counts more the earlier it stands in the list, exact more than stem."""
    tongue = "fr" if language.lower().split("-")[0] == "fr" else "en"
    keywords = [_plain(word) for word in sample.keywords[tongue]]
    total = 0.0
    for word in {_plain(word) for word in regex.findall(r"\p{L}[\p{L}\p{M}-]*", text.replace("’", "'"))}:
        best = 0.0
        for rank, keyword in enumerate(keywords):
            weight = 1.0 - 0.5 * rank / len(keywords)
            if word == keyword and len(word) > 2:
                best = max(best, 2 * weight)
            elif _same_stem(word, keyword):
                best = max(best, 1.2 * weight)
        total += best
    return total


def _same_stem(a: str, b: str) -> bool:
    """Whether two words differ only in a short ending: leaf(s), mountain(ous), plonge(ons)."""
    shared = 0
    for left, right in zip(a, b, strict=False):
        if left != right:
            break
        shared += 1
    shortest, longest = sorted((len(a), len(b)))
    return shared >= _SHORTEST_STEM and shared >= shortest - 1 and longest - shared <= 3


def _plain(word: str) -> str:
    """Lower case without accents."""
    decomposed = unicodedata.normalize("NFD", word.casefold())
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))
