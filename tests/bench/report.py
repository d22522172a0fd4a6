"""What was measured, as text: tables of figures, targets with yes or no, and the page in the documentation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """A figure beside its target. `met` is None where it could not be measured."""

    what: str
    target: str
    measured: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Table:
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case: a heading, a table, its verdicts, remarks, and the raw figures for the JSON."""

    name: str
    title: str
    table: Table
    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def at_most(what: str, value: float, limit: float, unit: str = "", digits: int = 2) -> Verdict:
    """A verdict on value ≤ limit."""
    return _judged(what, "≤", value, limit, unit, digits, value <= limit)


def at_least(what: str, value: float, limit: float, unit: str = "", digits: int = 2) -> Verdict:
    """A verdict on value ≥ limit."""
    return _judged(what, "≥", value, limit, unit, digits, value >= limit)


def _judged(what: str, sign: str, value: float, limit: float, unit: str, digits: int, met: bool) -> Verdict:
    known = not math.isnan(value)
    return Verdict(
        what, f"{sign} {limit:g}{unit}", number(value, digits) + (unit if known else ""), met if known else None
    )


def number(value: float, digits: int = 2) -> str:
    """A figure for a table; a dash for one that isn't known."""
    return "–" if math.isnan(value) else f"{value:,.{digits}f}"


def megabytes(size: float) -> str:
    return "–" if math.isnan(size) or size <= 0 else f"{size / 2**20:,.0f} MB"


def ratio(value: float, base: float) -> float:
    """value ÷ base; NaN where either isn't known or the base is nothing."""
    return value / base if base > 0 and not math.isnan(value) else float("nan")


def markdown_table(table: Table) -> str:
    """A GitHub table; columns after the first are set to the right."""
    marks = ["---", *["--:"] * (len(table.head) - 1)]
    lines = [table.head, marks, *table.rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in lines
    )


def verdict_table(verdicts: Sequence[Verdict]) -> Table:
    answers = {True: "yes", False: "**no**", None: "not measured"}
    rows = tuple((v.what, v.target, v.measured, answers[v.met]) for v in verdicts)
    return Table(("figure", "target", "measured", "met"), rows)


def page(results: Sequence[CaseResult], about: dict[str, str], command: str) -> str:
    """The documentation's page: how it was made, targets, then each case."""
    facts = "\n".join(f"- {name}: {value}" for name, value in about.items())
    verdicts = [verdict for result in results for verdict in result.verdicts]
    parts = [
        "# Benchmarks",
        "This page is written by the program that measures. Anyone can make it again:",
        f"```\n{command}\n```",
        facts,
        "CPU seconds are those of a command with everything it starts, peak memory is the sum of the proportional set "
        "sizes of all its processes. Contenders run one after the other in rounds (A B C A B C …); figures are "
        "medians, and ratios are of figures of the same run.",
    ]
    if verdicts:
        parts += ["## Targets", markdown_table(verdict_table(verdicts))]
    for result in results:
        parts += [f"## {result.title}", markdown_table(result.table), *result.notes]
    return "\n\n".join(parts) + "\n"


CHAPTER = "## The studio"
"""Where the part of the page begins that `studio/run.py` writes; it is the last."""


def chapter(results: Sequence[CaseResult], about: dict[str, str], command: str, remark: str) -> str:
    """The studio's part of the page: how it was made, targets, then each case."""
    facts = "\n".join(f"- {name}: {value}" for name, value in about.items())
    verdicts = [verdict for result in results for verdict in result.verdicts]
    parts = [CHAPTER, f"```\n{command}\n```", facts, remark]
    if verdicts:
        parts.append(markdown_table(verdict_table(verdicts)))
    for result in results:
        parts += [f"### {result.title}", markdown_table(result.table), *result.notes]
    return "\n\n".join(parts) + "\n"


def chapter_of(page_text: str) -> str:
    """The studio's part of a page, with the empty line before it; nothing if it has none."""
    at = page_text.find(f"\n{CHAPTER}\n")
    return page_text[at:] if at >= 0 else ""


def with_chapter(page_text: str, text: str) -> str:
    """The page with this as its studio's part."""
    at = page_text.find(f"\n{CHAPTER}\n")
    return (page_text[:at] if at >= 0 else page_text) + "\n" + text
