"""`keyreel`: the command line.

Exit codes: 0 done · 2 the command line or a setting was wrong · 3 the storyboard or a file can't be used · 4 rendering
failed · 5 something is missing on this machine · 130 cancelled.
"""

from __future__ import annotations

import typer

from keyreel.cli import convert, doctor, make, render, studio, upkeep, validate

app = typer.Typer(
    name="keyreel",
    help="Storyboards become narrated, captioned videos.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("render")(render.command)
app.command("make")(make.command)
app.command("validate")(validate.command)
app.command("import")(convert.import_command)
app.command("export")(convert.export_command)
app.command("doctor")(doctor.command)
app.command("up")(studio.up)
app.command("serve")(studio.serve)
app.command("work")(studio.work)
app.command("migrate")(studio.migrate)
app.command("backup")(studio.backup)
app.command("restore")(studio.restore)
app.command("check-invariants")(upkeep.check_invariants)
app.add_typer(upkeep.events, name="events")


def main() -> None:
    """The console script."""
    app()
