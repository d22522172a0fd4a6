"""The fonts the project ships, by manifest: families to choose from, colour emoji, and what is asked for the rest.

A machine's own fonts are never used: the same text must draw the same everywhere.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import regex
import uharfbuzz

#: the family that has all of Latin, Greek and Cyrillic
MAIN = "Inter"

FOLDER = Path(__file__).parents[2] / "fonts"

#: drawn as nothing by every font: joiners, variation selectors, tags, direction marks, white space
_INVISIBLE = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{White_Space}\p{Cc}]")


@dataclass(frozen=True, slots=True)
class Face:
    """A font file. `weight` as in CSS, 100…900; `sha256` of its bytes."""

    file: str
    weight: int
    sha256: str

    @property
    def path(self) -> Path:
        return FOLDER / self.file


@dataclass(frozen=True, slots=True)
class Library:
    """`families` can be chosen; `emoji` are slices of one font; `fallbacks` are asked in order for what is lacking."""

    families: dict[str, tuple[Face, ...]]
    emoji: tuple[Face, ...]
    fallbacks: dict[str, tuple[Face, ...]]


@lru_cache(maxsize=1)
def library() -> Library:
    """The manifest, read once."""
    raw = json.loads((FOLDER / "manifest.json").read_text("utf-8"))
    return Library(
        {family: _faces(faces) for family, faces in raw["families"].items()},
        _faces(raw["emoji"]),
        {family: _faces(faces) for family, faces in raw["fallbacks"].items()},
    )


def _faces(raw: list[dict[str, str | int]]) -> tuple[Face, ...]:
    return tuple(Face(str(face["file"]), int(face["weight"]), str(face["sha256"])) for face in raw)


def families() -> dict[str, str]:
    """Each family that can be chosen → SHA-256 over its files' hashes and those of everything it falls back to."""
    known = library()
    shared = [*known.families[MAIN], *known.emoji, *(face for faces in known.fallbacks.values() for face in faces)]
    return {family: _digest([*faces, *shared]) for family, faces in known.families.items()}


def _digest(faces: list[Face]) -> str:
    return hashlib.sha256("\n".join(face.sha256 for face in faces).encode()).hexdigest()


def nearest(faces: tuple[Face, ...], weight: int) -> Face:
    """The face whose weight is closest; of two equally close the heavier."""
    return min(faces, key=lambda face: (abs(face.weight - weight), -face.weight))


@lru_cache(maxsize=256)
def chain(family: str, weight: int) -> tuple[Face, ...]:
    """The family's face and the fall-back faces in the order they are asked. KeyError for an unknown family."""
    known = library()
    groups = [known.families[family], known.families[MAIN], *known.fallbacks.values()]
    # The main family stands before the others for a family that lacks Greek or an accent.
    return tuple(dict.fromkeys(nearest(faces, weight) for faces in groups))


@lru_cache(maxsize=128)
def coverage(face: Face) -> frozenset[int]:
    """The code points the face has glyphs for."""
    return frozenset(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(face.path))).unicodes)


def visible(text: str) -> set[int]:
    """The code points of a text that need a glyph."""
    return {ord(char) for char in _INVISIBLE.sub("", text)}


def missing(text: str, family: str = MAIN) -> set[str]:
    """The characters no shipped font can draw; they would appear as empty boxes."""
    left = visible(text)
    for face in (*chain(family, 400), *library().emoji):
        if not left:
            break
        left -= coverage(face)
    return {chr(code) for code in left}
