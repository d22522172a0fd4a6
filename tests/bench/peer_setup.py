"""Installs the programs Keyreel is compared with into a folder outside the repository, and says how to run them.

A peer that can't be installed or run here is a row with the true reason in the table, never an abort. A failed
installation is remembered in its folder; remove that to try again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.renderer.engine.toolchain import find_ffmpeg

INSTALL_SECONDS = 900
HERE = Path(__file__).resolve().parent / "peers"


class PeerUnavailable(Exception):
    """The peer can't run on this machine; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A program to compare with. `pins` is the file with its versions; `command` is what is measured."""

    name: str
    folder: str
    pins: Path
    install: Callable[[Path], None]
    command: Callable[[Path, Path, Path], list[str]]
    programs: tuple[str, ...] = ()

    def ready(self, root: Path) -> Path:
        """The folder of the installed peer; installs it at the first time. Raises PeerUnavailable."""
        for program in self.programs:
            if shutil.which(program) is None:
                raise PeerUnavailable(f"{program} isn't on this machine")
        home = root / self.folder
        pins = hashlib.sha256(self.pins.read_bytes()).hexdigest()
        done, failed = home / "installed", home / "failed"
        if done.exists() and done.read_text() == pins:
            return home
        if failed.exists():
            raise PeerUnavailable(failed.read_text())
        home.mkdir(parents=True, exist_ok=True)
        try:
            self.install(home)
        except PeerUnavailable as reason:
            failed.write_text(str(reason))
            raise
        done.write_text(pins)
        return home


def _step(argv: list[str], cwd: Path) -> None:
    log = cwd / "install.log"
    with log.open("ab") as sink:
        try:
            done = subprocess.run(argv, cwd=cwd, stdout=sink, stderr=subprocess.STDOUT, timeout=INSTALL_SECONDS)
        except subprocess.TimeoutExpired:
            raise PeerUnavailable(f"its installation ({argv[0]} {argv[1]}) took over {INSTALL_SECONDS} s") from None
    if done.returncode != 0:
        lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
        errors = [line for line in lines if "error" in line.lower()] or lines
        raise PeerUnavailable(f"its installation failed: {errors[-1].strip()[:160] if errors else argv[0]}")


# -- MoviePy --------------------------------------------------------------------------------------------------------

_REQUIREMENTS = HERE / "requirements-peers.txt"


def _install_moviepy(home: Path) -> None:
    _step([sys.executable, "-m", "venv", "--clear", str(home / "venv")], home)
    _step([str(home / "venv/bin/pip"), "install", "-q", "--no-deps", "-r", str(_REQUIREMENTS)], home)


def _moviepy(script: str) -> Callable[[Path, Path, Path], list[str]]:
    def command(home: Path, job: Path, out: Path) -> list[str]:
        return [str(home / "venv/bin/python"), str(HERE / script), str(job), str(out)]

    return command


# -- editly ---------------------------------------------------------------------------------------------------------


def _install_editly(home: Path) -> None:
    """Packages without their install scripts (those fetch binaries), then the two native modules from source."""
    shutil.copyfile(HERE / "editly/package.json", home / "package.json")
    _step(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"], home)
    headers = Path(shutil.which("node") or "node").resolve().parent.parent
    gyp = home / "node_modules/.bin/node-gyp"
    for module in ("canvas", "gl"):
        argv = [str(gyp), "rebuild", "--directory", str(home / "node_modules" / module)]
        _step([*argv, f"--nodedir={headers}"] if (headers / "include/node").is_dir() else argv, home)
    tools = home / "tools"
    tools.mkdir(exist_ok=True)
    probe = home / "node_modules/@ffprobe-installer/linux-x64/ffprobe"
    probe.chmod(0o755)
    for name, program in (("ffprobe", probe), ("ffmpeg", find_ffmpeg().path)):
        (tools / name).unlink(missing_ok=True)
        (tools / name).symlink_to(program)


def _editly(home: Path, job: Path, out: Path) -> list[str]:
    specification = out.with_suffix(".editly.json")
    _step([sys.executable, str(HERE / "editly_spec.py"), str(job), str(out), str(specification)], home)
    path = f"PATH={home / 'tools'}{os.pathsep}{os.environ.get('PATH', '')}"
    screen = ["xvfb-run", "-a", "-s", "-ac -screen 0 1280x1024x24"]
    return ["env", path, *screen, str(home / "node_modules/.bin/editly"), str(specification)]


# -- Remotion -------------------------------------------------------------------------------------------------------


def _install_remotion(home: Path) -> None:
    shutil.copyfile(HERE / "remotion/package.json", home / "package.json")
    _step(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"], home)


def _remotion(home: Path, job: Path, out: Path) -> list[str]:
    plain = json.loads(job.read_text())
    public, source = home / "public", home / "src"
    for folder in (public, source):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    for scene in plain["scenes"]:
        shutil.copyfile(Path(plain["material"]) / scene["media"], public / scene["media"])
    shutil.copyfile(plain["narration"], public / "narration.wav")
    shutil.copyfile(plain["music"], public / "music.wav")
    (public / "job.json").write_text(json.dumps({**plain, "material": "", "narration": "", "music": "", "font": ""}))
    shutil.copyfile(HERE / "remotion/index.jsx", source / "index.jsx")
    shutil.copyfile(HERE / "remotion/render.mjs", home / "render.mjs")
    browser = f"BENCH_CHROMIUM={shutil.which('chromium')}"
    return ["env", browser, "node", str(home / "render.mjs"), str(out)]


PEERS = (
    Peer("MoviePy 2", "moviepy", _REQUIREMENTS, _install_moviepy, _moviepy("moviepy_plain.py")),
    Peer("MoneyPrinterTurbo's flow (MoviePy)", "moviepy", _REQUIREMENTS, _install_moviepy, _moviepy("moviepy_flow.py")),
    Peer("editly", "editly", HERE / "editly/package.json", _install_editly, _editly, ("node", "npm", "xvfb-run")),
    Peer("Remotion", "remotion", HERE / "remotion/package.json", _install_remotion, _remotion, ("npm", "chromium")),
)


def versions() -> dict[str, str]:
    """The pinned versions of the peers themselves."""
    found: dict[str, Any] = {}
    for name in ("editly", "remotion"):
        found[name] = json.loads((HERE / name / "package.json").read_text())["dependencies"][name]
    pins = dict(line.split("==") for line in _REQUIREMENTS.read_text().splitlines() if "==" in line)
    return {"MoviePy": pins["moviepy"], "editly": found["editly"], "Remotion": found["remotion"]}
