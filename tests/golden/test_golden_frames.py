"""Every golden frame still looks as it did when somebody last looked at it."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from golden_material import Material
from make_goldens import FRAMES, golden_frames, read, write
from scenarios import Scenario, scenarios
from similarity import Pixels, ssim

LEAST = 0.985
#: mean difference of a channel over the whole picture: SSIM of luma alone doesn't see another colour
FURTHEST = 1.0
GOLDEN = [scenario for scenario in scenarios() if any(shot.golden for shot in scenario.shots)]
REPORTS = Path(__file__).resolve().parents[2] / "build" / "golden"


def grey(rgb: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def fault(name: str, actual: Pixels, reports: Path = REPORTS) -> str:
    """What is wrong with a frame, with the pictures side by side in the build folder; empty if nothing is."""
    try:
        expected = read(FRAMES / f"{name}.webp")
    except FileNotFoundError:
        write(reports / f"{name}.png", actual)
        return f"{name}: there is no golden frame yet; see build/golden/{name}.png"
    if actual.shape != expected.shape:
        return f"{name}: is {actual.shape[1]} × {actual.shape[0]}, was {expected.shape[1]} × {expected.shape[0]}"
    likeness = ssim(grey(actual), grey(expected))
    colour = float(np.abs(actual.mean(axis=(0, 1)) - expected.mean(axis=(0, 1))).max())
    if likeness >= LEAST and colour <= FURTHEST:
        return ""
    difference = np.minimum(cv2.absdiff(actual, expected).astype(np.uint16) * 4, 255).astype(np.uint8)
    write(reports / f"{name}.png", np.hstack([actual, expected, difference]))
    return (
        f"{name}: SSIM {likeness:.4f} (at least {LEAST}), mean colour {colour:.2f} off (at most {FURTHEST}); "
        f"actual, expected and 4 × difference are in build/golden/{name}.png"
    )


@pytest.mark.slow
@pytest.mark.parametrize("scenario", GOLDEN, ids=lambda scenario: scenario.name)
def test_golden_frames_look_as_they_were_accepted(scenario: Scenario, material: Material) -> None:
    faults = [found for name, actual in golden_frames(scenario, material) if (found := fault(name, actual))]
    if faults:
        pytest.fail(
            "\n".join([*faults, "If this look is wanted: python tests/golden/make_goldens.py --accept"]), pytrace=False
        )


def test_a_frame_that_looks_different_is_named_and_shown(tmp_path: Path) -> None:
    name = "caption-box-top-inside"
    golden = read(FRAMES / f"{name}.webp")
    assert fault(name, golden, tmp_path) == ""
    moved = np.roll(golden, 1, axis=1)
    tinted = golden.copy()
    tinted[..., 2] = cv2.add(tinted[..., 2], 3)
    for changed in (moved, tinted):
        assert fault(name, changed, tmp_path).startswith(f"{name}: SSIM")
        assert read(tmp_path / f"{name}.png").shape == (golden.shape[0], 3 * golden.shape[1], 3)
    assert "no golden frame" in fault("unheard-of", golden, tmp_path)


def test_every_golden_frame_belongs_to_a_scenario_and_the_other_way_round() -> None:
    wanted = {shot.name for scenario in scenarios() for shot in scenario.shots if shot.golden}
    assert {path.stem for path in FRAMES.glob("*.webp")} == wanted
    assert len(wanted) >= 60


def test_the_golden_frames_stay_small() -> None:
    assert sum(path.stat().st_size for path in FRAMES.iterdir()) <= 4_000_000
