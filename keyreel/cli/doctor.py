"""`keyreel doctor`: what is found on this machine, what is missing, what to do about it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import typer

from keyreel.cli import options
from keyreel.cli.session import MISSING, session
from keyreel.cli.studio import studio_settings
from keyreel.doctor import examine
from keyreel.studio.probing import probe_ports

_MARKS = {"ok": ("✓ ok", "green"), "degraded": ("! but", "yellow"), "missing": ("✗ missing", "red")}


def command(cache_dir: options.CacheDir = None, as_json: options.Json = False) -> None:
    """Look at this machine and say what works, what doesn't and what to do."""
    with session(as_json=as_json) as run, tempfile.TemporaryDirectory() as scratch:
        findings = [*examine(cache_dir, Path(scratch)), *probe_ports(studio_settings(), Path(scratch))]
        for finding in findings:
            run.event("finding", name=finding.name, state=finding.state, found=finding.found, advice=finding.advice)
            advice = f"\n{'':>26}{finding.advice}" if finding.advice else ""
            mark, colour = _MARKS[finding.state]
            run.say(f"{finding.name:<15} {finding.found}{advice}", f"{mark:<9}", colour)
    if any(finding.state == "missing" for finding in findings):
        sys.stdout.flush()
        raise typer.Exit(MISSING)
