"""A template and a table of values → one checked storyboard per row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from storyboard.errors import StoryboardInvalid, Violation
from storyboard.importers.source import Json
from storyboard.importers.table import Table, row_pointer
from storyboard.parse import parse_storyboard


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A row's values, and what is wrong with the storyboard they make (nothing: it can be rendered).

    The pointers of `violations` are the storyboard's.
    """

    number: int
    values: Mapping[str, str]
    violations: tuple[Violation, ...]


def batch(template: Mapping[str, Json], table: Table) -> tuple[BatchRow, ...]:
    """Check every row. Raises StoryboardInvalid for what is wrong with all rows alike: columns the template has no
    field for (`unknown_variable`) and required fields without a column (`missing_variable`)."""
    declared = {
        name: field
        for field in cast(list[Json], template.get("fields") or [])
        if isinstance(field, dict) and isinstance(name := field.get("name"), str)
    }
    violations = [
        Violation(row_pointer(1, name), "unknown_variable", f"The template has no field {name}; remove the column.")
        for name in table.columns
        if name not in declared
    ]
    violations += [
        Violation(row_pointer(1), "missing_variable", f"The template needs a column {name}.")
        for name, field in declared.items()
        if field.get("required") is True and not isinstance(field.get("default"), str) and name not in table.columns
    ]
    if violations:
        raise StoryboardInvalid(violations)
    return tuple(BatchRow(row.number, row.values, _wrong(template, row.values)) for row in table.rows)


def _wrong(template: Mapping[str, Json], values: Mapping[str, str]) -> tuple[Violation, ...]:
    try:
        parse_storyboard(template, values)
    except StoryboardInvalid as error:
        return error.violations
    return ()
