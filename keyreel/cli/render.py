"""`keyreel render`: a storyboard with local media to an MP4, without any server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kernel.sandbox import discover
from keyreel.cli import options
from keyreel.cli.session import Session, named_values, read_bytes, session
from keyreel.local import resolve
from keyreel.settings import open_cache
from services.renderer.engine.cache import Cache
from services.renderer.engine.render import Options, Result, render
from storyboard import Storyboard, parse_storyboard

#: speaking and looking at media is about this much of the whole
_RESOLVE_SHARE = 0.1


def command(
    storyboard: Annotated[Path, typer.Argument(help="storyboard/1 as JSON; its files lie beside it.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="The MP4 to write.")],
    preview: options.Preview = False,
    engine: options.EngineOption = options.Engine.auto,
    jobs: options.Jobs = None,
    poster: Annotated[Path | None, typer.Option("--poster", help="Also write a JPEG of the poster frame.")] = None,
    field: options.Fields = None,
    cache_dir: options.CacheDir = None,
    require_sandbox: options.RequireSandbox = False,
    as_json: options.Json = False,
) -> None:
    """Render a storyboard to a video."""
    with session(as_json=as_json) as run:
        board = parse_storyboard(read_bytes(storyboard), named_values(field or []))
        chosen = engine.value if engine is not options.Engine.auto else board.output.engine
        settings = Options(engine=chosen, jobs=jobs or Options().jobs, preview=preview, poster=poster)
        render_storyboard(
            run, board, storyboard.parent, out, settings, open_cache(cache_dir), require_sandbox=require_sandbox
        )


def render_storyboard(
    run: Session,
    board: Storyboard,
    folder: Path,
    out: Path,
    settings: Options,
    cache: Cache,
    *,
    require_sandbox: bool,
) -> Result:
    """Resolve, compile and render with progress, then say what was made."""
    sandbox = discover(require=True) if require_sandbox else None
    with run.bar():
        local = resolve(
            board,
            folder,
            cache,
            cancel=run.cancel,
            report=lambda part: run.progress("resolve", part * _RESOLVE_SHARE, None),
        )
        for notice in local.compiled.notices:
            run.notice(notice.pointer, notice.code, notice.message)
        result = render(
            local.compiled.timeline,
            local.files,
            out,
            cache=cache,
            options=settings,
            report=lambda done: run.progress(
                done.stage, _RESOLVE_SHARE + done.fraction * (1 - _RESOLVE_SHARE), done.seconds_left
            ),
            cancel=run.cancel,
            sandbox=sandbox,
        )
    run.event(
        "done",
        output=str(out),
        frames=result.frames,
        seconds=round(result.seconds, 3),
        segments=result.segments,
        rendered=result.rendered,
        encoder=result.encoder,
        reason=result.reason,
        fingerprint=result.fingerprint,
    )
    again = "" if result.rendered == result.segments else f" ({result.segments - result.rendered} were there already)"
    run.done(f"{out}: {result.seconds:.1f} s, {result.segments} parts{again}")
    if settings.engine not in ("auto", "cpu") and result.reason:
        run.say(result.reason, "note", "yellow")
    return result
