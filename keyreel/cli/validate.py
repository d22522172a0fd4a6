"""`keyreel validate`: everything that is wrong with a storyboard, at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from keyreel.cli import options
from keyreel.cli.session import named_values, read_bytes, session
from storyboard import parse_storyboard


def command(
    storyboard: Annotated[Path, typer.Argument(help="storyboard/1 as JSON.")],
    field: options.Fields = None,
    as_json: options.Json = False,
) -> None:
    """Check a storyboard and list every problem with its place."""
    with session(as_json=as_json) as run:
        board = parse_storyboard(read_bytes(storyboard), named_values(field or []))
        run.event("valid", title=board.title, scenes=len(board.scenes))
        run.say(f"{len(board.scenes)} scenes", "valid", "green")
