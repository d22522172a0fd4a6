"""What keyvault refuses.

KeyvaultError
├── InvalidKeyFormat     422  invalid_key_format
├── KeyDisabled          409  key_disabled
└── HostNotAllowed       403  host_not_allowed     leaves a security record

The sealed store's own errors are in `kernel.ports`, those of addresses in `kernel.outbound`.
"""

from __future__ import annotations

from kernel.errors import AppError


class KeyvaultError(AppError):
    """Base of keyvault's errors. None of them ever holds a key or a part of one."""

    code = "keyvault_error"


class InvalidKeyFormat(KeyvaultError):
    """The text can't be a key of that provider."""

    code = "invalid_key_format"
    status = 422
    title = "This does not look like a key of that provider"


class KeyDisabled(KeyvaultError):
    """The connection was switched off by its owner."""

    code = "key_disabled"
    status = 409
    title = "The connection is disabled"


class HostNotAllowed(KeyvaultError):
    """A key was asked for a host that is not its provider's."""

    code = "host_not_allowed"
    status = 403
    title = "The key may not be sent to that host"
