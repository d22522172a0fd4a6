"""The golden frames: made, shown, compared.

    python tests/golden/make_goldens.py --accept         take what the fast compositor draws now as golden
    python tests/golden/make_goldens.py --sheets FOLDER  contact sheets of the golden frames, to be looked at
    python tests/golden/make_goldens.py --table          SSIM of the fast compositor with the reference, by feature

Look at every picture that an accepted change has altered before it is committed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from drawing import compositor, draw, likenesses, picture  # noqa: E402 - found through the path set above
from golden_material import Material, make_material  # noqa: E402
from scenarios import Scenario, scenarios  # noqa: E402
from similarity import Pixels  # noqa: E402

FRAMES = HERE / "frames"
#: longer side of a golden frame, pixels
LONGEST = 320
_SHEET_COLUMNS, _CELL = 4, (330, 345)


def golden_frames(scenario: Scenario, material: Material) -> Iterator[tuple[str, Pixels]]:
    """Names and pictures (RGB) of a scenario's golden frames as the fast compositor draws them now."""
    timeline = scenario.timeline(material)
    with compositor(timeline, material) as drawing:
        for shot in scenario.shots:
            if shot.golden:
                planes = draw(drawing, timeline, scenario.frame(timeline, shot))
                yield shot.name, picture(planes, LONGEST)


def read(path: Path) -> Pixels:
    """RGB of a picture file; FileNotFoundError if there is none."""
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if pixels is None:
        raise FileNotFoundError(path.name)
    return np.asarray(pixels, np.uint8)


def write(path: Path, rgb: Pixels) -> None:
    """Without loss: WebP (a quality over 100) or PNG, by the name's suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = [cv2.IMWRITE_WEBP_QUALITY, 101] if path.suffix == ".webp" else []
    if not cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), options):
        raise OSError(f"{path.name} could not be written")


def accept(material: Material) -> int:
    """Write every golden frame anew and remove those that are no more; returns how many there are."""
    made = {name: rgb for scenario in scenarios() for name, rgb in golden_frames(scenario, material)}
    for path in FRAMES.glob("*.webp"):
        if path.stem not in made:
            path.unlink()
    for name, rgb in made.items():
        path = FRAMES / f"{name}.webp"
        if not path.exists() or not np.array_equal(read(path), rgb):
            write(path, rgb)
    return len(made)


def sheets(folder: Path, per_sheet: int = 12) -> None:
    """PNG contact sheets of the committed golden frames with their names."""
    paths = sorted(FRAMES.glob("*.webp"))
    for first in range(0, len(paths), per_sheet):
        cells = [_cell(path) for path in paths[first : first + per_sheet]]
        cells += [np.zeros_like(cells[0])] * (-len(cells) % _SHEET_COLUMNS)
        rows = [np.hstack(cells[at : at + _SHEET_COLUMNS]) for at in range(0, len(cells), _SHEET_COLUMNS)]
        write(folder / f"sheet-{first // per_sheet + 1:02d}.png", np.vstack(rows))


def _cell(path: Path) -> Pixels:
    cell = np.full((_CELL[1], _CELL[0], 3), 32, np.uint8)
    rgb = read(path)
    cell[20 : 20 + rgb.shape[0], 4 : 4 + rgb.shape[1]] = rgb
    cv2.putText(cell, path.stem, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 255), 1, cv2.LINE_AA)
    return cell


def table(material: Material) -> None:
    """Print the lowest SSIM and the largest chroma difference of each feature."""
    found = defaultdict(list)
    for scenario in scenarios():
        for likeness in likenesses(scenario, material):
            found[scenario.feature].append((likeness.ssim, likeness.shot, likeness.chroma))
    print(f"{'feature':20} {'frames':>6} {'least SSIM':>10} {'chroma':>6}  frame")
    for feature, rows in found.items():
        value, shot, _ = min(rows)
        print(f"{feature:20} {len(rows):6} {value:10.5f} {max(row[2] for row in rows):6.2f}  {shot}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accept", action="store_true")
    parser.add_argument("--sheets", type=Path)
    parser.add_argument("--table", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if wanted.accept or wanted.table:
            material = make_material(Path(folder))
            if wanted.table:
                table(material)
            if wanted.accept:
                print(f"{accept(material)} golden frames")
    if wanted.sheets:
        sheets(wanted.sheets)


if __name__ == "__main__":
    main()
