"""Uploads are looked at in the sandbox: what they are with a small picture, or why they can't be used (B41-B45)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from kernel import failpoints
from kernel.objects import ObjectKey
from storyboard import ResolvedAsset


async def probed(darkroom: Any) -> dict[str, Any]:
    """The one answer."""
    await darkroom.drain()
    (event,) = await darkroom.emitted("asset.probed")
    return event


async def thumbnail(darkroom: Any, event: dict[str, Any]) -> np.ndarray:
    data = await darkroom.read(event["thumbnail_key"])
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture


@pytest.mark.parametrize(("width", "height", "shown"), [(1600, 1000, (400, 640)), (300, 600, (600, 300))])
async def test_a_photo_is_described_with_a_thumbnail_in_its_shape(
    darkroom: Any, width: int, height: int, shown: tuple[int, int]
) -> None:
    upload = await darkroom.uploaded(darkroom.media.photo(3, width, height), "image/jpeg")
    event = await probed(darkroom)
    assert (event["asset_id"], event["outcome"]) == (str(upload.asset_id), "ready")
    described = ResolvedAsset.model_validate(event["described"])
    assert (described.kind, described.width, described.height) == ("image", width, height)
    assert described.sha256 == upload.sha256
    assert (await thumbnail(darkroom, event)).shape[:2] == shown


async def test_a_thumbnail_shows_what_the_photo_shows(darkroom: Any) -> None:
    photo = darkroom.media.photo(4, 1280, 720)
    await darkroom.uploaded(photo, "image/jpeg")
    small = await thumbnail(darkroom, await probed(darkroom))
    wanted = cv2.resize(cv2.imread(str(photo)), (640, 360), interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - wanted.astype(int)).mean() < 4


async def test_a_clip_is_described_with_its_length_and_sound(darkroom: Any) -> None:
    await darkroom.uploaded(darkroom.media.clip(), "video/mp4")
    event = await probed(darkroom)
    described = ResolvedAsset.model_validate(event["described"])
    assert (described.kind, described.has_audio) == ("video", True)
    assert described.seconds == pytest.approx(3.0, abs=0.1)
    assert (await thumbnail(darkroom, event)).shape[:2] == (180, 320)


async def test_a_recording_is_described_and_has_no_picture(darkroom: Any, sine: Any) -> None:
    await darkroom.uploaded(darkroom.media.wav("probed", sine(440, 2.0)), "audio/wav")
    event = await probed(darkroom)
    described = ResolvedAsset.model_validate(event["described"])
    assert (described.kind, described.seconds, event["thumbnail_key"]) == ("audio", pytest.approx(2.0), None)


def cut(path: Path, folder: Path) -> Path:
    """The first half of a file."""
    target = folder / f"cut{path.suffix}"
    target.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return target


@pytest.mark.parametrize(
    ("data", "declared", "code"),
    [
        (b"", "image/jpeg", "empty_file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "image/svg+xml", "unsupported_media"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "video/mp4", "unsupported_media"),
        (b"%PDF-1.7\n", "image/png", "unsupported_media"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "image/png", "unreadable_media"),
    ],
)
async def test_a_file_that_is_no_media_is_refused_with_the_reason(
    darkroom: Any, tmp_path: Path, data: bytes, declared: str, code: str
) -> None:
    file = tmp_path / "upload"
    file.write_bytes(data)
    await darkroom.uploaded(file, declared)
    event = await probed(darkroom)
    assert (event["outcome"], event["code"], event["described"]) == ("refused", code, None)
    assert event["detail"]
    assert "/" not in event["detail"]


async def test_a_cut_off_clip_is_refused(darkroom: Any, tmp_path: Path) -> None:
    await darkroom.uploaded(cut(darkroom.media.clip(), tmp_path), "video/mp4")
    assert (await probed(darkroom))["code"] == "unreadable_media"


async def test_a_photo_that_is_called_a_clip_is_refused(darkroom: Any) -> None:
    await darkroom.uploaded(darkroom.media.photo(1), "video/mp4")
    assert (await probed(darkroom))["code"] == "type_mismatch"


async def test_an_upload_that_vanished_is_refused_and_not_tried_for_ever(darkroom: Any) -> None:
    event = await darkroom.uploaded(darkroom.media.photo(1), "image/jpeg")
    await darkroom.service.objects.delete([ObjectKey.parse(event.object_key, darkroom.tenant)])
    assert (await probed(darkroom))["code"] == "asset_missing"


async def test_a_probe_that_is_cut_off_is_made_again_and_told_once(darkroom: Any) -> None:
    await darkroom.uploaded(darkroom.media.photo(1), "image/jpeg")
    with failpoints.arm("renderer.probe.before_commit=raise@1"):
        event = await probed(darkroom)
    assert event["outcome"] == "ready"


async def test_the_same_upload_told_of_twice_is_looked_at_once(darkroom: Any) -> None:
    event = await darkroom.uploaded(darkroom.media.photo(1), "image/jpeg")
    await darkroom.tell(event)
    assert (await probed(darkroom))["outcome"] == "ready"


async def test_no_metadata_of_a_photo_comes_with_its_thumbnail(darkroom: Any, tmp_path: Path) -> None:
    """Where a photo was taken is in its metadata, not in the picture."""
    marked = tmp_path / "marked.jpg"
    plain = darkroom.media.photo(5).read_bytes()
    comment = b"GPS 48.8566 N 2.3522 E"
    marked.write_bytes(plain[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + plain[2:])
    with av.open(str(marked)):
        pass
    await darkroom.uploaded(marked, "image/jpeg")
    event = await probed(darkroom)
    assert b"GPS" not in await darkroom.read(event["thumbnail_key"])
