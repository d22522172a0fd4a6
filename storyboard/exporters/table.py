"""CSV that is safe to open: a cell that a spreadsheet would run as a formula begins with an apostrophe.

https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from storyboard.importers.batch import BatchRow

# The full-width forms are signs of a formula too, where spreadsheets fold them.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """RFC 4180 with CRLF."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow([_safe(cell) for cell in header])
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return target.getvalue()


def batch_report_csv(rows: Sequence[BatchRow]) -> str:
    """What became of each row: its number, whether it can be rendered, why not, and its values."""
    names = list(dict.fromkeys(name for row in rows for name in row.values))
    return csv_text(
        ["row", "status", "problems", *names],
        (
            [
                str(row.number),
                "invalid" if row.violations else "ready",
                "\n".join(f"{wrong.pointer} {wrong.code}: {wrong.message}" for wrong in row.violations),
                *(row.values.get(name, "") for name in names),
            ]
            for row in rows
        ),
    )


def _safe(cell: str) -> str:
    # Spreadsheets skip blanks in front of a formula.
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
