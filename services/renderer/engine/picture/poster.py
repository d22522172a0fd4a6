"""One frame of a timeline as a JPEG."""

from __future__ import annotations

from pathlib import Path

import av
import cv2

from services.renderer.engine.picture.compositor import Compositor
from services.renderer.engine.picture.media import frame_planes
from storyboard.timeline import TimelineCanvas

_QUALITY = 88


def draw_poster(compositor: Compositor, canvas: TimelineCanvas, frame: int, path: Path) -> None:
    """Draw frame `frame` as the video shows it and write a JPEG of the canvas' size."""
    picture = av.VideoFrame(canvas.width, canvas.height, "yuv420p")
    compositor.draw(frame, frame_planes(picture))
    picture.colorspace, picture.color_range = 1, 1
    bgr = picture.to_ndarray(format="bgr24", src_colorspace="ITU709")
    written, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not written:
        raise OSError("the poster could not be encoded")
    path.write_bytes(data.tobytes())
