"""`keyreel import` and `keyreel export`: other formats to a storyboard, and a storyboard to other formats."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keyreel.cli import options
from keyreel.cli.session import Session, named_values, read_bytes, session, write_text
from keyreel.errors import FormatUnknown
from keyreel.local import resolve
from keyreel.settings import open_cache
from storyboard import parse_storyboard, strictjson
from storyboard.timeline import Timeline

if TYPE_CHECKING:
    from storyboard.importers import Imported


class ImportFormat(str, Enum):  # noqa: UP042 - typer shows the values
    text = "text"
    srt = "srt"
    vtt = "vtt"
    shotstack = "shotstack"
    csv = "csv"
    jsonl = "jsonl"


class ExportFormat(str, Enum):  # noqa: UP042 - typer shows the values
    srt = "srt"
    vtt = "vtt"
    ass = "ass"
    otio = "otio"
    credits = "credits"
    credits_json = "credits-json"
    timeline = "timeline"


_BY_SUFFIX = {
    ".txt": ImportFormat.text,
    ".md": ImportFormat.text,
    ".srt": ImportFormat.srt,
    ".vtt": ImportFormat.vtt,
    ".json": ImportFormat.shotstack,
    ".csv": ImportFormat.csv,
    ".tsv": ImportFormat.csv,
    ".jsonl": ImportFormat.jsonl,
}
_EXPORT_SUFFIX = {
    ".srt": ExportFormat.srt,
    ".vtt": ExportFormat.vtt,
    ".ass": ExportFormat.ass,
    ".otio": ExportFormat.otio,
    ".txt": ExportFormat.credits,
    ".json": ExportFormat.timeline,
}


def import_command(
    source: Annotated[Path, typer.Argument(help="Text, SRT, VTT, a Shotstack edit, or a CSV or JSONL table.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="The storyboard to write; with a table, a folder.")],
    source_format: Annotated[
        ImportFormat | None, typer.Option("--format", help="What it is, if its name doesn't say.")
    ] = None,
    template: Annotated[
        Path | None, typer.Option("--template", help="For a table: the storyboard whose fields a row fills.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Turn another format into a storyboard; what can't be kept is reported."""
    with session(as_json=as_json) as run:
        kind = source_format or _BY_SUFFIX.get(source.suffix.lower())
        if kind is None:
            raise FormatUnknown(f"“{source.suffix}” doesn't tell the format; say it with --format.")
        data = read_bytes(source)
        if kind in (ImportFormat.csv, ImportFormat.jsonl):
            _import_table(run, kind, data, template, out)
            return
        imported = _imported(kind, data)
        for notice in imported.notices:
            run.notice(notice.pointer, notice.code, notice.message)
        board = parse_storyboard(imported.storyboard)
        write_text(out, _pretty(imported.storyboard))
        run.event("imported", output=str(out), scenes=len(board.scenes), media=dict(imported.media))
        run.done(f"{out}: {len(board.scenes)} scenes")
        for reference, address in imported.media.items():
            run.say(f"  save {address} as {reference.partition(':')[2]} beside it")


# Importers and exporters are loaded when they are used: a render needs none of them.
def _imported(kind: ImportFormat, data: bytes) -> Imported:
    from storyboard.importers import import_shotstack, import_srt, import_text, import_vtt

    importers: dict[ImportFormat, Callable[[bytes], Imported]] = {
        ImportFormat.text: import_text,
        ImportFormat.srt: import_srt,
        ImportFormat.vtt: import_vtt,
        ImportFormat.shotstack: import_shotstack,
    }
    return importers[kind](data)


def _import_table(run: Session, kind: ImportFormat, data: bytes, template: Path | None, out: Path) -> None:
    """One storyboard a row, fields filled; bad rows are reported and the good ones written."""
    from storyboard.importers import batch, csv_rows, jsonl_rows

    if template is None:
        raise FormatUnknown("A table fills a storyboard's fields; name that storyboard with --template.")
    document = strictjson.loads(read_bytes(template))
    if not isinstance(document, dict):
        raise FormatUnknown(f"{template} isn't a storyboard.")
    table = csv_rows(data) if kind is ImportFormat.csv else jsonl_rows(data)
    written = 0
    for notice in table.notices:
        run.notice(notice.pointer, notice.code, notice.message)
    for row in batch(document, table):
        for violation in row.violations:
            run.notice(f"row {row.number} {violation.pointer}", violation.code, violation.message)
        if not row.violations:
            board = parse_storyboard(document, row.values)
            text = board.model_dump_json(by_alias=True, exclude_none=True, exclude={"fields"}, indent=2)
            write_text(out / f"row-{row.number:05d}.json", text + "\n")
            written += 1
    run.event("imported", output=str(out), written=written, refused=len(table.rows) - written)
    run.done(f"{out}: {written} of {len(table.rows)} rows")


def export_command(
    storyboard: Annotated[Path, typer.Argument(help="storyboard/1 as JSON.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="The file to write; its name tells the format.")],
    target_format: Annotated[
        ExportFormat | None, typer.Option("--format", help="What to write, if the name doesn't say.")
    ] = None,
    field: options.Fields = None,
    cache_dir: options.CacheDir = None,
    as_json: options.Json = False,
) -> None:
    """Write captions, credits, an OpenTimelineIO timeline or the compiled timeline of a storyboard."""
    with session(as_json=as_json) as run:
        kind = target_format or _EXPORT_SUFFIX.get(out.suffix.lower())
        if kind is None:
            raise FormatUnknown(f"“{out.suffix}” doesn't tell the format; say it with --format.")
        board = parse_storyboard(read_bytes(storyboard), named_values(field or []))
        local = resolve(board, storyboard.parent, open_cache(cache_dir), cancel=run.cancel)
        media = {reference: path.as_uri() for reference, path in local.files.items()}
        write_text(out, _exported(kind, local.compiled.timeline, media))
        run.event("exported", output=str(out), format=kind.value)
        run.done(str(out))


def _exported(kind: ExportFormat, timeline: Timeline, media: dict[str, str]) -> str:
    from services.orchestrator.attribution import attributions
    from storyboard import exporters

    match kind:
        case ExportFormat.srt:
            return exporters.export_srt(timeline)
        case ExportFormat.vtt:
            return exporters.export_vtt(timeline)
        case ExportFormat.ass:
            return exporters.export_ass(timeline)
        case ExportFormat.otio:
            return exporters.export_otio(timeline, media)
        case ExportFormat.credits:
            return exporters.credits_text(timeline, attributions(_shown(timeline), timeline.language))
        case ExportFormat.credits_json:
            return exporters.credits_json(timeline, attributions(_shown(timeline), timeline.language))
        case ExportFormat.timeline:
            return timeline.model_dump_json(by_alias=True, exclude_none=True, indent=2) + "\n"


def _shown(timeline: Timeline) -> list[str]:
    return [asset.id for asset in timeline.assets]


def _pretty(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
