"""`keyreel up`, `migrate`, `backup`, `restore`: the studio as a running system."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from kernel.errors import AppError

REFUSED = 2


def _run(main: Coroutine[Any, Any, None]) -> None:
    """Run an asynchronous command; typed errors end it with a sentence and exit code 2."""
    try:
        asyncio.run(main)
    except AppError as error:
        _refuse(error)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _refuse(error: AppError) -> NoReturn:
    typer.echo(f"{typer.style('error', fg='red', bold=True)} {error.detail} ({error.code})", err=True)
    raise typer.Exit(REFUSED)


def _settings() -> Any:
    from keyreel.studio.settings import StudioSettings

    try:
        return StudioSettings.from_env(beside=StudioSettings.beside)
    except AppError as error:
        _refuse(error)


def up() -> None:
    """Start the whole studio in this process; Ctrl-C stops it."""
    settings = _settings()
    _run(_up(settings))


async def _up(settings: Any) -> None:
    from kernel.telemetry import configure_logging
    from keyreel.studio.embedded import bring_up_to_date, ground, whole_studio
    from keyreel.studio.serve import listen_on, serve
    from services.auth.administrators import first_administrator
    from services.auth.auth import Auth

    configure_logging(settings.log_format, settings.log_level)
    with listen_on(settings.host, settings.port) as listener:
        async with ground(settings) as on:
            await bring_up_to_date(on)
            async with whole_studio(on) as studio:
                link = await first_administrator(studio.service(Auth))
                ready = partial(_announce, settings.base_url, link)
                await serve(studio.app, listener, ready=ready, stopping=studio.retire)


def _announce(base_url: str, link: str | None) -> None:
    lines = [f"Keyreel is running: {base_url}"]
    if link is not None:
        lines.append(f"Sign in as its first administrator, once: {link}")
    lines.append("Ctrl-C stops it; everything is kept.")
    typer.echo("\n" + "".join(f"  {line}\n" for line in lines), err=True)


def migrate() -> None:
    """Bring the tables of the studio's database up to this version."""
    _run(_migrate(_settings()))


async def _migrate(settings: Any) -> None:
    from keyreel.studio.embedded import bring_up_to_date, ground

    async with ground(settings) as on:
        for one in await bring_up_to_date(on):
            typer.echo(f"{one.service:<15} {one.before or 'new'} → {one.after}")


def backup(
    target: Annotated[Path, typer.Argument(help="Folder the backup is put into, as keyreel-<time>.")],
) -> None:
    """Write a backup of the studio, running or not. The master key is not in it: keep that apart."""
    _run(_backup(_settings(), target.expanduser().absolute()))


async def _backup(settings: Any, target: Path) -> None:
    from adapters.folder_lock import AlreadyRunning
    from adapters.postgres_embedded import EmbeddedPostgres
    from keyreel.studio.backup import back_up
    from keyreel.studio.embedded import ground
    from keyreel.studio.folder import DataFolder

    try:
        async with ground(settings) as on:
            made = await back_up(on.folder, on.server, target)
    except AlreadyRunning:
        folder = DataFolder(settings.data_dir.expanduser().absolute())
        server = EmbeddedPostgres(folder.state)
        server.attach()
        made = await back_up(folder, server, target)
    typer.echo(str(made))


def restore(
    source: Annotated[Path, typer.Argument(help="A backup: the folder keyreel-<time>.", exists=True, file_okay=False)],
) -> None:
    """Put the state of a backup in the place of the present one, which is kept beside it. Stop the studio first."""
    _run(_restore(_settings(), source.absolute()))


async def _restore(settings: Any, source: Path) -> None:
    from keyreel.studio.embedded import restore_state

    await restore_state(settings, source)
    typer.echo("Restored. The state before it is kept in the data folder as state.replaced-*.")
