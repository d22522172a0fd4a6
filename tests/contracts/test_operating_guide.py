"""The operator's guide names every setting, command and count there is, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import typer.main

from keyreel.cli import app
from keyreel.studio import invariants
from keyreel.studio.settings import CommandLineSettings, StudioSettings

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "operating.md").read_text()


def test_every_setting_is_explained_and_no_other() -> None:
    named = set(re.findall(r"`(KEYREEL_[A-Z_]+)`", GUIDE)) - {"KEYREEL_"}
    assert named == {*StudioSettings.variables(), *CommandLineSettings.variables()}


def test_every_count_is_explained_under_its_invariant() -> None:
    rows = re.findall(r"^\| (I\d) \| (.+?) \|", GUIDE, re.MULTILINE)
    explained = {name: invariant for invariant, names in rows for name in re.findall(r"`(\w+)`", names)}
    assert explained == invariants._INVARIANT


def test_every_command_of_the_studio_is_explained() -> None:
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    of_renders = {"render", "make", "validate", "import", "export"}
    assert {name for name in commands - of_renders if f"`keyreel {name}" not in GUIDE} == set()
