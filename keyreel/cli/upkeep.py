"""`keyreel check-invariants`, `keyreel events replay`: looking after a studio, running or not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from keyreel.cli import options
from keyreel.cli.studio import run, studio_settings

NOT_ZERO = 1

events = typer.Typer(help="Events between the services.", no_args_is_help=True)


def check_invariants(
    wait: Annotated[
        float, typer.Option("--wait", min=0, metavar="SECONDS", help="Let what is under way end, this long at most.")
    ] = 0,
    as_json: options.Json = False,
) -> None:
    """Count what must never be: stranded jobs, double charges, lost files, open walls. Exit code 1 unless all are 0."""
    if not run(_check(wait, as_json)):
        raise typer.Exit(NOT_ZERO)


async def _check(wait: float, as_json: bool) -> bool:
    from keyreel.studio.invariants import examine

    counts = await examine(studio_settings(), wait)
    for one in counts:
        if as_json:
            typer.echo(
                json.dumps({"invariant": one.invariant, "owner": one.owner, "name": one.name, "number": one.number})
            )
        else:
            mark = typer.style(f"{one.number:>6}", fg="red" if one.number else "green")
            typer.echo(f"{one.invariant}  {one.owner:<14} {one.name:<28} {mark}")
    return not any(one.number for one in counts)


@events.command("replay")
def replay(
    since: Annotated[
        datetime,
        typer.Option("--since", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"], help="UTC."),
    ],
    topic: Annotated[
        list[str] | None, typer.Option("--topic", help="Only events of this type; repeat it. All if not given.")
    ] = None,
) -> None:
    """Send the events since a time again, as far back as they are kept. Who acted on one does not act on it twice."""
    run(_replay(since.replace(tzinfo=UTC), topic))


async def _replay(since: datetime, topics: list[str] | None) -> None:
    from keyreel.studio.replaying import replay_events

    for service, count in (await replay_events(studio_settings(), since, topics)).items():
        typer.echo(f"{service:<15} {count}")
