"""Billing periods: calendar months counted from an anchor, without drift. Pure."""

from __future__ import annotations

import calendar
from datetime import datetime


def months_after(anchor: datetime, months: int) -> datetime:
    """The anchor's day and time, `months` later; the last day of months that are too short for it.

    Counted from the anchor and not from the period before, so that January 31 leads to March 31 and not March 28.
    """
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    day = min(anchor.day, calendar.monthrange(year, month + 1)[1])
    return anchor.replace(year=year, month=month + 1, day=day)


def period_at(anchor: datetime, at: datetime) -> tuple[datetime, datetime]:
    """Start (inclusive) and end (exclusive) of the period `at` lies in; the first one, if it lies before the anchor."""
    months = max(0, (at.year - anchor.year) * 12 + at.month - anchor.month)
    if months and months_after(anchor, months) > at:
        months -= 1
    return months_after(anchor, months), months_after(anchor, months + 1)
