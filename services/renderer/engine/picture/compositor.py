"""The fast compositor: whole frames in YUV 4:2:0 planes, drawn from the frame plan.

Holds few pictures at a time: segments of a scene are drawn one after the other, so memory doesn't grow with the
number of scenes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping

from services.renderer.engine.picture.blends import blend
from services.renderer.engine.picture.media import Planes, Prepared, PreparedStill, read_planes, read_rgba
from services.renderer.engine.picture.pictures import Picture, open_picture
from services.renderer.engine.picture.planes import RGBA, Sprite, empty_planes, planes_rgba
from services.renderer.engine.text.painter import Raster, TextPainter
from storyboard.frameplan import CaptionState, LayerState, SceneState, plan
from storyboard.timeline import TextLayer, Timeline

#: a transition shows two; a clip held longer would keep its decoder and its frames
_PICTURES_HELD = 2
_SPRITES_HELD = 24


class Compositor:
    """Draws frames of one timeline. Not thread-safe; ascending frames are cheapest."""

    def __init__(self, timeline: Timeline, media: Mapping[str, Prepared]) -> None:
        canvas = timeline.canvas
        self._timeline = timeline
        self._media = media
        self._size = (canvas.width, canvas.height)
        self._painter = TextPainter(canvas.width, canvas.height, timeline.language)
        self._pictures: OrderedDict[int, Picture] = OrderedDict()
        self._sprites: OrderedDict[Hashable, Sprite | None] = OrderedDict()
        self._mix: tuple[Planes, Planes] | None = None

    def draw(self, frame: int, canvas: Planes) -> None:
        """Paint frame `frame` of the timeline over the whole canvas."""
        planned = plan(self._timeline, frame)
        if planned.incoming is None:
            self._scene(planned.scene, canvas)
        else:
            if self._mix is None:
                self._mix = (empty_planes(*self._size), empty_planes(*self._size))
            old, new = self._mix
            self._scene(planned.scene, old)
            self._scene(planned.incoming, new)
            blend(planned.transition, old, new, planned.progress, canvas)
        if planned.caption is not None:
            self._caption(planned.caption, canvas)
        if self._timeline.logo is not None:
            self._logo(canvas)

    def close(self) -> None:
        for picture in self._pictures.values():
            picture.close()
        self._pictures.clear()

    def _scene(self, state: SceneState, canvas: Planes) -> None:
        self._picture(state.index).draw(state, canvas)
        for layer in state.layers:
            self._layer(state.index, layer, canvas)

    def _picture(self, index: int) -> Picture:
        if index in self._pictures:
            self._pictures.move_to_end(index)
            return self._pictures[index]
        while len(self._pictures) >= _PICTURES_HELD:
            self._pictures.popitem(last=False)[1].close()
        return self._pictures.setdefault(index, open_picture(self._timeline, index, self._media))

    def _sprite(self, key: Hashable, make: Callable[[], Raster | None]) -> Sprite | None:
        if key in self._sprites:
            self._sprites.move_to_end(key)
            return self._sprites[key]
        raster = make()
        sprite = None if raster is None else Sprite.from_rgba(raster.x, raster.y, raster.rgba)
        self._sprites[key] = sprite
        if len(self._sprites) > _SPRITES_HELD:
            self._sprites.popitem(last=False)
        return sprite

    def _caption(self, state: CaptionState, canvas: Planes) -> None:
        captions = self._timeline.captions
        group = captions.groups[state.group]
        sprite = self._sprite(caption_key(captions.style, state), lambda: self._painter.caption(captions, group, state))
        if sprite is not None:
            sprite.blend(canvas)

    def _layer(self, scene: int, state: LayerState, canvas: Planes) -> None:
        layer = self._timeline.scenes[scene].layers[state.index]

        def raster() -> Raster | None:
            if isinstance(layer, TextLayer):
                return self._painter.layer(layer, state)
            return self._painter.picture(self._rgba(layer.asset), layer, state)

        sprite = self._sprite(("layer", scene, state.index, state.scale), raster)
        if sprite is not None:
            sprite.blend(canvas, state.opacity, round(state.shift * self._size[1]))

    def _logo(self, canvas: Planes) -> None:
        logo = self._timeline.logo
        if logo is None:
            return
        sprite = self._sprite("logo", lambda: self._painter.picture(self._rgba(logo.asset), logo, None))
        if sprite is not None:
            sprite.blend(canvas)

    def _rgba(self, asset: str) -> RGBA:
        still = self._media[asset]
        if not isinstance(still, PreparedStill):
            raise TypeError("an overlay needs a picture")
        return read_rgba(still) if still.has_alpha else planes_rgba(read_planes(still))


def caption_key(style: str, state: CaptionState) -> Hashable:
    """What of a caption's state its style shows: equal keys look the same."""
    if style in ("none", "block"):
        return ("caption", state.group)
    if style == "pop":
        return ("caption", state.group, state.shown, state.scale)
    if style == "typewriter":
        return ("caption", state.group, state.shown, state.letters)
    return ("caption", state.group, state.active)
