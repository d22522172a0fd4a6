"""What analytics can refuse.

AnalyticsError
└── InvalidPeriod   422  invalid_period   the dates are the wrong way round or too far apart
"""

from __future__ import annotations

from kernel.errors import AppError


class AnalyticsError(AppError):
    """Base of this service's errors."""


class InvalidPeriod(AnalyticsError):
    """A report covers at most 400 days, and ends after it begins."""

    code = "invalid_period"
    status = 422
    title = "Choose a period of at most 400 days that ends after it begins"
