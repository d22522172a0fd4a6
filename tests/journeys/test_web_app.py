"""The web app in Chromium against a whole studio: `npm run e2e`, with what it needs around it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from keyreel.testing import StudioProcess

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "frontend" / "client" / "dist" / "index.html"


@pytest.fixture
def studio_process(tmp_path: Path) -> Iterator[StudioProcess]:
    assert BUILT.exists(), "the web app is not built: make web"
    with StudioProcess(tmp_path / "studio") as process:
        process.start()
        yield process


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "frontend" / "e2e").glob("*.test.ts")))
def test_the_web_app_does_in_a_browser_what_a_client_wants(studio_process: StudioProcess, name: str) -> None:
    npm = [sys.executable, str(ROOT / "tools" / "npm.py"), "--silent", "--prefix", str(ROOT / "frontend")]
    surroundings = {
        **os.environ,
        "KEYREEL_STUDIO": studio_process.address,
        "KEYREEL_LETTERS": str(studio_process.folder / "mail"),
        "KEYREEL_E2E": name,
    }
    done = subprocess.run([*npm, "run", "e2e"], env=surroundings, capture_output=True, text=True, timeout=1200)
    print(done.stdout[-20_000:])
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]
    assert "# fail 0" in done.stdout or "ℹ fail 0" in done.stdout
    assert studio_process.counts() == {}
