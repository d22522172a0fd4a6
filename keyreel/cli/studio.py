"""`keyreel up`, `migrate`, `backup`, `restore`: the studio as a running system."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from kernel.errors import AppError

if TYPE_CHECKING:
    from keyreel.studio.settings import StudioSettings

T = TypeVar("T")

REFUSED = 2


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run an asynchronous command; typed errors end it with a sentence and exit code 2."""
    try:
        return asyncio.run(main)
    except AppError as error:
        _refuse(error)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _refuse(error: AppError) -> NoReturn:
    typer.echo(f"{typer.style('error', fg='red', bold=True)} {error.detail} ({error.code})", err=True)
    raise typer.Exit(REFUSED)


def studio_settings() -> StudioSettings:
    """The operator's settings; a wrong one ends the command."""
    from keyreel.studio.settings import StudioSettings

    try:
        return StudioSettings.from_env(beside=StudioSettings.beside)
    except AppError as error:
        _refuse(error)


Services = Annotated[list[str] | None, typer.Argument(help="Of these services only; all if none is named.")]


def up() -> None:
    """Start the whole studio in this process; Ctrl-C stops it."""
    settings = studio_settings()
    run(_up(settings, [], []))


def serve(services: Services = None) -> None:
    """Answer requests, and leave events and tasks to `keyreel work`. An embedded studio is one process at a time."""
    run(_up(studio_settings(), services or [], None))


def work(services: Services = None) -> None:
    """Act on events and do tasks without answering requests: to finish what is queued behind a closed door."""
    run(_work(studio_settings(), services or []))


async def _up(settings: StudioSettings, serving: list[str], working: list[str] | None) -> None:
    from kernel.telemetry import configure_logging
    from keyreel.studio import checks
    from keyreel.studio.embedded import bring_up_to_date, ground, studio_on
    from keyreel.studio.serve import listen_on
    from keyreel.studio.serve import serve as serve_http
    from keyreel.studio.services import Share, known
    from services.auth.administrators import first_administrator
    from services.auth.auth import Auth

    share = Share(serve=known(serving), work=() if working is None else known(working))
    configure_logging(settings.log_format, settings.log_level)
    checks.before_start(settings.host)
    with listen_on(settings.host, settings.port) as listener:
        async with ground(settings) as on:
            await bring_up_to_date(on)
            async with studio_on(on, share) as studio:
                await checks.default_plan(studio, settings.default_plan)
                link = await first_administrator(studio.service(Auth))
                ready = partial(_announce, settings.base_url, link)
                await serve_http(studio.app, listener, ready=ready, stopping=studio.retire)


async def _work(settings: StudioSettings, working: list[str]) -> None:
    from kernel.telemetry import configure_logging
    from keyreel.studio import checks
    from keyreel.studio.embedded import bring_up_to_date, ground, studio_on
    from keyreel.studio.serve import until_told_to_stop
    from keyreel.studio.services import Share, known

    share = Share(serve=(), work=known(working))
    configure_logging(settings.log_format, settings.log_level)
    checks.before_start(settings.host)
    async with ground(settings) as on:
        await bring_up_to_date(on)
        async with studio_on(on, share) as studio:
            await checks.default_plan(studio, settings.default_plan)
            await studio.start()
            try:
                typer.echo(f"Working: {', '.join(share.work)}. Ctrl-C stops it; nothing is lost.", err=True)
                await until_told_to_stop()
            finally:
                await studio.stop()


def _announce(base_url: str, link: str | None) -> None:
    lines = [f"Keyreel is running: {base_url}"]
    if link is not None:
        lines.append(f"Sign in as its first administrator, once: {link}")
    lines.append("Ctrl-C stops it; everything is kept.")
    typer.echo("\n" + "".join(f"  {line}\n" for line in lines), err=True)


def migrate() -> None:
    """Bring the tables of the studio's database up to this version."""
    run(_migrate(studio_settings()))


async def _migrate(settings: StudioSettings) -> None:
    from keyreel.studio.embedded import bring_up_to_date, ground

    async with ground(settings) as on:
        for one in await bring_up_to_date(on):
            typer.echo(f"{one.service:<15} {one.before or 'new'} → {one.after}")


def backup(
    target: Annotated[Path, typer.Argument(help="Folder the backup is put into, as keyreel-<time>.")],
) -> None:
    """Write a backup of the studio, running or not. The master key is not in it: keep that apart."""
    run(_backup(studio_settings(), target.expanduser().absolute()))


async def _backup(settings: StudioSettings, target: Path) -> None:
    from keyreel.studio.backup import back_up
    from keyreel.studio.embedded import reach

    async with reach(settings) as (folder, server):
        typer.echo(str(await back_up(folder, server, target)))


def restore(
    source: Annotated[Path, typer.Argument(help="A backup: the folder keyreel-<time>.", exists=True, file_okay=False)],
) -> None:
    """Put the state of a backup in the place of the present one, which is kept beside it. Stop the studio first."""
    run(_restore(studio_settings(), source.absolute()))


async def _restore(settings: StudioSettings, source: Path) -> None:
    from keyreel.studio.embedded import restore_state

    await restore_state(settings, source)
    typer.echo("Restored. The state before it is kept in the data folder as state.replaced-*.")
