"""`keyreel doctor`: what is found on this machine, what is missing, what to do about it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import typer
from rich.table import Table

from keyreel.cli import options
from keyreel.cli.session import MISSING, session
from keyreel.doctor import Finding, examine


def command(cache_dir: options.CacheDir = None, as_json: options.Json = False) -> None:
    """Look at this machine and say what works, what doesn't and what to do."""
    with session(as_json=as_json) as run, tempfile.TemporaryDirectory() as scratch:
        findings = examine(cache_dir, Path(scratch))
        for finding in findings:
            run.event("finding", name=finding.name, state=finding.state, found=finding.found, advice=finding.advice)
        if not as_json:
            run.console.print(_table(findings))
    if any(finding.state == "missing" for finding in findings):
        sys.stdout.flush()
        raise typer.Exit(MISSING)


def _table(findings: list[Finding]) -> Table:
    marks = {"ok": "[green]✓ ok[/]", "degraded": "[yellow]! works, but[/]", "missing": "[red]✗ missing[/]"}
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for finding in findings:
        advice = f"\n[dim]{finding.advice}[/]" if finding.advice else ""
        table.add_row(marks[finding.state], finding.name, finding.found + advice)
    return table
