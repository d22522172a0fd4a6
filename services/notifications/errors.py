"""What notifications can refuse.

NotificationsError
└── AlwaysOn   422  always_on   a kind nobody may switch off
"""

from __future__ import annotations

from kernel.errors import AppError


class NotificationsError(AppError):
    """Base of this service's errors."""


class AlwaysOn(NotificationsError):
    """Some kinds tell that an account is in danger; they can't be switched off."""

    code = "always_on"
    status = 422
    title = "This notification can't be switched off"
