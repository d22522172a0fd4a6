"""CSV and JSONL → rows of field values: one row makes one video of a template."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import regex
import rfc8785

from storyboard import strictjson
from storyboard.compiler import Notice
from storyboard.errors import StoryboardInvalid, Violation, pointer
from storyboard.importers.source import decode, refuse

MAX_ROWS = 10_000
MAX_BYTES = 64 * 1024 * 1024
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}

_NAME = regex.compile(r"[A-Z][A-Z0-9_]{0,63}")
_QUOTED = regex.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True)
class Row:
    """One record: `number` is the row in a spreadsheet (the header is row 1), or the line of a JSONL file."""

    number: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notices: tuple[Notice, ...]


def row_pointer(number: int, *parts: str | int) -> str:
    return pointer("row", number, *parts)


def csv_rows(data: str | bytes) -> Table:
    """RFC 4180 with a header of field names (case and blanks are forgiven) and , ; tab or | between cells.

    An empty cell gives no value, so that the field's default holds. Cells are literal text, formulas too.
    Raises StoryboardInvalid: `no_rows`, `header_missing`, `too_many_rows` (limit 10,000), `malformed_row` for each
    row with other than the header's number of cells, `unbalanced_quotes`, and what `decode` raises.
    """
    text, notices = decode(data, MAX_BYTES)
    if not text.strip():
        raise refuse("", "no_rows", "The file is empty. The first row names the fields, each further one is a video.")
    delimiter = _delimiter(text, notices)
    records = _records(text, delimiter)
    number, cells = next(records, (1, [""]))
    columns = _header(number, cells)
    violations: list[Violation] = []
    rows: list[Row] = []
    for number, cells in records:
        if len(rows) + len(violations) >= MAX_ROWS:
            raise _too_many()
        if len(cells) != len(columns):
            message = f"Row {number} has {len(cells)} cells, the header has {len(columns)}."
            violations.append(Violation(row_pointer(number), "malformed_row", message))
            continue
        rows.append(Row(number, {name: cell for name, cell in zip(columns, cells, strict=True) if cell}))
    if violations:
        raise StoryboardInvalid(violations)
    if not rows:
        raise refuse(row_pointer(1), "no_rows", "There is a header but no row below it.")
    return Table(columns, tuple(rows), tuple(notices))


def jsonl_rows(data: str | bytes) -> Table:
    """One JSON object of field values in each line; numbers become their text, null gives no value.

    Raises StoryboardInvalid: `no_rows`, `too_many_rows`, `malformed_json`, `duplicate_key` and `invalid_type` with the
    row's number, and what `decode` raises.
    """
    text, notices = decode(data, MAX_BYTES)
    violations: list[Violation] = []
    rows: list[Row] = []
    columns: dict[str, None] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        if len(rows) + len(violations) >= MAX_ROWS:
            raise _too_many()
        try:
            values = _values(number, strictjson.loads(line))
        except StoryboardInvalid as error:
            violations += [
                Violation(
                    wrong.pointer if wrong.pointer.startswith("/row/") else row_pointer(number),
                    wrong.code,
                    f"Row {number}: {wrong.message}",
                )
                for wrong in error.violations
            ]
            continue
        columns.update(dict.fromkeys(values))
        rows.append(Row(number, values))
    if violations:
        raise StoryboardInvalid(violations)
    if not rows:
        raise refuse("", "no_rows", "The file is empty. Each line holds one JSON object of field values.")
    return Table(tuple(columns), tuple(rows), tuple(notices))


def _too_many() -> StoryboardInvalid:
    return refuse("", "too_many_rows", f"A batch holds {MAX_ROWS} rows; split the file.")


def _delimiter(text: str, notices: list[Notice]) -> str:
    """The mark that stands most often in the header, outside quotes."""
    header = _QUOTED.sub("", text.split("\n", 1)[0])
    best = max(DELIMITERS, key=header.count)
    if best != "," and best in header:
        message = f"The cells are divided by a {DELIMITERS[best]}, not by commas; they were read so."
        notices.append(Notice(row_pointer(1), "delimiter_assumed", message))
    return best if best in header else ","


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Records that aren't blank, numbered as a spreadsheet does: blank ones count, lines inside a cell don't."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for number in itertools.count(1):
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field larger" in str(error):
                raise refuse(row_pointer(number), "text_too_long", f"A cell of row {number} is far too long.") from None
            message = (
                f"The quotes of row {number} don't match: begin and end the cell with one, and double those inside."
            )
            raise refuse(row_pointer(number), "unbalanced_quotes", message) from None
        if any(cell.strip() for cell in cells):
            yield number, cells


def _header(number: int, cells: Sequence[str]) -> tuple[str, ...]:
    names = tuple(regex.sub(r"[\s-]+", "_", cell.strip()).upper() for cell in cells)
    violations = [
        Violation(
            row_pointer(number, index + 1),
            "header_missing",
            f"The first row names the fields; “{cells[index][:64]}” is no name (a letter, then letters, digits, _).",
        )
        for index, name in enumerate(names)
        if not _NAME.fullmatch(name)
    ]
    violations += [
        Violation(row_pointer(number, index + 1), "duplicate_key", f"Two columns are named {name}; keep one.")
        for index, name in enumerate(names)
        if name in names[:index] and _NAME.fullmatch(name)
    ]
    if violations:
        raise StoryboardInvalid(violations)
    return names


def _values(number: int, record: object) -> dict[str, str]:
    if not isinstance(record, dict):
        raise refuse(row_pointer(number), "invalid_type", "Each line holds one JSON object of field values.")
    values: dict[str, str] = {}
    violations: list[Violation] = []
    for name, value in record.items():
        if isinstance(value, str):
            values[name] = value
        elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53:
            values[name] = rfc8785.dumps(value).decode()
        elif value is not None:
            message = f"{name} is neither text nor an ordinary number."
            violations.append(Violation(row_pointer(number, name), "invalid_type", message))
    if violations:
        raise StoryboardInvalid(violations)
    return values
