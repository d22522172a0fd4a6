"""`keyreel make`: pasted text to a narrated, captioned video with music. No key, no account, no server."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from keyreel.cli import options
from keyreel.cli.render import render_storyboard
from keyreel.cli.session import read_bytes, session, write_text
from keyreel.errors import StoryboardRefused
from keyreel.settings import open_cache
from services.orchestrator.from_text import guess_language, storyboard_from_text
from services.renderer.engine.render import Options
from storyboard import parse_storyboard


class Aspect(str, Enum):  # noqa: UP042 - typer shows the values
    landscape = "16:9"
    portrait = "9:16"
    square = "1:1"
    feed = "4:5"


class Mood(str, Enum):  # noqa: UP042 - typer shows the values
    calm = "calm"
    warm = "warm"
    upbeat = "upbeat"
    cinematic = "cinematic"
    focus = "focus"
    playful = "playful"


class CaptionStyle(str, Enum):  # noqa: UP042 - typer shows the values
    none = "none"
    block = "block"
    highlight = "highlight"
    karaoke = "karaoke"
    pop = "pop"
    typewriter = "typewriter"
    box = "box"


def command(
    text: Annotated[Path, typer.Argument(help="A text file: a script or an article, plain or Markdown.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="The MP4 to write.")],
    aspect: Annotated[Aspect, typer.Option("--aspect", help="The picture's shape.")] = Aspect.landscape,
    language: Annotated[
        str | None, typer.Option("--language", "-l", help="BCP 47, such as en or fr; told from the text if not given.")
    ] = None,
    mood: Annotated[Mood, typer.Option("--mood", help="The music's mood.")] = Mood.warm,
    captions: Annotated[CaptionStyle, typer.Option("--captions", help="How captions look.")] = CaptionStyle.highlight,
    title: Annotated[
        str | None, typer.Option("--title", help="The video's title; the first words if not given.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another number, another choice of pictures.")] = 0,
    storyboard: Annotated[
        Path | None, typer.Option("--storyboard", help="Also write the storyboard, to edit and render again.")
    ] = None,
    preview: options.Preview = False,
    engine: options.EngineOption = options.Engine.auto,
    jobs: options.Jobs = None,
    cache_dir: options.CacheDir = None,
    require_sandbox: options.RequireSandbox = False,
    as_json: options.Json = False,
) -> None:
    """Make a narrated, captioned video with music from a text."""
    from storyboard.importers.source import decode

    with session(as_json=as_json) as run:
        written, notices = decode(read_bytes(text))
        for notice in notices:
            run.notice(notice.pointer, notice.code, notice.message)
        if not written.strip():
            raise StoryboardRefused("The text is empty; write something to say.")
        spoken = language or guess_language(written)
        document = storyboard_from_text(
            written,
            aspect=aspect.value,
            language=spoken,
            mood=mood.value,
            caption_style=captions.value,
            title=title,
            seed=seed,
        )
        board = parse_storyboard(document)
        if storyboard is not None:
            write_text(storyboard, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        run.event("storyboard", language=spoken, scenes=len(board.scenes))
        run.say(f"{len(board.scenes)} scenes, spoken in {spoken}")
        settings = Options(engine=engine.value, jobs=jobs or Options().jobs, preview=preview)
        folder = text.parent
        render_storyboard(run, board, folder, out, settings, open_cache(cache_dir), require_sandbox=require_sandbox)
