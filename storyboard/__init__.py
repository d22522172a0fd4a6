"""The storyboard library: what a person writes, and what a renderer plays.

    storyboard/1 ──parse──▶ Storyboard ──compile (with what was resolved)──▶ Timeline ──segments──▶ renderer

Pure domain code: no files, no network, no clock. Every function gives the same bytes for the same input, in Python
here and in the TypeScript twin, held together by the vectors under `contracts/vectors/`.
"""

from storyboard.compiler import compile_storyboard
from storyboard.errors import StoryboardInvalid, Violation
from storyboard.models import Storyboard
from storyboard.parse import parse_storyboard
from storyboard.resolution import Resolution, ResolvedAsset, Take, TakeWord
from storyboard.timeline import Timeline

__all__ = [
    "Resolution",
    "ResolvedAsset",
    "Storyboard",
    "StoryboardInvalid",
    "Take",
    "TakeWord",
    "Timeline",
    "Violation",
    "compile_storyboard",
    "parse_storyboard",
]
