"""Which media a storyboard names, and where."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from storyboard.models import ImageOverlay, Storyboard

Where = tuple[str | int, ...]


def references(board: Storyboard) -> Iterator[tuple[str, Where]]:
    """Every reference (`asset:…`, `sample:…`, `file:…`) with its path in the storyboard, in document order of kinds:
    logo, music, then scene by scene picture, narration, overlays."""
    if board.brand.logo is not None:
        yield board.brand.logo, ("brand", "logo")
    if board.music is not None and board.music.src is not None:
        yield board.music.src, ("music", "src")
    for index, scene in enumerate(board.scenes):
        source = getattr(scene.visual, "src", None)
        if source is not None:
            yield source, ("scenes", index, "visual", "src")
        if scene.narration is not None and scene.narration.src is not None:
            yield scene.narration.src, ("scenes", index, "narration", "src")
        for position, overlay in enumerate(scene.overlays):
            if isinstance(overlay, ImageOverlay):
                yield overlay.src, ("scenes", index, "overlays", position, "src")


def asset_id(reference: str) -> UUID | None:
    """The upload an `asset:` reference names; None for other schemes and for what can't be an id."""
    scheme, _, name = reference.partition(":")
    if scheme != "asset":
        return None
    try:
        return UUID(name)
    except ValueError:
        return None


def expected_kind(board: Storyboard, where: Where) -> str:
    """What is most likely meant at a place of `references`: "image", "video" or "audio"."""
    if where[0] == "music" or "narration" in where:
        return "audio"
    if where[-2:] == ("visual", "src") and isinstance(where[1], int):
        return "video" if board.scenes[where[1]].visual.type == "video" else "image"
    return "image"
