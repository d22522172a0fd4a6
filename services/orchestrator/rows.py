"""A table and a template → one storyboard a row, with a report that says for every row what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from services.orchestrator.errors import RowsRefused
from storyboard import Storyboard, StoryboardInvalid, parse_storyboard
from storyboard.compiler import Notice
from storyboard.errors import Violation
from storyboard.importers import BatchRow, Table, batch, csv_rows, jsonl_rows
from storyboard.merge import merge_fields

#: storyboards one request may make: they are kept in one transaction
MAX_STORYBOARDS = 500


@dataclass(frozen=True, slots=True)
class Imported:
    """One row: its storyboard with the fields filled in, or why there is none."""

    number: int
    document: dict[str, Any] | None
    board: Storyboard | None
    violations: tuple[Violation, ...]


def imported(
    template: Mapping[str, Any], csv: str | None, jsonl: str | None
) -> tuple[Sequence[Imported], Sequence[Notice]]:
    """Every row of the table. Blocking.

    Raises RowsRefused for what is wrong with the table, or with all rows alike: no rows, unbalanced quotes, a header
    without names, columns the template has no field for, too many rows.
    """
    try:
        table = csv_rows(csv) if csv is not None else jsonl_rows(jsonl or "")
        if len(table.rows) > MAX_STORYBOARDS:
            raise StoryboardInvalid([_too_many(table)])
        rows = batch(template, table)
    except StoryboardInvalid as invalid:
        raise RowsRefused.of(invalid) from invalid
    return [_imported(template, row) for row in rows], table.notices


def _too_many(table: Table) -> Violation:
    message = f"The table has {len(table.rows)} rows; {MAX_STORYBOARDS} can be imported at once. Split it."
    return Violation(f"/row/{table.rows[MAX_STORYBOARDS].number}", "too_many_rows", message)


def _imported(template: Mapping[str, Any], row: BatchRow) -> Imported:
    if row.violations:
        return Imported(row.number, None, None, row.violations)
    merged, _ = merge_fields(cast(Mapping[str, object], template), row.values)
    document = {name: value for name, value in merged.items() if name != "fields"}
    try:
        # A cell that itself reads like a field is refused here: nothing is put in twice.
        return Imported(row.number, document, parse_storyboard(document), ())
    except StoryboardInvalid as invalid:
        return Imported(row.number, None, None, invalid.violations)
