"""What can go wrong where the parts are put together.

AppError
├── StoryboardRefused       422  invalid_storyboard (of the orchestrator)
├── FileNotReadable         422  file_not_readable
├── ConnectorUnavailable    422  connector_unavailable
└── FormatUnknown           422  format_unknown
"""

from __future__ import annotations

from kernel.errors import AppError
from services.orchestrator.errors import StoryboardRefused

__all__ = ["ConnectorUnavailable", "FileNotReadable", "FormatUnknown", "StoryboardRefused"]


class FileNotReadable(AppError):
    code = "file_not_readable"
    status = 422
    title = "A file could not be read"


class ConnectorUnavailable(AppError):
    """A source that needs a key or a server, in a place that has neither."""

    code = "connector_unavailable"
    status = 422
    title = "This source isn't available here"


class FormatUnknown(AppError):
    code = "format_unknown"
    status = 422
    title = "This format isn't known"
